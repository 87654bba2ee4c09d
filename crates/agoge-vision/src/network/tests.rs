//! Checks every operation against the plain sums of its definition, on small images with random
//! values.

use super::*;
use crate::tflite::FilterWeights;

/// The same numbers on every machine (Knuth's constants).
fn random_values(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn filled_plane(geometry: PlaneLayout, values: &[f32]) -> FeaturePlane {
    let mut plane = FeaturePlane::new(geometry);
    plane.fill_values(values);
    plane
}

fn plane_values(plane: &FeaturePlane) -> Vec<f32> {
    plane.values().collect()
}

/// Sums of up to 9 × 37 products of numbers below one, added in another order: 1e-4 is a hundred
/// times their rounding error.
fn assert_near(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (index, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() < 1e-4, "{index}: {a} {b}");
    }
}

/// The window of a filter with `SAME` padding at stride 1, or with a border of `border` at stride
/// 2.
fn centred_window(size: usize, stride: usize) -> FilterWindow {
    let border = [size / 2; 2];
    FilterWindow { size: [size; 2], stride, before: border, after: border }
}

/// Applies a filter to an image by its definition; `of(output, row, column, input)` is the weight.
fn filter_by_definition(
    [height, width, channels]: [usize; 3],
    input: &[f32],
    window: &FilterWindow,
    bias: &[f32],
    of: &dyn Fn(usize, usize, usize, usize) -> f32,
) -> Vec<f32> {
    let mut found = Vec::new();
    let steps =
        |length: usize| (length + 2 * window.before[0] - window.size[0]) / window.stride + 1;
    for row in 0..steps(height) {
        for column in 0..steps(width) {
            for (output, bias) in bias.iter().enumerate() {
                let mut sum = *bias;
                for (i, j) in
                    (0..window.size[0]).flat_map(|i| (0..window.size[1]).map(move |j| (i, j)))
                {
                    let y = (row * window.stride + i).wrapping_sub(window.before[0]);
                    let x = (column * window.stride + j).wrapping_sub(window.before[1]);
                    if y < height && x < width {
                        sum += (0..channels)
                            .map(|c| of(output, i, j, c) * input[(y * width + x) * channels + c])
                            .sum::<f32>();
                    }
                }
                found.push(sum);
            }
        }
    }
    found
}

/// The layout of an input with a border wider than the filter needs, as other filters over the same
/// image may require.
fn bordered_layout(shape: [usize; 3]) -> PlaneLayout {
    PlaneLayout { before: [3, 2], after: [2, 3], ..PlaneLayout::new(shape) }
}

#[test]
fn full_filters() {
    for (shape, outputs, size, stride) in [
        ([5, 7, 37], 40, 1, 1),
        ([6, 6, 3], 24, 3, 2),
        ([4, 9, 16], 3, 3, 1),
        ([3, 3, 20], 70, 1, 1),
    ] {
        let window = centred_window(size, stride);
        let kernel = random_values(outputs * size * size * shape[2], 1);
        let (bias, input) = (random_values(outputs, 2), random_values(shape.iter().product(), 3));
        let weight = |o: usize, i: usize, j: usize, c: usize| {
            kernel[((o * size + i) * size + j) * shape[2] + c]
        };
        let expected = filter_by_definition(shape, &input, &window, &bias, &weight);
        let to = PlaneLayout::new([
            expected.len() / outputs / shape[1].div_ceil(stride),
            shape[1].div_ceil(stride),
            outputs,
        ]);
        let from = bordered_layout(shape);
        let free = [f32::NEG_INFINITY, f32::INFINITY];
        let weights = FilterWeights { kernel: kernel.clone(), bias: bias.clone() };
        let arch = Arch::new();
        let mut found = FeaturePlane::new(to);
        ConvolutionFilter::new(arch, &window, &weights, free, from, to).unwrap().filter_plane(
            arch,
            &filled_plane(from, &input),
            &mut found,
        );
        assert_near(&plane_values(&found), &expected);
        ConvolutionFilter::new(arch, &window, &weights, [0.0, 0.5], from, to)
            .unwrap()
            .filter_plane(arch, &filled_plane(from, &input), &mut found);
        assert_near(
            &plane_values(&found),
            &expected.iter().map(|v| v.clamp(0.0, 0.5)).collect::<Vec<_>>(),
        );
    }
}

#[test]
fn filters_for_each_channel() {
    for (size, stride, width) in [(3, 1, 9), (3, 2, 10), (5, 1, 6), (5, 2, 12)] {
        let shape = [8, width, 21];
        let window = centred_window(size, stride);
        let (kernel, bias, input) = (
            random_values(size * size * 21, 4),
            random_values(21, 5),
            random_values(8 * width * 21, 6),
        );
        let weight = |o: usize, i: usize, j: usize, c: usize| {
            if o == c { kernel[(i * size + j) * 21 + c] } else { 0.0 }
        };
        let expected = filter_by_definition(shape, &input, &window, &bias, &weight);
        let (from, to) = (
            bordered_layout(shape),
            PlaneLayout::new([8_usize.div_ceil(stride), width.div_ceil(stride), 21]),
        );
        let weights = FilterWeights { kernel: kernel.clone(), bias: bias.clone() };
        let free = [f32::NEG_INFINITY, f32::INFINITY];
        let mut found = FeaturePlane::new(to);
        DepthwiseFilter::new(&window, &weights, free, from, to).unwrap().filter_plane(
            Arch::new(),
            &filled_plane(from, &input),
            &mut found,
        );
        assert_near(&plane_values(&found), &expected);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    // 13 rows give bands of different lengths for each number of threads.
    let shape = [13, 11, 21];
    let window = centred_window(3, 1);
    let (input, bias) = (random_values(13 * 11 * 21, 9), random_values(21, 10));
    let (full, each) = (random_values(21 * 9 * 21, 11), random_values(9 * 21, 12));
    let (from, to) = (bordered_layout(shape), bordered_layout(shape));
    let bounds = [0.0, 6.0];
    let weights = |kernel: &Vec<f32>| FilterWeights { kernel: kernel.clone(), bias: bias.clone() };
    let full =
        ConvolutionFilter::new(Arch::new(), &window, &weights(&full), bounds, from, to).unwrap();
    let each = DepthwiseFilter::new(&window, &weights(&each), bounds, from, to).unwrap();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (mut middle, mut found) = (FeaturePlane::new(to), FeaturePlane::new(to));
            full.filter_plane(Arch::new(), &filled_plane(from, &input), &mut middle);
            each.filter_plane(Arch::new(), &middle, &mut found);
            found.data
        })
    };
    let one = run(1);
    assert!((2..=5).all(|threads| run(threads) == one));
}

#[test]
fn sums_also_of_a_picture_with_fewer_channels() {
    let (narrow, wide) = (PlaneLayout::new([2, 3, 16]), bordered_layout([2, 3, 40]));
    let (a, b) = (random_values(96, 7), random_values(240, 8));
    let mut found = FeaturePlane::new(wide);
    elementwise::add_planes(
        Arch::new(),
        &filled_plane(narrow, &a),
        &filled_plane(wide, &b),
        [0.0, 6.0],
        &mut found,
    );
    let first = |index: usize| if index % 40 < 16 { a[index / 40 * 16 + index % 40] } else { 0.0 };
    let expected: Vec<f32> =
        b.iter().enumerate().map(|(index, b)| (first(index) + b).clamp(0.0, 6.0)).collect();
    assert_near(&plane_values(&found), &expected);
}

#[test]
fn changes_of_size() {
    let arch = Arch::new();
    let small = filled_plane(PlaneLayout::new([2, 2, 1]), &[1.0, 2.0, 3.0, 4.0]);
    let mut pooled = FeaturePlane::new(PlaneLayout::new([1, 1, 1]));
    elementwise::max_pool(arch, &small, &mut pooled);
    assert_eq!(plane_values(&pooled), [4.0]);
    // Half-pixel centres: ¾ of the nearer and ¼ of the further, the edge repeated (as TensorFlow's
    // resize_bilinear gives for this square).
    let mut doubled = FeaturePlane::new(PlaneLayout::new([4, 4, 1]));
    elementwise::double_size(arch, &small, &mut doubled);
    let expected =
        [1.0, 1.25, 1.75, 2.0, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3.0, 3.25, 3.75, 4.0];
    assert_near(&plane_values(&doubled), &expected);
    // The example of TensorFlow's documentation of depth_to_space.
    let deep = filled_plane(
        PlaneLayout::new([1, 1, 12]),
        &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0],
    );
    let mut spread = FeaturePlane::new(PlaneLayout::new([2, 2, 3]));
    elementwise::depth_to_space(&deep, &mut spread);
    assert_eq!(plane_values(&spread), (1..=12).map(|v| v as f32).collect::<Vec<_>>());
}

#[test]
fn what_is_no_network_is_refused() {
    for bytes in [&[][..], &[0; 3], &[255; 64], b"\x1c\0\0\0TFL3", &[0; 64]] {
        assert!(PoseNetwork::new(bytes, &[0]).is_err());
    }
}
