//! Where an athlete differs from a norm: in degrees at the same instants of a phase, and in
//! milliseconds.

use super::norm::{
    Cycle, CyclePhase, Norm, POINTS, PhaseNorm, angle, apart, mirrored_joint, spans,
};
use super::{Asked, joint_of};
use crate::precision::Precision;
use agoge_attention::reference::{Frames, attend};
use agoge_kinematics::coordination::wrapped;
use agoge_kinematics::normalise::{
    half_width, mean, minimal_detectable_change, sample_sd, standard_error,
};
use agoge_kinematics::{Repetition, Unit};
use agoge_motion::segments::JOINTS;
use agoge_motion::vector::norm as length;
use agoge_motion::{Directions, Part, Side};
use serde::{Deserialize, Serialize};

/// A difference counts when it is this many times its uncertainty.
const CLEAR: f64 = 1.5;
/// How far athletes who do a movement well differ from each other, standard deviation in the
/// sagittal plane and out of it, degrees: what a norm of one athlete cannot know. The median over
/// joints and phases of the norms of UI-PRMD.
const INDIVIDUAL: [f64; 2] = [5.0, 2.5];
/// How much sooner or later a reference may be where the athlete is, shares of the phase.
const SHIFTS: [f64; 5] = [-0.12, -0.06, 0.0, 0.06, 0.12];
/// A phase is hurried or dragged if it lasts less or more than the reference's by this factor:
/// tempo is a matter of taste up to there.
const PACE: f64 = 1.7;
/// How far the smoothness of athletes who do a movement well differs, standard deviation of SPARC,
/// at least.
const SMOOTHNESS: f64 = 0.12;
/// An angle that differs by so much among those who do it well says nothing (a shoulder's flexion
/// while the arm is out to the side), degrees.
const LOOSE: f64 = 25.0;
/// Fewest repetitions from which an error of measurement is stated.
const ENOUGH: usize = 4;

/// How a joint differs from the reference's in a phase, where it differs most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The joint.
    pub joint: Part,
    /// The phase; none where the movement has none.
    pub phase: Option<String>,
    /// Where in the phase, 0 to 1.
    pub at: f64,
    /// Angle between the mean directions of the joint's segment, degrees.
    pub angle_deg: f64,
    /// How many times its uncertainty that is; above 1.5 it counts.
    pub clearness: f64,
    /// Whether it lies inside the error of measurement (or the spread of the squad) and is no
    /// finding.
    pub within_error: bool,
    /// The repetitions that differ by as much (their numbers).
    pub repetitions: Vec<usize>,
    /// The angle that says it best, if one does.
    pub curve: Option<CurveDifference>,
}

/// A difference in the words of one angle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveDifference {
    /// Name of the curve, without the side.
    pub name: String,
    /// Side.
    pub side: Option<Side>,
    /// Mean of the athlete's repetitions, degrees.
    pub value: f64,
    /// The reference's mean, degrees.
    pub expected: f64,
    /// Standard deviation of the athlete's repetitions, degrees; none for one.
    pub sd: Option<f64>,
    /// Minimal detectable change (95 %) between two of the athlete's repetitions, degrees, if it
    /// can be stated.
    pub mdc: Option<f64>,
}

/// How long a phase lasts beside the reference's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// The phase; none where the movement has none.
    pub phase: Option<String>,
    /// Mean of the athlete's repetitions, ms.
    pub value_ms: f64,
    /// The reference's mean, ms.
    pub expected_ms: f64,
    /// Standard deviation of the athlete's repetitions, ms; none for one.
    pub sd_ms: Option<f64>,
    /// Minimal detectable change (95 %), ms, if it can be stated.
    pub mdc_ms: Option<f64>,
    /// How far the athlete runs ahead of the reference within the phase (behind if negative), ms of
    /// the reference's clock: by reference attention, with the phases' own lengths taken out.
    #[serde(deserialize_with = "agoge_kinematics::missing::number")]
    pub ahead_ms: f64,
    /// Smoothness of the whole body in the phase, SPARC: mean of the athlete's repetitions; lower
    /// is jerkier.
    pub smoothness: Option<f64>,
    /// The reference's mean.
    pub expected_smoothness: Option<f64>,
    /// Whether the lengths differ by no more than the error of measurement.
    pub within_error: bool,
    /// Whether the phase is clearly hurried or dragged, or clearly jerkier than the reference's:
    /// reason enough for a change.
    pub clear: Option<Pace>,
    /// The repetitions in which it is (their numbers).
    pub repetitions: Vec<usize>,
}

/// What is wrong with the time of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// It is over too soon.
    Hurried,
    /// It takes too long.
    Dragged,
    /// It comes in jerks.
    Jerky,
}

/// Every joint and phase of some repetitions beside a norm, in the order of phases and joints.
pub fn differences(
    cycles: &[Cycle],
    numbered: &[(usize, &Repetition)],
    norm: &Norm,
    precision: &Precision,
) -> Vec<Difference> {
    // Cycles of the left are in the mirror: what is said of them is said of the side itself if all
    // are of one side.
    let left = !numbered.is_empty()
        && numbered.iter().all(|(_, repetition)| repetition.side == Some(Side::Left));
    let numbers: Vec<usize> = numbered.iter().map(|(number, _)| *number).collect();
    let mut out = Vec::new();
    let Some(first) = cycles.first() else { return out };
    for (index, phase) in first.phases.iter().enumerate() {
        let Some(usual) = norm.phase(phase.name.as_deref()) else { continue };
        let own: Vec<&CyclePhase> =
            cycles.iter().filter_map(|cycle| cycle.phases.get(index)).collect();
        for joint in 0..JOINTS.len() {
            let Some(mut found) = at_most(&own, usual, joint, norm, precision, &numbers) else {
                continue;
            };
            if left {
                found.joint = JOINTS[mirrored_joint(joint)];
                if let Some(curve) = &mut found.curve {
                    curve.side = curve.side.map(Side::other);
                }
            }
            out.push(found);
        }
    }
    out
}

/// Where in a phase a joint differs most clearly.
fn at_most(
    own: &[&CyclePhase],
    usual: &PhaseNorm,
    joint: usize,
    norm: &Norm,
    precision: &Precision,
    numbers: &[usize],
) -> Option<Difference> {
    let error = precision.of_unit(Unit::Degree).half_width;
    let mut best: Option<(f64, usize, f64, Vec<Option<f64>>)> = None;
    for point in 0..POINTS {
        if length(usual.directions[point][joint]) < 0.5 {
            continue;
        }
        let share = point as f64 / (POINTS - 1) as f64;
        // Each repetition beside the reference a little sooner or later, where it is nearest: what
        // is left is no matter of timing, which is told apart from this.
        let beside = |d: [f64; 3]| {
            let shifted = SHIFTS.map(|shift| (shift, usual.direction(share + shift, joint, false)));
            let known =
                shifted.into_iter().filter(|(_, usual)| usual[0].is_finite() && d[0].is_finite());
            known
                .min_by(|a, b| angle(a.1, d).total_cmp(&angle(b.1, d)))
                .map(|(shift, usual)| (shift, usual, d))
        };
        let each: Vec<Option<_>> =
            own.iter().map(|phase| beside(phase.directions[point][joint])).collect();
        let away: Vec<f64> =
            each.iter().map(|own| own.map_or(f64::NAN, |(_, usual, d)| angle(usual, d))).collect();
        let differs = those_that_differ(&away);
        let chosen =
            || each.iter().zip(&differs).filter(|(_, own)| **own).filter_map(|(own, _)| *own);
        if chosen().count() == 0 {
            continue;
        }
        let clear = |plane: usize| {
            let each: Vec<f64> = chosen().map(|(_, usual, d)| apart(d, usual)[plane]).collect();
            let scatter = half_width(&each, 1.96);
            let own = if scatter.is_finite() { error.max(scatter) } else { error };
            mean(&each)
                / own.hypot(norm.doubt(usual.spread_deg[point][joint][plane], INDIVIDUAL[plane]))
        };
        let clearness = clear(0).max(clear(1));
        if best.as_ref().is_none_or(|(known, ..)| clearness > *known) {
            let far = mean(&chosen().map(|(_, usual, d)| angle(usual, d)).collect::<Vec<_>>());
            let shifts = each
                .iter()
                .zip(&differs)
                .map(|(own, differs)| own.filter(|_| *differs).map(|own| own.0));
            best = Some((clearness, point, far, shifts.collect()));
        }
    }
    let (clearness, point, away, shifts) = best?;
    let part = JOINTS[joint];
    let at_fault: Vec<(&CyclePhase, f64)> =
        own.iter().zip(&shifts).filter_map(|(own, shift)| Some((*own, (*shift)?))).collect();
    Some(Difference {
        joint: part,
        phase: usual.name.clone(),
        at: point as f64 / (POINTS - 1) as f64,
        angle_deg: away,
        clearness,
        within_error: clearness <= CLEAR,
        repetitions: numbers
            .iter()
            .zip(&shifts)
            .filter_map(|(number, own)| own.map(|_| *number))
            .collect(),
        curve: in_words(&at_fault, usual, part, point)
            .filter(|curve| (curve.value - curve.expected).abs() > error),
    })
}

/// The repetitions that are far from what is expected: farther than half as far as the farthest
/// quarter is; a fault of some repetitions must not drown in the others.
fn those_that_differ(away: &[f64]) -> Vec<bool> {
    let mut far: Vec<f64> = away.iter().copied().filter(|angle| angle.is_finite()).collect();
    far.sort_by(|a, b| b.total_cmp(a));
    far.truncate(far.len().div_ceil(4));
    let half = 0.5 * mean(&far);
    away.iter().map(|angle| *angle >= half).collect()
}

/// The angle of a joint that differs most at an instant; each repetition with how much later the
/// reference is that it is compared with.
fn in_words(
    own: &[(&CyclePhase, f64)],
    usual: &PhaseNorm,
    part: Part,
    point: usize,
) -> Option<CurveDifference> {
    let share = point as f64 / (POINTS - 1) as f64;
    let expected = |mean: &[f64], shift: f64| {
        let x = (share + shift).clamp(0.0, 1.0) * (POINTS - 1) as f64;
        let (a, b) = (mean[x.floor() as usize], mean[x.ceil() as usize]);
        a + x.fract() * (b - a)
    };
    let of_joint =
        usual.curves.iter().filter(|curve| joint_of(&curve.name, curve.side) == Some(part));
    of_joint
        .filter(|curve| curve.sd[point] < LOOSE)
        .filter_map(|curve| {
            let pairs: Vec<[f64; 2]> = own
                .iter()
                .filter_map(|(phase, shift)| {
                    let expected = expected(&curve.mean, *shift);
                    let away = phase.curve(&curve.name, curve.side)?[point] - expected;
                    Some([expected + wrapped(away), expected])
                })
                .filter(|[value, _]| value.is_finite())
                .collect();
            let values: Vec<f64> = pairs.iter().map(|[value, _]| *value).collect();
            (!values.is_empty()).then(|| CurveDifference {
                name: curve.name.clone(),
                side: curve.side,
                value: mean(&values),
                expected: mean(&pairs.iter().map(|[_, expected]| *expected).collect::<Vec<_>>()),
                sd: Some(sample_sd(&values)).filter(|sd| sd.is_finite()),
                mdc: (values.len() >= ENOUGH)
                    .then(|| minimal_detectable_change(standard_error(&values))),
            })
        })
        .filter(|found| found.expected.is_finite())
        .max_by(|a, b| (a.value - a.expected).abs().total_cmp(&(b.value - b.expected).abs()))
}

/// The phases' lengths beside the norm's.
pub(super) fn timing(cycles: &[Cycle], asked: &Asked) -> Vec<Timing> {
    let Some(first) = cycles.first() else { return Vec::new() };
    let ahead = ahead(asked);
    let of = |(index, phase): (usize, &CyclePhase)| {
        let usual = asked.norm.phase(phase.name.as_deref())?;
        let own: Vec<f64> = cycles
            .iter()
            .filter_map(|cycle| cycle.phases.get(index))
            .map(|own| 1000.0 * own.duration_s)
            .collect();
        let [expected, spread] = usual.duration_s.map(|s| 1000.0 * s);
        let sd = sample_sd(&own);
        let error = 1000.0 * Precision::in_space().of_unit(Unit::Second).half_width;
        let scatter = half_width(&own, 1.96);
        // By how much athletes differ in tempo is not added: `PACE` stands for it.
        let spread = asked.norm.doubt(spread, 0.0);
        let uncertainty = error.max(scatter).hypot(spread);
        let smooth: Vec<f64> = cycles
            .iter()
            .filter_map(|cycle| cycle.phases.get(index))
            .map(|own| own.smoothness)
            .collect();
        let [usual_smooth, smooth_spread] = usual.smoothness;
        let smooth_error = 1.96 * smooth_spread.max(SMOOTHNESS);
        let which = |own: (f64, f64)| {
            let (length, smoothness) = own;
            let away = (length - expected).abs() > CLEAR * error.hypot(spread);
            match length / expected {
                // A hold may be as long as it likes.
                _ if smoothness.is_nan() => None,
                _ if usual_smooth < 0.0 && usual_smooth - smoothness > CLEAR * smooth_error => {
                    Some(Pace::Jerky)
                }
                ratio if away && ratio < 1.0 / PACE => Some(Pace::Hurried),
                ratio if away && ratio > PACE => Some(Pace::Dragged),
                _ => None,
            }
        };
        let each: Vec<Option<Pace>> =
            own.iter().copied().zip(smooth.iter().copied()).map(which).collect();
        let paces = [Pace::Jerky, Pace::Hurried, Pace::Dragged];
        let times = |pace: Pace| each.iter().filter(|own| **own == Some(pace)).count();
        let most = paces
            .into_iter()
            .max_by_key(|pace| times(*pace))
            .filter(|pace| 4 * times(*pace) > each.len());
        let numbers =
            asked.numbered.iter().zip(&each).filter(|(_, own)| most.is_some() && **own == most);
        Some(Timing {
            phase: phase.name.clone(),
            value_ms: mean(&own),
            expected_ms: expected,
            sd_ms: Some(sd).filter(|sd| sd.is_finite()),
            mdc_ms: (own.len() >= ENOUGH).then(|| minimal_detectable_change(standard_error(&own))),
            ahead_ms: ahead.get(index).copied().unwrap_or(f64::NAN),
            smoothness: Some(mean(&smooth)).filter(|v| v.is_finite()),
            expected_smoothness: Some(usual_smooth).filter(|v| *v < 0.0),
            within_error: (mean(&own) - expected).abs() <= CLEAR * uncertainty,
            clear: most,
            repetitions: numbers.map(|((number, _), _)| *number).collect(),
        })
    };
    first.phases.iter().enumerate().filter_map(of).collect()
}

/// For each phase, how far the athlete runs ahead of the norm within it, ms.
fn ahead(asked: &Asked) -> Vec<f64> {
    let rate = asked.body.rate_hz().clamp(10.0, 60.0);
    // Time and memory go by the product of the lengths: faster recordings are thinned.
    let step = ((asked.body.rate_hz() / 60.0).round() as usize).max(1);
    let mut sums: Vec<Vec<f64>> = vec![Vec::new(); asked.norm.phases.len()];
    for (_, repetition) in asked.numbered {
        let left = repetition.side == Some(Side::Left);
        let Some((reference, borders)) = walk(asked.norm, rate, left) else { continue };
        let query = Frames::every(step, asked.own.directions, repetition.start, repetition.end);
        if query.is_empty() {
            continue;
        }
        let alignment = attend(&query, &Frames::new(&reference, 0, reference.frames() - 1));
        for (index, (name, start, end)) in spans(repetition).into_iter().enumerate() {
            let place = asked.norm.phases.iter().position(|phase| phase.name == name);
            let (Some(place), true) = (place.filter(|place| *place == index), end > start) else {
                continue;
            };
            let [from, to] = [borders[place], borders[place + 1]];
            let each = (repetition.start..=end).step_by(step).filter(|frame| *frame >= start).map(
                |frame| {
                    let straight =
                        from + (to - from) * (frame - start) as f64 / (end - start) as f64;
                    1000.0 * (alignment.at[(frame - repetition.start) / step] - straight) / rate
                },
            );
            sums[place].push(mean(&each.collect::<Vec<_>>()));
        }
    }
    sums.iter().map(|values| mean(values)).collect()
}

/// The norm as it would be recorded, and the frames at which its phases begin and end.
fn walk(norm: &Norm, rate: f64, left: bool) -> Option<(Directions, Vec<f64>)> {
    let mut borders = vec![0.0];
    for phase in &norm.phases {
        borders.push(borders[borders.len() - 1] + (phase.duration_s[0] * rate).max(1.0));
    }
    let frames = borders.last().map(|last| last.round() as usize + 1)?;
    let mut out = Vec::with_capacity(frames);
    for frame in 0..frames {
        let index = (1..borders.len() - 1).take_while(|&i| borders[i] <= frame as f64).count();
        let share = ((frame as f64 - borders[index]) / (borders[index + 1] - borders[index]))
            .clamp(0.0, 1.0);
        out.push(std::array::from_fn(|joint| norm.phases[index].direction(share, joint, left)));
    }
    Some((Directions::new(out), borders))
}
