//! The athlete's anatomical directions in each frame: forward and right.

use super::{CameraView, CaptureContext};
use agoge_motion::statistics::finite_mean;
use agoge_motion::vector::{add, cross, dot, norm, sub, unit_vector};
use agoge_motion::{Part, Recording};

/// The athlete's directions in each frame, `[frame]`. In two dimensions, the direction that points
/// out of the image is zero, so that it contributes nothing.
pub(super) struct AthleteAxes {
    /// The horizontal direction the athlete faces.
    pub(super) forward: Vec<[f64; 3]>,
    /// The horizontal direction of the athlete's right.
    pub(super) right: Vec<[f64; 3]>,
}

/// Up in every recording.
pub(super) const UP: [f64; 3] = [0.0, 1.0, 0.0];

impl AthleteAxes {
    /// The directions in a recording on the body skeleton.
    pub(super) fn from_recording(body: &Recording, setting: &CaptureContext) -> AthleteAxes {
        let n = body.frame_count();
        let towards = [setting.image_direction, 0.0, 0.0];
        match setting.view {
            CameraView::Spatial => spatial_axes(body),
            CameraView::Frontal => {
                AthleteAxes { forward: vec![[0.0; 3]; n], right: vec![towards; n] }
            }
            CameraView::Sagittal | CameraView::Oblique => {
                AthleteAxes { forward: vec![towards; n], right: vec![[0.0; 3]; n] }
            }
        }
    }
}

/// 1 if the athlete's direction that lies in the image plane points to the image's right, −1 if to
/// its left: forward in a side view, the athlete's right in a front or back view.
pub(super) fn image_direction(body: &Recording, view: CameraView) -> f64 {
    let sign = match view {
        CameraView::Spatial => 1.0,
        // From the front, the athlete's right is on the image's left; from the back, on its right.
        CameraView::Frontal => (0..body.frame_count())
            .map(|f| {
                part_x(body, f, Part::RightHip) - part_x(body, f, Part::LeftHip)
                    + part_x(body, f, Part::RightShoulder)
                    - part_x(body, f, Part::LeftShoulder)
            })
            .filter(|d| d.is_finite())
            .sum::<f64>(),
        CameraView::Sagittal | CameraView::Oblique => facing_vote(body),
    };
    if sign >= 0.0 { 1.0 } else { -1.0 }
}

/// The x coordinate of a part in a frame.
fn part_x(body: &Recording, frame: usize, part: Part) -> f64 {
    body.position_at(frame, part.index())[0]
}

/// The directions in 3D: right from the hips and shoulders, forward = up × right. Where those are
/// missing, the last known direction is held.
fn spatial_axes(body: &Recording) -> AthleteAxes {
    let across = |frame: usize| {
        let line = |a: Part, b: Part| {
            sub(body.position_at(frame, b.index()), body.position_at(frame, a.index()))
        };
        let hips = line(Part::LeftHip, Part::RightHip);
        let shoulders = line(Part::LeftShoulder, Part::RightShoulder);
        let line = match (hips[0].is_finite(), shoulders[0].is_finite()) {
            (true, true) => add(hips, shoulders),
            (true, false) => hips,
            _ => shoulders,
        };
        let level = [line[0], 0.0, line[2]];
        (norm(level) > 1e-6).then(|| unit_vector(level))
    };
    let first = (0..body.frame_count()).find_map(across).unwrap_or([0.0, 0.0, 1.0]);
    let mut last = first;
    let right: Vec<[f64; 3]> = (0..body.frame_count())
        .map(|frame| {
            last = across(frame).unwrap_or(last);
            last
        })
        .collect();
    let forward = right.iter().map(|&right| cross(UP, right)).collect();
    AthleteAxes { forward, right }
}

/// The direction the athlete faces in a side view: positive for the image's right. A vote over the
/// whole recording of the toes relative to the ankles (weight 2), the nose relative to the neck (1)
/// and the direction in which the knees bend (0.5).
fn facing_vote(body: &Recording) -> f64 {
    let mean = |values: Vec<f64>| {
        let mean = finite_mean(&values);
        if mean.is_finite() { mean } else { 0.0 }
    };
    let offset = |a: Part, b: Part| {
        mean((0..body.frame_count()).map(|f| part_x(body, f, b) - part_x(body, f, a)).collect())
    };
    let feet =
        offset(Part::LeftAnkle, Part::LeftBigToe) + offset(Part::RightAnkle, Part::RightBigToe);
    let head = offset(Part::Neck, Part::Nose);
    let knee = |hip: Part, knee: Part, ankle: Part| {
        mean(
            (0..body.frame_count())
                .map(|f| {
                    part_x(body, f, knee) - 0.5 * (part_x(body, f, hip) + part_x(body, f, ankle))
                })
                .collect(),
        )
    };
    let knees = knee(Part::LeftHip, Part::LeftKnee, Part::LeftAnkle)
        + knee(Part::RightHip, Part::RightKnee, Part::RightAnkle);
    feet.signum() * f64::from(feet != 0.0) * 2.0
        + head.signum() * f64::from(head != 0.0)
        + knees.signum() * f64::from(knees != 0.0) * 0.5
}

/// The angle of `v` from `from` towards `towards` in their plane, degrees: atan2 of the two
/// components.
pub(super) fn turn_angle(v: [f64; 3], from: [f64; 3], towards: [f64; 3]) -> f64 {
    dot(v, towards).atan2(dot(v, from)).to_degrees()
}

/// The angle between two vectors, 0 to 180 degrees; NaN if either has zero length.
pub(super) fn angle_between(a: [f64; 3], b: [f64; 3]) -> f64 {
    if norm(a) < 1e-9 || norm(b) < 1e-9 {
        return f64::NAN;
    }
    norm(cross(a, b)).atan2(dot(a, b)).to_degrees()
}
