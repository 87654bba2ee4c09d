//! How good a method is on athletes it was not trained on.

mod fold;
mod labels;
mod quality;
mod recognition;

pub use fold::{Fold, Watch, leave_out};
pub use labels::{Labelling, WithLabels, labelling};
pub use quality::{ByMovement, Evaluation, InSet};
pub use recognition::{BySenses, Recognised, Senses, recognition};
