//! Multi-head self-attention (Vaswani et al. 2017).

use super::linear::PackedLinear;
use super::workspace::{UnitScratch, padded_stride};
use crate::kernel::{
    AttentionInputs, Epilogue, KeyWindow, Matrix, MatrixMut, WorkUnit, attend_head,
};

/// Rotary positions (Su et al. 2021) in seconds: channels `i` and `i + half` of a head turn by
/// `time · frequency[i]`.
///
/// ```
/// use agoge_engine::runtime::RotaryFrequencies;
/// let rotary = RotaryFrequencies::from_range(4, 2.0, 0.5);
/// assert_eq!(rotary.frequencies, [2.0, 0.5]);
/// // Half a turn of the faster one: cosine −1, sine 0.
/// let mut table = Vec::new();
/// rotary.fill_table_at(std::f64::consts::PI / 2.0, &mut table);
/// assert!((table[0] + 1.0).abs() < 1e-6 && table[2].abs() < 1e-6);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RotaryFrequencies {
    /// Angular frequencies in radians per second, `[channels of a head / 2]`.
    pub frequencies: Vec<f32>,
}

impl RotaryFrequencies {
    /// Geometrically spaced frequencies from `fastest` down to `slowest` radians per second, for
    /// heads of `channels`.
    pub fn from_range(channels: usize, fastest: f32, slowest: f32) -> RotaryFrequencies {
        let half = channels / 2;
        let step = |i: usize| if half > 1 { i as f32 / (half - 1) as f32 } else { 0.0 };
        RotaryFrequencies {
            frequencies: (0..half).map(|i| fastest * (slowest / fastest).powf(step(i))).collect(),
        }
    }

    /// Cosines and sines of times in seconds: `[time, cos | sin]`, each `frequencies` long.
    pub fn fill_table(&self, seconds: &[f32], table: &mut Vec<f32>) {
        table.clear();
        seconds.iter().for_each(|time| self.extend_table(f64::from(*time), table));
    }

    /// As [`RotaryFrequencies::fill_table`], for a single time.
    pub fn fill_table_at(&self, seconds: f64, table: &mut Vec<f32>) {
        table.clear();
        self.extend_table(seconds, table);
    }

    fn extend_table(&self, seconds: f64, table: &mut Vec<f32>) {
        // In double precision, so that the angle stays accurate after an hour of frames.
        let angle = |f: &f32| seconds * f64::from(*f);
        table.extend(self.frequencies.iter().map(|f| angle(f).cos() as f32));
        table.extend(self.frequencies.iter().map(|f| angle(f).sin() as f32));
    }

    /// Rotates the queries and keys (the first two thirds of a row) of one token.
    fn rotate_row(&self, row: &mut [f32], channels: usize, angles: &[f32]) {
        let half = self.frequencies.len();
        let (cos, sin) = angles.split_at(half);
        let both = row.len() / 3 * 2;
        for head in row[..both].chunks_exact_mut(channels) {
            let (a, b) = head.split_at_mut(half);
            for i in 0..half {
                (a[i], b[i]) = (a[i] * cos[i] - b[i] * sin[i], a[i] * sin[i] + b[i] * cos[i]);
            }
        }
    }
}

/// How far a query sees along its sequence, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisibleRange {
    /// Tokens back.
    pub back: usize,
    /// Tokens ahead; 0 is causal.
    pub ahead: usize,
}

/// Self-attention: one linear layer for queries, keys and values, and one that joins the heads.
#[derive(Clone, Debug)]
pub struct RuntimeSelfAttention {
    project: PackedLinear,
    join: PackedLinear,
    heads: usize,
    visible_range: Option<VisibleRange>,
    rotary: Option<RotaryFrequencies>,
}

impl RuntimeSelfAttention {
    /// `project` is `[width, 3 · width]` (queries, keys, values, each head by head), `join`
    /// `[width, width]`.
    ///
    /// # Panics
    /// If their shapes do not match or `width` is not a multiple of `heads`.
    pub fn new(project: PackedLinear, join: PackedLinear, heads: usize) -> RuntimeSelfAttention {
        let width = project.inputs();
        assert!(
            project.outputs() == 3 * width && join.inputs() == width && join.outputs() == width,
            "attention's layers"
        );
        assert!(
            heads > 0 && width.is_multiple_of(heads),
            "a width that is not a multiple of the heads"
        );
        RuntimeSelfAttention { project, join, heads, visible_range: None, rotary: None }
    }

    /// Limits how far queries see along the sequence: causal, or a window.
    #[must_use]
    pub fn with_visible_range(self, sight: VisibleRange) -> RuntimeSelfAttention {
        RuntimeSelfAttention { visible_range: Some(sight), ..self }
    }

    /// Adds rotary positions; the tokens must then have time stamps.
    ///
    /// # Panics
    /// If the number of frequencies is not half the number of channels of a head.
    #[must_use]
    pub fn with_rotary(self, rotary: RotaryFrequencies) -> RuntimeSelfAttention {
        assert!(
            2 * rotary.frequencies.len() == self.channels(),
            "rotary positions for other heads"
        );
        RuntimeSelfAttention { rotary: Some(rotary), ..self }
    }

    /// Number of heads.
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// Width of the embedding.
    pub fn width(&self) -> usize {
        self.project.inputs()
    }

    /// Channels of a head.
    pub fn channels(&self) -> usize {
        self.width() / self.heads
    }

    /// Its rotary positions.
    pub fn rotary(&self) -> Option<&RotaryFrequencies> {
        self.rotary.as_ref()
    }

    /// Projects normalised rows to queries, keys and values, `[row, 3 · width]`; `angles` gives
    /// each row's slice of a [`RotaryFrequencies::fill_table`].
    pub fn project_rows<'t>(
        &self,
        normed: Matrix,
        out: &mut MatrixMut,
        angles: impl Fn(usize) -> Option<&'t [f32]>,
    ) {
        self.project.apply_to_rows(normed, Epilogue::Write, out);
        if let Some(rotary) = &self.rotary {
            for i in 0..out.rows() {
                if let Some(angles) = angles(i) {
                    rotary.rotate_row(out.row_mut(i), self.channels(), angles);
                }
            }
        }
    }

    /// The kernel inputs of one head of a unit, taken from the projected rows of the whole grid.
    pub fn head_inputs<'a>(
        &self,
        projected: Matrix<'a>,
        unit: &WorkUnit,
        head: usize,
        bias: Option<&'a [f32]>,
    ) -> AttentionInputs<'a> {
        let (width, channels) = (self.width(), self.channels());
        let columns = |part: usize| projected.sub_columns(part * width + head * channels, channels);
        AttentionInputs {
            query: unit.rows.select_rows(columns(0)),
            key: unit.sequence.select_rows(columns(1)),
            value: unit.sequence.select_rows(columns(2)),
            scale: 1.0 / (channels as f32).sqrt(),
            key_bias: bias,
            window: self.visible_range.map(|sight| KeyWindow {
                first: unit.first_query,
                back: sight.back,
                ahead: sight.ahead,
            }),
        }
    }

    /// Attends within the sequence and adds the result to `x`, the unit's rows `[query, channel]`.
    pub fn add_attention(
        &self,
        projected: Matrix,
        unit: &WorkUnit,
        bias: Option<&[f32]>,
        x: &mut MatrixMut,
        scratch: &mut UnitScratch,
    ) {
        let (rows, width, channels) = (unit.rows.count, self.width(), self.channels());
        let (joined, flash) = scratch.attention_buffers(
            rows * padded_stride(width),
            crate::kernel::attention::scratch_len(channels),
        );
        let mut joined = MatrixMut::with_stride(joined, rows, width, padded_stride(width));
        for head in 0..self.heads {
            let what = self.head_inputs(projected, unit, head, bias);
            attend_head(
                self.project.isa(),
                what,
                &mut joined.sub_columns(head * channels, channels),
                None,
                flash,
            );
        }
        self.add_joined_heads(joined.as_matrix(), x);
    }

    /// Applies the output layer to the concatenated heads `[row, width]` and adds the result to
    /// `x`.
    pub fn add_joined_heads(&self, joined: Matrix, x: &mut MatrixMut) {
        self.join.apply_to_rows(joined, Epilogue::Add, x);
    }

    /// The instruction set its layers were packed for.
    pub fn isa(&self) -> crate::kernel::Isa {
        self.project.isa()
    }
}
