//! Squads: the data that a warning model gets about an athlete's days, a simulator of squads with a
//! known hazard, and the study of how much data a model needs before it may be used.

mod club;
mod simulate;
mod study;
mod windows;

pub use club::{Amount, Club, Group, Member, Moved, NOMINAL, Report, Word, club};
pub use simulate::{Life, Squad};
pub use study::{Study, StudyRow, study};
pub use windows::{DAY_NUMBERS, Days, LOOK_BACK, SUMMARY_NAMES, windows};

#[cfg(test)]
mod tests;
