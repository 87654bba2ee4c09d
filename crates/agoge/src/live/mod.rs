//! Live analysis: [`LiveSession`] takes the frames of any skeleton, [`SensorSession`] the samples
//! of a worn sensor, and both report events as a coach on the spot would. Pure: no clock but the
//! frames' own, and no input or output.

mod event;
mod following;
mod frames;
mod sensor;
mod session;
mod steady;
mod task;

pub use event::{LiveEvent, ModelJudgement, PhaseSpan};
pub use sensor::SensorSession;
pub use session::{FrameError, LiveSession, SessionOutput};
pub use task::{StreamTask, TaskResult};
