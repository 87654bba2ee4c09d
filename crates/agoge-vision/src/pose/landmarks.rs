//! The landmarks of one person in a region.

use super::Region;
use crate::network::Network;
use crate::setup::{self, Pose};
use crate::{Error, Picture};
use std::path::Path;

/// Landmarks of the body; their order is that of [`agoge_motion::Skeleton::mediapipe_33`].
pub const LANDMARKS: usize = 33;
/// Of the network's five outputs: landmarks, presence, world landmarks. The mask of the person and
/// the heat maps would take half of the time.
pub(crate) const WANTED: [usize; 3] = [0, 1, 4];
/// Where the network gives the middle of the hips and the point on the circle about the body.
const HIPS: usize = 33;
const TOP: usize = 34;
/// Numbers of each landmark in the picture: x, y, z, visibility, presence.
const NUMBERS: usize = 5;
/// A region in which somebody is present with less is nobody's.
const LEAST_PRESENCE: f32 = 0.5;

/// One person in one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Where each landmark is, px as seen: x to the right, y down.
    pub picture: [[f32; 2]; LANDMARKS],
    /// Where each landmark is in the room, m from the middle of the hips: x to the picture's right,
    /// y down, z away from the camera.
    pub world: [[f32; 3]; LANDMARKS],
    /// How likely each landmark is in the picture and not hidden, 0 to 1.
    pub visibility: [f32; LANDMARKS],
    /// How sure the network is that somebody is there, 0 to 1.
    pub presence: f32,
    /// Where the body was looked for.
    pub region: Region,
    /// Where it is to be looked for in the next picture.
    pub next: Region,
}

/// The landmark network.
pub(super) struct Landmarker {
    network: Network,
    crop: Vec<f32>,
}

impl Landmarker {
    pub(super) fn new(folder: &Path, pose: Pose) -> Result<Landmarker, Error> {
        let network = Network::new(&setup::landmarks(folder, pose)?, &WANTED);
        let network = network.map_err(|what| Error::Damaged { path: folder.to_owned(), what })?;
        Ok(Landmarker { network, crop: Vec::new() })
    }

    /// The body in a region of a picture; none if there is nobody.
    pub(super) fn find(&mut self, picture: &Picture, region: Region) -> Option<Body> {
        let [size, _] = self.network.size();
        picture.crop(&region, size, [0.0, 1.0], &mut self.crop);
        let outputs = self.network.run(&self.crop);
        let [landmarks, presence, world] = &outputs[..] else { return None };
        let presence = presence.first().copied().filter(|&presence| presence >= LEAST_PRESENCE)?;
        let [xs, ys] = region.affine(size);
        let points: Vec<([f32; 2], f32)> = landmarks
            .chunks_exact(NUMBERS)
            .map(|n| {
                let at = [xs[0] * n[0] + xs[1] * n[1] + xs[2], ys[0] * n[0] + ys[1] * n[1] + ys[2]];
                (at, 1.0 / (1.0 + (-n[3]).exp()))
            })
            .collect();
        if points.len() <= TOP || world.len() < 3 * LANDMARKS {
            return None;
        }
        let next = Region::of_body(points[HIPS].0, points[TOP].0);
        let (sin, cos) = region.angle.sin_cos();
        let turned = |p: &[f32]| [cos * p[0] - sin * p[1], sin * p[0] + cos * p[1], p[2]];
        Some(Body {
            picture: std::array::from_fn(|index| points[index].0),
            world: std::array::from_fn(|index| turned(&world[3 * index..3 * index + 3])),
            visibility: std::array::from_fn(|index| points[index].1),
            presence,
            region,
            next,
        })
        .filter(|body| body.next.is_sound() && body.picture.iter().flatten().all(|v| v.is_finite()))
    }
}
