//! The signals that rules speak of: curves of one side, and means of both.

use super::driver::{mean_of_sides, values};
use crate::movement::Movement;
use crate::{Curves, Unit};
use agoge_motion::Side;
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// The curves of a recording, with the mean of both sides made at most once for each: made anew for
/// every repetition it would cost time by the square of the length.
pub(super) struct Signals<'a> {
    pub(super) curves: &'a Curves,
    means: BTreeMap<&'a str, OnceCell<Option<Vec<f64>>>>,
}

impl<'a> Signals<'a> {
    /// The signals of a movement's events and metrics.
    pub(super) fn new(movement: &'a Movement, curves: &'a Curves) -> Signals<'a> {
        let events = movement.events.iter().filter_map(|rule| rule.curve.as_deref());
        let metrics = movement
            .metrics
            .iter()
            .flat_map(|rule| [rule.curve.as_deref(), rule.with.as_deref()])
            .flatten();
        Signals {
            curves,
            means: events.chain(metrics).map(|name| (name, OnceCell::new())).collect(),
        }
    }

    /// A curve's values, `[frame]`; without a side that of the midline, or the mean of both sides
    /// of a curve that has sides.
    pub(super) fn get(&self, name: &str, side: Option<Side>) -> Option<&[f64]> {
        let mean =
            || self.means.get(name)?.get_or_init(|| mean_of_sides(self.curves, name)).as_deref();
        values(self.curves, name, side).or_else(|| side.is_none().then(mean).flatten())
    }

    /// The unit of a curve.
    pub(super) fn unit(&self, name: &str) -> Option<Unit> {
        Some(self.curves.curves.iter().find(|curve| curve.name == name)?.unit)
    }
}
