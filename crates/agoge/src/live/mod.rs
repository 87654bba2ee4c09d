//! Movement while it happens: [`Session`] takes the frames of any skeleton and says what a coach at hand would. Pure: no clock but that of the frames, no input or output.

mod event;
mod frames;
mod measure;
mod session;
mod stretch;

pub use event::{Event, ModelWord, PhaseSpan};
pub use measure::{Measured, measure};
pub use session::{Fault, Heard, Session};
pub use stretch::{Stretch, Worked};
