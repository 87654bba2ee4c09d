//! Inference on the CPU: networks made of pre-norm blocks (Vaswani et al. 2017, Xiong et al. 2020) with weights packed once.
//!
//! Tokens lie in a grid `[batch, time, part, channel]`. Between two attentions everything a token goes through is its own business, so one pass does all of it while
//! its rows are in the cache: attend, join the heads, add; norm, think, add; norm, and the next attention's queries, keys and values. There is one meeting of the
//! threads per attention and no transposed copy: attention over time steps through the same rows that attention over parts reads side by side.
//!
//! A batch with work for all threads is shared out by its elements, each of which stays in one core's cache; a smaller one by pieces of its sequences. Both give
//! the same bits, on any number of threads. After the first call with a shape nothing is allocated.

mod block;
mod encoder;
mod feed_forward;
mod linear;
mod norm;
mod self_attention;
mod workspace;

pub use block::{Attention, Block};
pub use encoder::{Encoder, Maps, Tokens};
pub use feed_forward::FeedForward;
pub use linear::Linear;
pub use norm::LayerNorm;
pub use self_attention::{Rotary, SelfAttention, Sight};
pub use workspace::Workspace;

pub use crate::kernel::Axis;
