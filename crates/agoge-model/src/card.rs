//! Model cards: what a model is for, what it was trained on, and how well it performs on whom.

use crate::athlete::AthleteEffect;
use crate::calibration::Calibration;
use crate::conformal::Conformal;
use serde::{Deserialize, Serialize};

/// The card of a model, stored with its weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The model's name.
    pub name: String,
    /// What it was trained on.
    pub data: String,
    /// The movements it knows, in the order of its heads.
    pub movements: Vec<String>,
    /// Whether it was trained on worn sensors; otherwise sensors are ignored.
    #[serde(default)]
    pub sensor: bool,
    /// How it was evaluated, with the command.
    pub protocol: String,
    /// Evaluation figures with their names.
    pub figures: Vec<(String, f64)>,
    /// Calibration of its probabilities of "correct" on athletes it was not trained on; empty if
    /// not measured.
    pub calibration: Calibration,
    /// How its quality readings differ between athletes; none if not measured.
    #[serde(default)]
    pub effect: Option<AthleteEffect>,
    /// The interval around a score that contains nine labels in ten; none if not measured.
    #[serde(default)]
    pub conformal: Option<Conformal>,
    /// For each movement, the distance from its prototype within which 19 of 20 repetitions lie, of
    /// athletes it was not trained on; empty if not measured. Repetitions farther away are not
    /// recognised as that movement.
    pub reach: Vec<f64>,
    /// What it was never tested on and must not be used for.
    pub limits: String,
    /// Licence of the weights.
    pub licence: String,
}

impl Card {
    /// The figure with this name.
    pub fn find_figure(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}
