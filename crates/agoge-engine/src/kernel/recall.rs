//! Attention of a single query over cached keys, as a live stream does for every frame.
#![allow(unsafe_code)]

use super::isa::{Isa, Kernel};
use super::lanes::SimdLanes;
use super::math::{LOG2_E, exp2_lanes};

/// The number of cached positions must be a multiple of this, to fill whole vectors on every
/// machine.
pub const PLACES: usize = 16;

/// One head's query and its key-value cache.
#[derive(Clone, Copy, Debug)]
pub struct CachedHead<'a> {
    /// `[channel]`.
    pub query: &'a [f32],
    /// Keys, channel-major, `[channel, place]`.
    pub keys: &'a [f32],
    /// Values, channel-major, `[channel, place]`.
    pub values: &'a [f32],
    /// 0, or −∞ where a place must not be attended to, `[place]`.
    pub bias: &'a [f32],
    /// Factor applied to the energies, usually 1/√channels.
    pub scale: f32,
}

/// `out = softmax(scale · query·keys + bias) · values`, or zeros if every place is hidden.
/// `weights` is scratch, `[place]`.
///
/// # Panics
/// If the shapes do not match or the number of places is not a multiple of [`PLACES`].
///
/// ```
/// use agoge_engine::kernel::recall::PLACES;
/// use agoge_engine::kernel::{CachedHead, Isa, attend_cached};
/// // Only the first two places are visible, and their energies are equal: the mean of 2 and 6.
/// let mut values = [0.0; PLACES];
/// (values[0], values[1]) = (2.0, 6.0);
/// let mut bias = [f32::NEG_INFINITY; PLACES];
/// bias[..2].fill(0.0);
/// let (query, keys) = ([1.0], [0.5; PLACES]);
/// let head =
///     CachedHead { query: &query, keys: &keys, values: &values, bias: &bias, scale: 1.0 };
/// let (mut out, mut weights) = ([0.0], [0.0; PLACES]);
/// attend_cached(Isa::best_supported(), head, &mut out, &mut weights);
/// assert!((out[0] - 4.0).abs() < 1e-6);
/// ```
pub fn attend_cached(isa: Isa, what: CachedHead, out: &mut [f32], weights: &mut [f32]) {
    let (channels, places) = (what.query.len(), what.bias.len());
    assert!(places.is_multiple_of(PLACES) && weights.len() == places, "places of a memory");
    assert!(
        what.keys.len() == channels * places && what.values.len() == channels * places,
        "a memory's shape"
    );
    assert!(out.len() == channels, "a head's output");
    isa.run_kernel(RecallKernel { what, out, weights });
}

struct RecallKernel<'a, 'b> {
    what: CachedHead<'a>,
    out: &'b mut [f32],
    weights: &'b mut [f32],
}

impl Kernel for RecallKernel<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, l: L) {
        let RecallKernel { what, out, weights } = self;
        let places = weights.len();
        let factor = what.scale * LOG2_E;
        let mut most = f32::NEG_INFINITY;
        for from in (0..places).step_by(L::LANES) {
            // SAFETY: `attend_cached` has checked that keys, bias and weights hold whole vectors
            // from `from` on, for every channel.
            unsafe {
                let mut energy = l.splat(0.0);
                for (channel, &q) in what.query.iter().enumerate() {
                    energy = l.fma(
                        l.splat(q * factor),
                        l.load(what.keys.as_ptr().add(channel * places + from)),
                        energy,
                    );
                }
                l.store(
                    weights.as_mut_ptr().add(from),
                    l.add(energy, l.load(what.bias.as_ptr().add(from))),
                );
            }
            most = weights[from..from + L::LANES].iter().copied().fold(most, f32::max);
        }
        if most == f32::NEG_INFINITY {
            out.fill(0.0);
            return;
        }
        let mut sum = l.splat(0.0);
        for from in (0..places).step_by(L::LANES) {
            // SAFETY: as above.
            unsafe {
                let at = weights.as_mut_ptr().add(from);
                let weight = exp2_lanes(l, l.sub(l.load(at), l.splat(most)));
                l.store(at, weight);
                sum = l.add(sum, weight);
            }
        }
        let part = 1.0 / l.sum(sum);
        for (channel, out) in out.iter_mut().enumerate() {
            let mut total = l.splat(0.0);
            for from in (0..places).step_by(L::LANES) {
                // SAFETY: as above.
                unsafe {
                    let value = l.load(what.values.as_ptr().add(channel * places + from));
                    total = l.fma(l.load(weights.as_ptr().add(from)), value, total);
                }
            }
            *out = l.sum(total) * part;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{AttentionInputs, Matrix, MatrixMut, attend_head, attention};

    /// Equals attention with one query over the places that are not empty, to 1e-5.
    #[test]
    fn a_memory_is_attended_to_like_a_sequence() {
        let mut random = fastrand::Rng::with_seed(3);
        for (channels, places) in [(12, 128), (16, 16), (3, 48)] {
            let mut draw =
                |n: usize| (0..n).map(|_| random.f32() * 4.0 - 2.0).collect::<Vec<f32>>();
            let (query, rows_k, rows_v) =
                (draw(channels), draw(places * channels), draw(places * channels));
            let turned = |rows: &[f32]| -> Vec<f32> {
                (0..channels * places).map(|i| rows[(i % places) * channels + i / places]).collect()
            };
            let bias: Vec<f32> =
                (0..places).map(|j| if j % 5 == 2 { f32::NEG_INFINITY } else { 0.0 }).collect();
            let scale = 1.0 / (channels as f32).sqrt();
            for isa in Isa::all_supported() {
                let mut expected = vec![0.0; channels];
                let what = AttentionInputs {
                    query: Matrix::new(&query, 1, channels),
                    key: Matrix::new(&rows_k, places, channels),
                    value: Matrix::new(&rows_v, places, channels),
                    scale,
                    key_bias: Some(&bias),
                    window: None,
                };
                let mut memory = vec![0.0; attention::scratch_len(channels)];
                attend_head(
                    isa,
                    what,
                    &mut MatrixMut::new(&mut expected, 1, channels),
                    None,
                    &mut memory,
                );
                let (keys, values) = (turned(&rows_k), turned(&rows_v));
                let what =
                    CachedHead { query: &query, keys: &keys, values: &values, bias: &bias, scale };
                let (mut out, mut weights) = (vec![f32::NAN; channels], vec![f32::NAN; places]);
                attend_cached(isa, what, &mut out, &mut weights);
                let off = out.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(off < 1e-5, "{}: off by {off}", isa.name());
                let nothing = vec![f32::NEG_INFINITY; places];
                attend_cached(isa, CachedHead { bias: &nothing, ..what }, &mut out, &mut weights);
                assert!(out.iter().all(|v| *v == 0.0));
            }
        }
    }
}
