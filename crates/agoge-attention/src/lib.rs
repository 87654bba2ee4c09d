//! agoge-attention.
