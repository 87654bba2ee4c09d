//! Checks every operation against the plain sums of its definition, on small images with random
//! values.

use super::*;
use crate::tflite::Weights;

/// The same numbers on every machine (Knuth's constants).
fn random(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn plane(geometry: Geometry, values: &[f32]) -> Plane {
    let mut plane = Plane::new(geometry);
    plane.fill(values);
    plane
}

fn values(plane: &Plane) -> Vec<f32> {
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
fn window(size: usize, stride: usize) -> Window {
    let border = [size / 2; 2];
    Window { size: [size; 2], stride, before: border, after: border }
}

/// Applies a filter to an image by its definition; `of(output, row, column, input)` is the weight.
fn filtered(
    [height, width, channels]: [usize; 3],
    input: &[f32],
    window: &Window,
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
fn bordered(shape: [usize; 3]) -> Geometry {
    Geometry { before: [3, 2], after: [2, 3], ..Geometry::new(shape) }
}

#[test]
fn full_filters() {
    for (shape, outputs, size, stride) in [
        ([5, 7, 37], 40, 1, 1),
        ([6, 6, 3], 24, 3, 2),
        ([4, 9, 16], 3, 3, 1),
        ([3, 3, 20], 70, 1, 1),
    ] {
        let window = window(size, stride);
        let kernel = random(outputs * size * size * shape[2], 1);
        let (bias, input) = (random(outputs, 2), random(shape.iter().product(), 3));
        let weight = |o: usize, i: usize, j: usize, c: usize| {
            kernel[((o * size + i) * size + j) * shape[2] + c]
        };
        let expected = filtered(shape, &input, &window, &bias, &weight);
        let to = Geometry::new([
            expected.len() / outputs / shape[1].div_ceil(stride),
            shape[1].div_ceil(stride),
            outputs,
        ]);
        let from = bordered(shape);
        let free = [f32::NEG_INFINITY, f32::INFINITY];
        let weights = Weights { kernel: kernel.clone(), bias: bias.clone() };
        let arch = Arch::new();
        let mut found = Plane::new(to);
        Convolution::new(arch, &window, &weights, free, from, to).unwrap().run(
            arch,
            &plane(from, &input),
            &mut found,
        );
        assert_near(&values(&found), &expected);
        Convolution::new(arch, &window, &weights, [0.0, 0.5], from, to).unwrap().run(
            arch,
            &plane(from, &input),
            &mut found,
        );
        assert_near(
            &values(&found),
            &expected.iter().map(|v| v.clamp(0.0, 0.5)).collect::<Vec<_>>(),
        );
    }
}

#[test]
fn filters_for_each_channel() {
    for (size, stride, width) in [(3, 1, 9), (3, 2, 10), (5, 1, 6), (5, 2, 12)] {
        let shape = [8, width, 21];
        let window = window(size, stride);
        let (kernel, bias, input) =
            (random(size * size * 21, 4), random(21, 5), random(8 * width * 21, 6));
        let weight = |o: usize, i: usize, j: usize, c: usize| {
            if o == c { kernel[(i * size + j) * 21 + c] } else { 0.0 }
        };
        let expected = filtered(shape, &input, &window, &bias, &weight);
        let (from, to) = (
            bordered(shape),
            Geometry::new([8_usize.div_ceil(stride), width.div_ceil(stride), 21]),
        );
        let weights = Weights { kernel: kernel.clone(), bias: bias.clone() };
        let free = [f32::NEG_INFINITY, f32::INFINITY];
        let mut found = Plane::new(to);
        Depthwise::new(&window, &weights, free, from, to).unwrap().run(
            Arch::new(),
            &plane(from, &input),
            &mut found,
        );
        assert_near(&values(&found), &expected);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    // 13 rows give bands of different lengths for each number of threads.
    let shape = [13, 11, 21];
    let window = window(3, 1);
    let (input, bias) = (random(13 * 11 * 21, 9), random(21, 10));
    let (full, each) = (random(21 * 9 * 21, 11), random(9 * 21, 12));
    let (from, to) = (bordered(shape), bordered(shape));
    let bounds = [0.0, 6.0];
    let weights = |kernel: &Vec<f32>| Weights { kernel: kernel.clone(), bias: bias.clone() };
    let full = Convolution::new(Arch::new(), &window, &weights(&full), bounds, from, to).unwrap();
    let each = Depthwise::new(&window, &weights(&each), bounds, from, to).unwrap();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (mut middle, mut found) = (Plane::new(to), Plane::new(to));
            full.run(Arch::new(), &plane(from, &input), &mut middle);
            each.run(Arch::new(), &middle, &mut found);
            found.data
        })
    };
    let one = run(1);
    assert!((2..=5).all(|threads| run(threads) == one));
}

#[test]
fn sums_also_of_a_picture_with_fewer_channels() {
    let (narrow, wide) = (Geometry::new([2, 3, 16]), bordered([2, 3, 40]));
    let (a, b) = (random(96, 7), random(240, 8));
    let mut found = Plane::new(wide);
    simple::add(Arch::new(), &plane(narrow, &a), &plane(wide, &b), [0.0, 6.0], &mut found);
    let first = |index: usize| if index % 40 < 16 { a[index / 40 * 16 + index % 40] } else { 0.0 };
    let expected: Vec<f32> =
        b.iter().enumerate().map(|(index, b)| (first(index) + b).clamp(0.0, 6.0)).collect();
    assert_near(&values(&found), &expected);
}

#[test]
fn changes_of_size() {
    let arch = Arch::new();
    let small = plane(Geometry::new([2, 2, 1]), &[1.0, 2.0, 3.0, 4.0]);
    let mut pooled = Plane::new(Geometry::new([1, 1, 1]));
    simple::max_pool(arch, &small, &mut pooled);
    assert_eq!(values(&pooled), [4.0]);
    // Half-pixel centres: ¾ of the nearer and ¼ of the further, the edge repeated (as TensorFlow's
    // resize_bilinear gives for this square).
    let mut doubled = Plane::new(Geometry::new([4, 4, 1]));
    simple::double(arch, &small, &mut doubled);
    let expected =
        [1.0, 1.25, 1.75, 2.0, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3.0, 3.25, 3.75, 4.0];
    assert_near(&values(&doubled), &expected);
    // The example of TensorFlow's documentation of depth_to_space.
    let deep = plane(
        Geometry::new([1, 1, 12]),
        &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0],
    );
    let mut spread = Plane::new(Geometry::new([2, 2, 3]));
    simple::depth_to_space(&deep, &mut spread);
    assert_eq!(values(&spread), (1..=12).map(|v| v as f32).collect::<Vec<_>>());
}

#[test]
fn what_is_no_network_is_refused() {
    for bytes in [&[][..], &[0; 3], &[255; 64], b"\x1c\0\0\0TFL3", &[0; 64]] {
        assert!(Network::new(bytes, &[0]).is_err());
    }
}
