//! Stored analyses: shown as they were stored, and analysed again on request.

use super::save_analysis;
use crate::analyze::prepare_recording;
use crate::provenance::hash_definition;
use crate::{AnalysisOptions, Error, Models, analyze};
use agoge_analysis::Analysis;
use agoge_kinematics::Curves;
use agoge_motion::Recording;
use agoge_store::{AnalysisId, AnalysisRow, Store, StoreError};

/// Tolerance when clocks are compared, s: far below a frame, far above the rounding of a number.
const CLOCK_TOLERANCE_S: f64 = 1e-6;

/// A stored analysis with what its page draws. Everything that judges is as it was stored; only the
/// figure and the curves are measured again, from the stored recording with the stored options.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAnalysis {
    /// The analysis as it was stored.
    pub analysis: Analysis,
    /// The recording to draw, conditioned.
    pub figure: Recording,
    /// The curves of the recording, on the figure's clock.
    pub curves: Curves,
    /// Why figure and curves could disagree with the stored analysis, in one sentence; `None` if
    /// they cannot.
    pub doubt: Option<String>,
}

/// Loads a stored analysis and measures its figure and curves.
///
/// # Errors
/// If there is no such analysis, or the library or the recording cannot be read.
pub fn load_stored(store: &Store, id: AnalysisId) -> Result<StoredAnalysis, Error> {
    let analysis = store.load_analysis(id)?;
    // Options of another version may have keys that this one does not know.
    let options = stored_options(store, id).ok();
    let recording = store.load_recording(store.analysis_row(id)?.recording)?;
    let effective = options.clone().unwrap_or_default();
    let (figure, curves) = prepare_recording(&recording, &effective)?.into_figure();
    let doubt = disagreement_reason(&analysis, options.as_ref(), &curves.time);
    Ok(StoredAnalysis { analysis, figure, curves, doubt })
}

fn stored_options(store: &Store, id: AnalysisId) -> Result<AnalysisOptions, StoreError> {
    Ok(serde_json::from_value(store.analysis_options(id)?)?)
}

/// Why what is measured now could disagree with a stored analysis; `time` is the clock of what was
/// measured, s.
fn disagreement_reason(
    analysis: &Analysis,
    options: Option<&AnalysisOptions>,
    time: &[f64],
) -> Option<String> {
    let program = env!("CARGO_PKG_VERSION");
    let definition_changed = || {
        let definition = analysis.provenance.as_ref()?.definition.as_ref()?;
        let today = hash_definition(&options?.movement, &definition.name)?;
        Some(definition.sha256.as_ref() != Some(&today))
    };
    let clock_changed = analysis.repetitions.iter().any(|repetition| {
        let [first, last] = repetition.frames;
        let is_near = |frame: usize, at_s: f64| {
            time.get(frame).is_some_and(|time_s| (time_s - at_s).abs() < CLOCK_TOLERANCE_S)
        };
        !is_near(first, repetition.start_s) || !is_near(last, repetition.end_s)
    });
    let what = match () {
        () if options.is_none() => "its options are of another version of Agoge",
        () if analysis.version != program => "it is of another version of Agoge",
        () if analysis.provenance.is_none() => "it does not say what it was made with",
        () if definition_changed() == Some(true) => "the definition of its movement has changed",
        () if clock_changed => "the clock of its recording has changed",
        () => return None,
    };
    Some(format!(
        "The figure and the curves over time are measured anew and could disagree with this stored analysis: {what}."
    ))
}

/// Analyses the recording of a stored analysis again with its stored options and the given models,
/// and stores the result beside the first. A result that differs in nothing is not stored twice:
/// then the number of the first is returned.
///
/// # Errors
/// If there is no such analysis, its options are of another version, the recording cannot be
/// analysed, or the library cannot be changed.
pub fn analyze_again(store: &Store, id: AnalysisId, models: &Models) -> Result<AnalysisId, Error> {
    let row = store.analysis_row(id)?;
    let options = stored_options(store, id)?;
    let recording = store.load_recording(row.recording)?;
    let mut analysis = analyze(&recording, None, models, &options)?.analysis;
    let before = store.load_analysis(id)?.provenance;
    if let Some(provenance) = &mut analysis.provenance {
        // The recording is still that of the first input.
        provenance.input_sha256 = before.and_then(|before| before.input_sha256);
        provenance.command = Some(format!("analyse again, from analysis {}", id.0));
    }
    let athlete = store.analysis_athlete(id)?.id;
    save_analysis(store, (athlete, row.day), &recording, &analysis, models, &options)
}

/// The other analyses of the same recording, the newest first.
///
/// # Errors
/// If there is no such analysis, or the library cannot be read.
pub fn other_analyses(store: &Store, id: AnalysisId) -> Result<Vec<AnalysisRow>, Error> {
    let recording = store.analysis_row(id)?.recording;
    let mut rows = store.recording_analyses(recording)?;
    rows.retain(|row| row.id != id);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_motion::simulate::{Exercise, SimulatedSet};
    use agoge_report::Scene;

    #[test]
    fn an_analysis_is_shown_as_stored_and_repeated_only_on_request() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let ada = store.add_athlete("Ada", "").unwrap();
        let set =
            SimulatedSet { rate_hz: 30.0, repetitions: 3, ..SimulatedSet::new(Exercise::Squat) };
        let recording = set.simulate().recording;
        let options = AnalysisOptions { movement: "squat".to_owned(), ..Default::default() };
        let limits = Models::without_model();
        let analyzed = analyze(&recording, None, &limits, &options).unwrap();
        let day = "2026-03-02".parse().unwrap();
        let first =
            save_analysis(&store, (ada, day), &recording, &analyzed.analysis, &limits, &options)
                .unwrap();
        // No analysis of this recording could compute this score.
        let mut changed = analyzed.analysis.clone();
        changed.score.as_mut().unwrap().value = 12.5;
        let row = store.analysis_row(first).unwrap();
        let made = agoge_store::AnalysisProvenance {
            model: None,
            options: serde_json::to_value(&options).unwrap(),
        };
        let second = store.save_analysis(row.recording, &changed, &made).unwrap();

        let stored = load_stored(&store, second).unwrap();
        assert_eq!(stored.analysis, changed);
        let drawn = |figure, curves| {
            agoge_report::scene_json(&changed, &Scene { figure, curves, stills: &[] })
        };
        assert!(
            drawn(&stored.figure, &stored.curves)
                == drawn(analyzed.figure_recording(), &analyzed.curves)
        );
        assert_eq!(stored.doubt, None);
        assert_eq!(store.list_analyses(ada, 9).unwrap().len(), 2, "nothing was stored by looking");

        // The same models find the same, which is stored once; today's model judges otherwise.
        assert_eq!(analyze_again(&store, first, &limits).unwrap(), first);
        let third = analyze_again(&store, first, Models::bundled()).unwrap();
        assert!(third != first && third != second);
        assert_eq!(store.load_analysis(first).unwrap(), analyzed.analysis, "the first stays");
        let provenance = store.load_analysis(third).unwrap().provenance.unwrap();
        assert_eq!(provenance.command, Some(format!("analyse again, from analysis {}", first.0)));
        let others = |id| -> Vec<AnalysisId> {
            other_analyses(&store, id).unwrap().iter().map(|row| row.id).collect()
        };
        assert_eq!((others(first), others(third)), (vec![third, second], vec![second, first]));

        // An analysis that does not say what it was made with may disagree.
        changed.provenance = None;
        let old = store.save_analysis(row.recording, &changed, &made).unwrap();
        assert!(load_stored(&store, old).unwrap().doubt.unwrap().contains("made with"));
        changed.repetitions[0].frames[0] += 1;
        changed.provenance = analyzed.analysis.provenance;
        let moved = store.save_analysis(row.recording, &changed, &made).unwrap();
        assert!(load_stored(&store, moved).unwrap().doubt.unwrap().contains("clock"));
    }
}
