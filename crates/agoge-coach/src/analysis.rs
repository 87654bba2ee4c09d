//! [`Analysis`]: everything that is known about one recording, as it is written to `analysis.json`.
//!
//! The schema has a version ([`SCHEMA`]): fields are added within a version, never renamed or
//! removed.

use crate::explain::Explanation;
use agoge_kinematics::{Event, Metric, Phase, Refused, Unit, View, missing};
use agoge_motion::condition::{JointQuality, Repair};
use agoge_motion::{Part, Side, Source, Space};
use serde::{Deserialize, Serialize};

/// Name and version of the schema, the first field of every `analysis.json`.
pub const SCHEMA: &str = "agoge.analysis/1";

/// The analysis of one recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// [`SCHEMA`].
    pub schema: String,
    /// Version of Agoge that made it.
    pub version: String,
    /// What was read.
    pub input: Input,
    /// How good the data are.
    pub quality: DataQuality,
    /// Everything that was changed in the data before measuring.
    pub repairs: Vec<Repair>,
    /// Which movement, and how that is known.
    pub movement: MovementChoice,
    /// Every repetition and attempt, in order of time.
    pub repetitions: Vec<RepetitionReport>,
    /// Each metric over the complete repetitions.
    pub metrics: Vec<MetricSummary>,
    /// The set's score; none when no scorer knows this movement or there is nothing to score.
    pub score: Option<Score>,
    /// The trained model's part in the score; none if there is no model or nothing for it to read.
    #[serde(default)]
    pub model: Option<ModelNote>,
    /// What to change first: the most important first, never more than three that are shown as
    /// such.
    pub findings: Vec<Finding>,
    /// Why, beside a reference; none where it was not asked for or nothing is there to compare
    /// with.
    #[serde(default)]
    pub explanation: Option<Explanation>,
    /// Curves over the repetitions.
    pub bands: Vec<Band>,
    /// Jumps by their time in the air, of movements that count as jumps.
    #[serde(default)]
    pub jumps: Vec<JumpReport>,
    /// The screen of landings, of movements that are scored by one.
    #[serde(default)]
    pub landing: Option<LandingReport>,
    /// Net moments in the joints of the legs; none without a mass and forces of the ground.
    #[serde(default)]
    pub moments: Option<MomentReport>,
    /// What this recording cannot tell, and why.
    pub refused: Vec<Refused>,
}

/// A jump by its time in the air. The errors are those of positions and of half a frame at each
/// end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JumpReport {
    /// Number of the repetition.
    pub repetition: usize,
    /// Height, m: g·t²/8 (Bosco, Luhtanen & Komi 1983).
    pub height_m: f64,
    /// How far it may be off, m.
    pub height_error_m: f64,
    /// Reactive strength index, m/s: height over the time on the ground before (Young 1995); none
    /// without a drop.
    pub reactive_strength: Option<f64>,
    /// How far it may be off, m/s.
    pub reactive_strength_error: Option<f64>,
}

/// A screen of landings: items, and their sum as an interval, because what was not seen may be
/// anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LandingReport {
    /// Which screen.
    pub screen: String,
    /// The repetitions whose landings were scored.
    pub repetitions: Vec<usize>,
    /// Every item, seen or not.
    pub items: Vec<LandingItem>,
    /// The sum if every unseen item were without fault.
    pub least: u32,
    /// The sum if every unseen item were as bad as can be.
    pub most: u32,
    /// How many items were not seen.
    pub unseen: usize,
}

/// An item of a screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LandingItem {
    /// Its number in the publication.
    pub number: u8,
    /// What is at fault if it has points.
    pub item: String,
    /// Points; none if it cannot be seen from this view or in this recording.
    pub points: Option<u8>,
    /// The most points it gives.
    pub most: u8,
    /// 0 to 1, where it was measured: how well the legs were seen, and how far from the limit the
    /// value was.
    pub confidence: Option<f64>,
    /// Who says so: `measured`, `coach`, `unseen`.
    pub by: String,
}

/// Net moments in the joints of the legs, by inverse dynamics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MomentReport {
    /// Where the forces of the ground come from: `force plates`, `modelled`.
    pub forces: String,
    /// The athlete's mass, kg.
    pub mass_kg: f64,
    /// What the figures leave open, in sentences.
    pub limits: Vec<String>,
    /// The largest moments, one member a repetition, side and joint.
    pub peaks: Vec<MomentPeak>,
}

/// The largest moments in a joint. Flexion and dorsiflexion are positive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MomentPeak {
    /// Number of the repetition; none for the whole recording.
    pub repetition: Option<usize>,
    /// `ankle`, `knee`, `hip`.
    pub joint: String,
    /// Side.
    pub side: Side,
    /// The most that flexes, N·m; negative where the joint is extended throughout.
    pub flexion_nm: f64,
    /// The most that extends, N·m: the least value.
    pub extension_nm: f64,
    /// The first in N·m/kg.
    pub flexion_nm_kg: f64,
    /// The second in N·m/kg.
    pub extension_nm_kg: f64,
    /// How far both may be off, N·m.
    pub error_nm: f64,
    /// Share of the frames in which the moment is known, 0 to 1.
    pub known: f64,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Name, format, the reader's notes, and whether it is simulated.
    pub source: Source,
    /// Name of the source's skeleton.
    pub skeleton: String,
    /// What the positions mean.
    pub space: Space,
    /// The camera's view for two-dimensional input.
    pub view: View,
    /// How likely that view is right, 0 to 1; none in an analysis of a version that did not say.
    #[serde(default)]
    pub view_certainty: Option<f64>,
    /// How many frames.
    pub frames: usize,
    /// Frames a second.
    #[serde(deserialize_with = "missing::number")]
    pub rate_hz: f64,
    /// Length, s.
    pub duration_s: f64,
    /// The athlete's height used for scaling, m, if given.
    pub height_m: Option<f64>,
    /// Parts of the body that were made from others, each with what from.
    pub invented: Vec<String>,
}

/// How good the data are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataQuality {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in one or two sentences.
    pub reasons: Vec<String>,
    /// Share of joint positions that were seen, 0 to 1, before any repair.
    pub seen: f64,
    /// Each joint of the source.
    pub joints: Vec<JointQuality>,
    /// Stretches in which most of the body was missing, frames `[first, last]`.
    pub bad_frames: Vec<[usize; 2]>,
}

/// A verdict on the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Findings can be trusted within their intervals.
    Good,
    /// Findings hold with the doubts that are named.
    Usable,
    /// Too little is seen for findings.
    Poor,
}

/// Which movement was analysed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MovementChoice {
    /// The definition's name (`squat`); `unknown` if none fits.
    pub name: String,
    /// Its title for people ("Squat").
    pub title: String,
    /// How it was chosen: `given`, `recognised`, `unknown`.
    pub how: String,
    /// How sure, 0 to 1; 1 when given.
    pub certainty: f64,
    /// The next best movements, with their certainty.
    pub others: Vec<(String, f64)>,
}

/// One repetition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepetitionReport {
    /// 1, 2, 3 …
    pub number: usize,
    /// The side that did it, for one-sided movements.
    pub side: Option<Side>,
    /// False for an attempt that was not completed.
    pub complete: bool,
    /// First and last frame.
    pub frames: [usize; 2],
    /// Start, s.
    pub start_s: f64,
    /// End, s.
    pub end_s: f64,
    /// Phases in order.
    pub phases: Vec<Phase>,
    /// Events in order.
    pub events: Vec<Event>,
    /// Measures.
    pub metrics: Vec<Metric>,
    /// Its score, if there is a scorer.
    pub score: Option<Score>,
    /// The pose data in it are good enough.
    pub qa_pose: bool,
    /// The measured values are humanly possible.
    pub qa_biomech: bool,
}

/// A score from 0 (poor) to 100 (good), with its 90 % interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The score.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// What made it: the model's name, or `definition checks`.
    pub method: String,
}

/// What a trained model had to say, and whether it counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelNote {
    /// The model's name.
    pub name: String,
    /// Whether the scores are the model's.
    pub counts: bool,
    /// Why, or why not.
    pub reason: String,
    /// How many complete repetitions look like those that it was measured on.
    pub within: usize,
    /// How many complete repetitions.
    pub of: usize,
    /// Area under the ROC curve on athletes left out, 0 to 1, if it was measured for this movement.
    pub auc: Option<f64>,
    /// The same of the definition's limits.
    pub auc_of_limits: Option<f64>,
}

/// One metric over the complete repetitions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricSummary {
    /// Name in snake case.
    pub name: String,
    /// Side, if it has one.
    pub side: Option<Side>,
    /// Phase it was taken in.
    pub phase: Option<String>,
    /// Unit.
    pub unit: Unit,
    /// Mean over the repetitions.
    #[serde(deserialize_with = "missing::number")]
    pub mean: f64,
    /// Standard deviation over the repetitions.
    #[serde(deserialize_with = "missing::number")]
    pub sd: f64,
    /// How many repetitions.
    pub n: usize,
    /// Half width of the 95 % interval of one value, as exactly as the sensor measures it.
    #[serde(default, deserialize_with = "missing::number")]
    pub error: f64,
    /// What that rests on.
    #[serde(default)]
    pub error_source: String,
    /// Standard error of measurement of one value, if it can be stated.
    pub sem: Option<f64>,
    /// Minimal detectable change (95 %) between two values, if it can be stated.
    pub mdc: Option<f64>,
}

/// Something to change: where, when, how much, how sure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Short and in plain words: "The left knee moves inward on the way up".
    pub title: String,
    /// One sentence with the figures.
    pub detail: String,
    /// Part of the body.
    pub part: Part,
    /// Key of the curve that shows it, for the report's picture.
    pub curve: Option<String>,
    /// Side, if it has one.
    pub side: Option<Side>,
    /// Phase of the movement; none for the whole of it.
    pub phase: Option<String>,
    /// In which repetitions (their numbers).
    pub repetitions: Vec<usize>,
    /// Out of how many.
    pub of: usize,
    /// The metric it rests on.
    pub metric: String,
    /// Mean value in those repetitions.
    pub value: f64,
    /// What was expected: the limit, or the reference's mean.
    pub expected: f64,
    /// Half width of the 95 % interval of `value`.
    pub uncertainty: f64,
    /// Unit of the three.
    pub unit: Unit,
    /// 0 to 1: how much it matters (orders the findings).
    pub importance: f64,
    /// How sure.
    pub certainty: Certainty,
    /// Which kind of evidence: `check` (a limit with a source), `reference`, `asymmetry`, `trend`.
    pub evidence: String,
    /// Source of the limit, or what it was compared with.
    pub source: String,
    /// What to say to the athlete (an external focus).
    pub cue: String,
    /// An exercise for it.
    pub drill: String,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Just outside the error of measurement.
    Low,
    /// Clearly outside, in some repetitions or with doubts on the data.
    Moderate,
    /// Clearly outside, in most repetitions, with good data.
    High,
}

/// One curve over the complete repetitions, each normalised to 101 points of its repetition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Name of the curve, without the side.
    pub name: String,
    /// Side.
    pub side: Option<Side>,
    /// Unit.
    pub unit: Unit,
    /// Mean at 0, 1 … 100 % of the repetition, `[101]`.
    #[serde(deserialize_with = "missing::numbers")]
    pub mean: Vec<f64>,
    /// Standard deviation over the repetitions, `[101]`.
    #[serde(deserialize_with = "missing::numbers")]
    pub sd: Vec<f64>,
    /// The reference's mean, `[101]`, if there is a reference.
    pub reference: Option<Vec<Option<f64>>>,
    /// Root mean square difference from the reference over the cycle (movement analysis profile,
    /// Baker et al. 2009).
    pub deviation: Option<f64>,
}
