//! Training of encoders: operations with gradients of their own, the trainable encoder and its
//! loop, pre-training, adaptation to few clips, saliency, warning models over an athlete's days,
//! and the exchange of models with other programs by ONNX.
//!
//! Invariants: the only crate that depends on Burn; everything that a trained model needs at
//! inference is in `agoge-model`, which this crate fills with plain values.

pub mod adapt;
pub mod attention;
pub mod encoder;
pub mod export;
pub mod import;
pub mod ops;
pub mod parameters;
pub mod pretrain;
pub mod saliency;
pub mod train;
pub mod warning;

/// The training framework, for networks that are built elsewhere on this crate's operations.
pub use burn;

pub use adapt::{Adapted, adapt_model};
pub use encoder::Encoder;
pub use pretrain::pretrain_encoder;
pub use train::{TrainingConfig, train_encoder};
