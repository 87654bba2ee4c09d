//! Regions of an image.

/// A square region of an image, possibly rotated, in which one person is looked for: px of the
/// displayed image, angle in rad, clockwise on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageRegion {
    /// Horizontal position of its middle, from the left.
    pub x: f32,
    /// Vertical position of its middle, from the top.
    pub y: f32,
    /// Length of its side.
    pub side: f32,
    /// Its rotation.
    pub angle: f32,
}

impl ImageRegion {
    /// The region of a body: centred on the middle of the hips, upright along the line to `top`,
    /// which lies on the circle around the whole body; a quarter wider than the circle (BlazePose:
    /// Bazarevsky et al. 2020; the factor is that of MediaPipe's pose graph).
    pub(crate) fn from_body(hips: [f32; 2], top: [f32; 2]) -> ImageRegion {
        let (dx, dy) = (top[0] - hips[0], top[1] - hips[1]);
        let side = 2.0 * 1.25 * dx.hypot(dy);
        ImageRegion { x: hips[0], y: hips[1], side, angle: dx.atan2(-dy) }
    }

    /// Affine map from the pixels of the region, `size` × `size` of them, to pixels of the image.
    pub(crate) fn affine_map(&self, size: usize) -> [[f32; 3]; 2] {
        let scale = self.side / size as f32;
        let (sin, cos) = self.angle.sin_cos();
        let (c, s) = (cos * scale, sin * scale);
        let middle = 0.5 * size as f32;
        [[c, -s, self.x - (c - s) * middle], [s, c, self.y - (s + c) * middle]]
    }

    /// Whether it is finite and of a plausible size.
    pub(crate) fn is_plausible(&self) -> bool {
        self.x.is_finite()
            && self.y.is_finite()
            && self.angle.is_finite()
            && self.side > 1.0
            && self.side < 1e6
    }

    /// Intersection over union of two regions, ignoring their angles (Jaccard index).
    pub(crate) fn overlap(&self, other: &ImageRegion) -> f32 {
        let along = |a: f32, b: f32| {
            let low = (a - 0.5 * self.side).max(b - 0.5 * other.side);
            let high = (a + 0.5 * self.side).min(b + 0.5 * other.side);
            (high - low).max(0.0)
        };
        let shared = along(self.x, other.x) * along(self.y, other.y);
        shared / (self.side * self.side + other.side * other.side - shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_stands_along_the_body() {
        let upright = ImageRegion::from_body([100.0, 200.0], [100.0, 120.0]);
        assert_eq!((upright.side, upright.angle), (200.0, 0.0));
        // Lying with the head to the right: rotated a quarter clockwise, so that the upper edge of
        // the region faces right.
        let lying = ImageRegion::from_body([100.0, 200.0], [180.0, 200.0]);
        assert!((lying.angle - std::f32::consts::FRAC_PI_2).abs() < 1e-6);
        let [xs, ys] = lying.affine_map(256);
        let top = [xs[0] * 128.0 + xs[2], ys[0] * 128.0 + ys[2]];
        assert!((top[0] - 200.0).abs() < 1e-3 && (top[1] - 200.0).abs() < 1e-3, "{top:?}");
    }

    #[test]
    fn overlap_is_a_share_of_area() {
        let a = ImageRegion { x: 10.0, y: 10.0, side: 10.0, angle: 0.0 };
        assert_eq!(a.overlap(&a), 1.0);
        // Half shared: 50 of 150.
        assert!((a.overlap(&ImageRegion { x: 15.0, ..a }) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(a.overlap(&ImageRegion { x: 50.0, ..a }), 0.0);
    }
}
