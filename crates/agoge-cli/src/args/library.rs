//! The arguments of `agoge athlete` and `agoge library`.

use agoge::motion::Day;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Where the athletes are kept.
#[derive(Clone, Debug, Args)]
pub(crate) struct Library {
    /// The folder of the athletes' library (default: agoge in your data folder)
    #[arg(long, value_name = "DIR")]
    pub(crate) library: Option<PathBuf>,
}

impl Library {
    /// The folder that is named, or the one where Agoge keeps its data.
    pub(crate) fn folder(&self) -> Result<PathBuf, agoge::Error> {
        self.library.clone().map_or_else(agoge::data_folder, Ok)
    }
}

/// `agoge athlete`
#[derive(Debug, Args)]
pub(crate) struct AthleteArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: AthleteCommand,
}

/// What to do with athletes.
#[derive(Debug, Subcommand)]
pub(crate) enum AthleteCommand {
    /// Add an athlete; the first one begins the library
    Add {
        /// The name
        name: String,
        /// Something about the athlete
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        /// What the athlete agreed to today; may be given several times
        #[arg(long, value_name = "PURPOSE")]
        consent: Vec<String>,
        /// Where
        #[command(flatten)]
        library: Library,
    },
    /// Write down that an athlete agrees, or no longer agrees, to something; older statements stay
    Consent {
        /// Who
        name: String,
        /// To what
        purpose: String,
        /// It is refused or withdrawn
        #[arg(long)]
        withdraw: bool,
        /// Who said so, and how
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        /// On which day (default: today)
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Option<Day>,
        /// Where
        #[command(flatten)]
        library: Library,
    },
    /// List the athletes, each with the newest analysis
    List {
        /// Only those with these letters in their names
        #[arg(long, value_name = "LETTERS", default_value = "")]
        search: String,
        /// Where
        #[command(flatten)]
        library: Library,
    },
    /// Show what is known of an athlete
    Show {
        /// Who
        name: String,
        /// At most so many analyses
        #[arg(long, value_name = "N", default_value_t = 20)]
        count: usize,
        /// Where
        #[command(flatten)]
        library: Library,
    },
    /// Write everything of an athlete into one archive of open formats
    Export {
        /// Who
        name: String,
        /// The archive (default: NAME.tar.gz)
        #[arg(long, value_name = "FILE.tar.gz")]
        out: Option<PathBuf>,
        /// Where
        #[command(flatten)]
        library: Library,
    },
    /// Delete an athlete with everything, for good; backups and exports are not reached
    Delete {
        /// Who
        name: String,
        /// Yes, for good
        #[arg(long, required = true)]
        yes: bool,
        /// Where
        #[command(flatten)]
        library: Library,
    },
}

/// `agoge library`
#[derive(Debug, Args)]
pub(crate) struct LibraryArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: LibraryCommand,
}

/// What to do with the library.
#[derive(Debug, Subcommand)]
pub(crate) enum LibraryCommand {
    /// Say whether everything is as it should be; exit code 1 if not
    Check {
        /// Where
        #[command(flatten)]
        library: Library,
    },
    /// Copy the library into a new folder, which is itself a library
    Backup {
        /// The new folder
        #[arg(value_name = "DIR")]
        to: PathBuf,
        /// Where the library is
        #[command(flatten)]
        library: Library,
    },
    /// Put a backup into the place of the library, after checking it
    Restore {
        /// The backup
        #[arg(value_name = "DIR")]
        from: PathBuf,
        /// Delete what is in the library now
        #[arg(long)]
        replace: bool,
        /// Where the library is
        #[command(flatten)]
        library: Library,
    },
}
