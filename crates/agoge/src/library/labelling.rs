//! What a coach says of repetitions in the library: whether one was done correctly, or which of two was done better; what to ask next; and all of it as a set to learn from.
//!
//! Labels are kept on recordings, of the kinds [`QUALITY`] and [`PAIR`], with the instants of the repetition: they hold whatever a later version of the program finds in the
//! recording. Nothing is overwritten, the newest holds.

use crate::{Error, Options};
use agoge_attention::Motion;
use agoge_attention::labels::suggest;
use agoge_formats::{Manifest, Row};
use agoge_motion::Recording;
use agoge_motion::condition::condition;
use agoge_store::{AnalysisId, AthleteId, Label, LabelId, NewLabel, RecordingId, Store};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Labels that say whether a repetition was done correctly.
pub const QUALITY: &str = "quality";
/// Labels that say which of two repetitions was done better.
pub const PAIR: &str = "pair";
/// The purpose of a consent (docs/LIBRARY.md) without which nothing of an athlete is exported to learn from, should it be refused or withdrawn.
pub const PURPOSE: &str = "training";

/// Analyses of a movement that are looked at, the newest.
const MOST_ANALYSES: usize = 500;
/// Repetitions that are weighed against each other: each is compared with each.
const MOST: usize = 300;
/// Two spans are one repetition if they share at least this part of the time that either covers.
const SAME: f64 = 0.5;

/// A repetition of a stored analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// The analysis.
    pub analysis: AnalysisId,
    /// The number of the repetition: 1, 2, 3 …
    pub repetition: usize,
}

/// What a coach says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Judgement {
    /// Whether a repetition was done correctly.
    Quality {
        /// Which.
        of: Which,
        /// Whether it was.
        correct: bool,
    },
    /// Which of two repetitions of one movement was done better.
    Pair {
        /// One.
        first: Which,
        /// The other.
        second: Which,
        /// The better one.
        better: Better,
    },
}

/// The better one of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// The first.
    First,
    /// The second.
    Second,
    /// Both were done as well.
    Neither,
}

/// What to ask a coach about a movement.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Queue {
    /// Repetitions that were judged.
    pub judged: usize,
    /// Complete repetitions that were not.
    pub open: usize,
    /// Pairs that were compared.
    pub compared: usize,
    /// Those to judge next, the first first: by what a judgement tells of all others (`agoge_attention::labels`).
    pub next: Vec<Which>,
}

/// A set to learn from that was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Repetitions in `manifest.csv`.
    pub repetitions: usize,
    /// Comparisons in `pairs.csv`.
    pub pairs: usize,
    /// Athletes who are left out because their consent to [`PURPOSE`] was refused or withdrawn.
    pub without_consent: usize,
}

/// A repetition by its instants on its recording's clock, s.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Span {
    analysis: AnalysisId,
    repetition: usize,
    start_s: f64,
    end_s: f64,
}

impl Span {
    fn is(&self, other: &Span) -> bool {
        let shared = self.end_s.min(other.end_s) - self.start_s.max(other.start_s);
        let both = self.end_s.max(other.end_s) - self.start_s.min(other.start_s);
        shared >= SAME * both
    }
}

/// The value of a label of quality, as it is kept.
#[derive(Serialize, Deserialize)]
struct Quality {
    movement: String,
    #[serde(flatten)]
    of: Span,
    correct: bool,
}

/// The value of a label of a pair, as it is kept.
#[derive(Serialize, Deserialize)]
struct Pair {
    movement: String,
    first: Span,
    second: Span,
    better: Better,
}

/// Stores what a coach says.
///
/// # Errors
/// [`Error::Judgement`] for what cannot be judged; if there is no such analysis, or the library cannot be changed.
pub fn judge(store: &Store, judgement: &Judgement, author: &str) -> Result<LabelId, Error> {
    match judgement {
        Judgement::Quality { of, correct } => {
            let (recording, movement, of) = span(store, *of)?;
            let value = serde_json::to_value(Quality { movement, of, correct: *correct });
            let value = value.map_err(agoge_store::Error::from)?;
            Ok(store.save_label(&NewLabel { recording, other: None, kind: QUALITY, value: &value, author })?)
        }
        Judgement::Pair { first, second, better } => {
            let ((recording, movement, one), (other, second_movement, two)) =
                (span(store, *first)?, span(store, *second)?);
            if movement != second_movement {
                return Err(Error::Judgement { what: "the two are different movements" });
            }
            if recording == other && one.is(&two) {
                return Err(Error::Judgement { what: "the two are one repetition" });
            }
            let value = serde_json::to_value(Pair { movement, first: one, second: two, better: *better });
            let value = value.map_err(agoge_store::Error::from)?;
            Ok(store.save_label(&NewLabel { recording, other: Some(other), kind: PAIR, value: &value, author })?)
        }
    }
}

/// The recording, the movement and the instants of a repetition that can be judged.
fn span(store: &Store, which: Which) -> Result<(RecordingId, String, Span), Error> {
    let (row, analysis) = (store.analysis_row(which.analysis)?, store.analysis(which.analysis)?);
    let own = analysis.repetitions.iter().find(|own| own.number == which.repetition);
    let own = own.filter(|own| own.complete);
    let own = own.ok_or(Error::Judgement { what: "the analysis has no such complete repetition" })?;
    let Which { analysis: id, repetition } = which;
    Ok((
        row.recording,
        analysis.movement.name,
        Span { analysis: id, repetition, start_s: own.start_s, end_s: own.end_s },
    ))
}

/// The judgements of quality that hold, of every recording the newest of each repetition.
fn judged(store: &Store) -> Result<HashMap<RecordingId, Vec<(LabelId, Quality)>>, agoge_store::Error> {
    let mut all: HashMap<RecordingId, Vec<(LabelId, Quality)>> = HashMap::new();
    for Label { id, recording, value, .. } in store.labels_of_kind(QUALITY)?.into_iter().rev() {
        // Labels of other programs may say other things: those are not ours to read.
        let Ok(said) = serde_json::from_value::<Quality>(value) else { continue };
        let known = all.entry(recording).or_default();
        if !known.iter().any(|(_, own)| own.movement == said.movement && own.of.is(&said.of)) {
            known.push((id, said));
        }
    }
    Ok(all)
}

/// The comparisons that can be read, the oldest first, each with its two recordings.
fn pairs(store: &Store) -> Result<Vec<([RecordingId; 2], Pair)>, agoge_store::Error> {
    let labels = store.labels_of_kind(PAIR)?.into_iter();
    Ok(labels.filter_map(|own| Some(([own.recording, own.other?], serde_json::from_value(own.value).ok()?))).collect())
}

/// What to ask about a movement next, up to `count` repetitions. The newest repetitions of the library are looked at, at most 300, and those that were judged first.
///
/// # Errors
/// If the library cannot be read.
pub fn queue(store: &Store, movement: &str, count: usize) -> Result<Queue, Error> {
    let judged = judged(store)?;
    let compared = pairs(store)?.iter().filter(|(_, pair)| pair.movement == movement).count();
    let mut seen = HashSet::new();
    // Of each recording the newest analysis; what an older version of the program wrote and this one cannot read is left out.
    let rows = store.analyses_of_movement(movement, MOST_ANALYSES)?.into_iter().map(|(_, row)| row);
    let mut found = Vec::new();
    for row in rows.filter(|row| seen.insert(row.recording)) {
        let Ok(analysis) = store.analysis(row.id) else { continue };
        for own in analysis.repetitions.iter().filter(|own| own.complete) {
            let span = Span { analysis: row.id, repetition: own.number, start_s: own.start_s, end_s: own.end_s };
            let label = judged.get(&row.recording).and_then(|known| {
                known
                    .iter()
                    .find(|(_, said)| said.movement == movement && said.of.is(&span))
                    .map(|(_, said)| said.correct)
            });
            found.push((row.recording, span, label));
        }
    }
    let known = found.iter().filter(|(.., label)| label.is_some()).count();
    let mut queue = Queue { judged: known, open: found.len() - known, compared, next: Vec::new() };
    // What was judged counts first, then the newest.
    found.sort_by_key(|(.., label)| label.is_none());
    found.truncate(MOST);
    let mut of_recording: BTreeMap<RecordingId, Vec<(Span, Option<bool>)>> = BTreeMap::new();
    for (recording, span, label) in found {
        of_recording.entry(recording).or_default().push((span, label));
    }
    let of_recording: Vec<_> = of_recording.into_iter().collect();
    let clips: Vec<Vec<(Span, Option<bool>, Motion)>> = of_recording
        .par_iter()
        .map(|(recording, spans)| motions(store, *recording, spans))
        .collect::<Result<_, _>>()?;
    let clips: Vec<(Span, Option<bool>, Motion)> = clips.into_iter().flatten().collect();
    let of: Vec<&Motion> = clips.iter().map(|(.., motion)| motion).collect();
    let labels: Vec<Option<bool>> = clips.iter().map(|(_, label, _)| *label).collect();
    let which = |clip: usize| Which { analysis: clips[clip].0.analysis, repetition: clips[clip].0.repetition };
    queue.next = match clips.len() {
        // One alone stands for nothing but itself.
        1 if labels[0].is_none() && count > 0 => vec![which(0)],
        _ => suggest(&of, &labels, count, 1).into_iter().map(|suggestion| which(suggestion.clip)).collect(),
    };
    Ok(queue)
}

/// The repetitions of a recording in which a body is seen.
fn motions(
    store: &Store,
    recording: RecordingId,
    spans: &[(Span, Option<bool>)],
) -> Result<Vec<(Span, Option<bool>, Motion)>, Error> {
    let body = condition(&store.recording(recording)?, &Options::default().condition)?.recording.to_body().recording;
    let frame = |at: f64| body.time.partition_point(|time| *time < at);
    let motion = |(span, label): &(Span, Option<bool>)| {
        let motion = Motion::new(&body, frame(span.start_s), frame(span.end_s))?;
        motion.has_body().then_some((*span, *label, motion))
    };
    Ok(spans.iter().filter_map(motion).collect())
}

/// One repetition to look at: the conditioned figure of it and of a moment before and after.
///
/// # Errors
/// [`Error::Judgement`] without such a repetition; if there is no such analysis, or the library cannot be read.
pub fn figure(store: &Store, which: Which) -> Result<Recording, Error> {
    let (recording, _, Span { start_s, end_s, .. }) = span(store, which)?;
    let whole = crate::analyze::figure(&store.recording(recording)?, &Options::default())?;
    let room = 0.1 * (end_s - start_s);
    Ok(whole.time_range(start_s - room, end_s + room)?)
}

/// Writes the judged repetitions into a folder as a set to learn from: `manifest.csv` and a Parquet file each, and `pairs.csv` (`better,worse,alike`, files of the set) with the
/// comparisons. Athletes are numbers in it. `movement` keeps one movement alone.
///
/// # Errors
/// [`Error::Judgement`] if nothing was judged; if the folder cannot be written or the library cannot be read.
pub fn export(store: &Store, movement: Option<&str>, folder: &Path) -> Result<Exported, Error> {
    let wanted = |own: &str| movement.is_none_or(|movement| movement == own);
    let mut done = Exported::default();
    let mut refused: HashSet<AthleteId> = HashSet::new();
    let mut owners: HashMap<RecordingId, AthleteId> = HashMap::new();
    for athlete in store.athletes()? {
        let about = store.consents(athlete.id)?;
        let newest = about.iter().rev().find(|consent| consent.purpose.eq_ignore_ascii_case(PURPOSE));
        if newest.is_some_and(|consent| !consent.given) {
            refused.insert(athlete.id);
        }
        owners.extend(store.recordings(athlete.id)?.into_iter().map(|recording| (recording.id, athlete.id)));
    }
    let mut spans: BTreeMap<RecordingId, Vec<(Span, String, Option<bool>)>> = BTreeMap::new();
    for (recording, known) in judged(store)? {
        let known = known.into_iter().filter(|(_, said)| wanted(&said.movement));
        let own = known.map(|(_, said)| (said.of, said.movement, Some(said.correct)));
        spans.entry(recording).or_default().extend(own);
    }
    let compared: Vec<_> = pairs(store)?.into_iter().filter(|(_, pair)| wanted(&pair.movement)).collect();
    // What was only compared is part of the set too, without a label.
    for ([first, second], pair) in &compared {
        for (recording, span) in [(first, pair.first), (second, pair.second)] {
            let known = spans.entry(*recording).or_default();
            if !known.iter().any(|(own, movement, _)| *movement == pair.movement && own.is(&span)) {
                known.push((span, pair.movement.clone(), None));
            }
        }
    }
    let mut left_out = HashSet::new();
    spans.retain(|recording, known| {
        let owner = owners.get(recording);
        let may = owner.is_some_and(|athlete| !refused.contains(athlete));
        if !may && !known.is_empty() {
            left_out.extend(owner.copied());
        }
        may && !known.is_empty()
    });
    done.without_consent = left_out.len();
    if spans.is_empty() {
        let what =
            if left_out.is_empty() { "nothing was judged yet" } else { "nothing is left without those who refused" };
        return Err(Error::Judgement { what });
    }
    std::fs::create_dir_all(folder).map_err(|error| agoge_formats::Error::write(folder, error))?;
    let mut manifest = Manifest::default();
    let file = |recording: RecordingId, span: &Span| {
        PathBuf::from(format!("recording-{}-{:.0}ms.parquet", recording.0, 1e3 * span.start_s))
    };
    for (recording, known) in &spans {
        let whole = store.recording(*recording)?;
        for (span, movement, label) in known {
            let file = file(*recording, span);
            let mut own = whole.time_range(span.start_s, span.end_s)?;
            own.source.name = file.display().to_string();
            agoge_formats::write_parquet(&folder.join(&file), &own)?;
            let athlete = owners.get(recording).map_or(String::new(), |athlete| athlete.0.to_string());
            manifest.rows.push(Row { file, athlete, movement: movement.clone(), label: *label, split: None });
        }
    }
    done.repetitions = manifest.rows.len();
    manifest.write(&folder.join("manifest.csv"))?;
    let mut text = String::from("better,worse,alike\n");
    for ([first, second], pair) in &compared {
        let name = |recording: &RecordingId, span: &Span| {
            let known =
                spans.get(recording)?.iter().find(|(own, movement, _)| *movement == pair.movement && own.is(span));
            known.map(|(own, ..)| file(*recording, own).display().to_string())
        };
        let (Some(first), Some(second)) = (name(first, &pair.first), name(second, &pair.second)) else { continue };
        let (better, worse) = if pair.better == Better::Second { (second, first) } else { (first, second) };
        text += &format!("{better},{worse},{}\n", u8::from(pair.better == Better::Neither));
        done.pairs += 1;
    }
    if done.pairs > 0 {
        agoge_formats::write_text(&folder.join("pairs.csv"), &text)?;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Models, analyze};
    use agoge_motion::Side;
    use agoge_motion::simulate::{Exercise, Fault, FaultKind, Set};
    use agoge_store::Consent;

    /// Squats of an athlete; with an odd seed the left knee goes inward.
    fn squats(seed: u64) -> Recording {
        let fault = Fault { kind: FaultKind::KneeInwardUp, side: Some(Side::Left), repetitions: 1..=3, size: 25.0 };
        let faults = if seed % 2 == 1 { vec![fault] } else { Vec::new() };
        let set = Set { rate_hz: 30.0, repetitions: 3, seed, faults, variation_deg: 3.0, ..Set::new(Exercise::Squat) };
        set.simulate().recording
    }

    /// A library of three athletes with a set of three squats each.
    fn library(folder: &Path) -> (Store, Vec<AnalysisId>) {
        let store = Store::open(folder).unwrap();
        let options = Options { movement: "squat".to_owned(), ..Options::default() };
        let models = Models::without_model();
        let stored = |seed: u64| {
            let who = store.add_athlete(&format!("athlete {seed}"), "").unwrap();
            let (recording, day) = (squats(seed), "2026-03-02".parse().unwrap());
            let analysis = analyze(&recording, None, &models, &options).unwrap().analysis;
            super::super::save(&store, (who, day), &recording, &analysis, &models, &options).unwrap()
        };
        let analyses = (0..3).map(stored).collect();
        (store, analyses)
    }

    fn quality(analysis: AnalysisId, repetition: usize, correct: bool) -> Judgement {
        Judgement::Quality { of: Which { analysis, repetition }, correct }
    }

    #[test]
    fn what_was_judged_is_not_asked_again_and_the_newest_holds() {
        let folder = tempfile::tempdir().unwrap();
        let (store, analyses) = library(folder.path());
        let first = queue(&store, "squat", 20).unwrap();
        assert_eq!((first.judged, first.open, first.compared, first.next.len()), (0, 9, 0, 9));
        // Those that differ come before their like: the first two are of different athletes, one with a knee inward.
        assert_ne!(first.next[0].analysis, first.next[1].analysis);

        judge(&store, &quality(analyses[0], 1, false), "coach").unwrap();
        judge(&store, &quality(analyses[0], 1, true), "coach").unwrap();
        judge(&store, &quality(analyses[1], 2, false), "coach").unwrap();
        let next = queue(&store, "squat", 20).unwrap();
        assert_eq!((next.judged, next.open, next.next.len()), (2, 7, 7));
        for known in [(analyses[0], 1), (analyses[1], 2)] {
            assert!(!next.next.iter().any(|which| (which.analysis, which.repetition) == known));
        }
        // Analysed again with other numbers of repetitions, it is known by its instants.
        let row = store.analysis_row(analyses[0]).unwrap();
        let mut analysis = store.analysis(analyses[0]).unwrap();
        analysis.repetitions.iter_mut().for_each(|own| own.number += 10);
        let made = agoge_store::Made::default();
        let anew = store.save_analysis(row.recording, &analysis, &made).unwrap();
        let next = queue(&store, "squat", 20).unwrap();
        assert_eq!((next.judged, next.open), (2, 7));
        assert!(!next.next.contains(&Which { analysis: anew, repetition: 11 }));
        assert!(next.next.contains(&Which { analysis: anew, repetition: 12 }));
        assert_eq!(queue(&store, "lunge", 20).unwrap(), Queue::default());
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (store, analyses) = library(folder.path());
        let which = |analysis, repetition| Which { analysis, repetition };
        let pair = |first, second| Judgement::Pair { first, second, better: Better::First };
        for wrong in [
            quality(analyses[0], 99, true),
            quality(AnalysisId(99), 1, true),
            pair(which(analyses[0], 1), which(analyses[0], 1)),
            pair(which(analyses[0], 1), which(analyses[0], 0)),
        ] {
            assert!(judge(&store, &wrong, "coach").is_err(), "{wrong:?}");
        }
        assert!(figure(&store, which(analyses[0], 99)).is_err());
        let shown = figure(&store, which(analyses[0], 2)).unwrap();
        let own = &store.analysis(analyses[0]).unwrap().repetitions[1];
        assert!(shown.time[0] <= own.start_s && shown.time[shown.frames() - 1] >= own.end_s);
        assert!(shown.duration_s() < 1.5 * (own.end_s - own.start_s));
        assert!(matches!(export(&store, None, &folder.path().join("set")), Err(Error::Judgement { .. })));
        assert!(!folder.path().join("set").exists());
    }

    #[test]
    fn what_was_judged_becomes_a_set_without_names_and_without_those_who_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (store, analyses) = library(folder.path());
        let which = |analysis, repetition| Which { analysis, repetition };
        judge(&store, &quality(analyses[0], 1, true), "coach").unwrap();
        judge(&store, &quality(analyses[1], 1, false), "coach").unwrap();
        judge(&store, &quality(analyses[2], 3, true), "coach").unwrap();
        let better = Better::Second;
        let compared = Judgement::Pair { first: which(analyses[1], 2), second: which(analyses[0], 1), better };
        judge(&store, &compared, "coach").unwrap();
        let third = store.athletes().unwrap()[2].id;
        let day = "2026-03-03".parse().unwrap();
        let refusal = Consent { day, purpose: "Training".to_owned(), given: false, note: String::new() };
        store.add_consent(third, &refusal).unwrap();

        let set = folder.path().join("set");
        let done = export(&store, Some("squat"), &set).unwrap();
        assert_eq!(done, Exported { repetitions: 3, pairs: 1, without_consent: 1 });
        let rows = Manifest::read(&set.join("manifest.csv")).unwrap().rows;
        let mut labels: Vec<(String, Option<bool>)> = rows.iter().map(|row| (row.athlete.clone(), row.label)).collect();
        labels.sort();
        let numbered = |athlete: &str, label| (athlete.to_owned(), label);
        assert_eq!(labels, [numbered("1", Some(true)), numbered("2", None), numbered("2", Some(false))]);
        let text = std::fs::read_to_string(set.join("pairs.csv")).unwrap();
        let pair: Vec<&str> = text.lines().nth(1).unwrap().split(',').collect();
        let label = |file: &str| rows.iter().find(|row| row.file == Path::new(file)).unwrap().label;
        assert_eq!((label(pair[0]), label(pair[1]), pair[2]), (Some(true), None, "0"));
        // Each file is the repetition, and its clip can be learned from.
        let clips = crate::learn::Clips::of_manifest(&set.join("manifest.csv"), |_| true).unwrap();
        let own = &store.analysis(analyses[0]).unwrap().repetitions[0];
        let longest = clips.clips.iter().map(|clip| clip.motion.duration_s()).fold(0.0, f64::max);
        assert!(clips.clips.len() == 3 && (longest - (own.end_s - own.start_s)).abs() < 0.5, "{longest}");
    }
}
