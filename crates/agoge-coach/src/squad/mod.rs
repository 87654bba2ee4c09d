//! Squads: what a warning model sees of an athlete's days, a simulator of squads with a known
//! hazard, and the study that says how much data a model needs before it may speak.

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
