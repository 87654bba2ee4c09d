//! The arguments of `agoge plan`.

use super::LibraryFolder;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `agoge plan`
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: PlanCommand,
}

/// Actions on plans.
#[derive(Debug, Subcommand)]
pub(crate) enum PlanCommand {
    /// Make a plan: plan.json, plan.html, plan.csv and plan.ics
    Make {
        /// What the plan is made from.
        #[command(flatten)]
        known: PlanInputArgs,
        /// An earlier plan, of which as few days as possible change
        #[arg(long, value_name = "PLAN.json")]
        from: Option<PathBuf>,
        /// Also say what each session is for, and what would be different without it
        #[arg(long)]
        explain: bool,
        /// Also write the sessions whose steps are known into the folder `workouts`: FIT for
        /// watches and bicycle computers, text for intervals.icu
        #[arg(long)]
        workouts: bool,
        /// Where the plan goes
        #[arg(short = 'r', long, value_name = "DIR", default_value = "agoge-plan")]
        out: PathBuf,
    },
    /// Say what may be done on the first day of the request, as ranges of load by kind
    Today {
        /// What the plan is made from.
        #[command(flatten)]
        known: PlanInputArgs,
    },
    /// Say whether one more event fits in, and what it would change
    Race {
        /// What the plan is made from.
        #[command(flatten)]
        known: PlanInputArgs,
        /// The day
        #[arg(long, value_name = "DAY")]
        on: agoge::motion::Day,
        /// Duration, min
        #[arg(long)]
        minutes: f64,
        /// Its sport
        #[arg(long, default_value = "running")]
        sport: String,
        /// Effort (RPE), CR-10
        #[arg(long, default_value_t = 9.0)]
        rpe: f64,
    },
    /// Check a plan, edited or not, against the rules of its request
    Check {
        /// The plan
        #[arg(value_name = "PLAN.json")]
        plan: PathBuf,
        /// What the plan is made from.
        #[command(flatten)]
        known: PlanInputArgs,
    },
    /// Show which drills changed which finding of an athlete, from drills.csv and movement.csv
    /// (docs/guide/plan.md)
    Effects {
        /// The athlete
        #[arg(long, value_name = "NAME")]
        athlete: String,
        /// Your own sessions instead of those that come with Agoge
        #[arg(long, value_name = "FILE.toml")]
        sessions: Option<PathBuf>,
        /// The athletes' library.
        #[command(flatten)]
        library: LibraryFolder,
    },
    /// Put two plans side by side
    Compare {
        /// The first plan
        #[arg(value_name = "A.json")]
        a: PathBuf,
        /// The second plan
        #[arg(value_name = "B.json")]
        b: PathBuf,
    },
}

/// What a plan is made from.
#[derive(Debug, Args)]
pub(crate) struct PlanInputArgs {
    /// The request: calendar, events, limits (docs/reference/plan.md)
    #[arg(value_name = "REQUEST.toml")]
    pub(crate) request: PathBuf,
    /// The athlete whose load, tests and pain to use (see `agoge load import`)
    #[arg(long, value_name = "NAME")]
    pub(crate) athlete: Option<String>,
    /// Analyses whose findings the plan addresses
    #[arg(long, value_name = "analysis.json", num_args = 1..)]
    pub(crate) findings: Vec<PathBuf>,
    /// Your own sessions instead of those that come with Agoge
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) sessions: Option<PathBuf>,
    /// The athletes' library.
    #[command(flatten)]
    pub(crate) library: LibraryFolder,
}
