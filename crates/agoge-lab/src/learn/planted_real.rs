//! Evaluates findings, explanations and scores on real correct repetitions into which a known fault
//! is planted, and on the same repetitions without it. The norms, and whatever else the judge uses,
//! are made without the athlete who is judged.

use super::folds::FoldFile;
use super::perturbation::{BodyFault, FaultWindow, PlantedFault, RepetitionSpan, plant_fault};
use agoge::analyze::Analyzed;
use agoge::explain::{analyzed_cycles, complete_repetitions};
use agoge::{AnalysisOptions, Error, Models, Reference, analyze, explain};
use agoge_analysis::{Analysis, Certainty, Explanation, Finding};
use agoge_coach::explain::{Cycle, MovementNorm, curve_joint};
use agoge_formats::dataset::{self, Dataset};
use agoge_model::metric::roc_auc;
use agoge_motion::statistics::{finite_mean, sample_sd, student_deviate};
use agoge_motion::vector::{add, dot, norm, scale, sub};
use agoge_motion::{Part, Recording, Side};
use fastrand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Which sets are judged, and where results are kept.
#[derive(Clone, Debug, Default)]
pub struct PlantedRealOptions {
    /// Names of the athletes (`s1`…); empty: all.
    pub athletes: Vec<String>,
    /// Names of the movements; empty: all.
    pub movements: Vec<String>,
    /// Number of seeds; each divides an athlete's repetitions anew and draws other faults.
    pub seeds: u64,
    /// Leave the comparison with other athletes out, which takes most of the time.
    pub own_only: bool,
    /// File with a line for each judged set; if it exists, its sets are not judged again.
    pub keep: Option<PathBuf>,
}

/// The models and norms with which one athlete is judged.
#[derive(Clone, Debug)]
pub struct FoldJudge {
    /// The models.
    pub models: Arc<Models>,
    /// The norms of the movements.
    pub norms: Vec<MovementNorm>,
}

/// Gives the models and norms for judging one athlete.
pub trait FoldModels: Sync {
    /// Models and norms in which nothing was learned from `athlete`. `norms` are those of the
    /// other athletes' correct repetitions by the same sensor.
    ///
    /// # Errors
    /// If they cannot be made or read.
    fn models_without(
        &self,
        sensor: Dataset,
        athlete: &str,
        norms: Vec<MovementNorm>,
    ) -> Result<FoldJudge, Error>;
}

/// Judges by the limits of the definitions and by norms, without a model.
#[derive(Clone, Copy, Debug, Default)]
pub struct LimitsAndNorms;

impl FoldModels for LimitsAndNorms {
    fn models_without(
        &self,
        _: Dataset,
        _: &str,
        norms: Vec<MovementNorm>,
    ) -> Result<FoldJudge, Error> {
        Ok(FoldJudge { models: Arc::new(Models::without_model()), norms })
    }
}

/// What was named first, if anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FirstNamed {
    /// Joint and phase (`all` for the whole repetition); `None` if nothing is shown.
    pub place: Option<String>,
    /// Whether these are the joint and the phase of the planted fault.
    pub hit: bool,
    /// Whether it is a finding of high certainty.
    pub high: bool,
}

/// Findings, explanations, score and distance of one set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetJudgement {
    /// The first finding.
    pub finding: FirstNamed,
    /// Whether any finding has high certainty.
    pub any_high: bool,
    /// The first change beside the norm of other athletes.
    pub beside_others: FirstNamed,
    /// The first change beside the athlete's own other correct repetitions.
    pub beside_own: FirstNamed,
    /// Score of the set, 0 to 100.
    pub score: Option<f64>,
    /// Mean square distance of the joints' directions from other athletes', in their spread.
    pub distance_others: Option<f64>,
    /// The same from the athlete's own other repetitions.
    pub distance_own: Option<f64>,
}

/// A planted fault and what was said of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultJudgement {
    /// The fault.
    pub fault: PlantedFault,
    /// The judgement of the set with it.
    pub judged: SetJudgement,
    /// Score with half of the fault, and with one and a half of it.
    pub scores_half_more: [Option<f64>; 2],
}

/// One athlete's repetitions of a movement by one sensor, with and without faults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RealSetRecord {
    /// Name of the data set, which tells the sensor.
    pub sensor: String,
    /// The athlete.
    pub athlete: String,
    /// The movement.
    pub movement: String,
    /// The seed.
    pub seed: u64,
    /// Number of judged repetitions, and of those beside which they are judged.
    pub repetitions: [usize; 2],
    /// The set as it was recorded.
    pub clean: SetJudgement,
    /// The set with each fault.
    pub faults: Vec<FaultJudgement>,
}

/// A share or a mean over persons with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PersonMean {
    /// Mean over the persons of each person's mean.
    pub value: f64,
    /// Half width of the 95 % interval over persons (Student's t); NaN with one person.
    pub half_width: f64,
    /// Number of persons.
    pub persons: usize,
}

/// Results for one sensor.
#[derive(Clone, Debug, Serialize)]
pub struct SensorFigures {
    /// Name of the data set.
    pub sensor: String,
    /// Number of sets without and with a fault.
    pub sets: [usize; 2],
    /// Names of the figures and their values.
    pub figures: Vec<(String, PersonMean)>,
    /// For each kind of fault: number of sets, and the share in which finding, change beside
    /// others and change beside own repetitions name joint and phase.
    pub kinds: Vec<(String, usize, [PersonMean; 3])>,
    /// For each movement: number of faulty sets, the same three shares, and the shares of clean
    /// sets in which each of the three says something.
    pub movements: Vec<(String, usize, [PersonMean; 3], [PersonMean; 3])>,
    /// What is named most often instead beside own repetitions: kind, place, times.
    pub instead: Vec<(String, String, usize)>,
}

/// Results of the evaluation on real repetitions.
#[derive(Clone, Debug, Serialize)]
pub struct PlantedRealEvaluation {
    /// Number of seeds.
    pub seeds: u64,
    /// Results for each sensor.
    pub sensors: Vec<SensorFigures>,
}

/// The joint at which a fault is planted.
#[derive(Clone, Copy, Debug)]
enum FaultJoint {
    /// A part of the midline.
    Middle(Part),
    /// A part on a side drawn at random.
    AnySide(Part),
    /// A part on the working side.
    Working(Part),
}

type FaultPlan = (BodyFault, FaultJoint, [f64; 2]);

const TRUNK_FAULTS: [FaultPlan; 2] = [
    (BodyFault::TrunkForward, FaultJoint::Middle(Part::Chest), [12.0, 25.0]),
    (BodyFault::TrunkSideways, FaultJoint::Middle(Part::Chest), [8.0, 16.0]),
];
const DEPTH_LOST: FaultPlan = (BodyFault::HalfDepth, FaultJoint::Middle(Part::Pelvis), [0.3, 0.5]);

/// The faults that are planted into a movement, with the range of their sizes.
fn planned_faults(movement: &str) -> Vec<FaultPlan> {
    use FaultJoint::{AnySide, Working};
    let own: &[FaultPlan] = match movement {
        "deep_squat" => &[
            (BodyFault::KneeInward, AnySide(Part::LeftKnee), [10.0, 20.0]),
            DEPTH_LOST,
            (BodyFault::HeelRaised, AnySide(Part::LeftAnkle), [15.0, 25.0]),
            (BodyFault::FlexionLost, AnySide(Part::LeftKnee), [8.0, 14.0]),
            (BodyFault::JointBent, AnySide(Part::LeftElbow), [25.0, 50.0]),
        ],
        "sit_to_stand" => {
            &[(BodyFault::KneeInward, AnySide(Part::LeftKnee), [10.0, 20.0]), DEPTH_LOST]
        }
        "inline_lunge" | "side_lunge" => {
            &[(BodyFault::KneeInward, Working(Part::LeftKnee), [10.0, 20.0]), DEPTH_LOST]
        }
        "hurdle_step" => &[
            (BodyFault::RangeLost, Working(Part::LeftHip), [15.0, 30.0]),
            (BodyFault::OutOfPlane, Working(Part::LeftHip), [10.0, 20.0]),
        ],
        "straight_leg_raise" => &[
            (BodyFault::RangeLost, Working(Part::LeftHip), [15.0, 30.0]),
            (BodyFault::OutOfPlane, Working(Part::LeftHip), [10.0, 20.0]),
            (BodyFault::JointBent, Working(Part::LeftKnee), [15.0, 30.0]),
        ],
        "shoulder_abduction" | "shoulder_scaption" => &[
            (BodyFault::RangeLost, Working(Part::LeftShoulder), [20.0, 40.0]),
            (BodyFault::OutOfPlane, Working(Part::LeftShoulder), [15.0, 30.0]),
            (BodyFault::JointBent, Working(Part::LeftElbow), [20.0, 45.0]),
        ],
        "shoulder_extension" => &[
            (BodyFault::RangeLost, Working(Part::LeftShoulder), [12.0, 20.0]),
            (BodyFault::OutOfPlane, Working(Part::LeftShoulder), [12.0, 25.0]),
            (BodyFault::JointBent, Working(Part::LeftElbow), [20.0, 45.0]),
        ],
        "shoulder_rotation" => &[
            (BodyFault::RangeLost, Working(Part::LeftElbow), [20.0, 40.0]),
            (BodyFault::JointBent, Working(Part::LeftElbow), [20.0, 35.0]),
        ],
        _ => &[],
    };
    TRUNK_FAULTS.iter().chain(own).copied().collect()
}

/// Draws a fault's side, phase and size.
fn draw_fault(
    (kind, joint, [least, most]): FaultPlan,
    working: Side,
    rng: &mut Rng,
) -> PlantedFault {
    let joint = match joint {
        FaultJoint::Middle(part) => part,
        FaultJoint::AnySide(part) => {
            part.on_side(if rng.bool() { Side::Left } else { Side::Right })
        }
        FaultJoint::Working(part) => part.on_side(working),
    };
    let window = match kind {
        BodyFault::KneeInward if rng.bool() => FaultWindow::WayOut,
        BodyFault::KneeInward => FaultWindow::WayBack,
        _ => FaultWindow::Throughout,
    };
    let sign = if kind == BodyFault::TrunkSideways && rng.bool() { -1.0 } else { 1.0 };
    PlantedFault { kind, joint, window, size: sign * (least + (most - least) * rng.f64()) }
}

/// The joints that may be named for a fault.
fn named_joints(fault: &PlantedFault) -> Vec<Part> {
    let side = |part: Part| fault.joint.side().map_or(part, |side| part.on_side(side));
    match (fault.kind, fault.joint.on_side(Side::Left)) {
        // Depth comes from hips and knees together; definitions attribute it to the pelvis.
        (BodyFault::HalfDepth, _) => {
            vec![Part::LeftKnee, Part::RightKnee, Part::LeftHip, Part::RightHip, Part::Pelvis]
        }
        // The side that stays high: its knee and hip bend less, and the pelvis tilts.
        (BodyFault::FlexionLost, _) => vec![fault.joint, side(Part::LeftHip), Part::Pelvis],
        // The forearm swings because the upper arm turns about itself.
        (BodyFault::RangeLost, Part::LeftElbow) => vec![fault.joint, side(Part::LeftShoulder)],
        _ => vec![fault.joint],
    }
}

/// Whether a joint in a phase (its index among `phases`; `None`: the whole repetition) is the
/// place of a fault.
fn is_fault_place(
    fault: &PlantedFault,
    joint: Option<Part>,
    phase: Option<usize>,
    phases: usize,
) -> bool {
    let in_time = match (fault.window, phase) {
        (FaultWindow::Throughout, _) => true,
        (FaultWindow::WayOut, phase) => phase == Some(0),
        (FaultWindow::WayBack, phase) => phase.is_some_and(|phase| phase + 1 == phases),
    };
    in_time && joint.is_some_and(|joint| named_joints(fault).contains(&joint))
}

/// Time between two repetitions when recordings of one repetition each become a set, s.
const PAUSE_S: f64 = 0.8;

/// Joins recordings of one athlete into one set; between them positions pass smoothly from the end
/// of one to the beginning of the next.
pub fn join_recordings(recordings: &[&Recording]) -> Option<Recording> {
    let mut joined = (*recordings.first()?).clone();
    let joints = joined.joint_count();
    let step = 1.0 / joined.rate_hz();
    let pause = (PAUSE_S / step).round() as usize;
    for next in &recordings[1..] {
        let last = joined.position[joined.position.len() - joints..].to_vec();
        for frame in 1..pause {
            let x = frame as f64 / pause as f64;
            let share = x * x * (3.0 - 2.0 * x);
            for (from, to) in last.iter().zip(&next.position[..joints]) {
                joined.position.push(add(*from, scale(sub(*to, *from), share)));
                joined.confidence.push(1.0);
            }
        }
        joined.position.extend_from_slice(&next.position);
        joined.confidence.extend_from_slice(&next.confidence);
    }
    let start = joined.time[0];
    let frames = joined.position.len() / joints;
    joined.time = (0..frames).map(|frame| start + step * frame as f64).collect();
    Some(joined)
}

/// The complete repetitions of an analysis as spans of frames of the recording that was analysed.
fn repetition_spans(analyzed: &Analyzed, recording: &Recording) -> Vec<RepetitionSpan> {
    let frame_at = |frame: usize| {
        let time = analyzed.body.time[frame];
        let after = recording.time.partition_point(|&other| other < time - 1e-9);
        after.min(recording.frame_count() - 1)
    };
    complete_repetitions(&analyzed.analysis.repetitions)
        .iter()
        .map(|(_, repetition)| RepetitionSpan {
            start: frame_at(repetition.start),
            turn: frame_at(
                repetition
                    .phases
                    .first()
                    .map_or((repetition.start + repetition.end) / 2, |phase| phase.end),
            ),
            end: frame_at(repetition.end),
        })
        .collect()
}

/// Least spread in the distance of a plain one-class detector, degrees.
const LEAST_SPREAD_DEG: f64 = 3.0;

/// Mean square distance of repetitions from a norm, in its spread: the plain one-class detector.
fn plain_distance(cycles: &[Cycle], usual: &MovementNorm) -> Option<f64> {
    let mut squares = Vec::new();
    for phase in cycles.iter().flat_map(|cycle| &cycle.phases) {
        let Some(usual) = usual.find_phase(phase.name.as_deref()) else { continue };
        for (point, directions) in phase.directions.iter().enumerate() {
            for (joint, direction) in directions.iter().enumerate() {
                let mean = usual.directions[point][joint];
                if norm(mean) < 0.5 || !direction[0].is_finite() {
                    continue;
                }
                let [a, b] = usual.spread_deg[point][joint];
                let spread = a.hypot(b).max(LEAST_SPREAD_DEG);
                let angle = dot(*direction, mean).clamp(-1.0, 1.0).acos().to_degrees();
                squares.push((angle / spread).powi(2));
            }
        }
    }
    Some(finite_mean(&squares)).filter(|distance| distance.is_finite())
}

fn phase_index(analyzed: &Analyzed, name: Option<&str>) -> Option<usize> {
    name.and_then(|name| analyzed.movement.phases.iter().position(|phase| phase.name == name))
}

fn place_text(joint: Part, phase: Option<&str>) -> String {
    format!("{} {}", joint.name(), phase.unwrap_or("all"))
}

/// What the first finding names.
fn judge_finding(analyzed: &Analyzed, fault: Option<&PlantedFault>) -> FirstNamed {
    let Some(finding) = analyzed.analysis.findings.first() else { return FirstNamed::default() };
    let phases = analyzed.movement.phases.len();
    let phase = phase_index(analyzed, finding.phase.as_deref());
    let of_curve = |finding: &Finding| curve_joint(finding.curve.as_deref()?, finding.side);
    let hit = fault.is_some_and(|fault| {
        // A finding without a phase speaks of the whole repetition.
        [Some(finding.part), of_curve(finding)]
            .into_iter()
            .any(|joint| is_fault_place(fault, joint, phase, phases))
    });
    FirstNamed {
        place: Some(place_text(finding.part, finding.phase.as_deref())),
        hit,
        high: finding.certainty == Certainty::High,
    }
}

/// What the first change of an explanation names.
fn judge_change(
    analyzed: &Analyzed,
    explanation: Option<&Explanation>,
    fault: Option<&PlantedFault>,
) -> FirstNamed {
    let Some(change) = explanation.and_then(|explanation| explanation.changes.first()) else {
        return FirstNamed::default();
    };
    let phases = analyzed.movement.phases.len();
    let phase = phase_index(analyzed, change.phase.as_deref());
    FirstNamed {
        place: Some(place_text(change.joint, change.phase.as_deref())),
        hit: fault.is_some_and(|fault| is_fault_place(fault, Some(change.joint), phase, phases)),
        high: false,
    }
}

/// What a set is judged beside.
struct SetReferences<'a> {
    models: &'a Models,
    options: &'a AnalysisOptions,
    others: Option<&'a MovementNorm>,
    own: &'a Recording,
    own_only: bool,
    own_norm: Option<MovementNorm>,
}

fn set_score(analysis: &Analysis) -> Option<f64> {
    analysis.score.as_ref().map(|score| score.value)
}

impl SetReferences<'_> {
    fn judge_set(
        &self,
        recording: &Recording,
        fault: Option<&PlantedFault>,
    ) -> Result<SetJudgement, Error> {
        let analyzed = analyze(recording, None, self.models, self.options)?;
        let cycles = analyzed_cycles(&analyzed);
        let explained = |reference: &Reference| {
            explain(&analyzed, reference, self.models, self.options)
                .map(|explanation| judge_change(&analyzed, explanation.as_ref(), fault))
        };
        let beside_others = match self.others {
            Some(others) if !self.own_only => {
                explained(&Reference::Norm(Box::new(others.clone())))?
            }
            _ => FirstNamed::default(),
        };
        Ok(SetJudgement {
            finding: judge_finding(&analyzed, fault),
            any_high: analyzed
                .analysis
                .findings
                .iter()
                .any(|finding| finding.certainty == Certainty::High),
            beside_others,
            beside_own: explained(&Reference::OwnRecordings(vec![self.own.clone()]))?,
            score: set_score(&analyzed.analysis),
            distance_others: self.others.and_then(|usual| plain_distance(&cycles, usual)),
            distance_own: self.own_norm.as_ref().and_then(|usual| plain_distance(&cycles, usual)),
        })
    }
}

/// The correct recordings of one athlete and movement, one repetition each.
struct AthleteMovement {
    athlete: String,
    movement: String,
    recordings: Vec<Recording>,
    cycles: Vec<Cycle>,
}

/// Fewest recordings of an athlete's movement that can be divided into a set and its reference.
const MIN_RECORDINGS: usize = 6;

fn load_correct(
    sensor: Dataset,
    data: &Path,
    options: &PlantedRealOptions,
) -> Result<Vec<AthleteMovement>, Error> {
    let mut loaded: BTreeMap<(String, String), Vec<Recording>> = BTreeMap::new();
    dataset::read_dataset(sensor, &data.join("ui-prmd"), &mut |item, _| {
        let is_wanted =
            options.movements.is_empty() || options.movements.contains(&item.row.movement);
        if item.row.is_correct() == Some(true) && is_wanted {
            loaded.entry((item.row.athlete, item.row.movement)).or_default().push(item.recording);
        }
        Ok(())
    })?;
    let loaded: Vec<_> = loaded.into_iter().collect();
    loaded
        .into_par_iter()
        .map(|((athlete, movement), recordings)| {
            let options =
                AnalysisOptions { movement: movement.clone(), ..AnalysisOptions::default() };
            let all: Vec<&Recording> = recordings.iter().collect();
            let cycles = match join_recordings(&all) {
                Some(joined) => {
                    analyzed_cycles(&analyze(&joined, None, &Models::default(), &options)?)
                }
                None => Vec::new(),
            };
            Ok(AthleteMovement { athlete, movement, recordings, cycles })
        })
        .collect()
}

/// Norms of all athletes but one.
fn norms_without(sets: &[AthleteMovement], athlete: &str) -> Vec<MovementNorm> {
    let movements: BTreeSet<&str> = sets.iter().map(|set| set.movement.as_str()).collect();
    let norm_of = |movement: &str| {
        let others = || {
            sets.iter().filter(move |set| {
                set.movement == movement && set.athlete != athlete && !set.cycles.is_empty()
            })
        };
        let cycles: Vec<Cycle> = others().flat_map(|set| set.cycles.iter().cloned()).collect();
        let source = "correct repetitions of other athletes";
        MovementNorm::new(source, movement, others().count(), &cycles)
    };
    movements.into_iter().filter_map(norm_of).collect()
}

/// Judges one athlete's repetitions of a movement; none if too few repetitions are found in them.
fn judge_athlete(
    set: &AthleteMovement,
    sensor: Dataset,
    seed: u64,
    own_only: bool,
    judge: &FoldJudge,
) -> Result<Option<RealSetRecord>, Error> {
    let models = &*judge.models;
    if set.recordings.len() < MIN_RECORDINGS {
        return Ok(None);
    }
    let options = AnalysisOptions { movement: set.movement.clone(), ..AnalysisOptions::default() };
    let name = [sensor.name(), &set.athlete, &set.movement].join(" ");
    let key = name.bytes().fold(seed, |hash, byte| {
        hash.wrapping_mul(0x0100_0000_01b3).wrapping_add(u64::from(byte) + 1)
    });
    let mut rng = Rng::with_seed(key);
    let mut order: Vec<usize> = (0..set.recordings.len()).collect();
    rng.shuffle(&mut order);
    let (judged, reference) = order.split_at_mut(set.recordings.len() / 2);
    let join = |numbers: &mut [usize]| {
        numbers.sort_unstable();
        let chosen: Vec<&Recording> =
            numbers.iter().map(|&number| &set.recordings[number]).collect();
        join_recordings(&chosen)
    };
    let (Some(clean), Some(own)) = (join(judged), join(reference)) else { return Ok(None) };
    let own_cycles = analyzed_cycles(&analyze(&own, None, &Models::default(), &options)?);
    let references = SetReferences {
        models,
        options: &options,
        others: judge.norms.iter().find(|usual| usual.movement == set.movement),
        own_only,
        own: &own,
        own_norm: MovementNorm::new("own", &set.movement, 0, &own_cycles),
    };
    let analyzed = analyze(&clean, None, models, &options)?;
    let spans = repetition_spans(&analyzed, &clean);
    if spans.len() < 3 || own_cycles.len() < 3 {
        return Ok(None);
    }
    let left = analyzed
        .analysis
        .repetitions
        .iter()
        .filter(|repetition| repetition.side == Some(Side::Left))
        .count();
    let working = if 2 * left > spans.len() { Side::Left } else { Side::Right };
    let faults = planned_faults(&set.movement)
        .into_iter()
        .map(|plan| {
            let fault = draw_fault(plan, working, &mut rng);
            let with_share = |share: f64| {
                plant_fault(&clean, &spans, &PlantedFault { size: share * fault.size, ..fault })
            };
            let score_at = |share: f64| -> Result<Option<f64>, Error> {
                let analyzed = analyze(&with_share(share), None, models, &options)?;
                Ok(set_score(&analyzed.analysis))
            };
            Ok(FaultJudgement {
                fault,
                judged: references.judge_set(&with_share(1.0), Some(&fault))?,
                scores_half_more: [score_at(0.5)?, score_at(1.5)?],
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(Some(RealSetRecord {
        sensor: sensor.name().to_owned(),
        athlete: set.athlete.clone(),
        movement: set.movement.clone(),
        seed,
        repetitions: [spans.len(), own_cycles.len()],
        clean: references.judge_set(&clean, None)?,
        faults,
    }))
}

/// The records so far, and the file that keeps them.
struct KeptRecords {
    file: FoldFile<RealSetRecord>,
    records: Vec<RealSetRecord>,
}

/// Plants faults into the correct repetitions of UI-PRMD by the given sensors and judges them.
/// `data` holds the public sets, each in its own folder.
///
/// # Errors
/// If a data set or the file of records cannot be read or written, and any error of `judge`.
pub fn evaluate_planted_real(
    sensors: &[Dataset],
    data: &Path,
    options: &PlantedRealOptions,
    judge: &dyn FoldModels,
    tell: &(dyn Fn(usize, usize) + Sync),
) -> Result<PlantedRealEvaluation, Error> {
    let mut file = FoldFile::open_or_create(options.keep.as_deref())?;
    let records = file.take_earlier();
    let records = Mutex::new(KeptRecords { file, records });
    for &sensor in sensors {
        judge_sensor(sensor, data, options, judge, &records, tell)?;
    }
    let records = match records.into_inner() {
        Ok(file) => file.records,
        Err(poisoned) => poisoned.into_inner().records,
    };
    let is_wanted = |record: &&RealSetRecord| {
        let in_list = |list: &[String], name: &String| list.is_empty() || list.contains(name);
        in_list(&options.athletes, &record.athlete)
            && in_list(&options.movements, &record.movement)
            && record.seed < options.seeds
    };
    let wanted: Vec<&RealSetRecord> = records.iter().filter(is_wanted).collect();
    Ok(PlantedRealEvaluation {
        seeds: options.seeds,
        sensors: sensors.iter().map(|sensor| summarize_sensor(sensor.name(), &wanted)).collect(),
    })
}

fn judge_sensor(
    sensor: Dataset,
    data: &Path,
    options: &PlantedRealOptions,
    judge: &dyn FoldModels,
    records: &Mutex<KeptRecords>,
    tell: &(dyn Fn(usize, usize) + Sync),
) -> Result<(), Error> {
    let sets = load_correct(sensor, data, options)?;
    let is_judged = |athlete: &str| {
        options.athletes.is_empty() || options.athletes.iter().any(|a| a == athlete)
    };
    let athletes: BTreeSet<&str> =
        sets.iter().map(|set| set.athlete.as_str()).filter(|athlete| is_judged(athlete)).collect();
    let models = athletes
        .into_iter()
        .map(|athlete| {
            let norms = norms_without(&sets, athlete);
            Ok((athlete, judge.models_without(sensor, athlete, norms)?))
        })
        .collect::<Result<BTreeMap<&str, FoldJudge>, Error>>()?;
    let is_known = |set: &AthleteMovement, seed: u64| {
        records.lock().is_ok_and(|file| {
            file.records.iter().any(|record| {
                record.sensor == sensor.name()
                    && record.athlete == set.athlete
                    && record.movement == set.movement
                    && record.seed == seed
            })
        })
    };
    let jobs: Vec<(&AthleteMovement, u64)> = sets
        .iter()
        .filter(|set| is_judged(&set.athlete))
        .flat_map(|set| (0..options.seeds).map(move |seed| (set, seed)))
        .filter(|(set, seed)| !is_known(set, *seed))
        .collect();
    let finished = std::sync::atomic::AtomicUsize::new(0);
    jobs.par_iter().try_for_each(|(set, seed)| {
        let record =
            judge_athlete(set, sensor, *seed, options.own_only, &models[set.athlete.as_str()])?;
        tell(finished.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, jobs.len());
        match (record, records.lock()) {
            (Some(record), Ok(mut kept)) => {
                kept.file.append_fold(&record)?;
                kept.records.push(record);
                Ok(())
            }
            _ => Ok(()),
        }
    })
}

/// Mean over persons of each person's mean, with its interval.
fn mean_over_persons<'a>(values: impl Iterator<Item = (&'a str, f64)>) -> PersonMean {
    let mut by_person: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (person, value) in values.filter(|(_, value)| value.is_finite()) {
        by_person.entry(person).or_default().push(value);
    }
    let means: Vec<f64> = by_person.values().map(|values| finite_mean(values)).collect();
    let count = means.len();
    let error = sample_sd(&means) / (count as f64).sqrt();
    PersonMean {
        value: finite_mean(&means),
        half_width: student_deviate(1.96, count.saturating_sub(1)) * error,
        persons: count,
    }
}

fn as_share(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}

/// Score points by which a fault must lower the score to count.
const SCORE_DROP: f64 = 10.0;
/// Score points by which a larger fault may score better and still count as monotone.
const SCORE_TOLERANCE: f64 = 0.5;

/// The score with none, half, all and one and a half of a fault; none if one is missing.
fn scores_by_size(record: &RealSetRecord, fault: &FaultJudgement) -> Option<[f64; 4]> {
    Some([
        record.clean.score?,
        fault.scores_half_more[0]?,
        fault.judged.score?,
        fault.scores_half_more[1]?,
    ])
}

fn summarize_sensor(sensor: &str, records: &[&RealSetRecord]) -> SensorFigures {
    let records: Vec<&RealSetRecord> =
        records.iter().filter(|record| record.sensor == sensor).copied().collect();
    let planted = || {
        records.iter().flat_map(|record| record.faults.iter().map(move |fault| (*record, fault)))
    };
    let over_faults = |value: &dyn Fn(&RealSetRecord, &FaultJudgement) -> f64| {
        mean_over_persons(
            planted().map(|(record, fault)| (record.athlete.as_str(), value(record, fault))),
        )
    };
    let over_clean = |value: &dyn Fn(&SetJudgement) -> f64| {
        mean_over_persons(
            records.iter().map(|record| (record.athlete.as_str(), value(&record.clean))),
        )
    };
    let detection = |distance: &dyn Fn(&SetJudgement) -> Option<f64>| {
        let auc_of = |athlete: &str, movement: &str| {
            let clean = records
                .iter()
                .filter(|record| record.movement == movement)
                .filter_map(|record| Some((distance(&record.clean)? as f32, false)));
            let faulty = planted()
                .filter(|(record, _)| record.movement == movement && record.athlete == athlete)
                .filter_map(|(_, fault)| Some((distance(&fault.judged)? as f32, true)));
            let (values, labels): (Vec<f32>, Vec<bool>) = clean.chain(faulty).unzip();
            roc_auc(&values, &labels)
        };
        let pairs: BTreeSet<(&str, &str)> = records
            .iter()
            .map(|record| (record.athlete.as_str(), record.movement.as_str()))
            .collect();
        mean_over_persons(
            pairs.into_iter().map(|(athlete, movement)| (athlete, auc_of(athlete, movement))),
        )
    };
    let is_shown = |named: &FirstNamed| as_share(named.place.is_some());
    let drop_of = |record: &RealSetRecord, fault: &FaultJudgement| {
        let (Some(clean), Some(faulty)) = (record.clean.score, fault.judged.score) else {
            return f64::NAN;
        };
        clean - faulty
    };
    let is_monotone = |record: &RealSetRecord, fault: &FaultJudgement| {
        scores_by_size(record, fault).map_or(f64::NAN, |scores| {
            as_share(scores.windows(2).all(|pair| pair[1] <= pair[0] + SCORE_TOLERANCE))
        })
    };
    let figures = [
        (
            "first finding names joint and phase",
            over_faults(&|_, f| as_share(f.judged.finding.hit)),
        ),
        (
            "first change beside others names joint and phase",
            over_faults(&|_, f| as_share(f.judged.beside_others.hit)),
        ),
        (
            "first change beside own names joint and phase",
            over_faults(&|_, f| as_share(f.judged.beside_own.hit)),
        ),
        ("clean sets with a finding", over_clean(&|set| is_shown(&set.finding))),
        ("clean sets with a finding of high certainty", over_clean(&|set| as_share(set.any_high))),
        ("clean sets with a change beside others", over_clean(&|set| is_shown(&set.beside_others))),
        ("clean sets with a change beside own", over_clean(&|set| is_shown(&set.beside_own))),
        (
            "fault lowers the score by 10 points",
            over_faults(&|record, fault| {
                let drop = drop_of(record, fault);
                if drop.is_finite() { as_share(drop >= SCORE_DROP) } else { f64::NAN }
            }),
        ),
        ("mean fall of the score, points", over_faults(&drop_of)),
        ("score falls with the size of the fault", over_faults(&is_monotone)),
        ("AUC of a plain distance from others", detection(&|set| set.distance_others)),
        ("AUC of a plain distance from own", detection(&|set| set.distance_own)),
    ];
    let hits = |wanted: &dyn Fn(&RealSetRecord, &FaultJudgement) -> bool| {
        let share = |hit: fn(&SetJudgement) -> bool| {
            over_faults(&|record, fault| {
                if wanted(record, fault) { as_share(hit(&fault.judged)) } else { f64::NAN }
            })
        };
        [
            share(|set| set.finding.hit),
            share(|set| set.beside_others.hit),
            share(|set| set.beside_own.hit),
        ]
    };
    let kind_names: BTreeSet<String> =
        planted().map(|(_, fault)| kind_name(&fault.fault)).collect();
    let kinds = kind_names
        .into_iter()
        .map(|kind| {
            let wanted =
                |_: &RealSetRecord, fault: &FaultJudgement| kind_name(&fault.fault) == kind;
            let count = planted().filter(|(record, fault)| wanted(record, fault)).count();
            let shares = hits(&wanted);
            (kind.clone(), count, shares)
        })
        .collect();
    let movement_names: BTreeSet<&str> =
        records.iter().map(|record| record.movement.as_str()).collect();
    let movements = movement_names
        .into_iter()
        .map(|movement| {
            let wanted = |record: &RealSetRecord, _: &FaultJudgement| record.movement == movement;
            let clean = |named: fn(&SetJudgement) -> &FirstNamed| {
                mean_over_persons(
                    records
                        .iter()
                        .filter(|record| record.movement == movement)
                        .map(|record| (record.athlete.as_str(), is_shown(named(&record.clean)))),
                )
            };
            (
                movement.to_owned(),
                planted().filter(|(record, fault)| wanted(record, fault)).count(),
                hits(&wanted),
                [
                    clean(|set| &set.finding),
                    clean(|set| &set.beside_others),
                    clean(|set| &set.beside_own),
                ],
            )
        })
        .collect();
    let mut instead: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (_, fault) in planted().filter(|(_, fault)| !fault.judged.beside_own.hit) {
        let place = fault.judged.beside_own.place.clone().unwrap_or_else(|| "nothing".to_owned());
        *instead.entry((kind_name(&fault.fault), place)).or_default() += 1;
    }
    let mut instead: Vec<(String, String, usize)> =
        instead.into_iter().map(|((kind, place), times)| (kind, place, times)).collect();
    instead.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.cmp(b)));
    instead.truncate(12);
    SensorFigures {
        sensor: sensor.to_owned(),
        sets: [records.len(), planted().count()],
        figures: figures.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        kinds,
        movements,
        instead,
    }
}

/// Name of a fault's kind with its joint, as in tables.
fn kind_name(fault: &PlantedFault) -> String {
    format!(
        "{:?} {}",
        fault.kind,
        fault.joint.name().trim_start_matches("left_").trim_start_matches("right_")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_named_beside_own_repetitions_and_a_clean_set_is_left_alone() {
        let Some(data) = std::env::var_os("AGOGE_TEST_DATA") else {
            eprintln!("skipped: AGOGE_TEST_DATA is not set");
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let options = PlantedRealOptions {
            athletes: vec!["s2".to_owned(), "s8".to_owned()],
            movements: vec!["shoulder_abduction".to_owned()],
            seeds: 1,
            own_only: true,
            keep: Some(folder.path().join("sets.jsonl")),
        };
        let evaluate = || {
            evaluate_planted_real(
                &[Dataset::UiPrmdKinect],
                Path::new(&data),
                &options,
                &LimitsAndNorms,
                &|_, _| (),
            )
            .unwrap()
        };
        let results = evaluate();
        let sensor = &results.sensors[0];
        assert_eq!(sensor.sets, [2, 10]);
        let figure = |name: &str| {
            sensor.figures.iter().find(|(known, _)| known == name).map(|(_, mean)| mean.value)
        };
        assert!(figure("first change beside own names joint and phase").unwrap() >= 0.8);
        assert_eq!(figure("clean sets with a change beside own"), Some(0.0));
        // What is in the file is not judged again.
        assert_eq!(evaluate().sensors[0].sets, [2, 10]);
        assert_eq!(
            std::fs::read_to_string(folder.path().join("sets.jsonl")).unwrap().lines().count(),
            2
        );
    }

    #[test]
    fn the_place_of_a_fault_is_its_joint_in_its_phase() {
        let fault = PlantedFault {
            kind: BodyFault::KneeInward,
            joint: Part::LeftKnee,
            window: FaultWindow::WayBack,
            size: 12.0,
        };
        assert!(is_fault_place(&fault, Some(Part::LeftKnee), Some(1), 2));
        assert!(!is_fault_place(&fault, Some(Part::RightKnee), Some(1), 2));
        assert!(!is_fault_place(&fault, Some(Part::LeftHip), Some(1), 2));
        assert!(!is_fault_place(&fault, Some(Part::LeftKnee), Some(0), 2));
        assert!(!is_fault_place(&fault, Some(Part::LeftKnee), None, 2));
        assert!(!is_fault_place(&fault, None, Some(1), 2));
    }
}
