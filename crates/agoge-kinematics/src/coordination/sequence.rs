//! The sequence in which body parts reach their peak speeds.

use crate::time_derivative;

/// The peak speed of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpeedPeak {
    /// Time of the peak, s, with sub-frame resolution.
    pub time_s: f64,
    /// The speed at the peak, in the curve's unit per second, positive.
    pub speed: f64,
}

/// When each curve changes fastest, in either direction. In a throw or kick, the segments reach
/// their highest angular velocity one after the other, from proximal to distal (Putnam 1993).
/// `curves` are angles over `time` (s), `[curve][frame]`, from proximal to distal.
///
/// Speeds are central differences; the time is that of the vertex of the parabola through the
/// highest speed and its neighbours, so that gaps shorter than a frame can be resolved. `None` for
/// a curve in which no speed is known, or that never moves.
///
/// ```
/// use agoge_kinematics::coordination::{peak_gaps, peak_speeds};
/// let time: Vec<f64> = (0..200).map(|i| 0.01 * f64::from(i)).collect();
/// // Sigmoids change fastest at their centres: at 0.8 s and 1.0 s.
/// let step = |centre: f64| time.iter().map(|t| (5.0 * (t - centre)).tanh()).collect::<Vec<_>>();
/// let peaks = peak_speeds(&[&step(0.8), &step(1.0)], &time);
/// assert!((peak_gaps(&peaks)[0] - 0.2).abs() < 1e-3);
/// ```
pub fn peak_speeds(curves: &[&[f64]], time: &[f64]) -> Vec<Option<SpeedPeak>> {
    curves.iter().map(|curve| peak_speed(curve, time)).collect()
}

/// The peak speed of one curve.
fn peak_speed(curve: &[f64], time: &[f64]) -> Option<SpeedPeak> {
    let speed: Vec<f64> = time_derivative(curve, time).into_iter().map(f64::abs).collect();
    let (peak, &highest) = speed
        .iter()
        .enumerate()
        .filter(|(_, v)| v.is_finite())
        .max_by(|a, b| a.1.total_cmp(b.1))?;
    if highest <= 0.0 {
        return None;
    }
    let neighbours =
        peak.checked_sub(1).and_then(|before| Some([*speed.get(before)?, *speed.get(peak + 1)?]));
    let Some([before, after]) = neighbours.filter(|known| known.iter().all(|v| v.is_finite()))
    else {
        return Some(SpeedPeak { time_s: time[peak], speed: highest });
    };
    let bend = before - 2.0 * highest + after;
    // A peak of two equal speeds lies between them; a flat peak is not shifted.
    let shift = if bend < 0.0 { 0.5 * (before - after) / bend } else { 0.0 };
    let step = 0.5 * (time[peak + 1] - time[peak - 1]);
    Some(SpeedPeak {
        time_s: time[peak] + shift * step,
        speed: highest - 0.25 * (before - after) * shift,
    })
}

/// Time from each peak to the next, s, `[curve − 1]`: positive if the more distal one comes later.
/// NaN next to a missing peak.
pub fn peak_gaps(peaks: &[Option<SpeedPeak>]) -> Vec<f64> {
    let time = |peak: &Option<SpeedPeak>| peak.map_or(f64::NAN, |peak| peak.time_s);
    peaks.windows(2).map(|pair| time(&pair[1]) - time(&pair[0])).collect()
}
