//! The gate: an explanation is shown only if it does better than chance on this very recording, and
//! if its method did better than its controls on faults that were planted.

use super::counterfactual::Counterfactual;
use super::{Change, Place, SHOWN};
use agoge_kinematics::normalise::mean;
use agoge_motion::segments;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Orders drawn at random, to be compared with.
const ORDERS: usize = 19;
/// As many of them may do as well: one in ten.
const AS_GOOD: usize = 1;
/// Repetitions on which the orders are tried.
const REPETITIONS: usize = 3;

/// Whether an explanation stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Joints set right one after the other in the order of the changes: mean gain over the steps,
    /// points; none if there was nothing to try.
    pub insertion: Option<f64>,
    /// The same in random orders, mean of them.
    pub insertion_random: Option<f64>,
    /// Everything set right, then the athlete's own movement of those joints put back: mean loss
    /// over the steps, points.
    pub deletion: Option<f64>,
    /// The same in random orders, mean of them.
    pub deletion_random: Option<f64>,
    /// How many random orders were tried.
    pub orders: usize,
    /// Share of random orders that did as well by both, 0 to 1.
    pub as_good: Option<f64>,
    /// How often this way of explaining named a planted fault's joint and phase first, beside its
    /// controls (docs/EXPLANATIONS.md).
    pub planted: Vec<Control>,
    /// Why the gains are not shown; none if they are.
    pub withheld: Option<String>,
}

/// A method on planted faults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// The method.
    pub method: String,
    /// Share of planted faults whose joint and phase it named first, 0 to 1.
    pub hit: f64,
}

/// Tries the changes against random ones.
pub(super) fn gate(
    counterfactual: &Counterfactual,
    changes: &[Change],
    planted: &[Control],
) -> Gate {
    let planted = planted.to_vec();
    let gained = |change: &&Change| change.gain.as_ref().is_some_and(|gain| gain.low > 0.0);
    let is_joint =
        |change: &&Change| change.difference.is_some() && segments::joint(change.joint).is_some();
    let ranked: Vec<Place> = changes
        .iter()
        .filter(is_joint)
        .filter(gained)
        .take(SHOWN)
        .flat_map(Change::places)
        .collect();
    if ranked.is_empty() {
        return Gate { planted, ..Gate::default() };
    }
    let few = counterfactual.on_few(REPETITIONS);
    let places = few.places();
    let all = mean(&few.gains(&places));
    let of = |order: &[Place]| [inserted(&few, order), deleted(&few, &places, all, order)];
    let own = of(&ranked);
    let random: Vec<[f64; 2]> = (0..ORDERS as u64)
        .into_par_iter()
        .map(|seed| {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut order = places.clone();
            rng.shuffle(&mut order);
            order.truncate(ranked.len());
            // A change of the whole repetition is compared with changes of whole repetitions.
            for (place, ranked) in order.iter_mut().zip(&ranked) {
                if ranked.1.is_none() {
                    place.1 = None;
                }
            }
            of(&order)
        })
        .collect();
    let as_good = random.iter().filter(|random| random[0] >= own[0] && random[1] >= own[1]).count();
    let average =
        |which: usize| Some(mean(&random.iter().map(|random| random[which]).collect::<Vec<_>>()));
    let withheld = if as_good > AS_GOOD {
        Some(format!("{as_good} of {ORDERS} random changes would bring as much"))
    } else {
        beaten(&planted)
    };
    Gate {
        insertion: Some(own[0]),
        insertion_random: average(0),
        deletion: Some(own[1]),
        deletion_random: average(1),
        orders: ORDERS,
        as_good: Some(as_good as f64 / ORDERS as f64),
        planted,
        withheld,
    }
}

/// Mean gain while one place after the other is set right.
fn inserted(tried: &Counterfactual, order: &[Place]) -> f64 {
    mean(&(1..=order.len()).map(|steps| mean(&tried.gains(&order[..steps]))).collect::<Vec<_>>())
}

/// Mean loss while, of everything set right (which gains `all`), one place after the other is put
/// back.
fn deleted(tried: &Counterfactual, places: &[Place], all: f64, order: &[Place]) -> f64 {
    let without = |back: &[Place]| -> Vec<Place> {
        let is_back = |place: &Place| {
            back.iter()
                .any(|(joint, phase)| *joint == place.0 && (phase.is_none() || *phase == place.1))
        };
        places.iter().filter(|place| !is_back(place)).cloned().collect()
    };
    mean(
        &(1..=order.len())
            .map(|steps| all - mean(&tried.gains(&without(&order[..steps]))))
            .collect::<Vec<_>>(),
    )
}

/// Says so if the method (the first) was not better than each of its controls on planted faults.
fn beaten(planted: &[Control]) -> Option<String> {
    let (own, controls) = planted.split_first()?;
    let better = controls.iter().find(|control| control.hit >= own.hit)?;
    Some(format!("on planted faults {} named the place as often as {}", better.method, own.method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_a_control_beats_is_withheld() {
        let control = |method: &str, hit: f64| Control { method: method.to_owned(), hit };
        assert_eq!(
            beaten(&[control("own", 0.8), control("untrained", 0.3), control("random", 0.1)]),
            None
        );
        assert!(
            beaten(&[control("own", 0.3), control("untrained", 0.4)])
                .is_some_and(|why| why.contains("untrained"))
        );
        assert_eq!(beaten(&[]), None);
    }
}
