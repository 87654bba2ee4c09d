//! The commands, one file each. Each takes its arguments and returns how it ended.

pub(crate) mod adapt;
pub(crate) mod analyze;
pub(crate) mod athlete;
pub(crate) mod bench;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod evaluate;
pub(crate) mod explain;
pub(crate) mod import;
pub(crate) mod judge;
pub(crate) mod label;
pub(crate) mod library;
pub(crate) mod load;
pub(crate) mod model;
pub(crate) mod movements;
pub(crate) mod norm;
pub(crate) mod plan;
pub(crate) mod pretrain;
pub(crate) mod serve;
pub(crate) mod setup;
pub(crate) mod train;

use crate::args::ReadingArgs;
use crate::outcome::CommandError;
use agoge::motion::condition::LowPassFilter;
use agoge::motion::filter::CutoffCorrection;
use agoge::vision::LandmarkKind;
use agoge::{AnalysisOptions, Models};
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// Options from the configuration file and the arguments; arguments override the file.
fn reading_options(reading: &ReadingArgs) -> Result<AnalysisOptions, CommandError> {
    let mut options = match &reading.config {
        Some(path) => AnalysisOptions::from_file(path)?,
        None => AnalysisOptions::default(),
    };
    options.height_m = reading.height.or(options.height_m);
    options.mass_kg = reading.mass.or(options.mass_kg);
    options.sex = reading.sex.or(options.sex);
    if let Some([from, to]) = reading.time_range.as_deref() {
        options.time_range_s = Some([*from, *to]);
    }
    if !reading.right.is_empty() {
        options.correct_repetitions.clone_from(&reading.right);
    }
    if !reading.less.is_empty() {
        options.less.clone_from(&reading.less);
    }
    options.read.person = reading.person.or(options.read.person);
    options.read.rate_hz = reading.rate.or(options.read.rate_hz);
    options.read.slow_motion_factor = reading.slow_motion.or(options.read.slow_motion_factor);
    options.video.pose = reading.pose.map_or(options.video.pose, Into::into);
    if reading.world {
        options.video.landmarks = LandmarkKind::World;
    }
    if let Some(cutoff_hz) = reading.cutoff {
        options.condition.filter =
            LowPassFilter::Butterworth { order: 4, cutoff_hz, correction: CutoffCorrection::None };
    }
    Ok(options)
}

/// Same as above, with the movement's name or definition; checked before any recording is read.
fn movement_options(
    reading: &ReadingArgs,
    movement: &str,
) -> Result<AnalysisOptions, CommandError> {
    let mut options = reading_options(reading)?;
    if movement != "auto" || reading.config.is_none() {
        movement.clone_into(&mut options.movement);
    }
    options.check_values()?;
    Ok(options)
}

/// The models given by an argument: a file, or `none` for no trained model. Without the argument,
/// the bundled models are to be used.
fn load_models(argument: Option<&Path>) -> Result<Option<Models>, CommandError> {
    Ok(match argument {
        None => None,
        Some(path) if path == Path::new("none") => Some(Models::without_model()),
        Some(path) => Some(Models::from_file(path)?),
    })
}

/// Prints text on standard output.
fn print_text(text: &str) -> Result<(), CommandError> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

/// Prints a value as JSON on standard output.
fn print_json(value: &(impl Serialize + ?Sized)) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value).map_err(std::io::Error::from)?;
    Ok(writeln!(out)?)
}

/// Whether to print in colour: only to a terminal, and not where `NO_COLOR` is set.
fn use_color() -> bool {
    use std::io::IsTerminal;
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
