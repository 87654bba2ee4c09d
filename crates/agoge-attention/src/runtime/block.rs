//! A pre-norm block (Xiong et al. 2020): attention along one axis or several in turn, then
//! feed-forward.

use super::feed_forward::FeedForward;
use super::norm::LayerNorm;
use super::self_attention::SelfAttention;
use crate::kernel::Axis;

/// `x + attention(norm(x))` along an axis.
#[derive(Clone, Debug)]
pub struct Attention {
    /// The norm before it.
    pub norm: LayerNorm,
    /// The attention.
    pub attention: SelfAttention,
    /// Along what tokens attend to each other.
    pub axis: Axis,
}

/// Attentions in turn, then `x + feed_forward(norm(x))`.
#[derive(Clone, Debug)]
pub struct Block {
    /// The attentions, at least one.
    pub attentions: Vec<Attention>,
    /// The norm before the feed-forward.
    pub norm: LayerNorm,
    /// The feed-forward.
    pub feed_forward: FeedForward,
}
