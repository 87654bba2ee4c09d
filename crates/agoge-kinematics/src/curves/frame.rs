//! The athlete's own directions in each frame: forward, up and right.

use super::{Setting, View};
use agoge_motion::vector::{add, cross, dot, norm, sub, unit};
use agoge_motion::{Part, Recording};

/// Directions of the athlete, one triple a frame. In two dimensions the direction that points out
/// of the picture is zero, so that it adds nothing.
pub(super) struct Frames {
    /// Where the athlete faces, level.
    pub(super) forward: Vec<[f64; 3]>,
    /// The athlete's right, level.
    pub(super) right: Vec<[f64; 3]>,
}

/// Up in every recording.
pub(super) const UP: [f64; 3] = [0.0, 1.0, 0.0];

impl Frames {
    pub(super) fn of(body: &Recording, setting: &Setting) -> Frames {
        let n = body.frames();
        let towards = [setting.towards, 0.0, 0.0];
        match setting.view {
            View::Spatial => spatial(body),
            View::Frontal => Frames { forward: vec![[0.0; 3]; n], right: vec![towards; n] },
            View::Sagittal | View::Oblique => {
                Frames { forward: vec![towards; n], right: vec![[0.0; 3]; n] }
            }
        }
    }
}

/// 1 where what the view shows sideways points to the picture's right, −1 where it points left:
/// forward from the side, the athlete's right from the front.
pub(super) fn towards(body: &Recording, view: View) -> f64 {
    let sign = match view {
        View::Spatial => 1.0,
        // Seen from the front the athlete's right is on the picture's left; from the back it is the
        // other way round.
        View::Frontal => (0..body.frames())
            .map(|f| {
                x(body, f, Part::RightHip) - x(body, f, Part::LeftHip)
                    + x(body, f, Part::RightShoulder)
                    - x(body, f, Part::LeftShoulder)
            })
            .filter(|d| d.is_finite())
            .sum::<f64>(),
        View::Sagittal | View::Oblique => facing(body),
    };
    if sign >= 0.0 { 1.0 } else { -1.0 }
}

fn x(body: &Recording, frame: usize, part: Part) -> f64 {
    body.at(frame, part.index())[0]
}

/// Right from the hips and shoulders, forward = up × right; where they are missing the last known
/// direction holds.
fn spatial(body: &Recording) -> Frames {
    let across = |frame: usize| {
        let line = |a: Part, b: Part| sub(body.at(frame, b.index()), body.at(frame, a.index()));
        let hips = line(Part::LeftHip, Part::RightHip);
        let shoulders = line(Part::LeftShoulder, Part::RightShoulder);
        let line = match (hips[0].is_finite(), shoulders[0].is_finite()) {
            (true, true) => add(hips, shoulders),
            (true, false) => hips,
            _ => shoulders,
        };
        let level = [line[0], 0.0, line[2]];
        (norm(level) > 1e-6).then(|| unit(level))
    };
    let first = (0..body.frames()).find_map(across).unwrap_or([0.0, 0.0, 1.0]);
    let mut last = first;
    let right: Vec<[f64; 3]> = (0..body.frames())
        .map(|frame| {
            last = across(frame).unwrap_or(last);
            last
        })
        .collect();
    let forward = right.iter().map(|&right| cross(UP, right)).collect();
    Frames { forward, right }
}

/// Which way the athlete faces in a picture from the side: positive to the picture's right. Toes
/// against heels or ankles, the nose against the ears or neck, and the way the knees bend vote,
/// each over the whole recording.
fn facing(body: &Recording) -> f64 {
    let mean = |values: Vec<f64>| {
        let known: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        if known.is_empty() { 0.0 } else { known.iter().sum::<f64>() / known.len() as f64 }
    };
    let offset = |a: Part, b: Part| {
        mean((0..body.frames()).map(|f| x(body, f, b) - x(body, f, a)).collect())
    };
    let feet =
        offset(Part::LeftAnkle, Part::LeftBigToe) + offset(Part::RightAnkle, Part::RightBigToe);
    let head = offset(Part::Neck, Part::Nose);
    let knee = |hip: Part, knee: Part, ankle: Part| {
        mean(
            (0..body.frames())
                .map(|f| x(body, f, knee) - 0.5 * (x(body, f, hip) + x(body, f, ankle)))
                .collect(),
        )
    };
    let knees = knee(Part::LeftHip, Part::LeftKnee, Part::LeftAnkle)
        + knee(Part::RightHip, Part::RightKnee, Part::RightAnkle);
    feet.signum() * f64::from(feet != 0.0) * 2.0
        + head.signum() * f64::from(head != 0.0)
        + knees.signum() * f64::from(knees != 0.0) * 0.5
}

/// The angle in degrees of `v` turned from `from` towards `towards`, in their plane: atan2 of the
/// two components.
pub(super) fn turn(v: [f64; 3], from: [f64; 3], towards: [f64; 3]) -> f64 {
    dot(v, towards).atan2(dot(v, from)).to_degrees()
}

/// The angle in degrees between two directions, 0 to 180; NaN if one has no length.
pub(super) fn between(a: [f64; 3], b: [f64; 3]) -> f64 {
    if norm(a) < 1e-9 || norm(b) < 1e-9 {
        return f64::NAN;
    }
    norm(cross(a, b)).atan2(dot(a, b)).to_degrees()
}
