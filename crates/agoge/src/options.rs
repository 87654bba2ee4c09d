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
    /// Refuses what is wrong whatever the recording: a movement that does not exist and a height that is not a person's. Saves reading a
    /// hundred files to say a hundred times the same.
    ///
    /// # Errors
    /// [`Error::NoSuchMovement`], a definition that cannot be read, or [`Error::Recording`] for the height.
    pub fn check(&self) -> Result<(), Error> {
        let wanted = self.movement.as_str();
        if wanted != "auto" && agoge_kinematics::movement::find(wanted).is_none() {
            if !wanted.ends_with(".toml") {
                return Err(Error::NoSuchMovement { name: wanted.to_owned() });
            }
            let text = std::fs::read_to_string(wanted).map_err(Error::io(wanted))?;
            agoge_kinematics::Movement::parse(&text, wanted)?;
        }
        self.height_m.map_or(Ok(()), agoge_motion::scale::check_height).map_err(Error::from)
    }

    /// Options from a configuration file; what it does not say stays at its default.
    ///
    /// # Errors
    /// If it cannot be read, is not TOML, or has a key that does not exist.
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
///
/// # Errors
/// If it cannot be read, or has no frame in the time range.
pub fn read(path: &Path, options: &Options) -> Result<Recording, Error> {
    let recording = agoge_formats::read(path, &options.read)?;
    match options.time_range_s {
        Some([from, to]) => Ok(recording.time_range(from, to)?),
        None => Ok(recording),
    }
}

/// Formats of markers: what carries a marker need not be a part of the body (a racket, a wheelchair), so their names may mean nothing to us.
const MARKERS: [&str; 3] = ["trc", "c3d", "nexus-csv"];

/// Reads as [`read`] does what is to be analysed, and refuses a recording in which there cannot be a movement: a single frame, no position
/// at all, or joints of which none is a part of the body.
///
/// # Errors
/// As [`read`], and [`Error::NothingToAnalyze`].
pub fn read_to_analyze(path: &Path, options: &Options) -> Result<Recording, Error> {
    let recording = read(path, options)?;
    let nothing = |what: String, hint| Err(Error::NothingToAnalyze { path: path.to_owned(), what, hint });
    if recording.frames() < 2 {
        return nothing("a single frame is no movement".to_owned(), "give the whole recording");
    }
    if !recording.position.iter().any(|position| position[0].is_finite()) {
        let what = format!("no position is known in any of the {} frames", recording.frames());
        return nothing(what, "check the export: every value is missing");
    }
    let joints = &recording.skeleton.joints;
    let is_known = joints.iter().any(|joint| joint.part.is_some());
    if !is_known && !MARKERS.contains(&recording.source.format.as_str()) {
        let some: Vec<String> = joints.iter().take(5).map(|joint| format!("{:?}", joint.name)).collect();
        let what = format!("no joint is a known part of the body: {}", some.join(", "));
        return nothing(what, "name joints as in left_knee, LKnee or LKNE; docs/FORMATS.md");
    }
    Ok(recording)
}
