//! The order in which parts reach their highest speed.

use crate::derivative;

/// The highest speed of one curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// When, s, to a part of a frame.
    pub time_s: f64,
    /// The speed, unit of the curve a second, positive.
    pub speed: f64,
}

/// When each curve changes fastest, either way: in a throw or kick the segments from proximal to
/// distal reach their highest angular velocity one after the other (Putnam 1993). `curves` are
/// angles over `time` (s), `[curve][frame]`, from proximal to distal.
///
/// Speeds are central differences; the instant is that of the parabola through the highest speed
/// and its neighbours, so that gaps shorter than a frame can be told. None for a curve without two
/// known values side by side, or one that never moves.
pub fn peak_speeds(curves: &[&[f64]], time: &[f64]) -> Vec<Option<Peak>> {
    curves.iter().map(|curve| peak_speed(curve, time)).collect()
}

fn peak_speed(curve: &[f64], time: &[f64]) -> Option<Peak> {
    let speed: Vec<f64> = derivative(curve, time).into_iter().map(f64::abs).collect();
    let (at, &highest) = speed
        .iter()
        .enumerate()
        .filter(|(_, v)| v.is_finite())
        .max_by(|a, b| a.1.total_cmp(b.1))?;
    if highest <= 0.0 {
        return None;
    }
    let neighbours =
        at.checked_sub(1).and_then(|before| Some([*speed.get(before)?, *speed.get(at + 1)?]));
    let Some([before, after]) = neighbours.filter(|known| known.iter().all(|v| v.is_finite()))
    else {
        return Some(Peak { time_s: time[at], speed: highest });
    };
    let bend = before - 2.0 * highest + after;
    // A peak of two equal speeds lies between them; a flat one where it is.
    let shift = if bend < 0.0 { 0.5 * (before - after) / bend } else { 0.0 };
    let step = 0.5 * (time[at + 1] - time[at - 1]);
    Some(Peak { time_s: time[at] + shift * step, speed: highest - 0.25 * (before - after) * shift })
}

/// Time from each peak to the next, s, `[curve − 1]`: positive where the more distal comes later.
/// NaN beside a missing peak.
pub fn peak_gaps(peaks: &[Option<Peak>]) -> Vec<f64> {
    let time = |peak: &Option<Peak>| peak.map_or(f64::NAN, |peak| peak.time_s);
    peaks.windows(2).map(|pair| time(&pair[1]) - time(&pair[0])).collect()
}

/// Whether every peak comes after the one before it; none if a peak is missing.
pub fn is_proximal_to_distal(peaks: &[Option<Peak>]) -> Option<bool> {
    peaks.iter().all(Option::is_some).then(|| peak_gaps(peaks).iter().all(|gap| *gap > 0.0))
}
