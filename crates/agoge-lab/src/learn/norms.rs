//! Norms of a squad, and an evaluation of how often explanations by them name the parts that are
//! described as faulty.

use agoge::explain::repetition_cycles;
use agoge::{AnalysisOptions, Error, Models, Reference, analyze, explain};

use agoge_analysis::{Aspect, AspectKind};
use agoge_coach::explain::{Cycle, MovementNorm};
use agoge_formats::dataset::{self, Dataset};
use agoge_formats::{Manifest, ManifestRow};
use agoge_model::metric::roc_auc;
use agoge_motion::{Part, Recording, Side, segments::JOINTS};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The repetitions of one recording, with athlete and movement.
struct RecordingCycles {
    athlete: String,
    movement: String,
    skeleton: String,
    cycles: Vec<Cycle>,
}

/// Computes the norm of each movement of a manifest: mean and spread of the repetitions that are
/// not labelled incorrect. Recordings without a repetition are skipped.
///
/// # Errors
/// If the manifest or a recording cannot be read.
pub fn compute_norms(manifest: &Path, source: &str) -> Result<Vec<MovementNorm>, Error> {
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let rows: Vec<ManifestRow> = Manifest::read_file(manifest)?
        .rows
        .into_iter()
        .filter(|row| row.is_correct() != Some(false))
        .collect();
    let recordings = rows
        .into_par_iter()
        .map(|row| {
            let recording = agoge_formats::read_recording(
                &folder.join(&row.file),
                &agoge_formats::ReadOptions::default(),
            )?;
            extract_cycles(&row, &recording)
        })
        .collect::<Result<Vec<RecordingCycles>, Error>>()?;
    Ok(norms_from_cycles(&recordings, source, |_| true))
}

/// Extracts the repetitions of a manifest row's recording.
fn extract_cycles(row: &ManifestRow, recording: &Recording) -> Result<RecordingCycles, Error> {
    let options = AnalysisOptions { movement: row.movement.clone(), ..AnalysisOptions::default() };
    Ok(RecordingCycles {
        athlete: row.athlete.clone(),
        movement: row.movement.clone(),
        skeleton: recording.skeleton.name.clone(),
        cycles: repetition_cycles(recording, &options)?,
    })
}

/// The norm of each movement from the athletes that `keep` accepts.
fn norms_from_cycles(
    recordings: &[RecordingCycles],
    source: &str,
    keep: impl Fn(&str) -> bool,
) -> Vec<MovementNorm> {
    let movements: BTreeSet<&str> =
        recordings.iter().map(|recording| recording.movement.as_str()).collect();
    let norm = |movement: &&str| {
        let accepted: Vec<&RecordingCycles> = recordings
            .iter()
            .filter(|recording| {
                recording.movement == *movement
                    && keep(&recording.athlete)
                    && !recording.cycles.is_empty()
            })
            .collect();
        let athletes: BTreeSet<&str> =
            accepted.iter().map(|recording| recording.athlete.as_str()).collect();
        let cycles: Vec<Cycle> =
            accepted.iter().flat_map(|recording| recording.cycles.iter().cloned()).collect();
        let source =
            format!("{source} ({} repetitions of {} athletes)", cycles.len(), athletes.len());
        let skeleton = accepted.first().map(|recording| recording.skeleton.clone());
        let is_one =
            accepted.iter().all(|recording| Some(&recording.skeleton) == skeleton.as_ref());
        let norm = MovementNorm::new(&source, movement, athletes.len(), &cycles)?;
        let sensor = skeleton.filter(|_| is_one);
        Some(MovementNorm { sensor, ..norm.with_rounded_values() })
    };
    movements.iter().filter_map(norm).collect()
}

/// The body parts described as faulty in the incorrect repetitions of UI-PRMD, as joints without
/// their sides (after Vakanski et al. 2018; docs/results/explanations.md quotes the wording).
const DESCRIBED_PARTS: [(&str, &[Part]); 10] = [
    ("deep_squat", &[Part::Chest, Part::LeftHip, Part::LeftKnee, Part::Pelvis]),
    ("hurdle_step", &[Part::Chest, Part::LeftHip]),
    ("inline_lunge", &[Part::Chest, Part::LeftKnee, Part::LeftHip]),
    ("side_lunge", &[Part::LeftKnee, Part::Pelvis, Part::Chest]),
    ("sit_to_stand", &[Part::Chest, Part::Pelvis, Part::LeftKnee, Part::LeftShoulder]),
    ("straight_leg_raise", &[Part::LeftKnee, Part::LeftHip, Part::Chest]),
    ("shoulder_abduction", &[Part::Chest, Part::Neck, Part::LeftShoulder]),
    ("shoulder_extension", &[Part::Chest, Part::LeftShoulder]),
    ("shoulder_rotation", &[Part::LeftElbow, Part::LeftShoulder]),
    ("shoulder_scaption", &[Part::Chest, Part::LeftShoulder]),
];

/// How often the first finding names a part that is described as faulty.
#[derive(Clone, Debug, Serialize)]
pub struct DescribedEvaluation {
    /// Results per movement.
    pub movements: Vec<MovementHits>,
    /// Hit rate, mean over the movements.
    pub hit: f64,
    /// Hit rate among repetitions for which something is shown.
    pub hit_where_shown: f64,
    /// Hit rate of a joint chosen at random.
    pub chance: f64,
    /// Share of correct repetitions for which something is shown.
    pub shown_on_correct: f64,
    /// How well each sub-score separates correct from incorrect repetitions: AUC, mean over the
    /// movements.
    pub aspects: Vec<(String, f64)>,
}

/// Results for one movement.
#[derive(Clone, Debug, Serialize)]
pub struct MovementHits {
    /// Name of the movement.
    pub movement: String,
    /// Number of incorrect repetitions.
    pub repetitions: usize,
    /// Share of incorrect repetitions whose first finding names a described part; a miss where
    /// nothing is shown.
    pub hit: f64,
    /// Share of incorrect repetitions for which something is shown.
    pub shown: f64,
    /// Share of correct repetitions for which something is shown.
    pub shown_on_correct: f64,
    /// Hit rate of a joint chosen at random.
    pub chance: f64,
    /// The undescribed part that is named most often, and how often.
    pub instead: String,
}

/// Explains every repetition of UI-PRMD by the norm of the other athletes' correct repetitions and
/// the limits of the definitions. The bundled model was trained on these athletes and is not used.
///
/// # Errors
/// If the dataset cannot be read.
pub fn evaluate_described(
    kind: Dataset,
    source: &Path,
    tell: &(dyn Fn(usize, usize) + Sync),
) -> Result<DescribedEvaluation, Error> {
    let mut items = Vec::new();
    dataset::read_dataset(kind, source, &mut |item, _| {
        items.push(item);
        Ok(())
    })?;
    let correct = items
        .par_iter()
        .filter(|item| item.row.is_correct() == Some(true))
        .map(|item| extract_cycles(&item.row, &item.recording))
        .collect::<Result<Vec<RecordingCycles>, Error>>()?;
    let athletes: BTreeSet<&str> = items.iter().map(|item| item.row.athlete.as_str()).collect();
    let norms: BTreeMap<&str, Vec<MovementNorm>> = athletes
        .iter()
        .map(|&athlete| {
            (
                athlete,
                norms_from_cycles(&correct, "correct repetitions of other athletes", |other| {
                    other != athlete
                }),
            )
        })
        .collect();
    let models = Models::without_model();
    let finished = std::sync::atomic::AtomicUsize::new(0);
    // Per repetition: movement, whether it is correct, the joint of the first change shown (none if
    // nothing is shown), and the sub-scores.
    let results = items
        .par_iter()
        .map(|item| {
            let row = &item.row;
            let options =
                AnalysisOptions { movement: row.movement.clone(), ..AnalysisOptions::default() };
            let analyzed = analyze(&item.recording, None, &models, &options)?;
            let norm =
                norms[row.athlete.as_str()].iter().find(|norm| norm.movement == row.movement);
            let reference =
                norm.map_or(Reference::Usual, |norm| Reference::Norm(Box::new(norm.clone())));
            let explanation = explain(&analyzed, &reference, &models, &options)?;
            let first = match &explanation {
                Some(explanation) => explanation.changes.first().map(|change| change.joint),
                None => analyzed.analysis.findings.first().map(|finding| finding.part),
            };
            let aspects = explanation.map_or_else(Vec::new, |explanation| explanation.aspects);
            tell(finished.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, items.len());
            Ok((
                row.movement.as_str(),
                row.is_correct() == Some(true),
                first.map(|part| part.on_side(Side::Left)),
                aspects,
            ))
        })
        .collect::<Result<Vec<(&str, bool, Option<Part>, Vec<Aspect>)>, Error>>()?;
    let share = |count: usize, total: usize| count as f64 / total.max(1) as f64;
    let movements: Vec<MovementHits> = DESCRIBED_PARTS
        .iter()
        .map(|(movement, parts)| {
            let results_of = |correct: bool| {
                results.iter().filter(move |result| result.0 == *movement && result.1 == correct)
            };
            let repetitions = results_of(false).count();
            let hits = results_of(false)
                .filter(|result| result.2.is_some_and(|part| parts.contains(&part)))
                .count();
            let shown_share = |correct: bool| {
                share(
                    results_of(correct).filter(|result| result.2.is_some()).count(),
                    results_of(correct).count(),
                )
            };
            let mut instead: BTreeMap<&str, usize> = BTreeMap::new();
            for part in
                results_of(false).filter_map(|result| result.2).filter(|part| !parts.contains(part))
            {
                *instead.entry(part.name()).or_default() += 1;
            }
            let most = instead.iter().max_by_key(|(_, times)| **times);
            let likely =
                JOINTS.iter().filter(|joint| parts.contains(&joint.on_side(Side::Left))).count();
            MovementHits {
                movement: (*movement).to_owned(),
                repetitions,
                hit: share(hits, repetitions),
                shown: shown_share(false),
                shown_on_correct: shown_share(true),
                chance: share(likely, JOINTS.len()),
                instead: most.map_or_else(String::new, |(part, times)| {
                    format!("{} ({times})", part.replace("left_", ""))
                }),
            }
        })
        .collect();
    let aspects = AspectKind::ALL.into_iter().map(|kind| {
        let by_movement = DESCRIBED_PARTS.iter().map(|(movement, _)| {
            let pairs =
                results.iter().filter(|result| result.0 == *movement).filter_map(|result| {
                    let aspect = result.3.iter().find(|aspect| aspect.name == kind)?;
                    Some((aspect.percentile as f32, result.1))
                });
            let (values, correct): (Vec<f32>, Vec<bool>) = pairs.unzip();
            roc_auc(&values, &correct)
        });
        (
            kind.name().to_owned(),
            agoge_motion::statistics::finite_mean(&by_movement.collect::<Vec<_>>()),
        )
    });
    let aspects = aspects.collect();
    let mean = |value: fn(&MovementHits) -> f64| {
        movements.iter().map(value).sum::<f64>() / movements.len() as f64
    };
    Ok(DescribedEvaluation {
        hit: mean(|row| row.hit),
        hit_where_shown: mean(|row| row.hit) / mean(|row| row.shown),
        chance: mean(|row| row.chance),
        shown_on_correct: mean(|row| row.shown_on_correct),
        aspects,
        movements,
    })
}
