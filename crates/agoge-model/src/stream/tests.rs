use super::*;
use crate::size::EncoderSize;
use crate::weights;
use agoge_engine::kernel::{Axis, Isa};
use agoge_engine::runtime::{self, TokenGrid, VisibleRange, Workspace};
use fastrand::Rng;

const SIZE: EncoderSize =
    EncoderSize { width: 24, heads: 2, blocks: 3, feed_forward: 48, movements: 4 };

fn seeded_network() -> InferenceNetwork {
    InferenceNetwork::new(&weights::seed_values(&SIZE, 11), &SIZE, Isa::best_supported())
}

/// A stream of random tokens with a clock; parts come and go.
struct TokenFrames {
    values: Vec<f32>,
    hidden: Vec<bool>,
    times: Vec<f64>,
}

fn random_frames(count: usize, clock: impl Fn(usize) -> f64) -> TokenFrames {
    let mut rng = Rng::with_seed(2);
    let parts = PARTS.len();
    TokenFrames {
        values: (0..count * parts * CHANNELS).map(|_| rng.f32() - 0.5).collect(),
        // Part 2 is never seen; others come and go; the pelvis is always there.
        hidden: (0..count * parts)
            .map(|i| i % parts == 2 || (i % parts > 3 && rng.f32() < 0.2))
            .collect(),
        times: (0..count).map(clock).collect(),
    }
}

impl TokenFrames {
    fn push_frame<'a>(&self, stream: &'a mut StreamingEncoder, frame: usize) -> &'a StreamState {
        let parts = PARTS.len();
        let values = &self.values[frame * parts * CHANNELS..(frame + 1) * parts * CHANNELS];
        stream.push(values, &self.hidden[frame * parts..(frame + 1) * parts], self.times[frame])
    }

    /// The offline causal encoder over all frames at once, seeing `back` frames back: `[frame,
    /// part, width]`.
    fn encode_offline(&self, network: &InferenceNetwork, back: usize) -> Vec<f32> {
        let mut encoder: runtime::RuntimeEncoder = network.encoder.clone();
        for attention in encoder.blocks.iter_mut().flat_map(|block| &mut block.attentions) {
            if attention.axis == Axis::Time {
                attention.attention =
                    attention.attention.clone().with_visible_range(VisibleRange { back, ahead: 0 });
            }
        }
        let seconds: Vec<f32> = self.times.iter().map(|t| *t as f32).collect();
        let (times, parts) = (self.times.len(), PARTS.len());
        let mut values = Vec::new();
        crate::network::push_with_parts(&self.values, &mut values);
        let tokens = TokenGrid {
            values: &values,
            embedded: None,
            batch: 1,
            times,
            parts,
            hidden: Some(&self.hidden),
            seconds: Some(&seconds),
        };
        let mut out = vec![0.0; times * parts * SIZE.width];
        encoder.encode_batch(tokens, &mut Workspace::new(), &mut out, |_, encoded, out| {
            for (row, out) in out.chunks_exact_mut(SIZE.width).enumerate() {
                out.copy_from_slice(encoded.row(row));
            }
        });
        out
    }
}

/// The encoded tokens of every frame equal those of the offline causal encoder, to 1e-5, even after
/// the ring wraps around and with an irregular clock.
#[test]
fn a_stream_is_the_causal_encoder() {
    let network = seeded_network();
    for (clock, most_frames, back) in [
        // A second at 20 Hz: the ring is larger than the window, so time decides.
        ((|i| i as f64 / 20.0) as fn(usize) -> f64, 40, 20),
        // Frames are lost and late; the ring drops the oldest.
        ((|i| i as f64 / 30.0 + if i % 7 == 3 { 0.02 } else { 0.0 }) as fn(usize) -> f64, 17, 16),
    ] {
        let frames = random_frames(90, clock);
        let expected = frames.encode_offline(&network, back);
        let mut stream = StreamingEncoder::new(
            network.clone(),
            LiveConfig { window_s: 1.0, most_frames, step_s: 0.0 },
        );
        let size = PARTS.len() * SIZE.width;
        for frame in 0..90 {
            frames.push_frame(&mut stream, frame);
            let expected = &expected[frame * size..(frame + 1) * size];
            for (part, (streamed, offline)) in stream
                .encoded_tokens()
                .chunks(SIZE.width)
                .zip(expected.chunks(SIZE.width))
                .enumerate()
            {
                if frames.hidden[frame * PARTS.len() + part] {
                    continue;
                }
                let off =
                    streamed.iter().zip(offline).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(off < 1e-5, "frame {frame} part {part}: off by {off}");
            }
        }
    }
}

#[test]
fn the_window_forgets_and_a_cleared_stream_is_new() {
    let network = seeded_network();
    let frames = random_frames(60, |i| i as f64 / 30.0);
    let mut stream = StreamingEncoder::new(
        network.clone(),
        LiveConfig { window_s: 0.5, most_frames: 64, step_s: 0.0 },
    );
    for frame in 0..60 {
        frames.push_frame(&mut stream, frame);
    }
    assert_eq!(stream.state().frames, 16, "half a second at 30 Hz, both ends");
    stream.clear();
    let again = frames.push_frame(&mut stream, 0).clone();
    let mut fresh =
        StreamingEncoder::new(network, LiveConfig { window_s: 0.5, most_frames: 64, step_s: 0.0 });
    assert_eq!(&again, frames.push_frame(&mut fresh, 0));
    assert_eq!(again.frames, 1);
    assert!((again.movement.iter().sum::<f32>() - 1.0).abs() < 1e-5);
}

#[test]
fn nobody_in_view_is_no_error() {
    let mut stream = StreamingEncoder::new(seeded_network(), LiveConfig::default());
    let values = vec![0.0; PARTS.len() * CHANNELS];
    let state = stream.push(&values, &[true; PARTS.len()], 1.0);
    assert!(state.embedding.iter().chain(&state.movement).all(|v| v.is_finite()));
}
