//! Options of an analysis, and reading an input with them.

use crate::Error;
use agoge_formats::ReadOptions;
use agoge_motion::{Recording, condition};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How a recording is read and analysed. The same form is read from a configuration file (TOML, docs/CONFIG.md); unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The movement: the name of a definition that comes with Agoge, or `auto`.
    pub movement: String,
    /// The athlete's standing height, m; scales two-dimensional input to metres.
    pub height_m: Option<f64>,
    /// Only this stretch of the recording, s.
    pub time_range_s: Option<[f64; 2]>,
    /// How the file is read.
    pub read: ReadOptions,
    /// How the data are repaired and filtered.
    pub condition: condition::Options,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            movement: "auto".to_owned(),
            height_m: None,
            time_range_s: None,
            read: ReadOptions::default(),
            condition: condition::Options::default(),
        }
    }
}

impl Options {
    /// Options from a configuration file; what it does not say stays at its default.
    pub fn from_file(path: &Path) -> Result<Options, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
            let what = format!("line {line}: {}", error.message());
            Error::Config { path: path.to_owned(), what }
        })
    }
}

/// Reads a file or folder of any known format, cut to the time range of the options.
pub fn read(path: &Path, options: &Options) -> Result<Recording, Error> {
    let recording = agoge_formats::read(path, &options.read)?;
    match options.time_range_s {
        Some([from, to]) => Ok(recording.time_range(from, to)?),
        None => Ok(recording),
    }
}
