//! The arguments of `agoge`. Names that users know from Sports2D are kept as aliases.

mod learn;
mod library;
mod load;
mod plan;

pub(crate) use learn::{
    AdaptArgs, EvaluateArgs, LabelArgs, LabelCommand, ModelArgs, ModelCommand, PretrainArgs,
    TrainArgs,
};
pub(crate) use library::{AthleteArgs, AthleteCommand, LibraryArgs, LibraryCommand, LibraryFolder};
pub(crate) use load::{
    LoadArgs, LoadCommand, LoadDaysArgs, LoadMethodArg, RiskArgs, WarningModelArg,
};
pub(crate) use plan::{PlanArgs, PlanCommand, PlanInputArgs};

use agoge::kinematics::dynamics::Sex;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Analyses recordings of an athlete's movement and reports what a coach can act on. Works offline;
/// nothing leaves this machine.
#[derive(Debug, Parser)]
#[command(name = "agoge", version, max_term_width = 110)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub(crate) shared: GlobalArgs,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct GlobalArgs {
    /// Print the result as JSON on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print more detail on standard error
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Print errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Simulate an athlete with known faults, analyse the recording, and show what was found beside
    /// what was planted
    Demo(DemoArgs),
    /// Install the pose network that reads videos, once; afterwards everything works offline
    Setup(SetupArgs),
    /// Analyse recordings and videos: report.html, analysis.json and repetitions.csv for each
    Analyze(AnalyzeArgs),
    /// Explain an analysis: where the repetitions differ from a reference, what a change would
    /// bring, and whether that explanation is stable
    Explain(ExplainArgs),
    /// Report what a file contains, how good its data are, and what can be measured from it
    Doctor(DoctorArgs),
    /// List, show or check movement definitions
    Movements(MovementsArgs),
    /// Convert a public data set into recordings and a manifest
    Import(ImportArgs),
    /// Pre-train an encoder on recordings without labels, for `agoge train` and `agoge adapt` to
    /// start from
    Pretrain(PretrainArgs),
    /// Train a model on a manifest of labelled recordings
    Train(TrainArgs),
    /// Give a model a judge of quality, made from one or several sensors and measured on each
    Judge(JudgeArgs),
    /// Make a model of new movements from a pre-trained encoder and a few labelled recordings
    Adapt(AdaptArgs),
    /// Measure how well a model does on athletes it was not trained on
    Evaluate(EvaluateArgs),
    /// Make a norm from a squad's recordings: the usual range of each movement, as a reference for
    /// explanations
    Norm(NormArgs),
    /// Suggest which recordings to label next, or export judged repetitions as a training set
    Label(LabelArgs),
    /// Show, export or import a model (docs/reference/models.md)
    Model(ModelArgs),
    /// Import workouts, diaries and reports of an athlete, and show the training load
    /// (docs/guide/load.md)
    Load(LoadArgs),
    /// Report what changed in an athlete's load and reports, why it matters, what to do, and how
    /// certain that is
    Risk(RiskArgs),
    /// Plan the next weeks: sessions and drills from findings, load and events, within rules that
    /// no plan breaks (docs/guide/plan.md)
    Plan(PlanArgs),
    /// Add, list, show, export or delete athletes in the library (docs/reference/library.md)
    Athlete(AthleteArgs),
    /// Check, back up or restore the athletes' library (docs/reference/library.md)
    Library(LibraryArgs),
    /// Serve pages and live feedback on this machine (docs/guide/server.md, docs/reference/live.md)
    Serve(ServeArgs),
    /// Run benchmarks (docs/results/performance.md)
    #[command(hide = true)]
    Bench(BenchArgs),
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// `agoge demo`
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Where the reports go
    #[arg(long, value_name = "DIR", default_value = "agoge-demo")]
    pub(crate) out: PathBuf,
    /// Seed of the simulator; another seed gives another athlete
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// `agoge setup`
#[derive(Debug, Args)]
pub(crate) struct SetupArgs {
    /// The package file, for machines without npm (`npm pack @mediapipe/pose@0.5.1675469404`
    /// downloads it elsewhere)
    #[arg(long, value_name = "FILE.tgz")]
    pub(crate) from: Option<PathBuf>,
}

/// The networks that find the landmarks of a body in a picture, as an argument.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PoseArg {
    /// The fastest
    Lite,
    /// In between
    Full,
    /// The most accurate, four times slower
    Heavy,
}

impl From<PoseArg> for agoge::vision::PoseModel {
    fn from(pose: PoseArg) -> agoge::vision::PoseModel {
        match pose {
            PoseArg::Lite => agoge::vision::PoseModel::Lite,
            PoseArg::Full => agoge::vision::PoseModel::Full,
            PoseArg::Heavy => agoge::vision::PoseModel::Heavy,
        }
    }
}

/// How to read the inputs; shared by the commands that read recordings.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReadingArgs {
    /// Settings from a TOML file; command-line arguments override them
    #[arg(short = 'C', long, value_name = "FILE.toml")]
    pub(crate) config: Option<PathBuf>,
    /// Which person, counted from 0 in the file's order, or by appearance in a video (default: the
    /// one visible longest; in a video, the largest for the longest time)
    #[arg(long, value_name = "N")]
    pub(crate) person: Option<usize>,
    /// The athlete's standing height in metres: converts pixels to metres
    #[arg(short = 'H', long, value_name = "METRES", alias = "first_person_height")]
    pub(crate) height: Option<f64>,
    /// The athlete's mass in kilograms: for joint moments, from force plates or while the athlete
    /// is standing (docs/reference/kinetics.md)
    #[arg(long, value_name = "KILOGRAMS", alias = "participant_mass")]
    pub(crate) mass: Option<f64>,
    /// The athlete's sex, female or male: selects the table of segment masses for joint moments
    /// (default: male)
    #[arg(long, value_name = "SEX", value_parser = parse_sex)]
    pub(crate) sex: Option<Sex>,
    /// Only the seconds from A to B
    #[arg(short = 't', long, num_args = 2, value_names = ["A", "B"], alias = "time_range", allow_negative_numbers = true)]
    pub(crate) time_range: Option<Vec<f64>>,
    /// A coach's ratings of items of the Landing Error Scoring System (LESS): item=points, as in
    /// 4=1,16=0
    #[arg(long, value_name = "ITEM=POINTS", value_delimiter = ',', value_parser = parse_item_points)]
    pub(crate) less: Vec<[u8; 2]>,
    /// Numbers of the repetitions, from 1, that you know to be done correctly: the model judges the
    /// others beside them
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub(crate) right: Vec<usize>,
    /// Frames per second, for files that do not state it and for folders of pictures
    #[arg(long, value_name = "HZ", visible_alias = "fps")]
    pub(crate) rate: Option<f64>,
    /// Slow-motion factor: how many times slower than real time the video plays
    #[arg(long, value_name = "FACTOR", alias = "slowmo_factor")]
    pub(crate) slow_motion: Option<f64>,
    /// Videos: the network that finds the landmarks (default: full)
    #[arg(long, value_name = "NETWORK")]
    pub(crate) pose: Option<PoseArg>,
    /// Videos: use the landmarks in space instead of those in the picture; their depth is the
    /// network's estimate
    #[arg(long)]
    pub(crate) world: bool,
    /// Cut-off of the low-pass filter in Hz
    #[arg(long, value_name = "HZ", alias = "cut_off_frequency")]
    pub(crate) cutoff: Option<f64>,
}

/// `agoge analyze`
#[derive(Debug, Args)]
pub(crate) struct AnalyzeArgs {
    /// Files (videos too), or folders of pictures or of OpenPose JSON files
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Treat the inputs as videos of one athlete by the cameras in this file (written by Pose2Sim),
    /// and combine them into one recording in space
    #[arg(long, value_name = "CALIBRATION.toml", alias = "calib_file", conflicts_with = "overlay")]
    pub(crate) calibration: Option<PathBuf>,
    /// Name of the movement (see `agoge movements list`), a definition file, or auto
    #[arg(short, long, value_name = "NAME|FILE|auto", default_value = "auto")]
    pub(crate) movement: String,
    /// Judge everything as the named movement, even if it does not look like it; the results say so
    #[arg(long)]
    pub(crate) trust_name: bool,
    /// A recording of the same movement to compare with
    #[arg(long, value_name = "FILE", alias = "compare_to")]
    pub(crate) reference: Option<PathBuf>,
    /// A model of your own (see `agoge train`), or none to judge by the limits in the movement's
    /// definition alone
    #[arg(long, value_name = "FILE.safetensors|none")]
    pub(crate) model: Option<PathBuf>,
    /// Where the results go; each input gets its own folder inside it
    #[arg(
        short = 'r',
        long,
        value_name = "DIR",
        alias = "result_dir",
        default_value = "agoge-report"
    )]
    pub(crate) out: PathBuf,
    /// Videos: draw skeleton, angles and findings into each frame, as PNG files and a contact sheet
    /// in this folder (one subfolder per input), or as one MP4 film
    #[arg(long, value_name = "DIR|FILM.mp4")]
    pub(crate) overlay: Option<PathBuf>,
    /// Make every detected face in these pictures unrecognisable
    #[arg(long, requires = "overlay")]
    pub(crate) blur_faces: bool,
    /// Also store recording and analysis in the library, for this athlete (see `agoge athlete add`)
    #[arg(long, value_name = "NAME")]
    pub(crate) athlete: Option<String>,
    /// Day of the recording, with --athlete (default: today)
    #[arg(long, value_name = "YYYY-MM-DD", requires = "athlete")]
    pub(crate) day: Option<agoge::motion::Day>,
    /// The athletes' library.
    #[command(flatten)]
    pub(crate) library: LibraryFolder,
    /// How to read the inputs.
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

/// `agoge explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A recording or video
    #[arg(value_name = "INPUT")]
    pub(crate) input: PathBuf,
    /// Name of the movement (see `agoge movements list`), a definition file, or auto
    #[arg(short, long, value_name = "NAME|FILE|auto", default_value = "auto")]
    pub(crate) movement: String,
    /// What to compare with: a recording, several (of a squad, one per athlete), a norm (`agoge
    /// norm`), or `own` for the athlete's own best repetitions (default: the known norm of the
    /// movement if there is one, else `own`)
    #[arg(long, value_name = "FILE…|NORM.json|own", num_args = 1..)]
    pub(crate) reference: Vec<PathBuf>,
    /// A trained model, or `none` (default: the model that comes with Agoge)
    #[arg(long, value_name = "FILE|none")]
    pub(crate) model: Option<PathBuf>,
    /// Language of the explanation
    #[arg(long, value_name = "en|zh", default_value = "en", value_parser = clap::builder::PossibleValuesParser::new(["en", "zh"]))]
    pub(crate) lang: String,
    /// Where the report goes
    #[arg(short = 'r', long, value_name = "DIR", default_value = "agoge-report")]
    pub(crate) out: PathBuf,
    /// How to read the input.
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

/// `agoge judge`
#[derive(Debug, Args)]
pub(crate) struct JudgeArgs {
    /// manifest.csv of each sensor, with the columns file, athlete, movement, label, split; one
    /// athlete has the same name in all of them
    #[arg(value_name = "MANIFEST", required = true)]
    pub(crate) manifests: Vec<PathBuf>,
    /// The model that gets the judge; without it the judge is only measured
    #[arg(long, value_name = "FILE.safetensors", requires = "out")]
    pub(crate) model: Option<PathBuf>,
    /// Where the model with its judge goes
    #[arg(long, value_name = "FILE.safetensors", requires = "model")]
    pub(crate) out: Option<PathBuf>,
    /// Number of seeds to measure with; the judge itself is made with the first
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
    /// Save the readings of each athlete left out to this file; if it exists, continue from it
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) keep: Option<PathBuf>,
}

/// `agoge norm`
#[derive(Debug, Args)]
pub(crate) struct NormArgs {
    /// manifest.csv with the columns file, athlete, movement, label, split; repetitions labelled
    /// incorrect are left out
    #[arg(value_name = "MANIFEST")]
    pub(crate) manifest: PathBuf,
    /// What reports call the source of these repetitions
    #[arg(long, value_name = "WORDS", default_value = "the squad's repetitions")]
    pub(crate) source: String,
    /// The file to write
    #[arg(long, value_name = "FILE.json", default_value = "norm.json")]
    pub(crate) out: PathBuf,
}

/// `agoge doctor`
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// A file (a video too), or a folder of OpenPose JSON files
    pub(crate) input: PathBuf,
    /// How to read the input.
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

/// `agoge movements`
#[derive(Debug, Args)]
pub(crate) struct MovementsArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: MovementsCommand,
}

/// Actions on movement definitions.
#[derive(Debug, Subcommand)]
pub(crate) enum MovementsCommand {
    /// List the definitions that come with Agoge
    List,
    /// Print a definition
    Show {
        /// Name or alias of the movement
        name: String,
    },
    /// Check a definition file
    Check {
        /// The definition file
        file: PathBuf,
    },
}

/// The public data sets that can be imported.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DatasetArg {
    /// UI-PRMD by Kinect: ten rehabilitation movements, done correctly and incorrectly
    UiPrmd,
    /// UI-PRMD by Vicon: the same repetitions with 39 markers
    UiPrmdVicon,
    /// UTD-MHAD: 27 actions (Kinect and one wearable sensor)
    UtdMhad,
    /// pose-trainer: OpenPose clips of arm exercises in good and bad form
    PoseTrainer,
}

/// `agoge import`
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Which data set
    pub(crate) set: DatasetArg,
    /// The folder that holds it
    pub(crate) source: PathBuf,
    /// Where the recordings and manifest.csv go
    pub(crate) dest: PathBuf,
}

fn parse_sex(text: &str) -> Result<Sex, String> {
    match text {
        "female" => Ok(Sex::Female),
        "male" => Ok(Sex::Male),
        _ => Err("write female or male".to_owned()),
    }
}

/// Parses an item of a movement screen with its points, as in 4=1.
fn parse_item_points(text: &str) -> Result<[u8; 2], String> {
    let parts = text
        .split_once('=')
        .and_then(|(item, points)| Some([item.trim().parse().ok()?, points.trim().parse().ok()?]));
    parts.ok_or_else(|| "write it as 4=1".to_owned())
}

/// `agoge serve`
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address and port to listen on; an address that other machines can reach (0.0.0.0:8420 is all
    /// of them) is encrypted and asks for a token
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8420")]
    pub(crate) address: std::net::SocketAddr,
    /// Make a new token for other machines; the old one no longer works
    #[arg(long)]
    pub(crate) new_token: bool,
    #[command(flatten)]
    pub(crate) library: LibraryFolder,
}

/// `agoge bench`
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: BenchCommand,
}

/// The benchmarks.
#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Start a server, send it live streams over WebSockets and time the answers
    /// (docs/results/live.md)
    LiveServer {
        /// Number of simultaneous streams
        #[arg(long, default_value_t = 100, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=10_000))]
        streams: usize,
        /// Duration, s
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// All athletes move in step, as in a class, so that all repetitions end at once (default:
        /// each starts at a different place of the set)
        #[arg(long)]
        in_step: bool,
    },
    /// Answer lines "TASK ITERATIONS" with the wall time of each iteration in milliseconds, until
    /// "quit"
    Serve {
        /// Number of threads (default: as many as the machine has cores)
        #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1024))]
        threads: Option<usize>,
    },
    /// List the tasks with the number of operations in one run
    Tasks,
    /// Train each method that judges quality on a public set, leaving one athlete out at a time:
    /// parameters, training seconds, milliseconds per clip (docs/results/skill.md)
    Methods {
        /// The folder that holds the public sets, each in a folder of its own
        #[arg(long, value_name = "DIR", default_value = ".")]
        data: PathBuf,
        /// The methods
        #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "attention,cnn,tcn,rocket,rockets", value_parser = clap::builder::PossibleValuesParser::new(agoge_lab::methods::METHOD_NAMES))]
        model: Vec<String>,
        /// Repetitions per clip
        #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=100))]
        chain: Vec<usize>,
    },
    /// Train warning models on simulated squads and evaluate them on others: one line of JSON per
    /// model, number of years and seed (docs/results/load.md)
    Squads {
        /// Effect of the load ratio on the log odds of an injury; 0 means none
        #[arg(long, default_value_t = 2.5)]
        effect: f64,
        /// Athlete-years to train on
        #[arg(long, value_delimiter = ',', default_value = "100")]
        years: Vec<f64>,
        /// Number of seeds
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
        seeds: u64,
        /// Leave out the attention model, which takes longest
        #[arg(long)]
        quick: bool,
    },
    /// Plan for simulated athletes whose response to load is known, and simulate their training:
    /// one line of JSON each (docs/results/plans.md)
    Plans {
        /// Number of athletes
        #[arg(long, default_value_t = 100, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(2..=10_000))]
        athletes: usize,
        /// Seed
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Plan with another athlete's response to load
        #[arg(long)]
        misled: bool,
    },
    /// Read workout files: one line of JSON each with milliseconds, and with --values the values
    /// (bench/peers/fit.py)
    Workouts {
        /// The files
        #[arg(required = true, value_name = "FILES")]
        files: Vec<PathBuf>,
        /// Print every value of every sample
        #[arg(long)]
        values: bool,
    },
    /// Frames per second of a video: decoding, and with pose and tracking on one thread and on all;
    /// with --passes, the landmark network alone, served like the tasks of `serve` under the name
    /// `pose`
    Pose {
        /// The video
        video: PathBuf,
        /// The network that finds the landmarks
        #[arg(long, value_name = "NETWORK", default_value = "full")]
        pose: PoseArg,
        /// Maximum number of people to track
        #[arg(long, default_value_t = 4)]
        people: usize,
        /// Write the landmark network's inputs and outputs for the first 64 bodies to this file,
        /// then serve passes over them
        #[arg(long, value_name = "FILE")]
        passes: Option<PathBuf>,
    },
    /// Fill a library with a squad and time its queries; with --write, write to it until the
    /// program is killed and print each acknowledged change (docs/results/library.md)
    Library {
        /// The folder
        folder: PathBuf,
        /// Number of athletes
        #[arg(long, default_value_t = 200, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=100_000))]
        athletes: usize,
        /// Analyses per athlete
        #[arg(long, default_value_t = 50)]
        each: usize,
        /// Number of threads that write
        #[arg(long, value_name = "THREADS", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=64))]
        write: Option<usize>,
    },
    /// Follow live streams of 33 joints with the model that comes with Agoge: time per frame, and
    /// whether many streams at 30 frames per second keep up
    Stream {
        /// Number of simultaneous streams
        #[arg(long, default_value_t = 100, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=10_000))]
        streams: usize,
        /// Duration, s
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3600))]
        seconds: u64,
    },
}
