//! From where the athlete was seen, how sure that is, and what can be measured from there.

use super::Plane;
use agoge_motion::vector::{norm, sub};
use agoge_motion::{Part, Recording};
use serde::{Deserialize, Serialize};

/// From where the athlete was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Three-dimensional: from everywhere.
    Spatial,
    /// From the front or the back: the camera stands within 30° of it.
    Frontal,
    /// From the side, within 30°.
    Sagittal,
    /// In between: neither plane is measured truly.
    Oblique,
}

impl View {
    /// Why this view, which is so likely right, cannot give what is seen in a plane; none if it
    /// can.
    pub(super) fn forbids(self, certainty: f64, plane: Plane) -> Option<String> {
        let reason = match (self, plane) {
            (View::Spatial, _) | (_, Plane::Any) => return None,
            (View::Sagittal, Plane::Sagittal) | (View::Frontal, Plane::Frontal) => return None,
            (_, Plane::Depth) => "needs a three-dimensional recording",
            (View::Sagittal, _) => "cannot be seen from the side; film from the front",
            (View::Frontal, _) => "cannot be seen from the front; film from the side",
            (View::Oblique, _) if certainty <= CLEAR => {
                "it is not clear from where the athlete is seen; film straight from the side or from the front"
            }
            (View::Oblique, _) => {
                "the camera stands oblique to the athlete; film straight from the side or from the front"
            }
        };
        Some(reason.to_owned())
    }
}

/// What tells the angle between camera and athlete, in trunk lengths: how large it is where it is
/// largest, how far bodies, pose networks and poses differ in it (standard deviation, as a share),
/// and the standard deviation that its noise gives it at every angle.
struct Cue {
    size: f64,
    spread: f64,
    noise: f64,
}

/// Mean width of shoulders and hips, seen straight from the front. BlazePose and OpenPose give 0.58
/// and 0.60 on Keraal, hip centres of markers 0.5, the Kinect 0.44.
const WIDTH: Cue = Cue { size: 0.53, spread: 0.10, noise: 0.025 };
/// How far the toes are to the side of the ankles, mean of both feet, seen straight from the side.
const FEET: Cue = Cue { size: 0.26, spread: 0.15, noise: 0.025 };
/// The camera counts as frontal up to this many degrees away from the front or back, and as
/// sagittal up to as many from the side.
const WITHIN_DEG: f64 = 30.0;
/// A view is clear if it is more likely than this.
const CLEAR: f64 = 0.5;
/// Frames count in which the trunk is at least this share of its longest: bent towards the camera
/// it looks short, and the athlete broad.
const LONG: f64 = 0.9;
/// So many frames, spread over the recording, are enough.
const ENOUGH: usize = 200;

/// The view of a recording on the body skeleton, and how likely it is right, 0 to 1; 1 in three
/// dimensions, 0 if shoulders and hips are never seen.
///
/// The further the camera stands from the front, the narrower shoulders and hips look beside the
/// trunk (cosine of the angle), and the longer the feet (sine). Each frame gives each view its
/// chance by Bayes' rule, every angle being as likely as another beforehand; the view is the one
/// whose mean over the frames, the certainty, is above a half; if none is, the planes of neither
/// are trusted, as from an oblique camera. An athlete who turns lowers it.
pub(super) fn of(body: &Recording) -> (View, f64) {
    if body.space.is_3d() {
        return (View::Spatial, 1.0);
    }
    let seen = seen(body);
    let mut chances = [0.0; 3];
    let frames = seen.iter().step_by(seen.len().div_ceil(ENOUGH).max(1));
    let count = frames.len() as f64;
    for of_frame in frames.map(|&[width, feet]| chances_of(width, feet)) {
        (0..3).for_each(|view| chances[view] += of_frame[view] / count);
    }
    let views = [View::Frontal, View::Oblique, View::Sagittal];
    if count == 0.0 {
        return (View::Oblique, 0.0);
    }
    let best = (0..3).find(|&view| chances[view] > CLEAR).unwrap_or(1);
    (views[best], chances[best])
}

/// Width of shoulders and hips and length of the feet to the side, in trunk lengths, in the frames
/// that show the trunk at its length; NaN for feet that are not seen.
fn seen(body: &Recording) -> Vec<[f64; 2]> {
    let way = |frame: usize, a: Part, b: Part| {
        let (mut p, mut q) = (body.at(frame, a.index()), body.at(frame, b.index()));
        (p[2], q[2]) = (0.0, 0.0);
        sub(q, p)
    };
    let seen: Vec<[f64; 3]> = (0..body.frames())
        .map(|frame| {
            let shoulders = norm(way(frame, Part::LeftShoulder, Part::RightShoulder));
            let hips = norm(way(frame, Part::LeftHip, Part::RightHip));
            let [left, right] =
                [(Part::LeftAnkle, Part::LeftBigToe), (Part::RightAnkle, Part::RightBigToe)]
                    .map(|(ankle, toe)| way(frame, ankle, toe)[0]);
            [
                norm(way(frame, Part::Pelvis, Part::Neck)),
                0.5 * (shoulders + hips),
                0.5 * (left + right).abs(),
            ]
        })
        .filter(|[trunk, width, _]| *trunk > 0.0 && width.is_finite())
        .collect();
    let mut trunks: Vec<f64> = seen.iter().map(|[trunk, ..]| *trunk).collect();
    trunks.sort_unstable_by(f64::total_cmp);
    let Some(longest) = trunks.get(trunks.len() * 9 / 10) else { return Vec::new() };
    let long = seen.iter().filter(|[trunk, ..]| *trunk >= LONG * longest);
    long.map(|[trunk, width, feet]| [width / trunk, feet / trunk]).collect()
}

/// How likely a frame was seen from each view: frontal, oblique, sagittal.
fn chances_of(width: f64, feet: f64) -> [f64; 3] {
    let mut chances = [0.0; 3];
    for degrees in (0..90).step_by(2) {
        let degrees = f64::from(degrees) + 1.0;
        let (sin, cos) = degrees.to_radians().sin_cos();
        let chance =
            WIDTH.chance(width, cos) * if feet.is_finite() { FEET.chance(feet, sin) } else { 1.0 };
        let view =
            if degrees < WITHIN_DEG { 0 } else { 1 + usize::from(degrees > 90.0 - WITHIN_DEG) };
        chances[view] += chance;
    }
    let sum: f64 = chances.iter().sum();
    chances.map(|chance| chance / sum)
}

impl Cue {
    /// How likely this cue measures so much where a share of it is turned to the camera.
    fn chance(&self, measured: f64, share: f64) -> f64 {
        let expected = self.size * share;
        let sd = (self.spread * expected).hypot(self.noise);
        let off = (measured - expected) / sd;
        (-0.5 * off * off).exp() / sd
    }
}
