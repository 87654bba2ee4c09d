//! Evaluates methods on athletes they were not trained on.

mod fold;
mod labels;
mod quality;
mod recognition;
mod shots;
mod trial;

pub use fold::{Fold, Watch, leave_out};
pub use labels::{Labelling, WithLabels, labelling};
pub use quality::{ByMovement, Evaluation, InSet};
pub use recognition::{BySenses, Recognised, Senses, recognition};
pub use shots::{ByShots, Measure, SHOTS, Shots, shots_of_quality, shots_of_sports};
pub use trial::{Cost, Fewer, chained, cost};
