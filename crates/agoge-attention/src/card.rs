//! Model cards: what a model is for, what it was trained on, how good it is and on whom.

use crate::athlete::AthleteEffect;
use crate::calibration::Calibration;
use crate::conformal::Conformal;
use serde::{Deserialize, Serialize};

/// The card of a model, kept with its weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The model's name.
    pub name: String,
    /// What it was trained on.
    pub data: String,
    /// The movements it knows, in the order of its heads.
    pub movements: Vec<String>,
    /// Whether it learned from worn sensors; one that did not is not shown any.
    #[serde(default)]
    pub sensor: bool,
    /// How it was measured, with the command.
    pub protocol: String,
    /// The figures, each with its name.
    pub figures: Vec<(String, f64)>,
    /// What its probabilities of "correct" are worth on athletes it was not trained on; empty if
    /// that was not measured.
    pub calibration: Calibration,
    /// How its readings of quality differ between athletes; none if that was not measured.
    #[serde(default)]
    pub effect: Option<AthleteEffect>,
    /// The interval about a score that holds nine labels in ten; none if that was not measured.
    #[serde(default)]
    pub conformal: Option<Conformal>,
    /// For each movement, the distance of its prototype within which 19 of 20 repetitions of
    /// athletes lie that it was not trained on; empty if that was not measured. What lies farther
    /// off is not known to be that movement.
    pub reach: Vec<f64>,
    /// What it was never tested on and must not be used for.
    pub limits: String,
    /// Licence of the weights.
    pub licence: String,
}

impl Card {
    /// The figure of this name.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}
