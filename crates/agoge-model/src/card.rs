//! Model cards: what a model is for, what it was trained on, and how well it performs on whom.

use crate::athlete::AthleteEffect;
use crate::calibration::Calibration;
use crate::conformal::Conformal;
use serde::{Deserialize, Serialize};
use std::fmt;

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
    /// Evaluation figures with their names, usually those of [`CardFigure`].
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

/// A figure that an evaluation writes to a card. Its text is the figure's name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardFigure<'a> {
    /// Number of athletes left out in turn.
    Athletes,
    /// How well correct repetitions of athletes left out are told from incorrect ones: area under
    /// the ROC curve, mean over the movements.
    Auc,
    /// The same within each athlete.
    AucWithin,
    /// Share of these repetitions that were judged correctly.
    Accuracy,
    /// Share of these repetitions whose movement was recognised.
    Recognition,
    /// The area under the ROC curve for one movement.
    MovementAuc(&'a str),
    /// The same for the limits of the movement's definition, on the same repetitions.
    LimitsAuc(&'a str),
}

impl fmt::Display for CardFigure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            CardFigure::Athletes => f.write_str("athletes left out"),
            CardFigure::Auc => f.write_str("AUC"),
            CardFigure::AucWithin => f.write_str("AUC within an athlete"),
            CardFigure::Accuracy => f.write_str("accuracy"),
            CardFigure::Recognition => f.write_str("movement recognised"),
            CardFigure::MovementAuc(movement) => write!(f, "AUC {movement}"),
            CardFigure::LimitsAuc(movement) => {
                write!(f, "AUC {movement} by the limits of the movement definition")
            }
        }
    }
}

impl Card {
    /// The value of a figure, if it was measured.
    pub fn find_figure(&self, figure: CardFigure) -> Option<f64> {
        let name = figure.to_string();
        self.figures.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in the cards of the models in `models/`.
    #[test]
    fn a_figure_is_found_by_its_name() {
        let card = Card {
            figures: vec![
                ("AUC".to_owned(), 0.1),
                ("AUC squat".to_owned(), 0.2),
                ("AUC squat by the limits of the movement definition".to_owned(), 0.3),
                ("movement recognised".to_owned(), 0.4),
            ],
            ..Card::default()
        };
        for (figure, value) in [
            (CardFigure::Auc, Some(0.1)),
            (CardFigure::MovementAuc("squat"), Some(0.2)),
            (CardFigure::LimitsAuc("squat"), Some(0.3)),
            (CardFigure::Recognition, Some(0.4)),
            (CardFigure::MovementAuc("lunge"), None),
        ] {
            assert_eq!(card.find_figure(figure), value, "{figure}");
        }
    }
}
