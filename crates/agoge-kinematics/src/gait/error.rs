//! How precisely the quantities of strides are measured, by the frame rate and the method.

use super::stride::needs_toe_off;
use super::{GaitKind, GaitPlace, GaitQuantity};
use crate::Unit;
use crate::movement::to_curve_unit;

/// The error of one value of a quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaitError {
    /// Half width of the 95 % interval, in the unit of the value.
    pub half_width: f64,
    /// What it rests on.
    pub source: &'static str,
}

/// Standard deviations of one event by its method, s, and their source.
const WALKING_EVENT: (f64, &str) = (
    0.0085,
    "Zeni's events are within 16 ms in 94 % of strides (Zeni 2008, not read again); half a frame at each end",
);
const RUNNING_EVENT: (f64, &str) = (
    0.009,
    "position rules against plates: contact time ± 18 ms (Handsaker 2016; Smith 2015); half a frame at each end",
);
const PICTURE_EVENT: (f64, &str) =
    (0.014, "one camera at the side: 0.02 s a step (Stenum 2021); half a frame at each end");
/// On the spot no rule was ever published; the share of the stride by which rules differ.
const IN_PLACE_SHARE: f64 = 0.06;
const IN_PLACE_SOURCE: &str = "on the spot: an estimate, 6 % of the stride (docs/results/gait.md)";
/// Typical times of a stride, s, to turn errors in time into shares.
const STRIDE_S: [f64; 2] = [1.1, 0.72];

/// The error of one value of a quantity at a frame rate, in a unit. Two events half a frame off
/// each give a duration the standard deviation 1/(rate·√6) from the frames alone (two uniform
/// errors of a frame's width); the method's error of both events adds to it.
///
/// ```
/// use agoge_kinematics::Unit;
/// use agoge_kinematics::gait::{GaitKind, GaitPlace, GaitQuantity, gait_error};
/// let error = |rate_hz: f64| {
///     let place = GaitPlace::OverGround;
///     gait_error(GaitQuantity::StanceTime, GaitKind::Walking, place, false, rate_hz, Unit::Second)
/// };
/// // At 30 frames a second the frames leave 13.6 ms open, and the method 12 ms.
/// assert!((error(30.0).half_width - 1.96 * 0.0181).abs() < 1e-3);
/// assert!(error(240.0).half_width < error(30.0).half_width);
/// ```
pub fn gait_error(
    quantity: GaitQuantity,
    kind: GaitKind,
    place: GaitPlace,
    is_picture: bool,
    rate_hz: f64,
    unit: Unit,
) -> GaitError {
    let (event_s, mut source) = match kind {
        _ if is_picture => PICTURE_EVENT,
        GaitKind::Walking => WALKING_EVENT,
        GaitKind::Running => RUNNING_EVENT,
    };
    let stride_s = STRIDE_S[usize::from(kind == GaitKind::Running)];
    let frame_s = 1.0 / (rate_hz * 6.0_f64.sqrt());
    let mut duration_s = f64::hypot(event_s * 2.0_f64.sqrt(), frame_s);
    // Contacts alone are found alike in every stride, so on the spot only what rests on the moment
    // of leaving or meeting the ground is in doubt.
    if place == GaitPlace::InPlace && needs_toe_off(quantity) {
        duration_s = duration_s.hypot(IN_PLACE_SHARE * stride_s);
        source = IN_PLACE_SOURCE;
    }
    let length = |in_space: f64, in_picture: f64| {
        to_curve_unit(if is_picture { in_picture } else { in_space }, unit)
    };
    let deviation = match quantity {
        GaitQuantity::StrideTime
        | GaitQuantity::StanceTime
        | GaitQuantity::SwingTime
        | GaitQuantity::StepTime
        | GaitQuantity::FlightTime => duration_s,
        GaitQuantity::StanceShare => 100.0 * duration_s / stride_s,
        GaitQuantity::DoubleSupport => 100.0 * 2.0_f64.sqrt() * duration_s / stride_s,
        GaitQuantity::Cadence => 120.0 / stride_s * duration_s / stride_s,
        // The contact between the two steps lengthens one and shortens the other: √3 durations.
        GaitQuantity::StepTimeAsymmetry => 100.0 * 3.0_f64.sqrt() * duration_s / (0.5 * stride_s),
        GaitQuantity::StepLength => length(0.015, 0.049),
        GaitQuantity::StepLengthAsymmetry => {
            100.0 * 2.0_f64.sqrt() * length(0.015, 0.049) / to_curve_unit(0.7, unit)
        }
        GaitQuantity::StrideLength => length(0.02, 0.07),
        GaitQuantity::StepWidth => length(0.015, 0.03),
        GaitQuantity::GaitSpeed => length(0.03, 0.05),
    };
    GaitError { half_width: 1.96 * deviation, source }
}
