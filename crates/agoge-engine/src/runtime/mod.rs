//! Inference on the CPU: networks of pre-norm blocks (Vaswani et al. 2017, Xiong et al. 2020) with
//! weights packed once.
//!
//! Tokens lie in a grid `[batch, time, part, channel]`. Between two attentions tokens do not depend
//! on each other, so one pass does everything while their rows are in the cache: attend, join the
//! heads, add; norm, feed-forward, add; norm, and project the next attention's queries, keys and
//! values. There is one thread barrier per attention and no transposed copy: attention over time
//! strides through the same rows that attention over parts reads contiguously.
//!
//! A batch with enough elements for all threads is divided by element, each of which stays in one
//! core's cache; a smaller one is divided by pieces of its sequences. Both give bit-identical
//! results on any number of threads. After the first call with a given shape nothing is allocated.
//!
//! ```
//! use agoge_engine::kernel::{Isa, Matrix};
//! use agoge_engine::runtime::{
//!     AttentionLayer, Axis, FeedForward, PackedLinear, RuntimeBlock, RuntimeEncoder, RuntimeLayerNorm, RuntimeSelfAttention, TokenGrid, Workspace,
//! };
//!
//! let isa = Isa::best_supported();
//! let layer = |inputs, outputs| PackedLinear::new(isa, Matrix::new(&vec![0.1; inputs * outputs], inputs, outputs), &[]);
//! let norm = || RuntimeLayerNorm::new(isa, &[1.0; 8], &[0.0; 8], 1e-5);
//! let attention = RuntimeSelfAttention::new(layer(8, 24), layer(8, 8), 2);
//! let block = RuntimeBlock {
//!     attentions: vec![AttentionLayer { norm: norm(), attention, axis: Axis::Time }],
//!     norm: norm(),
//!     feed_forward: FeedForward::new(layer(8, 16), layer(16, 8)),
//! };
//! let encoder = RuntimeEncoder { input: layer(3, 8), blocks: vec![block], norm: norm() };
//! // Two clips of ten times, one part of three channels; the first time's embedding of each is read.
//! let values = [0.5; 2 * 10 * 3];
//! let tokens = TokenGrid { values: &values, embedded: None, batch: 2, times: 10, parts: 1, hidden: None, seconds: None };
//! let mut out = [0.0; 2 * 8];
//! encoder.encode_batch(tokens, &mut Workspace::new(), &mut out, |_, embedding, out| out.copy_from_slice(embedding.row(0)));
//! assert_eq!(out[..8], out[8..]);
//! ```

mod block;
mod encoder;
mod feed_forward;
mod linear;
mod norm;
mod self_attention;
mod workspace;

pub use block::{AttentionLayer, RuntimeBlock};
pub use encoder::{AttentionMaps, RuntimeEncoder, TokenGrid};
pub use feed_forward::FeedForward;
pub use linear::PackedLinear;
pub use norm::RuntimeLayerNorm;
pub use self_attention::{RotaryFrequencies, RuntimeSelfAttention, VisibleRange};
pub use workspace::Workspace;
pub use workspace::{UnitScratch, padded_stride};

pub use crate::kernel::Axis;
