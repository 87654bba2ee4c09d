//! Chooses the adaptation method by cross-validation on the labelled clips alone.

use super::examples::EmbeddedExamples;
use super::{AdaptMethod, MethodScore, learn_model};
use agoge_model::card::Card;
use agoge_model::error::ModelError;
use agoge_model::metric::{index_of_highest, roc_auc};
use agoge_model::model::{Model, Reading};
use fastrand::Rng;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Maximum number of folds; each is held out once.
const FOLDS: usize = 4;

/// What an adapted model predicted for a held-out clip.
struct HeldOutReading {
    clip: usize,
    reading: Reading,
    /// Distance to the prototype of the clip's movement ([`Model::distance`]).
    distance: f64,
}

/// The score of each adaptation method on held-out clips, and the distance from each movement's
/// prototype that holds 95 % of them ([`Card::reach`]); empty if some class has a single clip.
pub(super) fn score_methods(
    base: &Model,
    examples: &EmbeddedExamples,
    seed: u64,
) -> Result<Vec<(MethodScore, Vec<f64>)>, ModelError> {
    let parts = assign_folds(examples, seed);
    let folds = parts.iter().max().map_or(0, |last| last + 1);
    if folds < 2 {
        return Ok(Vec::new());
    }
    let jobs: Vec<(AdaptMethod, usize)> = AdaptMethod::ALL
        .into_iter()
        .flat_map(|way| (0..folds).map(move |fold| (way, fold)))
        .collect();
    let held_out = jobs
        .into_par_iter()
        .map(|(way, fold)| {
            let (test, training): (Vec<usize>, Vec<usize>) =
                (0..parts.len()).partition(|&clip| parts[clip] == fold);
            let card = Card { movements: examples.movements.to_vec(), ..Card::default() };
            let model = learn_model(way, base, &examples.select_clips(&training), seed, card)?;
            let motions: Vec<_> = test.iter().map(|&clip| &examples.clips[clip].motion).collect();
            let to_held_out = |(clip, reading): (usize, Reading)| {
                let distance = model.prototype_distance(&reading, examples.classes[clip]);
                HeldOutReading { clip, reading, distance }
            };
            Ok((
                way,
                test.into_iter()
                    .zip(model.read_motions(&motions))
                    .map(to_held_out)
                    .collect::<Vec<_>>(),
            ))
        })
        .collect::<Result<Vec<_>, ModelError>>()?;
    let score_way = |way: AdaptMethod| {
        let readings: Vec<&HeldOutReading> = held_out
            .iter()
            .filter(|(held_out_way, _)| *held_out_way == way)
            .flat_map(|(_, readings)| readings)
            .collect();
        (
            MethodScore { way, reached: held_out_score(examples, &readings) },
            prototype_radii(examples, &readings),
        )
    };
    Ok(AdaptMethod::ALL.into_iter().map(score_way).collect())
}

/// For each movement, the distance within which 95 % of its clips lie; with up to 20 clips, the
/// largest.
fn prototype_radii(examples: &EmbeddedExamples, readings: &[&HeldOutReading]) -> Vec<f64> {
    let radius = |movement: usize| {
        let of_movement =
            readings.iter().filter(|held_out| examples.classes[held_out.clip] == movement);
        let mut distances: Vec<f64> = of_movement.map(|held_out| held_out.distance).collect();
        distances.sort_by(f64::total_cmp);
        let most = (distances.len() * 19).div_ceil(20);
        distances.get(most.saturating_sub(1)).copied().unwrap_or(0.0)
    };
    (0..examples.movements.len()).map(radius).collect()
}

/// How many standard errors another method must be ahead of the committee: the best of three
/// methods that are no better is that far ahead by chance once in twenty times.
const REQUIRED_LEAD: f64 = 3.0;

/// Chooses the method after cross-validation on `clips` labelled clips. The committee does best on
/// unseen athletes (docs/results/transfer.md), so another method replaces it only if it is ahead by
/// more than chance: on ten clips the best of four is mostly the luckiest. The committee is also
/// best with one clip per class, where nothing can be compared.
pub(super) fn choose_method(inside: &[MethodScore], clips: usize) -> AdaptMethod {
    let Some(usual) = inside.iter().find(|score| score.way == AdaptMethod::Committee) else {
        return AdaptMethod::Committee;
    };
    let least = usual.reached + REQUIRED_LEAD * standard_error(usual.reached, clips);
    let better = inside.iter().filter(|score| score.reached > least);
    // `min_by` returns the first of equals, which is the simplest.
    better.min_by(|a, b| b.reached.total_cmp(&a.reached)).map_or(usual.way, |best| best.way)
}

/// The standard error of a proportion of some clips, which is close to that of an AUC. One clip of
/// either outcome is added, so that the error is not 0 when all are right.
fn standard_error(share: f64, clips: usize) -> f64 {
    let n = clips as f64 + 2.0;
    let share = (share * clips as f64 + 1.0) / n;
    (share * (1.0 - share) / n).sqrt()
}

/// The fold of each clip. Folds are split by athlete if every class still has clips outside each
/// fold; otherwise clip by clip, with every class in every fold. All are 0 if a class has a single
/// clip.
pub(super) fn assign_folds(examples: &EmbeddedExamples, seed: u64) -> Vec<usize> {
    let mut rng = Rng::with_seed(seed ^ 0xf01d);
    let kinds = group_indices(
        examples
            .classes
            .iter()
            .zip(&examples.clips)
            .map(|(class, clip)| (class, clip.is_correct())),
    );
    let by_athlete = spread_over_folds(
        vec![group_indices(examples.clips.iter().map(|clip| &clip.athlete))],
        &mut rng,
    );
    let survives_holdout =
        |kind: &Vec<usize>| kind.iter().any(|&clip| by_athlete[clip] != by_athlete[kind[0]]);
    if kinds.iter().all(survives_holdout) {
        return by_athlete;
    }
    let alone = |kind: Vec<usize>| kind.into_iter().map(|clip| vec![clip]).collect();
    spread_over_folds(kinds.into_iter().map(alone).collect(), &mut rng)
}

/// The indices of equal items, grouped and in ascending order of the items.
fn group_indices<T: Ord>(items: impl Iterator<Item = T>) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<T, Vec<usize>> = BTreeMap::new();
    items.enumerate().for_each(|(place, item)| groups.entry(item).or_default().push(place));
    groups.into_values().collect()
}

/// Spreads clips over as many folds as the smallest class allows, at most [`FOLDS`]. Indexed
/// `[class][unit][clip]`: the clips of a unit stay together, and the units of a class are spread
/// evenly.
fn spread_over_folds(kinds: Vec<Vec<Vec<usize>>>, rng: &mut Rng) -> Vec<usize> {
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

/// The quality of the predictions: the mean AUC over the movements with labels, the share of clips
/// recognised if there are several movements, or the mean of the two.
fn held_out_score(examples: &EmbeddedExamples, readings: &[&HeldOutReading]) -> f64 {
    let mut scores = Vec::new();
    let aucs: Vec<f64> = examples
        .labelled_clips()
        .iter()
        .enumerate()
        .filter(|(_, judged)| !judged.is_empty())
        .map(|(movement, _)| {
            let of_movement =
                readings.iter().filter(|held_out| examples.classes[held_out.clip] == movement);
            let labelled = of_movement.filter_map(|held_out| {
                Some((
                    held_out.reading.quality_logit[movement],
                    examples.clips[held_out.clip].is_correct()?,
                ))
            });
            let (scores, labels): (Vec<f32>, Vec<bool>) = labelled.unzip();
            roc_auc(&scores, &labels)
        })
        .filter(|auc| auc.is_finite())
        .collect();
    if !aucs.is_empty() {
        scores.push(aucs.iter().sum::<f64>() / aucs.len() as f64);
    }
    if examples.movements.len() > 1 && !readings.is_empty() {
        let recognised = readings
            .iter()
            .filter(|held_out| {
                index_of_highest(&held_out.reading.movement)
                    == Some(examples.classes[held_out.clip])
            })
            .count();
        scores.push(recognised as f64 / readings.len() as f64);
    }
    scores.iter().sum::<f64>() / scores.len().max(1) as f64
}
