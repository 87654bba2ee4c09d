//! Injuries and pain: the weekly questionnaire, coded injuries, pain by body area, and the warning
//! rules.
//!
//! No rule diagnoses and none states a probability: each says what changed, why it matters, what to
//! do and how certain it is.

mod base_rate;
mod code;
mod log;
mod rules;

pub use base_rate::{Screening, screening_text};
pub use code::{Area, BodySide, Onset, Tissue};
pub use log::{Injury, Pain, Weekly};
pub use rules::{Change, History, OWN_LIMIT, Warning, own_limit, warnings};

#[cfg(test)]
mod tests;
