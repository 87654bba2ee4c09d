//! The gate: an explanation is shown only if it does better than chance on this very recording, and
//! if its method beat its controls on planted faults.

use super::MAX_CHANGES;
use super::counterfactual::Counterfactual;
use agoge_analysis::{ExplanationGate, JointPhase, PlantedResult, SuggestedChange};
use agoge_motion::segments;
use agoge_motion::statistics::finite_mean;
use rayon::prelude::*;

/// Number of random orders to compare with.
const RANDOM_ORDERS: usize = 19;
/// How many random orders may do as well: one in ten.
const MAX_AS_GOOD: usize = 1;
/// Number of repetitions on which the orders are tried.
const GATE_REPETITIONS: usize = 3;

/// Tests the changes against random ones.
pub(super) fn evaluate_gate(
    counterfactual: &Counterfactual,
    changes: &[SuggestedChange],
    planted: &[PlantedResult],
) -> ExplanationGate {
    let planted = planted.to_vec();
    let has_gain =
        |change: &&SuggestedChange| change.gain.as_ref().is_some_and(|gain| gain.low > 0.0);
    let is_joint = |change: &&SuggestedChange| {
        change.difference.is_some() && segments::joint_index(change.joint).is_some()
    };
    let ranked: Vec<JointPhase> = changes
        .iter()
        .filter(is_joint)
        .filter(has_gain)
        .take(MAX_CHANGES)
        .flat_map(SuggestedChange::joint_phases)
        .collect();
    if ranked.is_empty() {
        return ExplanationGate { planted, ..ExplanationGate::default() };
    }
    let subset = counterfactual.on_subset(GATE_REPETITIONS);
    let places = subset.joint_phases();
    let all = finite_mean(&subset.repetition_gains(&places));
    let test_order = |order: &[JointPhase]| {
        [insertion_gain(&subset, order), deletion_loss(&subset, &places, all, order)]
    };
    let scores_of_ranked = test_order(&ranked);
    let random: Vec<[f64; 2]> = (0..RANDOM_ORDERS as u64)
        .into_par_iter()
        .map(|seed| {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut order = places.clone();
            rng.shuffle(&mut order);
            order.truncate(ranked.len());
            // Compare a whole-repetition change with random whole-repetition changes.
            for (place, ranked) in order.iter_mut().zip(&ranked) {
                if ranked.1.is_none() {
                    place.1 = None;
                }
            }
            test_order(&order)
        })
        .collect();
    let as_good = random
        .iter()
        .filter(|random| random[0] >= scores_of_ranked[0] && random[1] >= scores_of_ranked[1])
        .count();
    let average = |which: usize| {
        Some(finite_mean(&random.iter().map(|random| random[which]).collect::<Vec<_>>()))
    };
    let withheld = if as_good > MAX_AS_GOOD {
        Some(format!("{as_good} of {RANDOM_ORDERS} random changes would bring as much"))
    } else {
        reason_to_withhold(&planted)
    };
    ExplanationGate {
        insertion: Some(scores_of_ranked[0]),
        insertion_random: average(0),
        deletion: Some(scores_of_ranked[1]),
        deletion_random: average(1),
        orders: RANDOM_ORDERS,
        as_good: Some(as_good as f64 / RANDOM_ORDERS as f64),
        planted,
        withheld,
    }
}

/// Mean gain as one place after the other is corrected.
fn insertion_gain(tried: &Counterfactual, order: &[JointPhase]) -> f64 {
    finite_mean(
        &(1..=order.len())
            .map(|steps| finite_mean(&tried.repetition_gains(&order[..steps])))
            .collect::<Vec<_>>(),
    )
}

/// Mean loss as, starting from everything corrected (which gains `all`), one place after the other
/// is put back.
fn deletion_loss(
    tried: &Counterfactual,
    places: &[JointPhase],
    all: f64,
    order: &[JointPhase],
) -> f64 {
    let without = |back: &[JointPhase]| -> Vec<JointPhase> {
        let is_back = |place: &JointPhase| {
            back.iter()
                .any(|(joint, phase)| *joint == place.0 && (phase.is_none() || *phase == place.1))
        };
        places.iter().filter(|place| !is_back(place)).cloned().collect()
    };
    finite_mean(
        &(1..=order.len())
            .map(|steps| all - finite_mean(&tried.repetition_gains(&without(&order[..steps]))))
            .collect::<Vec<_>>(),
    )
}

/// Returns why the gains are withheld if the method (the first entry) did not beat each of its
/// controls on planted faults.
fn reason_to_withhold(planted: &[PlantedResult]) -> Option<String> {
    let (method, controls) = planted.split_first()?;
    let better = controls.iter().find(|control| control.hit >= method.hit)?;
    Some(format!(
        "on planted faults {} named the place as often as {}",
        better.method, method.method
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_a_control_beats_is_withheld() {
        let control = |method: &str, hit: f64| PlantedResult { method: method.to_owned(), hit };
        assert_eq!(
            reason_to_withhold(&[
                control("own", 0.8),
                control("untrained", 0.3),
                control("random", 0.1)
            ]),
            None
        );
        assert!(
            reason_to_withhold(&[control("own", 0.3), control("untrained", 0.4)])
                .is_some_and(|why| why.contains("untrained"))
        );
        assert_eq!(reason_to_withhold(&[]), None);
    }
}
