//! The signals that rules refer to: curves of one side, and means of both.

use super::driver::{curve_values, mean_of_sides};
use crate::gait::{MeasuredGait, measure_gait};
use crate::movement::Movement;
use crate::{Curves, Unit};
use agoge_motion::Side;
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// The curves of a recording, with the mean of both sides of each curve computed at most once.
/// Computing it for every repetition would take quadratic time.
pub(super) struct RuleSignals<'a> {
    pub(super) curves: &'a Curves,
    means: BTreeMap<&'a str, OnceCell<Option<Vec<f64>>>>,
    gait: OnceCell<Option<MeasuredGait>>,
}

impl<'a> RuleSignals<'a> {
    /// The signals of a movement's events and metrics.
    pub(super) fn new(movement: &'a Movement, curves: &'a Curves) -> RuleSignals<'a> {
        let events = movement.events.iter().filter_map(|rule| rule.curve.as_deref());
        let metrics = movement
            .metrics
            .iter()
            .flat_map(|rule| [rule.curve.as_deref(), rule.with.as_deref()])
            .flatten();
        RuleSignals {
            curves,
            means: events.chain(metrics).map(|name| (name, OnceCell::new())).collect(),
            gait: OnceCell::new(),
        }
    }

    /// The strides of the recording; `None` if it shows no walking or running.
    pub(super) fn strides(&self) -> Option<&MeasuredGait> {
        self.gait.get_or_init(|| measure_gait(self.curves).ok()).as_ref()
    }

    /// A curve's values, `[frame]`. Without a side, the midline curve, or the mean of both sides if
    /// the curve has sides.
    pub(super) fn get(&self, name: &str, side: Option<Side>) -> Option<&[f64]> {
        let mean =
            || self.means.get(name)?.get_or_init(|| mean_of_sides(self.curves, name)).as_deref();
        curve_values(self.curves, name, side).or_else(|| side.is_none().then(mean).flatten())
    }

    /// The unit of a curve.
    pub(super) fn curve_unit(&self, name: &str) -> Option<Unit> {
        Some(self.curves.curves.iter().find(|curve| curve.name == name)?.unit)
    }
}
