//! How often explanations name a fault that was planted: simulated athletes with one known fault
//! each, and clean ones, by every method beside chance and a network that has learned nothing.

use crate::explain::ways;
use crate::{Error, Models, Options, Reference, analyze, explain};
use agoge_coach::explain::{Change, Control, Place as Named};
use agoge_motion::simulate::{Corruption, Exercise, Fault, FaultKind, Set};
use agoge_motion::{Part, Recording, Side};
use fastrand::Rng;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Planted {
    /// How many athletes with each kind of fault.
    pub seeds: u64,
    /// Each kind of fault: how often the first change that is shown names its joint and phase, and
    /// how often also mainly its repetitions.
    pub kinds: Vec<ByKind>,
    /// Over all kinds, and the standard error over the seeds.
    pub hit: (f64, f64),
    /// The same with the repetitions.
    pub hit_with_repetitions: f64,
    /// Share of sets whose first shown change is the same when they are recorded anew: with other
    /// noise, and at 50 instead of 30 frames a second.
    pub stable: f64,
    /// Share of clean sets in which something is shown.
    pub false_findings: f64,
    /// Share of clean sets in which a gain is shown.
    pub false_gains: f64,
    /// Methods on squats judged by the model, the product's first, then its controls.
    pub methods: Vec<Control>,
    /// What `models/planted.json` holds: each way to explain with its controls.
    pub controls: Vec<(String, Vec<Control>)>,
}

/// One kind of fault.
#[derive(Clone, Debug, Serialize)]
pub struct ByKind {
    /// The kind.
    pub kind: String,
    /// Share of athletes whose first shown change names joint and phase.
    pub hit: f64,
    /// Share in which it also names mainly the right repetitions.
    pub with_repetitions: f64,
    /// What was shown instead most often.
    pub instead: String,
}

/// The kinds of faults and the exercises in which they are planted.
const KINDS: [(FaultKind, &[Exercise], [f64; 2]); 10] = [
    (FaultKind::KneeInwardDown, &[Exercise::Squat], [12.0, 25.0]),
    (FaultKind::KneeInwardUp, &[Exercise::Squat], [12.0, 25.0]),
    (
        FaultKind::Shallow,
        &[Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl],
        [22.0, 40.0],
    ),
    (FaultKind::Asymmetry, &[Exercise::Squat, Exercise::OverheadReach], [14.0, 28.0]),
    (FaultKind::JerkyReturn, &[Exercise::Squat, Exercise::OverheadReach], [0.12, 0.20]),
    (FaultKind::TrunkForward, &[Exercise::Squat], [15.0, 30.0]),
    (FaultKind::TrunkSideways, &[Exercise::Squat], [10.0, 20.0]),
    (FaultKind::HeelUp, &[Exercise::Squat], [0.05, 0.10]),
    (FaultKind::ElbowBent, &[Exercise::OverheadReach], [25.0, 50.0]),
    (FaultKind::FastDown, &[Exercise::Squat], [0.3, 0.5]),
];

/// So many athletes of each kind are recorded twice.
const RECORDED_ANEW: u64 = 50;

/// Repetitions of a set.
const REPETITIONS: usize = 8;

/// Where a fault is: the joints that may be named for it, and whether the first phase and the last
/// are among its phases.
struct Place {
    joints: Vec<Part>,
    first: bool,
    last: bool,
    repetitions: Vec<usize>,
}

impl Place {
    fn of(fault: &Fault, exercise: Exercise) -> Place {
        let sides = |part: Part| match fault.side {
            Some(side) => vec![part.on(side)],
            None => Side::BOTH.map(|side| part.on(side)).to_vec(),
        };
        let main = match exercise {
            Exercise::Squat => Part::LeftKnee,
            Exercise::OverheadReach => Part::LeftShoulder,
            Exercise::BicepsCurl => Part::LeftElbow,
        };
        let (joints, first, last) = match fault.kind {
            FaultKind::KneeInwardDown => (sides(Part::LeftKnee), true, false),
            FaultKind::KneeInwardUp => (sides(Part::LeftKnee), false, true),
            // In a squat depth is of hips and knees together; the definition speaks of it at the
            // pelvis.
            FaultKind::Shallow if exercise == Exercise::Squat => (
                vec![Part::LeftKnee, Part::RightKnee, Part::LeftHip, Part::RightHip, Part::Pelvis],
                true,
                true,
            ),
            FaultKind::Asymmetry if exercise == Exercise::Squat => {
                ([sides(Part::LeftKnee), sides(Part::LeftHip)].concat(), true, true)
            }
            FaultKind::Shallow | FaultKind::Fatigue | FaultKind::Asymmetry => {
                (sides(main), true, true)
            }
            // The whole body halts: any joint that moves, and the pelvis whose path shows it.
            FaultKind::JerkyReturn if exercise == Exercise::Squat => (
                vec![Part::Pelvis, Part::LeftKnee, Part::RightKnee, Part::LeftHip, Part::RightHip],
                false,
                true,
            ),
            FaultKind::JerkyReturn => (
                vec![
                    Part::Pelvis,
                    Part::LeftShoulder,
                    Part::RightShoulder,
                    Part::LeftWrist,
                    Part::RightWrist,
                ],
                false,
                true,
            ),
            FaultKind::TrunkForward | FaultKind::TrunkSideways => (vec![Part::Chest], true, true),
            FaultKind::HeelUp => (sides(Part::LeftAnkle), true, true),
            FaultKind::ElbowBent => (sides(Part::LeftElbow), true, true),
            FaultKind::FastDown => (
                vec![Part::Pelvis, Part::LeftKnee, Part::RightKnee, Part::LeftHip, Part::RightHip],
                true,
                false,
            ),
        };
        let repetitions = fault.repetitions.clone().collect();
        Place { joints, first, last, repetitions }
    }

    /// Whether a joint in a phase (of so many; none: in all) is the place. What is told of the
    /// whole repetition names a phase only if the fault is in all.
    fn is(&self, joint: Part, phase: Option<usize>, of: usize) -> bool {
        let phase = match phase {
            None => self.first && self.last,
            Some(0) => self.first,
            Some(last) if last + 1 == of => self.last,
            // Between the two ways: what is wrong at the turn.
            Some(_) => self.first && self.last,
        };
        phase && self.joints.contains(&joint)
    }

    fn is_mainly_in(&self, repetitions: &[usize]) -> bool {
        let both = repetitions.iter().filter(|number| self.repetitions.contains(number)).count();
        2 * both > repetitions.len().max(self.repetitions.len())
    }
}

/// An athlete as no other: height, tempo, facing and a style of their own (a trunk that leans a
/// little, a depth that differs a little).
fn athlete(exercise: Exercise, rng: &mut Rng) -> Set {
    let normal = |rng: &mut Rng| (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
    let mut style = |kind, sd: f64| Fault {
        kind,
        side: None,
        repetitions: 1..=REPETITIONS,
        size: sd * normal(rng),
    };
    let mut faults = vec![style(FaultKind::Shallow, 3.0)];
    if exercise == Exercise::Squat {
        faults.push(style(FaultKind::TrunkForward, 2.0));
    }
    Set {
        repetitions: REPETITIONS,
        height_m: 1.55 + 0.4 * rng.f64(),
        facing_deg: 360.0 * rng.f64(),
        rate_hz: 30.0,
        tempo_s: [1.0 + 0.5 * rng.f64(), 0.9 + 0.5 * rng.f64()],
        variation_deg: 1.5,
        seed: rng.u64(..),
        faults,
        ..Set::new(exercise)
    }
}

/// As a good markerless system records it.
fn recorded(set: &Set, seed: u64) -> Recording {
    let mut recording = set.simulate().recording;
    Corruption { noise: 0.004, dropout: 0.01, swaps: 0.0, outliers: 0.0, seed }
        .apply(&mut recording);
    recording
}

fn movement(exercise: Exercise) -> &'static str {
    match exercise {
        Exercise::Squat => "squat",
        Exercise::OverheadReach => "overhead_reach",
        Exercise::BicepsCurl => "biceps_curl",
    }
}

/// One set and what was said of it.
struct Said {
    kind: usize,
    seed: u64,
    hit: bool,
    with_repetitions: bool,
    shown: Option<String>,
    stable: Option<bool>,
    methods: Vec<(String, bool)>,
}

/// Plants every kind of fault in `seeds` athletes, and none in as many for each exercise;
/// `by_model` also asks every method that looks into the model (squats, as deep squats).
///
/// # Errors
/// As [`analyze`]; none in practice.
pub fn planted(
    seeds: u64,
    by_model: bool,
    tell: &(dyn Fn(usize, usize) + Sync),
) -> Result<Planted, Error> {
    let models = Models::without_model();
    let trained = Models::bundled().model.as_ref().filter(|_| by_model);
    let networks = trained.map(|model| (model, model.untrained(1)));
    let jobs: Vec<(usize, u64)> =
        (0..KINDS.len()).flat_map(|kind| (0..seeds).map(move |seed| (kind, seed))).collect();
    let clean: Vec<(Exercise, u64)> =
        [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl]
            .into_iter()
            .flat_map(|exercise| (0..seeds).map(move |seed| (exercise, seed)))
            .collect();
    let (done, all) = (std::sync::atomic::AtomicUsize::new(0), jobs.len() + clean.len());
    let count = || tell(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, all);

    let said: Vec<Said> = jobs
        .par_iter()
        .map(|&(kind, seed)| {
            let (which, exercises, [least, most]) = KINDS[kind];
            let mut rng = Rng::with_seed(7919 * (seed + 1) + kind as u64);
            let exercise = exercises[seed as usize % exercises.len()];
            let mut set = athlete(exercise, &mut rng);
            let side = matches!(
                which,
                FaultKind::KneeInwardDown
                    | FaultKind::KneeInwardUp
                    | FaultKind::Asymmetry
                    | FaultKind::HeelUp
                    | FaultKind::ElbowBent
            )
            .then(|| if rng.bool() { Side::Left } else { Side::Right });
            let first = if rng.bool() { 1 } else { 1 + rng.usize(1..=REPETITIONS / 2) };
            // A drop lasts 0.3 to 0.5 s whatever the athlete's tempo.
            let size = least + (most - least) * rng.f64();
            let size = if which == FaultKind::FastDown { set.tempo_s[0] / size } else { size };
            let fault = Fault { kind: which, side, repetitions: first..=REPETITIONS, size };
            let place = Place::of(&fault, exercise);
            set.faults.push(fault);
            let exemplar = athlete(exercise, &mut rng);
            let exemplar = recorded(&exemplar, exemplar.seed);
            let options = Options { movement: movement(exercise).to_owned(), ..Options::default() };
            let analyzed = analyze(&recorded(&set, set.seed), None, &models, &options)?;
            let exemplar = [exemplar];
            let reference = Reference::Recordings(exemplar.to_vec());
            let explanation = explain(&analyzed, &reference, &models, &options)?;
            let shown = explanation.as_ref().and_then(|explanation| explanation.changes.first());
            let stable = (seed < RECORDED_ANEW).then(|| -> Result<bool, Error> {
                let anew = recorded(&Set { rate_hz: 50.0, ..set.clone() }, set.seed ^ 1);
                let again = explain(
                    &analyze(&anew, None, &models, &options)?,
                    &reference,
                    &models,
                    &options,
                )?;
                let place = |change: &Change| (change.joint, change.phase.clone());
                Ok(again.and_then(|again| again.changes.first().map(place)) == shown.map(place))
            });
            let phases = analyzed.movement.phases.len();
            let index = |phase: Option<&str>| {
                phase.and_then(|name| {
                    analyzed.movement.phases.iter().position(|phase| phase.name == name)
                })
            };
            let hit =
                |change: &Change| place.is(change.joint, index(change.phase.as_deref()), phases);
            let mut methods = vec![("shown, by limits".to_owned(), shown.is_some_and(hit))];
            let named = |(joint, phase): &Named| place.is(*joint, index(phase.as_deref()), phases);
            for (name, first) in ways(&analyzed, &exemplar, &options, None)? {
                methods.push((format!("{name}, by limits"), first.as_ref().is_some_and(named)));
            }
            methods.push(("random".to_owned(), random(&mut rng, &place, phases)));
            if networks.is_some() && exercise == Exercise::Squat {
                let as_deep = Options { movement: "deep_squat".to_owned(), ..options };
                for (name, first) in
                    ways(&analyzed, &exemplar, &as_deep, networks.as_ref().map(|(a, b)| (*a, b)))?
                {
                    methods.push((name, first.as_ref().is_some_and(named)));
                }
            }
            count();
            Ok(Said {
                kind,
                seed,
                hit: shown.is_some_and(hit),
                with_repetitions: shown
                    .is_some_and(|change| hit(change) && place.is_mainly_in(&change.repetitions)),
                shown: shown.map(|change| {
                    format!("{} {}", change.joint.name(), change.phase.as_deref().unwrap_or("all"))
                }),
                stable: stable.transpose()?,
                methods,
            })
        })
        .collect::<Result<_, Error>>()?;

    let shown_on_clean: Vec<[bool; 2]> = clean
        .par_iter()
        .map(|&(exercise, seed)| {
            let mut rng = Rng::with_seed(15_485_863 + 104_729 * seed + exercise as u64);
            let set = athlete(exercise, &mut rng);
            let exemplar = athlete(exercise, &mut rng);
            let reference = Reference::Recordings(vec![recorded(&exemplar, exemplar.seed)]);
            let options = Options { movement: movement(exercise).to_owned(), ..Options::default() };
            let analyzed = analyze(&recorded(&set, set.seed), None, &models, &options)?;
            let explanation = explain(&analyzed, &reference, &models, &options)?;
            count();
            let changes = explanation.map_or_else(Vec::new, |explanation| explanation.changes);
            let gains = changes
                .iter()
                .any(|change| change.gain.as_ref().is_some_and(|gain| gain.low > 0.0));
            Ok([!changes.is_empty(), gains])
        })
        .collect::<Result<_, Error>>()?;
    Ok(summary(&said, &shown_on_clean, seeds))
}

/// A joint and a phase out of all, by chance.
fn random(rng: &mut Rng, place: &Place, phases: usize) -> bool {
    let joint = agoge_motion::segments::JOINTS[rng.usize(..agoge_motion::segments::JOINTS.len())];
    place.is(joint, Some(rng.usize(..phases.max(1))), phases)
}

fn summary(said: &[Said], clean: &[[bool; 2]], seeds: u64) -> Planted {
    let share =
        |some: &[bool]| some.iter().filter(|hit| **hit).count() as f64 / some.len().max(1) as f64;
    let kinds = KINDS
        .iter()
        .enumerate()
        .map(|(kind, (name, ..))| {
            let own: Vec<&Said> = said.iter().filter(|said| said.kind == kind).collect();
            let mut instead: BTreeMap<&str, usize> = BTreeMap::new();
            for said in own.iter().filter(|said| !said.hit) {
                *instead.entry(said.shown.as_deref().unwrap_or("nothing")).or_default() += 1;
            }
            let most = instead.iter().max_by_key(|(_, times)| **times);
            ByKind {
                kind: format!("{name:?}"),
                hit: share(&own.iter().map(|said| said.hit).collect::<Vec<_>>()),
                with_repetitions: share(
                    &own.iter().map(|said| said.with_repetitions).collect::<Vec<_>>(),
                ),
                instead: most.map_or_else(String::new, |(what, times)| format!("{what} ({times})")),
            }
        })
        .collect();
    let by_seed: Vec<f64> = (0..seeds)
        .map(|seed| {
            share(
                &said
                    .iter()
                    .filter(|said| said.seed == seed)
                    .map(|said| said.hit)
                    .collect::<Vec<_>>(),
            )
        })
        .collect();
    let hit = by_seed.iter().sum::<f64>() / by_seed.len().max(1) as f64;
    let error = agoge_kinematics::normalise::sample_sd(&by_seed) / (by_seed.len() as f64).sqrt();
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in said.iter().flat_map(|said| &said.methods) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    // A method is compared where every method was asked: on squats, if the model was.
    let squats =
        |said: &&Said| names.iter().all(|name| said.methods.iter().any(|(own, _)| own == name));
    let methods: Vec<Control> = names
        .iter()
        .map(|name| {
            let all = said.iter().filter(squats).flat_map(|said| &said.methods);
            let hits: Vec<bool> = all.filter(|(own, _)| own == name).map(|(_, hit)| *hit).collect();
            Control { method: (*name).to_owned(), hit: share(&hits) }
        })
        .collect();
    let of = |wanted: &[&str]| -> Vec<Control> {
        wanted
            .iter()
            .filter_map(|name| methods.iter().find(|control| control.method == *name).cloned())
            .collect()
    };
    Planted {
        seeds,
        kinds,
        hit: (hit, error),
        hit_with_repetitions: share(
            &said.iter().map(|said| said.with_repetitions).collect::<Vec<_>>(),
        ),
        stable: share(&said.iter().filter_map(|said| said.stable).collect::<Vec<_>>()),
        false_findings: share(&clean.iter().map(|shown| shown[0]).collect::<Vec<_>>()),
        false_gains: share(&clean.iter().map(|shown| shown[1]).collect::<Vec<_>>()),
        controls: vec![
            ("limits".to_owned(), of(&["shown, by limits", "random"])),
            ("model".to_owned(), of(&["counterfactual", "counterfactual, untrained", "random"])),
        ],
        methods,
    }
}
