//! A pre-norm block (Xiong et al. 2020): one or more attentions along an axis each, then a
//! feed-forward network.

use super::feed_forward::FeedForward;
use super::norm::RuntimeLayerNorm;
use super::self_attention::RuntimeSelfAttention;
use crate::kernel::Axis;

/// `x + attention(norm(x))` along an axis.
#[derive(Clone, Debug)]
pub struct AttentionLayer {
    /// The norm before the attention.
    pub norm: RuntimeLayerNorm,
    /// The self-attention.
    pub attention: RuntimeSelfAttention,
    /// The axis along which tokens attend to each other.
    pub axis: Axis,
}

/// Attentions in sequence, then `x + feed_forward(norm(x))`.
#[derive(Clone, Debug)]
pub struct RuntimeBlock {
    /// The attentions, at least one.
    pub attentions: Vec<AttentionLayer>,
    /// The norm before the feed-forward.
    pub norm: RuntimeLayerNorm,
    /// The feed-forward.
    pub feed_forward: FeedForward,
}
