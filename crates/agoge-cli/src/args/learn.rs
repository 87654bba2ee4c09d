//! The arguments of the commands that train, measure and show models.

use super::Library;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `agoge pretrain`
#[derive(Debug, Args)]
pub(crate) struct Pretrain {
    /// Manifests: file, athlete, movement, label, split; labels are not looked at
    #[arg(required = true, value_name = "MANIFEST")]
    pub(crate) manifests: Vec<PathBuf>,
    /// Where the weights go
    #[arg(long, value_name = "FILE.safetensors", default_value = "base.safetensors")]
    pub(crate) out: PathBuf,
    /// Keep every epoch in this file; if it is there, go on from it as if the training had never
    /// been broken off
    #[arg(long, value_name = "FILE.safetensors")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Seed of the training
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many times the training sees each recording
    #[arg(long)]
    pub(crate) epochs: Option<usize>,
}

/// `agoge train`
#[derive(Debug, Args)]
pub(crate) struct Train {
    /// manifest.csv: file, athlete, movement, label, split
    pub(crate) manifest: PathBuf,
    /// Where the weights go
    #[arg(long, value_name = "FILE.safetensors", default_value = "model.safetensors")]
    pub(crate) out: PathBuf,
    /// Begin with a pre-trained encoder (see `agoge pretrain`)
    #[arg(long, value_name = "FILE.safetensors")]
    pub(crate) base: Option<PathBuf>,
    /// Keep every epoch in this file; if it is there, go on from it as if the training had never
    /// been broken off
    #[arg(long, value_name = "FILE.safetensors")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Seed of the training
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// First measure how good such a model is on athletes left out (as evaluate does); the figures
    /// go with the weights
    #[arg(long)]
    pub(crate) measure: bool,
    /// Keep what the measuring said of every clip in this file; if it is there (also from `agoge
    /// evaluate --sets --keep`), go on from it
    #[arg(long, value_name = "FILE.jsonl", requires = "measure")]
    pub(crate) keep: Option<PathBuf>,
    /// Share of the quality's loss that pairs have, of which one repetition is known to be better
    /// than the other
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub(crate) pairs: f64,
    /// How many times the training sees each recording
    #[arg(long)]
    pub(crate) epochs: Option<usize>,
}

/// `agoge adapt`
#[derive(Debug, Args)]
pub(crate) struct Adapt {
    /// The pre-trained encoder, or a model whose encoder is to be used (default: the one that comes
    /// with Agoge)
    #[arg(long, value_name = "BASE.safetensors")]
    pub(crate) model: Option<PathBuf>,
    /// The folder with manifest.csv and its recordings: five or more of a kind, correct (label 1)
    /// and incorrect (0) or of several movements
    #[arg(long, value_name = "DIR")]
    pub(crate) clips: PathBuf,
    /// Where the weights go
    #[arg(long, value_name = "FILE.safetensors", default_value = "adapted.safetensors")]
    pub(crate) out: PathBuf,
    /// Seed
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// `agoge evaluate`
#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// ui-prmd, ui-prmd-vicon (quality), utd-mhad (recognition by skeleton, sensor and both),
    /// pose-trainer and utd-sports (quality and recognition from few clips), planted and
    /// ui-prmd-faults (explanations), keraal (angles from cameras beside markers), or a
    /// manifest.csv: file, athlete, movement, label, split
    #[arg(value_name = "PROTOCOL|MANIFEST")]
    pub(crate) protocol: String,
    /// The folder that holds the public sets, each in a folder of its own
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) data: PathBuf,
    /// The method to measure; for pose-trainer and utd-sports the one beside the adapted model,
    /// where `attention` is the model from scratch
    #[arg(long, value_name = "NAME", default_value = "attention", value_parser = clap::builder::PossibleValuesParser::new(agoge::attention::peers::NAMES))]
    pub(crate) model: String,
    /// Begin the attention model with a pre-trained encoder (see `agoge pretrain`), which must not
    /// have seen the athletes
    #[arg(long, value_name = "FILE.safetensors")]
    pub(crate) base: Option<PathBuf>,
    /// How often the few clips are drawn (pose-trainer, utd-sports)
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) draws: u64,
    /// How many seeds; the table gives mean and standard deviation over them
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) seeds: u64,
    /// Also judge each repetition beside the athlete's others, without their labels, with
    /// intervals; takes three times as long
    #[arg(long)]
    pub(crate) sets: bool,
    /// Let the method learn from this share of the labels alone, drawn anew with each seed
    #[arg(long, value_name = "SHARE", default_value_t = 1.0, value_parser = share)]
    pub(crate) share: f64,
    /// Put this many repetitions of the same athlete, movement and label into each clip, by the
    /// body alone
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=100))]
    pub(crate) chain: Option<usize>,
    /// Instead of a method, measure how many labels `agoge label suggest` saves against labels at
    /// random
    #[arg(long, conflicts_with_all = ["sets", "keep", "base", "epochs", "share", "chain"])]
    pub(crate) labels: bool,
    /// Keep what was said of every clip in this file, a line each training; if it is there, go on
    /// from it
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) keep: Option<PathBuf>,
    /// Share of the quality's loss that pairs have, of which one repetition is known to be better
    /// than the other
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    pub(crate) pairs: f64,
    /// How many times the training sees each recording
    #[arg(long)]
    pub(crate) epochs: Option<usize>,
}

/// Reads a share, 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a number from 0 to 1 was expected".to_owned())
}

/// `agoge label`
#[derive(Debug, Args)]
pub(crate) struct Label {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: LabelCommand,
}

/// What to do with labels.
#[derive(Debug, Subcommand)]
pub(crate) enum LabelCommand {
    /// List the recordings of a manifest that should be judged next: those that stand for many
    /// others about which the model doubts
    Suggest {
        /// manifest.csv: file, athlete, movement, label, split
        manifest: PathBuf,
        /// How many of each movement
        #[arg(long, value_name = "N", default_value_t = 8)]
        count: usize,
    },
    /// Write what was judged in the library as a set to learn from: manifest.csv, a Parquet file a
    /// repetition, pairs.csv (docs/SERVER.md)
    Export {
        /// The folder to write into
        folder: PathBuf,
        /// One movement alone
        #[arg(long, value_name = "NAME")]
        movement: Option<String>,
        /// Where the athletes are kept
        #[command(flatten)]
        library: Library,
    },
}

/// `agoge model`
#[derive(Debug, Args)]
pub(crate) struct Model {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: ModelCommand,
}

/// What to do with a model.
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
        /// Where the encoder with its heads goes as an ONNX graph
        #[arg(long, value_name = "OUT.onnx")]
        onnx: Option<PathBuf>,
        /// Where random tokens go with what the model says of them, to hold another implementation
        /// against it
        #[arg(long, value_name = "OUT.safetensors")]
        check: Option<PathBuf>,
        /// Seed of the random tokens
        #[arg(long, default_value_t = 1, requires = "check")]
        seed: u64,
    },
    /// Bring in an encoder that was trained elsewhere
    Import {
        /// Its tensors
        #[arg(value_name = "FILE.safetensors")]
        file: PathBuf,
        /// Which of its tensors are which of our parameters (docs/MODELS.md)
        #[arg(long, value_name = "KEYS.toml")]
        map: PathBuf,
        /// Where the model goes
        #[arg(long, value_name = "OUT.safetensors")]
        out: PathBuf,
    },
}
