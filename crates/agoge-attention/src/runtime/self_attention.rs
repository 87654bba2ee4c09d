//! Multi-head self-attention (Vaswani et al. 2017).

use super::linear::Linear;
use super::workspace::{Scratch, padded};
use crate::kernel::{After, Attend, Matrix, MatrixMut, Unit, Window, attend};

/// Rotary positions (Su et al. 2021) in seconds: channels `i` and `i + half` of a head turn by
/// `time · frequency[i]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotary {
    /// Angular frequencies in radians per second, `[channels of a head / 2]`.
    pub frequencies: Vec<f32>,
}

impl Rotary {
    /// Geometrically spaced frequencies from `fastest` down to `slowest` radians per second, for
    /// heads of `channels`.
    pub fn geometric(channels: usize, fastest: f32, slowest: f32) -> Rotary {
        let half = channels / 2;
        let step = |i: usize| if half > 1 { i as f32 / (half - 1) as f32 } else { 0.0 };
        Rotary {
            frequencies: (0..half).map(|i| fastest * (slowest / fastest).powf(step(i))).collect(),
        }
    }

    /// Cosines and sines of times in seconds: `[time, cos | sin]`, each `frequencies` long.
    pub(crate) fn table(&self, seconds: &[f32], table: &mut Vec<f32>) {
        table.clear();
        seconds.iter().for_each(|time| self.extend(f64::from(*time), table));
    }

    /// As [`Rotary::table`], for a single time.
    pub(crate) fn table_at(&self, seconds: f64, table: &mut Vec<f32>) {
        table.clear();
        self.extend(seconds, table);
    }

    fn extend(&self, seconds: f64, table: &mut Vec<f32>) {
        // In double precision, so that the angle stays accurate after an hour of frames.
        let angle = |f: &f32| seconds * f64::from(*f);
        table.extend(self.frequencies.iter().map(|f| angle(f).cos() as f32));
        table.extend(self.frequencies.iter().map(|f| angle(f).sin() as f32));
    }

    /// Rotates the queries and keys (the first two thirds of a row) of one token.
    fn turn(&self, row: &mut [f32], channels: usize, angles: &[f32]) {
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
pub struct Sight {
    /// Tokens back.
    pub back: usize,
    /// Tokens ahead; 0 is causal.
    pub ahead: usize,
}

/// Self-attention: one linear layer for queries, keys and values, and one that joins the heads.
#[derive(Clone, Debug)]
pub struct SelfAttention {
    project: Linear,
    join: Linear,
    heads: usize,
    sight: Option<Sight>,
    rotary: Option<Rotary>,
}

impl SelfAttention {
    /// `project` is `[width, 3 · width]` (queries, keys, values, each head by head), `join`
    /// `[width, width]`.
    ///
    /// # Panics
    /// If their shapes do not match or `width` is not a multiple of `heads`.
    pub fn new(project: Linear, join: Linear, heads: usize) -> SelfAttention {
        let width = project.inputs();
        assert!(
            project.outputs() == 3 * width && join.inputs() == width && join.outputs() == width,
            "attention's layers"
        );
        assert!(
            heads > 0 && width.is_multiple_of(heads),
            "a width that is not a multiple of the heads"
        );
        SelfAttention { project, join, heads, sight: None, rotary: None }
    }

    /// Limits how far queries see along the sequence: causal, or a window.
    #[must_use]
    pub fn with_sight(self, sight: Sight) -> SelfAttention {
        SelfAttention { sight: Some(sight), ..self }
    }

    /// Adds rotary positions; the tokens must then have time stamps.
    ///
    /// # Panics
    /// If the number of frequencies is not half the number of channels of a head.
    #[must_use]
    pub fn with_rotary(self, rotary: Rotary) -> SelfAttention {
        assert!(
            2 * rotary.frequencies.len() == self.channels(),
            "rotary positions for other heads"
        );
        SelfAttention { rotary: Some(rotary), ..self }
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
    pub fn rotary(&self) -> Option<&Rotary> {
        self.rotary.as_ref()
    }

    /// Projects normalised rows to queries, keys and values, `[row, 3 · width]`; `angles` gives
    /// each row's slice of a [`Rotary::table`].
    pub(crate) fn project<'t>(
        &self,
        normed: Matrix,
        out: &mut MatrixMut,
        angles: impl Fn(usize) -> Option<&'t [f32]>,
    ) {
        self.project.forward(normed, After::Write, out);
        if let Some(rotary) = &self.rotary {
            for i in 0..out.rows() {
                if let Some(angles) = angles(i) {
                    rotary.turn(out.row(i), self.channels(), angles);
                }
            }
        }
    }

    /// The kernel inputs of one head of a unit, taken from the projected rows of the whole grid.
    pub(crate) fn head<'a>(
        &self,
        projected: Matrix<'a>,
        unit: &Unit,
        head: usize,
        bias: Option<&'a [f32]>,
    ) -> Attend<'a> {
        let (width, channels) = (self.width(), self.channels());
        let columns = |part: usize| projected.sub_columns(part * width + head * channels, channels);
        Attend {
            query: unit.rows.of(columns(0)),
            key: unit.sequence.of(columns(1)),
            value: unit.sequence.of(columns(2)),
            scale: 1.0 / (channels as f32).sqrt(),
            key_bias: bias,
            window: self.sight.map(|sight| Window {
                first: unit.first,
                back: sight.back,
                ahead: sight.ahead,
            }),
        }
    }

    /// Attends within the sequence and adds the result to `x`, the unit's rows `[query, channel]`.
    pub(crate) fn add(
        &self,
        projected: Matrix,
        unit: &Unit,
        bias: Option<&[f32]>,
        x: &mut MatrixMut,
        scratch: &mut Scratch,
    ) {
        let (rows, width, channels) = (unit.rows.count, self.width(), self.channels());
        let (joined, flash) =
            scratch.attention(rows * padded(width), crate::kernel::attention::scratch(channels));
        let mut joined = MatrixMut::strided(joined, rows, width, padded(width));
        for head in 0..self.heads {
            let what = self.head(projected, unit, head, bias);
            attend(
                self.project.isa(),
                what,
                &mut joined.sub_columns(head * channels, channels),
                None,
                flash,
            );
        }
        self.join(joined.as_matrix(), x);
    }

    /// Applies the output layer to the concatenated heads `[row, width]` and adds the result to
    /// `x`.
    pub(crate) fn join(&self, joined: Matrix, x: &mut MatrixMut) {
        self.join.forward(joined, After::Add, x);
    }

    /// The instruction set its layers were packed for.
    pub(crate) fn isa(&self) -> crate::kernel::Isa {
        self.project.isa()
    }
}
