//! Finds the landmarks of one person in a region.

use super::ImageRegion;
use crate::network::PoseNetwork;
use crate::setup::{self, PoseModel};
use crate::{VideoImage, VisionError};
use std::path::Path;

/// Landmarks of the body; their order is that of [`agoge_motion::Skeleton::mediapipe_33`].
pub const LANDMARKS: usize = 33;
/// Of the network's five outputs: landmarks, presence, world landmarks. The person mask and the
/// heat maps would take half of the time.
pub(crate) const WANTED_OUTPUTS: [usize; 3] = [0, 1, 4];
/// Indices at which the network gives the middle of the hips and the point on the circle around the
/// body.
const HIPS_POINT: usize = 33;
const CIRCLE_POINT: usize = 34;
/// Numbers per landmark in the image: x, y, z, visibility, presence.
const LANDMARK_NUMBERS: usize = 5;
/// A region with a lower presence contains nobody.
const MIN_PRESENCE: f32 = 0.5;

/// One person in one image.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyLandmarks {
    /// Position of each landmark, px of the displayed image: x to the right, y down.
    pub picture: [[f32; 2]; LANDMARKS],
    /// Position of each landmark in the room, m from the middle of the hips: x to the right in the
    /// image, y down, z away from the camera.
    pub world: [[f32; 3]; LANDMARKS],
    /// Probability that each landmark is in the image and not hidden, 0 to 1.
    pub visibility: [f32; LANDMARKS],
    /// Probability that someone is there, 0 to 1.
    pub presence: f32,
    /// Region in which the body was looked for.
    pub region: ImageRegion,
    /// Region in which to look for it in the next image.
    pub next: ImageRegion,
}

/// The landmark network.
pub(super) struct Landmarker {
    network: PoseNetwork,
    crop: Vec<f32>,
}

impl Landmarker {
    pub(super) fn new(folder: &Path, pose: PoseModel) -> Result<Landmarker, VisionError> {
        let network = PoseNetwork::new(&setup::read_landmarker(folder, pose)?, &WANTED_OUTPUTS);
        let network =
            network.map_err(|what| VisionError::Damaged { path: folder.to_owned(), what })?;
        Ok(Landmarker { network, crop: Vec::new() })
    }

    /// Finds the body in a region of an image; `None` if there is nobody.
    pub(super) fn find_body(
        &mut self,
        picture: &VideoImage,
        region: ImageRegion,
    ) -> Option<BodyLandmarks> {
        let [size, _] = self.network.input_size();
        picture.crop_region(&region, size, [0.0, 1.0], &mut self.crop);
        let outputs = self.network.compute_outputs(&self.crop);
        let [landmarks, presence, world] = &outputs[..] else { return None };
        let presence = presence.first().copied().filter(|&presence| presence >= MIN_PRESENCE)?;
        let [xs, ys] = region.affine_map(size);
        let points: Vec<([f32; 2], f32)> = landmarks
            .chunks_exact(LANDMARK_NUMBERS)
            .map(|n| {
                let at = [xs[0] * n[0] + xs[1] * n[1] + xs[2], ys[0] * n[0] + ys[1] * n[1] + ys[2]];
                (at, 1.0 / (1.0 + (-n[3]).exp()))
            })
            .collect();
        if points.len() <= CIRCLE_POINT || world.len() < 3 * LANDMARKS {
            return None;
        }
        let next = ImageRegion::from_body(points[HIPS_POINT].0, points[CIRCLE_POINT].0);
        let (sin, cos) = region.angle.sin_cos();
        let rotated = |p: &[f32]| [cos * p[0] - sin * p[1], sin * p[0] + cos * p[1], p[2]];
        Some(BodyLandmarks {
            picture: std::array::from_fn(|index| points[index].0),
            world: std::array::from_fn(|index| rotated(&world[3 * index..3 * index + 3])),
            visibility: std::array::from_fn(|index| points[index].1),
            presence,
            region,
            next,
        })
        .filter(|body| {
            body.next.is_plausible() && body.picture.iter().flatten().all(|v| v.is_finite())
        })
    }
}
