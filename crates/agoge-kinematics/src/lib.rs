//! Movement analysis: from positions to angles, events, repetitions, phases and metrics.
//!
//! [`Curves`] holds quantities measured over time (angles, heights, speeds). A movement definition
//! (a text file that a coach can write) specifies which signal delimits repetitions, their phases,
//! and what to measure and check in them. A [`Repetition`] is the result of applying it.
//!
//! Expects recordings on the body skeleton (`agoge_motion::Recording::to_body`). Invariants: this
//! crate knows no file format except the TOML of movement definitions, no model and no score.

pub mod coordination;
pub mod curve;
pub mod curves;
pub mod dynamics;
pub mod gait;
pub mod gate;
pub mod live;
pub mod movement;
pub mod normalise;
pub mod repetition;
pub mod segment;
pub mod sensor;
pub mod smoothness;

pub use curve::{Curve, Curves, RefusedQuantity, Unit, missing};
pub use curves::{
    CameraView, CaptureContext, MeasuredCurves, RELIABLE_SHOWN_SHARE, marker_curves,
    measure_curves, measure_with, percentile_swing, time_derivative, visible_share,
};
pub use gate::{FailedGate, GateJudge};
pub use movement::Movement;
pub use repetition::{Event, Metric, Phase, Repetition};
pub use segment::{describe_repetition, remeasure_repetitions, segment_repetitions};
