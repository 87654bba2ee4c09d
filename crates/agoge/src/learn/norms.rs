//! Norms of a squad, and how often explanations by them name what is described to be wrong.

use crate::explain::cycles;
use crate::{Error, Models, Options, Reference, analyze, explain};
use agoge_attention::metric::auc;
use agoge_coach::explain::{ASPECTS, Aspect, Cycle, Norm};
use agoge_formats::dataset::{self, Dataset};
use agoge_formats::{Manifest, Row};
use agoge_motion::{Part, Recording, Side, segments::JOINTS};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A recording's repetitions, and whose they are.
struct Shown {
    athlete: String,
    movement: String,
    cycles: Vec<Cycle>,
}

/// What is usual for each movement of a manifest: mean and spread of the repetitions that are not
/// labelled incorrect. Recordings in which no repetition is found are left out.
///
/// # Errors
/// If the manifest or a recording cannot be read.
pub fn norms(manifest: &Path, source: &str) -> Result<Vec<Norm>, Error> {
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let rows: Vec<Row> = Manifest::read(manifest)?
        .rows
        .into_iter()
        .filter(|row| row.is_correct() != Some(false))
        .collect();
    let shown = rows
        .into_par_iter()
        .map(|row| {
            let recording = agoge_formats::read(
                &folder.join(&row.file),
                &agoge_formats::ReadOptions::default(),
            )?;
            shown(&row, &recording)
        })
        .collect::<Result<Vec<Shown>, Error>>()?;
    Ok(of(&shown, source, |_| true))
}

fn shown(row: &Row, recording: &Recording) -> Result<Shown, Error> {
    let options = Options { movement: row.movement.clone(), ..Options::default() };
    Ok(Shown {
        athlete: row.athlete.clone(),
        movement: row.movement.clone(),
        cycles: cycles(recording, &options)?,
    })
}

/// The norm of each movement from the athletes that `keep` accepts.
fn of(shown: &[Shown], source: &str, keep: impl Fn(&str) -> bool) -> Vec<Norm> {
    let movements: BTreeSet<&str> = shown.iter().map(|own| own.movement.as_str()).collect();
    let norm = |movement: &&str| {
        let own: Vec<&Shown> = shown
            .iter()
            .filter(|own| own.movement == *movement && keep(&own.athlete) && !own.cycles.is_empty())
            .collect();
        let athletes: BTreeSet<&str> = own.iter().map(|own| own.athlete.as_str()).collect();
        let all: Vec<Cycle> = own.iter().flat_map(|own| own.cycles.iter().cloned()).collect();
        let source = format!("{source} ({} repetitions of {} athletes)", all.len(), athletes.len());
        Some(Norm::new(&source, movement, athletes.len(), &all)?.rounded())
    };
    movements.iter().filter_map(norm).collect()
}

/// What was done wrong in the incorrect repetitions of UI-PRMD, as joints without their sides
/// (after Vakanski et al. 2018: the parts of the body that are described; docs/EXPLANATIONS.md has
/// the words).
const DESCRIBED: [(&str, &[Part]); 10] = [
    ("deep_squat", &[Part::Chest, Part::LeftHip, Part::LeftKnee, Part::Pelvis]),
    ("hurdle_step", &[Part::Chest, Part::LeftHip]),
    ("inline_lunge", &[Part::Chest, Part::LeftKnee, Part::LeftHip]),
    ("side_lunge", &[Part::LeftKnee, Part::Pelvis, Part::Chest]),
    ("sit_to_stand", &[Part::Chest, Part::Pelvis, Part::LeftKnee, Part::LeftShoulder]),
    ("straight_leg_raise", &[Part::LeftKnee, Part::LeftHip, Part::Chest]),
    ("shoulder_abduction", &[Part::Chest, Part::Neck, Part::LeftShoulder]),
    ("shoulder_extension", &[Part::Chest, Part::LeftShoulder]),
    ("shoulder_rotation", &[Part::LeftElbow, Part::LeftShoulder]),
    ("shoulder_scaption", &[Part::Chest, Part::LeftShoulder]),
];

/// How often the first finding names a described part.
#[derive(Clone, Debug, Serialize)]
pub struct Described {
    /// Each movement.
    pub movements: Vec<ByMovement>,
    /// Mean over the movements.
    pub hit: f64,
    /// The same where something is shown.
    pub hit_where_shown: f64,
    /// What a joint at random would have.
    pub chance: f64,
    /// Share of correct repetitions in which something is shown too.
    pub shown_on_correct: f64,
    /// How well each sub-score tells correct from incorrect repetitions: AUC, mean over the
    /// movements.
    pub aspects: Vec<(String, f64)>,
}

/// One movement.
#[derive(Clone, Debug, Serialize)]
pub struct ByMovement {
    /// Its name.
    pub movement: String,
    /// How many incorrect repetitions were found.
    pub repetitions: usize,
    /// Share whose first finding names a described part; where nothing is shown it is none.
    pub hit: f64,
    /// Share in which something is shown.
    pub shown: f64,
    /// Share of correct repetitions in which something is shown.
    pub shown_on_correct: f64,
    /// What a joint at random would have.
    pub chance: f64,
    /// What is named most often that is not described, and how often.
    pub instead: String,
}

/// Explains every repetition of UI-PRMD by the norm of the other athletes' correct ones and the
/// limits of the definitions; the model that comes with Agoge knows these athletes and is not
/// asked.
///
/// # Errors
/// If the set cannot be read.
pub fn described(
    kind: Dataset,
    source: &Path,
    tell: &(dyn Fn(usize, usize) + Sync),
) -> Result<Described, Error> {
    let mut items = Vec::new();
    dataset::read(kind, source, &mut |item, _| {
        items.push(item);
        Ok(())
    })?;
    let correct = items
        .par_iter()
        .filter(|item| item.row.is_correct() == Some(true))
        .map(|item| shown(&item.row, &item.recording))
        .collect::<Result<Vec<Shown>, Error>>()?;
    let athletes: BTreeSet<&str> = items.iter().map(|item| item.row.athlete.as_str()).collect();
    let norms: BTreeMap<&str, Vec<Norm>> = athletes
        .iter()
        .map(|&athlete| {
            (athlete, of(&correct, "correct repetitions of other athletes", |own| own != athlete))
        })
        .collect();
    let models = Models::without_model();
    let done = std::sync::atomic::AtomicUsize::new(0);
    // The first change of each repetition; none if nothing is shown.
    let said = items
        .par_iter()
        .map(|item| {
            let row = &item.row;
            let options = Options { movement: row.movement.clone(), ..Options::default() };
            let analyzed = analyze(&item.recording, None, &models, &options)?;
            let norm =
                norms[row.athlete.as_str()].iter().find(|norm| norm.movement == row.movement);
            let reference =
                norm.map_or(Reference::Usual, |norm| Reference::Norm(Box::new(norm.clone())));
            let why = explain(&analyzed, &reference, &models, &options)?;
            let first = match &why {
                Some(explanation) => explanation.changes.first().map(|change| change.joint),
                None => analyzed.analysis.findings.first().map(|finding| finding.part),
            };
            let aspects = why.map_or_else(Vec::new, |why| why.aspects);
            tell(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, items.len());
            Ok((
                row.movement.as_str(),
                row.is_correct() == Some(true),
                first.map(|part| part.on(Side::Left)),
                aspects,
            ))
        })
        .collect::<Result<Vec<(&str, bool, Option<Part>, Vec<Aspect>)>, Error>>()?;
    let share = |some: usize, of: usize| some as f64 / of.max(1) as f64;
    let movements: Vec<ByMovement> = DESCRIBED
        .iter()
        .map(|(movement, parts)| {
            let own = |correct: bool| {
                said.iter().filter(move |said| said.0 == *movement && said.1 == correct)
            };
            let repetitions = own(false).count();
            let hits =
                own(false).filter(|said| said.2.is_some_and(|part| parts.contains(&part))).count();
            let shown = |correct: bool| {
                share(own(correct).filter(|said| said.2.is_some()).count(), own(correct).count())
            };
            let mut instead: BTreeMap<&str, usize> = BTreeMap::new();
            for part in own(false).filter_map(|said| said.2).filter(|part| !parts.contains(part)) {
                *instead.entry(part.name()).or_default() += 1;
            }
            let most = instead.iter().max_by_key(|(_, times)| **times);
            let likely =
                JOINTS.iter().filter(|joint| parts.contains(&joint.on(Side::Left))).count();
            ByMovement {
                movement: (*movement).to_owned(),
                repetitions,
                hit: share(hits, repetitions),
                shown: shown(false),
                shown_on_correct: shown(true),
                chance: share(likely, JOINTS.len()),
                instead: most.map_or_else(String::new, |(part, times)| {
                    format!("{} ({times})", part.replace("left_", ""))
                }),
            }
        })
        .collect();
    let aspects = ASPECTS.iter().map(|name| {
        let by_movement = DESCRIBED.iter().map(|(movement, _)| {
            let known = said.iter().filter(|said| said.0 == *movement).filter_map(|said| {
                let aspect = said.3.iter().find(|aspect| aspect.name == *name)?;
                Some((aspect.percentile as f32, said.1))
            });
            let (values, correct): (Vec<f32>, Vec<bool>) = known.unzip();
            auc(&values, &correct)
        });
        ((*name).to_owned(), agoge_kinematics::normalise::mean(&by_movement.collect::<Vec<_>>()))
    });
    let aspects = aspects.collect();
    let mean =
        |of: fn(&ByMovement) -> f64| movements.iter().map(of).sum::<f64>() / movements.len() as f64;
    Ok(Described {
        hit: mean(|own| own.hit),
        hit_where_shown: mean(|own| own.hit) / mean(|own| own.shown),
        chance: mean(|own| own.chance),
        shown_on_correct: mean(|own| own.shown_on_correct),
        aspects,
        movements,
    })
}
