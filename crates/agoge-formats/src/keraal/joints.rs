//! Computes arm joints from the rigid bodies of the Keraal dataset: its targets are strapped to the
//! middle of the segments, so a joint is the point about which two of them rotate.

use nalgebra::{Matrix6, Rotation3, UnitQuaternion, Vector3, Vector6};

/// Targets of the right arm, by their index in the file: arm, forearm, hand.
const RIGHT_ARM: [usize; 3] = [2, 0, 9];
/// Targets of the left arm.
const LEFT_ARM: [usize; 3] = [3, 1, 10];
/// The target on the chest.
const CHEST: usize = 4;
/// The joints computed, in the order of [`find_arm_joints`].
pub(super) const ARM_JOINTS: [&str; 6] =
    ["right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"];
/// Largest disagreement between two segments about the position of their joint, m; beyond it the
/// joint is missing. It allows for the chest not being rigid: a shoulder blade moves 2 cm on it.
const WORST_ERROR_M: f64 = 0.03;

/// Position, m, and orientation of one target in one frame; none if it was not seen.
pub(super) type TargetPose = Option<(Vector3<f64>, Rotation3<f64>)>;

/// A pose from the seven numbers in a file: x y z in mm, quaternion x y z w.
pub(super) fn parse_pose(numbers: &[f64; 7]) -> TargetPose {
    let [x, y, z, qx, qy, qz, qw] = *numbers;
    let turn = nalgebra::Quaternion::new(qw, qx, qy, qz);
    let seen = numbers.iter().all(|v| v.is_finite()) && [x, y, z] != [0.0; 3] && turn.norm() > 0.5;
    seen.then(|| {
        (Vector3::new(x, y, z) * 0.001, UnitQuaternion::from_quaternion(turn).to_rotation_matrix())
    })
}

/// Computes the joints of [`ARM_JOINTS`], `[joint][frame]`, m in the file's axes, NaN where not
/// seen or not determined, from poses `[frame][target]`. Where the joints fit better with the
/// targets of arm and forearm exchanged, these were mixed up in the file: they are exchanged, with
/// a note.
pub(super) fn find_arm_joints(
    frames: &[[TargetPose; 17]],
    notes: &mut Vec<String>,
) -> Vec<Vec<[f64; 3]>> {
    let mut joints = Vec::with_capacity(ARM_JOINTS.len());
    for (side, [arm, forearm, hand]) in [("right", RIGHT_ARM), ("left", LEFT_ARM)] {
        let along = |arm, forearm| {
            [(CHEST, arm), (arm, forearm), (forearm, hand)]
                .map(|(a, b)| turning_point(frames, a, b))
        };
        let error = |points: &[TurningPoint; 3]| {
            points.iter().map(|point| point.error.powi(2)).sum::<f64>()
        };
        let (mut points, exchanged) = (along(arm, forearm), along(forearm, arm));
        if error(&exchanged) < error(&points) {
            notes.push(format!(
                "the targets of the {side} arm and forearm are exchanged in the file: only so do the joints fit"
            ));
            points = exchanged;
        }
        joints.extend(points.map(|point| {
            if point.error <= WORST_ERROR_M {
                point.track
            } else {
                vec![[f64::NAN; 3]; frames.len()]
            }
        }));
    }
    joints
}

/// The point about which two segments rotate relative to each other.
struct TurningPoint {
    /// Position, `[frame]`, m; NaN where a segment is not seen.
    track: Vec<[f64; 3]>,
    /// Root mean square of the two segments' disagreement about it, m; infinite if it cannot be
    /// determined.
    error: f64,
}

/// Computes the point that moves least in both of two rigid bodies, by least squares over all
/// frames (symmetrical centre of rotation estimation: Ehrig, Taylor, Duda & Heller 2006, *A survey
/// of formal methods for determining the centre of rotation of ball joints*): Rₐ·cₐ + tₐ = R_b·c_b
/// + t_b.
fn turning_point(frames: &[[TargetPose; 17]], a: usize, b: usize) -> TurningPoint {
    // The normal equations of the least squares: matrix · (cₐ, c_b) = vector.
    let mut matrix = Matrix6::zeros();
    let mut vector = Vector6::zeros();
    let both = |frame: &[TargetPose; 17]| Some((frame[a]?, frame[b]?));
    for ((ta, ra), (tb, rb)) in frames.iter().filter_map(both) {
        let (cross, between) = (ra.matrix().transpose() * rb.matrix(), tb - ta);
        let mut corner = matrix.fixed_view_mut::<3, 3>(0, 3);
        corner -= cross;
        let mut corner = matrix.fixed_view_mut::<3, 3>(3, 0);
        corner -= cross.transpose();
        for k in 0..6 {
            matrix[(k, k)] += 1.0;
        }
        let mut upper = vector.fixed_rows_mut::<3>(0);
        upper += ra.inverse() * between;
        let mut lower = vector.fixed_rows_mut::<3>(3);
        lower -= rb.inverse() * between;
    }
    let nowhere =
        || TurningPoint { track: vec![[f64::NAN; 3]; frames.len()], error: f64::INFINITY };
    let Some(centres) = matrix.cholesky().map(|factor| factor.solve(&vector)) else {
        return nowhere();
    };
    let (centre_a, centre_b) = (centres.fixed_rows::<3>(0), centres.fixed_rows::<3>(3));
    let (mut squares, mut seen) = (0.0, 0.0);
    let track = frames
        .iter()
        .map(|frame| {
            let Some(((ta, ra), (tb, rb))) = both(frame) else { return [f64::NAN; 3] };
            let (p, q) = (ra * centre_a + ta, rb * centre_b + tb);
            squares += (p - q).norm_squared();
            seen += 1.0;
            ((p + q) * 0.5).into()
        })
        .collect();
    if seen == 0.0 { nowhere() } else { TurningPoint { track, error: (squares / seen).sqrt() } }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A swinging and twisting arm of rigid bodies with targets off the joints, and the true
    /// joints. With `exchanged`, the targets of arm and forearm are swapped.
    fn swinging_arm(exchanged: bool) -> (Vec<[TargetPose; 17]>, Vec<[Vector3<f64>; 3]>) {
        let mut truth = Vec::new();
        let frames = (0..200)
            .map(|frame| {
                let t = f64::from(frame) / 30.0;
                let chest = Rotation3::from_euler_angles(0.1 * t.sin(), 0.2 * (0.7 * t).cos(), 0.0);
                let arm = chest
                    * Rotation3::from_euler_angles(
                        1.2 * t.sin(),
                        0.8 * (1.3 * t).sin(),
                        0.5 * (0.9 * t).cos(),
                    );
                let forearm = arm
                    * Rotation3::from_euler_angles(
                        0.9 * (1.1 * t).sin() + 0.9,
                        0.0,
                        0.6 * (1.7 * t).sin(),
                    );
                let hand = forearm
                    * Rotation3::from_euler_angles(
                        0.4 * (2.0 * t).sin(),
                        0.4 * (1.5 * t).cos(),
                        0.0,
                    );
                let middle = Vector3::new(0.1 * t.sin(), 0.0, 1.3);
                let shoulder = middle + chest * Vector3::new(0.0, 0.2, 0.1);
                let elbow = shoulder + arm * Vector3::new(0.0, 0.0, -0.3);
                let wrist = elbow + forearm * Vector3::new(0.0, 0.0, -0.25);
                truth.push([shoulder, elbow, wrist]);
                let mut targets: [TargetPose; 17] = [None; 17];
                targets[CHEST] = Some((middle, chest));
                let on_arm = Some((shoulder + arm * Vector3::new(0.05, 0.02, -0.15), arm));
                let on_forearm = Some((elbow + forearm * Vector3::new(0.04, 0.0, -0.12), forearm));
                [targets[2], targets[0]] =
                    if exchanged { [on_forearm, on_arm] } else { [on_arm, on_forearm] };
                targets[9] = Some((wrist + hand * Vector3::new(0.0, 0.02, -0.08), hand));
                targets
            })
            .collect();
        (frames, truth)
    }

    #[test]
    fn joints_are_where_segments_turn() {
        for exchanged in [false, true] {
            let (frames, truth) = swinging_arm(exchanged);
            let mut notes = Vec::new();
            let joints = find_arm_joints(&frames, &mut notes);
            for (frame, truth) in truth.iter().enumerate() {
                for (joint, truth) in truth.iter().enumerate() {
                    let off = (Vector3::from(joints[joint][frame]) - truth).norm();
                    // Without noise the least squares are exact except for the rounding of nearly
                    // parallel rotations.
                    assert!(off < 1e-9, "{}: {off}", ARM_JOINTS[joint]);
                }
            }
            assert_eq!(notes.len(), usize::from(exchanged), "{notes:?}");
            // Nothing was seen of the left arm.
            assert!(joints[3..].iter().flatten().flatten().all(|v| v.is_nan()));
        }
    }
}
