//! Evaluates how often explanations name a planted fault: simulated athletes with one known fault
//! each, and fault-free ones, for every method, with chance and an untrained network as controls.

use super::methods_ranked::top_places_by_method;
use agoge::{AnalysisOptions, Error, Models, Reference, analyze, explain};

use agoge_analysis::{JointPhase as Named, PlantedResult, SuggestedChange};
use agoge_motion::simulate::{
    Corruption, Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet,
};
use agoge_motion::{Part, Recording, Side};
use agoge_train::saliency::untrained_copy;
use fastrand::Rng;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// Results of the evaluation with planted faults.
#[derive(Clone, Debug, Serialize)]
pub struct PlantedEvaluation {
    /// Number of athletes with each kind of fault.
    pub seeds: u64,
    /// Results per kind of fault.
    pub kinds: Vec<FaultKindHits>,
    /// Hit rate over all kinds of faults, and its standard error over the seeds.
    pub hit: (f64, f64),
    /// Hit rate over all kinds if mainly the faulty repetitions must be named too.
    pub hit_with_repetitions: f64,
    /// Share of sets whose first shown change stays the same when the set is recorded again with
    /// other noise and at 50 instead of 30 frames per second.
    pub stable: f64,
    /// Share of fault-free sets for which something is shown.
    pub false_findings: f64,
    /// Share of fault-free sets for which a gain is shown.
    pub false_gains: f64,
    /// Hit rates of all methods on the sets for which every method ran (squats, if the model was
    /// used); the product's own method first, then its controls.
    pub methods: Vec<PlantedResult>,
    /// Contents of `models/planted.json`: each explanation method with its controls.
    pub controls: Vec<(String, Vec<PlantedResult>)>,
}

/// Results for one kind of fault.
#[derive(Clone, Debug, Serialize)]
pub struct FaultKindHits {
    /// Name of the kind.
    pub kind: String,
    /// Share of athletes whose first shown change names the fault's joint and phase.
    pub hit: f64,
    /// Share in which it also names mainly the faulty repetitions.
    pub with_repetitions: f64,
    /// The wrong joint and phase shown most often.
    pub instead: String,
}

/// The kinds of faults, the exercises in which they are planted, and the range of their sizes.
const PLANTED_KINDS: [(SimulatedFaultKind, &[Exercise], [f64; 2]); 10] = [
    (SimulatedFaultKind::KneeInwardDown, &[Exercise::Squat], [12.0, 25.0]),
    (SimulatedFaultKind::KneeInwardUp, &[Exercise::Squat], [12.0, 25.0]),
    (
        SimulatedFaultKind::Shallow,
        &[Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl],
        [22.0, 40.0],
    ),
    (SimulatedFaultKind::Asymmetry, &[Exercise::Squat, Exercise::OverheadReach], [14.0, 28.0]),
    (SimulatedFaultKind::JerkyReturn, &[Exercise::Squat, Exercise::OverheadReach], [0.12, 0.20]),
    (SimulatedFaultKind::TrunkForward, &[Exercise::Squat], [15.0, 30.0]),
    (SimulatedFaultKind::TrunkSideways, &[Exercise::Squat], [10.0, 20.0]),
    (SimulatedFaultKind::HeelUp, &[Exercise::Squat], [0.05, 0.10]),
    (SimulatedFaultKind::ElbowBent, &[Exercise::OverheadReach], [25.0, 50.0]),
    (SimulatedFaultKind::FastDown, &[Exercise::Squat], [0.3, 0.5]),
];

/// Number of athletes of each kind that are recorded a second time.
const RERECORDED_ATHLETES: u64 = 50;

/// Repetitions per set.
const REPETITIONS: usize = 8;

/// Location of a fault: the joints that may be named for it, whether it affects the first and the
/// last phase, and the affected repetitions.
struct FaultLocation {
    joints: Vec<Part>,
    first: bool,
    last: bool,
    repetitions: Vec<usize>,
}

impl FaultLocation {
    fn for_fault(fault: &SimulatedFault, exercise: Exercise) -> FaultLocation {
        let sides = |part: Part| match fault.side {
            Some(side) => vec![part.on_side(side)],
            None => Side::BOTH.map(|side| part.on_side(side)).to_vec(),
        };
        let main = match exercise {
            Exercise::Squat => Part::LeftKnee,
            Exercise::OverheadReach => Part::LeftShoulder,
            Exercise::BicepsCurl => Part::LeftElbow,
        };
        let (joints, first, last) = match fault.kind {
            SimulatedFaultKind::KneeInwardDown => (sides(Part::LeftKnee), true, false),
            SimulatedFaultKind::KneeInwardUp => (sides(Part::LeftKnee), false, true),
            // In a squat, depth comes from hips and knees together; the definition attributes it to
            // the pelvis.
            SimulatedFaultKind::Shallow if exercise == Exercise::Squat => (
                vec![Part::LeftKnee, Part::RightKnee, Part::LeftHip, Part::RightHip, Part::Pelvis],
                true,
                true,
            ),
            SimulatedFaultKind::Asymmetry if exercise == Exercise::Squat => {
                ([sides(Part::LeftKnee), sides(Part::LeftHip)].concat(), true, true)
            }
            SimulatedFaultKind::Shallow
            | SimulatedFaultKind::Fatigue
            | SimulatedFaultKind::Asymmetry => (sides(main), true, true),
            // The whole body halts: any moving joint, and the pelvis, whose path shows it.
            SimulatedFaultKind::JerkyReturn if exercise == Exercise::Squat => (
                vec![Part::Pelvis, Part::LeftKnee, Part::RightKnee, Part::LeftHip, Part::RightHip],
                false,
                true,
            ),
            SimulatedFaultKind::JerkyReturn => (
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
            SimulatedFaultKind::TrunkForward | SimulatedFaultKind::TrunkSideways => {
                (vec![Part::Chest], true, true)
            }
            SimulatedFaultKind::HeelUp => (sides(Part::LeftAnkle), true, true),
            SimulatedFaultKind::ElbowBent => (sides(Part::LeftElbow), true, true),
            SimulatedFaultKind::FastDown => (
                vec![Part::Pelvis, Part::LeftKnee, Part::RightKnee, Part::LeftHip, Part::RightHip],
                true,
                false,
            ),
        };
        let repetitions = fault.repetitions.clone().collect();
        FaultLocation { joints, first, last, repetitions }
    }

    /// Whether a joint in a phase (index among `phases` phases; none means the whole repetition)
    /// matches the location. A statement about the whole repetition matches only a fault in all
    /// phases.
    fn matches_place(&self, joint: Part, phase: Option<usize>, phases: usize) -> bool {
        let phase = match phase {
            None => self.first && self.last,
            Some(0) => self.first,
            Some(last) if last + 1 == phases => self.last,
            // Between the two ways: a fault at the turning point.
            Some(_) => self.first && self.last,
        };
        phase && self.joints.contains(&joint)
    }

    /// Whether the given repetitions are mainly the affected ones.
    fn is_mainly_in(&self, repetitions: &[usize]) -> bool {
        let both = repetitions.iter().filter(|number| self.repetitions.contains(number)).count();
        2 * both > repetitions.len().max(self.repetitions.len())
    }
}

/// A randomly drawn athlete with their own height, tempo, facing and style (a slightly leaning
/// trunk, a slightly different depth).
fn random_athlete(exercise: Exercise, rng: &mut Rng) -> SimulatedSet {
    let normal = |rng: &mut Rng| (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
    let mut style = |kind, sd: f64| SimulatedFault {
        kind,
        side: None,
        repetitions: 1..=REPETITIONS,
        size: sd * normal(rng),
    };
    let mut faults = vec![style(SimulatedFaultKind::Shallow, 3.0)];
    if exercise == Exercise::Squat {
        faults.push(style(SimulatedFaultKind::TrunkForward, 2.0));
    }
    SimulatedSet {
        repetitions: REPETITIONS,
        height_m: 1.55 + 0.4 * rng.f64(),
        facing_deg: 360.0 * rng.f64(),
        rate_hz: 30.0,
        tempo_s: [1.0 + 0.5 * rng.f64(), 0.9 + 0.5 * rng.f64()],
        variation_deg: 1.5,
        seed: rng.u64(..),
        faults,
        ..SimulatedSet::new(exercise)
    }
}

/// Simulates the set as a good markerless system would record it.
fn record_set(set: &SimulatedSet, seed: u64) -> Recording {
    let mut recording = set.simulate().recording;
    Corruption { noise: 0.004, dropout: 0.01, swaps: 0.0, outliers: 0.0, seed }
        .apply_to(&mut recording);
    recording
}

/// Name of the movement definition for an exercise.
fn movement_name(exercise: Exercise) -> &'static str {
    match exercise {
        Exercise::Squat => "squat",
        Exercise::OverheadReach => "overhead_reach",
        Exercise::BicepsCurl => "biceps_curl",
    }
}

/// Result of one set with a planted fault.
struct SetResult {
    kind: usize,
    seed: u64,
    hit: bool,
    with_repetitions: bool,
    shown: Option<String>,
    stable: Option<bool>,
    methods: Vec<(String, bool)>,
}

/// Plants every kind of fault in `seeds` athletes, and simulates as many fault-free athletes per
/// exercise. With `by_model`, every method that looks into the model is evaluated too (on squats,
/// judged as deep squats).
///
/// # Errors
/// As [`analyze()`]; none in practice.
pub fn evaluate_planted(
    seeds: u64,
    by_model: bool,
    tell: &(dyn Fn(usize, usize) + Sync),
) -> Result<PlantedEvaluation, Error> {
    let models = Models::without_model();
    let trained = Models::bundled().model.as_ref().filter(|_| by_model);
    let networks = trained.map(|model| (model, untrained_copy(model, 1)));
    let jobs: Vec<(usize, u64)> = (0..PLANTED_KINDS.len())
        .flat_map(|kind| (0..seeds).map(move |seed| (kind, seed)))
        .collect();
    let clean: Vec<(Exercise, u64)> =
        [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl]
            .into_iter()
            .flat_map(|exercise| (0..seeds).map(move |seed| (exercise, seed)))
            .collect();
    let (finished, all) = (std::sync::atomic::AtomicUsize::new(0), jobs.len() + clean.len());
    let report_progress =
        || tell(finished.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, all);

    let results: Vec<SetResult> = jobs
        .par_iter()
        .map(|&(kind, seed)| {
            let (fault_kind, exercises, [least, most]) = PLANTED_KINDS[kind];
            let mut rng = Rng::with_seed(7919 * (seed + 1) + kind as u64);
            let exercise = exercises[seed as usize % exercises.len()];
            let mut set = random_athlete(exercise, &mut rng);
            let side = matches!(
                fault_kind,
                SimulatedFaultKind::KneeInwardDown
                    | SimulatedFaultKind::KneeInwardUp
                    | SimulatedFaultKind::Asymmetry
                    | SimulatedFaultKind::HeelUp
                    | SimulatedFaultKind::ElbowBent
            )
            .then(|| if rng.bool() { Side::Left } else { Side::Right });
            let first = if rng.bool() { 1 } else { 1 + rng.usize(1..=REPETITIONS / 2) };
            // A drop lasts 0.3 to 0.5 s whatever the athlete's tempo.
            let size = least + (most - least) * rng.f64();
            let size = if fault_kind == SimulatedFaultKind::FastDown {
                set.tempo_s[0] / size
            } else {
                size
            };
            let fault =
                SimulatedFault { kind: fault_kind, side, repetitions: first..=REPETITIONS, size };
            let place = FaultLocation::for_fault(&fault, exercise);
            set.faults.push(fault);
            let exemplar = random_athlete(exercise, &mut rng);
            let exemplar = record_set(&exemplar, exemplar.seed);
            let options = AnalysisOptions {
                movement: movement_name(exercise).to_owned(),
                ..AnalysisOptions::default()
            };
            let analyzed = analyze(&record_set(&set, set.seed), None, &models, &options)?;
            let exemplar = [exemplar];
            let reference = Reference::Recordings(exemplar.to_vec());
            let explanation = explain(&analyzed, &reference, &models, &options)?;
            let first_change =
                explanation.as_ref().and_then(|explanation| explanation.changes.first());
            let stable = (seed < RERECORDED_ATHLETES).then(|| -> Result<bool, Error> {
                let recorded_again =
                    record_set(&SimulatedSet { rate_hz: 50.0, ..set.clone() }, set.seed ^ 1);
                let again = explain(
                    &analyze(&recorded_again, None, &models, &options)?,
                    &reference,
                    &models,
                    &options,
                )?;
                let place = |change: &SuggestedChange| (change.joint, change.phase.clone());
                Ok(again.and_then(|again| again.changes.first().map(place))
                    == first_change.map(place))
            });
            let phases = analyzed.movement.phases.len();
            let phase_index = |phase: Option<&str>| {
                phase.and_then(|name| {
                    analyzed.movement.phases.iter().position(|phase| phase.name == name)
                })
            };
            let hit = |change: &SuggestedChange| {
                place.matches_place(change.joint, phase_index(change.phase.as_deref()), phases)
            };
            let mut methods = vec![("shown, by limits".to_owned(), first_change.is_some_and(hit))];
            let is_named = |(joint, phase): &Named| {
                place.matches_place(*joint, phase_index(phase.as_deref()), phases)
            };
            for (name, first) in top_places_by_method(&analyzed, &exemplar, &options, None)? {
                methods.push((format!("{name}, by limits"), first.as_ref().is_some_and(is_named)));
            }
            methods.push(("random".to_owned(), random_hit(&mut rng, &place, phases)));
            if networks.is_some() && exercise == Exercise::Squat {
                let as_deep = AnalysisOptions { movement: "deep_squat".to_owned(), ..options };
                for (name, first) in top_places_by_method(
                    &analyzed,
                    &exemplar,
                    &as_deep,
                    networks.as_ref().map(|(a, b)| (*a, b)),
                )? {
                    methods.push((name, first.as_ref().is_some_and(is_named)));
                }
            }
            report_progress();
            Ok(SetResult {
                kind,
                seed,
                hit: first_change.is_some_and(hit),
                with_repetitions: first_change
                    .is_some_and(|change| hit(change) && place.is_mainly_in(&change.repetitions)),
                shown: first_change.map(|change| {
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
            let set = random_athlete(exercise, &mut rng);
            let exemplar = random_athlete(exercise, &mut rng);
            let reference = Reference::Recordings(vec![record_set(&exemplar, exemplar.seed)]);
            let options = AnalysisOptions {
                movement: movement_name(exercise).to_owned(),
                ..AnalysisOptions::default()
            };
            let analyzed = analyze(&record_set(&set, set.seed), None, &models, &options)?;
            let explanation = explain(&analyzed, &reference, &models, &options)?;
            report_progress();
            let changes = explanation.map_or_else(Vec::new, |explanation| explanation.changes);
            let gains = changes
                .iter()
                .any(|change| change.gain.as_ref().is_some_and(|gain| gain.low > 0.0));
            Ok([!changes.is_empty(), gains])
        })
        .collect::<Result<_, Error>>()?;
    Ok(summarize_results(&results, &shown_on_clean, seeds))
}

/// Whether a joint and phase drawn at random match the fault's location.
fn random_hit(rng: &mut Rng, place: &FaultLocation, phases: usize) -> bool {
    let joint = agoge_motion::segments::JOINTS[rng.usize(..agoge_motion::segments::JOINTS.len())];
    place.matches_place(joint, Some(rng.usize(..phases.max(1))), phases)
}

/// Aggregates the results of all sets.
fn summarize_results(results: &[SetResult], clean: &[[bool; 2]], seeds: u64) -> PlantedEvaluation {
    let share =
        |some: &[bool]| some.iter().filter(|hit| **hit).count() as f64 / some.len().max(1) as f64;
    let kinds = PLANTED_KINDS
        .iter()
        .enumerate()
        .map(|(kind, (name, ..))| {
            let of_kind: Vec<&SetResult> =
                results.iter().filter(|result| result.kind == kind).collect();
            let mut instead: BTreeMap<&str, usize> = BTreeMap::new();
            for result in of_kind.iter().filter(|result| !result.hit) {
                *instead.entry(result.shown.as_deref().unwrap_or("nothing")).or_default() += 1;
            }
            let most = instead.iter().max_by_key(|(_, times)| **times);
            FaultKindHits {
                kind: format!("{name:?}"),
                hit: share(&of_kind.iter().map(|result| result.hit).collect::<Vec<_>>()),
                with_repetitions: share(
                    &of_kind.iter().map(|result| result.with_repetitions).collect::<Vec<_>>(),
                ),
                instead: most.map_or_else(String::new, |(what, times)| format!("{what} ({times})")),
            }
        })
        .collect();
    let by_seed: Vec<f64> = (0..seeds)
        .map(|seed| {
            share(
                &results
                    .iter()
                    .filter(|result| result.seed == seed)
                    .map(|result| result.hit)
                    .collect::<Vec<_>>(),
            )
        })
        .collect();
    let hit = by_seed.iter().sum::<f64>() / by_seed.len().max(1) as f64;
    let error = agoge_motion::statistics::sample_sd(&by_seed) / (by_seed.len() as f64).sqrt();
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in results.iter().flat_map(|result| &result.methods) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    // Methods are compared only on sets for which every method ran: squats, if the model was used.
    let squats = |result: &&SetResult| {
        names.iter().all(|name| result.methods.iter().any(|(method, _)| method == name))
    };
    let methods: Vec<PlantedResult> = names
        .iter()
        .map(|name| {
            let all = results.iter().filter(squats).flat_map(|result| &result.methods);
            let hits: Vec<bool> =
                all.filter(|(method, _)| method == name).map(|(_, hit)| *hit).collect();
            PlantedResult { method: (*name).to_owned(), hit: share(&hits) }
        })
        .collect();
    let select_controls = |wanted: &[&str]| -> Vec<PlantedResult> {
        wanted
            .iter()
            .filter_map(|name| methods.iter().find(|control| control.method == *name).cloned())
            .collect()
    };
    PlantedEvaluation {
        seeds,
        kinds,
        hit: (hit, error),
        hit_with_repetitions: share(
            &results.iter().map(|result| result.with_repetitions).collect::<Vec<_>>(),
        ),
        stable: share(&results.iter().filter_map(|result| result.stable).collect::<Vec<_>>()),
        false_findings: share(&clean.iter().map(|shown| shown[0]).collect::<Vec<_>>()),
        false_gains: share(&clean.iter().map(|shown| shown[1]).collect::<Vec<_>>()),
        controls: vec![
            ("limits".to_owned(), select_controls(&["shown, by limits", "random"])),
            (
                "model".to_owned(),
                select_controls(&["counterfactual", "counterfactual, untrained", "random"]),
            ),
        ],
        methods,
    }
}
