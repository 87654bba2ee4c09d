//! The parts of a movement definition.

use crate::Unit;
use agoge_motion::{Part, Side};
use serde::{Deserialize, Serialize};

/// How long a trunk (mid-hip to mid-shoulder) is taken to be, m, when a limit in metres meets a
/// recording without a scale: about
/// 0.29 of body height (Winter 2009, segment lengths), 1.7 m tall.
const TRUNK_M: f64 = 0.5;

/// A length or speed of a definition (metres) in the unit of a curve; angles and everything else
/// stay as they are.
pub fn in_unit(value: f64, unit: Unit) -> f64 {
    match unit {
        Unit::Trunk | Unit::TrunkPerSecond => value / TRUNK_M,
        _ => value,
    }
}

/// What makes a repetition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepetitionRule {
    /// Whether the movement leaves a rest position and comes back, or goes round without rest.
    #[serde(default)]
    pub kind: Kind,
    /// Excursions smaller than this share of the set's typical excursion are attempts, 0 to 1.
    #[serde(default = "full_share")]
    pub full_share: f64,
    /// Shorter movements are no repetitions, s.
    #[serde(default = "shortest")]
    pub min_duration_s: f64,
    /// Longer ones are not complete, s.
    #[serde(default = "longest")]
    pub max_duration_s: f64,
    /// Two excursions with less than this time near rest between them are one repetition (take-off
    /// and landing of a jump), s.
    #[serde(default)]
    pub join_s: f64,
    /// Curve whose higher peak tells the side of a one-sided repetition, when the driving signal
    /// does not.
    #[serde(default)]
    pub side_by: Option<String>,
    /// The driving signal: the first in this list that the recording can give.
    #[serde(default, rename = "signal")]
    pub signals: Vec<SignalRule>,
}

fn full_share() -> f64 {
    0.4
}

fn shortest() -> f64 {
    0.4
}

fn longest() -> f64 {
    15.0
}

/// What is counted in the load of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// A jump; its height follows from the time in the air. The definition has an event `apex`.
    Jump,
    /// A throw, serve or pass.
    Throw,
}

/// A screen of landings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Screen {
    /// The landing error scoring system (Padua 2009), of the landing before the event `apex`.
    Less,
}

/// Kinds of movement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Away from a rest position and back: a squat.
    #[default]
    Excursion,
    /// Round and round: running. A repetition lasts from one low point of the signal to the next,
    /// on each side.
    Cycle,
}

/// A driving signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalRule {
    /// Name of the curve, without the side.
    pub curve: String,
    /// How the two sides make one signal; for a curve without sides it has no meaning.
    #[serde(default)]
    pub sides: Sides,
    /// Where the signal goes when the movement leaves rest.
    #[serde(default)]
    pub direction: Direction,
    /// Smallest excursion of a repetition, in degrees or metres.
    pub min_excursion: f64,
}

/// How the curves of the two sides make one signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sides {
    /// Their mean; one alone where the other is not seen.
    #[default]
    Both,
    /// Each for itself: a repetition belongs to the side that moves more, or to both when they move
    /// alike.
    Either,
    /// The left alone.
    Left,
    /// The right alone.
    Right,
    /// The larger of the two at each instant.
    Max,
}

/// Where a driving signal goes when the movement leaves rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Up: the rest value is low.
    #[default]
    Rises,
    /// Down: the rest value is high.
    Falls,
    /// Away from the values at the ends of the recording (sit to stand may begin on the chair or on
    /// the feet).
    Auto,
}

/// An instant inside a repetition, found by a rule over a signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventRule {
    /// Name in snake case.
    pub name: String,
    /// The rule.
    pub at: At,
    /// Curve; without it the driving signal, turned so that it rises from rest.
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
    /// Event after which to look.
    #[serde(default = "start")]
    pub from: String,
    /// Event before which to look.
    #[serde(default = "end")]
    pub to: String,
}

fn start() -> String {
    "start".to_owned()
}

fn end() -> String {
    "end".to_owned()
}

/// Rules for events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// Where the signal is highest.
    Maximum,
    /// Where it is lowest.
    Minimum,
    /// The first time it comes up to a level.
    RisesThrough,
    /// The last time it goes below a level.
    FallsThrough,
    /// Where it rises fastest.
    FastestRise,
    /// Where it falls fastest.
    FastestFall,
}

/// A stretch of a repetition.
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

/// A measure taken in each repetition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricRule {
    /// Name in snake case.
    pub name: String,
    /// Curve; only `duration` and `time_to` of an event need none.
    #[serde(default)]
    pub curve: Option<String>,
    /// Which side.
    #[serde(default)]
    pub side: MetricSides,
    /// What is computed.
    pub statistic: Statistic,
    /// What `asymmetry` and `difference` compare between the sides.
    #[serde(default)]
    pub of: Option<Statistic>,
    /// The second, more distal curve of `relative_phase` and `peak_gap`.
    #[serde(default)]
    pub with: Option<String>,
    /// Event of `value_at` and `time_to`.
    #[serde(default)]
    pub event: Option<String>,
    /// Phase in which it is taken; none for the whole repetition.
    #[serde(default)]
    pub phase: Option<String>,
}

/// Which side a measure is taken of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricSides {
    /// Left and right for themselves.
    #[default]
    Each,
    /// The mean of both curves.
    Both,
    /// The left.
    Left,
    /// The right.
    Right,
    /// The side that does the repetition (each, when it has no side).
    Working,
    /// The other one (each, when the repetition has no side).
    Other,
}

/// What is computed of a curve in a phase.
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
    /// Largest distance from the value at the start of the repetition, either way.
    Drift,
    /// Value at an event.
    ValueAt,
    /// How long the phase lasts, s.
    Duration,
    /// From the start of the phase to an event, or to the curve's maximum, s.
    TimeTo,
    /// Highest speed of change, either way, unit of the curve a second.
    PeakVelocity,
    /// Spectral arc length of the speed of change: 0 to −∞, nearer to zero is smoother
    /// (Balasubramanian 2012).
    Sparc,
    /// Log dimensionless jerk of the speed of change, higher is smoother (Balasubramanian 2015).
    Ldlj,
    /// How irregular the curve is: 0 is regular (sample entropy, Richman & Moorman 2000).
    SampleEntropy,
    /// Mean absolute relative phase of the curve and a more distal one: 0° in phase to 180° in
    /// anti-phase (Lamb & Stöckl 2014).
    RelativePhase,
    /// From the highest speed of the curve to that of a more distal one, s: positive where proximal
    /// comes before distal (Putnam 1993).
    PeakGap,
    /// (right − left) / (right + left) of another statistic, % (Bishop 2018).
    Asymmetry,
    /// Right minus left of another statistic, in its unit.
    Difference,
}

impl Statistic {
    /// Whether it compares the two sides.
    pub fn is_between_sides(self) -> bool {
        matches!(self, Statistic::Asymmetry | Statistic::Difference)
    }

    /// Whether it is taken of two curves.
    pub fn is_between_curves(self) -> bool {
        matches!(self, Statistic::RelativePhase | Statistic::PeakGap)
    }
}

/// A limit on a metric, and what to say when it is passed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRule {
    /// The metric.
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
    /// How much it matters among the checks of this movement, 0 to 1.
    pub importance: f64,
    /// Body part without its side, as in `knee`, or `pelvis`.
    pub part: String,
    /// The finding in plain words; `{side}` becomes left or right.
    pub title: String,
    /// What to say to the athlete: an external focus (Wulf 2010).
    pub cue: String,
    /// An exercise for it.
    pub drill: String,
    /// Where the limit comes from.
    pub source: String,
    /// What the limit rests on.
    pub strength: Strength,
}

/// What a limit rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// What coaches usually ask for; not tested.
    Convention,
    /// Studies that contradict each other, or few.
    Limited,
    /// Several studies that agree on the measure, not on the limit.
    Moderate,
    /// It belongs to the definition of the movement.
    Definition,
}

/// What a check asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Lowest value that passes; −∞ if there is none.
    pub low: f64,
    /// Highest value that passes; ∞ if there is none.
    pub high: f64,
}

impl CheckRule {
    /// The limit in the unit of a metric (lengths of a definition are metres; without a scale they
    /// become trunk lengths).
    pub fn limit(&self, unit: Unit) -> Limit {
        let [low, high] = self.outside.unwrap_or([
            self.below.unwrap_or(f64::NEG_INFINITY),
            self.above.unwrap_or(f64::INFINITY),
        ]);
        Limit { low: in_unit(low, unit), high: in_unit(high, unit) }
    }

    /// The bound that a value passes, or none if it keeps the limit or is missing.
    pub fn passed_bound(&self, value: f64, unit: Unit) -> Option<f64> {
        let Limit { low, high } = self.limit(unit);
        if value > high {
            Some(high)
        } else if value < low {
            Some(low)
        } else {
            None
        }
    }

    /// The part of the body on a side.
    pub fn part(&self, side: Option<Side>) -> Part {
        let sided = |side: Side| Part::from_name(&format!("{}_{}", side.name(), self.part));
        Part::from_name(&self.part)
            .or_else(|| sided(side.unwrap_or(Side::Left)))
            .unwrap_or(Part::Pelvis)
    }

    /// The title with its side. Between the sides (`asymmetry`, `difference`: no side of their own)
    /// it names the side with the lower value: a positive `value` (right above left) names the
    /// left.
    pub fn title(&self, side: Option<Side>, value: f64) -> String {
        let side = side.unwrap_or(if value > 0.0 { Side::Left } else { Side::Right });
        self.title.replace("{side}", side.name())
    }
}
