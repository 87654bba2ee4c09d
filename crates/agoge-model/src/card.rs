//! Model cards: what a model is for, what it was trained on, and how well it performs on whom.

use crate::athlete::AthleteEffect;
use crate::calibration::Calibration;
use crate::conformal::Conformal;
use agoge_motion::Skeleton;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The card of a model, stored with its weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The model's name.
    pub name: String,
    /// What it was trained on.
    pub data: String,
    /// The movements it knows, in the order of its heads.
    pub movements: Vec<String>,
    /// Whether it was trained on worn sensors; otherwise sensors are ignored.
    #[serde(default)]
    pub sensor: bool,
    /// How it was evaluated, with the command.
    pub protocol: String,
    /// Evaluation figures with their names, usually those of [`CardFigure`].
    pub figures: Vec<(String, f64)>,
    /// Calibration of its probabilities of "correct" on athletes it was not trained on; empty if
    /// not measured.
    pub calibration: Calibration,
    /// How its quality readings differ between athletes; none if not measured.
    #[serde(default)]
    pub effect: Option<AthleteEffect>,
    /// The interval around a score that contains nine labels in ten; none if not measured.
    #[serde(default)]
    pub conformal: Option<Conformal>,
    /// For each movement, the distance from its prototype within which 19 of 20 repetitions lie, of
    /// athletes it was not trained on; empty if not measured. Repetitions farther away are not
    /// recognised as that movement.
    pub reach: Vec<f64>,
    /// Names of the skeletons of its training recordings (`Kinect-22`); its readings of quality
    /// count on these alone. Empty if not recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skeletons: Vec<String>,
    /// The judge of quality that was added to it; none if its readings of quality are those of its
    /// training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<JudgeCard>,
    /// What it was never tested on and must not be used for.
    pub limits: String,
    /// Licence of the weights.
    pub licence: String,
}

/// A judge of quality: fixed convolutions made from one or several sensors and measured on each, so
/// that it speaks on these alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgeCard {
    /// What it was made from.
    pub data: String,
    /// How it was measured, with the command.
    pub protocol: String,
    /// What was measured, for each skeleton.
    pub skeletons: Vec<SkeletonRecord>,
}

/// What was measured of a judge on recordings with one skeleton, on athletes left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkeletonRecord {
    /// Name of the skeleton (`Kinect-22`, `Plug-in-Gait-39`).
    pub skeleton: String,
    /// Number of athletes left out in turn.
    pub athletes: usize,
    /// What was measured of each movement.
    pub movements: BTreeMap<String, JudgedMovement>,
    /// How the readings of quality differ between athletes.
    pub effect: AthleteEffect,
    /// The score of a repetition beside the athlete's others.
    pub together: ScoreCalibration,
    /// The score of a single repetition.
    pub alone: ScoreCalibration,
}

/// What was measured of a judge on one movement, on athletes left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgedMovement {
    /// How well correct repetitions are told from incorrect ones, each judged beside the athlete's
    /// others: area under the ROC curve.
    pub auc: f64,
    /// The readings of likeness at which it is none and at which it is full: the median of correct
    /// repetitions with a planted fault, and the level that seven correct repetitions in ten reach.
    pub likeness: [f64; 2],
}

impl JudgedMovement {
    /// The part of a score that the likeness to correct repetitions leaves, [`MIN_LIKENESS`] to 1:
    /// linear between the two readings.
    pub fn likeness_share(&self, reading: f64) -> f64 {
        let [none, full] = self.likeness;
        let share = ((reading - none) / (full - none).max(1e-9)).clamp(0.0, 1.0);
        MIN_LIKENESS + (1.0 - MIN_LIKENESS) * share
    }
}

/// The part of a score that remains for a repetition unlike every correct one.
pub const MIN_LIKENESS: f64 = 0.1;

/// How scores are calibrated on athletes left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreCalibration {
    /// Share of correct repetitions at each uncalibrated score.
    pub calibration: Calibration,
    /// The interval that holds nine labels in ten.
    pub conformal: Conformal,
}

impl ScoreCalibration {
    /// Fits both to uncalibrated scores and labels, 0 to 1, `[athlete][repetition]`. None without
    /// outcomes.
    pub fn fit_outcomes(outcomes: &[Vec<(f64, f64)>]) -> Option<ScoreCalibration> {
        let calibration = Calibration::fit_outcomes(&outcomes.concat());
        let calibrated = |pairs: &Vec<(f64, f64)>| -> Option<Vec<(f64, f64)>> {
            pairs.iter().map(|&(p, label)| Some((calibration.share_at(p)?, label))).collect()
        };
        let conformal =
            Conformal::fit_outcomes(&outcomes.iter().map(calibrated).collect::<Option<Vec<_>>>()?)?;
        Some(ScoreCalibration { calibration, conformal })
    }

    /// The calibrated score and the ends of its interval, 0 to 1. None without a curve.
    pub fn calibrate_score(&self, score: f64) -> Option<[f64; 3]> {
        self.calibration.share_at(score).map(|share| self.conformal.with_interval(share))
    }
}

impl SkeletonRecord {
    /// Uncalibrated scores of one athlete's repetitions of a movement, 0 to 1, from their readings
    /// of quality and of likeness, `[repetition]`; `correct` marks repetitions that are known to be
    /// correct (empty if none is). None for a movement that was not measured.
    ///
    /// Each is the probability of being correct beside the athlete's others
    /// ([`AthleteEffect::correct_probabilities`]) times the share that its likeness to the correct
    /// repetitions of others leaves. Repetitions known to be correct move the likeness as well: by
    /// their own level, shrunken as if one more repetition lay at the full level.
    pub fn raw_scores(
        &self,
        movement: &str,
        quality: &[f64],
        likeness: &[f64],
        correct: &[bool],
    ) -> Option<Vec<f64>> {
        let measured = self.movements.get(movement)?;
        let known: Vec<Option<bool>> =
            correct.iter().map(|correct| correct.then_some(true)).collect();
        let probabilities = self.effect.correct_probabilities(movement, quality, &known)?;
        let full = measured.likeness[1];
        let shortfalls: Vec<f64> = likeness
            .iter()
            .zip(correct)
            .filter(|(_, correct)| **correct)
            .map(|(reading, _)| (full - reading).max(0.0))
            .collect();
        let shift = shortfalls.iter().sum::<f64>() / (shortfalls.len() + 1) as f64;
        Some(
            probabilities
                .into_iter()
                .zip(likeness)
                .map(|(p, reading)| p * measured.likeness_share(reading + shift))
                .collect(),
        )
    }

    /// Scores of one athlete's repetitions, as [`SkeletonRecord::raw_scores`], calibrated: each
    /// with the ends of its interval, 0 to 1.
    pub fn score_repetitions(
        &self,
        movement: &str,
        quality: &[f64],
        likeness: &[f64],
        correct: &[bool],
    ) -> Option<Vec<[f64; 3]>> {
        let calibration = if quality.len() > 1 { &self.together } else { &self.alone };
        let raw = self.raw_scores(movement, quality, likeness, correct)?;
        raw.into_iter().map(|score| calibration.calibrate_score(score)).collect()
    }
}

/// A figure that an evaluation writes to a card. Its text is the figure's name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardFigure<'a> {
    /// Number of athletes left out in turn.
    Athletes,
    /// How well correct repetitions of athletes left out are told from incorrect ones: area under
    /// the ROC curve, mean over the movements.
    Auc,
    /// The same within each athlete.
    AucWithin,
    /// Share of these repetitions that were judged correctly.
    Accuracy,
    /// Share of these repetitions whose movement was recognised.
    Recognition,
    /// The area under the ROC curve for one movement.
    MovementAuc(&'a str),
    /// The same for the limits of the movement's definition, on the same repetitions.
    LimitsAuc(&'a str),
}

impl fmt::Display for CardFigure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            CardFigure::Athletes => f.write_str("athletes left out"),
            CardFigure::Auc => f.write_str("AUC"),
            CardFigure::AucWithin => f.write_str("AUC within an athlete"),
            CardFigure::Accuracy => f.write_str("accuracy"),
            CardFigure::Recognition => f.write_str("movement recognised"),
            CardFigure::MovementAuc(movement) => write!(f, "AUC {movement}"),
            CardFigure::LimitsAuc(movement) => {
                write!(f, "AUC {movement} by the limits of the movement definition")
            }
        }
    }
}

impl Card {
    /// What its judge of quality was measured to do on recordings with a skeleton; none if it was
    /// not measured on them. A recording that holds all markers of a measured set by their names
    /// counts as one of that set, whatever its source calls its skeleton.
    pub fn skeleton_record(&self, skeleton: &Skeleton) -> Option<&SkeletonRecord> {
        let records = &self.judge.as_ref()?.skeletons;
        let named = records.iter().find(|record| record.skeleton == skeleton.name);
        named.or_else(|| {
            let known = Skeleton::all_known();
            records.iter().find(|record| {
                known.iter().filter(|known| known.name == record.skeleton).any(|known| {
                    known.joints.iter().all(|joint| {
                        skeleton
                            .joints
                            .iter()
                            .any(|other| other.name.eq_ignore_ascii_case(&joint.name))
                    })
                })
            })
        })
    }

    /// The value of a figure, if it was measured.
    pub fn find_figure(&self, figure: CardFigure) -> Option<f64> {
        let name = figure.to_string();
        self.figures.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured_record() -> SkeletonRecord {
        let levels = crate::athlete::MovementLevels { middle: 0.0, effect: 2.0 };
        let outcomes: Vec<(f64, f64)> =
            (0..100).map(|i| (f64::from(i) / 100.0, f64::from(u8::from(i >= 50)))).collect();
        let calibration = ScoreCalibration::fit_outcomes(&[outcomes]).unwrap();
        SkeletonRecord {
            skeleton: "Kinect-22".to_owned(),
            athletes: 9,
            movements: [("squat".to_owned(), JudgedMovement { auc: 0.95, likeness: [-0.5, 0.5] })]
                .into(),
            effect: AthleteEffect {
                movements: [("squat".to_owned(), levels)].into(),
                between: 0.3,
                within: 0.5,
                effect: 0.2,
            },
            together: calibration.clone(),
            alone: calibration,
        }
    }

    #[test]
    fn a_score_falls_with_likeness_and_never_rises_above_the_probability() {
        let record = measured_record();
        let score =
            |likeness: f64| record.raw_scores("squat", &[1.0], &[likeness], &[]).unwrap()[0];
        let full = score(0.5);
        assert!((score(2.0) - full).abs() < 1e-12, "more than like is like");
        let falling: Vec<f64> = (0..=20).map(|i| score(0.5 - f64::from(i) * 0.1)).collect();
        assert!(falling.windows(2).all(|pair| pair[1] <= pair[0]), "{falling:?}");
        assert!((falling[20] - MIN_LIKENESS * full).abs() < 1e-12);
        assert!(record.raw_scores("lunge", &[1.0], &[0.5], &[]).is_none(), "never measured");
    }

    #[test]
    fn a_repetition_marked_correct_lifts_those_like_it() {
        let record = measured_record();
        let quality = [-0.2, -0.1, -0.3];
        let likeness = [0.0, 0.0, 0.0];
        let unmarked = record.raw_scores("squat", &quality, &likeness, &[]).unwrap();
        let marked =
            record.raw_scores("squat", &quality, &likeness, &[true, false, false]).unwrap();
        assert!(marked[1] > unmarked[1] && marked[2] > unmarked[2], "{marked:?} {unmarked:?}");
    }

    #[test]
    fn a_recording_with_all_markers_of_a_measured_set_is_one_of_it() {
        let judge = JudgeCard { skeletons: vec![measured_record()], ..JudgeCard::default() };
        let card = Card { judge: Some(judge), ..Card::default() };
        let kinect = Skeleton::kinect_22();
        assert!(card.skeleton_record(&kinect).is_some());
        let names: Vec<String> = kinect.joints.iter().map(|joint| joint.name.clone()).collect();
        let renamed = Skeleton::from_names("a file's own", names.iter().map(String::as_str));
        assert!(card.skeleton_record(&renamed).is_some());
        let fewer = Skeleton::from_names("fewer", names.iter().skip(1).map(String::as_str));
        assert!(card.skeleton_record(&fewer).is_none());
        assert!(card.skeleton_record(&Skeleton::coco_17()).is_none());
    }

    /// The names in the cards of the models in `models/`.
    #[test]
    fn a_figure_is_found_by_its_name() {
        let card = Card {
            figures: vec![
                ("AUC".to_owned(), 0.1),
                ("AUC squat".to_owned(), 0.2),
                ("AUC squat by the limits of the movement definition".to_owned(), 0.3),
                ("movement recognised".to_owned(), 0.4),
            ],
            ..Card::default()
        };
        for (figure, value) in [
            (CardFigure::Auc, Some(0.1)),
            (CardFigure::MovementAuc("squat"), Some(0.2)),
            (CardFigure::LimitsAuc("squat"), Some(0.3)),
            (CardFigure::Recognition, Some(0.4)),
            (CardFigure::MovementAuc("lunge"), None),
        ] {
            assert_eq!(card.find_figure(figure), value, "{figure}");
        }
    }
}
