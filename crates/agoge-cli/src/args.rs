//! The arguments of `agoge`. Names that users know from Sports2D are kept as aliases.

mod learn;
mod library;
mod load;
mod plan;

pub(crate) use learn::{
    Adapt, Evaluate, Label, LabelCommand, Model, ModelCommand, Pretrain, Train,
};
pub(crate) use library::{AthleteArgs, AthleteCommand, Library, LibraryArgs, LibraryCommand};
pub(crate) use load::{Load, LoadCommand, LoadMethod, Risk, WarningModel, Weighed};
pub(crate) use plan::{Known, Plan, PlanCommand};

use agoge::kinematics::dynamics::Sex;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Reads any recording of an athlete's movement and says what a coach can act on. Works offline;
/// nothing leaves this machine.
#[derive(Debug, Parser)]
#[command(name = "agoge", version, max_term_width = 110)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// What holds for every command.
    #[command(flatten)]
    pub(crate) shared: Shared,
}

/// What holds for every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct Shared {
    /// Print the result as JSON on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say more on standard error
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
    Demo(Demo),
    /// Get the pose network that reads videos, once; afterwards everything works offline
    Setup(Setup),
    /// Analyse recordings and videos: report.html, analysis.json and repetitions.csv for each
    Analyze(Analyze),
    /// Say why: where the repetitions differ from a reference, what a change would bring, and
    /// whether that explanation stands
    Explain(Explain),
    /// Say what a file is, how good it is, and what can be concluded from it
    Doctor(Doctor),
    /// List, show or check movement definitions
    Movements(Movements),
    /// Turn a public data set into recordings and a manifest
    Import(Import),
    /// Train an encoder on recordings without labels; training with labels can begin with it
    Pretrain(Pretrain),
    /// Train a model on a manifest of labelled recordings
    Train(Train),
    /// Make a model of new movements from a pre-trained encoder and a few labelled recordings
    Adapt(Adapt),
    /// Measure how well a model does on athletes it was not trained on
    Evaluate(Evaluate),
    /// Make a norm: what is usual for the movements of a squad, to explain by
    Norm(NormOf),
    /// Say which recordings to judge next, so that each label teaches most
    Label(Label),
    /// Show, export or import a model (docs/MODELS.md)
    Model(Model),
    /// Bring workouts, diaries and reports of an athlete together, and show what they weigh
    /// (docs/LOAD.md)
    Load(Load),
    /// Say what changed in an athlete's load and reports, why it matters, what to do, and how sure
    /// that is
    Risk(Risk),
    /// Plan the next weeks: sessions and drills for findings, load and events, under rules that no
    /// plan breaks (docs/PLAN.md)
    Plan(Plan),
    /// Add, list, show, export or delete athletes of the library (docs/LIBRARY.md)
    Athlete(AthleteArgs),
    /// Check, back up or restore the athletes' library (docs/LIBRARY.md)
    Library(LibraryArgs),
    /// Serve pages and live feedback on this machine (docs/SERVER.md, docs/LIVE.md)
    Serve(Serve),
    /// Time the attention engine on fixed tasks (docs/PERFORMANCE.md)
    #[command(hide = true)]
    Bench(Bench),
    /// Print shell completions
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
}

/// `agoge demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where the reports go
    #[arg(long, value_name = "DIR", default_value = "agoge-demo")]
    pub(crate) out: PathBuf,
    /// Another athlete: the simulator's seed
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// `agoge setup`
#[derive(Debug, Args)]
pub(crate) struct Setup {
    /// The package file, where npm is not installed (`npm pack @mediapipe/pose@0.5.1675469404`
    /// makes it elsewhere)
    #[arg(long, value_name = "FILE.tgz")]
    pub(crate) from: Option<PathBuf>,
}

/// The networks that find the landmarks of a body in a picture.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Pose {
    /// The fastest
    Lite,
    /// In between
    Full,
    /// The most accurate, four times slower
    Heavy,
}

impl From<Pose> for agoge::vision::Pose {
    fn from(pose: Pose) -> agoge::vision::Pose {
        match pose {
            Pose::Lite => agoge::vision::Pose::Lite,
            Pose::Full => agoge::vision::Pose::Full,
            Pose::Heavy => agoge::vision::Pose::Heavy,
        }
    }
}

/// What to read and how; shared by the commands that read recordings.
#[derive(Clone, Debug, Args)]
pub(crate) struct Reading {
    /// Settings from a TOML file; arguments given here win over it
    #[arg(short = 'C', long, value_name = "FILE.toml")]
    pub(crate) config: Option<PathBuf>,
    /// Which person, counted from 0 as in the file, or in order of appearance in a video (default:
    /// the one seen longest; in a video the largest for longest)
    #[arg(long, value_name = "N")]
    pub(crate) person: Option<usize>,
    /// The athlete's standing height in metres: turns pixels into metres
    #[arg(short = 'H', long, value_name = "METRES", alias = "first_person_height")]
    pub(crate) height: Option<f64>,
    /// The athlete's mass in kilograms: for the moments in the joints, from force plates or of
    /// somebody who stands (docs/LOAD.md)
    #[arg(long, value_name = "KILOGRAMS", alias = "participant_mass")]
    pub(crate) mass: Option<f64>,
    /// The athlete's sex, female or male: whose table of segments the moments take (men's without
    /// it)
    #[arg(long, value_name = "SEX", value_parser = sex)]
    pub(crate) sex: Option<Sex>,
    /// Only from A to B seconds
    #[arg(short = 't', long, num_args = 2, value_names = ["A", "B"], alias = "time_range", allow_negative_numbers = true)]
    pub(crate) time_range: Option<Vec<f64>>,
    /// What a coach says of items of the landing screen (LESS): item=points, as in 4=1,16=0
    #[arg(long, value_name = "ITEM=POINTS", value_delimiter = ',', value_parser = item_points)]
    pub(crate) less: Vec<[u8; 2]>,
    /// Frames a second, for files that do not say and folders of pictures
    #[arg(long, value_name = "HZ", visible_alias = "fps")]
    pub(crate) rate: Option<f64>,
    /// How many times slower than life the video plays
    #[arg(long, value_name = "FACTOR", alias = "slowmo_factor")]
    pub(crate) slow_motion: Option<f64>,
    /// Videos: the network that finds the landmarks (default: full)
    #[arg(long, value_name = "NETWORK")]
    pub(crate) pose: Option<Pose>,
    /// Videos: take the landmarks in the room instead of those in the picture: three dimensions, of
    /// which the depth is the network's guess
    #[arg(long)]
    pub(crate) world: bool,
    /// Cut-off of the low-pass filter in Hz
    #[arg(long, value_name = "HZ", alias = "cut_off_frequency")]
    pub(crate) cutoff: Option<f64>,
}

/// `agoge analyze`
#[derive(Debug, Args)]
pub(crate) struct Analyze {
    /// Files (videos too), or folders of pictures or of OpenPose JSON
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The inputs are videos of one athlete by the cameras of this file (as Pose2Sim writes it):
    /// they become one recording in space
    #[arg(long, value_name = "CALIBRATION.toml", alias = "calib_file", conflicts_with = "overlay")]
    pub(crate) calibration: Option<PathBuf>,
    /// Name of the movement (see `agoge movements list`), a definition file, or auto
    #[arg(short, long, value_name = "NAME|FILE|auto", default_value = "auto")]
    pub(crate) movement: String,
    /// A recording of the same movement to compare with
    #[arg(long, value_name = "FILE", alias = "compare_to")]
    pub(crate) reference: Option<PathBuf>,
    /// Weights of your own (see `agoge train`), or none: then the limits of the movement's
    /// definition judge alone
    #[arg(long, value_name = "FILE.safetensors|none")]
    pub(crate) model: Option<PathBuf>,
    /// Where the results go; each input gets a folder of its own in it
    #[arg(
        short = 'r',
        long,
        value_name = "DIR",
        alias = "result_dir",
        default_value = "agoge-report"
    )]
    pub(crate) out: PathBuf,
    /// Videos: draw skeleton, angles and findings into each frame: as PNG into this folder, with a
    /// contact sheet, each input in a folder of its own; or as this film
    #[arg(long, value_name = "DIR|FILM.mp4")]
    pub(crate) overlay: Option<PathBuf>,
    /// Make every face that was found unrecognisable in these pictures
    #[arg(long, requires = "overlay")]
    pub(crate) blur_faces: bool,
    /// Whose they are: recording and analysis are also stored in the library (see `agoge athlete
    /// add`)
    #[arg(long, value_name = "NAME")]
    pub(crate) athlete: Option<String>,
    /// The athlete's day of the recording, with --athlete (default: today)
    #[arg(long, value_name = "YYYY-MM-DD", requires = "athlete")]
    pub(crate) day: Option<agoge::motion::Day>,
    /// Where
    #[command(flatten)]
    pub(crate) library: Library,
    /// How to read
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// `agoge explain`
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A recording
    #[arg(value_name = "INPUT")]
    pub(crate) input: PathBuf,
    /// Name of the movement (see `agoge movements list`), a definition file, or auto
    #[arg(short, long, value_name = "NAME|FILE|auto", default_value = "auto")]
    pub(crate) movement: String,
    /// What to compare with: a recording, several (a squad, one an athlete), a norm (`agoge norm`),
    /// or `own` for the athlete's own best repetitions; default: what is usual, if that is known,
    /// else `own`
    #[arg(long, value_name = "FILE…|NORM.json|own", num_args = 1..)]
    pub(crate) reference: Vec<PathBuf>,
    /// A trained model, or `none`; default: the one that comes with Agoge
    #[arg(long, value_name = "FILE|none")]
    pub(crate) model: Option<PathBuf>,
    /// Language of the sentences
    #[arg(long, value_name = "en|zh", default_value = "en", value_parser = clap::builder::PossibleValuesParser::new(["en", "zh"]))]
    pub(crate) lang: String,
    /// Where the report goes
    #[arg(short = 'r', long, value_name = "DIR", default_value = "agoge-report")]
    pub(crate) out: PathBuf,
    /// How the file is read
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// `agoge norm`
#[derive(Debug, Args)]
pub(crate) struct NormOf {
    /// manifest.csv: file, athlete, movement, label, split; what is labelled incorrect is left out
    #[arg(value_name = "MANIFEST")]
    pub(crate) manifest: PathBuf,
    /// Whose repetitions these are, as reports name them
    #[arg(long, value_name = "WORDS", default_value = "the squad's repetitions")]
    pub(crate) source: String,
    /// The file to write
    #[arg(long, value_name = "FILE.json", default_value = "norm.json")]
    pub(crate) out: PathBuf,
}

/// `agoge doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// A file (a video too), or a folder of OpenPose JSON
    pub(crate) input: PathBuf,
    /// How to read
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// `agoge movements`
#[derive(Debug, Args)]
pub(crate) struct Movements {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: MovementsCommand,
}

/// What to do with movement definitions.
#[derive(Debug, Subcommand)]
pub(crate) enum MovementsCommand {
    /// List the definitions that come with Agoge
    List,
    /// Print a definition
    Show {
        /// Its name or an alias
        name: String,
    },
    /// Check a definition file
    Check {
        /// The file
        file: PathBuf,
    },
}

/// The public data sets that can be imported.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DataSet {
    /// UI-PRMD by Kinect: ten rehabilitation movements, done well and badly
    UiPrmd,
    /// UI-PRMD by Vicon: the same repetitions by 39 markers
    UiPrmdVicon,
    /// UTD-MHAD: 27 actions (Kinect and one wearable sensor)
    UtdMhad,
    /// pose-trainer: OpenPose clips of arm exercises in good and bad form
    PoseTrainer,
}

/// `agoge import`
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Which data set
    pub(crate) set: DataSet,
    /// The folder that holds it
    pub(crate) source: PathBuf,
    /// Where the recordings and manifest.csv go
    pub(crate) dest: PathBuf,
}

fn sex(text: &str) -> Result<Sex, String> {
    match text {
        "female" => Ok(Sex::Female),
        "male" => Ok(Sex::Male),
        _ => Err("write female or male".to_owned()),
    }
}

/// An item of a screen with its points, as in 4=1.
fn item_points(text: &str) -> Result<[u8; 2], String> {
    let parts = text
        .split_once('=')
        .and_then(|(item, points)| Some([item.trim().parse().ok()?, points.trim().parse().ok()?]));
    parts.ok_or_else(|| "write it as 4=1".to_owned())
}

/// `agoge serve`
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen; an address that other machines reach (0.0.0.0:8420 is every one) is
    /// encrypted and asks for a token
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8420")]
    pub(crate) address: std::net::SocketAddr,
    /// Make a new token for other machines; the old one is worth nothing from then on
    #[arg(long)]
    pub(crate) new_token: bool,
    #[command(flatten)]
    pub(crate) library: Library,
}

/// `agoge bench`
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: BenchCommand,
}

/// What to do with benchmarks.
#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Put live streams on a server of its own over WebSockets and time the answers (docs/LIVE.md)
    LiveServer {
        /// How many streams at once
        #[arg(long, default_value_t = 100, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=10_000))]
        streams: usize,
        /// For how long, s
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// All athletes move in step, as a class does, so that all repetitions end at once
        /// (default: each is at its own place of the set)
        #[arg(long)]
        in_step: bool,
    },
    /// Answer lines "TASK ITERATIONS" with the wall time of each iteration in milliseconds, until
    /// "quit"
    Serve {
        /// On how many threads (default: as many as the machine has cores)
        #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1024))]
        threads: Option<usize>,
    },
    /// List the tasks with the operations that one run takes
    Tasks,
    /// Let methods that judge quality learn from a public set without one athlete, one after the
    /// other: numbers learned, seconds of learning, milliseconds a clip (docs/results/skill.md)
    Methods {
        /// The folder that holds the public sets, each in a folder of its own
        #[arg(long, value_name = "DIR", default_value = ".")]
        data: PathBuf,
        /// Which methods
        #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "attention,cnn,tcn,rocket,rockets", value_parser = clap::builder::PossibleValuesParser::new(agoge::attention::peers::NAMES))]
        model: Vec<String>,
        /// Repetitions of a clip
        #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=100))]
        chain: Vec<usize>,
    },
    /// Learn warnings from simulated squads and judge them on others: a line of JSON for each
    /// model, number of years and seed (docs/results/load.md)
    Squads {
        /// Effect of the load ratio on the log odds of an injury; 0 is none
        #[arg(long, default_value_t = 2.5)]
        effect: f64,
        /// Athlete-years to learn from
        #[arg(long, value_delimiter = ',', default_value = "100")]
        years: Vec<f64>,
        /// How many seeds
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
        seeds: u64,
        /// Leave out the attention model, which takes longest
        #[arg(long)]
        quick: bool,
    },
    /// Plan for virtual athletes whose answer to load is known, and let them train: a line of JSON
    /// for each (docs/PLAN.md)
    Plans {
        /// How many athletes
        #[arg(long, default_value_t = 100, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(2..=10_000))]
        athletes: usize,
        /// Seed
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Plan by another athlete's answer to load
        #[arg(long)]
        misled: bool,
    },
    /// Read workout files: for each a line of JSON with milliseconds, and the values with --values
    /// (bench/peers/fit.py)
    Workouts {
        /// The files
        #[arg(required = true, value_name = "FILES")]
        files: Vec<PathBuf>,
        /// Print every value of every sample
        #[arg(long)]
        values: bool,
    },
    /// Frames a second of a video: decoding, on one thread, on all; with --passes the landmark
    /// network alone as `serve` answers, task `pose`
    Pose {
        /// The video
        video: PathBuf,
        /// The network that finds the landmarks
        #[arg(long, value_name = "NETWORK", default_value = "full")]
        pose: Pose,
        /// At most so many people are followed
        #[arg(long, default_value_t = 4)]
        people: usize,
        /// Write what the network sees and says of the first 64 bodies into this file, then serve
        /// passes over them
        #[arg(long, value_name = "FILE")]
        passes: Option<PathBuf>,
    },
    /// Fill a library with a squad and time its answers; with --write, write to it until the
    /// program is killed and say each change that was acknowledged (docs/LIBRARY.md)
    Library {
        /// The folder
        folder: PathBuf,
        /// How many athletes
        #[arg(long, default_value_t = 200, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=100_000))]
        athletes: usize,
        /// How many analyses of each
        #[arg(long, default_value_t = 50)]
        each: usize,
        /// On how many threads to write
        #[arg(long, value_name = "THREADS", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=64))]
        write: Option<usize>,
    },
    /// Follow live streams of 33 joints with the model that comes with Agoge: time a frame, and
    /// whether many streams at 30 frames a second keep up
    Stream {
        /// How many at once
        #[arg(long, default_value_t = 100, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=10_000))]
        streams: usize,
        /// For how long, s
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3600))]
        seconds: u64,
    },
}
