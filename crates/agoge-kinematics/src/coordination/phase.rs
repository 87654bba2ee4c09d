//! Continuous relative phase.

use agoge_motion::statistics::finite_mean;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// The phase of a curve over one repetition or cycle, `[sample]`, degrees in (−180, 180]: the
/// argument of its analytic signal after subtracting the midpoint of its range (Lamb & Stöckl
/// 2014).
///
/// The ends are padded with mirror images of the whole curve, so that a repetition that begins and
/// ends at rest continues as if repeated; for other curves, the first and last tenth are
/// unreliable. All NaN if a value is missing, nothing moves or there are fewer than 4 samples.
pub fn phase_angle(values: &[f64]) -> Vec<f64> {
    let n = values.len();
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let is_moving = high - low > 0.0 && (high - low).is_finite();
    if n < 4 || !is_moving || values.iter().any(|value| !value.is_finite()) {
        return vec![f64::NAN; n];
    }
    let middle = 0.5 * (high + low);
    let mirrored = (1..n).rev().chain(0..n).chain((0..n - 1).rev());
    let padded: Vec<f64> = mirrored.map(|i| values[i] - middle).collect();
    analytic_signal(&padded)[n - 1..2 * n - 1]
        .iter()
        .map(|z| z.im.atan2(z.re).to_degrees())
        .collect()
}

/// The analytic signal of a real signal: its spectrum without negative frequencies (like SciPy's
/// `hilbert`).
fn analytic_signal(signal: &[f64]) -> Vec<Complex<f64>> {
    let n = signal.len();
    let mut planner = FftPlanner::new();
    let mut z: Vec<Complex<f64>> =
        signal.iter().map(|&x| Complex::new(x / n as f64, 0.0)).collect();
    planner.plan_fft_forward(n).process(&mut z);
    for (k, z) in z.iter_mut().enumerate() {
        // Every frequency has a negative counterpart, except zero and, for an even length, the
        // highest.
        *z *= match k {
            0 => 1.0,
            _ if 2 * k == n => 1.0,
            _ if 2 * k < n => 2.0,
            _ => 0.0,
        };
    }
    planner.plan_fft_inverse(n).process(&mut z);
    z
}

/// Continuous relative phase of two curves over the same samples, `[sample]`, degrees in (−180,
/// 180]: the phase of the proximal minus that of the distal curve. 0 is in phase, ±180 anti-phase;
/// positive if the proximal leads. NaN under the conditions of [`phase_angle`].
///
/// ```
/// use agoge_kinematics::coordination::{mean_absolute_relative_phase, relative_phase};
/// let angle = |i: i32| std::f64::consts::TAU * f64::from(i) / 100.0;
/// let curve: Vec<f64> = (0..=100).map(|i| angle(i).cos()).collect();
/// let opposite: Vec<f64> = curve.iter().map(|value| -value).collect();
/// assert!(mean_absolute_relative_phase(&relative_phase(&curve, &curve)) < 1e-9);
/// assert!(mean_absolute_relative_phase(&relative_phase(&curve, &opposite)) > 179.0);
/// ```
pub fn relative_phase(proximal: &[f64], distal: &[f64]) -> Vec<f64> {
    let pairs = phase_angle(proximal).into_iter().zip(phase_angle(distal));
    pairs.map(|(proximal, distal)| wrap_angle(proximal - distal)).collect()
}

/// Wraps an angle to (−180, 180] degrees.
///
/// ```
/// use agoge_kinematics::coordination::wrap_angle;
/// assert_eq!(wrap_angle(190.0), -170.0);
/// assert_eq!(wrap_angle(-180.0), 180.0);
/// ```
pub fn wrap_angle(angle: f64) -> f64 {
    let turned = angle - 360.0 * (angle / 360.0).round();
    if turned <= -180.0 { turned + 360.0 } else { turned }
}

/// Mean absolute relative phase (MARP), degrees, 0 (in phase) to 180 (anti-phase), over the known
/// samples of a relative phase curve (Stergiou 2004). NaN without any.
pub fn mean_absolute_relative_phase(relative_phase: &[f64]) -> f64 {
    let absolute: Vec<f64> = relative_phase.iter().map(|angle| angle.abs()).collect();
    finite_mean(&absolute)
}
