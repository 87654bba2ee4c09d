//! Norms: mean and spread of every joint's direction and of every angle over the phases of a
//! movement's repetitions. A norm comes from one recording (a chosen exemplar, or the athlete's own
//! best repetitions) or from many (a squad), and is normalised for body size, speed and side.

use super::aspects::usual_aspects;
use agoge_analysis::JointPhase;
use agoge_kinematics::smoothness::sparc;
use agoge_kinematics::{Curves, Repetition, Unit};
use agoge_motion::segments::{JOINTS, interpolate_direction, joint_index};
use agoge_motion::statistics::{finite_mean, sample_sd};
use agoge_motion::vector::{add, dot, norm, unit_vector};
use agoge_motion::{Directions, Part, Side};
use serde::{Deserialize, Serialize};

/// Name and version of the norm file format.
pub const NORM_SCHEMA: &str = "agoge.norm/1";

/// Number of instants in a phase, evenly spread, both ends included.
pub const PHASE_POINTS: usize = 13;

/// Most phases that a norm may have.
const MAX_PHASES: usize = 20;
/// A phase in which no joint moves this far from where it began is a hold, degrees.
const MIN_MOVEMENT_DEG: f64 = 20.0;

/// Fewest athletes from which a norm knows how athletes differ.
const MIN_SQUAD_ATHLETES: usize = 3;

/// Angles in a norm, each with the joint that it belongs to (left of a pair) and whether mirroring
/// changes its sign.
const NORM_CURVES: [(&str, Part, bool); 16] = [
    ("trunk_lean", Part::Chest, false),
    ("trunk_lateral_lean", Part::Chest, true),
    ("trunk_rotation", Part::Chest, true),
    ("head_lean", Part::Neck, false),
    ("pelvis_list", Part::Pelvis, true),
    ("hip_flexion", Part::LeftHip, false),
    ("hip_adduction", Part::LeftHip, false),
    ("knee_flexion", Part::LeftKnee, false),
    ("knee_valgus", Part::LeftKnee, false),
    ("ankle_dorsiflexion", Part::LeftAnkle, false),
    ("foot_angle", Part::LeftAnkle, false),
    ("shoulder_elevation", Part::LeftShoulder, false),
    ("shoulder_flexion", Part::LeftShoulder, false),
    ("shoulder_abduction", Part::LeftShoulder, false),
    ("shoulder_rotation", Part::LeftShoulder, false),
    ("elbow_flexion", Part::LeftElbow, false),
];

/// Returns the joint that a curve belongs to.
pub fn curve_joint(curve: &str, side: Option<Side>) -> Option<Part> {
    let (_, part, _) = NORM_CURVES.iter().find(|(name, ..)| *name == curve)?;
    Some(side.map_or(*part, |side| part.on_side(side)))
}

/// Repetitions of one recording on the body skeleton.
#[derive(Clone, Copy)]
pub struct RepetitionSet<'a> {
    /// Direction in which every joint points its segment.
    pub directions: &'a Directions,
    /// Measured curves, on the same clock.
    pub curves: &'a Curves,
    /// The repetitions.
    pub repetitions: &'a [&'a Repetition],
}

/// A repetition, time-normalised over the points of its phases; one done with the left side is
/// mirrored.
#[derive(Clone, Debug)]
pub struct Cycle {
    /// Phases in order.
    pub phases: Vec<CyclePhase>,
}

/// One phase of a repetition.
#[derive(Clone, Debug)]
pub struct CyclePhase {
    /// Name; `None` if the movement has no phases.
    pub name: Option<String>,
    /// Duration, s.
    pub duration_s: f64,
    /// Smoothness of the whole body: SPARC (Balasubramanian 2015) of the summed angular speed of
    /// all joints; NaN where unknown.
    pub smoothness: f64,
    /// Direction of each joint's segment, `[point][joint]`.
    pub directions: Vec<[[f64; 3]; JOINTS.len()]>,
    /// Curves with name and side, `[curve][point]`.
    pub curves: Vec<(&'static str, Option<Side>, Vec<f64>)>,
}

impl CyclePhase {
    /// Values of a curve, `[point]`.
    pub fn curve_values(&self, name: &str, side: Option<Side>) -> Option<&[f64]> {
        let curve = self.curves.iter().find(|(known, on, _)| *known == name && *on == side)?;
        Some(&curve.2)
    }
}

/// Mean and spread of a movement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MovementNorm {
    /// Always [`NORM_SCHEMA`].
    pub schema: String,
    /// Description of whose repetitions these are.
    pub source: String,
    /// Name of the movement.
    pub movement: String,
    /// Name of the skeleton that the sensor gave, as in `Kinect-22`: beside another sensor's
    /// positions the sensors would be compared, not the athletes. `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensor: Option<String>,
    /// Number of other athletes; 0 means the athlete's own repetitions.
    pub athletes: usize,
    /// Number of repetitions.
    pub repetitions: usize,
    /// Phases in order.
    pub phases: Vec<PhaseNorm>,
    /// Mean and standard deviation over the repetitions of each of
    /// [`agoge_analysis::AspectKind::ALL`], in their units.
    pub aspects: Vec<[f64; 2]>,
}

/// Mean and spread over a phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseNorm {
    /// Name; `None` if the movement has no phases.
    pub name: Option<String>,
    /// Mean and standard deviation of the duration, s.
    pub duration_s: [f64; 2],
    /// Mean and standard deviation of the whole body's smoothness, SPARC; zero where unknown.
    pub smoothness: [f64; 2],
    /// Mean direction of each joint in the order of [`JOINTS`], `[point][joint]`; zero where
    /// unknown.
    pub directions: Vec<[[f64; 3]; JOINTS.len()]>,
    /// Spread of the directions: root mean square angles from the mean in the sagittal plane and
    /// out of it, degrees, `[point][joint]`.
    pub spread_deg: Vec<[[f64; 2]; JOINTS.len()]>,
    /// Mean and standard deviation of each curve.
    pub curves: Vec<CurveNorm>,
}

/// Mean and standard deviation of a curve over a phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveNorm {
    /// Name, without the side.
    pub name: String,
    /// Side; in a one-sided movement the right is the working side.
    pub side: Option<Side>,
    /// Mean, degrees, `[point]`.
    pub mean: Vec<f64>,
    /// Standard deviation, degrees, `[point]`.
    pub sd: Vec<f64>,
}

impl MovementNorm {
    /// Builds the norm of some repetitions of one movement by `athletes` athletes; `None` without a
    /// repetition. Phases that not all repetitions have are left out.
    pub fn new(
        source: &str,
        movement: &str,
        athletes: usize,
        cycles: &[Cycle],
    ) -> Option<MovementNorm> {
        let first = cycles.first()?;
        let phases = first.phases.iter().enumerate().filter_map(|(index, phase)| {
            let all: Vec<&CyclePhase> = cycles
                .iter()
                .filter_map(|cycle| {
                    cycle.phases.get(index).filter(|other| other.name == phase.name)
                })
                .collect();
            (all.len() == cycles.len()).then(|| PhaseNorm::new(&all))
        });
        let mut norm = MovementNorm {
            schema: NORM_SCHEMA.to_owned(),
            source: source.to_owned(),
            movement: movement.to_owned(),
            sensor: None,
            athletes,
            repetitions: cycles.len(),
            phases: phases.collect(),
            aspects: Vec::new(),
        };
        norm.aspects = usual_aspects(cycles, &norm);
        Some(norm)
    }

    /// Whether it was made by the sensor whose skeleton has this name.
    pub fn is_by_sensor(&self, skeleton: &str) -> bool {
        self.sensor.as_deref() == Some(skeleton)
    }

    /// Whether it knows how athletes differ from each other.
    pub fn is_squad_norm(&self) -> bool {
        self.athletes >= MIN_SQUAD_ATHLETES
    }

    /// Every joint in every phase.
    pub fn joint_phases(&self) -> Vec<JointPhase> {
        self.phases
            .iter()
            .flat_map(|phase| JOINTS.map(|joint| (joint, phase.name.clone())))
            .collect()
    }

    /// Half width of the 95 % interval of where somebody who does the movement well may be, from
    /// the standard deviation over the norm's repetitions. For a squad this is its spread; for
    /// another athlete, the uncertainty of that athlete's mean plus how far athletes differ
    /// (`individual`, a standard deviation); for the athlete's own repetitions, the uncertainty of
    /// the mean alone.
    pub(super) fn reference_half_width(&self, sd: f64, individual: f64) -> f64 {
        let mean_half_width = 1.96 * sd / (self.repetitions as f64).sqrt();
        match self.athletes {
            _ if self.is_squad_norm() => 1.96 * sd,
            0 => mean_half_width,
            _ => mean_half_width.hypot(1.96 * individual),
        }
    }

    /// Checks a norm that was read from a file.
    ///
    /// # Errors
    /// Returns a message for another schema, too many phases, another number of points, and a
    /// duration that is not between 0 and a minute.
    pub fn check_contents(&self) -> Result<(), String> {
        if self.schema != NORM_SCHEMA {
            return Err(format!("schema `{}` is not `{NORM_SCHEMA}`", self.schema));
        }
        if self.phases.len() > MAX_PHASES {
            return Err(format!("norm of {}: more than {MAX_PHASES} phases", self.movement));
        }
        let is_complete = |phase: &PhaseNorm| {
            let lengths =
                phase.directions.len() == PHASE_POINTS && phase.spread_deg.len() == PHASE_POINTS;
            let curves = phase
                .curves
                .iter()
                .all(|curve| curve.mean.len() == PHASE_POINTS && curve.sd.len() == PHASE_POINTS);
            lengths && curves && phase.duration_s[0] > 0.0 && phase.duration_s[0] < 60.0
        };
        match self.phases.iter().position(|phase| !is_complete(phase)) {
            Some(phase) => Err(format!(
                "norm of {}: phase {} is not of {PHASE_POINTS} points and less than a minute",
                self.movement,
                phase + 1
            )),
            None => Ok(()),
        }
    }

    /// Finds the phase with this name.
    pub fn find_phase(&self, name: Option<&str>) -> Option<&PhaseNorm> {
        self.phases.iter().find(|phase| phase.name.as_deref() == name)
    }

    /// Rounds the values for writing: directions to 1/1000, angles to a tenth of a degree.
    pub fn with_rounded_values(mut self) -> MovementNorm {
        let round_to = |value: f64, digits: f64| (value * digits).round() / digits;
        self.aspects.iter_mut().flatten().for_each(|v| *v = round_to(*v, 10000.0));
        for phase in &mut self.phases {
            phase.duration_s = phase.duration_s.map(|v| round_to(v, 1000.0));
            phase.smoothness = phase.smoothness.map(|v| round_to(v, 1000.0));
            phase.directions.iter_mut().flatten().flatten().for_each(|v| *v = round_to(*v, 1000.0));
            phase.spread_deg.iter_mut().flatten().flatten().for_each(|v| *v = round_to(*v, 10.0));
            for curve in &mut phase.curves {
                curve.mean.iter_mut().chain(&mut curve.sd).for_each(|v| *v = round_to(*v, 10.0));
            }
        }
        self
    }
}

impl PhaseNorm {
    fn new(all: &[&CyclePhase]) -> PhaseNorm {
        let durations: Vec<f64> = all.iter().map(|phase| phase.duration_s).collect();
        let smooth: Vec<f64> =
            all.iter().map(|phase| phase.smoothness).filter(|v| v.is_finite()).collect();
        let spread = |values: &[f64]| if values.len() > 1 { sample_sd(values) } else { 0.0 };
        let mut directions = vec![[[0.0; 3]; JOINTS.len()]; PHASE_POINTS];
        let mut spread_deg = vec![[[0.0; 2]; JOINTS.len()]; PHASE_POINTS];
        for (point, joint) in
            (0..PHASE_POINTS).flat_map(|point| (0..JOINTS.len()).map(move |joint| (point, joint)))
        {
            let known: Vec<[f64; 3]> = all
                .iter()
                .map(|phase| phase.directions[point][joint])
                .filter(|d| d[0].is_finite())
                .collect();
            let sum = known.iter().copied().fold([0.0; 3], add);
            if 2 * known.len() <= all.len() || norm(sum) < 1e-9 {
                continue;
            }
            directions[point][joint] = unit_vector(sum);
            spread_deg[point][joint] = direction_scatter(&known, directions[point][joint]);
        }
        let first = all.first().map_or(&[][..], |phase| &phase.curves);
        let curves = first.iter().filter_map(|(name, side, _)| {
            let at = |point: usize| -> Vec<f64> {
                let curves = all.iter().filter_map(|phase| phase.curve_values(name, *side));
                curves.map(|values| values[point]).filter(|v| v.is_finite()).collect()
            };
            let values: Vec<Vec<f64>> = (0..PHASE_POINTS).map(at).collect();
            values.iter().all(|values| 2 * values.len() > all.len()).then(|| CurveNorm {
                name: (*name).to_owned(),
                side: *side,
                mean: values.iter().map(|values| finite_mean(values)).collect(),
                sd: values.iter().map(|values| spread(values)).collect(),
            })
        });
        PhaseNorm {
            name: all.first().and_then(|phase| phase.name.clone()),
            duration_s: [finite_mean(&durations), spread(&durations)],
            smoothness: if smooth.is_empty() {
                [0.0; 2]
            } else {
                [finite_mean(&smooth), spread(&smooth)]
            },
            directions,
            spread_deg,
            curves: curves.collect(),
        }
    }
}

impl RepetitionSet<'_> {
    /// Time-normalises the repetitions over the points of their phases.
    pub fn to_cycles(&self) -> Vec<Cycle> {
        self.repetitions.iter().map(|repetition| self.repetition_cycle(repetition)).collect()
    }

    /// SPARC of the summed angular speed of all joints.
    fn phase_smoothness(&self, start: usize, end: usize) -> f64 {
        let time = &self.curves.time;
        let angular_speed = |frame: usize| -> f64 {
            let each = (0..JOINTS.len()).map(|j| {
                angle_between(
                    self.directions.direction_at(frame, j),
                    self.directions.direction_at(frame + 1, j),
                )
            });
            each.filter(|angle| angle.is_finite()).sum::<f64>() / (time[frame + 1] - time[frame])
        };
        let speed: Vec<f64> = (start..end).map(angular_speed).collect();
        let rate = (end - start) as f64 / (time[end] - time[start]);
        let from_start = |frame: usize, j: usize| {
            angle_between(
                self.directions.direction_at(start, j),
                self.directions.direction_at(frame, j),
            )
        };
        let distances =
            (start..=end).flat_map(|frame| (0..JOINTS.len()).map(move |j| from_start(frame, j)));
        let moves = distances.fold(0.0, f64::max) >= MIN_MOVEMENT_DEG;
        if speed.len() < 4 || !rate.is_finite() || !moves { f64::NAN } else { sparc(&speed, rate) }
    }

    fn repetition_cycle(&self, repetition: &Repetition) -> Cycle {
        let left = repetition.side == Some(Side::Left);
        let phases = phase_spans(repetition)
            .into_iter()
            .map(|(name, start, end)| {
                let at = |point: usize| {
                    let x = start as f64
                        + (end - start) as f64 * point as f64 / (PHASE_POINTS - 1) as f64;
                    (x.floor() as usize, (x.floor() as usize + 1).min(end), x.fract())
                };
                let direction = |point: usize| {
                    let (a, b, share) = at(point);
                    std::array::from_fn(|joint| {
                        let joint = if left { mirrored_joint(joint) } else { joint };
                        let [p, q] = [a, b].map(|frame| self.directions.direction_at(frame, joint));
                        let mixed = interpolate_direction(p, q, share);
                        if left { mirror_direction(mixed) } else { mixed }
                    })
                };
                let curve = |(name, part, signed): (&'static str, Part, bool)| {
                    let sides = if part.side().is_some() {
                        Side::BOTH.map(Some).to_vec()
                    } else {
                        vec![None]
                    };
                    sides.into_iter().filter_map(move |side| {
                        let recorded_side = if left { side.map(Side::opposite) } else { side };
                        let curve = self
                            .curves
                            .get(name, recorded_side)
                            .filter(|curve| curve.unit == Unit::Degree)?;
                        let sign = if left && signed { -1.0 } else { 1.0 };
                        let value = |point: usize| {
                            let (a, b, share) = at(point);
                            let (a, b) = (curve.values[a], curve.values[b]);
                            sign * if share == 0.0 { a } else { a + share * (b - a) }
                        };
                        Some((name, side, (0..PHASE_POINTS).map(value).collect()))
                    })
                };
                CyclePhase {
                    name,
                    duration_s: self.curves.time[end] - self.curves.time[start],
                    smoothness: self.phase_smoothness(start, end),
                    directions: (0..PHASE_POINTS).map(direction).collect(),
                    curves: NORM_CURVES.into_iter().flat_map(curve).collect(),
                }
            })
            .collect();
        Cycle { phases }
    }
}

/// Phases of a repetition with their first and last frames; the whole repetition if it has none.
pub(crate) fn phase_spans(repetition: &Repetition) -> Vec<(Option<String>, usize, usize)> {
    if repetition.phases.is_empty() {
        return vec![(None, repetition.start, repetition.end)];
    }
    repetition
        .phases
        .iter()
        .map(|phase| (Some(phase.name.clone()), phase.start, phase.end))
        .collect()
}

/// Index of the same joint on the other side.
pub(crate) fn mirrored_joint(index: usize) -> usize {
    joint_index(JOINTS[index].mirror()).unwrap_or(index)
}

/// Mirrors a direction left to right.
pub(crate) fn mirror_direction([x, y, z]: [f64; 3]) -> [f64; 3] {
    [x, y, -z]
}

/// Angles between two unit directions in the sagittal plane and out of it, degrees.
pub(crate) fn plane_angles(a: [f64; 3], b: [f64; 3]) -> [f64; 2] {
    let [x, y, z] = [0, 1, 2].map(|k| a[k] - b[k]);
    [2.0 * (0.5 * x.hypot(y)).min(1.0).asin(), z.abs().min(1.0).asin()].map(f64::to_degrees)
}

/// Root mean square angles of directions from a centre in and out of the sagittal plane, degrees
/// (see [`plane_angles`]).
fn direction_scatter(directions: &[[f64; 3]], centre: [f64; 3]) -> [f64; 2] {
    let each: Vec<[f64; 2]> = directions.iter().map(|d| plane_angles(*d, centre)).collect();
    [0, 1].map(|plane| {
        finite_mean(&each.iter().map(|away| away[plane].powi(2)).collect::<Vec<_>>()).sqrt()
    })
}

/// Angle between two unit directions, degrees.
pub(crate) fn angle_between(a: [f64; 3], b: [f64; 3]) -> f64 {
    dot(a, b).clamp(-1.0, 1.0).acos().to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_kinematics::{Movement, measure_curves, movement, segment_repetitions};
    use agoge_motion::Recording;
    use agoge_motion::simulate::{
        Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet as Simulated,
    };

    fn squat_recording() -> (Movement, Recording) {
        let fault = SimulatedFault {
            kind: SimulatedFaultKind::Asymmetry,
            side: Some(Side::Left),
            repetitions: 1..=4,
            size: 20.0,
        };
        let lean = SimulatedFault {
            kind: SimulatedFaultKind::TrunkSideways,
            side: None,
            repetitions: 1..=4,
            size: 10.0,
        };
        let set = Simulated {
            repetitions: 4,
            faults: vec![fault, lean],
            ..Simulated::new(Exercise::Squat)
        };
        (
            movement::find_movement("squat").unwrap().clone(),
            set.simulate().recording.to_body().recording,
        )
    }

    fn squat_cycles(movement: &Movement, body: &Recording, side: Option<Side>) -> Vec<Cycle> {
        let curves = measure_curves(body).curves;
        let segmented: Vec<Repetition> = segment_repetitions(movement, &curves)
            .into_iter()
            .map(|repetition| Repetition { side, ..repetition })
            .collect();
        let segmented: Vec<&Repetition> = segmented.iter().collect();
        RepetitionSet {
            directions: &body.segment_directions(),
            curves: &curves,
            repetitions: &segmented,
        }
        .to_cycles()
    }

    /// The athlete faces +X, so mirroring negates z.
    fn mirror_recording(body: &Recording) -> Recording {
        let mut mirrored = body.clone();
        for frame in 0..body.frame_count() {
            for part in Part::ALL {
                let [x, y, z] = body.position_at(frame, part.mirror().index());
                mirrored.position[frame * Part::COUNT + part.index()] = [x, y, -z];
            }
        }
        mirrored
    }

    #[test]
    fn left_and_right_are_alike_once_they_are_normalised() {
        let (movement, body) = squat_recording();
        let right = squat_cycles(&movement, &body, Some(Side::Right));
        let left = squat_cycles(&movement, &mirror_recording(&body), Some(Side::Left));
        assert_eq!((right.len(), left.len()), (4, 4));
        // The curves' medians and frames differ only by rounding.
        for (a, b) in right.iter().zip(&left).flat_map(|(a, b)| a.phases.iter().zip(&b.phases)) {
            let pairs = a.directions.iter().flatten().zip(b.directions.iter().flatten());
            assert!(
                pairs.filter(|(a, _)| a[0].is_finite()).all(|(a, b)| angle_between(*a, *b) < 1e-3)
            );
            for (name, side, values) in &a.curves {
                let other = b.curve_values(name, *side).unwrap();
                let same =
                    |(a, b): (&f64, &f64)| (a - b).abs() < 1e-6 || (a.is_nan() && b.is_nan());
                assert!(
                    values.iter().zip(other).all(same),
                    "{name} {side:?}: {values:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn a_norm_survives_its_file_and_says_what_is_wrong_with_another() {
        let (movement, body) = squat_recording();
        let norm =
            MovementNorm::new("four squats", "squat", 1, &squat_cycles(&movement, &body, None))
                .unwrap()
                .with_rounded_values();
        assert_eq!((norm.phases.len(), norm.repetitions, norm.check_contents()), (2, 4, Ok(())));
        let knee = norm.phases[0].curves.iter().find(|curve| curve.name == "knee_flexion").unwrap();
        // The left knee's planted fault is 20° short of 110°.
        assert_eq!(knee.side, Some(Side::Left));
        assert!((knee.mean[PHASE_POINTS - 1] - 90.0).abs() < 2.0, "{:?}", knee.mean);
        let wrong = MovementNorm { schema: "other".to_owned(), ..norm.clone() };
        assert!(wrong.check_contents().is_err_and(|why| why.contains("other")));
        let mut short = norm;
        short.phases[1].spread_deg.pop();
        assert!(short.check_contents().is_err_and(|why| why.contains("phase 2")));
        assert!(MovementNorm::new("none", "squat", 1, &[]).is_none());
    }
}
