//! The landing screen, scored item by item. What a view cannot show is reported as unseen,
//! never scored, and a coach may override every item.

mod contacts;
mod flight;
mod item;
mod jump;
mod less;
mod report;

pub use contacts::JumpContacts;
pub use flight::JumpTimes;
pub use item::{ItemScore, ScoredItem, ScreenItem, ScreenTotal, combine_trials, sum_items};
pub use jump::{UncertainValue, jump_height, reactive_strength};
pub use less::{LESS_ITEMS, LandingMeasures, score_less};
pub use report::{jump_reports, landing_report};

#[cfg(test)]
mod tests;
