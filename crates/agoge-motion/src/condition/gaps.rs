//! Filling short gaps.

use crate::recording::Recording;

/// Fills gaps of up to `max_gap_s` between confident positions (confidence `least` or more) with a
/// cubic Hermite curve. Longer gaps and the ends stay missing or at low confidence. Within a longer
/// gap, short stretches missing between positions of low confidence are filled too, and keep low
/// confidence. Returns the number of frames filled for each joint, not counting the latter.
pub(super) fn fill_gaps(recording: &mut Recording, max_gap_s: f64, least: f32) -> Vec<usize> {
    let joints = recording.joint_count();
    let mut filled = vec![0; joints];
    for (joint, filled) in filled.iter_mut().enumerate() {
        // A NaN confidence counts as confident.
        let is_unsure = |recording: &Recording, frame: usize| {
            recording.confidence[frame * joints + joint] < least
        };
        for [a, b] in find_gaps(recording, joint, max_gap_s, |frame| !is_unsure(recording, frame)) {
            interpolate_gap(recording, joint, a, b);
            *filled += b - a - 1;
            for frame in a + 1..b {
                let confidence = &mut recording.confidence[frame * joints + joint];
                *confidence = confidence.max(least);
            }
        }
        for [a, b] in find_gaps(recording, joint, max_gap_s, |_| true) {
            interpolate_gap(recording, joint, a, b);
        }
    }
    filled
}

/// The frames before and after each gap of up to `max_gap_s` between a joint's known positions that
/// satisfy `counts`.
fn find_gaps(
    recording: &Recording,
    joint: usize,
    max_gap_s: f64,
    counts: impl Fn(usize) -> bool,
) -> Vec<[usize; 2]> {
    let known = (0..recording.frame_count())
        .filter(|&frame| recording.is_seen(frame, joint) && counts(frame));
    let known: Vec<usize> = known.collect();
    let pairs = known.windows(2).map(|pair| [pair[0], pair[1]]);
    pairs.filter(|&[a, b]| a + 1 < b && is_short_gap(recording, a, b, max_gap_s)).collect()
}

/// Whether the gap between two frames is short enough to fill: at most `max_gap_s` from the one
/// frame to the other.
pub(super) fn is_short_gap(
    recording: &Recording,
    before: usize,
    after: usize,
    max_gap_s: f64,
) -> bool {
    recording.time[after] - recording.time[before] <= max_gap_s + 1e-9
}

/// Fills the frames between known frames `a` and `b` with half the lower of their confidences.
fn interpolate_gap(recording: &mut Recording, joint: usize, a: usize, b: usize) {
    let (joints, frames) = (recording.joint_count(), recording.frame_count());
    let (ta, tb) = (recording.time[a], recording.time[b]);
    let (p, q) = (recording.position_at(a, joint), recording.position_at(b, joint));
    let confidence = 0.5
        * recording.confidence[a * joints + joint].min(recording.confidence[b * joints + joint]);
    let slope = |from: usize, to: usize, axis: usize| {
        (recording.position_at(to, joint)[axis] - recording.position_at(from, joint)[axis])
            / (recording.time[to] - recording.time[from])
    };
    let width = tb - ta;
    // The slope at an end of the gap is that of the parabola through the frame outside, this end
    // and the other end.
    let tangent = |outside: Option<(usize, usize)>, inside: f64, axis: usize| {
        let Some((from, to)) = outside else { return inside };
        let step = recording.time[to] - recording.time[from];
        let slope = (slope(from, to, axis) * width + inside * step) / (width + step);
        if slope.is_finite() { slope } else { inside }
    };
    let coefficients: [[f64; 4]; 3] = std::array::from_fn(|axis| {
        let inside = (q[axis] - p[axis]) / width;
        let left = tangent(a.checked_sub(1).map(|before| (before, a)), inside, axis);
        let right = tangent((b + 1 < frames).then_some((b, b + 1)), inside, axis);
        [p[axis], q[axis], left * width, right * width]
    });
    for frame in a + 1..b {
        let s = (recording.time[frame] - ta) / (tb - ta);
        let (s2, s3) = (s * s, s * s * s);
        let weights = [2.0 * s3 - 3.0 * s2 + 1.0, 3.0 * s2 - 2.0 * s3, s3 - 2.0 * s2 + s, s3 - s2];
        let i = frame * joints + joint;
        recording.position[i] =
            coefficients.map(|c| c.iter().zip(weights).map(|(c, w)| c * w).sum());
        recording.confidence[i] = confidence;
    }
}
