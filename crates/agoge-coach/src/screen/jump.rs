//! Jump height and reactive strength from flight and contact times, with the errors that follow
//! from those of the times.

use agoge_kinematics::sensor::GRAVITY;
use serde::Serialize;

/// A value and its error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct UncertainValue {
    /// The value.
    pub value: f64,
    /// Half width of the interval that the error of the times implies.
    pub error: f64,
}

/// Jump height, m, from the flight time, s: g·t²/8 (Bosco, Luhtanen & Komi 1983), with its error if
/// the time is off by `time_error_s`. One frame at 60 Hz is 7 % of the height for a flight of half
/// a second.
///
/// ```
/// use agoge_coach::screen::jump_height;
/// // 9.80665 · 0.5² / 8 = 0.3065 m; 10 ms more or less are 9.80665 · 0.5 · 0.01 / 4 = 1.2 cm.
/// let height = jump_height(0.5, 0.01);
/// assert!((height.value - 0.3065).abs() < 1e-4 && (height.error - 0.01226).abs() < 1e-5);
/// ```
pub fn jump_height(flight_s: f64, time_error_s: f64) -> UncertainValue {
    UncertainValue {
        value: GRAVITY * flight_s * flight_s / 8.0,
        error: GRAVITY * flight_s * time_error_s / 4.0,
    }
}

/// Reactive strength index, m/s: jump height over contact time (Young 1995). The errors of both
/// times are assumed to be independent.
///
/// ```
/// use agoge_coach::screen::reactive_strength;
/// // 0.3065 m in 0.25 s of contact.
/// assert!((reactive_strength(0.5, 0.25, 0.01).value - 1.226).abs() < 1e-3);
/// ```
pub fn reactive_strength(flight_s: f64, contact_s: f64, time_error_s: f64) -> UncertainValue {
    let height = jump_height(flight_s, time_error_s);
    let value = height.value / contact_s;
    let relative_error = (height.error / height.value).hypot(time_error_s / contact_s);
    UncertainValue { value, error: value * relative_error }
}

/// Error of a time between two contacts, s. Each end contributes the effect of the position error
/// on a foot moving at the take-off speed of the body, and half a frame.
pub(super) fn time_error_s(flight_s: f64, position_error_m: f64, rate_hz: f64) -> f64 {
    let error_at_end = (position_error_m / (0.5 * GRAVITY * flight_s)).hypot(0.5 / rate_hz);
    error_at_end * std::f64::consts::SQRT_2
}
