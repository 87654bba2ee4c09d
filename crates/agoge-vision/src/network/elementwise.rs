//! The element-wise and resampling operations between the filters.

use super::plane::FeaturePlane;
use pulp::{Arch, Simd, WithSimd};

/// The sum of two images, clamped between bounds; the first may have fewer channels.
pub(super) fn add_planes(
    arch: Arch,
    a: &FeaturePlane,
    b: &FeaturePlane,
    bounds: [f32; 2],
    to: &mut FeaturePlane,
) {
    struct AddKernel<'a>(&'a [f32], &'a [f32], [f32; 2], &'a mut [f32]);
    impl WithSimd for AddKernel<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let AddKernel(a, b, [low, high], to) = self;
            let (low, high) = (simd.splat_f32s(low), simd.splat_f32s(high));
            let (a, b, to) =
                (S::as_simd_f32s(a).0, S::as_simd_f32s(b).0, S::as_mut_simd_f32s(to).0);
            for ((a, b), to) in a.iter().zip(b).zip(to) {
                *to = simd.min_f32s(simd.max_f32s(simd.add_f32s(*a, *b), low), high);
            }
        }
    }
    let (narrow, wide) = (a.layout.stride, to.layout.stride);
    to.for_each_row(|row, to| {
        let (a, b) = (a.row(row), b.row(row));
        if narrow == wide {
            arch.dispatch(AddKernel(a, b, bounds, to));
            return;
        }
        for ((a, b), to) in
            a.chunks_exact(narrow).zip(b.chunks_exact(wide)).zip(to.chunks_exact_mut(wide))
        {
            let (first, rest) = to.split_at_mut(narrow);
            arch.dispatch(AddKernel(a, &b[..narrow], bounds, first));
            rest.iter_mut()
                .zip(&b[narrow..])
                .for_each(|(to, b)| *to = b.max(bounds[0]).min(bounds[1]));
        }
    });
}

/// The maximum of each 2 × 2 pixels.
pub(super) fn max_pool(arch: Arch, from: &FeaturePlane, to: &mut FeaturePlane) {
    struct MaxKernel<'a>([&'a [f32]; 4], &'a mut [f32]);
    impl WithSimd for MaxKernel<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let [a, b, c, d] = self.0.map(|pixel| S::as_simd_f32s(pixel).0);
            for ((((a, b), c), d), to) in
                a.iter().zip(b).zip(c).zip(d).zip(S::as_mut_simd_f32s(self.1).0)
            {
                *to = simd.max_f32s(simd.max_f32s(*a, *b), simd.max_f32s(*c, *d));
            }
        }
    }
    let stride = from.layout.stride;
    to.for_each_row(|row, to| {
        let (upper, lower) = (from.row(2 * row), from.row(2 * row + 1));
        let pairs = upper.chunks_exact(2 * stride).zip(lower.chunks_exact(2 * stride));
        for ((upper, lower), to) in pairs.zip(to.chunks_exact_mut(stride)) {
            let ((a, b), (c, d)) = (upper.split_at(stride), lower.split_at(stride));
            arch.dispatch(MaxKernel([a, b, c, d], to));
        }
    });
}

/// Doubles height and width, bilinear, sampled at pixel centres: each new pixel is ¾ of the nearer
/// old one and ¼ of the other, in both directions.
pub(super) fn double_size(arch: Arch, from: &FeaturePlane, to: &mut FeaturePlane) {
    struct MixKernel<'a>([&'a [f32]; 4], &'a mut [f32]);
    impl WithSimd for MixKernel<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let [near, far] = [simd.splat_f32s(0.75), simd.splat_f32s(0.25)];
            let mix = |a, b| simd.add_f32s(simd.mul_f32s(near, a), simd.mul_f32s(far, b));
            let [a, b, c, d] = self.0.map(|pixel| S::as_simd_f32s(pixel).0);
            for ((((a, b), c), d), to) in
                a.iter().zip(b).zip(c).zip(d).zip(S::as_mut_simd_f32s(self.1).0)
            {
                *to = mix(mix(*a, *b), mix(*c, *d));
            }
        }
    }
    let (stride, height, width) = (from.layout.stride, from.layout.height, from.layout.width);
    // The nearer and the further old pixel of a new one; beyond the edge, the edge itself.
    let sources = |new: usize, length: usize| {
        let near = new / 2;
        [
            near,
            if new.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(length - 1) },
        ]
    };
    to.for_each_row(|row, to| {
        let [near, far] = sources(row, height).map(|row| from.row(row));
        for (column, to) in to.chunks_exact_mut(stride).enumerate() {
            let [a, b] =
                sources(column, width).map(|column| column * stride..(column + 1) * stride);
            arch.dispatch(MixKernel([&near[a.clone()], &near[b.clone()], &far[a], &far[b]], to));
        }
    });
}

/// Channel `(2·i + j)·n + c` of an old pixel becomes channel `c` of the new pixel in row `i` and
/// column `j` of its 2 × 2.
pub(super) fn depth_to_space(from: &FeaturePlane, to: &mut FeaturePlane) {
    let (old, new, channels) = (from.layout.stride, to.layout.stride, to.layout.channels);
    to.for_each_row(|row, to| {
        let source = from.row(row / 2);
        for (column, to) in to.chunks_exact_mut(new).enumerate() {
            let at = column / 2 * old + (2 * (row % 2) + column % 2) * channels;
            to[..channels].copy_from_slice(&source[at..at + channels]);
        }
    });
}

/// 1 / (1 + e⁻ˣ).
pub(super) fn apply_logistic(from: &FeaturePlane, to: &mut FeaturePlane) {
    to.for_each_row(|row, to| {
        to.iter_mut().zip(from.row(row)).for_each(|(to, x)| *to = 1.0 / (1.0 + (-x).exp()));
    });
}
