//! Determines which axis points up from the positions, because marker files rarely say.

use agoge_motion::{Part, Skeleton, UpAxis};

/// How far the direction from the lower to the upper body may deviate from an axis and still
/// identify it: cosine of 35°.
const UPRIGHT: f64 = 0.82;
/// Lowest coordinate a marker may have along the up axis, m: slightly below the floor.
const FLOOR_M: f64 = -0.05;
/// Number of frames sampled across the recording.
const SAMPLED_FRAMES: usize = 200;

/// The up axis of positions in metres, `[frame, joint]`, and a note on how it was found.
///
/// In order of precedence: the caller's request; the direction from the lower to the upper body, if
/// it lies along an axis; what the file says (`stated`, with a reason); whichever of Y and Z is the
/// only one along which nothing is ever below the floor; Y.
pub(crate) fn find_up_axis(
    skeleton: &Skeleton,
    position: &[[f64; 3]],
    requested: Option<UpAxis>,
    stated: Option<(UpAxis, &str)>,
    notes: &mut Vec<String>,
) -> UpAxis {
    let (axis, reason) = if let Some(axis) = requested {
        (axis, "as asked".to_owned())
    } else if let Some(axis) = body_axis(skeleton, position) {
        (axis, "the upper body is there, seen from the lower".to_owned())
    } else if let Some((axis, reason)) = stated {
        (axis, reason.to_owned())
    } else if let Some(axis) = floor_axis(position) {
        (axis, "nothing is ever below zero along it".to_owned())
    } else {
        (UpAxis::Y, "assumed: nothing in the file tells".to_owned())
    };
    notes.push(format!("up is {}: {reason}", axis_name(axis)));
    axis
}

fn axis_name(axis: UpAxis) -> &'static str {
    match axis {
        UpAxis::Y => "y",
        UpAxis::Z => "z",
        UpAxis::YDown => "−y",
    }
}

/// The axis along which the upper body lies above the lower, in most frames.
pub(crate) fn body_axis(skeleton: &Skeleton, position: &[[f64; 3]]) -> Option<UpAxis> {
    let levels: Vec<i8> =
        skeleton.joints.iter().map(|joint| joint_level(joint.part, &joint.name)).collect();
    let frames = position.chunks_exact(levels.len().max(1));
    let step = (frames.len() / SAMPLED_FRAMES).max(1);
    let mut directions: [Vec<f64>; 3] = Default::default();
    for row in frames.step_by(step) {
        let (Some(upper), Some(lower)) =
            (level_mean(row, &levels, 1), level_mean(row, &levels, -1))
        else {
            continue;
        };
        for k in 0..3 {
            directions[k].push(if upper[k].is_nan() || lower[k].is_nan() {
                0.0
            } else {
                upper[k] - lower[k]
            });
        }
    }
    let direction = directions.map(median);
    let length = direction.iter().map(|v| v * v).sum::<f64>().sqrt();
    let along = direction.map(|v| v / length);
    match along {
        [_, y, _] if y > UPRIGHT => Some(UpAxis::Y),
        [_, y, _] if y < -UPRIGHT => Some(UpAxis::YDown),
        [_, _, z] if z > UPRIGHT => Some(UpAxis::Z),
        _ => None,
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Mean position of the joints of one level in a frame; none if none was seen.
fn level_mean(row: &[[f64; 3]], levels: &[i8], level: i8) -> Option<[f64; 3]> {
    let (mut sum, mut n) = ([0.0; 3], 0.0);
    for (p, _) in row.iter().zip(levels).filter(|(p, l)| **l == level && p[0].is_finite()) {
        (0..3).for_each(|k| sum[k] += p[k]);
        n += 1.0;
    }
    (n > 0.0).then(|| sum.map(|s| s / n))
}

/// The level of a joint: +1 for the upper trunk and head, −1 for the pelvis and legs, 0 for arms
/// and unknown joints.
fn joint_level(part: Option<Part>, name: &str) -> i8 {
    use Part::*;
    match part {
        Some(
            Chest | Neck | Head | Nose | LeftEye | RightEye | LeftEar | RightEar | LeftShoulder
            | RightShoulder,
        ) => 1,
        Some(part @ (Pelvis | Spine)) => {
            if part == Pelvis {
                -1
            } else {
                0
            }
        }
        Some(part) if part as usize >= LeftHip as usize => -1,
        Some(_) => 0,
        None => level_by_name(name),
    }
}

/// The level of a marker that represents no [`Part`], from the usual names of thorax and pelvis
/// landmarks (van Sint Jan 2007; Wu et al. 2002 and 2005).
fn level_by_name(name: &str) -> i8 {
    let bare = name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase();
    let starts = |words: &[&str]| words.iter().any(|word| bare.starts_with(word));
    if starts(&[
        "c7", "t1", "clav", "ster", "strn", "xiph", "xyph", "acro", "scap", "ij", "px", "head",
        "manub",
    ]) {
        1
    } else if bare.contains("asis")
        || bare.contains("psis")
        || starts(&["sacr", "knee", "ank", "heel", "toe", "foot", "calc", "thigh", "shank", "leg"])
    {
        -1
    } else {
        0
    }
}

/// Whichever of Y and Z is the only one along which nothing is ever below the floor.
fn floor_axis(position: &[[f64; 3]]) -> Option<UpAxis> {
    let lowest = |k: usize| {
        position.iter().map(|p| p[k]).filter(|v| v.is_finite()).fold(f64::INFINITY, f64::min)
    };
    match (lowest(1) >= FLOOR_M, lowest(2) >= FLOOR_M) {
        (true, false) => Some(UpAxis::Y),
        (false, true) => Some(UpAxis::Z),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing_body(axis: UpAxis) -> Vec<[f64; 3]> {
        (0..17)
            .map(|joint| {
                axis.from_y_up([0.1 * joint as f64, if joint < 7 { 1.6 } else { 0.7 }, -0.2])
            })
            .collect()
    }

    #[test]
    fn a_standing_body_names_its_axis() {
        let skeleton = Skeleton::coco_17();
        for axis in [UpAxis::Y, UpAxis::Z, UpAxis::YDown] {
            let mut row = standing_body(axis);
            row.iter_mut().for_each(|p| p[0] = 0.0);
            assert_eq!(body_axis(&skeleton, &row), Some(axis));
        }
    }

    #[test]
    fn a_lying_body_names_none_and_the_file_decides() {
        let skeleton = Skeleton::coco_17();
        let row: Vec<[f64; 3]> =
            standing_body(UpAxis::Y).into_iter().map(|p| [p[1], 0.3, 0.2]).collect();
        assert_eq!(body_axis(&skeleton, &row), None);
        let mut notes = Vec::new();
        assert_eq!(
            find_up_axis(&skeleton, &row, None, Some((UpAxis::Z, "stated")), &mut notes),
            UpAxis::Z
        );
        assert_eq!(notes, ["up is z: stated"]);
    }

    #[test]
    fn without_names_the_floor_decides() {
        let skeleton = Skeleton::from_parts("m", [("a", None)]);
        let rolling = vec![[-3.0, -2.0, 0.1], [3.0, 0.5, 1.2]];
        assert_eq!(find_up_axis(&skeleton, &rolling, None, None, &mut vec![]), UpAxis::Z);
        assert_eq!(find_up_axis(&skeleton, &[[0.0; 3]], None, None, &mut vec![]), UpAxis::Y);
    }
}
