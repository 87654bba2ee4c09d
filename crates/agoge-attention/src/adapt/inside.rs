//! Which way is best, by the labelled clips alone: each is judged by what was learned without it.

use super::examples::Examples;
use super::{Inside, Way, learn};
use crate::card::Card;
use crate::error::Error;
use crate::metric::{auc, highest};
use crate::model::{Model, Reading};
use fastrand::Rng;
use rayon::prelude::*;

/// Parts that the clips are cut into at most; each is left out once.
const FOLDS: usize = 4;

/// What each way reaches on clips that it was not given; empty if some kind has a single clip.
pub(super) fn inside(base: &Model, examples: &Examples, seed: u64) -> Result<Vec<Inside>, Error> {
    let parts = parts(examples, seed);
    let folds = parts.iter().max().map_or(0, |last| last + 1);
    if folds < 2 {
        return Ok(Vec::new());
    }
    let ways: Vec<Way> = Way::ALL.into_iter().filter(|way| examples.is_judged() || *way != Way::Committee).collect();
    let jobs: Vec<(Way, usize)> = ways.iter().flat_map(|&way| (0..folds).map(move |fold| (way, fold))).collect();
    let read = jobs
        .into_par_iter()
        .map(|(way, fold)| {
            let (out, kept): (Vec<usize>, Vec<usize>) = (0..parts.len()).partition(|&clip| parts[clip] == fold);
            let card = Card { movements: examples.movements.to_vec(), ..Card::default() };
            let model = learn(way, base, &examples.pick(&kept), seed, card)?;
            let motions: Vec<_> = out.iter().map(|&clip| &examples.clips[clip].motion).collect();
            Ok((way, out.into_iter().zip(model.read_motions(&motions)).collect::<Vec<_>>()))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let reached = |way: Way| {
        let said: Vec<&(usize, Reading)> =
            read.iter().filter(|(own, _)| *own == way).flat_map(|(_, said)| said).collect();
        Inside { way, reached: score(examples, &said) }
    };
    Ok(ways.into_iter().map(reached).collect())
}

/// The way to take, after `clips` labelled clips were each judged by others. The committee, which does best on athletes never seen where there is much to learn from
/// (docs/results/skill.md), is left only for a way that reached more by over a standard error: on ten clips the best of four is mostly the luckiest. Where it took no part the
/// way that reached most; of equals, and without any, the simplest.
pub(super) fn choose(inside: &[Inside], clips: usize) -> Way {
    let better = |best: Option<Inside>, next: &Inside| match best {
        Some(best) if next.reached <= best.reached => Some(best),
        _ => Some(*next),
    };
    let best = inside.iter().fold(None, better);
    let usual = inside.iter().find(|own| own.way == Way::Committee);
    match (best, usual) {
        (Some(best), Some(usual)) if best.reached <= usual.reached + standard_error(usual.reached, clips) => usual.way,
        (Some(best), _) => best.way,
        (None, _) => Way::Prototype,
    }
}

/// The standard error of a share of some clips, which that of an area under the ROC curve is near to; one clip of either kind is added, so that it is not 0 where all are right.
fn standard_error(share: f64, clips: usize) -> f64 {
    let n = clips as f64 + 2.0;
    let share = (share * clips as f64 + 1.0) / n;
    (share * (1.0 - share) / n).sqrt()
}

/// The part of each clip; every part has clips of every kind. All are 0 if a kind has a single clip.
fn parts(examples: &Examples, seed: u64) -> Vec<usize> {
    let mut rng = Rng::with_seed(seed ^ 0xf01d);
    let kind = |clip: usize| (examples.classes[clip], examples.clips[clip].is_correct());
    let mut kinds: Vec<_> = (0..examples.clips.len()).map(kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let members: Vec<Vec<usize>> = kinds
        .iter()
        .map(|own| {
            let mut members: Vec<usize> = (0..examples.clips.len()).filter(|&clip| kind(clip) == *own).collect();
            rng.shuffle(&mut members);
            members
        })
        .collect();
    let folds = members.iter().map(Vec::len).min().unwrap_or(1).clamp(1, FOLDS);
    let mut parts = vec![0; examples.clips.len()];
    for members in &members {
        members.iter().enumerate().for_each(|(place, &clip)| parts[clip] = place % folds);
    }
    parts
}

/// How good it was: the mean AUC over the movements that are judged, the share of clips that were recognised if there are several movements, or the mean of both.
fn score(examples: &Examples, said: &[&(usize, Reading)]) -> f64 {
    let mut scores = Vec::new();
    let aucs: Vec<f64> = examples
        .judged()
        .iter()
        .enumerate()
        .filter(|(_, judged)| !judged.is_empty())
        .map(|(movement, _)| {
            let own = said.iter().filter(|(clip, _)| examples.classes[*clip] == movement);
            let labelled = own
                .filter_map(|(clip, reading)| Some((reading.leaning[movement], examples.clips[*clip].is_correct()?)));
            let (scores, labels): (Vec<f32>, Vec<bool>) = labelled.unzip();
            auc(&scores, &labels)
        })
        .filter(|auc| auc.is_finite())
        .collect();
    if !aucs.is_empty() {
        scores.push(aucs.iter().sum::<f64>() / aucs.len() as f64);
    }
    if examples.movements.len() > 1 && !said.is_empty() {
        let right =
            said.iter().filter(|(clip, reading)| highest(&reading.movement) == Some(examples.classes[*clip])).count();
        scores.push(right as f64 / said.len() as f64);
    }
    scores.iter().sum::<f64>() / scores.len().max(1) as f64
}
