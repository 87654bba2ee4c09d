//! Load tests for the library: a large squad to time queries on, and a writer that is meant to be
//! killed.

use agoge::{AnalysisOptions, Error, Models, analyze};

use agoge_analysis::Analysis;
use agoge_motion::simulate::{Exercise, SimulatedSet};
use agoge_motion::{Day, Recording};
use agoge_store::{AnalysisProvenance, AthleteId, NewLabel, RecordingId, Store};
use serde::Serialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Time taken by a query over repeated runs: the median and the longest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct QueryTimes {
    /// Median time, ms.
    pub median_ms: f64,
    /// Longest time, ms.
    pub longest_ms: f64,
}

/// Query times of a library.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LibraryTimes {
    /// Number of athletes in the library.
    pub athletes: usize,
    /// Number of analyses.
    pub analyses: usize,
    /// Size of each analysis as JSON, bytes.
    pub analysis_bytes: usize,
    /// Opening the library.
    pub open: QueryTimes,
    /// Listing every athlete with the newest analysis.
    pub overview: QueryTimes,
    /// Loading one athlete with consents, sessions, recordings, the last twenty analyses and plans.
    pub show: QueryTimes,
    /// Loading one complete analysis.
    pub analysis: QueryTimes,
    /// Saving a half-second recording with its analysis.
    pub save: QueryTimes,
}

/// Fills a library with a squad, each athlete with the same number of recordings and analyses, and
/// times its queries. Data that are already there are kept and not created again.
///
/// # Errors
/// If the library cannot be changed.
pub fn time_library(
    store: &Store,
    athletes: usize,
    each: usize,
    progress: &dyn Fn(usize, usize),
) -> Result<LibraryTimes, Error> {
    let (recording, analysis) = example_analysis()?;
    let json = serde_json::to_string(&analysis).map_err(agoge_store::StoreError::from)?;
    let first = Day::from_date(2025, 1, 1).unwrap_or_default();
    let mut save_times = Vec::new();
    for number in 0..athletes {
        let athlete = store.athlete_or_new(&format!("athlete {number:03}"))?;
        for k in store.list_analyses(athlete.id, usize::MAX)?.len()..each {
            let start = Instant::now();
            let recording = shift_recording(&recording, number * each + k);
            let id = store.save_recording(athlete.id, first.plus_days(k as i32), &recording)?;
            store.save_analysis(id, &analysis, &AnalysisProvenance::default())?;
            save_times.push(elapsed_ms(start));
            progress(number * each + k + 1, athletes * each);
        }
    }
    let squad = store.list_athletes()?;
    let athlete_at = |k: usize| &squad[k * 37 % squad.len()];
    let newest = store
        .squad_overview()?
        .into_iter()
        .filter_map(|standing| standing.last)
        .collect::<Vec<_>>();
    Ok(LibraryTimes {
        athletes: squad.len(),
        analyses: store.check_library()?.analyses as usize,
        analysis_bytes: json.len(),
        open: time_query(20, |_| Store::open(store.folder()).map(drop))?,
        overview: time_query(50, |_| store.squad_overview().map(drop))?,
        show: time_query(200, |k| query_athlete(store, athlete_at(k).id))?,
        analysis: time_query(200, |k| {
            store.load_analysis(newest[k * 37 % newest.len()].id).map(drop)
        })?,
        save: summarize_times(save_times),
    })
}

/// Runs the queries of `agoge athlete show`.
fn query_athlete(store: &Store, athlete: AthleteId) -> Result<(), agoge_store::StoreError> {
    store.list_consents(athlete)?;
    store.list_sessions(athlete)?;
    store.list_recordings(athlete)?;
    store.list_analyses(athlete, 20)?;
    store.list_plans(athlete)?;
    Ok(())
}

/// Writes athletes, recordings, analyses, labels and plans to a library on several threads until
/// the program ends, deleting some again. Each line passed to `say` is `kept WHAT ID` (for an
/// analysis followed by its recording's number) after a change was acknowledged, `deleting WHAT ID`
/// before a deletion begins, and `deleted WHAT ID` after it was acknowledged.
///
/// # Errors
/// If the library cannot be changed.
pub fn write_endlessly(
    store: &Store,
    threads: usize,
    say: &(dyn Fn(String) + Sync),
) -> Result<(), Error> {
    let (recording, analysis) = example_analysis()?;
    let number = AtomicUsize::new(store.check_library()?.recordings as usize * 1000);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| -> Result<(), Error> {
                    loop {
                        write_batch(
                            store,
                            &recording,
                            &analysis,
                            number.fetch_add(1, Ordering::Relaxed),
                            say,
                        )?;
                    }
                })
            })
            .collect();
        // A writer only returns with an error; one that panicked has already printed its message.
        writers.into_iter().try_for_each(|writer| writer.join().unwrap_or(Ok(())))
    })
}

/// Writes one batch of the load test.
fn write_batch(
    store: &Store,
    recording: &Recording,
    analysis: &Analysis,
    number: usize,
    say: &dyn Fn(String),
) -> Result<(), Error> {
    let day = Day::from_date(2026, 1, 1).unwrap_or_default().plus_days((number % 300) as i32);
    let athlete = store.athlete_or_new(&format!("athlete {}", number / 20))?.id;
    say(format!("kept athlete {}", athlete.0));
    let mut saved: Vec<RecordingId> = Vec::new();
    for k in 0..3 {
        let id = store.save_recording(athlete, day, &shift_recording(recording, 3 * number + k))?;
        say(format!("kept recording {}", id.0));
        let analysis = store.save_analysis(id, analysis, &AnalysisProvenance::default())?;
        say(format!("kept analysis {} {}", analysis.0, id.0));
        let value = serde_json::json!(number);
        store.save_label(&NewLabel {
            recording: id,
            other: None,
            kind: "event",
            value: &value,
            author: "bench",
        })?;
        say(format!("kept label {}", id.0));
        saved.push(id);
    }
    store.save_plan(athlete, day, &serde_json::json!({ "number": number }))?;
    say(format!("kept plan {}", athlete.0));
    if number % 5 == 4 {
        let id = saved[0].0;
        say(format!("deleting recording {id}"));
        store.delete_recording(saved[0])?;
        say(format!("deleted recording {id}"));
    }
    Ok(())
}

/// A half-second recording, and an analysis of typical size (three squats).
fn example_analysis() -> Result<(Recording, Analysis), Error> {
    let recording =
        SimulatedSet { repetitions: 3, rate_hz: 30.0, ..SimulatedSet::new(Exercise::Squat) }
            .simulate()
            .recording;
    let options = AnalysisOptions { movement: "squat".to_owned(), ..AnalysisOptions::default() };
    let analysis = analyze(&recording, None, &Models::without_model(), &options)?.analysis;
    Ok((recording.time_range(0.0, 0.5)?, analysis))
}

/// A copy of the recording moved a little, so that its content is unique.
fn shift_recording(recording: &Recording, number: usize) -> Recording {
    let mut moved = recording.clone();
    for position in &mut moved.position {
        position[0] += number as f64 * 1e-3;
    }
    moved
}

/// Milliseconds since `start`.
fn elapsed_ms(start: Instant) -> f64 {
    1e3 * start.elapsed().as_secs_f64()
}

/// Times repeated runs of a query.
fn time_query(
    runs: usize,
    mut run: impl FnMut(usize) -> Result<(), agoge_store::StoreError>,
) -> Result<QueryTimes, Error> {
    let mut times_ms = Vec::with_capacity(runs);
    for k in 0..runs {
        let start = Instant::now();
        run(k)?;
        times_ms.push(elapsed_ms(start));
    }
    Ok(summarize_times(times_ms))
}

/// Median and maximum of some times, ms.
fn summarize_times(mut times_ms: Vec<f64>) -> QueryTimes {
    times_ms.sort_by(f64::total_cmp);
    let at = |index: usize| times_ms.get(index).copied().unwrap_or(f64::NAN);
    QueryTimes {
        median_ms: at(times_ms.len() / 2),
        longest_ms: at(times_ms.len().saturating_sub(1)),
    }
}
