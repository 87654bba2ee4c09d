//! The records of an analysis, as they are written to `analysis.json`: plain data with a versioned
//! schema.
//!
//! Invariants: no computation; within a version of the schema fields are added, never renamed or
//! removed.

mod analysis;
mod explanation;
mod provenance;

pub use analysis::*;
pub use explanation::*;
pub use provenance::*;
