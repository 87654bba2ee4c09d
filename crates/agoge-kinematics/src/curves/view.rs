//! The camera's view of the athlete: estimation, certainty, and what each view can measure.

use super::RequiredPlane;
use agoge_motion::vector::{norm, sub};
use agoge_motion::{Part, Recording};
use serde::{Deserialize, Serialize};

/// The direction from which the camera sees the athlete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameraView {
    /// A three-dimensional recording.
    Spatial,
    /// From the front or back, within 30°.
    Frontal,
    /// From the side, within 30°.
    Sagittal,
    /// In between: neither plane can be measured accurately.
    Oblique,
}

impl CameraView {
    /// Why a quantity of the given plane cannot be measured in this view; `None` if it can.
    /// `certainty` is the probability that the view is right.
    pub(super) fn refusal_reason(self, certainty: f64, plane: RequiredPlane) -> Option<String> {
        let reason = match (self, plane) {
            (CameraView::Spatial, _) | (_, RequiredPlane::Any) => return None,
            (CameraView::Sagittal, RequiredPlane::Sagittal)
            | (CameraView::Frontal, RequiredPlane::Frontal) => return None,
            (_, RequiredPlane::Depth) => "needs a three-dimensional recording",
            (CameraView::Sagittal, _) => "cannot be seen from the side; film from the front",
            (CameraView::Frontal, _) => "cannot be seen from the front; film from the side",
            (CameraView::Oblique, _) if certainty <= MIN_PROBABILITY => {
                "it is not clear from where the athlete is seen; film straight from the side or from the front"
            }
            (CameraView::Oblique, _) => {
                "the camera stands oblique to the athlete; film straight from the side or from the front"
            }
        };
        Some(reason.to_owned())
    }
}

/// A measurement, in trunk lengths, that indicates the angle between camera and athlete: its
/// maximum over all angles, its relative standard deviation between bodies, pose networks and
/// poses, and the standard deviation of its noise at every angle.
struct ViewCue {
    size: f64,
    spread: f64,
    noise: f64,
}

/// Mean width of shoulders and hips, seen from straight in front. BlazePose and OpenPose give 0.58
/// and 0.60 on Keraal, hip centres of markers 0.5, the Kinect 0.44.
const WIDTH: ViewCue = ViewCue { size: 0.53, spread: 0.10, noise: 0.025 };
/// Sideways distance of the toes from the ankles, mean of both feet, seen straight from the side.
const FEET: ViewCue = ViewCue { size: 0.26, spread: 0.15, noise: 0.025 };
/// The view is frontal within this many degrees of the front or back, and sagittal within as many
/// of the side.
const VIEW_TOLERANCE_DEG: f64 = 30.0;
/// A view is accepted if it is more probable than this.
const MIN_PROBABILITY: f64 = 0.5;
/// Minimum apparent trunk length, as a share of the longest, for a frame to count: bent towards the
/// camera, the trunk looks short and the athlete therefore broad.
const MIN_TRUNK_SHARE: f64 = 0.9;
/// The maximum number of frames to evaluate, spread over the recording.
const MAX_FRAMES: usize = 200;

/// Estimates the view of a recording on the body skeleton, and the probability that it is right, 0
/// to 1; 1 in three dimensions, 0 if shoulders and hips are never seen.
///
/// The further the camera is from the front, the narrower shoulders and hips look relative to the
/// trunk (cosine of the angle), and the longer the feet (sine). Each frame gives each view a
/// probability by Bayes' rule with a uniform prior over the angle. The result is the view whose
/// mean probability over the frames, the certainty, is above one half. If there is none, neither
/// plane is trusted and the view is oblique. An athlete who turns lowers the certainty.
pub(super) fn estimate_view(body: &Recording) -> (CameraView, f64) {
    if body.space.is_3d() {
        return (CameraView::Spatial, 1.0);
    }
    let cues = view_cues(body);
    let mut chances = [0.0; 3];
    let frames = cues.iter().step_by(cues.len().div_ceil(MAX_FRAMES).max(1));
    let count = frames.len() as f64;
    for frame_chances in frames.map(|&[width, feet]| view_probabilities(width, feet)) {
        (0..3).for_each(|view| chances[view] += frame_chances[view] / count);
    }
    let views = [CameraView::Frontal, CameraView::Oblique, CameraView::Sagittal];
    if count == 0.0 {
        return (CameraView::Oblique, 0.0);
    }
    let best = (0..3).find(|&view| chances[view] > MIN_PROBABILITY).unwrap_or(1);
    (views[best], chances[best])
}

/// The mean width of shoulders and hips and the sideways length of the feet, in trunk lengths, of
/// the frames in which the trunk is not foreshortened; NaN for feet that are not seen.
fn view_cues(body: &Recording) -> Vec<[f64; 2]> {
    let offset = |frame: usize, a: Part, b: Part| {
        let (mut p, mut q) =
            (body.position_at(frame, a.index()), body.position_at(frame, b.index()));
        (p[2], q[2]) = (0.0, 0.0);
        sub(q, p)
    };
    let measured: Vec<[f64; 3]> = (0..body.frame_count())
        .map(|frame| {
            let shoulders = norm(offset(frame, Part::LeftShoulder, Part::RightShoulder));
            let hips = norm(offset(frame, Part::LeftHip, Part::RightHip));
            let [left, right] =
                [(Part::LeftAnkle, Part::LeftBigToe), (Part::RightAnkle, Part::RightBigToe)]
                    .map(|(ankle, toe)| offset(frame, ankle, toe)[0]);
            [
                norm(offset(frame, Part::Pelvis, Part::Neck)),
                0.5 * (shoulders + hips),
                0.5 * (left + right).abs(),
            ]
        })
        .filter(|[trunk, width, _]| *trunk > 0.0 && width.is_finite())
        .collect();
    let mut trunks: Vec<f64> = measured.iter().map(|[trunk, ..]| *trunk).collect();
    trunks.sort_unstable_by(f64::total_cmp);
    let Some(longest) = trunks.get(trunks.len() * 9 / 10) else { return Vec::new() };
    let upright = measured.iter().filter(|[trunk, ..]| *trunk >= MIN_TRUNK_SHARE * longest);
    upright.map(|[trunk, width, feet]| [width / trunk, feet / trunk]).collect()
}

/// The probability of each view for one frame: frontal, oblique, sagittal.
fn view_probabilities(width: f64, feet: f64) -> [f64; 3] {
    let mut chances = [0.0; 3];
    for degrees in (0..90).step_by(2) {
        let degrees = f64::from(degrees) + 1.0;
        let (sin, cos) = degrees.to_radians().sin_cos();
        let chance = WIDTH.cue_likelihood(width, cos)
            * if feet.is_finite() { FEET.cue_likelihood(feet, sin) } else { 1.0 };
        let view = if degrees < VIEW_TOLERANCE_DEG {
            0
        } else {
            1 + usize::from(degrees > 90.0 - VIEW_TOLERANCE_DEG)
        };
        chances[view] += chance;
    }
    let sum: f64 = chances.iter().sum();
    chances.map(|chance| chance / sum)
}

impl ViewCue {
    /// The likelihood (up to a constant factor) of a measured value if this share of the cue's size
    /// is turned to the camera.
    fn cue_likelihood(&self, measured: f64, share: f64) -> f64 {
        let expected = self.size * share;
        let sd = (self.spread * expected).hypot(self.noise);
        let off = (measured - expected) / sd;
        (-0.5 * off * off).exp() / sd
    }
}
