//! The athletes' library: who they are, what they agreed to, their sessions, recordings, analyses,
//! labels and plans.
//!
//! A folder holds all of it: `library.sqlite`, `recordings/HA/HASH.parquet` (addressed by the
//! SHA-256 of their content), and `athletes/NAME`, the open files of load and injuries that
//! `agoge::athlete` reads and writes. docs/reference/library.md describes it.
//!
//! Invariants: what a function acknowledged by returning survives a killed program and a loss of
//! power; a change is there whole or not at all, and what a killed program left half done is
//! repaired when the library is opened next; a user's text never becomes part of SQL or, except an
//! athlete's checked name, of a path; what is deleted is overwritten.
//!
//! A [`Store`] may be used from many threads: it has one connection behind a lock, and every
//! function holds the lock once, for as long as SQLite takes. Several stores, in one program or in
//! many, may have the same folder open; they wait for each other's changes. In async programs call
//! them where blocking is allowed: a change waits for the disk.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! use agoge_store::Store;
//!
//! let store = Store::open(folder.path())?;
//! let ada = store.add_athlete("Ada K.", "")?;
//! let plan = serde_json::json!({ "monday": "rest" });
//! store.save_plan(ada, "2026-03-02".parse()?, &plan)?;
//! assert_eq!(store.squad_overview()?[0].athlete.name, "Ada K.");
//! # Ok(())
//! # }
//! ```

mod analyses;
mod athletes;
mod backup;
mod check;
mod delete;
mod error;
mod export;
mod files;
mod labels;
mod live;
mod lock;
mod name;
mod plans;
mod recordings;
mod rows;
mod schema;
mod store;

pub use check::{StoreCheck, StoreFault, StoreFaultKind};
pub use error::StoreError;
pub use lock::{AthleteLock, lock_athlete};
pub use name::{AthleteName, ContentHash, check_name};
pub use rows::{
    AnalysisId, AnalysisProvenance, AnalysisRow, Athlete, AthleteId, AthleteStanding, Consent,
    LabelId, LabelRow, LiveId, LiveRow, NewLabel, PlanId, PlanRow, RecordingId, RecordingRow,
    SessionId, SessionRow,
};
pub use store::Store;

#[cfg(test)]
mod tests;
