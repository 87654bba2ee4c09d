//! Several calibrated cameras: what each saw of an athlete is put on one clock and triangulated to
//! points in space.

mod calibration;
mod sync;

pub use calibration::{CalibratedCamera, assign_cameras, read_cameras};
pub use sync::find_lag;

use crate::VisionError;
use agoge_motion::recording::MISSING;
use agoge_motion::{Recording, RecordingSource, Space, UpAxis};
use nalgebra::{Matrix4, RowVector4, SymmetricEigen, Vector3};
use std::path::Path;

/// A camera saw a point wrongly if its reprojection is further off than this, in 1/1000 of the
/// image height: 15 px of 1080, as in Pose2Sim.
const MAX_REPROJECTION: f64 = 14.0;
/// Positions with lower confidence are not used; the conditioning would leave them out too.
const MIN_CONFIDENCE: f32 = 0.3;

/// One camera's observation of a joint: the direction of [`CalibratedCamera::pixel_direction`], the
/// position in the image, px, and its confidence.
#[derive(Clone, Copy)]
struct JointObservation<'a> {
    camera: &'a CalibratedCamera,
    direction: [f64; 2],
    seen: [f64; 2],
    confidence: f64,
}

/// Triangulates one recording in space from several cameras that saw the same athlete, on the clock
/// of the first: m, Y up (the calibration's z). Each recording is in image coordinates, y up from
/// the lower edge, with the same joints. Clocks are aligned by how the joints move up and down
/// ([`find_lag`]). A point is the one nearest to all observations, weighted by confidence (direct
/// linear transformation: Hartley & Zisserman 2004, 12.2); an observation that does not fit is left
/// out, as long as two remain.
///
/// # Errors
/// [`VisionError::Video`] with fewer than two cameras, different joints, or clocks that cannot be
/// aligned.
pub fn triangulate(
    views: &[(CalibratedCamera, Recording)],
    path: &Path,
) -> Result<Recording, VisionError> {
    let fault = |what: String, hint| Err(VisionError::video(path, what, hint));
    let [(_, first), others @ ..] = views else {
        return fault("no camera".into(), "give two videos or more");
    };
    if others.is_empty() {
        return fault(
            "a single camera sees no depth".into(),
            "give a video of each of two cameras or more",
        );
    }
    let mut lags = vec![0.0];
    let mut notes = first.source.notes.clone();
    for (camera, other) in others {
        if other.skeleton != first.skeleton {
            return fault(
                format!("camera {:?} sees other joints", camera.name),
                "read all videos by the same network",
            );
        }
        let Some((lag_s, alike)) = find_lag(first, other) else {
            let what =
                format!("the clock of camera {:?} cannot be laid on the first one's", camera.name);
            return fault(
                what,
                "start the cameras within two seconds of each other, on the same movement",
            );
        };
        notes.push(format!(
            "camera {}: {lag_s:+.3} s on the first one's clock (correlation {alike:.2})",
            camera.name
        ));
        lags.push(lag_s);
    }
    let joints = first.joint_count();
    let mut position = vec![MISSING; first.position.len()];
    let mut confidence = vec![0.0; first.position.len()];
    let (mut left_out, mut sights_in_all) = (0usize, 0usize);
    for (frame, &time_s) in first.time.iter().enumerate() {
        for joint in 0..joints {
            let sights: Vec<JointObservation> = views
                .iter()
                .zip(&lags)
                .filter_map(|((camera, recording), lag_s)| {
                    observe_joint(camera, recording, joint, time_s + lag_s)
                })
                .collect();
            sights_in_all += sights.len();
            let at = frame * joints + joint;
            if let Some((point, used)) = consistent_point(&sights) {
                left_out += sights.len() - used.len();
                position[at] = UpAxis::Z.to_y_up(point.into());
                confidence[at] = (used.iter().map(|sight| sight.confidence).sum::<f64>()
                    / used.len() as f64) as f32;
            } else {
                left_out += sights.len();
            }
        }
    }
    if left_out > 0 {
        let share = 100.0 * left_out as f64 / sights_in_all.max(1) as f64;
        notes
            .push(format!("{share:.1} % of the sights left out: alone, or not where the other cameras have the joint"));
    }
    let source = RecordingSource {
        skeleton: None,
        format: "cameras".into(),
        up_axis: UpAxis::Z,
        notes,
        ..first.source.clone()
    };
    Ok(Recording::new(
        source,
        first.skeleton.clone(),
        Space::World,
        first.time.clone(),
        position,
        confidence,
    )?)
}

/// A camera's observation of a joint at a time between two of its frames; `None` unless it saw the
/// joint in both.
fn observe_joint<'a>(
    camera: &'a CalibratedCamera,
    recording: &Recording,
    joint: usize,
    time_s: f64,
) -> Option<JointObservation<'a>> {
    let after = recording.time.partition_point(|&time| time < time_s).max(1);
    let before = after - 1;
    let share =
        (time_s - recording.time[before]) / (recording.time.get(after)? - recording.time[before]);
    let sure =
        [before, after].map(|frame| recording.confidence[frame * recording.joint_count() + joint]);
    let sure = sure[0].min(sure[1]);
    let ([ax, ay, _], [bx, by, _]) =
        (recording.position_at(before, joint), recording.position_at(after, joint));
    let seen = [ax + share * (bx - ax), camera.size[1] - (ay + share * (by - ay))];
    let known = sure >= MIN_CONFIDENCE && share >= 0.0 && seen.iter().all(|v| v.is_finite());
    known.then(|| JointObservation {
        camera,
        direction: camera.pixel_direction(seen),
        seen,
        confidence: f64::from(sure),
    })
}

/// The point that fits, and the observations it rests on; `None` if no two agree.
fn consistent_point<'a>(
    sights: &[JointObservation<'a>],
) -> Option<(Vector3<f64>, Vec<JointObservation<'a>>)> {
    let mut used = sights.to_vec();
    loop {
        let point = least_squares_point(&used)?;
        if worst_reprojection(&used, point) <= 1.0 {
            return Some((point, used));
        }
        if used.len() <= 2 {
            return None;
        }
        // Leave out the observation without which the others agree best.
        let without = |index: usize| {
            let mut fewer = used.clone();
            fewer.remove(index);
            let error = least_squares_point(&fewer)
                .map_or(f64::INFINITY, |point| worst_reprojection(&fewer, point));
            (error, fewer)
        };
        used = (0..used.len()).map(without).min_by(|a, b| a.0.total_cmp(&b.0))?.1;
    }
}

/// The least-squares point; `None` with fewer than two observations, or if it is at infinity.
fn least_squares_point(sights: &[JointObservation]) -> Option<Vector3<f64>> {
    if sights.len() < 2 {
        return None;
    }
    let mut squares = Matrix4::zeros();
    for sight in sights {
        let (rotation, translation) = sight.camera.rotation_and_translation();
        let row = |k: usize| {
            RowVector4::new(rotation[(k, 0)], rotation[(k, 1)], rotation[(k, 2)], translation[k])
        };
        for axis in 0..2 {
            let equation = (row(2) * sight.direction[axis] - row(axis)) * sight.confidence;
            squares += equation.transpose() * equation;
        }
    }
    let eigen = SymmetricEigen::new(squares);
    let least = eigen.eigenvalues.imin();
    let solution = eigen.eigenvectors.column(least);
    let point = Vector3::new(solution[0], solution[1], solution[2]) / solution[3];
    point.iter().all(|v| v.is_finite()).then_some(point)
}

/// Largest distance between an observation and the reprojected point, in units of
/// [`MAX_REPROJECTION`].
fn worst_reprojection(sights: &[JointObservation], point: Vector3<f64>) -> f64 {
    let off = |sight: &JointObservation| {
        let [u, v] = sight.camera.project_point(point).unwrap_or([f64::INFINITY; 2]);
        1000.0 * (u - sight.seen[0]).hypot(v - sight.seen[1])
            / (MAX_REPROJECTION * sight.camera.size[1])
    };
    sights.iter().map(off).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests;
