//! Loads for the library: a large squad to time, and a writer to be killed.

use crate::{Error, Models, Options, analyze};
use agoge_coach::Analysis;
use agoge_motion::simulate::{Exercise, Set};
use agoge_motion::{Day, Recording};
use agoge_store::{AthleteId, Made, NewLabel, RecordingId, Store};
use serde::Serialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// How long a question takes, ms: the median and the longest of so many.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    /// The median, ms.
    pub median_ms: f64,
    /// The longest, ms.
    pub longest_ms: f64,
}

/// How long a library takes to answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Answers {
    /// How many athletes it has.
    pub athletes: usize,
    /// How many analyses.
    pub analyses: usize,
    /// Length of the JSON of each, bytes.
    pub analysis_bytes: usize,
    /// Opening it.
    pub open: Times,
    /// Everyone with the newest analysis.
    pub overview: Times,
    /// One athlete with consent, sessions, recordings, the last twenty analyses and plans.
    pub show: Times,
    /// One analysis, whole.
    pub analysis: Times,
    /// Storing a recording of half a second with its analysis.
    pub save: Times,
}

/// Fills a library with a squad, each athlete with the same number of recordings and analyses, and
/// times its answers. What is there already stays, and is not made again.
///
/// # Errors
/// If the library cannot be changed.
pub fn answers(
    store: &Store,
    athletes: usize,
    each: usize,
    progress: &dyn Fn(usize, usize),
) -> Result<Answers, Error> {
    let (recording, analysis) = example()?;
    let json = serde_json::to_string(&analysis).map_err(agoge_store::Error::from)?;
    let first = Day::of(2025, 1, 1).unwrap_or_default();
    let mut saved = Vec::new();
    for number in 0..athletes {
        let athlete = store.athlete_or_new(&format!("athlete {number:03}"))?;
        for k in store.analyses(athlete.id, usize::MAX)?.len()..each {
            let start = Instant::now();
            let own = moved(&recording, number * each + k);
            let id = store.save_recording(athlete.id, first.plus(k as i32), &own)?;
            store.save_analysis(id, &analysis, &Made::default())?;
            saved.push(ms(start));
            progress(number * each + k + 1, athletes * each);
        }
    }
    let squad = store.athletes()?;
    let some = |k: usize| &squad[k * 37 % squad.len()];
    let last = store.overview()?.into_iter().filter_map(|own| own.last).collect::<Vec<_>>();
    Ok(Answers {
        athletes: squad.len(),
        analyses: store.check()?.analyses as usize,
        analysis_bytes: json.len(),
        open: time(20, |_| Store::open(store.folder()).map(drop))?,
        overview: time(50, |_| store.overview().map(drop))?,
        show: time(200, |k| portrait(store, some(k).id))?,
        analysis: time(200, |k| store.analysis(last[k * 37 % last.len()].id).map(drop))?,
        save: summary(saved),
    })
}

/// What `agoge athlete show` asks.
fn portrait(store: &Store, athlete: AthleteId) -> Result<(), agoge_store::Error> {
    store.consents(athlete)?;
    store.sessions(athlete)?;
    store.recordings(athlete)?;
    store.analyses(athlete, 20)?;
    store.plans(athlete)?;
    Ok(())
}

/// Writes to a library until the program ends, on several threads: athletes, recordings, analyses,
/// labels, plans; some are deleted again. Each line that is said is `kept WHAT ID` (of an analysis
/// also the number of its recording) after a change was acknowledged, `deleting WHAT ID` before a
/// deletion begins, and `deleted WHAT ID` when it was acknowledged.
///
/// # Errors
/// If the library cannot be changed.
pub fn write(store: &Store, threads: usize, say: &(dyn Fn(String) + Sync)) -> Result<(), Error> {
    let (recording, analysis) = example()?;
    let number = AtomicUsize::new(store.check()?.recordings as usize * 1000);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| -> Result<(), Error> {
                    loop {
                        write_once(
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
        // A writer ends by its first error only; one that panicked has said so.
        writers.into_iter().try_for_each(|writer| writer.join().unwrap_or(Ok(())))
    })
}

fn write_once(
    store: &Store,
    recording: &Recording,
    analysis: &Analysis,
    number: usize,
    say: &dyn Fn(String),
) -> Result<(), Error> {
    let day = Day::of(2026, 1, 1).unwrap_or_default().plus((number % 300) as i32);
    let athlete = store.athlete_or_new(&format!("athlete {}", number / 20))?.id;
    say(format!("kept athlete {}", athlete.0));
    let mut saved: Vec<RecordingId> = Vec::new();
    for k in 0..3 {
        let id = store.save_recording(athlete, day, &moved(recording, 3 * number + k))?;
        say(format!("kept recording {}", id.0));
        let analysis = store.save_analysis(id, analysis, &Made::default())?;
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

/// A short recording, and an analysis of usual length: of three squats.
fn example() -> Result<(Recording, Analysis), Error> {
    let recording =
        Set { repetitions: 3, rate_hz: 30.0, ..Set::new(Exercise::Squat) }.simulate().recording;
    let options = Options { movement: "squat".to_owned(), ..Options::default() };
    let analysis = analyze(&recording, None, &Models::without_model(), &options)?.analysis;
    Ok((recording.time_range(0.0, 0.5)?, analysis))
}

/// The recording a little elsewhere: another one, by its content.
fn moved(recording: &Recording, number: usize) -> Recording {
    let mut own = recording.clone();
    for position in &mut own.position {
        position[0] += number as f64 * 1e-3;
    }
    own
}

fn ms(start: Instant) -> f64 {
    1e3 * start.elapsed().as_secs_f64()
}

fn time(
    times: usize,
    mut run: impl FnMut(usize) -> Result<(), agoge_store::Error>,
) -> Result<Times, Error> {
    let mut taken = Vec::with_capacity(times);
    for k in 0..times {
        let start = Instant::now();
        run(k)?;
        taken.push(ms(start));
    }
    Ok(summary(taken))
}

fn summary(mut taken: Vec<f64>) -> Times {
    taken.sort_by(f64::total_cmp);
    let at = |index: usize| taken.get(index).copied().unwrap_or(f64::NAN);
    Times { median_ms: at(taken.len() / 2), longest_ms: at(taken.len().saturating_sub(1)) }
}
