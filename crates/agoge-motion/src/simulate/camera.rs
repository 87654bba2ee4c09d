//! A simulated camera that films the athlete.

use crate::recording::MISSING;
use crate::{Recording, Space};

/// A pinhole camera that looks at a point one metre above the origin.
///
/// ```
/// use agoge_motion::simulate::{Exercise, SimulatedCamera, SimulatedSet};
/// let recording = SimulatedSet::new(Exercise::Squat).simulate().recording;
/// let film = SimulatedCamera::phone(0.0).film_recording(&recording);
/// // Seen from the front, the athlete's left is at the right of the image.
/// let knee = |name| film.position_at(0, film.skeleton.joint_by_name(name).unwrap());
/// assert!(knee("left_knee")[0] > knee("right_knee")[0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimulatedCamera {
    /// The camera's azimuth about the vertical, degrees: for an athlete who faces +X, 0 is in front
    /// and 90 at the athlete's right.
    pub azimuth_deg: f64,
    /// Distance from the origin's vertical axis, m.
    pub distance_m: f64,
    /// Focal length, px.
    pub focal_px: f64,
    /// Width and height of the image, px.
    pub size_px: [f64; 2],
}

impl SimulatedCamera {
    /// A phone camera at 4 m: 1280 × 720 px.
    pub fn phone(azimuth_deg: f64) -> SimulatedCamera {
        SimulatedCamera { azimuth_deg, distance_m: 4.0, focal_px: 1000.0, size_px: [1280.0, 720.0] }
    }

    /// Projects a recording into this camera's image: x to the image's right, y up from its lower
    /// edge, px.
    pub fn film_recording(&self, recording: &Recording) -> Recording {
        let (sin, cos) = self.azimuth_deg.to_radians().sin_cos();
        let position = recording
            .position
            .iter()
            .map(|&[x, y, z]| {
                // Towards the camera, and to the image's right.
                let towards = cos * x + sin * z;
                let right = sin * x - cos * z;
                let depth = self.distance_m - towards;
                if depth.is_nan() || depth <= 0.1 {
                    return MISSING;
                }
                let scale = self.focal_px / depth;
                [
                    0.5 * self.size_px[0] + scale * right,
                    0.5 * self.size_px[1] + scale * (y - 1.0),
                    f64::NAN,
                ]
            })
            .collect();
        let space = Space::Image { width: Some(self.size_px[0]), height: Some(self.size_px[1]) };
        Recording { position, space, ..recording.clone() }
    }
}
