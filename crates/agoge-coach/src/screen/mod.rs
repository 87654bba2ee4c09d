//! Landing and cutting screens, scored item by item. What a view cannot show is reported as unseen,
//! never scored, and a coach may override every item.

mod flight;
mod item;
mod jump;
mod less;
mod lists;
mod recorded;
mod report;

pub use flight::Flight;
pub use item::{Item, Score, Scored, Total, total, trials};
pub use jump::{Measured, jump_height, reactive_strength};
pub use less::{LESS, Landing, less};
pub use lists::{CMAS, QASLS};
pub use recorded::Ground;
pub use report::{jumps, landing};

#[cfg(test)]
mod tests;
