//! Smoothness of a movement, from its speed profile. Both measures are for discrete movements (from rest to rest).

use std::f64::consts::TAU;

/// Highest frequency that belongs to voluntary movement, Hz (Balasubramanian 2012).
const CUTOFF_HZ: f64 = 10.0;
/// Spectrum below this share of its maximum is noise (Balasubramanian 2015).
const AMPLITUDE_THRESHOLD: f64 = 0.05;
/// The spectrum is sampled as with zero padding to 2⁴ times the next power of two.
const PADDING: u32 = 4;

/// Spectral arc length of a speed profile `[sample]` at `rate_hz` (SPARC, Balasubramanian 2012 and 2015): below 0, nearer to 0 is
/// smoother, without unit. NaN for fewer than three samples, missing values or no movement.
pub fn sparc(speed: &[f64], rate_hz: f64) -> f64 {
    if speed.len() < 3 || !rate_hz.is_finite() || rate_hz <= 0.0 {
        return f64::NAN;
    }
    let size = speed.len().next_power_of_two() << PADDING;
    let step_hz = rate_hz / size as f64;
    let bins = ((CUTOFF_HZ / step_hz).floor() as usize + 1).min(size / 2 + 1);
    let spectrum: Vec<f64> = (0..bins).map(|bin| magnitude(speed, TAU * bin as f64 / size as f64)).collect();
    let highest = spectrum.iter().copied().fold(0.0, f64::max);
    let Some(last) = spectrum.iter().rposition(|&m| m >= AMPLITUDE_THRESHOLD * highest).filter(|&last| last > 0) else {
        return f64::NAN;
    };
    if highest.is_nan() || highest <= 0.0 {
        return f64::NAN;
    }
    let along = 1.0 / last as f64;
    -spectrum[..=last].windows(2).map(|pair| along.hypot((pair[1] - pair[0]) / highest)).sum::<f64>()
}

/// Magnitude of the Fourier transform at an angle a sample, rad.
fn magnitude(values: &[f64], angle: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    // The phasor is turned step by step; over a repetition's length its rounding error stays below 1e-11.
    let (turn_im, turn_re) = angle.sin_cos();
    let (mut c, mut s) = (1.0, 0.0);
    for value in values {
        re += value * c;
        im += value * s;
        (c, s) = (c * turn_re - s * turn_im, c * turn_im + s * turn_re);
    }
    re.hypot(im)
}

/// Log dimensionless jerk of a speed profile `[sample]` at `rate_hz`: −ln(T³/v_peak² ∫ (d²v/dt²)² dt) (Balasubramanian 2015); higher is
/// smoother, without unit. Sensitive to noise: prefer [`sparc`]. NaN for fewer than three samples, missing values or no movement.
pub fn ldlj(speed: &[f64], rate_hz: f64) -> f64 {
    let step = 1.0 / rate_hz;
    let peak = speed.iter().fold(0.0f64, |peak, v| peak.max(v.abs()));
    let duration = speed.len() as f64 * step;
    let jerk = speed.windows(3).map(|v| ((v[2] - 2.0 * v[1] + v[0]) / (step * step)).powi(2)).sum::<f64>() * step;
    let value = -(duration.powi(3) / (peak * peak) * jerk).ln();
    if value.is_finite() { value } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The authors' test profile: exp(−5 t²), t = −1 … 0.99 s, 100 Hz.
    fn bell() -> Vec<f64> {
        (0..200).map(|k| (-5.0 * (-1.0 + 0.01 * f64::from(k)).powi(2)).exp()).collect()
    }

    #[test]
    fn values_of_the_authors_code() {
        // SPARC −1.41403 and LDLJ −5.81636 by github.com/siva82kb/SPARC (printed to five places).
        assert!((sparc(&bell(), 100.0) + 1.41403).abs() < 1e-5, "{}", sparc(&bell(), 100.0));
        assert!((ldlj(&bell(), 100.0) + 5.81636).abs() < 1e-5, "{}", ldlj(&bell(), 100.0));
    }

    #[test]
    fn a_stop_in_the_middle_is_less_smooth() {
        let stopped: Vec<f64> =
            bell().iter().zip(0..).map(|(v, k)| v * (1.0 - (-((f64::from(k) - 100.0) / 8.0).powi(2)).exp())).collect();
        assert!(sparc(&stopped, 100.0) < sparc(&bell(), 100.0) - 0.3);
        assert!(ldlj(&stopped, 100.0) < ldlj(&bell(), 100.0));
    }

    #[test]
    fn nothing_to_measure_is_nan() {
        for speed in [&[][..], &[1.0, 1.0], &[0.0; 50], &[f64::NAN; 50]] {
            assert!(sparc(speed, 30.0).is_nan() && ldlj(speed, 30.0).is_nan());
        }
        assert!(sparc(&bell(), 0.0).is_nan());
    }
}
