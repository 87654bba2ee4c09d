//! Whether what was done is the movement it is analysed as: the gate of its definition.

use agoge_analysis::{FailedFeature, MovementSuggestion, Resemblance, ResemblanceVerdict};
use agoge_kinematics::gate::{GateCandidate, candidate_movements, most_pass};
use agoge_kinematics::{Curves, FailedGate, GateJudge, Movement, Repetition};

/// Maximum number of movements suggested.
const MAX_SUGGESTIONS: usize = 3;

/// The repetitions of a movement after its gate.
pub(crate) struct GatedRepetitions {
    /// All of them; those that are not this movement are no longer complete.
    pub(crate) repetitions: Vec<Repetition>,
    /// What each lacks, `[repetition]`; empty for attempts.
    pub(crate) unlike: Vec<Vec<FailedGate>>,
    /// The verdict; `None` for a movement without a gate, or without a complete repetition.
    pub(crate) resemblance: Option<Resemblance>,
}

/// Holds each complete repetition against the gate of its movement. If at most half of them pass,
/// the set is not of this movement, and none of it is complete; with `trust_name` everything stays
/// as it was found, and the record says so.
pub(crate) fn gate_repetitions(
    movement: &Movement,
    mut repetitions: Vec<Repetition>,
    judge: &GateJudge,
    curves: &Curves,
    trust_name: bool,
) -> GatedRepetitions {
    let unlike: Vec<Vec<FailedGate>> = repetitions
        .iter()
        .map(|repetition| match repetition.complete {
            true => judge.failed_rules(movement, [repetition.start, repetition.end]),
            false => Vec::new(),
        })
        .collect();
    let of = repetitions.iter().filter(|repetition| repetition.complete).count();
    if of == 0 || movement.gates.is_empty() {
        return GatedRepetitions { repetitions, unlike, resemblance: None };
    }
    let passed = of - unlike.iter().filter(|failed| !failed.is_empty()).count();
    let verdict = match (most_pass(passed, of), trust_name) {
        (true, _) => ResemblanceVerdict::Alike,
        (false, true) => ResemblanceVerdict::Trusted,
        (false, false) => ResemblanceVerdict::Unlike,
    };
    if !trust_name {
        for (repetition, failed) in repetitions.iter_mut().zip(&unlike) {
            repetition.complete &= failed.is_empty() && verdict == ResemblanceVerdict::Alike;
        }
    }
    let looks_like = match verdict {
        ResemblanceVerdict::Alike => Vec::new(),
        _ => suggest_movements(movement, judge, curves),
    };
    let failed = failed_features(&unlike);
    let resemblance = Some(Resemblance { verdict, passed, of, failed, looks_like });
    GatedRepetitions { repetitions, unlike, resemblance }
}

/// The movements other than the given one whose gates hold, the one that moves most first.
fn suggest_movements(
    movement: &Movement,
    judge: &GateJudge,
    curves: &Curves,
) -> Vec<MovementSuggestion> {
    let suggestion = |candidate: GateCandidate| MovementSuggestion {
        name: candidate.movement.name.clone(),
        title: candidate.movement.title.clone(),
        passed: candidate.passed,
        of: candidate.found,
    };
    candidate_movements(judge, curves)
        .into_iter()
        .filter(|candidate| candidate.movement.name != movement.name)
        .take(MAX_SUGGESTIONS)
        .map(suggestion)
        .collect()
}

/// Each rule that fails, with its median value and the numbers of its repetitions.
fn failed_features(unlike: &[Vec<FailedGate>]) -> Vec<FailedFeature> {
    let mut groups: Vec<Vec<(usize, &FailedGate)>> = Vec::new();
    for (index, failed) in unlike.iter().enumerate() {
        for rule in failed {
            let is_same = |other: &FailedGate| {
                (other.measure, &other.curve, other.sides, other.bound)
                    == (rule.measure, &rule.curve, rule.sides, rule.bound)
            };
            match groups.iter_mut().find(|group| is_same(group[0].1)) {
                Some(group) => group.push((index + 1, rule)),
                None => groups.push(vec![(index + 1, rule)]),
            }
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let summarise = |mut group: Vec<(usize, &FailedGate)>| {
        let repetitions = group.iter().map(|(number, _)| *number).collect();
        group.sort_by(|a, b| a.1.value.total_cmp(&b.1.value));
        let rule = group[group.len() / 2].1.clone();
        FailedFeature { rule, repetitions }
    };
    groups.into_iter().map(summarise).collect()
}
