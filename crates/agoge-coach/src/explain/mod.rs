//! Why: where an athlete's repetitions differ from a reference, what the score would gain if one
//! joint moved as the reference's does in one phase, and whether that explanation holds against
//! controls. What fails its controls is withheld, and said so.

mod aspects;
mod counterfactual;
mod difference;
mod evidence;
mod links;
mod norm;

pub use aspects::{ASPECTS, Aspect};
pub use counterfactual::{Gain, mended};
pub use difference::{CurveDifference, Difference, Pace, Timing, differences};
pub use evidence::{Control, Gate};
pub use links::Link;
pub use norm::{Cycle, CyclePhase, Norm, POINTS, PhaseNorm, SCHEMA as NORM_SCHEMA, Set, joint_of};

use crate::analysis::Finding;
use crate::{Precision, score};
use agoge_kinematics::{Movement, Repetition, Unit};
use agoge_motion::{Part, Recording};
use counterfactual::Counterfactual;
use serde::{Deserialize, Serialize};

/// A joint in a phase (none: in the whole repetition).
pub type Place = (Part, Option<String>);

/// Why a set is as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// What it was compared with, in words.
    pub reference: String,
    /// What the gains are gains of: the method of the score.
    pub method: String,
    /// What to change first, the most rewarding first; at most three, and none that the gate
    /// withholds.
    pub changes: Vec<Change>,
    /// Every joint and phase that was compared; those inside the error of measurement too.
    pub differences: Vec<Difference>,
    /// How long the phases last beside the reference's.
    pub timing: Vec<Timing>,
    /// Sub-scores beside a squad; empty beside a single athlete.
    pub aspects: Vec<Aspect>,
    /// Joints that move together otherwise than in the reference.
    pub links: Vec<Link>,
    /// Whether the explanation stands.
    pub gate: Gate,
}

/// Something to change, and what it would bring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The joint; the trunk is `chest`, the head `neck`.
    pub joint: Part,
    /// Joints that were changed with it, so that the foot stays where it stands.
    pub with: Vec<Part>,
    /// The phase; none for the whole repetition.
    pub phase: Option<String>,
    /// In which repetitions (their numbers).
    pub repetitions: Vec<usize>,
    /// How the joint differs there, if a reference shows it.
    pub difference: Option<Difference>,
    /// How the phase differs in time, if that is what is to be changed; the joint is then the
    /// pelvis, for the whole body.
    pub timing: Option<Timing>,
    /// Points of the score that would be gained, if that could be tried.
    pub gain: Option<Gain>,
    /// The instant of the largest difference, and how the body would be then; none where there is
    /// no difference to show.
    pub pictured: Option<Pictured>,
    /// Title of the finding that says the same, or empty.
    pub title: String,
    /// What to say to the athlete, or empty.
    pub cue: String,
    /// An exercise for it, or empty.
    pub drill: String,
}

impl Change {
    /// The joints that are changed, in their phase.
    fn places(&self) -> Vec<Place> {
        [self.joint].iter().chain(&self.with).map(|joint| (*joint, self.phase.clone())).collect()
    }
}

/// The athlete at an instant, and as he would be with a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pictured {
    /// The frame.
    pub frame: usize,
    /// Where the athlete faces then, and where his right is: x and z, level.
    pub look: [[f64; 2]; 2],
    /// Where each part of the body would be, in the recording's unit, in the order of
    /// [`Part::ALL`]; none for a part that is not seen.
    pub mended: Vec<Option<[f64; 3]>>,
}

/// What an explanation is made from.
pub struct Asked<'a> {
    /// The movement.
    pub movement: &'a Movement,
    /// The athlete's recording on the body skeleton.
    pub body: &'a Recording,
    /// The complete repetitions, with their numbers.
    pub numbered: &'a [(usize, &'a Repetition)],
    /// The athlete's repetitions.
    pub own: Set<'a>,
    /// What to compare with.
    pub norm: &'a Norm,
    /// The findings of the analysis.
    pub findings: &'a [Finding],
    /// What scores, as its method is called.
    pub method: &'a str,
    /// Scores repetitions of a recording, 0 to 100; NaN for one that cannot be scored.
    pub scorer: &'a Scorer<'a>,
    /// How much two parts attend to each other in a model, in relation to even attention; none
    /// without one.
    pub attention: Option<&'a Attention<'a>>,
    /// How this way of explaining did on planted faults, then its controls.
    pub planted: &'a [Control],
}

/// Scores repetitions of a recording that is on the same clock as the athlete's, 0 to 100.
pub type Scorer<'a> = dyn Fn(&Recording, &[&Repetition]) -> Vec<f64> + Sync + 'a;

/// How much two parts attend to each other, in relation to even attention (1).
pub type Attention<'a> = dyn Fn(Part, Part) -> f64 + Sync + 'a;

/// At most so many changes are shown.
const SHOWN: usize = 3;

/// The explanation of a set beside a norm.
pub fn explain(asked: &Asked) -> Explanation {
    let cycles = asked.own.cycles();
    let precision = Precision::of(asked.body);
    let differences = differences(&cycles, asked.numbered, asked.norm, &precision);
    let counterfactual = Counterfactual::new(asked);
    let mut changes = counterfactual.changes(&differences);
    let timing = difference::timing(&cycles, asked);
    changes.extend(timing.iter().filter(|timing| timing.clear.is_some()).map(in_time));
    take_findings(asked, &differences, &mut changes);
    changes.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    let gate = evidence::gate(&counterfactual, &changes, asked.planted);
    if gate.withheld.is_some() {
        // What the controls do not support loses its gain; what was measured stays.
        changes.iter_mut().for_each(|change| change.gain = None);
        changes.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    }
    changes.truncate(SHOWN);
    changes.iter_mut().for_each(|change| change.pictured = counterfactual.picture(change));
    Explanation {
        reference: asked.norm.source.clone(),
        method: asked.method.to_owned(),
        changes,
        timing,
        aspects: aspects::aspects(&cycles, asked.norm),
        links: links::links(&cycles, asked.norm, asked.attention),
        differences,
        gate,
    }
}

/// A change of pace.
fn in_time(timing: &Timing) -> Change {
    Change {
        joint: Part::Pelvis,
        with: Vec::new(),
        phase: timing.phase.clone(),
        repetitions: timing.repetitions.clone(),
        difference: None,
        timing: Some(timing.clone()),
        gain: None,
        pictured: None,
        title: String::new(),
        cue: String::new(),
        drill: String::new(),
    }
}

/// What orders the changes: first what the score gains beyond doubt, then how clearly a joint
/// differs.
fn worth(change: &Change) -> f64 {
    let gained =
        change.gain.as_ref().filter(|gain| gain.low > 0.0).map_or(0.0, |gain| 1000.0 + gain.value);
    let differs =
        change.difference.as_ref().map_or(0.0, |difference| 0.01 * difference.clearness.min(999.0));
    // Time is told with what is just clear: a joint that is far off comes before.
    gained + differs + if change.timing.is_some() { 0.02 } else { 0.0 }
}

/// Gives the changes the words of the findings that speak of the same joint and phase; findings
/// that no change speaks of are added as changes of their own, with what the score would gain if
/// their limit were kept.
fn take_findings(asked: &Asked, differences: &[Difference], changes: &mut Vec<Change>) {
    for finding in asked.findings.iter().filter(|finding| finding.evidence != "reference") {
        let same = |change: &&mut Change| {
            let phase =
                change.phase.is_none() || finding.phase.is_none() || change.phase == finding.phase;
            let of_time =
                change.timing.is_some() && matches!(finding.unit, Unit::Second | Unit::One);
            phase
                && (of_time
                    || is_of(finding.part, change.joint)
                    || finding_joint(finding) == Some(change.joint))
        };
        if let Some(change) = changes.iter_mut().find(same) {
            if change.timing.is_some() && change.gain.is_none() {
                change.gain = if_kept(asked, finding);
            }
            if change.title.is_empty() {
                change.title.clone_from(&finding.title);
                change.cue.clone_from(&finding.cue);
                change.drill.clone_from(&finding.drill);
            }
            continue;
        }
        let joint = finding_joint(finding).unwrap_or(finding.part);
        // A limit that a squad passes as well, in a joint that moves as theirs do, is nothing to
        // change first.
        let mut own = differences.iter().filter(|difference| difference.joint == joint).peekable();
        let as_others = own.peek().is_some() && own.all(|difference| difference.within_error);
        if as_others && asked.norm.is_of_a_squad() && finding.evidence == "check" {
            continue;
        }
        changes.push(Change {
            joint,
            with: Vec::new(),
            phase: finding.phase.clone(),
            repetitions: finding.repetitions.clone(),
            difference: None,
            timing: None,
            pictured: None,
            gain: if_kept(asked, finding),
            title: finding.title.clone(),
            cue: finding.cue.clone(),
            drill: finding.drill.clone(),
        });
    }
}

/// The joint whose curve a finding rests on, if it is an angle of one.
fn finding_joint(finding: &Finding) -> Option<Part> {
    let side = finding.side.or_else(|| finding.part.side());
    // What is told of both sides together is of no one joint.
    joint_of(finding.curve.as_deref()?, side).filter(|joint| joint.side() == side)
}

/// Whether a finding's part is a joint, or lies on its segment.
fn is_of(part: Part, joint: Part) -> bool {
    part == joint || (part == Part::Head && joint == Part::Neck)
}

/// What the score by limits would gain if the limit of a finding were kept; none where something
/// else scores.
fn if_kept(asked: &Asked, finding: &Finding) -> Option<Gain> {
    if asked.method != score::METHOD || finding.unit == Unit::One && finding.evidence == "trend" {
        return None;
    }
    let precision = Precision::of(asked.body);
    let of = |repetition: &Repetition| {
        let own = score::repetition(asked.movement, repetition, &precision)?.value;
        Some(
            score::if_kept(asked.movement, repetition, &precision, &finding.metric, finding.side)?
                - own,
        )
    };
    Gain::of(
        &asked.numbered.iter().filter_map(|(_, repetition)| of(repetition)).collect::<Vec<_>>(),
    )
}
