//! Self-attention over movement. Nothing lives here yet: tokens, encoder, training and weights are to come.
