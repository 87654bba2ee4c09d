//! Trains without some athletes and records the predictions for those athletes' clips.

use agoge_model::error::ModelError;
use agoge_model::methods::{ClipPrediction, LearningMethod, LearningTask};
use agoge_model::sides::movement_names;
use agoge_model::token::LabelledClip;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many partners each athlete is left out with in pairs.
const PARTNERS: usize = 4;

/// A training without one or two athletes, and its predictions for their clips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// Seed of the training.
    pub seed: u64,
    /// The athletes left out.
    pub without: Vec<String>,
    /// The index of each of their clips in the evaluation, with its prediction.
    pub said: Vec<(usize, ClipPrediction)>,
}

/// Called with each finished fold, the number of folds done and the total; an error ends the
/// evaluation.
pub type FoldObserver<'a> = dyn FnMut(&Fold, usize, usize) -> Result<(), ModelError> + Send + 'a;

/// Leaves every athlete out once per seed. With `pairs`, athletes are also left out two at a time,
/// each with the four nearest in the order of their names: anything fitted to such a fold's
/// predictions for one of the two has never seen the other. Folds in `earlier` are not repeated.
///
/// # Errors
/// With fewer than two athletes, and whatever the method or `watch` returns.
pub fn leave_athletes_out(
    clips: &[LabelledClip],
    method: &dyn LearningMethod,
    task: LearningTask,
    pairs: bool,
    seeds: u64,
    earlier: Vec<Fold>,
    watch: &mut FoldObserver,
) -> Result<Vec<Fold>, ModelError> {
    let athletes: Vec<&str> = clips
        .iter()
        .map(|clip| clip.athlete.as_str())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if athletes.len() < 2 {
        let hint = "at least two athletes are needed";
        return Err(ModelError::Clips { what: format!("{} athletes", athletes.len()), hint });
    }
    let names = movement_names(clips);
    let mut without: Vec<Vec<&str>> = athletes.iter().map(|&athlete| vec![athlete]).collect();
    if pairs {
        without.extend(
            athlete_pairs(athletes.len()).into_iter().map(|[a, b]| vec![athletes[a], athletes[b]]),
        );
    }
    let runs: Vec<(u64, &Vec<&str>)> =
        (1..=seeds).flat_map(|seed| without.iter().map(move |left_out| (seed, left_out))).collect();
    let is_known = |seed: u64, left_out: &[&str]| {
        earlier.iter().any(|fold| fold.seed == seed && fold.without == left_out)
    };
    let open: Vec<&(u64, &Vec<&str>)> =
        runs.iter().filter(|(seed, left_out)| !is_known(*seed, left_out)).collect();
    let done = AtomicUsize::new(runs.len() - open.len());
    let watch = Mutex::new(watch);
    let finished: Vec<Fold> = open
        .par_iter()
        .map(|&&(seed, left_out)| {
            let fold = run_fold(clips, &names, method, task, seed, left_out)?;
            let count = done.fetch_add(1, Ordering::Relaxed) + 1;
            match watch.lock() {
                Ok(mut watch) => watch(&fold, count, runs.len())?,
                Err(_) => {
                    return Err(ModelError::Training {
                        what: "another fold failed".to_owned(),
                        hint: "see its message",
                    });
                }
            }
            Ok(fold)
        })
        .collect::<Result<_, ModelError>>()?;
    let mut folds: Vec<Fold> = earlier
        .into_iter()
        .filter(|fold| (1..=seeds).contains(&fold.seed))
        .chain(finished)
        .collect();
    folds.sort_by(|a, b| (a.seed, &a.without).cmp(&(b.seed, &b.without)));
    Ok(folds)
}

/// Trains without the athletes in `without` and predicts their clips.
fn run_fold(
    clips: &[LabelledClip],
    names: &[String],
    method: &dyn LearningMethod,
    task: LearningTask,
    seed: u64,
    without: &[&str],
) -> Result<Fold, ModelError> {
    let (test, training): (Vec<usize>, Vec<usize>) =
        (0..clips.len()).partition(|&i| without.contains(&clips[i].athlete.as_str()));
    let pick = |which: &[usize]| which.iter().map(|&i| &clips[i]).collect::<Vec<&LabelledClip>>();
    let predictions =
        method.learn_task(&pick(&training), names, task, seed)?.predict_clips(&pick(&test));
    let without = without.iter().map(|&name| name.to_owned()).collect();
    Ok(Fold { seed, without, said: test.into_iter().zip(predictions).collect() })
}

/// Arranges `count` athletes in a ring and pairs each with its nearest neighbours, every pair once.
fn athlete_pairs(count: usize) -> Vec<[usize; 2]> {
    let pairs =
        (1..=PARTNERS / 2).flat_map(|step| (0..count).map(move |a| [a, (a + step) % count]));
    let ordered: BTreeSet<[usize; 2]> =
        pairs.filter(|[a, b]| a != b).map(|[a, b]| [a.min(b), a.max(b)]).collect();
    ordered.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_partners() {
        assert_eq!(athlete_pairs(2), [[0, 1]]);
        let nine = athlete_pairs(9);
        assert_eq!(nine.len(), 18);
        assert!(
            (0..9).all(|who| nine.iter().filter(|pair| pair.contains(&who)).count() == PARTNERS)
        );
    }
}
