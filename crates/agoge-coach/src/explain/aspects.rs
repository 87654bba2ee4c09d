//! Sub-scores: how a repetition compares with a squad's in range, timing, smoothness, symmetry,
//! stability and path.

use super::norm::{Cycle, CyclePhase, Norm, PhaseNorm, angle, apart};
use agoge_kinematics::coordination::wrapped;
use agoge_kinematics::normalise::{half_width, mean, sample_sd};
use agoge_motion::segments::JOINTS;
use agoge_motion::vector::norm as length;
use agoge_motion::{Part, Side};
use serde::{Deserialize, Serialize};

/// The aspects, in order.
pub const ASPECTS: [&str; 6] = ["range", "timing", "smoothness", "symmetry", "stability", "path"];

/// A joint whose direction changes by less has no range of its own, degrees.
const RANGE: f64 = 20.0;

/// One aspect of a set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aspect {
    /// Which of [`ASPECTS`].
    pub name: String,
    /// Share of the squad's repetitions that are worse in it, 0 to 100: 50 is usual, taken as
    /// normally distributed; mean over the repetitions.
    pub percentile: f64,
    /// Lower end of its 90 % interval, from the scatter of the repetitions.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How far a repetition is from what is usual in each of [`ASPECTS`], in units of their own; more
/// is worse, NaN where it cannot be said. Range: degrees by which the ranges of the joints differ.
/// Timing: logarithm of the phases' lengths against the usual ones. Smoothness: SPARC with its sign
/// turned. Symmetry: degrees by which left and right differ otherwise than usual. Stability:
/// degrees of the trunk out of the sagittal plane. Path: degrees of all joints, root mean square.
pub(super) fn raw(cycle: &Cycle, norm: &Norm) -> [f64; ASPECTS.len()] {
    let pairs: Vec<(&CyclePhase, &PhaseNorm)> = cycle
        .phases
        .iter()
        .filter_map(|phase| Some((phase, norm.phase(phase.name.as_deref())?)))
        .collect();
    let over = |of: &dyn Fn(&CyclePhase, &PhaseNorm) -> f64| {
        mean(&pairs.iter().map(|(own, usual)| of(own, usual)).collect::<Vec<_>>())
    };
    [
        over(&|own, usual| {
            let ranges = (0..JOINTS.len()).map(|joint| {
                let usual = range(usual.directions.iter().map(|point| point[joint]));
                let own = range(own.directions.iter().map(|point| point[joint]));
                if usual >= RANGE { (own - usual).abs() } else { f64::NAN }
            });
            mean(&ranges.collect::<Vec<_>>())
        }),
        over(&|own, usual| (own.duration_s / usual.duration_s[0]).ln().abs()),
        over(&|own, _| -own.smoothness),
        over(&|own, usual| {
            let sided = usual.curves.iter().filter(|curve| curve.side == Some(Side::Left));
            let each = sided.filter_map(|left| {
                let right = usual
                    .curves
                    .iter()
                    .find(|own| own.name == left.name && own.side == Some(Side::Right))?;
                let (own_left, own_right) = (
                    own.curve(&left.name, Some(Side::Left))?,
                    own.curve(&left.name, Some(Side::Right))?,
                );
                let away = |point: usize| {
                    let usual = left.mean[point] - right.mean[point];
                    wrapped(own_left[point] - own_right[point] - usual).abs()
                };
                Some(mean(&(0..left.mean.len()).map(away).collect::<Vec<_>>()))
            });
            mean(&each.collect::<Vec<_>>())
        }),
        over(&|own, usual| deviation(own, usual, &[Part::Chest], &|a, b| apart(a, b)[1])),
        over(&|own, usual| deviation(own, usual, &JOINTS, &angle)),
    ]
}

/// Root mean square of how far some joints are from where they usually point, degrees.
fn deviation(
    own: &CyclePhase,
    usual: &PhaseNorm,
    joints: &[Part],
    away: &dyn Fn([f64; 3], [f64; 3]) -> f64,
) -> f64 {
    let places = JOINTS
        .iter()
        .enumerate()
        .filter(|(_, joint)| joints.contains(joint))
        .map(|(place, _)| place);
    let squares = places.flat_map(|joint| {
        let pairs = own.directions.iter().zip(&usual.directions);
        pairs
            .map(move |(own, usual)| (own[joint], usual[joint]))
            .filter(|(own, usual)| own[0].is_finite() && length(*usual) > 0.5)
            .map(|(own, usual)| away(own, usual).powi(2))
    });
    mean(&squares.collect::<Vec<_>>()).sqrt()
}

/// The largest angle between the first known direction and another, degrees.
fn range(directions: impl Iterator<Item = [f64; 3]>) -> f64 {
    let mut known = directions.filter(|d| length(*d) > 0.5);
    let Some(first) = known.next() else { return f64::NAN };
    known.map(|d| angle(first, d)).fold(0.0, f64::max)
}

/// Mean and standard deviation of every aspect over the repetitions that a norm is made of,
/// `[aspect]`.
pub(super) fn usual(cycles: &[Cycle], norm: &Norm) -> Vec<[f64; 2]> {
    let all: Vec<[f64; ASPECTS.len()]> = cycles.iter().map(|cycle| raw(cycle, norm)).collect();
    let of = |aspect: usize| -> Vec<f64> {
        all.iter().map(|own| own[aspect]).filter(|v| v.is_finite()).collect()
    };
    let known = |v: f64| if v.is_finite() { v } else { 0.0 };
    (0..ASPECTS.len())
        .map(|aspect| [known(mean(&of(aspect))), known(sample_sd(&of(aspect)))])
        .collect()
}

/// The aspects of some repetitions beside a squad's; none beside a single athlete's, which does not
/// know how repetitions differ.
pub(super) fn aspects(cycles: &[Cycle], norm: &Norm) -> Vec<Aspect> {
    if !norm.is_of_a_squad() {
        return Vec::new();
    }
    let all: Vec<[f64; ASPECTS.len()]> = cycles.iter().map(|cycle| raw(cycle, norm)).collect();
    let of = |(aspect, name): (usize, &&str)| {
        let [centre, sd] = *norm.aspects.get(aspect)?;
        let each: Vec<f64> = all
            .iter()
            .map(|own| 100.0 * (1.0 - below((own[aspect] - centre) / sd)))
            .filter(|percentile| percentile.is_finite())
            .collect();
        let half = half_width(&each, 1.645);
        let half = if half.is_finite() { half } else { 0.0 };
        let percentile = mean(&each);
        (sd > 0.0 && !each.is_empty()).then(|| Aspect {
            name: (*name).to_owned(),
            percentile,
            low: (percentile - half).max(0.0),
            high: (percentile + half).min(100.0),
        })
    };
    ASPECTS.iter().enumerate().filter_map(of).collect()
}

/// The share of a normal distribution below a deviate (Abramowitz & Stegun 1964, 26.2.17; to 1e-7).
fn below(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let sum = series.iter().rev().fold(0.0, |sum, factor| (sum + factor) * t);
    let tail = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt() * sum;
    if z > 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SciPy's `norm.cdf`.
    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        for (z, share) in
            [(0.0, 0.5), (1.0, 0.841_344_746), (-1.96, 0.024_997_895), (3.0, 0.998_650_102)]
        {
            assert!((below(z) - share).abs() < 1e-6, "{z}: {}", below(z));
        }
    }
}
