//! Low-pass filters and smoothers.

use crate::recording::RecordingError;
use serde::{Deserialize, Serialize};

/// Whether the cut-off is corrected for the second pass of a zero-phase filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutoffCorrection {
    /// The cut-off is used as given, as Pose2Sim and OpenCap do.
    #[default]
    None,
    /// The cut-off is divided by 0.802, so that the signal has half its power at the given cut-off
    /// after both passes (Winter 2009).
    Winter,
}

/// A zero-phase Butterworth low-pass filter. The order counts both passes, as is usual in
/// biomechanics: order 4 is a second-order filter run forward and back, equal to SciPy's
/// `filtfilt(*butter(2, fc / (fs / 2)), x)`.
///
/// ```
/// use agoge_motion::filter::{Butterworth, CutoffCorrection};
/// // At the cut-off, the two passes of an uncorrected filter leave half the amplitude.
/// let mut sine: Vec<f64> =
///     (0..2000).map(|i| (std::f64::consts::TAU * 6.0 * f64::from(i) / 1000.0).sin()).collect();
/// let filter = Butterworth::new(4, 6.0, 1000.0, CutoffCorrection::None)?;
/// assert_eq!(filter.filter_zero_phase(&mut sine), 2000);
/// let peak = sine[500..1500].iter().copied().fold(0.0, f64::max);
/// assert!((peak - 0.5).abs() < 1e-3);
/// # Ok::<(), agoge_motion::RecordingError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Butterworth {
    b: Vec<f64>,
    a: Vec<f64>,
    /// Filter state in equilibrium with a constant input of 1.
    zi: Vec<f64>,
}

impl Butterworth {
    /// A filter of order 2 or 4 for signals sampled at `rate_hz`; an error for any other order, or
    /// if the cut-off is not between 0 and half the rate.
    pub fn new(
        order: usize,
        cutoff_hz: f64,
        rate_hz: f64,
        correction: CutoffCorrection,
    ) -> Result<Butterworth, RecordingError> {
        let cutoff_hz = match correction {
            CutoffCorrection::None => cutoff_hz,
            CutoffCorrection::Winter => cutoff_hz / 0.802,
        };
        if !(cutoff_hz > 0.0 && cutoff_hz < 0.5 * rate_hz) {
            return Err(RecordingError::Parameter {
                what: format!(
                    "a cut-off of {cutoff_hz:.3} Hz does not fit {rate_hz:.3} frames a second"
                ),
                hint: "choose a cut-off above 0 and below half the frame rate",
            });
        }
        // Bilinear transform with the cut-off pre-warped: w = tan(π fc / fs).
        let w = (std::f64::consts::PI * cutoff_hz / rate_hz).tan();
        let (b, a) = match order {
            2 => (vec![w / (1.0 + w); 2], vec![1.0, (w - 1.0) / (w + 1.0)]),
            4 => {
                let norm = 1.0 + std::f64::consts::SQRT_2 * w + w * w;
                let gain = w * w / norm;
                let a1 = 2.0 * (w * w - 1.0) / norm;
                let a2 = (1.0 - std::f64::consts::SQRT_2 * w + w * w) / norm;
                (vec![gain, 2.0 * gain, gain], vec![1.0, a1, a2])
            }
            _ => {
                return Err(RecordingError::Parameter {
                    what: format!("a Butterworth filter of order {order} is not offered"),
                    hint: "choose order 2 or 4 (both passes counted)",
                });
            }
        };
        // A constant input of 1 gives an output of 1, so each state is the sum of what the later
        // taps still contribute.
        let n = b.len() - 1;
        let mut zi = vec![0.0; n];
        for i in (0..n).rev() {
            zi[i] = b[i + 1] - a[i + 1] + zi.get(i + 1).copied().unwrap_or(0.0);
        }
        Ok(Butterworth { b, a, zi })
    }

    /// Filters each run of known values separately, forward and back. Runs too short for the
    /// filter's padding are unchanged, and NaN stays NaN. Returns the number of filtered values.
    pub fn filter_zero_phase(&self, values: &mut [f64]) -> usize {
        let padding = 3 * self.b.len();
        let mut filtered = 0;
        for run in known_runs(values) {
            let x = &mut values[run];
            if x.len() <= padding {
                continue;
            }
            let n = x.len();
            // Odd extension at the ends, SciPy's default.
            let mut extended = Vec::with_capacity(n + 2 * padding);
            extended.extend((1..=padding).rev().map(|i| 2.0 * x[0] - x[i]));
            extended.extend_from_slice(x);
            extended.extend((1..=padding).map(|i| 2.0 * x[n - 1] - x[n - 1 - i]));
            for _ in 0..2 {
                self.filter_once(&mut extended);
                extended.reverse();
            }
            x.copy_from_slice(&extended[padding..padding + n]);
            filtered += n;
        }
        filtered
    }

    /// Runs one causal pass (direct form II transposed), starting in equilibrium with the first
    /// value.
    fn filter_once(&self, values: &mut [f64]) {
        let Some(&first) = values.first() else { return };
        let mut state: Vec<f64> = self.zi.iter().map(|z| z * first).collect();
        let n = state.len();
        for value in values {
            let x = *value;
            let y = self.b[0] * x + state[0];
            for i in 0..n {
                let next = state.get(i + 1).copied().unwrap_or(0.0);
                state[i] = next + self.b[i + 1] * x - self.a[i + 1] * y;
            }
            *value = y;
        }
    }
}

/// The runs of consecutive known values in a signal.
pub(crate) fn known_runs(values: &[f64]) -> Vec<std::ops::Range<usize>> {
    let mut runs = Vec::new();
    let mut start = None;
    for (i, value) in values.iter().enumerate() {
        match (value.is_finite(), start) {
            (true, None) => start = Some(i),
            (false, Some(from)) => {
                runs.push(from..i);
                start = None;
            }
            _ => {}
        }
    }
    runs.extend(start.map(|from| from..values.len()));
    runs
}

/// The One-Euro filter for live signals (Casiez, Roussel & Vogel 2012): a first-order low-pass
/// whose cut-off rises with speed. Its lag at rest is about 1/(2π·`min_cutoff_hz`) s.
///
/// ```
/// use agoge_motion::filter::OneEuro;
/// let mut filter = OneEuro::new(1.0, 0.0);
/// assert_eq!(filter.push(0.0, 0.0), 0.0);
/// // A step of one sample at 100 Hz: r / (1 + r) of the way, with r = 2π · 1 Hz · 0.01 s.
/// let r = std::f64::consts::TAU * 0.01;
/// assert!((filter.push(0.01, 1.0) - r / (1.0 + r)).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OneEuro {
    min_cutoff_hz: f64,
    beta: f64,
    last: Option<(f64, f64, f64)>,
}

impl OneEuro {
    /// A filter with the given cut-off at rest, Hz, and increase of the cut-off with speed, `beta`
    /// (Hz per unit per second).
    pub fn new(min_cutoff_hz: f64, beta: f64) -> OneEuro {
        OneEuro { min_cutoff_hz, beta, last: None }
    }

    /// Filters the value at a time, s. A missing value, or one whose time is not later than the
    /// last, is returned unchanged and does not affect the state.
    pub fn push(&mut self, time: f64, value: f64) -> f64 {
        self.push_with_beta(time, value, self.beta)
    }

    /// Like [`OneEuro::push`], but sets a new `beta` first: for signals whose scale changes, such
    /// as the pixel positions of an athlete who comes nearer.
    pub fn push_with_beta(&mut self, time: f64, value: f64, beta: f64) -> f64 {
        self.beta = beta;
        if !value.is_finite() {
            return value;
        }
        let Some((before, last, speed)) = self.last else {
            self.last = Some((time, value, 0.0));
            return value;
        };
        let step = time - before;
        if step.is_nan() || step <= 0.0 {
            return value;
        }
        let share = |cutoff: f64| {
            let r = std::f64::consts::TAU * cutoff * step;
            r / (r + 1.0)
        };
        let speed = speed + share(1.0) * ((value - last) / step - speed);
        let smooth = last + share(self.min_cutoff_hz + self.beta * speed.abs()) * (value - last);
        self.last = Some((time, smooth, speed));
        smooth
    }
}

/// The Whittaker smoother (Eilers 2003, second differences): minimises Σ w (x − z)² + λ Σ (Δ²z)².
/// Missing values have no weight and are interpolated; NaN before the first and after the last
/// known value stays NaN. Runs in linear time.
///
/// ```
/// use agoge_motion::filter::smooth_whittaker;
/// // A straight line has no second differences: it stays as it is, and its gap is filled.
/// let smooth = smooth_whittaker(&[0.0, 1.0, f64::NAN, 3.0, 4.0], 10.0);
/// assert!(smooth.iter().enumerate().all(|(i, value)| (value - i as f64).abs() < 1e-9));
/// ```
pub fn smooth_whittaker(values: &[f64], lambda: f64) -> Vec<f64> {
    let n = values.len();
    let known = |i: usize| values[i].is_finite();
    let (Some(first), Some(last)) = ((0..n).find(|&i| known(i)), (0..n).rev().find(|&i| known(i)))
    else {
        return values.to_vec();
    };
    let x = &values[first..=last];
    let m = x.len();
    if m < 3 || x.iter().filter(|v| v.is_finite()).count() < 3 {
        return values.to_vec();
    }
    // Bands of W + λ DᵀD, factored as LDLᵀ; `c` and `e` are the two sub-diagonals of L.
    let diagonal = |i: usize| {
        let edge = i.min(m - 1 - i);
        match (m, edge) {
            (3, 1) => 4.0,
            (_, 0) => 1.0,
            (4.., 1) => 5.0,
            _ => 6.0,
        }
    };
    let beside = |i: usize| if i == 0 || i + 2 == m { -2.0 } else { -4.0 };
    let (mut d, mut c, mut e, mut z) = (vec![0.0; m], vec![0.0; m], vec![0.0; m], vec![0.0; m]);
    for i in 0..m {
        let weight = f64::from(u8::from(x[i].is_finite()));
        let (c1, e1, d1) = if i > 0 { (c[i - 1], e[i - 1], d[i - 1]) } else { (0.0, 0.0, 0.0) };
        let (e2, d2) = if i > 1 { (e[i - 2], d[i - 2]) } else { (0.0, 0.0) };
        d[i] = weight + lambda * diagonal(i) - c1 * c1 * d1 - e2 * e2 * d2;
        c[i] = if i + 1 < m { (lambda * beside(i) - d1 * c1 * e1) / d[i] } else { 0.0 };
        e[i] = if i + 2 < m { lambda / d[i] } else { 0.0 };
        let wx = if x[i].is_finite() { x[i] } else { 0.0 };
        z[i] =
            wx - c1 * if i > 0 { z[i - 1] } else { 0.0 } - e2 * if i > 1 { z[i - 2] } else { 0.0 };
    }
    for i in 0..m {
        z[i] /= d[i];
    }
    for i in (0..m).rev() {
        z[i] -= c[i] * z.get(i + 1).copied().unwrap_or(0.0)
            + e[i] * z.get(i + 2).copied().unwrap_or(0.0);
    }
    let mut smooth = vec![f64::NAN; n];
    smooth[first..=last].copy_from_slice(&z);
    smooth
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal() -> Vec<f64> {
        (0..40)
            .map(|i| {
                let i = f64::from(i);
                (0.3 * i).sin() + 0.2 * (2.5 * i).cos() + f64::from(u8::from(i >= 20.0))
            })
            .collect()
    }

    const AT: [usize; 7] = [0, 1, 10, 20, 21, 30, 39];

    /// SciPy 1.17.1: `i = np.arange(40); x = np.sin(.3*i) + .2*np.cos(2.5*i) + (i >= 20);
    /// filtfilt(*butter(order//2, fc/(fs/2)), x)`.
    #[test]
    fn butterworth_equals_scipy() {
        #[rustfmt::skip]
        let cases = [
            (4, 6.0, 30.0, [0.19995210615199635, 0.3265652633367221, 0.1414722777407615, 0.4255691057002456, 1.0020596386608185, 1.4119776493644591, 0.03909701597410033]),
            (2, 6.0, 30.0, [0.20000022264161604, 0.3043715250384925, 0.14618379214755173, 0.45320590863030746, 0.9634638171650318, 1.4051769821271711, 0.03924234285172869]),
            (4, 6.0, 100.0, [0.22984015102588318, 0.38213876525173057, 0.05332365839093305, 0.3629454521263995, 0.6998995116578202, 1.373645708428584, -0.012776084089252869]),
        ];
        for (order, cutoff, rate, expected) in cases {
            let mut x = signal();
            let filter = Butterworth::new(order, cutoff, rate, CutoffCorrection::None).unwrap();
            assert_eq!(filter.filter_zero_phase(&mut x), 40);
            for (i, expected) in AT.into_iter().zip(expected) {
                assert!(
                    (x[i] - expected).abs() < 1e-9,
                    "{order} {cutoff} {rate} at {i}: {} {expected}",
                    x[i]
                );
            }
        }
    }

    #[test]
    fn winter_divides_the_cutoff() {
        let winter = Butterworth::new(4, 6.0 * 0.802, 30.0, CutoffCorrection::Winter).unwrap();
        let uncorrected = Butterworth::new(4, 6.0, 30.0, CutoffCorrection::None).unwrap();
        assert!((winter.b[0] - uncorrected.b[0]).abs() < 1e-12);
        assert!(Butterworth::new(4, 15.0, 30.0, CutoffCorrection::None).is_err());
        assert!(Butterworth::new(3, 6.0, 30.0, CutoffCorrection::None).is_err());
        assert!(Butterworth::new(4, 6.0, f64::NAN, CutoffCorrection::None).is_err());
    }

    /// With the correction, a sine at the cut-off keeps half its power (0.707 of its amplitude)
    /// after both passes; without it, half its amplitude.
    #[test]
    fn winter_keeps_half_the_power_at_the_cutoff() {
        for (correction, expected) in
            [(CutoffCorrection::Winter, 0.5f64.sqrt()), (CutoffCorrection::None, 0.5)]
        {
            let mut x: Vec<f64> = (0..4000)
                .map(|i| (std::f64::consts::TAU * 6.0 * f64::from(i) / 1000.0).sin())
                .collect();
            Butterworth::new(4, 6.0, 1000.0, correction).unwrap().filter_zero_phase(&mut x);
            let size = x[1000..3000].iter().copied().fold(0.0, f64::max);
            // 0.802 is rounded to three digits, and the sine's peak may lie between samples.
            assert!((size - expected).abs() < 1e-3, "{correction:?}: {size}");
        }
    }

    #[test]
    fn missing_values_part_the_signal() {
        let filter = Butterworth::new(4, 6.0, 30.0, CutoffCorrection::None).unwrap();
        let mut x = signal();
        x[30] = f64::NAN;
        assert_eq!(filter.filter_zero_phase(&mut x), 30);
        assert!(x[30].is_nan());
        assert_eq!(x[35], signal()[35]);
    }

    /// SciPy: `D = diags([1,-2,1],[0,1,2],shape=(38,40)); w = ones(40); w[15:18] = 0;
    /// spsolve(diags(w) + 10*D.T@D, w*x)`.
    #[test]
    fn whittaker_equals_the_sparse_solution() {
        let mut x = signal();
        x[15..18].fill(f64::NAN);
        let z = smooth_whittaker(&x, 10.0);
        let expected = [
            0.20340167108983356,
            0.39294568719264206,
            0.11815208746580297,
            -0.805556251458075,
            0.37607059674575055,
        ];
        for (i, expected) in [0, 1, 10, 16, 20].into_iter().zip(expected) {
            assert!((z[i] - expected).abs() < 1e-9, "{i}: {} {expected}", z[i]);
        }
    }

    /// The algorithm of the paper written out in Python: `dx = (x - xf)*30; dxf = a(1)*dx +
    /// (1-a(1))*dxf; f = 1 + .1*abs(dxf); xf = a(f)*x + (1-a(f))*xf` with `a(f) = 1/(1 +
    /// 30/(2*pi*f))`, starting with `xf = x[0], dxf = 0`.
    #[test]
    fn one_euro_equals_the_paper() {
        let mut filter = OneEuro::new(1.0, 0.1);
        let filtered: Vec<f64> = signal()
            .into_iter()
            .enumerate()
            .map(|(i, x)| filter.push(i as f64 / 30.0, x))
            .collect();
        let expected = [
            0.2,
            0.18848471757335725,
            0.6084162484683214,
            -0.4167280568594476,
            -0.05329957858636489,
            1.6945963482457107,
            0.20314427762232257,
        ];
        for (i, expected) in AT.into_iter().zip(expected) {
            // The time steps are rounded: 1/30 s to 1e-15.
            assert!((filtered[i] - expected).abs() < 1e-9, "{i}: {} {expected}", filtered[i]);
        }
    }

    #[test]
    fn one_euro_follows_a_constant_and_forgives_gaps() {
        let mut filter = OneEuro::new(1.0, 0.1);
        for i in 0..60 {
            assert_eq!(filter.push(f64::from(i) / 30.0, 2.0), 2.0);
        }
        assert!(filter.push(2.1, f64::NAN).is_nan());
        let after = filter.push(2.2, 3.0);
        assert!((2.0..3.0).contains(&after));
    }
}
