//! Removal of outliers.

use crate::recording::{MISSING, Recording};
use crate::statistics::nearest_quantile;
use crate::vector::{norm, sub};

/// Removes positions that are more than `threshold` robust standard deviations (Hampel 1974;
/// 1.4826·MAD) and more than three times the joint's usual step from the median of their window.
/// The second condition keeps tremor in a still joint from counting as outliers. Returns the number
/// removed for each joint.
pub(super) fn remove_outliers(
    recording: &mut Recording,
    half_window: usize,
    threshold: f64,
) -> Vec<usize> {
    let (frames, joints) = (recording.frame_count(), recording.joint_count());
    let axes = if recording.space.is_3d() { 3 } else { 2 };
    let mut removed = vec![0; joints];
    let mut window = Vec::with_capacity(2 * half_window + 1);
    for (joint, removed) in removed.iter_mut().enumerate() {
        let track: Vec<[f64; 3]> = recording
            .joint_track(joint)
            .map(|p| if axes == 3 { p } else { [p[0], p[1], 0.0] })
            .collect();
        let mut steps: Vec<f64> =
            track.windows(2).map(|w| norm(sub(w[1], w[0]))).filter(|d| d.is_finite()).collect();
        let Some(usual) = nearest_quantile(&mut steps, 0.9) else { continue };
        let mut outliers = Vec::new();
        for frame in 0..frames {
            if !track[frame][0].is_finite() {
                continue;
            }
            let around = frame.saturating_sub(half_window)..(frame + half_window + 1).min(frames);
            let mut centre = [0.0; 3];
            for (axis, centre) in centre.iter_mut().enumerate().take(axes) {
                window.clear();
                window.extend(
                    track[around.clone()].iter().map(|p| p[axis]).filter(|v| v.is_finite()),
                );
                *centre = nearest_quantile(&mut window, 0.5).unwrap_or(track[frame][axis]);
            }
            window.clear();
            window.extend(
                track[around].iter().map(|&p| norm(sub(p, centre))).filter(|d| d.is_finite()),
            );
            let spread = 1.4826 * nearest_quantile(&mut window, 0.5).unwrap_or(0.0);
            let away = norm(sub(track[frame], centre));
            if window.len() > half_window && away > threshold * spread && away > 3.0 * usual {
                outliers.push(frame);
            }
        }
        *removed = outliers.len();
        for frame in outliers {
            recording.position[frame * joints + joint] = MISSING;
        }
    }
    removed
}
