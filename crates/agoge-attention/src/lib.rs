//! Self-attention over movement: a repetition becomes tokens (body part × time interval), an
//! encoder lets every part attend to every other part and every interval to every other interval,
//! and heads output the movement, its quality and an embedding.
//!
//! Invariants: this is the only crate that depends on Burn. It knows no file formats except its own
//! weights, no movement definitions and no user-facing wording.

pub mod adapt;
pub mod athlete;
pub mod attention;
pub mod bench;
pub mod calibration;
pub mod card;
pub mod conformal;
pub mod encoder;
mod error;
pub mod evaluate;
pub mod explain;
pub mod export;
pub mod import;
pub mod kernel;
pub mod labels;
pub mod live;
pub mod methods;
pub mod metric;
pub mod model;
pub mod motion;
mod network;
pub mod ops;
pub mod pretrain;
pub mod reference;
pub mod runtime;
pub mod sensor;
pub mod stream;
pub mod token;
pub mod train;
pub mod warning;
pub mod weights;

pub use adapt::{Adapted, adapt_model};
pub use athlete::AthleteEffect;
pub use calibration::Calibration;
pub use card::Card;
pub use conformal::Conformal;
pub use error::ModelError;
pub use evaluate::Evaluation;
pub use live::LiveStream;
pub use model::{Model, Reading, Recognition};
pub use motion::Motion;
pub use pretrain::pretrain_encoder;
pub use sensor::Inertial;
pub use stream::{LiveConfig, StreamState, StreamingEncoder};
pub use token::LabelledClip;
pub use train::{TrainingConfig, train_encoder};
