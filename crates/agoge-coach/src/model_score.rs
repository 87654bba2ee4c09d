//! Scores repetitions with the trained model and decides whether those scores count.

use agoge_analysis::{ModelNote, Score};
use agoge_model::{CardFigure, Model, Reading};

/// Scores each reading with the model and returns a note on whether the scores count. They count
/// when the model knows the movement, was measured on it and beat the definition's limits, and the
/// repetitions look like those it was measured on; otherwise every score is `None`.
pub fn score_with_model(
    model: &Model,
    movement: &str,
    readings: &[Option<Reading>],
    is_3d: bool,
) -> (Vec<Option<Score>>, ModelNote) {
    let card = model.card();
    let auc = card.find_figure(CardFigure::MovementAuc(movement));
    let limits_auc = card.find_figure(CardFigure::LimitsAuc(movement));
    let class = model.class_index(movement).filter(|_| is_3d);
    let is_near =
        |reading: &Reading| class.is_some_and(|class| model.is_within_range(reading, class));
    let near_count = readings.iter().flatten().filter(|reading| is_near(reading)).count();
    let beats_limits = auc.is_some_and(|auc| auc > limits_auc.unwrap_or(0.5));
    let format_share =
        |share: Option<f64>| share.map_or("unknown".to_owned(), |share| format!("{share:.2}"));
    let reason = if model.class_index(movement).is_none() {
        "it does not know this movement".to_owned()
    } else if !is_3d {
        "it was measured on recordings in three dimensions only".to_owned()
    } else if auc.is_none() {
        "how good it is on athletes it does not know was never measured".to_owned()
    } else if !beats_limits {
        format!(
            "the limits of the definition do as well (AUC {} against {})",
            format_share(limits_auc),
            format_share(auc)
        )
    } else if 2 * near_count < readings.len() || near_count == 0 {
        "these repetitions are unlike those it was measured on".to_owned()
    } else {
        format!(
            "on athletes left out it told correct from incorrect repetitions with an AUC of {}, the limits of the definition with {}",
            format_share(auc),
            format_share(limits_auc)
        )
    };
    let counts =
        beats_limits && class.is_some() && near_count > 0 && 2 * near_count >= readings.len();
    let method =
        format!("model {}: share of repetitions like this that were done correctly", card.name);
    let near_readings: Vec<&Reading> =
        readings.iter().flatten().filter(|reading| counts && is_near(reading)).collect();
    let mut intervals =
        model.correct_probabilities(&near_readings, movement).unwrap_or_default().into_iter();
    let scores = readings
        .iter()
        .map(|reading| {
            reading.as_ref().filter(|reading| counts && is_near(reading))?;
            let [share, low, high] = intervals.next()?;
            Some(Score {
                value: 100.0 * share,
                low: 100.0 * low,
                high: 100.0 * high,
                method: method.clone(),
            })
        })
        .collect();
    let note = ModelNote {
        name: card.name.clone(),
        counts,
        reason,
        within: near_count,
        of: readings.len(),
        auc,
        auc_of_limits: limits_auc,
    };
    (scores, note)
}
