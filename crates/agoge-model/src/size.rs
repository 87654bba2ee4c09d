//! Sizes and constants of the encoder, shared by training and inference.

use crate::token::{CHANNELS, MOTION_CHANNELS, PARTS, SAMPLE_CHANNELS, SENSOR_CHANNELS};
use serde::{Deserialize, Serialize};

/// Sizes of an encoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderSize {
    /// Width of the embedding; a multiple of `heads`, such that a head's width is even.
    pub width: usize,
    /// Attention heads.
    pub heads: usize,
    /// Blocks.
    pub blocks: usize,
    /// Width of the feed-forward layers.
    pub feed_forward: usize,
    /// Number of movements the heads distinguish.
    pub movements: usize,
}

/// The shortest and longest period of the rotary positions, s: from the finest detail a token
/// resolves to longer than most repetitions.
pub const PERIODS_S: [f32; 2] = [0.25, 16.0];

/// Added to the variance, as in PyTorch and Burn.
pub const EPSILON: f64 = 1e-5;

impl EncoderSize {
    /// Path and shape of every parameter of an encoder of these sizes, in the order in which they
    /// are seeded: matrices `[in, out]`, biases and norms `[out]`, embeddings `[name, width]`.
    pub fn parameter_layout(&self) -> Vec<(String, Vec<usize>)> {
        let EncoderSize { width, feed_forward, movements, .. } = *self;
        let mut layout: Vec<(String, Vec<usize>)> = Vec::new();
        let linear = |path: &str, inputs: usize, outputs: usize| {
            [
                (format!("{path}.weight"), vec![inputs, outputs]),
                (format!("{path}.bias"), vec![outputs]),
            ]
        };
        let norm = |path: &str| {
            [(format!("{path}.gamma"), vec![width]), (format!("{path}.beta"), vec![width])]
        };
        layout.extend(linear("input", CHANNELS, width));
        layout.push(("parts".to_owned(), vec![PARTS.len(), width]));
        layout.push(("masked".to_owned(), vec![1, width]));
        for block in 0..self.blocks {
            for axis in ["part", "time"] {
                layout.extend(norm(&format!("blocks.{block}.{axis}_norm")));
                let attention = format!("blocks.{block}.{axis}_attention");
                layout.extend(linear(&format!("{attention}.joined"), width, 3 * width));
                layout.extend(linear(&format!("{attention}.out"), width, width));
            }
            layout.extend(norm(&format!("blocks.{block}.norm")));
            layout.extend(linear(&format!("blocks.{block}.wide"), width, feed_forward));
            layout.extend(linear(&format!("blocks.{block}.narrow"), feed_forward, width));
        }
        layout.extend(norm("norm"));
        layout.extend(linear("movement", 2 * width, movements));
        layout.extend(linear("quality", 2 * width, movements));
        layout.extend(linear("motion", width, MOTION_CHANNELS));
        layout.extend(linear("sensor", SENSOR_CHANNELS, width));
        layout.push(("worn".to_owned(), vec![1, width]));
        layout.extend(linear("sensed", width, SAMPLE_CHANNELS));
        layout
    }

    /// Number of parameters of an encoder of these sizes.
    ///
    /// ```
    /// use agoge_model::EncoderSize;
    /// let size = EncoderSize { width: 8, heads: 2, blocks: 0, feed_forward: 16, movements: 1 };
    /// // A block has two norms and two attentions of 8 · 24 + 24 + 8 · 8 + 8, a norm and a
    /// // feed-forward of 8 · 16 + 16 + 16 · 8 + 8.
    /// let block = 2 * (16 + 288) + 16 + 280;
    /// let deeper = EncoderSize { blocks: 3, ..size.clone() };
    /// assert_eq!(deeper.parameter_count() - size.parameter_count(), 3 * block);
    /// ```
    pub fn parameter_count(&self) -> usize {
        let values = |(_, shape): &(String, Vec<usize>)| shape.iter().product::<usize>();
        self.parameter_layout().iter().map(values).sum()
    }
}
