//! The curves that a gait is measured from.

use super::GaitPlace;
use super::event::FootEvents;
use crate::movement::to_curve_unit;
use crate::segment::signal::bridge_gaps;
use crate::{Curves, Unit};
use agoge_motion::Side;
use agoge_motion::statistics::nearest_quantile;

/// Longest gap in a foot's position that is bridged, s: shorter than a swing.
const BRIDGE_S: f64 = 0.15;
/// Fore and aft motion of the feet about the pelvis, in leg lengths, above which somebody moves
/// over the ground or a belt. On the spot it is at most 0.23 (UTD-MHAD, subjects 1 to 4); a step of
/// half a metre moves each foot by 0.5.
const MIN_REACH: f64 = 0.3;
/// Speed of the pelvis, in leg lengths a second, above which somebody moves over the ground.
const MIN_SPEED: f64 = 0.25;

/// Curves of a gait; pairs are `[left, right]`. Lengths are in `unit`.
pub(super) struct GaitSignals<'a> {
    pub(super) time: &'a [f64],
    pub(super) unit: Unit,
    /// Factor from `unit` to metres: a trunk counts as half a metre without a scale.
    pub(super) to_metre: f64,
    /// Height of the pelvis while on the feet, about the length of a leg.
    pub(super) leg: f64,
    pub(super) heel_forward: Option<[Vec<f64>; 2]>,
    pub(super) toe_forward: Option<[Vec<f64>; 2]>,
    pub(super) heel_height: Option<[Vec<f64>; 2]>,
    pub(super) toe_height: Option<[Vec<f64>; 2]>,
    pub(super) ankle_height: Option<[Vec<f64>; 2]>,
    pub(super) thigh_angle: Option<[Vec<f64>; 2]>,
    pub(super) pelvis_height: Vec<f64>,
    pub(super) travel: Option<Vec<f64>>,
    pub(super) width: Option<Vec<f64>>,
}

impl<'a> GaitSignals<'a> {
    /// The signals of a recording.
    ///
    /// # Errors
    /// If feet or pelvis are not seen.
    pub(super) fn from_curves(curves: &'a Curves) -> Result<GaitSignals<'a>, String> {
        let time = curves.time.as_slice();
        let single = |name: &str, side: Option<Side>| -> Option<Vec<f64>> {
            let curve = curves.get(name, side).filter(|curve| curve.values.len() == time.len())?;
            let values = bridge_gaps(time, &curve.values, BRIDGE_S);
            values.iter().any(|value| value.is_finite()).then_some(values)
        };
        let pair = |name: &str| -> Option<[Vec<f64>; 2]> {
            Some([single(name, Some(Side::Left))?, single(name, Some(Side::Right))?])
        };
        let unseen = |what: &str| format!("no steps can be found: {what}");
        let pelvis_height =
            single("pelvis_height", None).ok_or_else(|| unseen("the pelvis is not seen"))?;
        let ankle_height = pair("ankle_height");
        if ankle_height.is_none() {
            return Err(unseen("both feet must be in view"));
        }
        let unit = curves.get("pelvis_height", None).map_or(Unit::Metre, |curve| curve.unit);
        let leg = quantile(&pelvis_height, 0.5);
        if leg.is_nan() || leg <= 0.0 || time.len() < 3 {
            return Err(unseen("the pelvis is not above the feet"));
        }
        Ok(GaitSignals {
            time,
            unit,
            to_metre: 1.0 / to_curve_unit(1.0, unit),
            leg,
            heel_forward: pair("heel_forward"),
            toe_forward: pair("toe_forward"),
            heel_height: pair("heel_height"),
            toe_height: pair("foot_height"),
            ankle_height,
            thigh_angle: pair("thigh_angle"),
            pelvis_height,
            travel: single("pelvis_travel", None),
            width: single("stance_width", None),
        })
    }

    /// Where somebody walks or runs.
    pub(super) fn place(&self) -> GaitPlace {
        let Some(heels) = &self.heel_forward else { return GaitPlace::Unseen };
        let reach = heels
            .iter()
            .map(|values| quantile(values, 0.95) - quantile(values, 0.05))
            .fold(f64::INFINITY, f64::min);
        if reach.is_nan() || reach < MIN_REACH * self.leg {
            return GaitPlace::InPlace;
        }
        if self.mean_speed().is_some_and(|speed| speed.abs() > MIN_SPEED * self.leg) {
            GaitPlace::OverGround
        } else {
            GaitPlace::Treadmill
        }
    }

    /// Mean speed of the pelvis from its first to its last known position.
    fn mean_speed(&self) -> Option<f64> {
        let travel = self.travel.as_ref()?;
        let known = || travel.iter().zip(self.time).filter(|(value, _)| value.is_finite());
        let ((first, begun), (last, ended)) = (known().next()?, known().next_back()?);
        (ended > begun).then(|| (last - first) / (ended - begun))
    }

    /// Vertical oscillation of the pelvis at the frequency of the steps, from lowest to highest:
    /// twice the amplitude of the first harmonic over the steps between the contacts of `events`,
    /// without each step's own trend.
    pub(super) fn bounce(&self, events: &FootEvents, step_s: f64) -> Option<f64> {
        let contacts = events.all_contacts();
        let (mut cosine, mut sine, mut steps) = (0.0, 0.0, 0usize);
        for pair in contacts.windows(2) {
            let [begun, ended] = [pair[0].0, pair[1].0];
            let length = ended - begun;
            if !(0.5 * step_s..=1.6 * step_s).contains(&length) {
                continue;
            }
            let (Some(from), Some(to)) = (
                value_at(self.time, &self.pelvis_height, begun),
                value_at(self.time, &self.pelvis_height, ended),
            ) else {
                continue;
            };
            /// Points at which a step is sampled.
            const POINTS: u32 = 24;
            let mut sums = Some([0.0; 2]);
            for point in 0..POINTS {
                let share = (f64::from(point) + 0.5) / f64::from(POINTS);
                let height = value_at(self.time, &self.pelvis_height, begun + share * length);
                sums = sums.zip(height).map(|([c, s], height)| {
                    let flat = height - from - share * (to - from);
                    let (sin, cos) = (std::f64::consts::TAU * share).sin_cos();
                    [c + flat * cos, s + flat * sin]
                });
            }
            if let Some([c, s]) = sums {
                let scale = 2.0 / f64::from(POINTS);
                (cosine, sine, steps) = (cosine + scale * c, sine + scale * s, steps + 1);
            }
        }
        (steps > 0).then(|| 2.0 * f64::hypot(cosine, sine) / steps as f64)
    }
}

/// A quantile of the finite values; NaN if there are none.
pub(super) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    nearest_quantile(&mut known, share).unwrap_or(f64::NAN)
}

/// The value of a signal at a time between two frames, by linear interpolation.
pub(super) fn value_at(time: &[f64], values: &[f64], time_s: f64) -> Option<f64> {
    let after = time.partition_point(|&t| t < time_s);
    let before = after.checked_sub(1);
    let (Some(&t1), Some(&v1)) = (time.get(after), values.get(after)) else { return None };
    let value = match before {
        Some(before) => {
            let (t0, v0) = (time[before], values[before]);
            v0 + (v1 - v0) * (time_s - t0) / (t1 - t0)
        }
        None if t1 == time_s => v1,
        None => return None,
    };
    value.is_finite().then_some(value)
}

/// The frame nearest to a time.
pub(super) fn nearest_frame(time: &[f64], time_s: f64) -> usize {
    let after = time.partition_point(|&t| t < time_s).min(time.len().saturating_sub(1));
    let before = after.saturating_sub(1);
    if (time_s - time[before]).abs() < (time[after] - time_s).abs() { before } else { after }
}
