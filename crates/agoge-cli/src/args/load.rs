//! The arguments of `agoge load` and `agoge risk`.

use super::Library;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `agoge load`
#[derive(Debug, Args)]
pub(crate) struct Load {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: LoadCommand,
}

/// By which method days are weighed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LoadMethod {
    /// RPE × minutes (Foster 1998)
    SessionRpe,
    /// Heart rate by Banister's constants
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

/// Days of athletes in a library, and how they are weighed.
#[derive(Debug, Args)]
pub(crate) struct Weighed {
    /// By which method days are weighed (default: the one that most workouts have)
    #[arg(long, value_enum)]
    pub(crate) method: Option<LoadMethod>,
    /// Where
    #[command(flatten)]
    pub(crate) library: Library,
}

/// What to do with load.
#[derive(Debug, Subcommand)]
pub(crate) enum LoadCommand {
    /// Read workouts (FIT, TCX, GPX), diaries and tables of injuries, pain and questionnaires
    /// (CSV); doing it twice changes nothing
    Import {
        /// The files
        #[arg(required = true, value_name = "FILES")]
        files: Vec<PathBuf>,
        /// Whose they are
        #[arg(long, value_name = "NAME")]
        athlete: String,
        /// Also read files whose checksum is wrong or that break off, as far as they go
        #[arg(long)]
        lenient: bool,
        /// How far the athlete's clock is ahead of UTC, for files that do not say
        #[arg(long, value_name = "±HH:MM", default_value = "+00:00", allow_hyphen_values = true, value_parser = time_zone)]
        time_zone: f64,
        /// Where
        #[command(flatten)]
        library: Library,
    },
    /// Show the days: load, CTL, ATL, TSB, ratios, monotony, strain, each with its method and
    /// source
    Show {
        /// Whose
        athlete: String,
        /// Also write the page there
        #[arg(long, value_name = "FILE.html")]
        page: Option<PathBuf>,
        /// Which days
        #[command(flatten)]
        days: Weighed,
    },
    /// Learn a warning from the logs of all athletes in the library, if there is enough; judge it
    /// on athletes left out, and say whether it may speak
    Train {
        /// Which model
        #[arg(long, value_enum, default_value_t = WarningModel::Logistic)]
        model: WarningModel,
        /// Also write the page there
        #[arg(long, value_name = "FILE.html")]
        page: Option<PathBuf>,
        /// Which days
        #[command(flatten)]
        days: Weighed,
    },
}

/// Models of warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WarningModel {
    /// Logistic regression
    Logistic,
    /// Boosted trees
    Trees,
    /// Attention over the days; takes minutes
    Attention,
}

/// `agoge risk`
#[derive(Debug, Args)]
pub(crate) struct Risk {
    /// Whose
    pub(crate) athlete: String,
    /// Also learn from the logs of all athletes in the library (`agoge load train`), and say what
    /// that says of this one if it may speak
    #[arg(long)]
    pub(crate) train: bool,
    /// Which days
    #[command(flatten)]
    pub(crate) days: Weighed,
}

/// Seconds of `+02:00`.
fn time_zone(text: &str) -> Result<f64, String> {
    let instant = agoge::formats::workout::parse_instant(&format!("1970-01-01T00:00:00{text}"));
    instant.and_then(|(_, offset)| offset).ok_or_else(|| "write it as +02:00".to_owned())
}
