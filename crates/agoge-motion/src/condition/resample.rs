//! Resampling to a regular clock.

use crate::recording::{MISSING, Recording, RecordingError};

/// A clock is regular if every step differs from the median step by at most this share of it.
const REGULAR: f64 = 0.02;

/// The rate to resample the recording to, Hz; `None` if it needs no resampling.
pub(super) fn target_rate(
    recording: &Recording,
    wanted: Option<f64>,
) -> Result<Option<f64>, RecordingError> {
    let median_rate = recording.rate_hz();
    if let Some(rate) = wanted {
        if !(1.0..=10_000.0).contains(&rate) {
            return Err(RecordingError::Parameter {
                what: format!("a rate of {rate} frames a second makes no sense"),
                hint: "choose a rate between 1 and 10000",
            });
        }
        return Ok(((rate - median_rate).abs() > 1e-6 * rate).then_some(rate));
    }
    let step = 1.0 / median_rate;
    let irregular =
        recording.time.windows(2).any(|w| ((w[1] - w[0]) - step).abs() > REGULAR * step);
    // A clock with a huge hole would give a huge regular recording: it is left irregular if the
    // number of frames would grow tenfold.
    let frames = recording.duration_s() * median_rate;
    let is_feasible = median_rate.is_finite() && frames < 10.0 * recording.frame_count() as f64;
    Ok((irregular && is_feasible).then_some(median_rate))
}

/// Resamples the recording to another rate by linear interpolation between neighbouring frames.
/// Between a known and a missing position the result is missing.
pub(super) fn resample_to(
    recording: &Recording,
    rate_hz: f64,
) -> Result<Recording, RecordingError> {
    let joints = recording.joint_count();
    let Some(&start) = recording.time.first() else { return Err(RecordingError::NoFrames) };
    let frames = (recording.duration_s() * rate_hz + 1e-6).floor() as usize + 1;
    let time: Vec<f64> = (0..frames).map(|frame| start + frame as f64 / rate_hz).collect();
    let mut position = Vec::with_capacity(frames * joints);
    let mut confidence = Vec::with_capacity(frames * joints);
    let mut before = 0;
    for &t in &time {
        while before + 2 < recording.frame_count() && recording.time[before + 1] <= t {
            before += 1;
        }
        let after = (before + 1).min(recording.frame_count() - 1);
        let span = recording.time[after] - recording.time[before];
        let s =
            if span > 0.0 { ((t - recording.time[before]) / span).clamp(0.0, 1.0) } else { 0.0 };
        for joint in 0..joints {
            let (p, q) =
                (recording.position_at(before, joint), recording.position_at(after, joint));
            let (c, d) = (
                recording.confidence[before * joints + joint],
                recording.confidence[after * joints + joint],
            );
            let exact = if s < 1e-9 { Some((p, c)) } else { (s > 1.0 - 1e-9).then_some((q, d)) };
            let between = || {
                let p = std::array::from_fn(|k| p[k] + s * (q[k] - p[k]));
                (if p[0].is_finite() { p } else { MISSING }, c.min(d))
            };
            let (p, c) = exact.unwrap_or_else(between);
            position.push(p);
            confidence.push(c);
        }
    }
    let mut resampled = Recording::new(
        recording.source.clone(),
        recording.skeleton.clone(),
        recording.space,
        time,
        position,
        confidence,
    )?;
    resampled.channels.clone_from(&recording.channels);
    Ok(resampled)
}
