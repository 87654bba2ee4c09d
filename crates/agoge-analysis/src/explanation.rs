//! [`Explanation`]: why a set scores as it does, as it stands in `analysis.json`.

use agoge_kinematics::coordination::CouplingPattern;
use agoge_motion::{Part, Side};
use serde::{Deserialize, Serialize};

/// A joint in a phase (`None`: in the whole repetition).
pub type JointPhase = (Part, Option<String>);

/// Why a set scores as it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Description of the reference.
    pub reference: String,
    /// Scoring method that the gains refer to.
    pub method: String,
    /// What to change first, most rewarding first; at most three, without gains that the gate
    /// withholds.
    pub changes: Vec<SuggestedChange>,
    /// Every joint and phase that was compared, including those within the measurement error.
    pub differences: Vec<JointDifference>,
    /// Durations of the phases compared with the reference's.
    pub timing: Vec<PhaseTiming>,
    /// Sub-scores against a squad; empty against a single athlete.
    pub aspects: Vec<Aspect>,
    /// Joints that move together differently than in the reference.
    pub links: Vec<JointLink>,
    /// Whether the explanation stands.
    pub gate: ExplanationGate,
}

/// A change to make, and what it would gain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuggestedChange {
    /// Joint; `chest` stands for the trunk, `neck` for the head.
    pub joint: Part,
    /// Joints changed along with it, so that the foot stays where it stands.
    pub with: Vec<Part>,
    /// Phase; `None` for the whole repetition.
    pub phase: Option<String>,
    /// Numbers of the affected repetitions.
    pub repetitions: Vec<usize>,
    /// How the joint differs there, if the reference shows it.
    pub difference: Option<JointDifference>,
    /// How the phase differs in time, if that is what to change; the joint is then the pelvis, for
    /// the whole body.
    pub timing: Option<PhaseTiming>,
    /// Points of the score that it would gain, if that could be tried.
    pub gain: Option<Gain>,
    /// The instant of the largest difference, and the body as it would be then; `None` if there is
    /// no difference to show.
    pub pictured: Option<PicturedChange>,
    /// Title of the matching finding, or empty.
    pub title: String,
    /// Cue for the athlete, or empty.
    pub cue: String,
    /// Exercise for it, or empty.
    pub drill: String,
}

impl SuggestedChange {
    /// The joints that it changes, with their phase.
    pub fn joint_phases(&self) -> Vec<JointPhase> {
        [self.joint].iter().chain(&self.with).map(|joint| (*joint, self.phase.clone())).collect()
    }
}

/// The athlete at one instant, and as the body would be with a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PicturedChange {
    /// Frame number.
    pub frame: usize,
    /// Directions in which the athlete faces, and of the athlete's right, at that frame: x and z on
    /// the ground plane.
    pub look: [[f64; 2]; 2],
    /// Position of each body part after the change, in the recording's unit, in the order of
    /// [`Part::ALL`]; `None` for an unseen part.
    pub mended: Vec<Option<[f64; 3]>>,
}

/// An aspect of a movement that is scored against a squad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AspectKind {
    /// How far the joints move.
    Range,
    /// How long the phases take.
    Timing,
    /// How smooth the movement is.
    Smoothness,
    /// How alike the sides are.
    Symmetry,
    /// How still the trunk is.
    Stability,
    /// Which way the joints take.
    Path,
}

impl AspectKind {
    /// Every aspect, in the order used everywhere.
    pub const ALL: [AspectKind; 6] = [
        AspectKind::Range,
        AspectKind::Timing,
        AspectKind::Smoothness,
        AspectKind::Symmetry,
        AspectKind::Stability,
        AspectKind::Path,
    ];

    /// Name, as written to `analysis.json`.
    pub fn name(self) -> &'static str {
        match self {
            AspectKind::Range => "range",
            AspectKind::Timing => "timing",
            AspectKind::Smoothness => "smoothness",
            AspectKind::Symmetry => "symmetry",
            AspectKind::Stability => "stability",
            AspectKind::Path => "path",
        }
    }
}

/// Score of one aspect of a set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aspect {
    /// Which aspect.
    pub name: AspectKind,
    /// Share of the squad's repetitions that are worse, 0 to 100 (50 is usual), assuming a normal
    /// distribution; mean over the repetitions.
    pub percentile: f64,
    /// Lower end of its 90 % interval, from the scatter of the repetitions.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Points of the score that a change would gain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// Mean over the repetitions, points of 100.
    pub value: f64,
    /// Lower end of its 90 % interval, from the scatter of the repetitions.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How a joint differs from the reference's in a phase, at the point where it differs most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JointDifference {
    /// The joint.
    pub joint: Part,
    /// Phase; `None` if the movement has none.
    pub phase: Option<String>,
    /// Position within the phase, 0 to 1.
    pub at: f64,
    /// Angle between the mean directions of the joint's segment, degrees.
    pub angle_deg: f64,
    /// The difference in multiples of its uncertainty; it counts above 1.5.
    pub clearness: f64,
    /// Whether it lies within the measurement error (or the spread of the squad) and is therefore
    /// no finding.
    pub within_error: bool,
    /// Numbers of the repetitions that differ this much.
    pub repetitions: Vec<usize>,
    /// The joint angle that shows the difference best, if one does.
    pub curve: Option<CurveDifference>,
}

/// A difference expressed as one joint angle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveDifference {
    /// Name of the curve, without the side.
    pub name: String,
    /// Side.
    pub side: Option<Side>,
    /// Mean of the athlete's repetitions, degrees.
    pub value: f64,
    /// Mean of the reference, degrees.
    pub expected: f64,
    /// Standard deviation of the athlete's repetitions, degrees; `None` for a single one.
    pub sd: Option<f64>,
    /// Minimal detectable change (95 %) between two of the athlete's repetitions, degrees, if it
    /// can be stated.
    pub mdc: Option<f64>,
}

/// Duration and smoothness of a phase compared with the reference's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseTiming {
    /// Phase; `None` if the movement has none.
    pub phase: Option<String>,
    /// Mean duration of the athlete's repetitions, ms.
    pub value_ms: f64,
    /// Mean duration of the reference, ms.
    pub expected_ms: f64,
    /// Standard deviation of the athlete's repetitions, ms; `None` for a single one.
    pub sd_ms: Option<f64>,
    /// Minimal detectable change (95 %), ms, if it can be stated.
    pub mdc_ms: Option<f64>,
    /// How far the athlete is ahead of the reference within the phase (behind if negative), in ms
    /// of the reference's clock. By reference attention, with differences in the phases' durations
    /// removed.
    #[serde(deserialize_with = "agoge_kinematics::missing::number_or_nan")]
    pub ahead_ms: f64,
    /// Smoothness of the whole body in the phase, SPARC: mean of the athlete's repetitions; lower
    /// is jerkier.
    pub smoothness: Option<f64>,
    /// Mean smoothness of the reference.
    pub expected_smoothness: Option<f64>,
    /// Whether the durations differ by no more than the measurement error.
    pub within_error: bool,
    /// Set if the phase is clearly hurried, dragged or jerkier than the reference's: reason enough
    /// for a change.
    pub clear: Option<PaceFault>,
    /// Numbers of the repetitions where `clear` applies.
    pub repetitions: Vec<usize>,
}

/// What is wrong with the timing of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaceFault {
    /// It is over too soon.
    Hurried,
    /// It takes too long.
    Dragged,
    /// It comes in jerks.
    Jerky,
}

/// Whether an explanation stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExplanationGate {
    /// Insertion test: joints are corrected one after the other in the order of the changes; mean
    /// gain over the steps, points; `None` if there was nothing to try.
    pub insertion: Option<f64>,
    /// Mean of the same over random orders.
    pub insertion_random: Option<f64>,
    /// Deletion test: everything is corrected, then the athlete's own movement of those joints is
    /// put back; mean loss over the steps, points.
    pub deletion: Option<f64>,
    /// Mean of the same over random orders.
    pub deletion_random: Option<f64>,
    /// Number of random orders tried.
    pub orders: usize,
    /// Share of random orders that did as well by both tests, 0 to 1.
    pub as_good: Option<f64>,
    /// How often this method named a planted fault's joint and phase first, followed by its
    /// controls (docs/results/explanations.md).
    pub planted: Vec<PlantedResult>,
    /// Why the gains are not shown; `None` if they are.
    pub withheld: Option<String>,
}

/// Result of one method on planted faults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlantedResult {
    /// Name of the method.
    pub method: String,
    /// Share of planted faults whose joint and phase it named first, 0 to 1.
    pub hit: f64,
}

/// Two joints that move together differently than in the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JointLink {
    /// The proximal joint and its angle.
    pub proximal: (Part, String),
    /// The distal joint, or the one on the other side, and its angle.
    pub distal: (Part, String),
    /// Mean absolute relative phase (Stergiou 2004) of the athlete's repetitions, degrees: 0 is in
    /// phase, 180 anti-phase.
    pub value_deg: f64,
    /// The same for the reference, degrees.
    pub expected_deg: f64,
    /// Standard deviation of the athlete's repetitions, degrees; `None` for a single one.
    pub sd_deg: Option<f64>,
    /// The pattern that takes up most of the repetition by vector coding (Needham 2014).
    pub pattern: CouplingPattern,
    /// The reference's pattern.
    pub expected_pattern: CouplingPattern,
    /// How much the model's parts attend to each other, relative to even attention (1).
    pub attention: f64,
    /// Point of the repetition where the coupling differs most, 0 to 1.
    pub at: f64,
    /// Proximal and distal angle at every instant of the phases in turn, mean of the athlete's
    /// repetitions, degrees.
    pub path: Vec<[f64; 2]>,
    /// The same for the reference.
    pub expected_path: Vec<[f64; 2]>,
}
