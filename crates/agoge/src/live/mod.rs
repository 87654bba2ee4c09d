//! Live analysis: [`Session`] takes the frames of any skeleton, [`SensorSession`] the samples of a
//! worn sensor, and both report events as a coach on the spot would. Pure: no clock but the frames'
//! own, and no input or output.

mod event;
mod following;
mod frames;
mod measure;
mod sensor;
mod session;
mod steady;
mod stretch;

pub use event::{Event, ModelWord, PhaseSpan};
pub use measure::{Measured, measure};
pub use sensor::SensorSession;
pub use session::{Fault, Heard, Session};
pub use stretch::{Stretch, Worked};
