//! Training and evaluating models on labelled recordings.

mod checkpoint;
mod data;
mod errors;
mod folds;
mod import;
pub mod judge;
mod keraal;
mod labelling;
mod methods_ranked;
mod names;
mod norms;
mod perturbation;
mod planted;
mod planted_real;
mod protocol;

pub use checkpoint::CheckpointFile;
pub use data::ClipSet;
pub use errors::{
    CertaintyRow, CoverageRow, ErrorEvaluation, JudgedFinding, SetSummary, evaluate_errors,
    write_tables,
};
pub use folds::FoldFile;
pub use import::import_model;
pub use keraal::{AngleAgreement, SensorAgreement, measure_agreement};
pub use labelling::{LabelSuggestion, suggest_labels};
pub use names::{NamesEvaluation, NamesResult, evaluate_names};
pub use norms::{DescribedEvaluation, MovementHits, compute_norms, evaluate_described};
pub use perturbation::{BodyFault, FaultWindow, PlantedFault, RepetitionSpan, plant_fault};
pub use planted::{FaultKindHits, PlantedEvaluation, evaluate_planted};
pub use planted_real::{
    FaultJudgement, FirstNamed, FoldJudge, FoldModels, LimitsAndNorms, PersonMean,
    PlantedRealEvaluation, PlantedRealOptions, RealSetRecord, SensorFigures, SetJudgement,
    evaluate_planted_real, join_recordings,
};
pub use protocol::{Protocol, ProtocolResult, build_method, evaluate_few_shot, evaluate_method};

use agoge::{AnalysisOptions, Error, Models, analyze};

use crate::Evaluation;
use agoge_formats::{Manifest, ManifestRow, ReadOptions, Split};
use agoge_model::metric::roc_auc;
use agoge_model::{Card, CardFigure, LabelledClip, Model, Motion};
use agoge_train::{Adapted, TrainingConfig, pretrain, train};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Pre-trains an encoder on the recordings of several manifests, ignoring their labels; recordings
/// held out for validation or test are excluded. With a `checkpoint` file every epoch is saved to
/// it, and training resumes from its contents.
///
/// # Errors
/// As [`ClipSet::from_manifest`]; if there are no clips, or the checkpoint belongs to another
/// training run.
pub fn pretrain_model(
    manifests: &[PathBuf],
    config: &TrainingConfig,
    name: &str,
    checkpoint: Option<&Path>,
    progress: &mut (dyn FnMut(agoge_train::train::EpochProgress) + Send),
) -> Result<Model, Error> {
    let mut motions = Vec::new();
    for manifest in manifests {
        let clips = training_clips(manifest)?;
        motions.extend(clips.into_iter().map(|clip| clip.motion));
    }
    let mut last = f64::NAN;
    let mut tell = |report: agoge_train::train::EpochProgress| {
        last = report.loss;
        progress(report);
    };
    let (encoder, size) = checkpoint::resume_training(checkpoint, |saved| {
        pretrain::resume_pretraining(&motions, config, saved, &mut tell)
    })?;
    let card = Card {
        name: name.to_owned(),
        data: format!("{} clips without labels", motions.len()),
        movements: vec!["any".to_owned()],
        sensor: motions.iter().any(Motion::has_sensor),
        protocol: "masked motion modelling; the figure is the last epoch's training loss"
            .to_owned(),
        // Without an epoch there is no loss, and a card must not contain NaN.
        figures: Some(last)
            .filter(|loss| loss.is_finite())
            .map(|loss| {
                ("mean squared error of masked tokens, trunk lengths and g".to_owned(), loss)
            })
            .into_iter()
            .collect(),
        limits: "A beginning for training, not a judge: its heads know no movement.".to_owned(),
        licence: "that of the data".to_owned(),
        ..Card::default()
    };
    Ok(encoder.to_model(size, card, &[]))
}

/// Trains a model on the recordings of a manifest that are not held out for validation or test,
/// starting from `base` if given. The card records what the model knows and, given an evaluation on
/// the same manifest, how accurate it is. With a `checkpoint` file every epoch is saved to it, and
/// training resumes from its contents.
///
/// # Errors
/// As [`ClipSet::from_manifest`]; if there are no clips, or the checkpoint belongs to another
/// training run.
pub fn train_model(
    manifest: &Path,
    config: &TrainingConfig,
    base: Option<&Model>,
    name: &str,
    evaluation: Option<&Evaluation>,
    checkpoint: Option<&Path>,
    progress: &mut (dyn FnMut(agoge_train::train::EpochProgress) + Send),
) -> Result<Model, Error> {
    let clips = training_clips(manifest)?;
    let movements = agoge_model::sides::movement_names(&clips);
    let (encoder, size) = checkpoint::resume_training(checkpoint, |saved| {
        train::resume_training(&clips, &movements, config, base, saved, progress)
    })?;
    let athletes: BTreeSet<&str> = clips.iter().map(|clip| clip.athlete.as_str()).collect();
    let data = format!("{} repetitions of {} athletes", clips.len(), athletes.len());
    let card = Card {
        name: name.to_owned(),
        data,
        protocol: match evaluation {
            Some(_) => "each athlete left out once; agoge evaluate on the same manifest".to_owned(),
            None => "not measured; agoge train --measure does".to_owned(),
        },
        figures: match evaluation {
            Some(evaluation) => [card_figures(evaluation), evaluate_limits(manifest)?].concat(),
            None => Vec::new(),
        },
        calibration: evaluation.map(|evaluation| evaluation.calibration.clone()).unwrap_or_default(),
        effect: evaluation.and_then(|evaluation| evaluation.effect.clone()),
        conformal: evaluation.and_then(|evaluation| evaluation.conformal),
        reach: evaluation.map(|evaluation| prototype_distances(evaluation, &movements)).unwrap_or_default(),
        limits: "Knows the athletes, movements and sensor of its data; on others its readings are not measured."
            .to_owned(),
        licence: "that of the data".to_owned(),
        movements,
        ..Card::default()
    };
    Ok(encoder.to_model(size, card, &clips).with_rockets(&clips, config.seed))
}

/// Adapts a pre-trained model to new movements with the few clips of a manifest that are not held
/// out for validation or test.
///
/// # Errors
/// As [`ClipSet::from_manifest`], and if there are neither correct and incorrect clips of one
/// movement nor clips of two movements.
pub fn adapt_model(base: &Model, manifest: &Path, name: &str, seed: u64) -> Result<Adapted, Error> {
    let clips = training_clips(manifest)?;
    let athletes: BTreeSet<&str> = clips.iter().map(|clip| clip.athlete.as_str()).collect();
    let card = Card {
        name: name.to_owned(),
        data: format!(
            "{} repetitions of {} athletes, adapted from {}",
            clips.len(),
            athletes.len(),
            base.card().name
        ),
        protocol:
            "not measured on athletes left out; agoge adapt tells what it reached on its own clips"
                .to_owned(),
        limits: "Made from few clips: on other athletes and cameras its readings are not measured."
            .to_owned(),
        licence: "that of the data and of the base".to_owned(),
        ..Card::default()
    };
    Ok(agoge_train::adapt_model(base, &clips, seed, card)?)
}

/// Loads the clips of a manifest that are not held out for validation or test.
fn training_clips(manifest: &Path) -> Result<Vec<LabelledClip>, Error> {
    Ok(ClipSet::from_manifest(manifest, |row| row.split.is_none_or(|split| split == Split::Train))?
        .clips)
}

/// The reach of each movement: the distance from its prototype within which 95 % of the repetitions
/// of left-out athletes lie. It is 0 for a movement that was not evaluated, so that nothing lies
/// within it.
fn prototype_distances(evaluation: &Evaluation, movements: &[String]) -> Vec<f64> {
    let reach_of = |name: &String| {
        evaluation.movements.iter().find(|row| row.movement == *name).map_or(0.0, |row| row.reach)
    };
    movements.iter().map(reach_of).collect()
}

/// Evaluates how well the limits of the movement definitions separate correct from incorrect
/// repetitions of a manifest: one named AUC per movement that has a definition.
fn evaluate_limits(manifest: &Path) -> Result<Vec<(String, f64)>, Error> {
    let rows: Vec<ManifestRow> = Manifest::read_file(manifest)?.rows;
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let has_definition = |row: &&ManifestRow| {
        row.label.is_some() && agoge_kinematics::movement::find_movement(&row.movement).is_some()
    };
    let scored: Vec<(&ManifestRow, f32)> = rows
        .par_iter()
        .filter(has_definition)
        .map(|row| {
            let options =
                AnalysisOptions { movement: row.movement.clone(), ..AnalysisOptions::default() };
            let recording =
                agoge_formats::read_recording(&folder.join(&row.file), &ReadOptions::default())?;
            let score = analyze(&recording, None, &Models::default(), &options)?.analysis.score;
            // A clip in which the definition finds no repetition gets the middle score.
            Ok((row, score.map_or(50.0, |score| score.value as f32)))
        })
        .collect::<Result<_, Error>>()?;
    let names: BTreeSet<&str> = scored.iter().map(|(row, _)| row.movement.as_str()).collect();
    Ok(names
        .into_iter()
        .map(|name| {
            let (scores, labels): (Vec<f32>, Vec<bool>) = scored
                .iter()
                .filter(|(row, _)| row.movement == name)
                .map(|(row, score)| (*score, row.is_correct() == Some(true)))
                .unzip();
            (CardFigure::LimitsAuc(name).to_string(), roc_auc(&scores, &labels))
        })
        .filter(|(_, auc)| auc.is_finite())
        .collect())
}

/// The evaluation's figures for a model card, by name.
fn card_figures(evaluation: &Evaluation) -> Vec<(String, f64)> {
    let main = [
        (CardFigure::Athletes, evaluation.athletes as f64),
        (CardFigure::Auc, evaluation.auc.0),
        (CardFigure::AucWithin, evaluation.auc_within.0),
        (CardFigure::Accuracy, evaluation.accuracy.0),
        (CardFigure::Recognition, evaluation.recognition.0),
    ];
    let each =
        evaluation.movements.iter().map(|row| (CardFigure::MovementAuc(&row.movement), row.auc.0));
    main.into_iter().chain(each).map(|(figure, value)| (figure.to_string(), value)).collect()
}
