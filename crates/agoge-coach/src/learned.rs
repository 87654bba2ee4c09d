//! The trained model's word on the repetitions, and whether it counts.

use crate::analysis::{ModelNote, Score};
use crate::score;
use agoge_attention::{Model, Reading};

/// Name of a card's figure: how well the model tells correct from incorrect repetitions of a
/// movement, on athletes left out.
pub fn figure(movement: &str) -> String {
    format!("AUC {movement}")
}

/// Name of a card's figure: how well the limits of the movement's definition do on the same
/// repetitions.
pub fn figure_of_limits(movement: &str) -> String {
    format!("AUC {movement} by the {}", score::METHOD)
}

/// Scores by a model, one a reading, and a note that says whether they count. They do where the
/// model knows the movement, was measured on it and was better than the definition's limits, and
/// the repetition looks like those it was measured on; otherwise there is no score.
pub fn judge(
    model: &Model,
    movement: &str,
    readings: &[Option<Reading>],
    is_3d: bool,
) -> (Vec<Option<Score>>, ModelNote) {
    let card = model.card();
    let auc = card.figure(&figure(movement));
    let auc_of_limits = card.figure(&figure_of_limits(movement));
    let class = model.class(movement).filter(|_| is_3d);
    let near = |reading: &Reading| class.is_some_and(|class| model.is_within_reach(reading, class));
    let within = readings.iter().flatten().filter(|reading| near(reading)).count();
    let better = auc.is_some_and(|auc| auc > auc_of_limits.unwrap_or(0.5));
    let percent =
        |share: Option<f64>| share.map_or("unknown".to_owned(), |share| format!("{share:.2}"));
    let reason = if model.class(movement).is_none() {
        "it does not know this movement".to_owned()
    } else if !is_3d {
        "it was measured on recordings in three dimensions only".to_owned()
    } else if auc.is_none() {
        "how good it is on athletes it does not know was never measured".to_owned()
    } else if !better {
        format!(
            "the limits of the definition do as well (AUC {} against {})",
            percent(auc_of_limits),
            percent(auc)
        )
    } else if 2 * within < readings.len() || within == 0 {
        "these repetitions are unlike those it was measured on".to_owned()
    } else {
        format!(
            "on athletes left out it told correct from incorrect repetitions with an AUC of {}, the limits of the definition with {}",
            percent(auc),
            percent(auc_of_limits)
        )
    };
    let counts = better && class.is_some() && within > 0 && 2 * within >= readings.len();
    let method =
        format!("model {}: share of repetitions like this that were done correctly", card.name);
    let judged: Vec<&Reading> =
        readings.iter().flatten().filter(|reading| counts && near(reading)).collect();
    let mut worth = model.correct(&judged, movement).unwrap_or_default().into_iter();
    let scores = readings
        .iter()
        .map(|reading| {
            reading.as_ref().filter(|reading| counts && near(reading))?;
            let [share, low, high] = worth.next()?;
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
        within,
        of: readings.len(),
        auc,
        auc_of_limits,
    };
    (scores, note)
}
