//! Rotary positions (Su et al. 2021): each pair of channels of a query or key is rotated by an
//! angle proportional to its time, so that the energy of a query and a key depends on the time
//! between them.

use burn::tensor::{Tensor, TensorData};
use std::sync::Arc;

/// Rotation angles of the tokens of some sequences. Channel `i` and channel `i + channels / 2` of a
/// head form a pair.
#[derive(Clone, Debug)]
pub struct RotaryAngles {
    /// Cosines and sines, `[sequence, token, pair]`.
    turns: Arc<[(f32, f32)]>,
    tokens: usize,
    pairs: usize,
}

impl RotaryAngles {
    /// Positions from `angles` in radians, `[sequence, token, pair]`, with half as many pairs as a
    /// head has channels. Angles of a single sequence apply to all sequences. Sequences are the
    /// first dimension of the queries and keys.
    pub fn new(angles: &[f32], tokens: usize, pairs: usize) -> RotaryAngles {
        RotaryAngles {
            turns: angles.iter().map(|angle| (angle.cos(), angle.sin())).collect(),
            tokens,
            pairs,
        }
    }

    /// Positions from times in seconds, `[sequence, token]`: the angle of pair `i` of `pairs` is
    /// `fastest · (slowest / fastest)^(i / (pairs - 1))` radians per second times the time.
    pub fn from_times(
        seconds: &[f32],
        tokens: usize,
        pairs: usize,
        fastest: f32,
        slowest: f32,
    ) -> RotaryAngles {
        let last = pairs.saturating_sub(1).max(1) as f32;
        let speed = |i: usize| fastest * (slowest / fastest).powf(i as f32 / last);
        let angles: Vec<f32> =
            seconds.iter().flat_map(|time| (0..pairs).map(move |i| speed(i) * time)).collect();
        RotaryAngles::new(&angles, tokens, pairs)
    }

    fn sequence_count(&self) -> usize {
        self.turns.len() / (self.tokens * self.pairs).max(1)
    }

    /// Cosines and sines of a sequence, `[token, pair]`.
    fn sequence_turns(&self, sequence: usize) -> &[(f32, f32)] {
        let size = self.tokens * self.pairs;
        let first = if self.sequence_count() > 1 { sequence * size } else { 0 };
        self.turns.get(first..first + size).unwrap_or_default()
    }

    /// Rotates the rows of a sequence in place, or undoes the rotation if `back`.
    pub(crate) fn rotate_rows(
        &self,
        rows: &mut [f32],
        sequence: usize,
        channels: usize,
        back: bool,
    ) {
        let half = channels / 2;
        for (row, turns) in rows
            .chunks_exact_mut(channels.max(1))
            .zip(self.sequence_turns(sequence).chunks_exact(self.pairs.max(1)))
        {
            let (first, second) = row.split_at_mut(half);
            for ((a, b), &(cos, sin)) in first.iter_mut().zip(second).zip(turns) {
                let sin = if back { -sin } else { sin };
                (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
            }
        }
    }

    /// As [`RotaryAngles::rotate_rows`] on a tensor `[sequence, head, token, channel]`, by Burn's
    /// operations.
    pub(crate) fn rotate_tensor(&self, x: Tensor<4>) -> Tensor<4> {
        let half = x.dims()[3] / 2;
        let shape = [self.sequence_count(), 1, self.tokens, self.pairs];
        let table = |component: fn(&(f32, f32)) -> f32| {
            let values: Vec<f32> = self.turns.iter().map(component).collect();
            Tensor::<4>::from_data(TensorData::new(values, shape), &x.device())
        };
        let (cos, sin) = (table(|turn| turn.0), table(|turn| turn.1));
        let (a, b) = (x.clone().narrow(3, 0, half), x.narrow(3, half, half));
        let first = a.clone() * cos.clone() - b.clone() * sin.clone();
        Tensor::cat(vec![first, a * sin + b * cos], 3)
    }

    /// Repeats each of `outer` sequences `inner` times in a row.
    pub(crate) fn repeat_sequences(&self, outer: usize, inner: usize) -> RotaryAngles {
        if self.sequence_count() <= 1 {
            return self.clone();
        }
        let turns = (0..outer).flat_map(|sequence| {
            std::iter::repeat_n(self.sequence_turns(sequence), inner).flatten().copied()
        });
        RotaryAngles { turns: turns.collect(), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Energies depend only on the difference of the times (Su et al. 2021, equation 11), and
    /// turning back undoes a turn, up to rounding errors of 1e-5.
    #[test]
    fn energies_depend_on_time_between_only() {
        let energy = |query: f32, key: f32| {
            let turned = |values: [f32; 4], time: f32| {
                let rotary = RotaryAngles::from_times(&[time], 1, 2, 3.0, 0.5);
                let mut row = values.to_vec();
                rotary.rotate_rows(&mut row, 0, 4, false);
                let mut again = row.clone();
                rotary.rotate_rows(&mut again, 0, 4, true);
                assert!(values.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-5));
                row
            };
            let (a, b) = (turned([0.3, -1.0, 0.7, 0.2], query), turned([1.0, 0.4, -0.6, 0.9], key));
            a.iter().zip(&b).map(|(a, b)| a * b).sum::<f32>()
        };
        assert!((energy(0.25, 1.0) - energy(1.5, 2.25)).abs() < 1e-5);
        assert!((energy(0.0, 0.0) - energy(3.0, 3.0)).abs() < 1e-5);
        assert!((energy(0.0, 1.0) - energy(1.0, 0.0)).abs() > 1e-2);
    }
}
