//! How good a method is on athletes it was not trained on.

mod fold;
mod quality;
mod recognition;

pub use fold::{Fold, Watch, leave_out};
pub use quality::{ByMovement, Evaluation, InSet};
pub use recognition::{BySenses, Recognised, Senses, recognition};
