//! What a coach acts on: the [`agoge_analysis::Analysis`] with its score, its findings and their
//! uncertainty.
//!
//! Invariants: everything here is a pure function of what kinematics and attention measured; no
//! I/O, and no text that diagnoses.

pub mod band;
pub mod cue;
pub mod explain;
pub mod findings;
mod gait;
mod limit;
mod measured;
pub mod model_score;
mod moments;
mod precision;
pub mod score;
pub mod screen;
pub mod summary;
mod verdict;

pub use gait::{gait_mismatch, gait_report};
pub use limit::{JudgedLimit, judged_limit, unjudged_metrics};
pub use measured::{ErrorRow, ErrorView, MeasuredTables, PopulationRow};
pub use moments::joint_moment_report;
pub use precision::{MeasurementError, Precision};
pub use verdict::{assess_data_quality, assess_sensor_quality as verdict_of_sensor};
