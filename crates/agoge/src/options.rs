//! Options of an analysis.

use crate::Error;
use crate::error::toml_fault;
use agoge_formats::ReadOptions;
use agoge_kinematics::dynamics::Sex;
use agoge_motion::condition;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Plausible body masses, kg.
const MASSES_KG: std::ops::RangeInclusive<f64> = 10.0..=350.0;

/// How a recording is read and analysed. Also the format of the configuration file (TOML,
/// docs/reference/config.md); unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnalysisOptions {
    /// The movement: the name of a bundled definition, the path of a definition file, or `auto`.
    pub movement: String,
    /// Judge everything as the named movement, even if it does not look like it; the analysis says
    /// so.
    pub trust_name: bool,
    /// The athlete's standing height, m; scales two-dimensional input to metres.
    pub height_m: Option<f64>,
    /// The athlete's mass including clothes, kg; needed for joint moments.
    pub mass_kg: Option<f64>,
    /// The athlete's sex, which selects the segment table for joint moments; the men's table if not
    /// given.
    pub sex: Option<Sex>,
    /// Analyse only this part of the recording, s.
    pub time_range_s: Option<[f64; 2]>,
    /// How the file is read.
    pub read: ReadOptions,
    /// How a video is read.
    pub video: agoge_vision::VideoOptions,
    /// A coach's scores for items of the landing screen (LESS), `[item, points]`; they override
    /// everything measured.
    pub less: Vec<[u8; 2]>,
    /// Numbers of the repetitions, from 1, that the coach marked as done correctly: the model
    /// judges the others beside them.
    pub correct_repetitions: Vec<usize>,
    /// How the data are repaired and filtered.
    pub condition: condition::ConditioningOptions,
}

impl Default for AnalysisOptions {
    fn default() -> AnalysisOptions {
        AnalysisOptions {
            movement: "auto".to_owned(),
            trust_name: false,
            height_m: None,
            mass_kg: None,
            sex: None,
            time_range_s: None,
            read: ReadOptions::default(),
            video: agoge_vision::VideoOptions::default(),
            less: Vec::new(),
            correct_repetitions: Vec::new(),
            condition: condition::ConditioningOptions::default(),
        }
    }
}

impl AnalysisOptions {
    /// Checks what is invalid for any recording: a movement that does not exist, or an implausible
    /// height or mass. Lets a batch fail once instead of once per file.
    ///
    /// # Errors
    /// [`Error::NoSuchMovement`], a definition that cannot be read, or [`Error::Recording`] for the
    /// height, the mass or the landing items.
    pub fn check_values(&self) -> Result<(), Error> {
        let wanted = self.movement.as_str();
        if wanted != "auto" && agoge_kinematics::movement::find_movement(wanted).is_none() {
            if !wanted.ends_with(".toml") {
                return Err(Error::NoSuchMovement { name: wanted.to_owned() });
            }
            let text = std::fs::read_to_string(wanted).map_err(Error::io_at(wanted))?;
            agoge_kinematics::Movement::parse(&text, wanted)?;
        }
        for [item, points] in &self.less {
            let rule =
                agoge_coach::screen::LESS_ITEMS.iter().find(|item_rule| item_rule.number == *item);
            if rule.is_none_or(|item_rule| *points > item_rule.most) {
                let what = format!("item {item} with {points} points is not in the LESS");
                let hint = "its items are 1 to 17, of one point each, the last two of up to two (docs/reference/kinetics.md)";
                return Err(
                    agoge_motion::recording::RecordingError::Parameter { what, hint }.into()
                );
            }
        }
        if let Some(mass_kg) = self.mass_kg.filter(|mass_kg| !MASSES_KG.contains(mass_kg)) {
            let (what, hint) = (
                format!("mass {mass_kg} kg is not a person's"),
                "give the mass in kilograms, as in 72.5",
            );
            return Err(agoge_motion::recording::RecordingError::Parameter { what, hint }.into());
        }
        self.height_m.map_or(Ok(()), agoge_motion::scale::check_height).map_err(Error::from)
    }

    /// Loads options from a configuration file; missing keys keep their defaults.
    ///
    /// # Errors
    /// If the file cannot be read, is not TOML, or has an unknown key.
    pub fn from_file(path: &Path) -> Result<AnalysisOptions, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::io_at(path))?;
        toml::from_str(&text).map_err(|error| Error::Config {
            path: path.to_owned(),
            what: toml_fault(&text, &error),
        })
    }
}
