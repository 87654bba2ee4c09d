//! Height and reactive strength from flight and contact times, with what the errors of these leave
//! open.

use agoge_kinematics::sensor::GRAVITY;
use serde::Serialize;

/// A value and how far it may be off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// The value.
    pub value: f64,
    /// Half the width of what the error of the times makes of it.
    pub error: f64,
}

/// Jump height, m, from the flight time, s: g·t²/8 (Bosco, Luhtanen & Komi 1983), and how far off
/// it is if the time is by `time_error_s`: a frame of 60 a second is 7 % of the height at a flight
/// of half a second.
pub fn jump_height(flight_s: f64, time_error_s: f64) -> Measured {
    Measured {
        value: GRAVITY * flight_s * flight_s / 8.0,
        error: GRAVITY * flight_s * time_error_s / 4.0,
    }
}

/// Reactive strength index, m/s: jump height over contact time (Young 1995). The errors of both
/// times are taken to be independent.
pub fn reactive_strength(flight_s: f64, contact_s: f64, time_error_s: f64) -> Measured {
    let height = jump_height(flight_s, time_error_s);
    let value = height.value / contact_s;
    let parts = (height.error / height.value).hypot(time_error_s / contact_s);
    Measured { value, error: value * parts }
}

/// How far off a time between two contacts is, s: at each end what an error of position makes of
/// it, where the foot moves as fast as the body leaves the ground, and half a frame.
pub(super) fn time_error_s(flight_s: f64, position_error_m: f64, rate_hz: f64) -> f64 {
    let at_an_end = (position_error_m / (0.5 * GRAVITY * flight_s)).hypot(0.5 / rate_hz);
    at_an_end * std::f64::consts::SQRT_2
}
