//! Injuries and pain: the weekly questionnaire, coded injuries, pain by body area, and the warning
//! rules.
//!
//! No rule diagnoses and none states a probability: each says what changed, why it matters, what to
//! do and how certain it is.

mod base_rate;
mod code;
mod log;
mod rules;

pub use base_rate::{ScreeningTest, screening_text};
pub use code::{Area, BodySide, Onset, Tissue};
pub use log::{Injury, Pain, WeeklyQuestionnaire};
pub use rules::{
    AthleteHistory, FactorChange, PERSONAL_LIMIT_QUANTILE, Warning, WarningRule, personal_limit,
    rule_warnings,
};

#[cfg(test)]
mod tests;
