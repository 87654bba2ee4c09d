//! Trained models of movement, for inference: a repetition becomes tokens (body part × time
//! interval), an encoder lets every part attend to every other part and every interval to every
//! other interval, and heads output the movement, its quality and an embedding. Fixed convolutions
//! ("rockets") judge together with the encoder: they are part of the shipped model.
//!
//! Invariants: no training framework, no file format but the weights' own, no movement definitions
//! and no wording for people. The same weights give the same readings offline, live and on any
//! number of threads.

pub mod athlete;
pub mod calibration;
pub mod card;
pub mod conformal;
pub mod error;
pub mod labels;
pub mod live;
pub mod methods;
pub mod metric;
pub mod model;
pub mod motion;
pub mod network;
pub mod reference;
pub mod sensor;
pub mod sides;
pub mod simulated;
pub mod size;
pub mod stream;
pub mod token;
pub mod weights;

pub use athlete::AthleteEffect;
pub use calibration::Calibration;
pub use card::{
    Card, CardFigure, JudgeCard, JudgedMovement, MIN_LIKENESS, ScoreCalibration, SkeletonRecord,
};
pub use conformal::Conformal;
pub use error::ModelError;
pub use live::LiveStream;
pub use model::{Model, Reading, Recognition};
pub use motion::Motion;
pub use sensor::Inertial;
pub use size::EncoderSize;
pub use stream::{LiveConfig, StreamState, StreamingEncoder};
pub use token::LabelledClip;
