//! Smoothness of a movement, computed from its speed profile.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// Spectral arc length of a speed profile (Balasubramanian, Melendez-Calderon, Roby-Brami & Burdet
/// 2015), with the spectrum zero-padded by 2⁴ and cut at 10 Hz and at 5 % of the peak amplitude.
/// Dimensionless and negative; nearer to zero is smoother. NaN if a value is missing, nothing moves
/// or there are fewer than 4 samples. Valid only for a single discrete movement.
///
/// ```
/// use agoge_kinematics::smoothness::sparc;
/// // The authors' example, a Gaussian speed profile at 100 Hz.
/// let time = (0..200).map(|i| -1.0 + 0.01 * f64::from(i));
/// let speed: Vec<f64> = time.map(|t| (-5.0 * t * t).exp()).collect();
/// assert!((sparc(&speed, 100.0) - -1.41403).abs() < 1e-5);
/// ```
pub fn sparc(speed: &[f64], rate_hz: f64) -> f64 {
    const PADDING: usize = 4;
    const CUTOFF_HZ: f64 = 10.0;
    const THRESHOLD: f64 = 0.05;
    if speed.len() < 4 || speed.iter().any(|v| !v.is_finite()) {
        return f64::NAN;
    }
    let n = speed.len().next_power_of_two() << PADDING;
    let mut spectrum: Vec<Complex<f64>> = speed.iter().map(|&v| Complex::new(v, 0.0)).collect();
    spectrum.resize(n, Complex::new(0.0, 0.0));
    FftPlanner::new().plan_fft_forward(n).process(&mut spectrum);
    let step = rate_hz / n as f64;
    let greatest = spectrum.iter().map(|c| c.norm()).fold(0.0, f64::max);
    if greatest <= 0.0 {
        return f64::NAN;
    }
    let low: Vec<f64> = spectrum
        .iter()
        .enumerate()
        .take_while(|(i, _)| *i as f64 * step <= CUTOFF_HZ)
        .map(|(_, c)| c.norm() / greatest)
        .collect();
    let (Some(first), Some(last)) =
        (low.iter().position(|&a| a >= THRESHOLD), low.iter().rposition(|&a| a >= THRESHOLD))
    else {
        return f64::NAN;
    };
    let band = &low[first..=last];
    let width = 1.0 / (band.len().saturating_sub(1)).max(1) as f64;
    -band.windows(2).map(|w| width.hypot(w[1] - w[0])).sum::<f64>()
}

/// Log dimensionless jerk of a speed profile (Balasubramanian et al. 2012): −ln(T³ / v_peak² · ∫
/// (d²v/dt²)² dt). Dimensionless; nearer to zero is smoother. More sensitive to noise than
/// [`sparc`]. NaN if a value is missing or there are fewer than 4 samples.
///
/// ```
/// use agoge_kinematics::smoothness::ldlj;
/// // The authors' example, a Gaussian speed profile at 100 Hz.
/// let time = (0..200).map(|i| -1.0 + 0.01 * f64::from(i));
/// let speed: Vec<f64> = time.map(|t| (-5.0 * t * t).exp()).collect();
/// assert!((ldlj(&speed, 100.0) - -5.81636).abs() < 1e-5);
/// ```
pub fn ldlj(speed: &[f64], rate_hz: f64) -> f64 {
    if speed.len() < 4 || speed.iter().any(|v| !v.is_finite()) {
        return f64::NAN;
    }
    let peak = speed.iter().map(|v| v.abs()).fold(0.0, f64::max);
    let step = 1.0 / rate_hz;
    let duration = speed.len() as f64 * step;
    let jerk: f64 =
        speed.windows(3).map(|w| ((w[2] - 2.0 * w[1] + w[0]) / (step * step)).powi(2)).sum::<f64>()
            * step;
    -(duration.powi(3) / (peak * peak) * jerk).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The authors' own example: v = exp(−5 t²), t = −1 … 0.99 in steps of 0.01, 100 Hz: SPARC
    /// −1.41403, LDLJ −5.81636.
    #[test]
    fn values_are_those_of_the_authors() {
        let speed: Vec<f64> =
            (0..200).map(|i| (-5.0 * (-1.0 + 0.01 * f64::from(i)).powi(2)).exp()).collect();
        assert!((sparc(&speed, 100.0) - -1.41403).abs() < 1e-5, "{}", sparc(&speed, 100.0));
        assert!((ldlj(&speed, 100.0) - -5.81636).abs() < 1e-5, "{}", ldlj(&speed, 100.0));
    }

    #[test]
    fn nothing_known_is_nothing_said() {
        assert!(sparc(&[0.0; 10], 30.0).is_nan());
        assert!(sparc(&[1.0, f64::NAN, 1.0, 1.0, 1.0], 30.0).is_nan());
        assert!(ldlj(&[1.0; 3], 30.0).is_nan());
    }
}
