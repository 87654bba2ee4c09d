//! Repetition and phase borders corrected by a person, stored as labels of kind [`BORDERS_KIND`] on
//! the recording. The analysis itself is not changed.

use crate::Error;
use agoge_analysis::RepetitionReport;
use agoge_store::{AnalysisId, LabelId, NewLabel, Store};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Kind of the labels.
pub const BORDERS_KIND: &str = "borders";

/// The instants at which a repetition begins, each phase passes into the next, and the repetition
/// ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Borders {
    /// Number of the repetition: 1, 2, 3 …
    pub repetition: usize,
    /// The borders on the recording's clock, s, ascending: `[phases + 1]`, or start and end of an
    /// attempt.
    pub at_s: Vec<f64>,
}

impl Borders {
    /// The borders found by the analysis.
    pub fn from_report(repetition: &RepetitionReport) -> Borders {
        let [first, last] = repetition.frames;
        let frame_s =
            (repetition.end_s - repetition.start_s) / last.saturating_sub(first).max(1) as f64;
        let turns = phase_starts(repetition).into_iter().skip(1);
        let turns = turns
            .map(|(start, _)| repetition.start_s + start.saturating_sub(first) as f64 * frame_s);
        let at_s =
            std::iter::once(repetition.start_s).chain(turns).chain([repetition.end_s]).collect();
        Borders { repetition: repetition.number, at_s }
    }

    /// A description of what begins or ends at each border.
    pub fn border_names(repetition: &RepetitionReport) -> Vec<String> {
        let turns = phase_starts(repetition)
            .into_iter()
            .skip(1)
            .map(|(_, name)| format!("{} begins", name.replace('_', " ")));
        std::iter::once("start".to_owned()).chain(turns).chain(["end".to_owned()]).collect()
    }
}

/// First frame and name of each phase; empty for an attempt, whose phases are incomplete.
fn phase_starts(repetition: &RepetitionReport) -> Vec<(usize, &str)> {
    let phases = repetition.phases.iter().filter(|_| repetition.complete);
    phases.map(|phase| (phase.start, phase.name.as_str())).collect()
}

/// Stores corrected borders of a repetition of an analysis, together with those that were found.
///
/// # Errors
/// [`Error::Borders`] for invalid borders; if there is no such analysis, or the library cannot be
/// changed.
pub fn save_correction(
    store: &Store,
    id: AnalysisId,
    borders: &Borders,
    author: &str,
) -> Result<LabelId, Error> {
    let invalid = |what| Error::Borders { what };
    let (row, analysis) = (store.analysis_row(id)?, store.load_analysis(id)?);
    let repetition =
        analysis.repetitions.iter().find(|repetition| repetition.number == borders.repetition);
    let repetition = repetition.ok_or(invalid("the analysis has no such repetition"))?;
    let analysis_borders = Borders::from_report(repetition);
    if borders.at_s.len() != analysis_borders.at_s.len() {
        return Err(invalid("there are too few or too many"));
    }
    let time = store.load_recording(row.recording)?.time;
    let (first, last) =
        (time.first().copied().unwrap_or(f64::NAN), time.last().copied().unwrap_or(f64::NAN));
    // NaN is in no range, so it is rejected here.
    if !borders.at_s.iter().all(|at| (first..=last).contains(at)) {
        return Err(invalid("one lies outside the recording"));
    }
    if !borders.at_s.is_sorted_by(|a, b| a < b) {
        return Err(invalid("they do not ascend"));
    }
    let phases: Vec<&str> = phase_starts(repetition).into_iter().map(|(_, name)| name).collect();
    let value = json!({
        "analysis": id, "movement": analysis.movement.name, "repetition": repetition.number, "phases": phases,
        "at_s": borders.at_s, "found_s": analysis_borders.at_s,
    });
    Ok(store.save_label(&NewLabel {
        recording: row.recording,
        other: None,
        kind: BORDERS_KIND,
        value: &value,
        author,
    })?)
}

/// The corrected borders of an analysis, the newest of each repetition.
///
/// # Errors
/// If there is no such analysis, or the library cannot be read.
pub fn latest_corrections(
    store: &Store,
    id: AnalysisId,
) -> Result<Vec<Borders>, agoge_store::StoreError> {
    let mut newest: Vec<Borders> = Vec::new();
    for label in store
        .recording_labels(store.analysis_row(id)?.recording)?
        .into_iter()
        .rev()
        .filter(|label| label.kind == BORDERS_KIND)
    {
        let analysis = serde_json::from_value::<AnalysisId>(label.value["analysis"].clone()).ok();
        let value = json!({ "repetition": label.value["repetition"], "at_s": label.value["at_s"] });
        // Labels written by other programs may have other contents; skip those.
        let Ok(borders) = serde_json::from_value::<Borders>(value) else { continue };
        if analysis == Some(id)
            && !newest.iter().any(|newer| newer.repetition == borders.repetition)
        {
            newest.push(borders);
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AnalysisOptions, Models, analyze};
    use agoge_motion::simulate::{Exercise, SimulatedSet};

    #[test]
    fn what_cannot_be_is_refused_and_the_newest_holds() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let ada = store.add_athlete("Ada", "").unwrap();
        let recording =
            SimulatedSet { rate_hz: 30.0, repetitions: 3, ..SimulatedSet::new(Exercise::Squat) }
                .simulate()
                .recording;
        let options =
            AnalysisOptions { movement: "squat".to_owned(), ..AnalysisOptions::default() };
        let models = Models::without_model();
        let analysis = analyze(&recording, None, &models, &options).unwrap().analysis;
        let id = super::super::save_analysis(
            &store,
            (ada, "2026-03-02".parse().unwrap()),
            &recording,
            &analysis,
            &models,
            &options,
        );
        let id = id.unwrap();
        let analysis_borders = Borders::from_report(&analysis.repetitions[1]);
        assert_eq!(
            Borders::border_names(&analysis.repetitions[1]),
            ["start", "ascent begins", "end"]
        );
        assert!(analysis_borders.at_s.is_sorted() && analysis_borders.at_s.len() == 3);

        let with = |at_s: Vec<f64>| Borders { at_s, ..analysis_borders.clone() };
        let [start, turn, end] = analysis_borders.at_s[..] else { panic!("three borders") };
        for wrong in [
            vec![],
            vec![start, end],
            vec![start, turn, turn],
            vec![end, turn, start],
            vec![start, f64::NAN, end],
            vec![-1.0, turn, end],
            vec![start, turn, 1e9],
        ] {
            assert!(
                save_correction(&store, id, &with(wrong.clone()), "coach").is_err(),
                "{wrong:?}"
            );
        }
        assert!(
            save_correction(
                &store,
                id,
                &Borders { repetition: 99, ..analysis_borders.clone() },
                "coach"
            )
            .is_err()
        );
        assert!(save_correction(&store, AnalysisId(99), &analysis_borders, "coach").is_err());
        assert!(latest_corrections(&store, id).unwrap().is_empty());

        save_correction(&store, id, &with(vec![start, turn + 0.1, end]), "coach").unwrap();
        let last = with(vec![start, turn + 0.2, end]);
        save_correction(&store, id, &last, "coach").unwrap();
        assert_eq!(latest_corrections(&store, id).unwrap(), std::slice::from_ref(&last));
        let labels = store.labels_of_kind(BORDERS_KIND).unwrap();
        assert_eq!((labels.len(), &labels[1].value["at_s"]), (2, &json!(last.at_s)));
        assert_eq!(labels[0].value["phases"], json!(["descent", "ascent"]));
    }
}
