//! Agoge: any recording of an athlete's movement in, an actionable analysis for the coach out.
//!
//! [`analyze()`] is the pipeline: condition the recording, map it to the body skeleton, measure
//! curves, segment repetitions, judge them. The crates of the individual stages are re-exported
//! under their own names for programs that need only one of them.
//!
//! ```no_run
//! use agoge::{AnalysisOptions, Models, analyze, read_to_analyze};
//!
//! let options = AnalysisOptions::default();
//! let reading = read_to_analyze("squats.mp4".as_ref(), &options, &|_, _| ())?;
//! let analyzed = analyze(&reading.recording, None, Models::bundled(), &options)?;
//! for finding in &analyzed.analysis.findings {
//!     println!("{}: {}", finding.title, finding.detail);
//! }
//! # Ok::<(), agoge::Error>(())
//! ```

pub mod analyze;
pub mod athlete;
pub mod demo;
mod doctor;
mod error;
pub mod explain;
pub mod library;
pub mod live;
mod models;
mod moments;
mod movement;
mod options;
mod output;
mod pictures;
pub mod plan;
pub mod provenance;
mod reading;
mod resemblance;

pub use agoge_analysis as analysis;
pub use agoge_coach as coach;
pub use agoge_formats as formats;
pub use agoge_kinematics as kinematics;
pub use agoge_load as load;
pub use agoge_model as model;
pub use agoge_motion as motion;
pub use agoge_plan as planning;
pub use agoge_report as report;
pub use agoge_store as store;
pub use agoge_vision as vision;

pub use agoge_analysis::Analysis;
pub use agoge_store::Store;
pub use analyze::{Analyzed, analyze};
pub use athlete::LoadFolder;
pub use doctor::{Diagnosis, diagnose_file};
pub use error::Error;
pub use explain::{Reference, explain, read_norms, repetition_cycles};
pub use library::{data_folder, pose_folder};
pub use models::{Models, bundled_base, load_model};
pub use options::AnalysisOptions;
pub use output::{write_bytes, write_results};
pub use reading::{
    InputRecording, ProgressCallback, is_film, read_cameras, read_input, read_to_analyze,
};
