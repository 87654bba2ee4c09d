//! [`Analysis`]: everything known about one recording, as written to `analysis.json`.
//!
//! The schema is versioned ([`ANALYSIS_SCHEMA`]): within a version, fields are added but never
//! renamed or removed.

use crate::{Explanation, Provenance};
use agoge_kinematics::dynamics::GroundForceSource;
use agoge_kinematics::gait::{GaitKind, GaitPlace};
use agoge_kinematics::{
    CameraView, Event, FailedGate, Metric, Phase, RefusedQuantity, Unit, missing,
};
use agoge_motion::condition::{JointQuality, Repair};
use agoge_motion::{Part, RecordingSource, Side, Space};
use serde::{Deserialize, Serialize};

/// Name and version of the schema, the first field of every `analysis.json`.
pub const ANALYSIS_SCHEMA: &str = "agoge.analysis/1";

/// The analysis of one recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Always [`ANALYSIS_SCHEMA`].
    pub schema: String,
    /// Version of Agoge that produced it.
    pub version: String,
    /// What it was made with; `None` in an analysis from a version that did not record it.
    #[serde(default)]
    pub provenance: Option<Provenance>,
    /// The recording that was read.
    pub input: InputSummary,
    /// Quality of the data.
    pub quality: DataQuality,
    /// Everything that was changed in the data before measuring.
    pub repairs: Vec<Repair>,
    /// The movement, and how it was determined.
    pub movement: MovementChoice,
    /// Whether what was done looks like that movement; `None` if its definition has no gate or
    /// nothing was found to hold against it.
    #[serde(default)]
    pub resemblance: Option<Resemblance>,
    /// Every repetition and attempt, in order of time.
    pub repetitions: Vec<RepetitionReport>,
    /// Each metric summarised over the complete repetitions.
    pub metrics: Vec<MetricSummary>,
    /// Score of the set; `None` when no scorer knows this movement or there is nothing to score.
    pub score: Option<Score>,
    /// The trained model's part in the score; `None` without a model or anything for it to read.
    #[serde(default)]
    pub model: Option<ModelNote>,
    /// What to change first, most important first. At most three are presented that way.
    pub findings: Vec<Finding>,
    /// Explanation against a reference; `None` if not requested or there is nothing to compare
    /// with.
    #[serde(default)]
    pub explanation: Option<Explanation>,
    /// Curves over the repetitions.
    pub bands: Vec<Band>,
    /// Jumps measured by flight time, for movements that count as jumps.
    #[serde(default)]
    pub jumps: Vec<JumpReport>,
    /// Landing screen, for movements that are scored by one.
    #[serde(default)]
    pub landing: Option<LandingReport>,
    /// Net moments in the leg joints; `None` without a body mass and ground forces.
    #[serde(default)]
    pub moments: Option<MomentReport>,
    /// Walking or running, for movements that are a gait; `None` if no strides were found, for
    /// which `refused` gives the reason.
    #[serde(default)]
    pub gait: Option<GaitReport>,
    /// What this recording cannot tell, and why.
    pub refused: Vec<RefusedQuantity>,
}

/// Walking or running: which it is, and its quantities for each foot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaitReport {
    /// Walking or running, by the strides themselves.
    pub kind: GaitKind,
    /// How certain that is, 0 to 1.
    pub certainty: f64,
    /// What it rests on: `duty factor 0.38; 166 steps a minute`.
    pub reason: String,
    /// Says plainly that the movement that was named is the other gait; `None` if it is not.
    pub mismatch: Option<String>,
    /// Where it took place.
    pub place: GaitPlace,
    /// How contacts and toe-offs were found.
    pub method: String,
    /// Number of strides of the left and of the right foot.
    pub strides: [usize; 2],
    /// The quantities, each of one foot, or of both together if it has no side.
    pub values: Vec<GaitValue>,
    /// What is usual, for comparison; nothing is judged by it.
    pub norms: Vec<GaitNorm>,
}

/// A quantity over the strides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaitValue {
    /// Name in snake case.
    pub name: String,
    /// The foot; `None` for both together.
    pub side: Option<Side>,
    /// Mean over the strides.
    #[serde(deserialize_with = "missing::number_or_nan")]
    pub mean: f64,
    /// Standard deviation over the strides.
    #[serde(deserialize_with = "missing::number_or_nan")]
    pub sd: f64,
    /// Unit.
    pub unit: Unit,
    /// Number of strides.
    pub n: usize,
    /// Half width of the 95 % interval of one value, by frame rate and method.
    #[serde(deserialize_with = "missing::number_or_nan")]
    pub error: f64,
    /// What the error rests on.
    pub error_source: String,
}

/// What is usual of a quantity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaitNorm {
    /// Name of the quantity.
    pub name: String,
    /// Unit of `low` and `high`.
    pub unit: Unit,
    /// Lower end of what is usual.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Whose values these are.
    pub people: String,
    /// Source.
    pub source: String,
    /// How certain it is: never high for a source that was not read again.
    pub certainty: Certainty,
}

/// A jump measured by its flight time. The errors combine the position error and half a frame at
/// each end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JumpReport {
    /// Number of the repetition.
    pub repetition: usize,
    /// Height, m: g·t²/8 (Bosco, Luhtanen & Komi 1983).
    pub height_m: f64,
    /// Error of the height, m.
    pub height_error_m: f64,
    /// Reactive strength index, m/s: height divided by the ground contact time before the jump
    /// (Young 1995); `None` without a drop.
    pub reactive_strength: Option<f64>,
    /// Error of the reactive strength index, m/s.
    pub reactive_strength_error: Option<f64>,
}

/// A landing screen: its items and their sum. The sum is an interval, because an unseen item may
/// have any score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LandingReport {
    /// Name of the screen.
    pub screen: String,
    /// Numbers of the repetitions whose landings were scored.
    pub repetitions: Vec<usize>,
    /// Every item, seen or not.
    pub items: Vec<LandingItem>,
    /// Sum if every unseen item were without fault.
    pub least: u32,
    /// Sum if every unseen item had its maximum points.
    pub most: u32,
    /// Number of unseen items.
    pub unseen: usize,
}

/// One item of a screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LandingItem {
    /// Its number in the publication.
    pub number: u8,
    /// The fault that the points stand for.
    pub item: String,
    /// Points; `None` if it cannot be seen from this view or in this recording.
    pub points: Option<u8>,
    /// Maximum points.
    pub most: u8,
    /// Confidence of a measured item, 0 to 1: how well the legs were seen, and how far the value
    /// was from the limit.
    pub confidence: Option<f64>,
    /// Who scored it.
    pub by: ItemScorer,
}

/// Who scored an item of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemScorer {
    /// It was measured in the recording.
    Measured,
    /// The coach.
    Coach,
    /// Nobody: it cannot be seen.
    Unseen,
}

/// Net moments in the leg joints, by inverse dynamics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MomentReport {
    /// Source of the ground forces.
    pub forces: GroundForceSource,
    /// Body mass of the athlete, kg.
    pub mass_kg: f64,
    /// Limitations of the figures, in sentences.
    pub limits: Vec<String>,
    /// The largest moments, one entry per repetition, side and joint.
    pub peaks: Vec<MomentPeak>,
}

/// The largest moments in a joint. Flexion and dorsiflexion are positive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MomentPeak {
    /// Number of the repetition; `None` for the whole recording.
    pub repetition: Option<usize>,
    /// `ankle`, `knee`, `hip`.
    pub joint: String,
    /// Side.
    pub side: Side,
    /// Largest flexing moment, N·m; negative if the joint is extended throughout.
    pub flexion_nm: f64,
    /// Largest extending moment, N·m: the minimum value.
    pub extension_nm: f64,
    /// `flexion_nm` per body mass, N·m/kg.
    pub flexion_nm_kg: f64,
    /// `extension_nm` per body mass, N·m/kg.
    pub extension_nm_kg: f64,
    /// Error of both moments, N·m.
    pub error_nm: f64,
    /// Share of the frames in which the moment is known, 0 to 1.
    pub known: f64,
}

/// The recording that was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputSummary {
    /// Name, format, the reader's notes, and whether it is simulated.
    pub source: RecordingSource,
    /// Name of the source's skeleton.
    pub skeleton: String,
    /// Coordinate space of the positions.
    pub space: Space,
    /// Camera view for two-dimensional input.
    pub view: CameraView,
    /// How certain the view is, 0 to 1; `None` in an analysis from a version that did not record
    /// it.
    #[serde(default)]
    pub view_certainty: Option<f64>,
    /// Number of frames.
    pub frames: usize,
    /// Frame rate, Hz.
    #[serde(deserialize_with = "missing::number_or_nan")]
    pub rate_hz: f64,
    /// Duration, s.
    pub duration_s: f64,
    /// Body height used for scaling, m, if given.
    pub height_m: Option<f64>,
    /// Body parts derived from other parts, each with its origin.
    pub invented: Vec<String>,
}

/// Quality of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataQuality {
    /// Overall verdict.
    pub verdict: DataVerdict,
    /// Reasons for the verdict, in one or two sentences.
    pub reasons: Vec<String>,
    /// Share of joint positions that were seen before any repair, 0 to 1.
    pub seen: f64,
    /// Quality of each joint of the source.
    pub joints: Vec<JointQuality>,
    /// Stretches where most of the body was missing, as frames `[first, last]`.
    pub bad_frames: Vec<[usize; 2]>,
    /// Stretches in which left and right were exchanged and put back, as frames `[first, last]`;
    /// empty in analyses of older versions.
    #[serde(default)]
    pub exchanged_frames: Vec<[usize; 2]>,
    /// Stretches in which it is not certain which side is left, and which were left as they are, as
    /// frames `[first, last]`; empty in analyses of older versions.
    #[serde(default)]
    pub doubtful_frames: Vec<[usize; 2]>,
}

/// Verdict on the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataVerdict {
    /// Findings can be trusted within their intervals.
    Good,
    /// Findings hold, subject to the stated doubts.
    Usable,
    /// Too little was seen for findings.
    Poor,
}

/// The movement that was analysed, and how it was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MovementChoice {
    /// Name of the definition (`squat`); `unknown` if none fits.
    pub name: String,
    /// Display title ("Squat").
    pub title: String,
    /// How it was chosen.
    pub how: MovementOrigin,
    /// Certainty, 0 to 1; 1 when given.
    pub certainty: f64,
    /// The next best movements with their certainty.
    pub others: Vec<(String, f64)>,
}

/// How a movement was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementOrigin {
    /// The user named it.
    Given,
    /// The model recognised it.
    Recognised,
    /// Nobody knows it.
    Unknown,
}

/// Whether what was done looks like the movement it was analysed as, by the must-features of its
/// definition ([`agoge_kinematics::gate`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resemblance {
    /// The verdict.
    pub verdict: ResemblanceVerdict,
    /// Number of repetitions that pass.
    pub passed: usize,
    /// Number of repetitions that the driving signal found.
    pub of: usize,
    /// The features that do not hold, the most frequent first.
    pub failed: Vec<FailedFeature>,
    /// Movements whose must-features hold, the one whose driver moves most first; at most three,
    /// and only where the verdict is not `alike`.
    pub looks_like: Vec<MovementSuggestion>,
}

/// The verdict of a gate on a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResemblanceVerdict {
    /// Most repetitions pass: it is the movement.
    Alike,
    /// At most half of them pass: it is not, and nothing is scored or judged.
    Unlike,
    /// At most half of them pass, but the name was to be trusted: all of them are judged.
    Trusted,
}

/// A must-feature that does not hold in some repetitions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailedFeature {
    /// The rule, with the value of the repetition that misses it most typically (the median).
    #[serde(flatten)]
    pub rule: FailedGate,
    /// Numbers of the repetitions.
    pub repetitions: Vec<usize>,
}

/// A movement that a recording looks like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MovementSuggestion {
    /// Name of the definition.
    pub name: String,
    /// Display title.
    pub title: String,
    /// Number of repetitions that pass its gate.
    pub passed: usize,
    /// Number of repetitions that its driving signal finds.
    pub of: usize,
}

/// One repetition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepetitionReport {
    /// 1, 2, 3 …
    pub number: usize,
    /// Side that performed it, for one-sided movements.
    pub side: Option<Side>,
    /// False for an attempt that was not completed, and for what is not this movement.
    pub complete: bool,
    /// The must-features of the movement that it lacks: if there are any, it is not this movement
    /// and is not judged, unless the name was to be trusted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlike: Vec<FailedGate>,
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
    /// Measured metrics.
    pub metrics: Vec<Metric>,
    /// Score, if there is a scorer.
    pub score: Option<Score>,
    /// Whether its pose data are good enough.
    pub qa_pose: bool,
    /// Whether its measured values are humanly possible.
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
    /// Scoring method: a model's name, or `limits of the movement definition`.
    pub method: String,
}

/// What a trained model contributed, and whether it counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelNote {
    /// The model's name.
    pub name: String,
    /// Whether the scores are the model's.
    pub counts: bool,
    /// Why it counts, or why not.
    pub reason: String,
    /// Number of complete repetitions similar to those the model was measured on.
    pub within: usize,
    /// Total number of complete repetitions.
    pub of: usize,
    /// Area under the ROC curve on held-out athletes, 0 to 1, if measured for this movement.
    pub auc: Option<f64>,
    /// The same for the definition's limits.
    pub auc_of_limits: Option<f64>,
}

/// One metric over the complete repetitions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricSummary {
    /// Name in snake case.
    pub name: String,
    /// Side, if it has one.
    pub side: Option<Side>,
    /// Phase in which it was measured.
    pub phase: Option<String>,
    /// Unit.
    pub unit: Unit,
    /// Mean over the repetitions.
    #[serde(deserialize_with = "missing::number_or_nan")]
    pub mean: f64,
    /// Standard deviation over the repetitions.
    #[serde(deserialize_with = "missing::number_or_nan")]
    pub sd: f64,
    /// Number of repetitions.
    pub n: usize,
    /// Half width of the 95 % interval of one value, given the sensor's precision.
    #[serde(default, deserialize_with = "missing::number_or_nan")]
    pub error: f64,
    /// Evidence behind `error`.
    #[serde(default)]
    pub error_source: String,
    /// Standard error of measurement of one value, if it can be stated.
    pub sem: Option<f64>,
    /// Minimal detectable change (95 %) between two values, if it can be stated.
    pub mdc: Option<f64>,
}

/// Something to change: where, when, by how much, how certain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Short title in plain words: "The left knee moves inward on the way up".
    pub title: String,
    /// One sentence with the numbers.
    pub detail: String,
    /// Body part concerned.
    pub part: Part,
    /// Key of the curve that shows it, for the report's figure.
    pub curve: Option<String>,
    /// Side, if it has one.
    pub side: Option<Side>,
    /// Phase of the movement; `None` for the whole repetition.
    pub phase: Option<String>,
    /// Numbers of the affected repetitions.
    pub repetitions: Vec<usize>,
    /// Number of repetitions that were checked.
    pub of: usize,
    /// Metric that it rests on.
    pub metric: String,
    /// Mean value in those repetitions.
    pub value: f64,
    /// Expected value: the limit, or the reference's mean.
    pub expected: f64,
    /// Half width of the 95 % interval of `value`.
    pub uncertainty: f64,
    /// Unit of `value`, `expected` and `uncertainty`.
    pub unit: Unit,
    /// Importance, 0 to 1; orders the findings.
    pub importance: f64,
    /// Certainty.
    pub certainty: Certainty,
    /// Kind of evidence.
    pub evidence: FindingEvidence,
    /// Source of the limit, or what the value was compared with.
    pub source: String,
    /// Cue for the athlete (with an external focus).
    pub cue: String,
    /// Exercise that addresses it.
    pub drill: String,
}

/// What a finding rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingEvidence {
    /// A limit with a source is exceeded.
    Check,
    /// The reference moves differently.
    Reference,
    /// The sides differ.
    Asymmetry,
    /// The repetitions drift over the set.
    Trend,
}

/// How certain a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Just outside the measurement error.
    Low,
    /// Clearly outside, in some repetitions or with doubts about the data.
    Moderate,
    /// Clearly outside, in most repetitions, with good data.
    High,
}

/// One curve over the complete repetitions, each time-normalised to 101 points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Name of the curve, without the side.
    pub name: String,
    /// Side.
    pub side: Option<Side>,
    /// Unit.
    pub unit: Unit,
    /// Mean at 0, 1 … 100 % of the repetition, `[101]`.
    #[serde(deserialize_with = "missing::numbers_or_nan")]
    pub mean: Vec<f64>,
    /// Standard deviation over the repetitions, `[101]`.
    #[serde(deserialize_with = "missing::numbers_or_nan")]
    pub sd: Vec<f64>,
    /// Mean of the reference, `[101]`, if there is one.
    pub reference: Option<Vec<Option<f64>>>,
    /// Root mean square difference from the reference over the cycle (movement analysis profile,
    /// Baker et al. 2009).
    pub deviation: Option<f64>,
}
