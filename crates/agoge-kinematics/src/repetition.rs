//! What is found in a recording of one movement: repetitions, their phases, events and measures.

use crate::Unit;
use agoge_motion::Side;
use serde::{Deserialize, Serialize};

/// An instant with a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Name from the movement definition (`deepest`, `initial_contact`).
    pub name: String,
    /// Frame of the recording.
    pub frame: usize,
}

/// A stretch of a repetition with a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Name from the movement definition (`descent`).
    pub name: String,
    /// First frame.
    pub start: usize,
    /// Last frame; the next phase begins here.
    pub end: usize,
}

/// A measure of one repetition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Name in snake case, without the side.
    pub name: String,
    /// Side, if it has one.
    pub side: Option<Side>,
    /// The phase it was taken in; none for the whole repetition.
    pub phase: Option<String>,
    /// Value; NaN (`null` in JSON) if it could not be taken.
    #[serde(deserialize_with = "crate::curve::missing::number")]
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
}

/// One execution of a movement. Frames are indices into the recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repetition {
    /// First frame.
    pub start: usize,
    /// Last frame.
    pub end: usize,
    /// The side that did it, for one-sided movements.
    pub side: Option<Side>,
    /// False for an attempt that was not completed.
    pub complete: bool,
    /// Phases in order; together they cover `start..=end`.
    pub phases: Vec<Phase>,
    /// Events in order of time.
    pub events: Vec<Event>,
    /// Measures.
    pub metrics: Vec<Metric>,
}
