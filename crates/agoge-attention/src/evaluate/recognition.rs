//! How well a method recognises movements of athletes it was not trained on, by what it may see and
//! feel.

use super::Fold;
use crate::error::Error;
use crate::metric::mean_sd;
use crate::peers::{Method, Task};
use crate::token::Clip;
use crate::train::movements;
use rayon::prelude::*;
use serde::Serialize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a method is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Senses {
    /// The body's positions.
    Skeleton,
    /// The worn sensor.
    Sensor,
    /// Both.
    Both,
}

impl Senses {
    /// A clip with these senses alone.
    fn of(self, clip: &Clip) -> Clip {
        let motion = match self {
            Senses::Skeleton => clip.motion.without_sensor(),
            Senses::Sensor => clip.motion.without_body(),
            Senses::Both => clip.motion.clone(),
        };
        Clip { motion, ..clip.clone() }
    }

    fn has_all(self, clip: &Clip) -> bool {
        let (body, sensor) = (clip.motion.has_body(), clip.motion.has_sensor());
        match self {
            Senses::Skeleton => body,
            Senses::Sensor => sensor,
            Senses::Both => body && sensor,
        }
    }
}

/// What was recognised with some senses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BySenses {
    /// What the training had.
    pub trained: Senses,
    /// What the test had.
    pub tested: Senses,
    /// Share of the clips that were recognised: mean and standard deviation over the seeds.
    pub accuracy: (f64, f64),
    /// Numbers that the method learned.
    pub parameters: usize,
}

/// The result of an evaluation of recognition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recognised {
    /// How many clips were learned from.
    pub learned: usize,
    /// How many were judged.
    pub judged: usize,
    /// How many movements.
    pub movements: usize,
    /// How many seeds.
    pub seeds: u64,
    /// Each combination of senses.
    pub senses: Vec<BySenses>,
    /// Pairs that are taken for each other most where training and test have the most senses: the
    /// movement, what it was taken for, how often over all seeds.
    pub confused: Vec<(String, String, usize)>,
}

/// Trainings, and tests of each.
const PLAN: [(Senses, &[Senses]); 3] = [
    (Senses::Skeleton, &[Senses::Skeleton]),
    (Senses::Sensor, &[Senses::Sensor]),
    (Senses::Both, &[Senses::Both, Senses::Skeleton, Senses::Sensor]),
];
/// Confusions that are told.
const TOLD: usize = 8;

/// Learns from some clips with each combination of senses that they have and recognises the others,
/// whose athletes must not be among them.
///
/// # Errors
/// Without clips on both sides, with an athlete on both sides, and what the method or `watch`
/// returns.
pub fn recognition(
    learn: &[Clip],
    judge: &[Clip],
    method: &dyn Method,
    seeds: u64,
    watch: &mut super::Watch,
) -> Result<Recognised, Error> {
    apart(learn, judge)?;
    let names = movements(learn);
    let plan: Vec<(Senses, &[Senses])> = PLAN
        .into_iter()
        .filter(|(senses, _)| learn.iter().any(|clip| senses.has_all(clip)))
        .collect();
    let runs: Vec<(u64, (Senses, &[Senses]))> =
        (1..=seeds).flat_map(|seed| plan.iter().map(move |&step| (seed, step))).collect();
    let done = AtomicUsize::new(0);
    let watch = Mutex::new(watch);
    let results: Vec<(usize, Vec<Vec<Option<usize>>>)> = runs
        .par_iter()
        .map(|&(seed, (senses, tests))| {
            let own: Vec<Clip> = learn
                .iter()
                .filter(|clip| senses.has_all(clip))
                .map(|clip| senses.of(clip))
                .collect();
            let fitted =
                method.learn(&own.iter().collect::<Vec<_>>(), &names, Task::Movement, seed)?;
            let mut said = Vec::new();
            for test in tests {
                let clips: Vec<Clip> = judge.iter().map(|clip| test.of(clip)).collect();
                let words = fitted.judge(&clips.iter().collect::<Vec<_>>());
                said.push(words.iter().map(crate::peers::Said::recognised).collect());
            }
            let count = done.fetch_add(1, Ordering::Relaxed) + 1;
            if let Ok(mut watch) = watch.lock() {
                watch(&Fold { seed, without: Vec::new(), said: Vec::new() }, count, runs.len())?;
            }
            Ok((fitted.parameters(), said))
        })
        .collect::<Result<_, Error>>()?;

    let truth: Vec<Option<usize>> = judge.iter().map(|clip| clip.class(&names)).collect();
    let mut senses = Vec::new();
    for (step, &(trained, tests)) in plan.iter().enumerate() {
        let own = || results.iter().skip(step).step_by(plan.len());
        for (test, &tested) in tests.iter().enumerate() {
            let known: Vec<usize> =
                (0..judge.len()).filter(|&i| tested.has_all(&judge[i])).collect();
            let share = |said: &[Option<usize>]| {
                known.iter().filter(|&&i| truth[i].is_some() && said[i] == truth[i]).count() as f64
                    / known.len() as f64
            };
            let accuracy = mean_sd(&own().map(|(_, said)| share(&said[test])).collect::<Vec<_>>());
            let parameters = own().next().map_or(0, |(parameters, _)| *parameters);
            senses.push(BySenses { trained, tested, accuracy, parameters });
        }
    }
    let mut confused: Vec<(String, String, usize)> = Vec::new();
    for (_, said) in results.iter().skip(plan.len() - 1).step_by(plan.len()) {
        for (clip, taken) in judge.iter().zip(&said[0]) {
            let Some(taken) =
                taken.map(|class| &names[class]).filter(|name| **name != clip.movement)
            else {
                continue;
            };
            match confused.iter_mut().find(|(a, b, _)| *a == clip.movement && b == taken) {
                Some((_, _, count)) => *count += 1,
                None => confused.push((clip.movement.clone(), taken.clone(), 1)),
            }
        }
    }
    confused.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.cmp(b)));
    confused.truncate(TOLD);
    Ok(Recognised {
        learned: learn.len(),
        judged: judge.len(),
        movements: names.len(),
        seeds,
        senses,
        confused,
    })
}

/// That there are clips on both sides, of different athletes.
pub(super) fn apart(learn: &[Clip], judge: &[Clip]) -> Result<(), Error> {
    let hint = "the manifest's column split must say train and test, and no athlete may be both";
    if learn.is_empty() || judge.is_empty() {
        return Err(Error::Clips {
            what: format!("{} clips to learn, {} to judge", learn.len(), judge.len()),
            hint,
        });
    }
    match judge.iter().find(|clip| learn.iter().any(|other| other.athlete == clip.athlete)) {
        Some(both) => Err(Error::Clips {
            what: format!("an athlete is in training and test: {}", both.athlete),
            hint,
        }),
        None => Ok(()),
    }
}
