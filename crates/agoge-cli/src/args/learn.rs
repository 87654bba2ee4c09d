//! The arguments of the commands that train, measure and show models.

use super::LibraryFolder;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// `agoge pretrain`
#[derive(Debug, Args)]
pub(crate) struct PretrainArgs {
    /// Manifests with the columns file, athlete, movement, label, split; labels are ignored
    #[arg(required = true, value_name = "MANIFEST")]
    pub(crate) manifests: Vec<PathBuf>,
    /// Where the weights go
    #[arg(long, value_name = "FILE.safetensors", default_value = "base.safetensors")]
    pub(crate) out: PathBuf,
    /// Save a checkpoint to this file after every epoch; if it exists, continue from it as if the
    /// training had never been interrupted
    #[arg(long, value_name = "FILE.safetensors")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Seed of the training
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Number of epochs: how many times the training sees each recording
    #[arg(long)]
    pub(crate) epochs: Option<usize>,
}

/// `agoge train`
#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    /// manifest.csv with the columns file, athlete, movement, label, split
    pub(crate) manifest: PathBuf,
    /// Where the weights go
    #[arg(long, value_name = "FILE.safetensors", default_value = "model.safetensors")]
    pub(crate) out: PathBuf,
    /// Start from a pre-trained encoder (see `agoge pretrain`)
    #[arg(long, value_name = "FILE.safetensors")]
    pub(crate) base: Option<PathBuf>,
    /// Save a checkpoint to this file after every epoch; if it exists, continue from it as if the
    /// training had never been interrupted
    #[arg(long, value_name = "FILE.safetensors")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Seed of the training
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// First evaluate such a model on athletes left out (as `agoge evaluate` does) and store the
    /// figures with the weights
    #[arg(long)]
    pub(crate) measure: bool,
    /// Save the evaluation's results for every clip to this file; if it exists (also from `agoge
    /// evaluate --sets --keep`), continue from it
    #[arg(long, value_name = "FILE.jsonl", requires = "measure")]
    pub(crate) keep: Option<PathBuf>,
    /// Weight, from 0 to 1, of pairs within the quality loss: pairs of repetitions of which one is
    /// known to be better
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = parse_share)]
    pub(crate) pairs: f64,
    /// Number of epochs: how many times the training sees each recording
    #[arg(long)]
    pub(crate) epochs: Option<usize>,
}

/// `agoge adapt`
#[derive(Debug, Args)]
pub(crate) struct AdaptArgs {
    /// The pre-trained encoder, or a model whose encoder to use (default: the one that comes with
    /// Agoge)
    #[arg(long, value_name = "BASE.safetensors")]
    pub(crate) model: Option<PathBuf>,
    /// Folder with manifest.csv and its recordings: five or more of each kind, either correct
    /// (label 1) and incorrect (0) or of several movements
    #[arg(long, value_name = "DIR")]
    pub(crate) clips: PathBuf,
    /// Where the weights go
    #[arg(long, value_name = "FILE.safetensors", default_value = "adapted.safetensors")]
    pub(crate) out: PathBuf,
    /// Seed of the training
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// `agoge evaluate`
#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// ui-prmd, ui-prmd-vicon (quality), utd-mhad (recognition from skeleton, sensor and both),
    /// pose-trainer and utd-sports (quality and recognition from few clips), planted-real, planted
    /// and ui-prmd-faults (explanations), keraal (joint angles from cameras against markers),
    /// errors (errors of the sensors, and how often findings are true), names (wrong and right
    /// names of movements, and auto), or a manifest.csv with the columns file, athlete, movement,
    /// label, split
    #[arg(value_name = "PROTOCOL|MANIFEST")]
    pub(crate) protocol: String,
    /// The folder that holds the public sets, each in a folder of its own
    /// (default: this folder)
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The method to evaluate; for pose-trainer and utd-sports, the one to compare with the adapted
    /// model, where `attention` is the model trained from scratch
    /// (default: attention)
    #[arg(long, value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(agoge_lab::methods::METHOD_NAMES))]
    pub(crate) model: Option<String>,
    /// Start the attention model from a pre-trained encoder (see `agoge pretrain`), which must not
    /// have been trained on the athletes being evaluated
    #[arg(long, value_name = "FILE.safetensors")]
    pub(crate) base: Option<PathBuf>,
    /// How many times the few clips are drawn at random (pose-trainer, utd-sports;
    /// default: 20)
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) draws: Option<u64>,
    /// Number of seeds; the table gives mean and standard deviation over them
    /// (default: 1)
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) seeds: Option<u64>,
    /// Also judge each repetition relative to the athlete's others, without their labels, and with
    /// intervals; takes three times as long
    #[arg(long)]
    pub(crate) sets: bool,
    /// Train the method on only this share of the labels, drawn anew for each seed
    /// (default: 1)
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub(crate) share: Option<f64>,
    /// Join this many repetitions of the same athlete, movement and label into each clip, from the
    /// skeleton alone
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=100))]
    pub(crate) chain: Option<usize>,
    /// Instead of evaluating a method, measure how many labels `agoge label suggest` saves over
    /// random choice
    #[arg(long, conflicts_with_all = ["sets", "keep", "base", "epochs", "share", "chain"])]
    pub(crate) labels: bool,
    /// Save the results for every clip to this file, one line per training; if it exists, continue
    /// from it. For errors: write the tables to this file, as agoge-coach has them built in
    #[arg(long, value_name = "FILE")]
    pub(crate) keep: Option<PathBuf>,
    /// Weight, from 0 to 1, of pairs within the quality loss: pairs of repetitions of which one is
    /// known to be better (default: 0)
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub(crate) pairs: Option<f64>,
    /// Number of epochs: how many times the training sees each recording
    #[arg(long)]
    pub(crate) epochs: Option<usize>,
    /// Judge only these athletes, separated by commas, as in s1,s2 (planted-real; default: all)
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) athletes: Vec<String>,
    /// Judge only these movements, separated by commas (planted-real; default: all)
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) movements: Vec<String>,
    /// Leave the comparison with other athletes out, which takes most of the time (planted-real)
    #[arg(long)]
    pub(crate) own_only: bool,
}

/// An option of `agoge evaluate`, as it is written.
type OptionName = &'static str;

impl EvaluateArgs {
    /// The options that were given, in the order of the help.
    fn given_options(&self) -> Vec<OptionName> {
        let options = [
            ("--data", self.data.is_some()),
            ("--model", self.model.is_some()),
            ("--base", self.base.is_some()),
            ("--draws", self.draws.is_some()),
            ("--seeds", self.seeds.is_some()),
            ("--sets", self.sets),
            ("--share", self.share.is_some()),
            ("--chain", self.chain.is_some()),
            ("--labels", self.labels),
            ("--keep", self.keep.is_some()),
            ("--pairs", self.pairs.is_some()),
            ("--epochs", self.epochs.is_some()),
            ("--athletes", !self.athletes.is_empty()),
            ("--movements", !self.movements.is_empty()),
            ("--own-only", self.own_only),
        ];
        options.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name).collect()
    }

    /// The folder that holds the public sets.
    pub(crate) fn data_folder(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new("."))
    }

    /// Name of the method to evaluate.
    pub(crate) fn method_name(&self) -> &str {
        self.model.as_deref().unwrap_or("attention")
    }

    /// The first option given that the protocol takes no notice of.
    pub(crate) fn ignored_option(&self, is_few_shot: bool) -> Option<OptionName> {
        let used: &[OptionName] = match self.protocol.as_str() {
            "planted" => &["--model", "--seeds"],
            "planted-real" => {
                &["--data", "--seeds", "--keep", "--athletes", "--movements", "--own-only"]
            }
            "keraal" | "names" | "ui-prmd-faults" => &["--data"],
            "errors" => &["--data", "--keep"],
            _ if is_few_shot => {
                &["--data", "--model", "--base", "--draws", "--chain", "--pairs", "--epochs"]
            }
            _ if self.labels => &["--data", "--seeds", "--labels"],
            _ => &[
                "--data", "--model", "--base", "--seeds", "--sets", "--share", "--chain", "--keep",
                "--pairs", "--epochs",
            ],
        };
        self.given_options().into_iter().find(|option| !used.contains(option))
    }
}

/// Parses a share, 0 to 1.
fn parse_share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a number from 0 to 1 was expected".to_owned())
}

/// `agoge label`
#[derive(Debug, Args)]
pub(crate) struct LabelArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: LabelCommand,
}

/// Actions on labels.
#[derive(Debug, Subcommand)]
pub(crate) enum LabelCommand {
    /// List the recordings of a manifest to label next: those that represent many others about
    /// which the model is uncertain
    Suggest {
        /// manifest.csv with the columns file, athlete, movement, label, split
        manifest: PathBuf,
        /// Recordings per movement
        #[arg(long, value_name = "N", default_value_t = 8)]
        count: usize,
    },
    /// Write the repetitions judged in the library as a training set: manifest.csv, one Parquet
    /// file per repetition, pairs.csv (docs/guide/server.md)
    Export {
        /// The folder to write into
        folder: PathBuf,
        /// Only this movement
        #[arg(long, value_name = "NAME")]
        movement: Option<String>,
        /// The athletes' library.
        #[command(flatten)]
        library: LibraryFolder,
    },
}

/// `agoge model`
#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: ModelCommand,
}

/// Actions on a model.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Print what a model is for, what it was trained on, how good it is, its sizes and its tensors
    Show {
        /// The weights
        #[arg(value_name = "FILE.safetensors")]
        file: PathBuf,
    },
    /// Write a model for other programs
    #[command(group = clap::ArgGroup::new("to").required(true).multiple(true).args(["onnx", "check"]))]
    Export {
        /// The weights
        #[arg(value_name = "FILE.safetensors")]
        file: PathBuf,
        /// Write the encoder with its heads as an ONNX graph to this file
        #[arg(long, value_name = "OUT.onnx")]
        onnx: Option<PathBuf>,
        /// Write random tokens and the model's outputs for them to this file, to check another
        /// implementation against
        #[arg(long, value_name = "OUT.safetensors")]
        check: Option<PathBuf>,
        /// Seed of the random tokens
        #[arg(long, default_value_t = 1, requires = "check")]
        seed: u64,
    },
    /// Import an encoder that was trained elsewhere
    Import {
        /// The file with its tensors
        #[arg(value_name = "FILE.safetensors")]
        file: PathBuf,
        /// Which of its tensors correspond to which parameters of Agoge's
        /// (docs/reference/models.md)
        #[arg(long, value_name = "KEYS.toml")]
        map: PathBuf,
        /// Where the model goes
        #[arg(long, value_name = "OUT.safetensors")]
        out: PathBuf,
    },
}
