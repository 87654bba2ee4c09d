//! The result of analysing a movement: repetitions with their phases, events and metrics.

use crate::Unit;
use agoge_motion::Side;
use serde::{Deserialize, Serialize};

/// A named instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Name from the movement definition (`deepest`, `initial_contact`).
    pub name: String,
    /// Frame of the recording.
    pub frame: usize,
}

/// A named stretch of a repetition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Name from the movement definition (`descent`).
    pub name: String,
    /// First frame.
    pub start: usize,
    /// Last frame; the next phase begins here.
    pub end: usize,
}

/// A measurement of one repetition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Name in snake case, without the side.
    pub name: String,
    /// The side, if it has one.
    pub side: Option<Side>,
    /// The phase it was measured in; `None` for the whole repetition.
    pub phase: Option<String>,
    /// The value; NaN (`null` in JSON) if it could not be measured.
    #[serde(deserialize_with = "crate::curve::missing::number_or_nan")]
    pub value: f64,
    /// The unit of the value.
    pub unit: Unit,
}

/// One execution of a movement. Frames are indices into the recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repetition {
    /// First frame.
    pub start: usize,
    /// Last frame.
    pub end: usize,
    /// The side that performed it, for one-sided movements.
    pub side: Option<Side>,
    /// False for an attempt that was not completed.
    pub complete: bool,
    /// Phases in order; together they cover `start..=end`.
    pub phases: Vec<Phase>,
    /// Events in chronological order.
    pub events: Vec<Event>,
    /// Metrics.
    pub metrics: Vec<Metric>,
}
