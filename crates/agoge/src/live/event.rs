//! Events of a live session.

use agoge_analysis::{MovementOrigin, Score};
use agoge_coach::cue::CoachCue;
use agoge_kinematics::live::MovementOutcome;
use agoge_kinematics::{FailedGate, Metric, Unit};
use agoge_motion::Side;
use serde::Serialize;

/// An event reported for a frame. As JSON each is an object whose `event` names its kind; an
/// unknown number is `null`. Times are frame times, s.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LiveEvent {
    /// The movement that is followed from now on.
    Movement {
        /// Time of the frame.
        t: f64,
        /// Name of the definition; `unknown` for the generic description of whatever moves most.
        name: String,
        /// Human-readable title.
        title: String,
        /// How it was chosen.
        how: MovementOrigin,
        /// Certainty of the choice, 0 to 1.
        certainty: f64,
    },
    /// The movement's driving signal, once per frame.
    Metric {
        /// Time of the frame.
        t: f64,
        /// Name of the curve; none until a movement is known.
        name: Option<String>,
        /// Its value; the mean of both sides if it has sides.
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
        outcome: MovementOutcome,
        /// Repetitions completed so far, including this one.
        completed: usize,
        /// Attempts so far, including this one.
        attempted: usize,
        /// When it began.
        start_s: f64,
        /// When it was farthest from rest.
        turn_s: f64,
        /// When it had returned four fifths of the way, or when it was interrupted.
        end_s: f64,
        /// The side that performed it; none for both.
        side: Option<Side>,
        /// Its phases, if complete.
        phases: Vec<PhaseSpan>,
        /// The definition's metrics, if complete.
        metrics: Vec<Metric>,
        /// The model's judgement, if complete and the model applies.
        model: Option<ModelJudgement>,
        /// The must-features of the movement that it lacks, if its outcome is `unlike`.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        unlike: Vec<FailedGate>,
    },
    /// A cue to give the athlete now.
    Cue {
        /// Time of the frame.
        t: f64,
        /// Whether the repetition concerned is still under way.
        during: bool,
        /// The cue.
        #[serde(flatten)]
        cue: CoachCue,
    },
    /// What had begun was not a repetition.
    Dropped {
        /// Time of the frame.
        t: f64,
    },
}

/// A phase of a finished repetition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseSpan {
    /// Name from the definition.
    pub name: String,
    /// Start time, s.
    pub start_s: f64,
    /// End time, s.
    pub end_s: f64,
}

/// The attention model's judgement of a repetition. Only for three-dimensional input: the model was
/// never evaluated on a single camera.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelJudgement {
    /// The movement that the streaming encoder recognises in the last seconds.
    pub movement: String,
    /// Its probability, 0 to 1.
    pub certainty: f32,
    /// The score, if the model counts for this movement; none otherwise.
    pub score: Option<Score>,
}
