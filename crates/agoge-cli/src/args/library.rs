//! The arguments of `agoge athlete` and `agoge library`.

use agoge::motion::Day;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The athletes' library, as an argument.
#[derive(Clone, Debug, Args)]
pub(crate) struct LibraryFolder {
    /// The folder of the athletes' library (default: agoge in your data folder)
    #[arg(long, value_name = "DIR")]
    pub(crate) library: Option<PathBuf>,
}

impl LibraryFolder {
    /// The folder given, or the default one in Agoge's data folder.
    pub(crate) fn resolve_folder(&self) -> Result<PathBuf, agoge::Error> {
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

/// Actions on athletes.
#[derive(Debug, Subcommand)]
pub(crate) enum AthleteCommand {
    /// Add an athlete; the first one creates the library
    Add {
        /// The name
        name: String,
        /// A note about the athlete
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        /// A purpose to which the athlete consents today; may be given several times
        #[arg(long, value_name = "PURPOSE")]
        consent: Vec<String>,
        /// The athletes' library.
        #[command(flatten)]
        library: LibraryFolder,
    },
    /// Record that an athlete gives, refuses or withdraws consent; older statements are kept
    Consent {
        /// The athlete
        name: String,
        /// The purpose
        purpose: String,
        /// The consent is refused or withdrawn
        #[arg(long)]
        withdraw: bool,
        /// Who stated it, and how
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        /// The day (default: today)
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Option<Day>,
        /// The athletes' library.
        #[command(flatten)]
        library: LibraryFolder,
    },
    /// List the athletes, each with the newest analysis
    List {
        /// Only athletes whose names contain these letters
        #[arg(long, value_name = "LETTERS", default_value = "")]
        search: String,
        /// The athletes' library.
        #[command(flatten)]
        library: LibraryFolder,
    },
    /// Show what the library holds about an athlete
    Show {
        /// The athlete
        name: String,
        /// Maximum number of analyses
        #[arg(long, value_name = "N", default_value_t = 20)]
        count: usize,
        /// The athletes' library.
        #[command(flatten)]
        library: LibraryFolder,
    },
    /// Write everything about an athlete into one archive of open formats
    Export {
        /// The athlete
        name: String,
        /// The archive (default: NAME.tar.gz)
        #[arg(long, value_name = "FILE.tar.gz")]
        out: Option<PathBuf>,
        /// The athletes' library.
        #[command(flatten)]
        library: LibraryFolder,
    },
    /// Permanently delete an athlete and all data about them; backups and exports are not affected
    Delete {
        /// The athlete
        name: String,
        /// Confirm the deletion
        #[arg(long, required = true)]
        yes: bool,
        /// The athletes' library.
        #[command(flatten)]
        library: LibraryFolder,
    },
}

/// `agoge library`
#[derive(Debug, Args)]
pub(crate) struct LibraryArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: LibraryCommand,
}

/// Actions on the library.
#[derive(Debug, Subcommand)]
pub(crate) enum LibraryCommand {
    /// Check the library's integrity; the exit code is 1 if anything is wrong
    Check {
        /// The athletes' library.
        #[command(flatten)]
        library: LibraryFolder,
    },
    /// Copy the library into a new folder, which is itself a library
    Backup {
        /// The new folder
        #[arg(value_name = "DIR")]
        to: PathBuf,
        /// The athletes' library.
        #[command(flatten)]
        library: LibraryFolder,
    },
    /// Replace the library with a backup, after checking it
    Restore {
        /// The backup
        #[arg(value_name = "DIR")]
        from: PathBuf,
        /// Delete what is in the library now
        #[arg(long)]
        replace: bool,
        /// The athletes' library.
        #[command(flatten)]
        library: LibraryFolder,
    },
}
