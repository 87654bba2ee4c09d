//! Which way is best, by the labelled clips alone: each is judged by what was learned without it.

use super::examples::Examples;
use super::{Inside, Way, learn};
use crate::card::Card;
use crate::error::Error;
use crate::metric::{auc, highest};
use crate::model::{Model, Reading};
use fastrand::Rng;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Parts that the clips are cut into at most; each is left out once.
const FOLDS: usize = 4;

/// What a way said of a clip that it was not given.
struct Told {
    clip: usize,
    reading: Reading,
    /// How far it lies from the prototype of its own movement ([`Model::distance`]).
    distance: f64,
}

/// What each way reaches on clips that it was not given, and how far those of each movement lie
/// from its prototype ([`Card::reach`]); empty if some kind has a single clip.
pub(super) fn inside(
    base: &Model,
    examples: &Examples,
    seed: u64,
) -> Result<Vec<(Inside, Vec<f64>)>, Error> {
    let parts = parts(examples, seed);
    let folds = parts.iter().max().map_or(0, |last| last + 1);
    if folds < 2 {
        return Ok(Vec::new());
    }
    let jobs: Vec<(Way, usize)> =
        Way::ALL.into_iter().flat_map(|way| (0..folds).map(move |fold| (way, fold))).collect();
    let told = jobs
        .into_par_iter()
        .map(|(way, fold)| {
            let (out, kept): (Vec<usize>, Vec<usize>) =
                (0..parts.len()).partition(|&clip| parts[clip] == fold);
            let card = Card { movements: examples.movements.to_vec(), ..Card::default() };
            let model = learn(way, base, &examples.pick(&kept), seed, card)?;
            let motions: Vec<_> = out.iter().map(|&clip| &examples.clips[clip].motion).collect();
            let told = |(clip, reading): (usize, Reading)| {
                let distance = model.distance(&reading, examples.classes[clip]);
                Told { clip, reading, distance }
            };
            Ok((
                way,
                out.into_iter().zip(model.read_motions(&motions)).map(told).collect::<Vec<_>>(),
            ))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let reached = |way: Way| {
        let told: Vec<&Told> =
            told.iter().filter(|(own, _)| *own == way).flat_map(|(_, told)| told).collect();
        (Inside { way, reached: score(examples, &told) }, reach(examples, &told))
    };
    Ok(Way::ALL.into_iter().map(reached).collect())
}

/// For each movement the distance within which 95 % of its clips lie, of up to 20 all.
fn reach(examples: &Examples, told: &[&Told]) -> Vec<f64> {
    let of = |movement: usize| {
        let own = told.iter().filter(|told| examples.classes[told.clip] == movement);
        let mut distances: Vec<f64> = own.map(|told| told.distance).collect();
        distances.sort_by(f64::total_cmp);
        let most = (distances.len() * 19).div_ceil(20);
        distances.get(most.saturating_sub(1)).copied().unwrap_or(0.0)
    };
    (0..examples.movements.len()).map(of).collect()
}

/// How many standard errors another way must be ahead of the committee: by chance the best of three
/// others that are no better is so far ahead once in twenty times.
const AHEAD: f64 = 3.0;

/// The way to take, after `clips` labelled clips were each judged by others. The committee, which
/// does best on athletes never seen (docs/results/transfer.md), is left only for a way that reached
/// more beyond chance: on ten clips the best of four is mostly the luckiest. Of one clip of a kind,
/// which leaves nothing to compare, it makes the most as well.
pub(super) fn choose(inside: &[Inside], clips: usize) -> Way {
    let Some(usual) = inside.iter().find(|own| own.way == Way::Committee) else {
        return Way::Committee;
    };
    let least = usual.reached + AHEAD * standard_error(usual.reached, clips);
    let better = inside.iter().filter(|own| own.reached > least);
    // Of equals the first, which is the simplest.
    better.min_by(|a, b| b.reached.total_cmp(&a.reached)).map_or(usual.way, |best| best.way)
}

/// The standard error of a share of some clips, which that of an area under the ROC curve is near
/// to; one clip of either kind is added, so that it is not 0 where all are right.
fn standard_error(share: f64, clips: usize) -> f64 {
    let n = clips as f64 + 2.0;
    let share = (share * clips as f64 + 1.0) / n;
    (share * (1.0 - share) / n).sqrt()
}

/// The part of each clip: by athlete, if what is left without any part still has clips of every
/// kind; else every part has clips of every kind. All are 0 if a kind has a single clip.
pub(super) fn parts(examples: &Examples, seed: u64) -> Vec<usize> {
    let mut rng = Rng::with_seed(seed ^ 0xf01d);
    let kinds = groups(
        examples
            .classes
            .iter()
            .zip(&examples.clips)
            .map(|(class, clip)| (class, clip.is_correct())),
    );
    let by_athlete =
        spread(vec![groups(examples.clips.iter().map(|clip| &clip.athlete))], &mut rng);
    let left = |kind: &Vec<usize>| kind.iter().any(|&clip| by_athlete[clip] != by_athlete[kind[0]]);
    if kinds.iter().all(left) {
        return by_athlete;
    }
    let alone = |kind: Vec<usize>| kind.into_iter().map(|clip| vec![clip]).collect();
    spread(kinds.into_iter().map(alone).collect(), &mut rng)
}

/// The places of equal things, in the order of the things.
fn groups<T: Ord>(things: impl Iterator<Item = T>) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<T, Vec<usize>> = BTreeMap::new();
    things.enumerate().for_each(|(place, thing)| groups.entry(thing).or_default().push(place));
    groups.into_values().collect()
}

/// Spreads clips over as many parts as the smallest kind allows, at most [`FOLDS`]. Kinds are
/// `[kind][unit][clip]`: clips of a unit stay together, units of a kind are spread evenly.
fn spread(kinds: Vec<Vec<Vec<usize>>>, rng: &mut Rng) -> Vec<usize> {
    let folds = kinds.iter().map(Vec::len).min().unwrap_or(1).clamp(1, FOLDS);
    let mut parts = vec![0; kinds.iter().flatten().map(Vec::len).sum()];
    for mut units in kinds {
        rng.shuffle(&mut units);
        units
            .iter()
            .enumerate()
            .for_each(|(place, unit)| unit.iter().for_each(|&clip| parts[clip] = place % folds));
    }
    parts
}

/// How good it was: the mean AUC over the movements that are judged, the share of clips that were
/// recognised if there are several movements, or the mean of both.
fn score(examples: &Examples, told: &[&Told]) -> f64 {
    let mut scores = Vec::new();
    let aucs: Vec<f64> = examples
        .judged()
        .iter()
        .enumerate()
        .filter(|(_, judged)| !judged.is_empty())
        .map(|(movement, _)| {
            let own = told.iter().filter(|told| examples.classes[told.clip] == movement);
            let labelled = own.filter_map(|told| {
                Some((told.reading.leaning[movement], examples.clips[told.clip].is_correct()?))
            });
            let (scores, labels): (Vec<f32>, Vec<bool>) = labelled.unzip();
            auc(&scores, &labels)
        })
        .filter(|auc| auc.is_finite())
        .collect();
    if !aucs.is_empty() {
        scores.push(aucs.iter().sum::<f64>() / aucs.len() as f64);
    }
    if examples.movements.len() > 1 && !told.is_empty() {
        let right = told
            .iter()
            .filter(|told| highest(&told.reading.movement) == Some(examples.classes[told.clip]))
            .count();
        scores.push(right as f64 / told.len() as f64);
    }
    scores.iter().sum::<f64>() / scores.len().max(1) as f64
}
