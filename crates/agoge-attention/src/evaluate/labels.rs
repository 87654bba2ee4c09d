//! How many labels it takes: suggested ones against random ones.

use crate::error::Error;
use crate::labels::Pool;
use crate::metric::{auc, mean_sd};
use crate::motion::Motion;
use crate::token::Clip;
use crate::train::movements;
use fastrand::Rng;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeSet;

/// Labels that are given at once.
const BATCH: usize = 8;
/// The area may fall short of that with all labels by this much.
const SHORT: f64 = 0.01;

/// What is reached with some labels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WithLabels {
    /// How many repetitions of a movement were judged.
    pub labels: usize,
    /// Mean area under the ROC curve where they were suggested: mean and standard deviation over
    /// the seeds.
    pub suggested: (f64, f64),
    /// The same where they were drawn at random.
    pub random: (f64, f64),
}

/// The result of the evaluation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Labelling {
    /// How many repetitions of a movement could be judged.
    pub all: usize,
    /// How many movements and athletes.
    pub movements: usize,
    /// Each athlete was left out once.
    pub athletes: usize,
    /// How many seeds.
    pub seeds: u64,
    /// By rising number of labels; the last has all.
    pub curve: Vec<WithLabels>,
    /// With how many labels suggestions come within 0.01 of the area with all of them; none if
    /// never before.
    pub suggested_enough: Option<usize>,
    /// The same at random.
    pub random_enough: Option<usize>,
}

/// One training on the labels so far and what it says of the athlete left out, `[step][clip of
/// theirs]`.
type Course = Vec<Vec<f32>>;

/// For each movement and athlete left out the others' repetitions are judged, [`BATCH`] at a time,
/// as [`crate::labels::suggest`] asks for them or at random; after each time a judge learns from
/// what was judged and judges the athlete left out. `progress` is told how many of how many are
/// done.
///
/// # Errors
/// With fewer than two athletes or without labels.
pub fn labelling(
    clips: &[Clip],
    seeds: u64,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Labelling, Error> {
    let clips: Vec<&Clip> =
        clips.iter().filter(|clip| clip.label.is_some() && clip.motion.has_body()).collect();
    let athletes: BTreeSet<&str> = clips.iter().map(|clip| clip.athlete.as_str()).collect();
    if athletes.len() < 2 {
        let hint = "at least two athletes with labels (1 correct, 0 incorrect) are needed";
        return Err(Error::Clips {
            what: format!("{} athletes with labels", athletes.len()),
            hint,
        });
    }
    let owned: Vec<Clip> = clips.iter().map(|&clip| clip.clone()).collect();
    let names = movements(&owned);
    let mut jobs = Vec::new();
    for seed in 1..=seeds {
        for movement in &names {
            jobs.extend(athletes.iter().map(|&athlete| (seed, movement, athlete)));
        }
    }
    let done = std::sync::atomic::AtomicUsize::new(0);
    let courses: Vec<Option<(Vec<bool>, [Course; 2])>> = jobs
        .par_iter()
        .map(|&(seed, movement, athlete)| {
            let own: Vec<&Clip> =
                clips.iter().copied().filter(|clip| clip.movement == *movement).collect();
            let course = courses(&own, athlete, seed);
            progress(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, jobs.len());
            course
        })
        .collect();
    let steps = courses.iter().flatten().map(|(_, [course, _])| course.len()).max().unwrap_or(0);
    let all = clips.len() / names.len() * (athletes.len() - 1) / athletes.len();
    let curve: Vec<WithLabels> = (0..steps)
        .map(|step| {
            let area = |which: usize| {
                let of_seed = |seed: u64| {
                    let of_movement = |movement: &String| {
                        let mut scores = Vec::new();
                        let mut labels = Vec::new();
                        for (job, course) in jobs.iter().zip(&courses) {
                            if let (true, Some((truth, course))) =
                                (job.0 == seed && job.1 == movement, course)
                            {
                                // A pool that ended earlier says the same from then on.
                                let said = course[which].get(step).or(course[which].last());
                                scores.extend(said.into_iter().flatten());
                                labels.extend(truth);
                            }
                        }
                        auc(&scores, &labels)
                    };
                    let each: Vec<f64> =
                        names.iter().map(of_movement).filter(|area| area.is_finite()).collect();
                    mean_sd(&each).0
                };
                mean_sd(&(1..=seeds).map(of_seed).collect::<Vec<_>>())
            };
            WithLabels {
                labels: ((step + 1) * BATCH).min(all),
                suggested: area(0),
                random: area(1),
            }
        })
        .collect();
    let enough = |of: fn(&WithLabels) -> f64| {
        let full = curve.last().map(of)?;
        curve.iter().find(|with| of(with) >= full - SHORT).map(|with| with.labels)
    };
    Ok(Labelling {
        all,
        movements: names.len(),
        athletes: athletes.len(),
        seeds,
        suggested_enough: enough(|with| with.suggested.0),
        random_enough: enough(|with| with.random.0),
        curve,
    })
}

/// What is said of one athlete's repetitions as the others' are judged, suggested and at random,
/// with the truth; none if the movement has too few.
fn courses(clips: &[&Clip], athlete: &str, seed: u64) -> Option<(Vec<bool>, [Course; 2])> {
    // The athlete left out comes last, so that places in the pool are those of the others.
    let (own, others): (Vec<&Clip>, Vec<&Clip>) =
        clips.iter().copied().partition(|clip| clip.athlete == athlete);
    let motions: Vec<&Motion> = others.iter().chain(&own).map(|clip| &clip.motion).collect();
    let pool = Pool::new(&motions, seed)?;
    let truth: Vec<Option<bool>> = others.iter().map(|clip| clip.is_correct()).collect();
    let said = |labels: &[Option<bool>]| -> Vec<f32> {
        let judge = pool.learn(labels);
        let say =
            |i: usize| judge.as_ref().map_or(0.0, |judge| pool.say(judge, others.len() + i) as f32);
        (0..own.len()).map(say).collect()
    };
    let mut suggested = Vec::new();
    // Those of the athlete left out are never open: they count as judged for nobody.
    let mut labels = vec![None; others.len()];
    while labels.contains(&None) {
        pool.suggest(&labels, BATCH)
            .iter()
            .for_each(|suggestion| labels[suggestion.clip] = truth[suggestion.clip]);
        suggested.push(said(&labels));
    }
    let mut order: Vec<usize> = (0..others.len()).collect();
    Rng::with_seed(seed * 7919 + own.len() as u64).shuffle(&mut order);
    let mut random = Vec::new();
    let mut labels = vec![None; others.len()];
    for chunk in order.chunks(BATCH) {
        chunk.iter().for_each(|&i| labels[i] = truth[i]);
        random.push(said(&labels));
    }
    Some((own.iter().map(|clip| clip.is_correct() == Some(true)).collect(), [suggested, random]))
}
