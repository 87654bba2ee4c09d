//! Live inference with the same weights: each frame yields the model's output for the last seconds,
//! at a cost independent of the stream's length.

use crate::network::{HeadOutputs, INPUTS, InferenceNetwork, pool_tokens};
use crate::token::{CHANNELS, PARTS};
use agoge_engine::kernel::{
    CachedHead, Epilogue, Matrix, MatrixMut, RowStep, WorkUnit, attend_cached, recall::PLACES,
};
use agoge_engine::runtime::{AttentionLayer, RuntimeSelfAttention, UnitScratch, padded_stride};

/// Settings of a live stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveConfig {
    /// How far back a frame attends, s.
    pub window_s: f64,
    /// Maximum frames within the window. Beyond this the oldest are dropped, so that memory is
    /// bounded whatever the camera does.
    pub most_frames: usize,
    /// Minimum time between two encoded frames, s; 0 encodes every frame. Skipped frames still show
    /// in the displacements of the next one ([`crate::LiveStream`]).
    pub step_s: f64,
}

impl Default for LiveConfig {
    /// Four seconds at up to 60 frames per second.
    fn default() -> LiveConfig {
        LiveConfig { window_s: 4.0, most_frames: 240, step_s: 0.0 }
    }
}

/// The model's output for the last seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamState {
    /// Time of the newest frame, s.
    pub time_s: f64,
    /// Number of frames within the window.
    pub frames: usize,
    /// Probability of each movement of the card, in its order.
    pub movement: Vec<f32>,
    /// Probability that it is done correctly, if it is that movement, in the same order.
    pub quality: Vec<f32>,
    /// Embedding, `[2 · width]`: mean and maximum over the tokens within the window.
    pub embedding: Vec<f32>,
}

/// A causal encoder that caches the keys and values of the window in ring buffers. The cost of a
/// frame is constant, and nothing is allocated after the first.
///
/// Lost frames are simply not pushed. The clock may be irregular, because positions are in seconds.
/// A part that is not seen is hidden: it is neither attended to nor pooled.
#[derive(Debug)]
pub struct StreamingEncoder {
    network: InferenceNetwork,
    live: LiveConfig,
    /// Slots of a ring: `most_frames` rounded up to whole vectors.
    places: usize,
    /// Ring slot of the next frame.
    next: usize,
    /// Time of each ring slot, s; NaN if it is still empty.
    times: Vec<f64>,
    /// Hidden parts of each ring slot, `[place, part]`.
    hidden: Vec<bool>,
    /// One per block.
    rings: Vec<KeyValueRing>,
    /// Encoded tokens, `[place, part, width]`.
    encoded: Vec<f32>,
    work: FrameBuffers,
    state: StreamState,
    heads: HeadOutputs,
}

/// Key-value cache of a block's attention over time.
#[derive(Debug)]
struct KeyValueRing {
    /// `[part, channel of all heads, place]`.
    keys: Vec<f32>,
    values: Vec<f32>,
}

/// Working memory for a frame.
#[derive(Debug)]
struct FrameBuffers {
    /// `[part, INPUTS]`.
    input: Vec<f32>,
    /// `[part, width]`.
    x: Vec<f32>,
    normed: Vec<f32>,
    /// Queries, keys and values, `[part, 3 · width]`.
    projected: Vec<f32>,
    /// `[part, width]`.
    joined: Vec<f32>,
    /// 0 or −∞ for each part of this frame, `[part]`.
    now: Vec<f32>,
    /// 0 or −∞ for each cached token, `[part, place]`.
    past: Vec<f32>,
    /// `[place]`.
    weights: Vec<f32>,
    angles: Vec<f32>,
    scratch: UnitScratch,
}

impl StreamingEncoder {
    /// An empty stream.
    pub fn new(network: InferenceNetwork, live: LiveConfig) -> StreamingEncoder {
        let (parts, width) = (PARTS.len(), network.encoder.width());
        let live = LiveConfig {
            window_s: live.window_s.max(0.0),
            most_frames: live.most_frames.max(1),
            ..live
        };
        let places = live.most_frames.next_multiple_of(PLACES);
        let ring = || KeyValueRing {
            keys: vec![0.0; parts * width * places],
            values: vec![0.0; parts * width * places],
        };
        let work = FrameBuffers {
            input: vec![0.0; parts * INPUTS],
            x: vec![0.0; parts * padded_stride(width)],
            normed: vec![0.0; parts * padded_stride(width)],
            projected: vec![0.0; parts * padded_stride(3 * width)],
            joined: vec![0.0; parts * padded_stride(width)],
            now: vec![0.0; parts],
            past: vec![f32::NEG_INFINITY; parts * places],
            weights: vec![0.0; places],
            angles: Vec::new(),
            scratch: UnitScratch::default(),
        };
        StreamingEncoder {
            rings: network.encoder.blocks.iter().map(|_| ring()).collect(),
            encoded: vec![0.0; places * parts * width],
            times: vec![f64::NAN; places],
            hidden: vec![true; places * parts],
            state: StreamState { embedding: vec![0.0; 2 * width], ..StreamState::default() },
            heads: HeadOutputs::default(),
            places,
            next: 0,
            live,
            network,
            work,
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.times.fill(f64::NAN);
        self.next = 0;
    }

    /// The settings of the stream.
    pub fn live_config(&self) -> &LiveConfig {
        &self.live
    }

    /// The output for the newest frame.
    pub fn state(&self) -> &StreamState {
        &self.state
    }

    /// Encoded tokens of the newest frame, `[part, width]`; those of hidden parts are meaningless.
    pub fn encoded_tokens(&self) -> &[f32] {
        let size = PARTS.len() * self.network.encoder.width();
        let place = (self.next + self.live.most_frames - 1) % self.live.most_frames;
        &self.encoded[place * size..(place + 1) * size]
    }

    /// Processes a frame's tokens: `values` `[part, channel]`, `hidden` `[part]`, at `time_s`,
    /// which must not be before that of the previous frame.
    ///
    /// # Panics
    /// If the shapes do not match.
    pub fn push(&mut self, values: &[f32], hidden: &[bool], time_s: f64) -> &StreamState {
        let (parts, width) = (PARTS.len(), self.network.encoder.width());
        assert!(
            values.len() == parts * CHANNELS && hidden.len() == parts,
            "a frame's tokens of another shape"
        );
        let place = self.next;
        self.next = (self.next + 1) % self.live.most_frames;
        self.times[place] = time_s;
        self.hidden[place * parts..(place + 1) * parts].copy_from_slice(hidden);
        self.update_masks(time_s);
        for (part, row) in self.work.input.chunks_exact_mut(INPUTS).enumerate() {
            row[..CHANNELS].copy_from_slice(&values[part * CHANNELS..(part + 1) * CHANNELS]);
            row[CHANNELS..].fill(0.0);
            row[CHANNELS + part] = 1.0;
        }
        let encoder = &self.network.encoder;
        let row = padded_stride(width);
        {
            let mut x = MatrixMut::with_stride(&mut self.work.x, parts, width, row);
            encoder.input.apply_to_rows(
                Matrix::new(&self.work.input, parts, INPUTS),
                Epilogue::Write,
                &mut x,
            );
        }
        for (block, ring) in encoder.blocks.iter().zip(&mut self.rings) {
            for attention in &block.attentions {
                let over_time = attention.attention.rotary().is_some();
                self.work.project_frame(attention, time_s);
                if over_time {
                    ring.store_frame(&self.work.projected, width, self.places, place);
                    self.work.attend_over_time(&attention.attention, ring, self.places);
                } else {
                    self.work.attend_over_parts(&attention.attention, parts);
                }
            }
            let FrameBuffers { x, normed, scratch, .. } = &mut self.work;
            let mut normed = MatrixMut::with_stride(normed, parts, width, row);
            let mut x = MatrixMut::with_stride(x, parts, width, row);
            block.norm.normalise_rows(x.as_matrix(), &mut normed);
            block.feed_forward.add_output(normed.as_matrix(), &mut x, scratch);
        }
        let mut x = MatrixMut::with_stride(&mut self.work.x, parts, width, row);
        encoder.norm.normalise_in_place(&mut x);
        for part in 0..parts {
            let to = (place * parts + part) * width;
            self.encoded[to..to + width].copy_from_slice(x.read_row(part));
        }
        self.update_state(time_s)
    }

    /// Updates which cached tokens may be attended to at time `now`.
    fn update_masks(&mut self, now: f64) {
        let parts = PARTS.len();
        let mut frames = 0;
        for (place, time) in self.times.iter().enumerate() {
            let near = now - time <= self.live.window_s + 1e-9;
            frames += usize::from(near);
            for part in 0..parts {
                let seen = near && !self.hidden[place * parts + part];
                self.work.past[part * self.places + place] =
                    if seen { 0.0 } else { f32::NEG_INFINITY };
            }
        }
        let newest = (self.next + self.live.most_frames - 1) % self.live.most_frames;
        for (part, now) in self.work.now.iter_mut().enumerate() {
            *now = self.work.past[part * self.places + newest];
        }
        self.state.frames = frames;
    }

    fn update_state(&mut self, time_s: f64) -> &StreamState {
        let (parts, width) = (PARTS.len(), self.network.encoder.width());
        let past = &self.work.past;
        let seen = |token: usize| past[token % parts * self.places + token / parts] == 0.0;
        let tokens = self.encoded.chunks_exact(width).enumerate();
        pool_tokens(
            tokens.filter(|(token, _)| seen(*token)).map(|(_, row)| row),
            &mut self.state.embedding,
        );
        self.network.apply_heads(&self.state.embedding, &mut self.heads);
        self.state.time_s = time_s;
        self.state.movement.clone_from(&self.heads.movement);
        self.state.quality.clone_from(&self.heads.quality);
        &self.state
    }
}

impl KeyValueRing {
    /// Stores the keys and values of a frame in a ring slot.
    fn store_frame(&mut self, projected: &[f32], width: usize, places: usize, place: usize) {
        for (part, row) in projected.chunks_exact(padded_stride(3 * width)).enumerate() {
            for channel in 0..width {
                let to = (part * width + channel) * places + place;
                self.keys[to] = row[width + channel];
                self.values[to] = row[2 * width + channel];
            }
        }
    }
}

impl FrameBuffers {
    /// Applies the norm and projects the frame to queries, keys and values.
    fn project_frame(&mut self, attention: &AttentionLayer, time_s: f64) {
        let (parts, width) = (PARTS.len(), attention.attention.width());
        let FrameBuffers { x, normed, projected, angles, .. } = self;
        if let Some(rotary) = attention.attention.rotary() {
            rotary.fill_table_at(time_s, angles);
        }
        let x = MatrixMut::with_stride(x, parts, width, padded_stride(width));
        let mut normed = MatrixMut::with_stride(normed, parts, width, padded_stride(width));
        attention.norm.normalise_rows(x.as_matrix(), &mut normed);
        let mut projected =
            MatrixMut::with_stride(projected, parts, 3 * width, padded_stride(3 * width));
        attention.attention.project_rows(normed.as_matrix(), &mut projected, |_| Some(&*angles));
    }

    /// Applies the attention over the parts of the frame.
    fn attend_over_parts(&mut self, attention: &RuntimeSelfAttention, parts: usize) {
        let width = attention.width();
        let rows = RowStep { from: 0, step: 1, count: parts };
        let unit = WorkUnit { index: 0, sequence: rows, first_query: 0, rows };
        let projected =
            Matrix::with_strides(&self.projected, parts, 3 * width, padded_stride(3 * width), 1);
        let mut x = MatrixMut::with_stride(&mut self.x, parts, width, padded_stride(width));
        attention.add_attention(projected, &unit, Some(&self.now), &mut x, &mut self.scratch);
    }

    /// Applies the attention of every part over its own past.
    fn attend_over_time(
        &mut self,
        attention: &RuntimeSelfAttention,
        ring: &KeyValueRing,
        places: usize,
    ) {
        let (parts, width, channels) = (PARTS.len(), attention.width(), attention.channels());
        let isa = attention.isa();
        for part in 0..parts {
            let bias = &self.past[part * places..(part + 1) * places];
            for from in (0..width).step_by(channels) {
                let memory =
                    (part * width + from) * places..(part * width + from + channels) * places;
                let query = part * padded_stride(3 * width) + from;
                let what = CachedHead {
                    query: &self.projected[query..query + channels],
                    keys: &ring.keys[memory.clone()],
                    values: &ring.values[memory],
                    bias,
                    scale: 1.0 / (channels as f32).sqrt(),
                };
                let to = part * padded_stride(width) + from;
                attend_cached(isa, what, &mut self.joined[to..to + channels], &mut self.weights);
            }
        }
        let joined = Matrix::with_strides(&self.joined, parts, width, padded_stride(width), 1);
        let mut x = MatrixMut::with_stride(&mut self.x, parts, width, padded_stride(width));
        attention.add_joined_heads(joined, &mut x);
    }
}

#[cfg(test)]
mod tests;
