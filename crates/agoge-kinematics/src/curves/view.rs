//! From where the athlete was seen, and what can be measured from there.

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
    /// From the front or the back.
    Frontal,
    /// From the side.
    Sagittal,
    /// In between: neither plane is measured truly.
    Oblique,
}

impl View {
    /// Why this view cannot give what is seen in a plane; none if it can.
    pub(super) fn forbids(self, plane: Plane) -> Option<String> {
        let reason = match (self, plane) {
            (View::Spatial, _) | (_, Plane::Any) => return None,
            (View::Sagittal, Plane::Sagittal) | (View::Frontal, Plane::Frontal) => return None,
            (_, Plane::Depth) => "needs a three-dimensional recording",
            (View::Sagittal, _) => "cannot be seen from the side; film from the front",
            (View::Frontal, _) => "cannot be seen from the front; film from the side",
            (View::Oblique, _) => {
                "the camera stands oblique to the athlete; film straight from the side or from the front"
            }
        };
        Some(reason.to_owned())
    }
}

/// Apparent width of shoulders and hips against the trunk's length above which the view is frontal. Seen from the front the mean of
/// shoulder and hip width is about 0.75 of the trunk (Drillis & Contini 1966: 0.259 and 0.191 of height against 0.288).
const FRONTAL: f64 = 0.50;
/// … and below which it is sagittal: 0.75·sin 20° ≈ 0.26.
const SAGITTAL: f64 = 0.28;

/// The view of a recording on the body skeleton.
pub(super) fn of(body: &Recording) -> View {
    if body.space.is_3d() {
        return View::Spatial;
    }
    let length = |frame: usize, a: Part, b: Part| {
        let (mut p, mut q) = (body.at(frame, a.index()), body.at(frame, b.index()));
        (p[2], q[2]) = (0.0, 0.0);
        norm(sub(p, q))
    };
    let mut ratios: Vec<f64> = (0..body.frames())
        .map(|frame| {
            let shoulders = length(frame, Part::LeftShoulder, Part::RightShoulder);
            let hips = length(frame, Part::LeftHip, Part::RightHip);
            0.5 * (shoulders + hips) / length(frame, Part::Pelvis, Part::Neck)
        })
        .filter(|ratio| ratio.is_finite())
        .collect();
    if ratios.is_empty() {
        return View::Oblique;
    }
    let middle = ratios.len() / 2;
    match *ratios.select_nth_unstable_by(middle, f64::total_cmp).1 {
        ratio if ratio > FRONTAL => View::Frontal,
        ratio if ratio < SAGITTAL => View::Sagittal,
        _ => View::Oblique,
    }
}
