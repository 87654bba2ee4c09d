//! The forward pass: blocks over a grid of tokens.

use super::block::{AttentionLayer, RuntimeBlock};
use super::linear::PackedLinear;
use super::norm::RuntimeLayerNorm;
use super::workspace::{BufferSizes, ElementState, Workspace, padded_stride};
use crate::kernel::{
    Axis, Epilogue, Isa, Matrix, MatrixMut, Parallelism, RowStep, UnitMemory, WorkUnit, WorkUnits,
    attention, attention_map, run_stages,
};
use rayon::prelude::*;

/// Maximum queries per unit when the threads share a batch element.
const PIECE: usize = 32;
/// Maximum queries per unit otherwise: their working set fits into an L2 cache.
const LONG: usize = 128;

/// An input layer, blocks, and a final norm.
#[derive(Clone, Debug)]
pub struct RuntimeEncoder {
    /// From a token's channels to the embedding.
    pub input: PackedLinear,
    /// The blocks.
    pub blocks: Vec<RuntimeBlock>,
    /// The final norm.
    pub norm: RuntimeLayerNorm,
}

/// A batch of input tokens.
#[derive(Clone, Copy, Debug)]
pub struct TokenGrid<'a> {
    /// `[batch, time, part, channel]`.
    pub values: &'a [f32],
    /// Embeddings `[batch, time, width]` that replace the output of the input layer for the tokens
    /// of the last part.
    pub embedded: Option<&'a [f32]>,
    /// Number of batch elements.
    pub batch: usize,
    /// Number of times.
    pub times: usize,
    /// Number of parts.
    pub parts: usize,
    /// True where a token must not be attended to, `[batch, time, part]`.
    pub hidden: Option<&'a [bool]>,
    /// Time stamps in seconds, `[batch, time]`; needed only by rotary positions.
    pub seconds: Option<&'a [f32]>,
}

/// Requested attention maps.
#[derive(Clone, Debug, Default)]
pub struct AttentionMaps {
    /// Indices of the requested attentions, counted through all blocks from 0.
    pub requested: Vec<usize>,
    /// The map of each requested attention, `[batch, sequence, head, query, key]`.
    pub maps: Vec<Vec<f32>>,
}

/// One attention and what follows it before the next attention.
struct LayerPass<'a> {
    attention: &'a AttentionLayer,
    /// The block whose feed-forward follows, after a block's last attention.
    feed_forward_block: Option<&'a RuntimeBlock>,
}

impl RuntimeEncoder {
    /// Width of the embedding.
    pub fn width(&self) -> usize {
        self.input.outputs()
    }

    fn all_attentions(&self) -> impl Iterator<Item = &AttentionLayer> {
        self.blocks.iter().flat_map(|block| &block.attentions)
    }

    fn layer_passes(&self) -> impl Iterator<Item = LayerPass<'_>> {
        let last = |block: &RuntimeBlock, i: usize| i + 1 == block.attentions.len();
        self.blocks.iter().flat_map(move |block| {
            block.attentions.iter().enumerate().map(move |(i, attention)| LayerPass {
                attention,
                feed_forward_block: last(block, i).then_some(block),
            })
        })
    }

    /// Encodes a batch. `read` receives the index of each element, its normalised embedding `[time
    /// · part, width]` and its slice of `out`, of length `out.len() / batch`.
    ///
    /// # Panics
    /// If the shapes do not match, or an attention has rotary positions but the tokens have no time
    /// stamps.
    pub fn encode_batch(
        &self,
        tokens: TokenGrid,
        workspace: &mut Workspace,
        out: &mut [f32],
        read: impl Fn(usize, Matrix, &mut [f32]) + Sync + Send,
    ) {
        self.check_tokens(&tokens);
        workspace.prepare_buffers(&self.buffer_sizes(&tokens));
        let workspace = &*workspace;
        let each = (out.len() / tokens.batch.max(1)).max(1);
        let threads = rayon::current_num_threads();
        // Whole elements go to single threads as long as every thread gets the same number; all
        // threads share each of the remaining elements.
        let whole = tokens.batch - tokens.batch % threads;
        let (alone, together) = out.split_at_mut((whole * each).min(out.len()));
        let one = |index: usize, out: &mut [f32], spread| {
            let mut grid = workspace.lock_grid();
            self.encode_element(&tokens, index, &mut grid, workspace, spread, None);
            read(index, self.embedding_rows(&grid, &tokens), out);
        };
        if threads == 1 {
            alone
                .chunks_exact_mut(each)
                .enumerate()
                .for_each(|(i, out)| one(i, out, Parallelism::Here));
        } else {
            alone
                .par_chunks_exact_mut(each)
                .enumerate()
                .for_each(|(i, out)| one(i, out, Parallelism::Here));
        }
        for (i, out) in together.chunks_exact_mut(each).enumerate() {
            one(whole + i, out, Parallelism::Pool);
        }
    }

    /// As [`RuntimeEncoder::encode_batch`], but also records the attention maps of some layers;
    /// `forward` does not pay for this.
    ///
    /// # Panics
    /// As [`RuntimeEncoder::encode_batch`], or if a requested attention does not exist.
    pub fn encode_with_maps(
        &self,
        tokens: TokenGrid,
        workspace: &mut Workspace,
        maps: &mut AttentionMaps,
        out: &mut [f32],
        read: impl Fn(usize, Matrix, &mut [f32]),
    ) {
        self.check_tokens(&tokens);
        assert!(
            maps.requested.iter().all(|wanted| *wanted < self.all_attentions().count()),
            "a map of no attention"
        );
        workspace.prepare_buffers(&self.buffer_sizes(&tokens));
        let workspace = &*workspace;
        let each = (out.len() / tokens.batch.max(1)).max(1);
        maps.maps.clear();
        maps.maps.resize_with(maps.requested.len(), Vec::new);
        for (i, out) in out.chunks_exact_mut(each).enumerate().take(tokens.batch) {
            let mut grid = workspace.lock_grid();
            self.encode_element(&tokens, i, &mut grid, workspace, Parallelism::Pool, Some(maps));
            read(i, self.embedding_rows(&grid, &tokens), out);
        }
    }

    fn check_tokens(&self, tokens: &TokenGrid) {
        let grid = tokens.batch * tokens.times * tokens.parts;
        assert!(tokens.values.len() == grid * self.input.inputs(), "tokens of another shape");
        let sequence = tokens.batch * tokens.times * self.width();
        assert!(
            tokens.embedded.is_none_or(|rows| rows.len() == sequence),
            "embedded tokens of another shape"
        );
        assert!(
            tokens.hidden.is_none_or(|hidden| hidden.len() == grid),
            "hidden tokens of another shape"
        );
        assert!(
            tokens.seconds.is_none_or(|seconds| seconds.len() == tokens.batch * tokens.times),
            "times of another shape"
        );
        let rotary = self.all_attentions().any(|a| a.attention.rotary().is_some());
        assert!(!rotary || tokens.seconds.is_some(), "rotary positions need times");
        assert!(
            self.blocks.iter().all(|block| !block.attentions.is_empty()),
            "a block without attention"
        );
    }

    fn embedding_rows<'a>(&self, grid: &'a ElementState, tokens: &TokenGrid) -> Matrix<'a> {
        Matrix::with_strides(
            &grid.x,
            tokens.times * tokens.parts,
            self.width(),
            padded_stride(self.width()),
            1,
        )
    }

    fn buffer_sizes(&self, tokens: &TokenGrid) -> BufferSizes {
        let rows = tokens
            .times
            .max(tokens.parts)
            .clamp(1, LONG)
            .max((tokens.times * tokens.parts).min(LONG));
        let flash = |a: &AttentionLayer| attention::scratch_len(a.attention.channels());
        BufferSizes {
            tokens: tokens.times * tokens.parts,
            rows,
            width: self.width(),
            attentions: self.all_attentions().count(),
            flash: self.all_attentions().map(flash).max().unwrap_or(0),
            inner: self
                .blocks
                .iter()
                .map(|block| block.feed_forward.scratch_len(rows))
                .max()
                .unwrap_or(0),
        }
    }

    /// Runs one batch element through the network, leaving its embedding in `grid.x`.
    fn encode_element(
        &self,
        tokens: &TokenGrid,
        index: usize,
        grid: &mut ElementState,
        workspace: &Workspace,
        spread: Parallelism,
        maps: Option<&mut AttentionMaps>,
    ) {
        let (rows, width, channels) =
            (tokens.times * tokens.parts, self.width(), self.input.inputs());
        let ElementState { x, projected, angles, bias, map, progress } = grid;
        self.fill_rotary_tables(tokens, index, angles);
        let hidden = fill_key_biases(tokens, index, bias);
        let (bias, angles) = (&*bias, &*angles);
        let mut turns = projected
            .each_mut()
            .map(|data| MatrixMut::with_stride(data, rows, 3 * width, padded_stride(3 * width)));
        let mut x = MatrixMut::with_stride(x, rows, width, padded_stride(width));
        let values = Matrix::new(
            &tokens.values[index * rows * channels..(index + 1) * rows * channels],
            rows,
            channels,
        );
        let key_bias = |unit: &WorkUnit, axis: Axis| match (hidden, axis) {
            (false, _) => None,
            (true, Axis::Part) => {
                bias[0].get(unit.index * tokens.parts..(unit.index + 1) * tokens.parts)
            }
            (true, Axis::Time) => {
                bias[1].get(unit.index * tokens.times..(unit.index + 1) * tokens.times)
            }
        };
        let units = |stage: usize| {
            let whole =
                match stage.checked_sub(1).and_then(|number| self.all_attentions().nth(number)) {
                    Some(attention) => WorkUnits {
                        times: tokens.times,
                        parts: tokens.parts,
                        axis: attention.axis,
                        tile: PIECE,
                    },
                    // Before the first attention the tokens are independent, so any division will
                    // do.
                    None => WorkUnits { times: rows, parts: 1, axis: Axis::Time, tile: PIECE },
                };
            match spread {
                Parallelism::Pool => whole,
                Parallelism::Here => WorkUnits {
                    tile: whole
                        .sequence_length()
                        .div_ceil(whole.sequence_length().div_ceil(LONG).max(1)),
                    ..whole
                },
            }
        };
        let work = |stage: usize, unit: WorkUnit, hand: UnitMemory| {
            let UnitMemory { persistent: mut x, read, mut write } = hand;
            match stage.checked_sub(1).and_then(|number| self.layer_passes().nth(number)) {
                None => {
                    self.input.apply_to_rows(
                        unit.rows.select_rows(values),
                        Epilogue::Write,
                        &mut x,
                    );
                    if let Some(embedded) = tokens.embedded {
                        let from = index * tokens.times * width;
                        place_embeddings(
                            &embedded[from..from + tokens.times * width],
                            unit.rows,
                            tokens.parts,
                            &mut x,
                        );
                    }
                }
                Some(pass) => {
                    let bias = key_bias(&unit, pass.attention.axis);
                    let mut scratch = workspace.lock_scratch();
                    pass.attention.attention.add_attention(read, &unit, bias, &mut x, &mut scratch);
                    if let Some(block) = pass.feed_forward_block {
                        let mut memory =
                            scratch.take_normed(unit.rows.count * padded_stride(width));
                        let mut normed = MatrixMut::with_stride(
                            &mut memory,
                            unit.rows.count,
                            width,
                            padded_stride(width),
                        );
                        block.norm.normalise_rows(x.as_matrix(), &mut normed);
                        block.feed_forward.add_output(normed.as_matrix(), &mut x, &mut scratch);
                        scratch.give_normed(memory);
                    }
                }
            }
            match self.all_attentions().nth(stage) {
                Some(next) => project_rows(
                    next,
                    unit.rows,
                    &x,
                    &mut write,
                    &angles[stage],
                    tokens.parts,
                    workspace,
                ),
                None => self.norm.normalise_in_place(&mut x),
            }
        };
        let stages = self.all_attentions().count() + 1;
        let Some(maps) = maps else {
            return run_stages(spread, 0..stages, progress, &mut x, &mut turns, units, work);
        };
        for stage in 0..stages {
            if let Some(attention) =
                stage.checked_sub(1).and_then(|number| self.all_attentions().nth(number))
            {
                let projected = turns[(stage + 1) % 2].as_matrix();
                let bias = |unit: &WorkUnit| key_bias(unit, attention.axis);
                record_maps(
                    maps,
                    stage - 1,
                    attention,
                    &units(stage),
                    projected,
                    bias,
                    map,
                    self.input.isa(),
                );
            }
            run_stages(spread, stage..stage + 1, progress, &mut x, &mut turns, units, work);
        }
    }

    /// Fills the cosines and sines of each attention with rotary positions; the others stay empty.
    fn fill_rotary_tables(&self, tokens: &TokenGrid, index: usize, angles: &mut [Vec<f32>]) {
        for (attention, table) in self.all_attentions().zip(angles) {
            if let (Some(rotary), Some(seconds)) = (attention.attention.rotary(), tokens.seconds) {
                rotary
                    .fill_table(&seconds[index * tokens.times..(index + 1) * tokens.times], table);
            }
        }
    }
}

/// Copies embeddings `[time, width]` into those of the given rows that belong to the last part.
fn place_embeddings(embedded: &[f32], rows: RowStep, parts: usize, x: &mut MatrixMut) {
    for i in 0..rows.count {
        let token = rows.from + i * rows.step;
        if token % parts + 1 == parts {
            let out = x.row_mut(i);
            let from = token / parts * out.len();
            out.copy_from_slice(&embedded[from..from + out.len()]);
        }
    }
}

/// Applies the norm to some rows and projects them to queries, keys and values of an attention.
fn project_rows(
    attention: &AttentionLayer,
    rows: RowStep,
    x: &MatrixMut,
    out: &mut MatrixMut,
    angles: &[f32],
    parts: usize,
    workspace: &Workspace,
) {
    let width = attention.attention.width();
    let mut scratch = workspace.lock_scratch();
    let mut memory = scratch.take_normed(rows.count * padded_stride(width));
    let mut normed = MatrixMut::with_stride(&mut memory, rows.count, width, padded_stride(width));
    attention.norm.normalise_rows(x.as_matrix(), &mut normed);
    let channels = attention.attention.channels();
    attention.attention.project_rows(normed.as_matrix(), out, |i| {
        let time = (rows.from + i * rows.step) / parts;
        angles.get(time * channels..(time + 1) * channels)
    });
    scratch.give_normed(memory);
}

/// Fills the biases of hidden tokens in both orders; returns whether the tokens have a mask.
fn fill_key_biases(tokens: &TokenGrid, index: usize, bias: &mut [Vec<f32>; 2]) -> bool {
    let Some(hidden) = tokens.hidden else { return false };
    let (times, parts) = (tokens.times, tokens.parts);
    let hidden = &hidden[index * times * parts..(index + 1) * times * parts];
    let value = |hidden: bool| if hidden { f32::NEG_INFINITY } else { 0.0 };
    let [by_time, by_part] = bias;
    by_time.clear();
    by_time.extend(hidden.iter().map(|hidden| value(*hidden)));
    by_part.clear();
    by_part.extend(
        (0..parts).flat_map(|part| (0..times).map(move |time| value(hidden[time * parts + part]))),
    );
    true
}

/// Appends the attention of one layer and batch element to the maps that request it.
#[allow(clippy::too_many_arguments)]
fn record_maps<'a>(
    maps: &mut AttentionMaps,
    number: usize,
    attention: &AttentionLayer,
    units: &WorkUnits,
    projected: Matrix<'a>,
    key_bias: impl Fn(&WorkUnit) -> Option<&'a [f32]>,
    memory: &mut Vec<f32>,
    isa: Isa,
) {
    let length = units.sequence_length();
    for (_, map) in
        maps.requested.iter().zip(&mut maps.maps).filter(|(wanted, _)| **wanted == number)
    {
        for index in 0..units.sequence_count() {
            let rows = units.sequence_rows(index);
            let unit = WorkUnit { index, sequence: rows, first_query: 0, rows };
            for head in 0..attention.attention.heads() {
                let from = map.len();
                map.resize(from + length * length, 0.0);
                let what = attention.attention.head_inputs(projected, &unit, head, key_bias(&unit));
                attention_map(
                    isa,
                    what,
                    &mut MatrixMut::new(&mut map[from..], length, length),
                    memory,
                );
            }
        }
    }
}
