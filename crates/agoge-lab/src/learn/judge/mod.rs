//! Makes and measures a judge of quality: rockets that tell correct from incorrect repetitions,
//! rockets that tell repetitions like the correct ones of others from any others (correct ones with
//! planted faults), and how their readings become scores, for each skeleton.

mod disturb;
mod measure;

pub use measure::{JudgeEvaluation, JudgeFigures};

use crate::learn::perturbation::plant_fault;
use agoge::{AnalysisOptions, Error};
use agoge_formats::{Manifest, ManifestRow, ReadOptions, Split};
use agoge_model::card::JudgeCard;
use agoge_model::error::ModelError;
use agoge_model::methods::rocket::Rockets;
use agoge_model::{LabelledClip, Model, Motion};
use agoge_motion::Recording;
use agoge_motion::condition::condition_recording;
use disturb::{disturb_motion, possible_faults, whole_span};
use fastrand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Named faults planted into each correct repetition for training, and arbitrary ones.
const TRAINING_FAULTS: [usize; 2] = [2, 2];
/// Sizes of named faults in training, as shares of their usual size.
const TRAINING_SIZES: [f64; 2] = [0.6, 1.4];

/// A labelled repetition of a recording with one skeleton, and if it is correct what it would be
/// with faults.
#[derive(Clone, Debug)]
pub struct JudgedClip {
    /// The repetition.
    pub clip: LabelledClip,
    /// Name of the recording's skeleton.
    pub skeleton: String,
    /// With faults to learn from.
    training: Vec<Motion>,
    /// With each named fault it can have, at its usual size, to measure by.
    planted: Vec<Motion>,
}

/// The repetitions a judge is made from.
#[derive(Clone, Debug, Default)]
pub struct JudgedClips {
    /// The repetitions.
    pub clips: Vec<JudgedClip>,
}

impl JudgedClips {
    /// Loads the labelled recordings of some manifests that are not held out for validation or
    /// test; each holds one repetition. An athlete's name means the same person in all of them. The
    /// faults follow from `seed`.
    ///
    /// # Errors
    /// If a manifest or one of its recordings cannot be read.
    pub fn from_manifests(manifests: &[PathBuf], seed: u64) -> Result<JudgedClips, Error> {
        let mut clips = Vec::new();
        for manifest in manifests {
            let folder = manifest.parent().unwrap_or(Path::new("."));
            let is_used = |row: &ManifestRow| {
                row.label.is_some() && row.split.is_none_or(|split| split == Split::Train)
            };
            let rows: Vec<ManifestRow> =
                Manifest::read_file(manifest)?.rows.into_iter().filter(is_used).collect();
            let loaded = rows
                .into_par_iter()
                .enumerate()
                .map(|(number, row)| {
                    let path = folder.join(&row.file);
                    let recording = agoge_formats::read_recording(&path, &ReadOptions::default())?;
                    judged_clip(&recording, &row, seed ^ ((number as u64 + 1) << 16))
                })
                .collect::<Result<Vec<_>, Error>>()?;
            clips.extend(loaded.into_iter().flatten());
        }
        Ok(JudgedClips { clips })
    }

    /// The movements, sorted.
    pub fn movement_names(&self) -> Vec<String> {
        let names: BTreeSet<&String> = self.clips.iter().map(|clip| &clip.clip.movement).collect();
        names.into_iter().cloned().collect()
    }

    /// The athletes, sorted.
    pub fn athlete_names(&self) -> Vec<&str> {
        let names: BTreeSet<&str> =
            self.clips.iter().map(|clip| clip.clip.athlete.as_str()).collect();
        names.into_iter().collect()
    }

    /// The skeletons, sorted.
    pub fn skeleton_names(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.clips.iter().map(|clip| clip.skeleton.as_str()).collect();
        names.into_iter().collect()
    }

    /// Clips that teach likeness: the correct repetitions (label 1) of the clips accepted by
    /// `keep`, and the same with faults (label 0).
    fn likeness_clips(&self, keep: &dyn Fn(&JudgedClip) -> bool) -> Vec<LabelledClip> {
        let mut clips = Vec::new();
        for judged in self.clips.iter().filter(|judged| keep(judged)) {
            if judged.clip.is_correct() != Some(true) {
                continue;
            }
            clips.push(judged.clip.clone());
            clips.extend(judged.training.iter().map(|motion| LabelledClip {
                label: Some(0.0),
                motion: motion.clone(),
                ..judged.clip.clone()
            }));
        }
        clips
    }
}

/// Conditions a recording and plants faults into it if it is correct; none if no body is seen.
fn judged_clip(
    recording: &Recording,
    row: &ManifestRow,
    seed: u64,
) -> Result<Option<JudgedClip>, Error> {
    let body = condition_recording(recording, &AnalysisOptions::default().condition)?
        .recording
        .to_body()
        .recording;
    let motion_of = |body: &Recording| {
        Motion::new(body, 0, body.frame_count().saturating_sub(1)).filter(Motion::has_body)
    };
    let Some(motion) = motion_of(&body) else { return Ok(None) };
    let clip = LabelledClip {
        athlete: row.athlete.clone(),
        movement: row.movement.clone(),
        label: row.label,
        motion,
    };
    let (mut training, mut planted) = (Vec::new(), Vec::new());
    if clip.is_correct() == Some(true) {
        let mut rng = Rng::with_seed(seed);
        let span = whole_span(&body);
        let faults = possible_faults(&body, span);
        let with_fault = |fault: &[crate::learn::PlantedFault], share: f64| {
            let body = fault.iter().fold(body.clone(), |body, fault| {
                let fault = crate::learn::PlantedFault { size: share * fault.size, ..*fault };
                plant_fault(&body, &[span], &fault)
            });
            motion_of(&body)
        };
        planted = faults.iter().filter_map(|fault| with_fault(fault, 1.0)).collect();
        let [named, arbitrary] = TRAINING_FAULTS;
        for _ in 0..named {
            let [least, most] = TRAINING_SIZES;
            let share = least + (most - least) * rng.f64();
            training.extend(with_fault(&faults[rng.usize(..faults.len())], share));
        }
        training.extend((0..arbitrary).map(|_| disturb_motion(&clip.motion, &mut rng)));
    }
    let skeleton = recording.skeleton.name.clone();
    Ok(Some(JudgedClip { clip, skeleton, training, planted }))
}

/// A judge's two kinds of rockets.
pub(super) struct JudgeRockets {
    quality: Rockets,
    likeness: Rockets,
}

impl JudgeRockets {
    /// Learns from the clips that `keep` accepts.
    fn fit(
        clips: &JudgedClips,
        movements: &[String],
        seed: u64,
        keep: &(dyn Fn(&JudgedClip) -> bool + Sync),
    ) -> Result<JudgeRockets, ModelError> {
        let natural: Vec<&LabelledClip> =
            clips.clips.iter().filter(|judged| keep(judged)).map(|judged| &judged.clip).collect();
        let likeness = clips.likeness_clips(keep);
        let likeness: Vec<&LabelledClip> = likeness.iter().collect();
        Rockets::fit_quality(&natural, movements, seed)
            .zip(Rockets::fit_likeness(&likeness, movements, seed))
            .map(|(quality, likeness)| JudgeRockets { quality, likeness })
            .ok_or_else(|| ModelError::Clips {
                what: format!("{} labelled repetitions", natural.len()),
                hint: "a judge needs correct and incorrect repetitions of a movement",
            })
    }

    /// Readings of quality and of likeness of some motions of one movement (its index).
    fn read_motions(&self, motions: &[&Motion], class: usize) -> Vec<JudgeReading> {
        if motions.is_empty() {
            return Vec::new();
        }
        let quality = self.quality.quality_decisions(motions);
        let likeness = self.likeness.quality_decisions(motions);
        quality
            .into_iter()
            .zip(likeness)
            .map(|(quality, likeness)| JudgeReading {
                quality: quality[class],
                likeness: likeness[class],
            })
            .collect()
    }
}

/// A judge's readings of one repetition.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeReading {
    /// Above 0: correct.
    pub quality: f32,
    /// Around 1: like the correct repetitions of others; around −1: unlike.
    pub likeness: f32,
}

/// The readings of one athlete's repetitions by a judge that was made without the athlete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeFold {
    /// Seed of the training.
    pub seed: u64,
    /// The athlete left out.
    pub athlete: String,
    /// Index of each of their clips, its reading, and the readings with each planted fault.
    pub readings: Vec<(usize, JudgeReading, Vec<JudgeReading>)>,
}

/// Leaves every athlete out once per seed. Folds in `earlier` are not repeated; `watch` is given
/// each new one with the number done and the total.
///
/// # Errors
/// If the clips do not suffice, and whatever `watch` returns.
pub fn read_athletes_left_out(
    clips: &JudgedClips,
    seeds: u64,
    earlier: Vec<JudgeFold>,
    watch: &mut dyn FnMut(&JudgeFold, usize, usize) -> Result<(), ModelError>,
) -> Result<Vec<JudgeFold>, ModelError> {
    let movements = clips.movement_names();
    let runs: Vec<(u64, &str)> = (1..=seeds)
        .flat_map(|seed| clips.athlete_names().into_iter().map(move |athlete| (seed, athlete)))
        .collect();
    let mut folds: Vec<JudgeFold> = earlier.into_iter().filter(|fold| fold.seed <= seeds).collect();
    for &(seed, athlete) in &runs {
        if folds.iter().any(|fold| fold.seed == seed && fold.athlete == athlete) {
            continue;
        }
        let judge =
            JudgeRockets::fit(clips, &movements, seed, &|judged| judged.clip.athlete != athlete)?;
        let theirs: Vec<usize> =
            (0..clips.clips.len()).filter(|&i| clips.clips[i].clip.athlete == athlete).collect();
        let readings = theirs
            .into_iter()
            .map(|i| {
                let judged = &clips.clips[i];
                let class =
                    movements.iter().position(|name| *name == judged.clip.movement).unwrap_or(0);
                let motions: Vec<&Motion> =
                    std::iter::once(&judged.clip.motion).chain(&judged.planted).collect();
                let mut read = judge.read_motions(&motions, class).into_iter();
                let first = read.next().unwrap_or(JudgeReading { quality: 0.0, likeness: 0.0 });
                (i, first, read.collect())
            })
            .collect();
        let fold = JudgeFold { seed, athlete: athlete.to_owned(), readings };
        watch(&fold, folds.len() + 1, runs.len())?;
        folds.push(fold);
    }
    Ok(folds)
}

/// Gives a model a judge made from all clips; `evaluation` is what was measured on the same clips
/// with each athlete left out.
///
/// # Errors
/// If the clips do not suffice, or the model does not know one of their movements.
pub fn give_judge(
    model: Model,
    clips: &JudgedClips,
    seed: u64,
    evaluation: &JudgeEvaluation,
) -> Result<Model, ModelError> {
    let movements = model.card().movements.clone();
    if let Some(unknown) = clips.movement_names().iter().find(|name| !movements.contains(name)) {
        return Err(ModelError::Clips {
            what: format!("the movement {unknown}, which the model does not know"),
            hint: "train the model on it first",
        });
    }
    let judge = JudgeRockets::fit(clips, &movements, seed, &|_| true)?;
    let card = JudgeCard {
        data: format!(
            "{} repetitions of {} athletes by {}",
            clips.clips.len(),
            clips.athlete_names().len(),
            clips.skeleton_names().join(", ")
        ),
        protocol: "agoge judge on the same manifests: each athlete left out once".to_owned(),
        skeletons: evaluation.records.clone(),
    };
    Ok(model.with_judge(judge.quality, judge.likeness, card))
}
