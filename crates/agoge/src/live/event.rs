//! What a session says.

use agoge_coach::analysis::Score;
use agoge_coach::cue::Cue;
use agoge_kinematics::live::Outcome;
use agoge_kinematics::{Metric, Unit};
use agoge_motion::Side;
use serde::Serialize;

/// What a session says of a frame. As JSON each is an object whose `event` names its kind; a number
/// that is not known is `null`. Times are those of the frames, s.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Which movement is followed from now on.
    Movement {
        /// Time of the frame.
        t: f64,
        /// Name of the definition; `unknown` for the plain description of whatever moves most.
        name: String,
        /// Name for people.
        title: String,
        /// `given`, `recognised` or `unknown`.
        how: String,
        /// How sure that is, 0 to 1.
        certainty: f64,
    },
    /// The signal that drives the movement, once a frame.
    Metric {
        /// Time of the frame.
        t: f64,
        /// Name of the curve; none before a movement is known.
        name: Option<String>,
        /// Its value; the mean of both sides where it has sides.
        value: f64,
        /// Its unit.
        unit: Option<Unit>,
    },
    /// A phase begins.
    Phase {
        /// Time of the frame.
        t: f64,
        /// Name from the definition.
        name: String,
        /// When it began.
        from_s: f64,
    },
    /// A movement away from rest is over.
    Repetition {
        /// Time of the frame.
        t: f64,
        /// How it ended.
        outcome: Outcome,
        /// Repetitions completed so far, this one included.
        completed: usize,
        /// Attempts so far, this one included.
        attempted: usize,
        /// When it began.
        start_s: f64,
        /// When it was farthest from rest.
        turn_s: f64,
        /// When it was back by four fifths of its way, or when it was interrupted.
        end_s: f64,
        /// The side that did it; none for both.
        side: Option<Side>,
        /// Its phases, of complete ones.
        phases: Vec<PhaseSpan>,
        /// What the definition measures, of complete ones.
        metrics: Vec<Metric>,
        /// What the model says of complete ones, where it may speak.
        model: Option<ModelWord>,
    },
    /// What to say to the athlete now.
    Cue {
        /// Time of the frame.
        t: f64,
        /// Whether the repetition that it is about is still under way.
        during: bool,
        /// The cue.
        #[serde(flatten)]
        cue: Cue,
    },
    /// What had begun was no repetition.
    Dropped {
        /// Time of the frame.
        t: f64,
    },
}

/// A phase of a repetition that is over.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseSpan {
    /// Name from the definition.
    pub name: String,
    /// When it began, s.
    pub start_s: f64,
    /// When it ended, s.
    pub end_s: f64,
}

/// What the attention model says of a repetition. It speaks in three dimensions only: on one camera
/// its word was never measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelWord {
    /// The movement that the streaming encoder takes the last seconds for.
    pub movement: String,
    /// Its probability, 0 to 1.
    pub certainty: f32,
    /// The score, where the model's word counts for this movement; none otherwise.
    pub score: Option<Score>,
}
