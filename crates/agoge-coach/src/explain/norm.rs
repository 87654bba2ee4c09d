//! What a movement usually looks like: mean and spread of every joint's direction and of every
//! angle over the phases of a movement's repetitions. It is made of one recording (a chosen
//! exemplar, or the athlete's own best repetitions) or of many (a squad), and it is normalised for
//! size, speed and side.

use super::Place;
use super::aspects::usual;
use agoge_kinematics::normalise::{mean, sample_sd};
use agoge_kinematics::smoothness::sparc;
use agoge_kinematics::{Curves, Repetition, Unit};
use agoge_motion::segments::{JOINTS, between, joint};
use agoge_motion::vector::{add, dot, norm, unit};
use agoge_motion::{Directions, Part, Side};
use serde::{Deserialize, Serialize};

/// Name and version of the form in which a norm is written.
pub const SCHEMA: &str = "agoge.norm/1";

/// Instants of a phase, evenly spread, ends included.
pub const POINTS: usize = 13;

/// No movement has more phases.
const PHASES: usize = 20;
/// A phase in which no joint comes so far from where it began is stillness, degrees.
const MOVES: f64 = 20.0;

/// From so many athletes on a norm knows how athletes differ.
const SQUAD: usize = 3;

/// Angles and lengths that a norm keeps, each with the joint that it belongs to (left of a pair)
/// and whether it changes its sign in the mirror.
const KEPT: [(&str, Part, bool); 16] = [
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

/// The joint that a curve belongs to.
pub fn joint_of(curve: &str, side: Option<Side>) -> Option<Part> {
    let (_, part, _) = KEPT.iter().find(|(name, ..)| *name == curve)?;
    Some(side.map_or(*part, |side| part.on(side)))
}

/// Repetitions of one recording on the body skeleton.
#[derive(Clone, Copy)]
pub struct Set<'a> {
    /// Where every joint points its segment.
    pub directions: &'a Directions,
    /// What was measured, on the same clock.
    pub curves: &'a Curves,
    /// The repetitions.
    pub repetitions: &'a [&'a Repetition],
}

/// A repetition, stretched over the points of its phases; done with the left, it is shown in the
/// mirror.
#[derive(Clone, Debug)]
pub struct Cycle {
    /// Its phases.
    pub phases: Vec<CyclePhase>,
}

/// A phase of a repetition.
#[derive(Clone, Debug)]
pub struct CyclePhase {
    /// Name; none where the movement has no phases.
    pub name: Option<String>,
    /// How long it lasts, s.
    pub duration_s: f64,
    /// Smoothness of the whole body: SPARC (Balasubramanian 2015) of how fast all joints together
    /// turn; NaN where it cannot be said.
    pub smoothness: f64,
    /// Where each joint points, `[point][joint]`.
    pub directions: Vec<[[f64; 3]; JOINTS.len()]>,
    /// Each kept curve, `[curve][point]`, with its name and side.
    pub curves: Vec<(&'static str, Option<Side>, Vec<f64>)>,
}

impl CyclePhase {
    /// A kept curve, `[point]`.
    pub fn curve(&self, name: &str, side: Option<Side>) -> Option<&[f64]> {
        let own = self.curves.iter().find(|(own, on, _)| *own == name && *on == side)?;
        Some(&own.2)
    }
}

/// Mean and spread of a movement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Norm {
    /// [`SCHEMA`].
    pub schema: String,
    /// Whose repetitions these are, in words.
    pub source: String,
    /// The movement's name.
    pub movement: String,
    /// How many other athletes; 0: the athlete's own repetitions.
    pub athletes: usize,
    /// How many repetitions.
    pub repetitions: usize,
    /// The phases, in order.
    pub phases: Vec<PhaseNorm>,
    /// Mean and standard deviation over the repetitions of each of [`super::ASPECTS`], in their
    /// units.
    pub aspects: Vec<[f64; 2]>,
}

/// Mean and spread over a phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseNorm {
    /// Name; none where the movement has no phases.
    pub name: Option<String>,
    /// Mean and standard deviation of its length, s.
    pub duration_s: [f64; 2],
    /// Mean and standard deviation of the whole body's smoothness, SPARC; zero where it is not
    /// known.
    pub smoothness: [f64; 2],
    /// Mean direction of each joint in the order of [`JOINTS`], `[point][joint]`; zero where it is
    /// not known.
    pub directions: Vec<[[f64; 3]; JOINTS.len()]>,
    /// Spread of the directions: root mean square angles from the mean in the sagittal plane and
    /// out of it, degrees, `[point][joint]`.
    pub spread_deg: Vec<[[f64; 2]; JOINTS.len()]>,
    /// Mean and standard deviation of each kept curve.
    pub curves: Vec<CurveNorm>,
}

/// Mean and standard deviation of a curve over a phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveNorm {
    /// Name, without the side.
    pub name: String,
    /// Side; of a movement done with one side the right is the one that works.
    pub side: Option<Side>,
    /// Mean, degrees, `[point]`.
    pub mean: Vec<f64>,
    /// Standard deviation, degrees, `[point]`.
    pub sd: Vec<f64>,
}

impl Norm {
    /// The norm of some repetitions of one movement by so many athletes; none without a repetition.
    /// Phases that not all of them have are left out.
    pub fn new(source: &str, movement: &str, athletes: usize, cycles: &[Cycle]) -> Option<Norm> {
        let first = cycles.first()?;
        let phases = first.phases.iter().enumerate().filter_map(|(index, phase)| {
            let all: Vec<&CyclePhase> = cycles
                .iter()
                .filter_map(|cycle| cycle.phases.get(index).filter(|own| own.name == phase.name))
                .collect();
            (all.len() == cycles.len()).then(|| PhaseNorm::new(&all))
        });
        let mut norm = Norm {
            schema: SCHEMA.to_owned(),
            source: source.to_owned(),
            movement: movement.to_owned(),
            athletes,
            repetitions: cycles.len(),
            phases: phases.collect(),
            aspects: Vec::new(),
        };
        norm.aspects = usual(cycles, &norm);
        Some(norm)
    }

    /// Whether it knows how athletes differ from each other.
    pub fn is_of_a_squad(&self) -> bool {
        self.athletes >= SQUAD
    }

    /// Every joint in every phase.
    pub fn places(&self) -> Vec<Place> {
        self.phases
            .iter()
            .flat_map(|phase| JOINTS.map(|joint| (joint, phase.name.clone())))
            .collect()
    }

    /// Half width of the 95 % interval of where somebody who does it well is, from the standard
    /// deviation over the norm's repetitions: of a squad its spread; of another athlete how well
    /// his mean is known, and by how much athletes differ (`individual`, a standard deviation); of
    /// the athlete himself the former alone.
    pub(super) fn doubt(&self, sd: f64, individual: f64) -> f64 {
        let of_mean = 1.96 * sd / (self.repetitions as f64).sqrt();
        match self.athletes {
            _ if self.is_of_a_squad() => 1.96 * sd,
            0 => of_mean,
            _ => of_mean.hypot(1.96 * individual),
        }
    }

    /// Says what is wrong with a norm that was read from a file, if something is.
    ///
    /// # Errors
    /// For another schema, another number of points, and values that are no numbers.
    pub fn check(&self) -> Result<(), String> {
        if self.schema != SCHEMA {
            return Err(format!("schema `{}` is not `{SCHEMA}`", self.schema));
        }
        if self.phases.len() > PHASES {
            return Err(format!("norm of {}: more than {PHASES} phases", self.movement));
        }
        let is_whole = |phase: &PhaseNorm| {
            let lengths = phase.directions.len() == POINTS && phase.spread_deg.len() == POINTS;
            let curves = phase
                .curves
                .iter()
                .all(|curve| curve.mean.len() == POINTS && curve.sd.len() == POINTS);
            lengths && curves && phase.duration_s[0] > 0.0 && phase.duration_s[0] < 60.0
        };
        match self.phases.iter().position(|phase| !is_whole(phase)) {
            Some(phase) => Err(format!(
                "norm of {}: phase {} is not of {POINTS} points and less than a minute",
                self.movement,
                phase + 1
            )),
            None => Ok(()),
        }
    }

    /// The phase of this name.
    pub fn phase(&self, name: Option<&str>) -> Option<&PhaseNorm> {
        self.phases.iter().find(|phase| phase.name.as_deref() == name)
    }

    /// The same with fewer digits, as it is written: directions to 1/1000, angles to a tenth of a
    /// degree.
    pub fn rounded(mut self) -> Norm {
        let to = |value: f64, digits: f64| (value * digits).round() / digits;
        self.aspects.iter_mut().flatten().for_each(|v| *v = to(*v, 10000.0));
        for phase in &mut self.phases {
            phase.duration_s = phase.duration_s.map(|v| to(v, 1000.0));
            phase.smoothness = phase.smoothness.map(|v| to(v, 1000.0));
            phase.directions.iter_mut().flatten().flatten().for_each(|v| *v = to(*v, 1000.0));
            phase.spread_deg.iter_mut().flatten().flatten().for_each(|v| *v = to(*v, 10.0));
            for curve in &mut phase.curves {
                curve.mean.iter_mut().chain(&mut curve.sd).for_each(|v| *v = to(*v, 10.0));
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
        let mut directions = vec![[[0.0; 3]; JOINTS.len()]; POINTS];
        let mut spread_deg = vec![[[0.0; 2]; JOINTS.len()]; POINTS];
        for (point, joint) in
            (0..POINTS).flat_map(|point| (0..JOINTS.len()).map(move |joint| (point, joint)))
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
            directions[point][joint] = unit(sum);
            spread_deg[point][joint] = scatter(&known, directions[point][joint]);
        }
        let first = all.first().map_or(&[][..], |phase| &phase.curves);
        let curves = first.iter().filter_map(|(name, side, _)| {
            let at = |point: usize| -> Vec<f64> {
                let own = all.iter().filter_map(|phase| phase.curve(name, *side));
                own.map(|values| values[point]).filter(|v| v.is_finite()).collect()
            };
            let values: Vec<Vec<f64>> = (0..POINTS).map(at).collect();
            values.iter().all(|values| 2 * values.len() > all.len()).then(|| CurveNorm {
                name: (*name).to_owned(),
                side: *side,
                mean: values.iter().map(|values| mean(values)).collect(),
                sd: values.iter().map(|values| spread(values)).collect(),
            })
        });
        PhaseNorm {
            name: all.first().and_then(|phase| phase.name.clone()),
            duration_s: [mean(&durations), spread(&durations)],
            smoothness: if smooth.is_empty() { [0.0; 2] } else { [mean(&smooth), spread(&smooth)] },
            directions,
            spread_deg,
            curves: curves.collect(),
        }
    }
}

impl Set<'_> {
    /// The repetitions over the points of their phases.
    pub fn cycles(&self) -> Vec<Cycle> {
        self.repetitions.iter().map(|repetition| self.cycle(repetition)).collect()
    }

    /// SPARC of how fast all joints together turn.
    fn smoothness(&self, start: usize, end: usize) -> f64 {
        let time = &self.curves.time;
        let turns = |frame: usize| -> f64 {
            let each = (0..JOINTS.len())
                .map(|j| angle(self.directions.at(frame, j), self.directions.at(frame + 1, j)));
            each.filter(|angle| angle.is_finite()).sum::<f64>() / (time[frame + 1] - time[frame])
        };
        let speed: Vec<f64> = (start..end).map(turns).collect();
        let rate = (end - start) as f64 / (time[end] - time[start]);
        let from_start = |frame: usize, j: usize| {
            angle(self.directions.at(start, j), self.directions.at(frame, j))
        };
        let far =
            (start..=end).flat_map(|frame| (0..JOINTS.len()).map(move |j| from_start(frame, j)));
        let moves = far.fold(0.0, f64::max) >= MOVES;
        if speed.len() < 4 || !rate.is_finite() || !moves { f64::NAN } else { sparc(&speed, rate) }
    }

    fn cycle(&self, repetition: &Repetition) -> Cycle {
        let left = repetition.side == Some(Side::Left);
        let phases = spans(repetition)
            .into_iter()
            .map(|(name, start, end)| {
                let at = |point: usize| {
                    let x =
                        start as f64 + (end - start) as f64 * point as f64 / (POINTS - 1) as f64;
                    (x.floor() as usize, (x.floor() as usize + 1).min(end), x.fract())
                };
                let direction = |point: usize| {
                    let (a, b, share) = at(point);
                    std::array::from_fn(|own| {
                        let own = if left { mirrored_joint(own) } else { own };
                        let [p, q] = [a, b].map(|frame| self.directions.at(frame, own));
                        let mixed = between(p, q, share);
                        if left { in_mirror(mixed) } else { mixed }
                    })
                };
                let curve = |(name, part, signed): (&'static str, Part, bool)| {
                    let sides = if part.side().is_some() {
                        Side::BOTH.map(Some).to_vec()
                    } else {
                        vec![None]
                    };
                    sides.into_iter().filter_map(move |side| {
                        let own = if left { side.map(Side::other) } else { side };
                        let curve = self
                            .curves
                            .get(name, own)
                            .filter(|curve| curve.unit == Unit::Degree)?;
                        let sign = if left && signed { -1.0 } else { 1.0 };
                        let value = |point: usize| {
                            let (a, b, share) = at(point);
                            let (a, b) = (curve.values[a], curve.values[b]);
                            sign * if share == 0.0 { a } else { a + share * (b - a) }
                        };
                        Some((name, side, (0..POINTS).map(value).collect()))
                    })
                };
                CyclePhase {
                    name,
                    duration_s: self.curves.time[end] - self.curves.time[start],
                    smoothness: self.smoothness(start, end),
                    directions: (0..POINTS).map(direction).collect(),
                    curves: KEPT.into_iter().flat_map(curve).collect(),
                }
            })
            .collect();
        Cycle { phases }
    }
}

/// The phases of a repetition with their first and last frames; the whole of it where there are
/// none.
pub(crate) fn spans(repetition: &Repetition) -> Vec<(Option<String>, usize, usize)> {
    if repetition.phases.is_empty() {
        return vec![(None, repetition.start, repetition.end)];
    }
    repetition
        .phases
        .iter()
        .map(|phase| (Some(phase.name.clone()), phase.start, phase.end))
        .collect()
}

/// The same joint on the other side.
pub(crate) fn mirrored_joint(index: usize) -> usize {
    joint(JOINTS[index].mirror()).unwrap_or(index)
}

/// A direction in the mirror.
pub(crate) fn in_mirror([x, y, z]: [f64; 3]) -> [f64; 3] {
    [x, y, -z]
}

/// How far two directions of length 1 are apart in the sagittal plane and out of it, degrees.
pub(crate) fn apart(a: [f64; 3], b: [f64; 3]) -> [f64; 2] {
    let [x, y, z] = [0, 1, 2].map(|k| a[k] - b[k]);
    [2.0 * (0.5 * x.hypot(y)).min(1.0).asin(), z.abs().min(1.0).asin()].map(f64::to_degrees)
}

/// Root mean square of how far directions are from one, degrees, as [`apart`].
fn scatter(directions: &[[f64; 3]], centre: [f64; 3]) -> [f64; 2] {
    let each: Vec<[f64; 2]> = directions.iter().map(|d| apart(*d, centre)).collect();
    [0, 1]
        .map(|plane| mean(&each.iter().map(|away| away[plane].powi(2)).collect::<Vec<_>>()).sqrt())
}

/// The angle between two directions of length 1, degrees.
pub(crate) fn angle(a: [f64; 3], b: [f64; 3]) -> f64 {
    dot(a, b).clamp(-1.0, 1.0).acos().to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_kinematics::{Movement, measure, movement, repetitions};
    use agoge_motion::Recording;
    use agoge_motion::simulate::{Exercise, Fault, FaultKind, Set as Simulated};

    fn squat() -> (Movement, Recording) {
        let fault = Fault {
            kind: FaultKind::Asymmetry,
            side: Some(Side::Left),
            repetitions: 1..=4,
            size: 20.0,
        };
        let lean =
            Fault { kind: FaultKind::TrunkSideways, side: None, repetitions: 1..=4, size: 10.0 };
        let set = Simulated {
            repetitions: 4,
            faults: vec![fault, lean],
            ..Simulated::new(Exercise::Squat)
        };
        (movement::find("squat").unwrap().clone(), set.simulate().recording.to_body().recording)
    }

    fn cycles(movement: &Movement, body: &Recording, side: Option<Side>) -> Vec<Cycle> {
        let curves = measure(body).curves;
        let found: Vec<Repetition> = repetitions(movement, &curves)
            .into_iter()
            .map(|found| Repetition { side, ..found })
            .collect();
        let found: Vec<&Repetition> = found.iter().collect();
        Set { directions: &body.directions(), curves: &curves, repetitions: &found }.cycles()
    }

    /// The athlete faces +X, so that the mirror turns z.
    fn in_a_mirror(body: &Recording) -> Recording {
        let mut mirrored = body.clone();
        for frame in 0..body.frames() {
            for part in Part::ALL {
                let [x, y, z] = body.at(frame, part.mirror().index());
                mirrored.position[frame * Part::COUNT + part.index()] = [x, y, -z];
            }
        }
        mirrored
    }

    #[test]
    fn left_and_right_are_alike_once_they_are_normalised() {
        let (movement, body) = squat();
        let right = cycles(&movement, &body, Some(Side::Right));
        let left = cycles(&movement, &in_a_mirror(&body), Some(Side::Left));
        assert_eq!((right.len(), left.len()), (4, 4));
        // The curves' medians and frames differ by rounding only.
        for (a, b) in right.iter().zip(&left).flat_map(|(a, b)| a.phases.iter().zip(&b.phases)) {
            let pairs = a.directions.iter().flatten().zip(b.directions.iter().flatten());
            assert!(pairs.filter(|(a, _)| a[0].is_finite()).all(|(a, b)| angle(*a, *b) < 1e-3));
            for (name, side, values) in &a.curves {
                let other = b.curve(name, *side).unwrap();
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
        let (movement, body) = squat();
        let norm = Norm::new("four squats", "squat", 1, &cycles(&movement, &body, None))
            .unwrap()
            .rounded();
        assert_eq!((norm.phases.len(), norm.repetitions, norm.check()), (2, 4, Ok(())));
        let knee = norm.phases[0].curves.iter().find(|curve| curve.name == "knee_flexion").unwrap();
        // The left knee is planted 20° short of 110°.
        assert_eq!(knee.side, Some(Side::Left));
        assert!((knee.mean[POINTS - 1] - 90.0).abs() < 2.0, "{:?}", knee.mean);
        let wrong = Norm { schema: "other".to_owned(), ..norm.clone() };
        assert!(wrong.check().is_err_and(|why| why.contains("other")));
        let mut short = norm;
        short.phases[1].spread_deg.pop();
        assert!(short.check().is_err_and(|why| why.contains("phase 2")));
        assert!(Norm::new("none", "squat", 1, &[]).is_none());
    }
}
