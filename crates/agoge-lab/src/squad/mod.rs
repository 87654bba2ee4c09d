//! Squads: the data that a warning model gets about an athlete's days, a simulator of squads with a
//! known hazard, and the study of how much data a model needs before it may be used.

mod club;
mod simulate;
mod study;
mod windows;

pub use club::{ClubMember, NOMINAL_WARNING_RATE, learn_from_club};
pub use simulate::{SimulatedAthlete, SimulatedSquad};
pub use study::{SquadStudy, SquadStudyRow, run_squad_study};
pub use windows::{AthleteDays, DAY_FEATURES, LOOK_BACK_DAYS, SUMMARY_NAMES, warning_windows};

#[cfg(test)]
mod tests;
