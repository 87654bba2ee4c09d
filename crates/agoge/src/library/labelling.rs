//! What a coach says of repetitions in the library: whether one was done correctly, or which of two
//! was done better; and what to ask next.
//!
//! Labels are kept on recordings, of the kinds [`QUALITY`] and [`PAIR`], with the instants of the
//! repetition: they hold whatever a later version of the program finds in the recording. Nothing is
//! overwritten, the newest holds.

use crate::{Error, Options};
use agoge_attention::Motion;
use agoge_attention::labels::suggest;
use agoge_motion::Recording;
use agoge_motion::condition::condition;
use agoge_store::{AnalysisId, Label, LabelId, NewLabel, RecordingId, Store};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Labels that say whether a repetition was done correctly.
pub const QUALITY: &str = "quality";
/// Labels that say which of two repetitions was done better.
pub const PAIR: &str = "pair";

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
    /// Those to judge next, the first first: by what a judgement tells of all others
    /// (`agoge_attention::labels`).
    pub next: Vec<Which>,
}

/// A repetition by its instants on its recording's clock, s.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Span {
    pub(super) analysis: AnalysisId,
    pub(super) repetition: usize,
    pub(super) start_s: f64,
    pub(super) end_s: f64,
}

impl Span {
    pub(super) fn is(&self, other: &Span) -> bool {
        let shared = self.end_s.min(other.end_s) - self.start_s.max(other.start_s);
        let both = self.end_s.max(other.end_s) - self.start_s.min(other.start_s);
        shared >= SAME * both
    }
}

/// The value of a label of quality, as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Quality {
    pub(super) movement: String,
    #[serde(flatten)]
    pub(super) of: Span,
    pub(super) correct: bool,
}

/// The value of a label of a pair, as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Pair {
    pub(super) movement: String,
    pub(super) first: Span,
    pub(super) second: Span,
    pub(super) better: Better,
}

/// Stores what a coach says.
///
/// # Errors
/// [`Error::Judgement`] for what cannot be judged; if there is no such analysis, or the library
/// cannot be changed.
pub fn judge(store: &Store, judgement: &Judgement, author: &str) -> Result<LabelId, Error> {
    match judgement {
        Judgement::Quality { of, correct } => {
            let (recording, movement, of) = span(store, *of)?;
            let value = serde_json::to_value(Quality { movement, of, correct: *correct });
            let value = value.map_err(agoge_store::Error::from)?;
            Ok(store.save_label(&NewLabel {
                recording,
                other: None,
                kind: QUALITY,
                value: &value,
                author,
            })?)
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
            let value =
                serde_json::to_value(Pair { movement, first: one, second: two, better: *better });
            let value = value.map_err(agoge_store::Error::from)?;
            Ok(store.save_label(&NewLabel {
                recording,
                other: Some(other),
                kind: PAIR,
                value: &value,
                author,
            })?)
        }
    }
}

/// The recording, the movement and the instants of a repetition that can be judged.
fn span(store: &Store, which: Which) -> Result<(RecordingId, String, Span), Error> {
    let (row, analysis) = (store.analysis_row(which.analysis)?, store.analysis(which.analysis)?);
    let own = analysis.repetitions.iter().find(|own| own.number == which.repetition);
    let own = own.filter(|own| own.complete);
    let own =
        own.ok_or(Error::Judgement { what: "the analysis has no such complete repetition" })?;
    let Which { analysis: id, repetition } = which;
    Ok((
        row.recording,
        analysis.movement.name,
        Span { analysis: id, repetition, start_s: own.start_s, end_s: own.end_s },
    ))
}

/// The judgements of quality that hold, of every recording the newest of each repetition.
pub(super) fn judged(
    store: &Store,
) -> Result<HashMap<RecordingId, Vec<(LabelId, Quality)>>, agoge_store::Error> {
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
pub(super) fn pairs(store: &Store) -> Result<Vec<([RecordingId; 2], Pair)>, agoge_store::Error> {
    let labels = store.labels_of_kind(PAIR)?.into_iter();
    Ok(labels
        .filter_map(|own| {
            Some(([own.recording, own.other?], serde_json::from_value(own.value).ok()?))
        })
        .collect())
}

/// What to ask about a movement next, up to `count` repetitions. The newest repetitions of the
/// library are looked at, at most 300, and those that were judged first.
///
/// # Errors
/// If the library cannot be read.
pub fn queue(store: &Store, movement: &str, count: usize) -> Result<Queue, Error> {
    let judged = judged(store)?;
    let compared = pairs(store)?.iter().filter(|(_, pair)| pair.movement == movement).count();
    let mut seen = HashSet::new();
    // Of each recording the newest analysis; what an older version of the program wrote and this
    // one cannot read is left out.
    let rows = store.analyses_of_movement(movement, MOST_ANALYSES)?.into_iter().map(|(_, row)| row);
    let mut found = Vec::new();
    for row in rows.filter(|row| seen.insert(row.recording)) {
        let Ok(analysis) = store.analysis(row.id) else { continue };
        for own in analysis.repetitions.iter().filter(|own| own.complete) {
            let span = Span {
                analysis: row.id,
                repetition: own.number,
                start_s: own.start_s,
                end_s: own.end_s,
            };
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
    let which = |clip: usize| Which {
        analysis: clips[clip].0.analysis,
        repetition: clips[clip].0.repetition,
    };
    queue.next = match clips.len() {
        // One alone stands for nothing but itself.
        1 if labels[0].is_none() && count > 0 => vec![which(0)],
        _ => suggest(&of, &labels, count, 1)
            .into_iter()
            .map(|suggestion| which(suggestion.clip))
            .collect(),
    };
    Ok(queue)
}

/// The repetitions of a recording in which a body is seen.
fn motions(
    store: &Store,
    recording: RecordingId,
    spans: &[(Span, Option<bool>)],
) -> Result<Vec<(Span, Option<bool>, Motion)>, Error> {
    let body = condition(&store.recording(recording)?, &Options::default().condition)?
        .recording
        .to_body()
        .recording;
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
/// [`Error::Judgement`] without such a repetition; if there is no such analysis, or the library
/// cannot be read.
pub fn figure(store: &Store, which: Which) -> Result<Recording, Error> {
    let (recording, _, Span { start_s, end_s, .. }) = span(store, which)?;
    let whole = crate::analyze::figure(&store.recording(recording)?, &Options::default())?;
    let room = 0.1 * (end_s - start_s);
    Ok(whole.time_range(start_s - room, end_s + room)?)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{Models, analyze};
    use agoge_motion::Side;
    use agoge_motion::simulate::{Exercise, Fault, FaultKind, Set};
    use std::path::Path;

    /// Squats of an athlete; with an odd seed the left knee goes inward.
    fn squats(seed: u64) -> Recording {
        let fault = Fault {
            kind: FaultKind::KneeInwardUp,
            side: Some(Side::Left),
            repetitions: 1..=3,
            size: 25.0,
        };
        let faults = if seed % 2 == 1 { vec![fault] } else { Vec::new() };
        let set = Set {
            rate_hz: 30.0,
            repetitions: 3,
            seed,
            faults,
            variation_deg: 3.0,
            ..Set::new(Exercise::Squat)
        };
        set.simulate().recording
    }

    /// A library of three athletes with a set of three squats each.
    pub(in crate::library) fn library(folder: &Path) -> (Store, Vec<AnalysisId>) {
        let store = Store::open(folder).unwrap();
        let options = Options { movement: "squat".to_owned(), ..Options::default() };
        let models = Models::without_model();
        let stored = |seed: u64| {
            let who = store.add_athlete(&format!("athlete {seed}"), "").unwrap();
            let (recording, day) = (squats(seed), "2026-03-02".parse().unwrap());
            let analysis = analyze(&recording, None, &models, &options).unwrap().analysis;
            super::super::save(&store, (who, day), &recording, &analysis, &models, &options)
                .unwrap()
        };
        let analyses = (0..3).map(stored).collect();
        (store, analyses)
    }

    pub(in crate::library) fn quality(
        analysis: AnalysisId,
        repetition: usize,
        correct: bool,
    ) -> Judgement {
        Judgement::Quality { of: Which { analysis, repetition }, correct }
    }

    #[test]
    fn what_was_judged_is_not_asked_again_and_the_newest_holds() {
        let folder = tempfile::tempdir().unwrap();
        let (store, analyses) = library(folder.path());
        let first = queue(&store, "squat", 20).unwrap();
        assert_eq!((first.judged, first.open, first.compared, first.next.len()), (0, 9, 0, 9));
        // Those that differ come before their like: the first two are of different athletes, one
        // with a knee inward.
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
    }
}
