//! The arguments of `agoge load` and `agoge risk`.

use super::LibraryFolder;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `agoge load`
#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: LoadCommand,
}

/// Methods of measuring training load, as an argument.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LoadMethodArg {
    /// RPE × minutes (Foster 1998)
    SessionRpe,
    /// Heart rate with Banister's constants
    TrimpBanister,
    /// Heart rate in Edwards' five zones
    TrimpEdwards,
    /// Heart rate in Lucía's three zones
    TrimpLucia,
    /// Power against threshold power
    Tss,
    /// Speed against threshold speed
    Pace,
    /// Metres
    Distance,
    /// Sets × repetitions × kg
    StrengthVolume,
    /// Jumps counted in recordings
    Jumps,
    /// Throws counted in recordings
    Throws,
}

/// Which days of load to use, and by which method.
#[derive(Debug, Args)]
pub(crate) struct LoadDaysArgs {
    /// Method of measuring load (default: the one that most workouts allow)
    #[arg(long, value_enum)]
    pub(crate) method: Option<LoadMethodArg>,
    /// The athletes' library.
    #[command(flatten)]
    pub(crate) library: LibraryFolder,
}

/// Actions on load.
#[derive(Debug, Subcommand)]
pub(crate) enum LoadCommand {
    /// Read workouts (FIT, TCX, GPX), diaries and tables of injuries, pain and questionnaires
    /// (CSV); reading the same files again changes nothing
    Import {
        /// The files
        #[arg(required = true, value_name = "FILES")]
        files: Vec<PathBuf>,
        /// The athlete whose files they are
        #[arg(long, value_name = "NAME")]
        athlete: String,
        /// Also read files with a wrong checksum or a missing end, as far as possible
        #[arg(long)]
        lenient: bool,
        /// Offset of the athlete's clock from UTC, for files that do not state it
        #[arg(long, value_name = "±HH:MM", default_value = "+00:00", allow_hyphen_values = true, value_parser = parse_time_zone)]
        time_zone: f64,
        /// The athletes' library.
        #[command(flatten)]
        library: LibraryFolder,
    },
    /// Show the days: load, CTL, ATL, TSB, ratios, monotony, strain, each with its method and
    /// source
    Show {
        /// The athlete
        athlete: String,
        /// Also write an HTML page to this file
        #[arg(long, value_name = "FILE.html")]
        page: Option<PathBuf>,
        /// The days.
        #[command(flatten)]
        days: LoadDaysArgs,
    },
    /// Train a warning model on the logs of all athletes in the library, if there is enough data;
    /// evaluate it on athletes left out, and report whether its warnings may be shown
    Train {
        /// The model
        #[arg(long, value_enum, default_value_t = WarningModelArg::Logistic)]
        model: WarningModelArg,
        /// Also write an HTML page to this file
        #[arg(long, value_name = "FILE.html")]
        page: Option<PathBuf>,
        /// The days.
        #[command(flatten)]
        days: LoadDaysArgs,
    },
}

/// Warning models, as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WarningModelArg {
    /// Logistic regression
    Logistic,
    /// Boosted trees
    Trees,
    /// Attention over the days; takes minutes
    Attention,
}

/// `agoge risk`
#[derive(Debug, Args)]
pub(crate) struct RiskArgs {
    /// The athlete
    pub(crate) athlete: String,
    /// Also train on the logs of all athletes in the library (`agoge load train`), and show what
    /// the model says of this one if its warnings may be shown
    #[arg(long)]
    pub(crate) train: bool,
    /// The days.
    #[command(flatten)]
    pub(crate) days: LoadDaysArgs,
}

/// Parses a UTC offset such as `+02:00`, s.
fn parse_time_zone(text: &str) -> Result<f64, String> {
    let instant = agoge::formats::workout::parse_instant(&format!("1970-01-01T00:00:00{text}"));
    instant.and_then(|(_, offset)| offset).ok_or_else(|| "write it as +02:00".to_owned())
}
