//! Putting exchanged left and right joints back.

use crate::recording::Recording;
use crate::vector::{add, bridge, norm, scale, sub};
use crate::{Part, Skeleton};

/// Parts that pose networks exchange together.
const ARMS: [Part; 4] = [Part::LeftShoulder, Part::LeftElbow, Part::LeftWrist, Part::LeftHand];
const LEGS: [Part; 6] = [
    Part::LeftHip,
    Part::LeftKnee,
    Part::LeftAnkle,
    Part::LeftHeel,
    Part::LeftBigToe,
    Part::LeftSmallToe,
];

/// Exchanging the labels must explain the movement better than this many times the usual unevenness
/// of the path: less could be noise, or two limbs that pass each other in a picture from the side.
const CLEAR: f64 = 4.0;
/// What is usual is that of so many frames about each, or of the whole recording if that is more:
/// in a jump every path is uneven, whichever label it bears.
const ABOUT: usize = 15;

/// Undoes exchanges of left and right, for the arms and for the legs. How many frames, for each
/// joint.
///
/// Each frame either has its labels as they are or exchanged. The sequence is chosen (Viterbi over
/// the states of two successive frames) in which every joint moves most evenly: the cost is the
/// distance of a position from where the two frames before it lead, so that limbs which cross are
/// told from labels which jump. Most frames are taken to be labelled rightly.
pub(super) fn undo(recording: &mut Recording) -> Vec<usize> {
    let mut undone = vec![0; recording.joints()];
    for group in [&ARMS[..], &LEGS[..]] {
        let pairs = pairs(&recording.skeleton, group);
        if pairs.is_empty() || recording.frames() < 3 {
            continue;
        }
        for frame in exchanged(recording, &pairs) {
            let row = frame * recording.joints();
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

fn pairs(skeleton: &Skeleton, group: &[Part]) -> Vec<(usize, usize)> {
    group
        .iter()
        .filter_map(|part| Some((skeleton.joint_of(*part)?, skeleton.joint_of(part.mirror())?)))
        .collect()
}

/// The frames whose labels are exchanged.
fn exchanged(recording: &Recording, pairs: &[(usize, usize)]) -> Vec<usize> {
    let frames = recording.frames();
    let tracks: Vec<[Vec<[f64; 3]>; 2]> = pairs
        .iter()
        .map(|&(left, right)| [bridged(recording, left), bridged(recording, right)])
        .collect();
    // Unevenness of frame t when the labels of t−2, t−1, t are in the given states.
    let uneven = |t: usize, states: [usize; 3]| -> f64 {
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
    // `[frame − 2, labelling]`: to exchange the labels of all three frames changes nothing, so that
    // there are four.
    let uneven: Vec<[f64; 4]> = (2..frames)
        .map(|t| [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1]].map(|states| uneven(t, states)))
        .collect();
    let usual = median(&uneven.iter().map(|own| own[0]).collect::<Vec<f64>>());
    // However the labels are: exchanged ones are not to hide themselves.
    let least: Vec<f64> =
        uneven.iter().map(|own| own.iter().copied().fold(f64::INFINITY, f64::min)).collect();
    // `[frame − 2]`
    let switch: Vec<f64> = (0..least.len())
        .map(|t| median(&least[t.saturating_sub(ABOUT / 2)..(t + ABOUT / 2 + 1).min(least.len())]))
        .map(|local| CLEAR * local.max(usual))
        .collect();
    // A small price for every exchanged frame decides which of the two labellings is the usual one.
    let price = 0.05 * usual;

    // State (i, j): labels of the last frame but one and of the last.
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
                        + uneven[t - 2][2 * (i ^ j) + (i ^ k)]
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
    let mut found = Vec::new();
    for t in (0..frames).rev() {
        if state % 2 == 1 {
            found.push(t);
        }
        state = match t.checked_sub(2) {
            Some(row) => 2 * usize::from(from[row][state]) + state / 2,
            None => state / 2,
        };
    }
    found
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// A joint's track with every gap bridged by a straight line and the ends held; NaN only if it is
/// never seen. In two dimensions depth is zero.
fn bridged(recording: &Recording, joint: usize) -> Vec<[f64; 3]> {
    let is_3d = recording.space.is_3d();
    let mut track: Vec<[f64; 3]> =
        recording.track(joint).map(|p| if is_3d { p } else { [p[0], p[1], 0.0] }).collect();
    bridge(&mut track);
    track
}
