//! A coach's labels for repetitions in the library: whether one was done correctly, or which of two
//! was done better; and which repetition to ask about next.
//!
//! Labels are stored on recordings, with kinds [`QUALITY_KIND`] and [`PAIR_KIND`], and identify the
//! repetition by its instants, so that they stay valid whatever a later version of the program
//! finds in the recording. Nothing is overwritten; the newest label holds.

use crate::{AnalysisOptions, Error};
use agoge_model::Motion;
use agoge_model::labels::suggest_labels;
use agoge_motion::Recording;
use agoge_motion::condition::condition_recording;
use agoge_store::{AnalysisId, LabelId, LabelRow, NewLabel, RecordingId, Store};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Kind of the labels that say whether a repetition was done correctly.
pub const QUALITY_KIND: &str = "quality";
/// Kind of the labels that say which of two repetitions was done better.
pub const PAIR_KIND: &str = "pair";

/// Maximum number of analyses of a movement considered, the newest first.
const MAX_ANALYSES: usize = 500;
/// Maximum number of repetitions considered; the cost is quadratic, since each is compared with
/// each.
const MAX_REPETITIONS: usize = 300;
/// Two spans are the same repetition if they share at least this fraction of the time covered by
/// either.
const MIN_OVERLAP: f64 = 0.5;

/// A reference to a repetition of a stored analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepetitionRef {
    /// The analysis.
    pub analysis: AnalysisId,
    /// Number of the repetition: 1, 2, 3 …
    pub repetition: usize,
}

/// A coach's judgement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Judgement {
    /// Whether a repetition was done correctly.
    Quality {
        /// The repetition.
        of: RepetitionRef,
        /// Whether it was done correctly.
        correct: bool,
    },
    /// Which of two repetitions of one movement was done better.
    Pair {
        /// The first repetition.
        first: RepetitionRef,
        /// The second repetition.
        second: RepetitionRef,
        /// The better one.
        better: BetterRepetition,
    },
}

/// Which of two repetitions was better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BetterRepetition {
    /// The first.
    First,
    /// The second.
    Second,
    /// Both were equally good.
    Neither,
}

/// What to ask a coach about a movement.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LabelQueue {
    /// Number of judged repetitions.
    pub judged: usize,
    /// Number of complete repetitions not judged yet.
    pub open: usize,
    /// Number of compared pairs.
    pub compared: usize,
    /// Repetitions to judge next, ordered by how much a judgement tells about all others
    /// (`agoge_model::labels`).
    pub next: Vec<RepetitionRef>,
}

/// A repetition identified by its instants on its recording's clock, s.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RepetitionSpan {
    pub(super) analysis: AnalysisId,
    pub(super) repetition: usize,
    pub(super) start_s: f64,
    pub(super) end_s: f64,
}

impl RepetitionSpan {
    /// Whether both spans are the same repetition.
    pub(super) fn is_same(&self, other: &RepetitionSpan) -> bool {
        let shared = self.end_s.min(other.end_s) - self.start_s.max(other.start_s);
        let both = self.end_s.max(other.end_s) - self.start_s.min(other.start_s);
        shared >= MIN_OVERLAP * both
    }
}

/// Stored value of a quality label.
#[derive(Serialize, Deserialize)]
pub(super) struct QualityLabel {
    pub(super) movement: String,
    #[serde(flatten)]
    pub(super) of: RepetitionSpan,
    pub(super) correct: bool,
}

/// Stored value of a pair label.
#[derive(Serialize, Deserialize)]
pub(super) struct PairLabel {
    pub(super) movement: String,
    pub(super) first: RepetitionSpan,
    pub(super) second: RepetitionSpan,
    pub(super) better: BetterRepetition,
}

/// Stores a coach's judgement as a label.
///
/// # Errors
/// [`Error::Judgement`] for what cannot be judged; if there is no such analysis, or the library
/// cannot be changed.
pub fn save_judgement(
    store: &Store,
    judgement: &Judgement,
    author: &str,
) -> Result<LabelId, Error> {
    match judgement {
        Judgement::Quality { of: repetition, correct } => {
            let (recording, movement, of) = find_span(store, *repetition)?;
            let value = serde_json::to_value(QualityLabel { movement, of, correct: *correct });
            let value = value.map_err(agoge_store::StoreError::from)?;
            Ok(store.save_label(&NewLabel {
                recording,
                other: None,
                kind: QUALITY_KIND,
                value: &value,
                author,
            })?)
        }
        Judgement::Pair { first, second, better } => {
            let ((recording, movement, one), (other, second_movement, two)) =
                (find_span(store, *first)?, find_span(store, *second)?);
            if movement != second_movement {
                return Err(Error::Judgement { what: "the two are different movements" });
            }
            if recording == other && one.is_same(&two) {
                return Err(Error::Judgement { what: "the two are one repetition" });
            }
            let value = serde_json::to_value(PairLabel {
                movement,
                first: one,
                second: two,
                better: *better,
            });
            let value = value.map_err(agoge_store::StoreError::from)?;
            Ok(store.save_label(&NewLabel {
                recording,
                other: Some(other),
                kind: PAIR_KIND,
                value: &value,
                author,
            })?)
        }
    }
}

/// The recording, movement and instants of a repetition that can be judged.
fn find_span(
    store: &Store,
    which: RepetitionRef,
) -> Result<(RecordingId, String, RepetitionSpan), Error> {
    let (row, analysis) =
        (store.analysis_row(which.analysis)?, store.load_analysis(which.analysis)?);
    let report = analysis.repetitions.iter().find(|report| report.number == which.repetition);
    let report = report.filter(|report| report.complete);
    let report =
        report.ok_or(Error::Judgement { what: "the analysis has no such complete repetition" })?;
    let RepetitionRef { analysis: id, repetition } = which;
    Ok((
        row.recording,
        analysis.movement.name,
        RepetitionSpan { analysis: id, repetition, start_s: report.start_s, end_s: report.end_s },
    ))
}

/// The quality judgements that hold: per recording, the newest of each repetition.
pub(super) fn quality_judgements(
    store: &Store,
) -> Result<HashMap<RecordingId, Vec<(LabelId, QualityLabel)>>, agoge_store::StoreError> {
    let mut all: HashMap<RecordingId, Vec<(LabelId, QualityLabel)>> = HashMap::new();
    for LabelRow { id, recording, value, .. } in
        store.labels_of_kind(QUALITY_KIND)?.into_iter().rev()
    {
        // Labels written by other programs may have other contents; skip those.
        let Ok(judgement) = serde_json::from_value::<QualityLabel>(value) else { continue };
        let newest = all.entry(recording).or_default();
        if !newest.iter().any(|(_, newer)| {
            newer.movement == judgement.movement && newer.of.is_same(&judgement.of)
        }) {
            newest.push((id, judgement));
        }
    }
    Ok(all)
}

/// The readable comparisons with their two recordings, the oldest first.
pub(super) fn pair_judgements(
    store: &Store,
) -> Result<Vec<([RecordingId; 2], PairLabel)>, agoge_store::StoreError> {
    let labels = store.labels_of_kind(PAIR_KIND)?.into_iter();
    Ok(labels
        .filter_map(|label| {
            Some(([label.recording, label.other?], serde_json::from_value(label.value).ok()?))
        })
        .collect())
}

/// Up to `count` repetitions to ask a coach about next. Considers at most 300 of the newest
/// repetitions of the library, giving priority to those already judged.
///
/// # Errors
/// If the library cannot be read.
pub fn label_queue(store: &Store, movement: &str, count: usize) -> Result<LabelQueue, Error> {
    let judged = quality_judgements(store)?;
    let compared =
        pair_judgements(store)?.iter().filter(|(_, pair)| pair.movement == movement).count();
    let mut seen = HashSet::new();
    // Only the newest analysis of each recording; an analysis by an older version of the program
    // that this one cannot read is skipped.
    let rows = store.analyses_of_movement(movement, MAX_ANALYSES)?.into_iter().map(|(_, row)| row);
    let mut candidates = Vec::new();
    for row in rows.filter(|row| seen.insert(row.recording)) {
        let Ok(analysis) = store.load_analysis(row.id) else { continue };
        for repetition in analysis.repetitions.iter().filter(|repetition| repetition.complete) {
            let span = RepetitionSpan {
                analysis: row.id,
                repetition: repetition.number,
                start_s: repetition.start_s,
                end_s: repetition.end_s,
            };
            let label = judged.get(&row.recording).and_then(|judgements| {
                judgements
                    .iter()
                    .find(|(_, judgement)| {
                        judgement.movement == movement && judgement.of.is_same(&span)
                    })
                    .map(|(_, judgement)| judgement.correct)
            });
            candidates.push((row.recording, span, label));
        }
    }
    let judged_count = candidates.iter().filter(|(.., label)| label.is_some()).count();
    let mut queue = LabelQueue {
        judged: judged_count,
        open: candidates.len() - judged_count,
        compared,
        next: Vec::new(),
    };
    // Judged repetitions first, then the newest.
    candidates.sort_by_key(|(.., label)| label.is_none());
    candidates.truncate(MAX_REPETITIONS);
    let mut by_recording: BTreeMap<RecordingId, Vec<(RepetitionSpan, Option<bool>)>> =
        BTreeMap::new();
    for (recording, span, label) in candidates {
        by_recording.entry(recording).or_default().push((span, label));
    }
    let by_recording: Vec<_> = by_recording.into_iter().collect();
    let clips: Vec<Vec<(RepetitionSpan, Option<bool>, Motion)>> = by_recording
        .par_iter()
        .map(|(recording, spans)| repetition_motions(store, *recording, spans))
        .collect::<Result<_, _>>()?;
    let clips: Vec<(RepetitionSpan, Option<bool>, Motion)> = clips.into_iter().flatten().collect();
    let all_motions: Vec<&Motion> = clips.iter().map(|(.., motion)| motion).collect();
    let labels: Vec<Option<bool>> = clips.iter().map(|(_, label, _)| *label).collect();
    let which = |clip: usize| RepetitionRef {
        analysis: clips[clip].0.analysis,
        repetition: clips[clip].0.repetition,
    };
    queue.next = match clips.len() {
        // A single repetition represents only itself.
        1 if labels[0].is_none() && count > 0 => vec![which(0)],
        _ => suggest_labels(&all_motions, &labels, count, 1)
            .into_iter()
            .map(|suggestion| which(suggestion.clip))
            .collect(),
    };
    Ok(queue)
}

/// The repetitions of a recording in which a body is seen.
fn repetition_motions(
    store: &Store,
    recording: RecordingId,
    spans: &[(RepetitionSpan, Option<bool>)],
) -> Result<Vec<(RepetitionSpan, Option<bool>, Motion)>, Error> {
    let body = condition_recording(
        &store.load_recording(recording)?,
        &AnalysisOptions::default().condition,
    )?
    .recording
    .to_body()
    .recording;
    let frame = |at: f64| body.time.partition_point(|time| *time < at);
    let motion = |(span, label): &(RepetitionSpan, Option<bool>)| {
        let motion = Motion::new(&body, frame(span.start_s), frame(span.end_s))?;
        motion.has_body().then_some((*span, *label, motion))
    };
    Ok(spans.iter().filter_map(motion).collect())
}

/// The recording of one repetition to look at: conditioned, with a short margin before and after.
///
/// # Errors
/// [`Error::Judgement`] without such a repetition; if there is no such analysis, or the library
/// cannot be read.
pub fn repetition_figure(store: &Store, which: RepetitionRef) -> Result<Recording, Error> {
    let (recording, _, RepetitionSpan { start_s, end_s, .. }) = find_span(store, which)?;
    let whole = crate::analyze::condition_figure(
        &store.load_recording(recording)?,
        &AnalysisOptions::default(),
    )?;
    let margin_s = 0.1 * (end_s - start_s);
    Ok(whole.time_range(start_s - margin_s, end_s + margin_s)?)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{Models, analyze};
    use agoge_motion::Side;
    use agoge_motion::simulate::{Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet};
    use std::path::Path;

    /// An athlete's squats; with an odd seed the left knee moves inward.
    fn simulate_squats(seed: u64) -> Recording {
        let fault = SimulatedFault {
            kind: SimulatedFaultKind::KneeInwardUp,
            side: Some(Side::Left),
            repetitions: 1..=3,
            size: 25.0,
        };
        let faults = if seed % 2 == 1 { vec![fault] } else { Vec::new() };
        let set = SimulatedSet {
            rate_hz: 30.0,
            repetitions: 3,
            seed,
            faults,
            variation_deg: 3.0,
            ..SimulatedSet::new(Exercise::Squat)
        };
        set.simulate().recording
    }

    /// A library of three athletes with a set of three squats each.
    pub(in crate::library) fn build_library(folder: &Path) -> (Store, Vec<AnalysisId>) {
        let store = Store::open(folder).unwrap();
        let options =
            AnalysisOptions { movement: "squat".to_owned(), ..AnalysisOptions::default() };
        let models = Models::without_model();
        let stored = |seed: u64| {
            let who = store.add_athlete(&format!("athlete {seed}"), "").unwrap();
            let (recording, day) = (simulate_squats(seed), "2026-03-02".parse().unwrap());
            let analysis = analyze(&recording, None, &models, &options).unwrap().analysis;
            super::super::save_analysis(
                &store,
                (who, day),
                &recording,
                &analysis,
                &models,
                &options,
            )
            .unwrap()
        };
        let analyses = (0..3).map(stored).collect();
        (store, analyses)
    }

    pub(in crate::library) fn quality_judgement(
        analysis: AnalysisId,
        repetition: usize,
        correct: bool,
    ) -> Judgement {
        Judgement::Quality { of: RepetitionRef { analysis, repetition }, correct }
    }

    #[test]
    fn what_was_judged_is_not_asked_again_and_the_newest_holds() {
        let folder = tempfile::tempdir().unwrap();
        let (store, analyses) = build_library(folder.path());
        let first = label_queue(&store, "squat", 20).unwrap();
        assert_eq!((first.judged, first.open, first.compared, first.next.len()), (0, 9, 0, 9));
        // Dissimilar repetitions come before similar ones: the first two are of different athletes,
        // one with a knee inward.
        assert_ne!(first.next[0].analysis, first.next[1].analysis);

        save_judgement(&store, &quality_judgement(analyses[0], 1, false), "coach").unwrap();
        save_judgement(&store, &quality_judgement(analyses[0], 1, true), "coach").unwrap();
        save_judgement(&store, &quality_judgement(analyses[1], 2, false), "coach").unwrap();
        let next = label_queue(&store, "squat", 20).unwrap();
        assert_eq!((next.judged, next.open, next.next.len()), (2, 7, 7));
        for known in [(analyses[0], 1), (analyses[1], 2)] {
            assert!(!next.next.iter().any(|which| (which.analysis, which.repetition) == known));
        }
        // Analysed again with other repetition numbers, it is recognised by its instants.
        let row = store.analysis_row(analyses[0]).unwrap();
        let mut analysis = store.load_analysis(analyses[0]).unwrap();
        analysis.repetitions.iter_mut().for_each(|repetition| repetition.number += 10);
        let provenance = agoge_store::AnalysisProvenance::default();
        let anew = store.save_analysis(row.recording, &analysis, &provenance).unwrap();
        let next = label_queue(&store, "squat", 20).unwrap();
        assert_eq!((next.judged, next.open), (2, 7));
        assert!(!next.next.contains(&RepetitionRef { analysis: anew, repetition: 11 }));
        assert!(next.next.contains(&RepetitionRef { analysis: anew, repetition: 12 }));
        assert_eq!(label_queue(&store, "lunge", 20).unwrap(), LabelQueue::default());
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (store, analyses) = build_library(folder.path());
        let which = |analysis, repetition| RepetitionRef { analysis, repetition };
        let pair =
            |first, second| Judgement::Pair { first, second, better: BetterRepetition::First };
        for wrong in [
            quality_judgement(analyses[0], 99, true),
            quality_judgement(AnalysisId(99), 1, true),
            pair(which(analyses[0], 1), which(analyses[0], 1)),
            pair(which(analyses[0], 1), which(analyses[0], 0)),
        ] {
            assert!(save_judgement(&store, &wrong, "coach").is_err(), "{wrong:?}");
        }
        assert!(repetition_figure(&store, which(analyses[0], 99)).is_err());
        let recording = repetition_figure(&store, which(analyses[0], 2)).unwrap();
        let repetition = &store.load_analysis(analyses[0]).unwrap().repetitions[1];
        assert!(
            recording.time[0] <= repetition.start_s
                && recording.time[recording.frame_count() - 1] >= repetition.end_s
        );
        assert!(recording.duration_s() < 1.5 * (repetition.end_s - repetition.start_s));
    }
}
