//! A pre-norm block (Xiong et al. 2020): one or more attentions along an axis each, then a
//! feed-forward network.

use super::feed_forward::FeedForward;
use super::norm::LayerNorm;
use super::self_attention::SelfAttention;
use crate::kernel::Axis;

/// `x + attention(norm(x))` along an axis.
#[derive(Clone, Debug)]
pub struct Attention {
    /// The norm before the attention.
    pub norm: LayerNorm,
    /// The self-attention.
    pub attention: SelfAttention,
    /// The axis along which tokens attend to each other.
    pub axis: Axis,
}

/// Attentions in sequence, then `x + feed_forward(norm(x))`.
#[derive(Clone, Debug)]
pub struct Block {
    /// The attentions, at least one.
    pub attentions: Vec<Attention>,
    /// The norm before the feed-forward.
    pub norm: LayerNorm,
    /// The feed-forward.
    pub feed_forward: FeedForward,
}
