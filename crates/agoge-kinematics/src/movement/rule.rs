//! The elements of a movement definition.

use crate::Unit;
use crate::gait::{GaitKind, GaitQuantity};
use agoge_motion::{Part, Side};
use serde::{Deserialize, Serialize};

/// The assumed length of a trunk (mid-hip to mid-shoulder), m, for applying limits in metres to a
/// recording without a scale: about 0.29 of a body height of 1.7 m (Winter 2009, segment lengths).
const TRUNK_M: f64 = 0.5;

/// Converts a length or speed of a definition (metres) to the unit of a curve; other quantities are
/// returned unchanged.
pub fn to_curve_unit(value: f64, unit: Unit) -> f64 {
    match unit {
        Unit::Trunk | Unit::TrunkPerSecond => value / TRUNK_M,
        _ => value,
    }
}

/// How the repetitions of a movement are found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepetitionRule {
    /// Whether the movement leaves a rest position and returns, or cycles without rest.
    #[serde(default)]
    pub kind: MovementKind,
    /// Excursions smaller than this share of the set's typical excursion are attempts, 0 to 1.
    #[serde(default = "default_full_share")]
    pub full_share: f64,
    /// Shorter movements are not repetitions, s.
    #[serde(default = "default_min_duration")]
    pub min_duration_s: f64,
    /// Longer repetitions are incomplete, s.
    #[serde(default = "default_max_duration")]
    pub max_duration_s: f64,
    /// Excursions separated by less than this time near rest form one repetition (take-off and
    /// landing of a jump), s.
    #[serde(default)]
    pub join_s: f64,
    /// Curve whose higher peak determines the side of a one-sided repetition, if the driving signal
    /// does not.
    #[serde(default)]
    pub side_by: Option<String>,
    /// Candidates for the driving signal; the first that the recording provides is used.
    #[serde(default, rename = "signal")]
    pub signals: Vec<SignalRule>,
}

fn default_full_share() -> f64 {
    0.4
}

fn default_min_duration() -> f64 {
    0.4
}

fn default_max_duration() -> f64 {
    15.0
}

/// What a repetition counts as in a day's load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountedAs {
    /// A jump; its height is computed from the flight time. Requires an event `apex`.
    Jump,
    /// A throw, serve or pass.
    Throw,
}

/// A screening test for landings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LandingScreen {
    /// The Landing Error Scoring System (Padua 2009), applied to the landing before the event
    /// `apex`.
    Less,
}

/// The kinds of movement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// Away from a rest position and back, as in a squat.
    #[default]
    Excursion,
    /// Cyclic without rest, as in running. A repetition lasts from one low point of the signal to
    /// the next, on each side.
    Cycle,
    /// Walking: a repetition is a stride of one foot, from contact to contact.
    Walk,
    /// Running: as walking, with a flight in each step.
    Run,
}

impl MovementKind {
    /// The gait that it is; `None` if it is no gait.
    pub fn gait(self) -> Option<GaitKind> {
        match self {
            MovementKind::Walk => Some(GaitKind::Walking),
            MovementKind::Run => Some(GaitKind::Running),
            MovementKind::Excursion | MovementKind::Cycle => None,
        }
    }
}

/// A driving signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalRule {
    /// Name of the curve, without the side.
    pub curve: String,
    /// How the two sides are combined into one signal; meaningless for a curve without sides.
    #[serde(default)]
    pub sides: SignalSides,
    /// The direction of the signal when the movement leaves rest.
    #[serde(default)]
    pub direction: SignalDirection,
    /// Smallest excursion of a repetition, degrees or metres.
    pub min_excursion: f64,
}

/// How the curves of the two sides are combined into one signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalSides {
    /// Their mean, or the one that is seen where the other is missing.
    #[default]
    Both,
    /// Separately: a repetition belongs to the side that moves more, or to both if they move alike.
    Either,
    /// The left only.
    Left,
    /// The right only.
    Right,
    /// The larger of the two at each instant.
    Max,
}

/// The direction of a driving signal when the movement leaves rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalDirection {
    /// Up: the rest value is low.
    #[default]
    Rises,
    /// Down: the rest value is high.
    Falls,
    /// Away from the values at the ends of the recording (sit to stand may begin on the chair or on
    /// the feet).
    Auto,
}

/// A rule that finds an instant inside a repetition from a signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventRule {
    /// Name in snake case.
    pub name: String,
    /// The rule.
    pub at: EventCriterion,
    /// The curve; by default the driving signal, oriented so that it rises from rest.
    #[serde(default)]
    pub curve: Option<String>,
    /// Side of the curve.
    #[serde(default)]
    pub sides: MetricSides,
    /// Level of `rises_through` and `falls_through`, in the unit of the curve (degrees, metres).
    #[serde(default)]
    pub value: Option<f64>,
    /// The same level as a share of the signal's range between `from` and `to`, 0 to 1.
    #[serde(default)]
    pub share: Option<f64>,
    /// Event at which the search starts.
    #[serde(default = "start_event")]
    pub from: String,
    /// Event at which the search ends.
    #[serde(default = "end_event")]
    pub to: String,
}

fn start_event() -> String {
    "start".to_owned()
}

fn end_event() -> String {
    "end".to_owned()
}

/// The kinds of event rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventCriterion {
    /// Where the signal is highest.
    Maximum,
    /// Where the signal is lowest.
    Minimum,
    /// The first time the signal rises to a level.
    RisesThrough,
    /// The last time the signal falls below a level.
    FallsThrough,
    /// Where the signal rises fastest.
    FastestRise,
    /// Where the signal falls fastest.
    FastestFall,
}

/// The rule for a phase: a stretch of a repetition between two events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseRule {
    /// Name in snake case.
    pub name: String,
    /// Event at which it begins.
    pub from: String,
    /// Event at which it ends.
    pub to: String,
}

/// The rule for a metric: a value measured in each repetition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricRule {
    /// Name in snake case.
    pub name: String,
    /// The curve; optional only for `duration` and `time_to` an event.
    #[serde(default)]
    pub curve: Option<String>,
    /// The side or sides to measure.
    #[serde(default)]
    pub side: MetricSides,
    /// The statistic to compute.
    pub statistic: Statistic,
    /// The statistic that `asymmetry` and `difference` compare between the sides.
    #[serde(default)]
    pub of: Option<Statistic>,
    /// The second, more distal curve of `relative_phase` and `peak_gap`.
    #[serde(default)]
    pub with: Option<String>,
    /// The event of `value_at` and `time_to`.
    #[serde(default)]
    pub event: Option<String>,
    /// The phase to measure in; by default the whole repetition.
    #[serde(default)]
    pub phase: Option<String>,
    /// Only frames in which another curve stays at or below a value are measured.
    #[serde(default, rename = "while", skip_serializing_if = "Option::is_none")]
    pub frames: Option<FrameCondition>,
    /// Lowest and highest value that a body can reach, in the metric's unit (lengths in metres);
    /// a value outside it means that the recording is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub possible: Option<[f64; 2]>,
}

/// A condition that a frame must meet to be measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameCondition {
    /// Name of the curve, without the side; on the side of the metric if it has sides.
    pub curve: String,
    /// Highest value, in the unit of the curve (degrees, metres).
    pub at_most: f64,
}

/// The side or sides that a metric is measured on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricSides {
    /// Left and right separately.
    #[default]
    Each,
    /// The mean of both curves.
    Both,
    /// The left.
    Left,
    /// The right.
    Right,
    /// The side that performs the repetition (each, if it has no side).
    Working,
    /// The opposite side (each, if the repetition has no side).
    Other,
}

/// The statistics of a curve in a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Highest value.
    Max,
    /// Lowest value.
    Min,
    /// Highest minus lowest.
    Range,
    /// Mean over time.
    Mean,
    /// Standard deviation over time.
    Sd,
    /// Highest value minus the value at the start of the repetition.
    Rise,
    /// Value at the start of the repetition minus the lowest value.
    Fall,
    /// Largest absolute deviation from the value at the start of the repetition.
    Drift,
    /// Value that is exceeded during 30 % of the phase; frames without a value do not exceed it.
    /// Missing if fewer than half of the frames have a value.
    Sustained,
    /// Value at an event.
    ValueAt,
    /// Duration of the phase, s.
    Duration,
    /// Time from the start of the phase to an event, or to the curve's maximum, s.
    TimeTo,
    /// Highest absolute rate of change, in the curve's unit per second.
    PeakVelocity,
    /// Spectral arc length of the rate of change: 0 to −∞, nearer to zero is smoother
    /// (Balasubramanian 2012).
    Sparc,
    /// Log dimensionless jerk of the rate of change; higher is smoother (Balasubramanian 2015).
    Ldlj,
    /// Irregularity of the curve: 0 is regular (sample entropy, Richman & Moorman 2000).
    SampleEntropy,
    /// Mean absolute relative phase between the curve and a more distal one, from 0° in phase to
    /// 180° in anti-phase (Lamb & Stöckl 2014).
    RelativePhase,
    /// Time from the peak rate of change of the curve to that of a more distal one, s: positive if
    /// proximal peaks before distal (Putnam 1993).
    PeakGap,
    /// (right − left) / (right + left) of another statistic, % (Bishop 2018).
    Asymmetry,
    /// Right minus left of another statistic, in its unit.
    Difference,
    /// A quantity of a stride; the metric's name says which ([`GaitQuantity`]).
    Gait,
}

impl MetricRule {
    /// The quantity of a stride that it measures; `None` if it measures something else.
    pub fn gait_quantity(&self) -> Option<GaitQuantity> {
        GaitQuantity::from_name(&self.name).filter(|_| self.statistic == Statistic::Gait)
    }
}

impl Statistic {
    /// Whether it compares the two sides.
    pub fn is_between_sides(self) -> bool {
        matches!(self, Statistic::Asymmetry | Statistic::Difference)
    }

    /// Whether it compares two curves.
    pub fn is_between_curves(self) -> bool {
        matches!(self, Statistic::RelativePhase | Statistic::PeakGap)
    }
}

/// A limit on a metric, and the feedback to give when it is exceeded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRule {
    /// Name of the metric.
    pub metric: String,
    /// Fails above this value.
    #[serde(default)]
    pub above: Option<f64>,
    /// Fails below this value.
    #[serde(default)]
    pub below: Option<f64>,
    /// Fails outside these two values.
    #[serde(default)]
    pub outside: Option<[f64; 2]>,
    /// Importance among the checks of this movement, 0 to 1.
    pub importance: f64,
    /// Body part without its side, as in `knee`, or `pelvis`.
    pub part: String,
    /// The finding in plain words; `{side}` becomes left or right.
    pub title: String,
    /// The cue for the athlete, with an external focus (Wulf 2010).
    pub cue: String,
    /// A corrective exercise.
    pub drill: String,
    /// The source of the limit.
    pub source: String,
    /// The strength of evidence for the limit.
    pub strength: EvidenceStrength,
    /// The usual range of healthy people who do the movement well, from the literature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<UsualRange>,
}

/// The usual range of a metric, measured with markers or given by the literature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsualRange {
    /// Lowest usual value, in the metric's unit (lengths in metres).
    pub low: f64,
    /// Highest usual value.
    pub high: f64,
    /// Number of people.
    pub people: usize,
    /// "Author year", and who the people were.
    pub source: String,
}

/// The strength of evidence for a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceStrength {
    /// One author's or Agoge's own opinion.
    Opinion,
    /// Coaching convention, not tested.
    Convention,
    /// Few studies, or contradictory ones.
    Limited,
    /// Several studies that agree on the metric, but not on the limit.
    Moderate,
    /// Part of the definition of the movement.
    Definition,
    /// The range of a population that was measured.
    Normative,
    /// Tested: the limit tells people apart who differ in performance or injury.
    Tested,
}

impl EvidenceStrength {
    /// Whether a finding may be called highly certain by a limit of this strength alone. What
    /// nobody tested may not, however far it is exceeded.
    pub fn allows_high_certainty(self) -> bool {
        matches!(self, EvidenceStrength::Normative | EvidenceStrength::Tested)
    }
}

/// The range that a check allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CheckLimit {
    /// Lowest value that passes; −∞ if there is none.
    pub low: f64,
    /// Highest value that passes; ∞ if there is none.
    pub high: f64,
}

impl CheckRule {
    /// The limit in a metric's unit. Definitions give lengths in metres; for recordings without a
    /// scale they are converted to trunk lengths.
    pub fn limit_in_unit(&self, unit: Unit) -> CheckLimit {
        let [low, high] = self.outside.unwrap_or([
            self.below.unwrap_or(f64::NEG_INFINITY),
            self.above.unwrap_or(f64::INFINITY),
        ]);
        CheckLimit { low: to_curve_unit(low, unit), high: to_curve_unit(high, unit) }
    }

    /// The bound that a value exceeds; `None` if it is within the limit or missing.
    pub fn exceeded_bound(&self, value: f64, unit: Unit) -> Option<f64> {
        let CheckLimit { low, high } = self.limit_in_unit(unit);
        if value > high {
            Some(high)
        } else if value < low {
            Some(low)
        } else {
            None
        }
    }

    /// The body part of the check on a side (left by default).
    pub fn body_part(&self, side: Option<Side>) -> Part {
        let sided = |side: Side| Part::from_name(&format!("{}_{}", side.name(), self.part));
        Part::from_name(&self.part)
            .or_else(|| sided(side.unwrap_or(Side::Left)))
            .unwrap_or(Part::Pelvis)
    }

    /// The title with the side filled in. Metrics that compare the sides (`asymmetry`,
    /// `difference`) have no side; their title names the side with the lower value, so a positive
    /// `value` (right above left) names the left.
    pub fn title_for(&self, side: Option<Side>, value: f64) -> String {
        let side = side.unwrap_or(if value > 0.0 { Side::Left } else { Side::Right });
        self.title.replace("{side}", side.name())
    }
}
