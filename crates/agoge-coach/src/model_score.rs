//! Scores repetitions with the trained model and decides whether those scores count.

use agoge_analysis::{ModelNote, Score};
use agoge_model::{CardFigure, Model, Reading};
use agoge_motion::Skeleton;

/// What the model must know of the recording that its readings come from.
#[derive(Clone, Copy, Debug)]
pub struct ReadRecording<'a> {
    /// The skeleton of the recording as it came from its source.
    pub skeleton: &'a Skeleton,
    /// Whether it is in three dimensions.
    pub is_3d: bool,
    /// Which of the repetitions the coach marked as done correctly, `[repetition]`; empty if none.
    pub correct: &'a [bool],
}

/// Scores each reading with the model and returns a note on whether the scores count. They count
/// when the model knows the movement and was measured on it, recorded with this skeleton, on
/// athletes left out, and beat the definition's limits there; otherwise every score is `None`.
/// One set has one scale: every repetition that could be read is scored by the model.
pub fn score_with_model(
    model: &Model,
    movement: &str,
    readings: &[Option<Reading>],
    recording: ReadRecording,
) -> (Vec<Option<Score>>, ModelNote) {
    let card = model.card();
    // The figure of the limits is of the training's sensor; a judge was measured on others too.
    let limits_auc = match &card.judge {
        Some(_) => None,
        None => card.find_figure(CardFigure::LimitsAuc(movement)),
    };
    let judgement = if card.judge.is_some() {
        judge_scores(model, movement, readings, recording)
    } else {
        trained_scores(model, movement, readings, recording)
    };
    let class = model.class_index(movement);
    let refusal = if class.is_none() {
        Some("it does not know this movement".to_owned())
    } else if !recording.is_3d {
        Some("it was measured on recordings in three dimensions only".to_owned())
    } else {
        judgement.as_ref().err().cloned()
    };
    let judgement = judgement.ok().filter(|_| refusal.is_none());
    let auc = judgement.as_ref().map(|judgement| judgement.auc);
    let beats_limits = auc.is_some_and(|auc| auc > limits_auc.unwrap_or(0.5));
    let scored =
        judgement.as_ref().map_or(0, |judgement| judgement.scores.iter().flatten().count());
    let counts = beats_limits && scored > 0;
    let show_share =
        |share: Option<f64>| share.map_or("unknown".to_owned(), |share| format!("{share:.2}"));
    let reason = if let Some(refusal) = refusal {
        refusal
    } else if !beats_limits {
        format!(
            "the limits of the definition do as well (AUC {} against {})",
            show_share(limits_auc),
            show_share(auc)
        )
    } else if scored == 0 {
        "no body was seen in the repetitions".to_owned()
    } else {
        let limits = limits_auc.map_or_else(String::new, |auc| {
            format!(", the limits of the definition with {auc:.2}")
        });
        format!(
            "on athletes left out it told correct from incorrect repetitions with an AUC of {}{limits}",
            show_share(auc)
        )
    };
    // Another name for another scale: scores are compared over months.
    let judge = if card.judge.is_some() { ", judge of quality" } else { "" };
    let method = format!(
        "model {}{judge}: share of repetitions like this that were done correctly",
        card.name
    );
    let scores = match judgement.filter(|_| counts) {
        Some(judgement) => judgement
            .scores
            .into_iter()
            .map(|score| {
                score.map(|[share, low, high]| Score {
                    value: 100.0 * share,
                    low: 100.0 * low,
                    high: 100.0 * high,
                    method: method.clone(),
                })
            })
            .collect(),
        None => vec![None; readings.len()],
    };
    let note = ModelNote {
        name: card.name.clone(),
        counts,
        reason,
        within: scored,
        of: readings.len(),
        auc,
        auc_of_limits: limits_auc,
    };
    (scores, note)
}

/// Scores of the repetitions, and how well such scores rank on athletes left out.
struct Judgement {
    /// Share of correct repetitions and its interval, 0 to 1, `[repetition]`.
    scores: Vec<Option<[f64; 3]>>,
    auc: f64,
}

/// Scores by the model's judge of quality; the error is why it has none.
fn judge_scores(
    model: &Model,
    movement: &str,
    readings: &[Option<Reading>],
    recording: ReadRecording,
) -> Result<Judgement, String> {
    let card = model.card();
    let record = card.skeleton_record(recording.skeleton).ok_or_else(|| {
        let measured: Vec<&str> = card
            .judge
            .iter()
            .flat_map(|judge| &judge.skeletons)
            .map(|record| record.skeleton.as_str())
            .collect();
        format!("it was measured on recordings by {} only", measured.join(" and "))
    })?;
    let auc =
        record.movements.get(movement).map(|measured| measured.auc).ok_or_else(never_measured)?;
    let scores = score_known(readings, recording.correct, |known, correct| {
        model.judge_repetitions(known, movement, record, correct)
    })
    .ok_or_else(never_measured)?;
    Ok(Judgement { scores, auc })
}

/// Scores by a model without a judge of its own, from its training; the error is why it has none.
fn trained_scores(
    model: &Model,
    movement: &str,
    readings: &[Option<Reading>],
    recording: ReadRecording,
) -> Result<Judgement, String> {
    let card = model.card();
    let skeletons = &card.skeletons;
    if !skeletons.is_empty() && !skeletons.contains(&recording.skeleton.name) {
        return Err(format!("it was made from recordings by {} only", skeletons.join(" and ")));
    }
    let auc = card.find_figure(CardFigure::MovementAuc(movement)).ok_or_else(never_measured)?;
    let scores =
        score_known(readings, &[], |known, _| model.correct_probabilities(known, movement))
            .unwrap_or_else(|| vec![None; readings.len()]);
    Ok(Judgement { scores, auc })
}

fn never_measured() -> String {
    "how good it is on athletes it does not know was never measured".to_owned()
}

/// Scores the readings that exist, all together.
fn score_known(
    readings: &[Option<Reading>],
    correct: &[bool],
    score: impl Fn(&[&Reading], &[bool]) -> Option<Vec<[f64; 3]>>,
) -> Option<Vec<Option<[f64; 3]>>> {
    let known: Vec<&Reading> = readings.iter().flatten().collect();
    let marks: Vec<bool> = readings
        .iter()
        .zip(correct)
        .filter(|(reading, _)| reading.is_some())
        .map(|(_, correct)| *correct)
        .collect();
    let mut scores = score(&known, &marks)?.into_iter();
    Some(readings.iter().map(|reading| reading.as_ref().and_then(|_| scores.next())).collect())
}
