//! Detection and undoing of swapped left and right joints.

use crate::recording::Recording;
use crate::statistics::upper_median;
use crate::vector::{add, fill_track_gaps, norm, scale, sub};
use crate::{Part, Skeleton};

/// Groups of parts that pose networks swap together.
const ARMS: [Part; 4] = [Part::LeftShoulder, Part::LeftElbow, Part::LeftWrist, Part::LeftHand];
const LEGS: [Part; 6] = [
    Part::LeftHip,
    Part::LeftKnee,
    Part::LeftAnkle,
    Part::LeftHeel,
    Part::LeftBigToe,
    Part::LeftSmallToe,
];

/// Swapping the labels must reduce the unevenness of the path by this many times the usual
/// unevenness. A smaller gain could be noise, or limbs that pass each other in a side view.
const SWAP_GAIN: f64 = 4.0;
/// Number of frames around each frame whose median unevenness counts as usual, unless that of the
/// whole recording is greater: in a jump every path is uneven, however it is labelled.
const LOCAL_FRAMES: usize = 15;

/// Undoes swaps of left and right, for the arms and for the legs separately. Returns the number of
/// frames changed for each joint.
///
/// In each frame the labels are either correct or swapped. A Viterbi search over the states of two
/// successive frames finds the sequence in which the joints move most evenly. The cost is the
/// distance of a position from the linear extrapolation of the two frames before it, which
/// distinguishes limbs that cross from labels that jump. Assumes that most frames are labelled
/// correctly.
pub(super) fn undo_swaps(recording: &mut Recording) -> Vec<usize> {
    let mut undone = vec![0; recording.joint_count()];
    for group in [&ARMS[..], &LEGS[..]] {
        let pairs = side_pairs(&recording.skeleton, group);
        if pairs.is_empty() || recording.frame_count() < 3 {
            continue;
        }
        for frame in swapped_frames(recording, &pairs) {
            let row = frame * recording.joint_count();
            for &(left, right) in &pairs {
                recording.position.swap(row + left, row + right);
                recording.confidence.swap(row + left, row + right);
                undone[left] += 1;
                undone[right] += 1;
            }
        }
    }
    undone
}

/// The left and right joints of a group's parts that the skeleton has.
fn side_pairs(skeleton: &Skeleton, group: &[Part]) -> Vec<(usize, usize)> {
    group
        .iter()
        .filter_map(|part| {
            Some((skeleton.joint_for_part(*part)?, skeleton.joint_for_part(part.mirror())?))
        })
        .collect()
}

/// The frames whose labels are swapped.
fn swapped_frames(recording: &Recording, pairs: &[(usize, usize)]) -> Vec<usize> {
    let frames = recording.frame_count();
    let tracks: Vec<[Vec<[f64; 3]>; 2]> = pairs
        .iter()
        .map(|&(left, right)| {
            [continuous_track(recording, left), continuous_track(recording, right)]
        })
        .collect();
    // Unevenness of frame t if the labels of t−2, t−1, t are in the given states (1: swapped).
    let unevenness_at = |t: usize, states: [usize; 3]| -> f64 {
        let mut sum = 0.0;
        for track in &tracks {
            for side in 0..2 {
                let [a, b, c] = [0, 1, 2].map(|i| track[side ^ states[i]][t - 2 + i]);
                let off = norm(sub(c, add(b, scale(sub(b, a), 1.0))));
                sum += if off.is_finite() { off } else { 0.0 };
            }
        }
        sum
    };
    // `[frame − 2, labelling]`. Swapping the labels of all three frames changes nothing, so there
    // are four labellings.
    let unevenness: Vec<[f64; 4]> = (2..frames)
        .map(|t| {
            [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1]].map(|states| unevenness_at(t, states))
        })
        .collect();
    let mut rows: Vec<f64> = unevenness.iter().map(|row| row[0]).collect();
    let usual = upper_median(&mut rows).unwrap_or(f64::NAN);
    // The minimum over the labellings, so that swapped labels do not raise their own threshold.
    let least: Vec<f64> =
        unevenness.iter().map(|row| row.iter().copied().fold(f64::INFINITY, f64::min)).collect();
    // The cost of a change of labelling, `[frame − 2]`.
    let switch: Vec<f64> = (0..least.len())
        .map(|t| {
            let around =
                t.saturating_sub(LOCAL_FRAMES / 2)..(t + LOCAL_FRAMES / 2 + 1).min(least.len());
            upper_median(&mut least[around].to_vec()).unwrap_or(f64::NAN)
        })
        .map(|local| SWAP_GAIN * local.max(usual))
        .collect();
    // A small price for every swapped frame decides which of the two labellings is the normal one.
    let price = 0.05 * usual;

    // State (i, j): the labels of the last but one and of the last frame.
    let mut cost = [0.0; 4];
    for (state, cost) in cost.iter_mut().enumerate() {
        let (i, j) = (state / 2, state % 2);
        *cost = price * (i + j) as f64 + switch[0] * f64::from(u8::from(i != j));
    }
    let mut from: Vec<[u8; 4]> = Vec::with_capacity(frames);
    for t in 2..frames {
        let (mut next, mut back) = ([f64::INFINITY; 4], [0u8; 4]);
        for i in 0..2 {
            for j in 0..2 {
                for k in 0..2 {
                    let total = cost[2 * i + j]
                        + unevenness[t - 2][2 * (i ^ j) + (i ^ k)]
                        + price * k as f64
                        + switch[t - 2] * f64::from(u8::from(j != k));
                    if total < next[2 * j + k] {
                        next[2 * j + k] = total;
                        back[2 * j + k] = i as u8;
                    }
                }
            }
        }
        cost = next;
        from.push(back);
    }
    let mut state = (0..4).min_by(|&a, &b| cost[a].total_cmp(&cost[b])).unwrap_or(0);
    let mut swapped = Vec::new();
    for t in (0..frames).rev() {
        if state % 2 == 1 {
            swapped.push(t);
        }
        state = match t.checked_sub(2) {
            Some(row) => 2 * usize::from(from[row][state]) + state / 2,
            None => state / 2,
        };
    }
    swapped
}

/// A joint's track with gaps interpolated linearly and the ends held; NaN only if the joint is
/// never seen. In two dimensions depth is zero.
fn continuous_track(recording: &Recording, joint: usize) -> Vec<[f64; 3]> {
    let is_3d = recording.space.is_3d();
    let mut track: Vec<[f64; 3]> =
        recording.joint_track(joint).map(|p| if is_3d { p } else { [p[0], p[1], 0.0] }).collect();
    fill_track_gaps(&mut track);
    track
}
