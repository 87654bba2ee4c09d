//! Trainings without some athletes, and what came of them on those athletes' clips.

use crate::error::Error;
use crate::peers::{Method, Said, Task};
use crate::token::Clip;
use crate::train::movements;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// With how many others each athlete is left out in pairs.
const PARTNERS: usize = 4;

/// A training without one athlete, or without two, and what it said of their clips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// The seed of the training.
    pub seed: u64,
    /// Who was left out.
    pub without: Vec<String>,
    /// Each of their clips, counted as in the evaluation, and what was said of it.
    pub said: Vec<(usize, Said)>,
}

/// Takes each fold that was made, how many are done, and of how many; an error ends the evaluation.
pub type Watch<'a> = dyn FnMut(&Fold, usize, usize) -> Result<(), Error> + Send + 'a;

/// Leaves every athlete out once for each seed. With `pairs` athletes are left out two at a time
/// besides, each with the [`PARTNERS`] nearest in the order of their names: what is fitted to such
/// a fold's words on one of the two never saw the other. Folds in `earlier` are not made again.
///
/// # Errors
/// With fewer than two athletes, and what the method or `watch` returns.
pub fn leave_out(
    clips: &[Clip],
    method: &dyn Method,
    task: Task,
    pairs: bool,
    seeds: u64,
    earlier: Vec<Fold>,
    watch: &mut Watch,
) -> Result<Vec<Fold>, Error> {
    let athletes: Vec<&str> = clips
        .iter()
        .map(|clip| clip.athlete.as_str())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if athletes.len() < 2 {
        let hint = "at least two athletes are needed";
        return Err(Error::Clips { what: format!("{} athletes", athletes.len()), hint });
    }
    let names = movements(clips);
    let mut without: Vec<Vec<&str>> = athletes.iter().map(|&athlete| vec![athlete]).collect();
    if pairs {
        without.extend(
            partners(athletes.len()).into_iter().map(|[a, b]| vec![athletes[a], athletes[b]]),
        );
    }
    let runs: Vec<(u64, &Vec<&str>)> =
        (1..=seeds).flat_map(|seed| without.iter().map(move |who| (seed, who))).collect();
    let is_known = |seed: u64, who: &[&str]| {
        earlier.iter().any(|fold| fold.seed == seed && fold.without == who)
    };
    let open: Vec<&(u64, &Vec<&str>)> =
        runs.iter().filter(|(seed, who)| !is_known(*seed, who)).collect();
    let done = AtomicUsize::new(runs.len() - open.len());
    let watch = Mutex::new(watch);
    let made: Vec<Fold> = open
        .par_iter()
        .map(|&&(seed, who)| {
            let fold = fold(clips, &names, method, task, seed, who)?;
            let count = done.fetch_add(1, Ordering::Relaxed) + 1;
            match watch.lock() {
                Ok(mut watch) => watch(&fold, count, runs.len())?,
                Err(_) => {
                    return Err(Error::Training {
                        what: "another fold failed".to_owned(),
                        hint: "see its message",
                    });
                }
            }
            Ok(fold)
        })
        .collect::<Result<_, Error>>()?;
    let mut folds: Vec<Fold> =
        earlier.into_iter().filter(|fold| (1..=seeds).contains(&fold.seed)).chain(made).collect();
    folds.sort_by(|a, b| (a.seed, &a.without).cmp(&(b.seed, &b.without)));
    Ok(folds)
}

fn fold(
    clips: &[Clip],
    names: &[String],
    method: &dyn Method,
    task: Task,
    seed: u64,
    without: &[&str],
) -> Result<Fold, Error> {
    let (own, others): (Vec<usize>, Vec<usize>) =
        (0..clips.len()).partition(|&i| without.contains(&clips[i].athlete.as_str()));
    let pick = |which: &[usize]| which.iter().map(|&i| &clips[i]).collect::<Vec<&Clip>>();
    let said = method.learn(&pick(&others), names, task, seed)?.judge(&pick(&own));
    let without = without.iter().map(|&name| name.to_owned()).collect();
    Ok(Fold { seed, without, said: own.into_iter().zip(said).collect() })
}

/// Pairs of `count` athletes in a ring, each with its nearest, every pair once.
fn partners(count: usize) -> Vec<[usize; 2]> {
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
        assert_eq!(partners(2), [[0, 1]]);
        let nine = partners(9);
        assert_eq!(nine.len(), 18);
        assert!(
            (0..9).all(|who| nine.iter().filter(|pair| pair.contains(&who)).count() == PARTNERS)
        );
    }
}
