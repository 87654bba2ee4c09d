//! Compares the runtime with the same networks in plain Burn and with itself on other numbers of
//! threads, and tests masks, positions and attention maps.

use agoge_engine::kernel::{Isa, Matrix};
use agoge_engine::runtime::{
    AttentionLayer, AttentionMaps, Axis, FeedForward, PackedLinear, RotaryFrequencies,
    RuntimeBlock, RuntimeEncoder, RuntimeLayerNorm, RuntimeSelfAttention, TokenGrid, VisibleRange,
    Workspace,
};
use agoge_lab::bench::{FrameNetwork, JointNetwork, random_weights};
use agoge_train::attention::scaled_dot_product;
use agoge_train::burn::nn;
use agoge_train::burn::tensor::activation::gelu;
use agoge_train::burn::tensor::{Device, Tensor, TensorData};

/// A Burn linear layer with the same random weights.
fn linear(
    source: &mut dyn FnMut(usize, usize) -> Vec<f32>,
    inputs: usize,
    outputs: usize,
    device: &Device,
) -> nn::Linear {
    let mut layer = nn::LinearConfig::new(inputs, outputs).init(device);
    let weights = TensorData::new(source(inputs, outputs), [inputs, outputs]);
    layer.weight =
        agoge_train::burn::module::Param::from_tensor(Tensor::from_data(weights, device));
    let bias = TensorData::new(source(0, outputs), [outputs]);
    layer.bias =
        Some(agoge_train::burn::module::Param::from_tensor(Tensor::from_data(bias, device)));
    layer
}

/// Self-attention within sequences `[sequence, token, width]`.
fn attend(x: Tensor<3>, project: &nn::Linear, join: &nn::Linear, heads: usize) -> Tensor<3> {
    let [sequences, tokens, width] = x.dims();
    let channels = width / heads;
    let parts = project.forward(x).reshape([sequences, tokens, 3, heads, channels]);
    let part = |i: usize| {
        parts.clone().narrow(2, i, 1).reshape([sequences, tokens, heads, channels]).swap_dims(1, 2)
    };
    let (out, _) = scaled_dot_product(part(0), part(1), part(2), (channels as f64).sqrt(), None);
    join.forward(out.swap_dims(1, 2).reshape([sequences, tokens, width]))
}

fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_to_vec().unwrap_or_default()
}

fn draw(n: usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(9);
    (0..n).map(|_| random.f32() * 4.0 - 2.0).collect()
}

fn farthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn motion_is_the_network_that_burn_computes() {
    let (device, batch) = (Device::flex(), 3);
    let x = draw(batch * 128 * 99);
    let mut source = random_weights(4);
    let mut layer = |inputs, outputs| linear(&mut source, inputs, outputs, &device);
    let norm = nn::LayerNormConfig::new(128).init(&device);
    let mut y = layer(99, 128)
        .forward(Tensor::<3>::from_data(TensorData::new(x.clone(), [batch, 128, 99]), &device));
    for _ in 0..4 {
        let (project, join, wide, narrow) =
            (layer(128, 384), layer(128, 128), layer(128, 512), layer(512, 128));
        y = y.clone() + attend(norm.forward(y), &project, &join, 8);
        y = y.clone() + narrow.forward(gelu(wide.forward(norm.forward(y))));
    }
    let exact = values(layer(128, 16).forward(norm.forward(y).mean_dim(1).reshape([batch, 128])));
    for isa in Isa::all_supported() {
        let mut out = vec![0.0; batch * 16];
        FrameNetwork::new(isa, &mut random_weights(4)).infer_batch(
            &x,
            batch,
            &mut Workspace::new(),
            &mut out,
        );
        let off = farthest(&out, &exact);
        assert!(off < 1e-5, "{}: off by {off}", isa.name());
    }
}

#[test]
fn joints_is_the_network_that_burn_computes() {
    let (device, batch) = (Device::flex(), 2);
    let x = draw(batch * 64 * 25 * 3);
    let mut source = random_weights(5);
    let mut layer = |inputs, outputs| linear(&mut source, inputs, outputs, &device);
    let norm = nn::LayerNormConfig::new(64).init(&device);
    let shape = [batch, 64, 25, 64];
    let mut y = layer(3, 64)
        .forward(Tensor::<4>::from_data(TensorData::new(x.clone(), [batch, 64, 25, 3]), &device));
    for _ in 0..4 {
        let (project, join) = (layer(64, 192), layer(64, 64));
        let flat = norm.forward(y.clone()).reshape([batch * 64, 25, 64]);
        y = y + attend(flat, &project, &join, 4).reshape(shape);
        let (project, join) = (layer(64, 192), layer(64, 64));
        let flat = norm.forward(y.clone()).swap_dims(1, 2).reshape([batch * 25, 64, 64]);
        y = y + attend(flat, &project, &join, 4).reshape([batch, 25, 64, 64]).swap_dims(1, 2);
        let (wide, narrow) = (layer(64, 256), layer(256, 64));
        y = y.clone() + narrow.forward(gelu(wide.forward(norm.forward(y))));
    }
    let exact = values(layer(64, 3).forward(norm.forward(y)));
    for isa in Isa::all_supported() {
        let mut out = vec![0.0; x.len()];
        JointNetwork::new(isa, &mut random_weights(5)).infer_batch(
            &x,
            batch,
            &mut Workspace::new(),
            &mut out,
        );
        let off = farthest(&out, &exact);
        assert!(off < 1e-5, "{}: off by {off}", isa.name());
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let x = draw(5 * 64 * 25 * 3);
    let motion = draw(5 * 128 * 99);
    let (joints, encoder) = (
        JointNetwork::new(Isa::best_supported(), &mut random_weights(6)),
        FrameNetwork::new(Isa::best_supported(), &mut random_weights(7)),
    );
    let run = |threads: usize, batch: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (mut out, mut other) = (vec![0.0; batch * 64 * 25 * 3], vec![0.0; batch * 16]);
            joints.infer_batch(&x[..out.len()], batch, &mut Workspace::new(), &mut out);
            encoder.infer_batch(
                &motion[..batch * 128 * 99],
                batch,
                &mut Workspace::new(),
                &mut other,
            );
            (out, other)
        })
    };
    for batch in [1, 2, 5] {
        let one = run(1, batch);
        for threads in [2, 3] {
            assert!(run(threads, batch) == one, "batch {batch} on {threads} threads");
        }
    }
}

/// A small encoder over parts and time with all features: hidden tokens, limited sight, rotary
/// positions.
fn small(isa: Isa) -> RuntimeEncoder {
    let mut source = random_weights(8);
    let mut layer = |inputs: usize, outputs: usize| {
        PackedLinear::new(
            isa,
            Matrix::new(&source(inputs, outputs), inputs, outputs),
            &source(0, outputs),
        )
    };
    let norm = || RuntimeLayerNorm::new(isa, &[1.0; 24], &[0.1; 24], 1e-5);
    let blocks = (0..2)
        .map(|_| RuntimeBlock {
            attentions: vec![
                AttentionLayer {
                    norm: norm(),
                    attention: RuntimeSelfAttention::new(layer(24, 72), layer(24, 24), 3),
                    axis: Axis::Part,
                },
                AttentionLayer {
                    norm: norm(),
                    attention: RuntimeSelfAttention::new(layer(24, 72), layer(24, 24), 3)
                        .with_visible_range(VisibleRange { back: 6, ahead: 0 })
                        .with_rotary(RotaryFrequencies::from_range(8, 20.0, 0.5)),
                    axis: Axis::Time,
                },
            ],
            norm: norm(),
            feed_forward: FeedForward::new(layer(24, 40), layer(40, 24)),
        })
        .collect();
    RuntimeEncoder { input: layer(5, 24), blocks, norm: norm() }
}

struct Input {
    values: Vec<f32>,
    hidden: Vec<bool>,
    seconds: Vec<f32>,
}

const TIMES: usize = 41;
const PARTS: usize = 7;

impl Input {
    fn new() -> Input {
        Input {
            values: draw(TIMES * PARTS * 5),
            hidden: (0..TIMES * PARTS).map(|token| token % PARTS == 3).collect(),
            seconds: (0..TIMES).map(|time| 10.0 + time as f32 / 30.0).collect(),
        }
    }

    fn encode(&self, encoder: &RuntimeEncoder) -> Vec<f32> {
        let mut out = vec![0.0; TIMES * PARTS * 24];
        encoder.encode_batch(self.tokens(), &mut Workspace::new(), &mut out, copy);
        out
    }

    fn tokens(&self) -> TokenGrid<'_> {
        TokenGrid {
            values: &self.values,
            embedded: None,
            batch: 1,
            times: TIMES,
            parts: PARTS,
            hidden: Some(&self.hidden),
            seconds: Some(&self.seconds),
        }
    }
}

fn copy(_: usize, embedding: Matrix, out: &mut [f32]) {
    for (i, out) in out.chunks_exact_mut(embedding.columns()).enumerate() {
        out.copy_from_slice(embedding.row(i));
    }
}

#[test]
fn what_is_hidden_or_to_come_or_long_past_changes_nothing() {
    for isa in Isa::all_supported() {
        let encoder = small(isa);
        let mut input = Input::new();
        let before = input.encode(&encoder);
        let row =
            |time: usize, part: usize| (time * PARTS + part) * 24..(time * PARTS + part + 1) * 24;
        // No other token sees those of a hidden part.
        for time in 0..TIMES {
            input.values[(time * PARTS + 3) * 5] += 1.0;
        }
        let after = input.encode(&encoder);
        for time in 0..TIMES {
            for part in (0..PARTS).filter(|part| *part != 3) {
                assert_eq!(before[row(time, part)], after[row(time, part)], "{}", isa.name());
            }
        }
        // Time 20 affects only times 20 to 20 + 2 · 6: two causal blocks, each seeing six tokens
        // back.
        let mut input = Input::new();
        input.values[20 * PARTS * 5] += 1.0;
        let after = input.encode(&encoder);
        let changed: Vec<usize> =
            (0..TIMES).filter(|time| before[row(*time, 0)] != after[row(*time, 0)]).collect();
        assert_eq!(changed, (20..=32).collect::<Vec<_>>(), "{}", isa.name());
    }
}

#[test]
fn rotary_positions_know_only_how_far_apart_times_are() {
    let encoder = small(Isa::best_supported());
    let mut input = Input::new();
    let before = input.encode(&encoder);
    input.seconds.iter_mut().for_each(|time| *time -= 7.5);
    assert!(farthest(&before, &input.encode(&encoder)) < 1e-4);
    input.seconds.iter_mut().for_each(|time| *time *= 1.5);
    assert!(farthest(&before, &input.encode(&encoder)) > 1e-3);
}

#[test]
fn maps_are_rows_of_shares_and_do_not_change_the_output() {
    let (encoder, input) = (small(Isa::best_supported()), Input::new());
    let before = input.encode(&encoder);
    let mut maps = AttentionMaps { requested: vec![3, 0], ..AttentionMaps::default() };
    let mut out = vec![0.0; before.len()];
    encoder.encode_with_maps(input.tokens(), &mut Workspace::new(), &mut maps, &mut out, copy);
    assert!(out == before);
    assert_eq!(
        maps.maps.iter().map(Vec::len).collect::<Vec<_>>(),
        [PARTS * 3 * TIMES * TIMES, TIMES * 3 * PARTS * PARTS]
    );
    // Part 3 is hidden: over time it sees nothing; over parts nothing sees it.
    for (sequence, map) in maps.maps[0].chunks_exact(3 * TIMES * TIMES).enumerate() {
        for (row, shares) in map.chunks_exact(TIMES).enumerate() {
            let sum: f32 = shares.iter().sum();
            let expected = if sequence == 3 { 0.0 } else { 1.0 };
            assert!((sum - expected).abs() < 1e-5, "sequence {sequence}: {sum}");
            assert!(
                shares[row % TIMES + 1..].iter().all(|share| *share == 0.0),
                "sees what is to come"
            );
        }
    }
    for shares in maps.maps[1].chunks_exact(PARTS) {
        assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5 && shares[3] == 0.0);
    }
}
