//! Explanations: where an athlete's repetitions differ from a reference, what the score would gain
//! if one joint moved as the reference's does in one phase, and whether that explanation holds
//! against controls. What fails its controls is withheld, with a note saying so.

use agoge_analysis::{
    Explanation, Gain, JointDifference, PhaseTiming, PlantedResult, SuggestedChange,
};
mod aspects;
mod counterfactual;
mod difference;
mod evidence;
mod links;
mod norm;
mod own;

pub use counterfactual::correct_joints;
pub use difference::find_differences;
pub use norm::{
    Cycle, CyclePhase, MovementNorm, NORM_SCHEMA, PHASE_POINTS, PhaseNorm, RepetitionSet,
    curve_joint,
};

use crate::{Precision, score};
use agoge_analysis::{Finding, FindingEvidence};
use agoge_kinematics::{Movement, Repetition, Unit};
use agoge_motion::{Part, Recording};
use counterfactual::Counterfactual;

/// Everything an explanation is computed from.
pub struct ExplanationInput<'a> {
    /// Definition of the movement.
    pub movement: &'a Movement,
    /// The athlete's recording on the body skeleton.
    pub body: &'a Recording,
    /// The complete repetitions with their numbers.
    pub numbered: &'a [(usize, &'a Repetition)],
    /// The athlete's repetitions with directions and curves.
    pub athlete_set: RepetitionSet<'a>,
    /// Norm to compare with.
    pub norm: &'a MovementNorm,
    /// The athlete's own correct repetitions behind the norm, if it is made from such; empty
    /// otherwise.
    pub own_cycles: &'a [Cycle],
    /// The findings of the analysis.
    pub findings: &'a [Finding],
    /// Name of the scoring method.
    pub method: &'a str,
    /// Scores repetitions of a recording, 0 to 100; NaN for one that cannot be scored.
    pub scorer: &'a Scorer<'a>,
    /// Attention between two parts in a model, relative to even attention; `None` without a model.
    pub attention: Option<&'a PartAttention<'a>>,
    /// Results of this method on planted faults, then those of its controls.
    pub planted: &'a [PlantedResult],
}

/// Scores repetitions of a recording that shares the athlete's clock, 0 to 100.
pub type Scorer<'a> = dyn Fn(&Recording, &[&Repetition]) -> Vec<f64> + Sync + 'a;

/// Attention between two parts, relative to even attention (1).
pub type PartAttention<'a> = dyn Fn(Part, Part) -> f64 + Sync + 'a;

/// Number of changes that are shown at most.
const MAX_CHANGES: usize = 3;

/// Explains a set against a norm.
pub fn explain_set(input: &ExplanationInput) -> Explanation {
    let cycles = input.athlete_set.to_cycles();
    if !input.own_cycles.is_empty() {
        return explain_beside_own(input, &cycles);
    }
    let precision = Precision::from_recording(input.body);
    let differences = find_differences(&cycles, input.numbered, input.norm, &precision);
    let counterfactual = Counterfactual::new(input);
    let mut changes = counterfactual.suggest_changes(&differences);
    let timing = difference::compare_timing(&cycles, input);
    changes.extend(timing.iter().filter(|timing| timing.clear.is_some()).map(pace_change));
    merge_findings(input, &differences, &mut changes);
    changes.sort_by(|a, b| change_rank(b).total_cmp(&change_rank(a)));
    let gate = evidence::evaluate_gate(&counterfactual, &changes, input.planted);
    if gate.withheld.is_some() {
        // Gains that the controls do not support are dropped; the measured differences stay.
        changes.iter_mut().for_each(|change| change.gain = None);
        changes.sort_by(|a, b| change_rank(b).total_cmp(&change_rank(a)));
    }
    changes.truncate(MAX_CHANGES);
    changes.iter_mut().for_each(|change| change.pictured = counterfactual.picture_change(change));
    Explanation {
        reference: input.norm.source.clone(),
        method: input.method.to_owned(),
        changes,
        timing,
        aspects: aspects::score_aspects(&cycles, input.norm),
        links: links::find_links(&cycles, input.norm, input.attention),
        differences,
        gate,
    }
}

/// Explains a set beside the athlete's own correct repetitions: what differs from them by more than
/// both sets scatter, clearest first. No gain is stated: those repetitions are correct whatever the
/// score makes of them. Findings lend their texts, but what is found without such a difference
/// holds of the correct repetitions as well.
fn explain_beside_own(input: &ExplanationInput, cycles: &[Cycle]) -> Explanation {
    let differences = own::compare_with_own(cycles, input.own_cycles, input.numbered, input.norm);
    let counterfactual = Counterfactual::new(input);
    let mut clear: Vec<&JointDifference> =
        differences.iter().filter(|difference| !difference.within_error).collect();
    clear.sort_by(|a, b| b.clearness.total_cmp(&a.clearness));
    let timing = difference::compare_timing(cycles, input);
    let mut changes: Vec<SuggestedChange> =
        clear.into_iter().map(|difference| counterfactual.difference_change(difference)).collect();
    changes.extend(timing.iter().filter(|timing| timing.clear.is_some()).map(pace_change));
    changes.truncate(MAX_CHANGES);
    for change in &mut changes {
        let finding = input.findings.iter().find(|finding| is_about_change(finding, change));
        if let Some(finding) = finding {
            change.title.clone_from(&finding.title);
            change.cue.clone_from(&finding.cue);
            change.drill.clone_from(&finding.drill);
        }
        change.pictured = counterfactual.picture_change(change);
    }
    Explanation {
        reference: input.norm.source.clone(),
        method: input.method.to_owned(),
        changes,
        timing,
        aspects: Vec::new(),
        links: links::find_links(cycles, input.norm, input.attention),
        differences,
        gate: agoge_analysis::ExplanationGate::default(),
    }
}

/// Whether a finding and a change speak of the same joint in the same phase.
fn is_about_change(finding: &Finding, change: &SuggestedChange) -> bool {
    let is_same_phase =
        change.phase.is_none() || finding.phase.is_none() || change.phase == finding.phase;
    let is_about_timing =
        change.timing.is_some() && matches!(finding.unit, Unit::Second | Unit::One);
    is_same_phase
        && (is_about_timing
            || is_part_of_joint(finding.part, change.joint)
            || finding_joint(finding) == Some(change.joint))
}

/// Builds a change of pace.
fn pace_change(timing: &PhaseTiming) -> SuggestedChange {
    SuggestedChange {
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

/// Sort key of the changes: first by gains beyond doubt, then by how clearly a joint differs.
fn change_rank(change: &SuggestedChange) -> f64 {
    let gained =
        change.gain.as_ref().filter(|gain| gain.low > 0.0).map_or(0.0, |gain| 1000.0 + gain.value);
    let differs =
        change.difference.as_ref().map_or(0.0, |difference| 0.01 * difference.clearness.min(999.0));
    // A timing change ranks with a barely clear difference: a joint that is far off comes first.
    gained + differs + if change.timing.is_some() { 0.02 } else { 0.0 }
}

/// Adds the texts of findings to the changes of the same joint and phase. Findings without such a
/// change become changes themselves, with the gain if their limit were kept.
fn merge_findings(
    input: &ExplanationInput,
    differences: &[JointDifference],
    changes: &mut Vec<SuggestedChange>,
) {
    for finding in
        input.findings.iter().filter(|finding| finding.evidence != FindingEvidence::Reference)
    {
        let about = changes.iter_mut().find(|change| is_about_change(finding, change));
        if let Some(change) = about {
            if change.timing.is_some() && change.gain.is_none() {
                change.gain = gain_with_limit_kept(input, finding);
            }
            if change.title.is_empty() {
                change.title.clone_from(&finding.title);
                change.cue.clone_from(&finding.cue);
                change.drill.clone_from(&finding.drill);
            }
            continue;
        }
        let joint = finding_joint(finding).unwrap_or(finding.part);
        // If the squad exceeds a limit too, and the joint moves as theirs does, it is nothing to
        // change first.
        let mut of_joint =
            differences.iter().filter(|difference| difference.joint == joint).peekable();
        let is_within_norm =
            of_joint.peek().is_some() && of_joint.all(|difference| difference.within_error);
        if is_within_norm
            && input.norm.is_squad_norm()
            && finding.evidence == FindingEvidence::Check
        {
            continue;
        }
        changes.push(SuggestedChange {
            joint,
            with: Vec::new(),
            phase: finding.phase.clone(),
            repetitions: finding.repetitions.clone(),
            difference: None,
            timing: None,
            pictured: None,
            gain: gain_with_limit_kept(input, finding),
            title: finding.title.clone(),
            cue: finding.cue.clone(),
            drill: finding.drill.clone(),
        });
    }
}

/// Joint whose curve a finding rests on, if it is a joint angle.
fn finding_joint(finding: &Finding) -> Option<Part> {
    let side = finding.side.or_else(|| finding.part.side());
    // A curve of both sides together belongs to no single joint.
    curve_joint(finding.curve.as_deref()?, side).filter(|joint| joint.side() == side)
}

/// Whether a finding's part is a joint or lies on its segment.
fn is_part_of_joint(part: Part, joint: Part) -> bool {
    part == joint || (part == Part::Head && joint == Part::Neck)
}

/// Gain of the score by limits if the limit of a finding were kept; `None` for other scoring
/// methods.
fn gain_with_limit_kept(input: &ExplanationInput, finding: &Finding) -> Option<Gain> {
    if input.method != score::LIMITS_METHOD
        || finding.unit == Unit::One && finding.evidence == FindingEvidence::Trend
    {
        return None;
    }
    let precision = Precision::from_recording(input.body);
    let gain_of = |repetition: &Repetition| {
        let actual = score::score_repetition(input.movement, repetition, &precision)?.value;
        Some(
            score::score_with_limit_kept(
                input.movement,
                repetition,
                &precision,
                &finding.metric,
                finding.side,
            )? - actual,
        )
    };
    counterfactual::mean_gain(
        &input
            .numbered
            .iter()
            .filter_map(|(_, repetition)| gain_of(repetition))
            .collect::<Vec<_>>(),
    )
}
