//! Height and reactive strength from flight and contact times, with what the frame rate leaves open.

use serde::Serialize;

/// Standard gravity, m/s².
const GRAVITY: f64 = 9.80665;

/// A value and how far it may be off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// The value.
    pub value: f64,
    /// Half the width of what one frame more or less at an end would make of it.
    pub error: f64,
}

/// Jump height, m, from the flight time, s: g·t²/8 (Bosco, Luhtanen & Komi 1983). The error is that of one frame: 60 frames a second leave 7 % of the height
/// open at a flight of half a second.
pub fn jump_height(flight_s: f64, rate_hz: f64) -> Measured {
    Measured { value: GRAVITY * flight_s * flight_s / 8.0, error: GRAVITY * flight_s / (4.0 * rate_hz) }
}

/// Reactive strength index, m/s: jump height over contact time (Young 1995). The errors of both times are taken to be independent.
pub fn reactive_strength(flight_s: f64, contact_s: f64, rate_hz: f64) -> Measured {
    let height = jump_height(flight_s, rate_hz);
    let value = height.value / contact_s;
    let parts = (height.error / height.value).hypot(1.0 / (rate_hz * contact_s));
    Measured { value, error: value * parts }
}
