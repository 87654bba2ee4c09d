//! How far the clock of a worn sensor is from that of the body's frames.

use super::Inertial;
use agoge_motion::filter::{Butterworth, CutoffCorrection};
use agoge_motion::vector::norm;
use agoge_motion::{Part, Recording};

/// Both sides are brought to this rate.
const RATE_HZ: f64 = 50.0;
/// Nothing above this is compared, Hz: positions know little of faster accelerations.
const CUTOFF_HZ: f64 = 4.0;
/// The clocks are searched this far to both sides, s.
pub(super) const SEARCH_S: f64 = 1.0;
/// At least so much of the movement must be felt as well as seen, s.
const LEAST_S: f64 = 1.0;
/// Standard gravity, m/s².
pub(super) const GRAVITY: f64 = 9.806_65;

/// How the clocks of a sensor and of a body's frames fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clocks {
    /// What the sensor's clock shows more than the body's, s.
    pub offset_s: f64,
    /// How alike both are at this offset, −1 to 1 (Pearson).
    pub correlation: f64,
}

impl Inertial {
    /// How its clock fits that of the body between two frames, both included: what it felt beyond 1
    /// g against what the part that carries it must have felt, which follows from its positions.
    /// However it is strapped on, the size of an acceleration with gravity is the same. None
    /// without depth and metres, with less than a second in common, or if they would fit better a
    /// second or more apart.
    ///
    /// The sensor's time 0 is the first frame; it should reach a second farther to both sides.
    pub fn offset_against(&self, body: &Recording, start: usize, end: usize) -> Option<Clocks> {
        if !body.space.is_3d() || start >= end || end >= body.frames() {
            return None;
        }
        let seen = smooth(expected(body, self.part, start, end))?;
        let margin = (SEARCH_S * RATE_HZ) as usize;
        let felt = smooth(self.excess(seen.len() + 2 * margin, -SEARCH_S))?;
        // What little two signals have in common is soon alike: the likeness counts by the share
        // that it is found in.
        let all: Vec<Likeness> =
            (0..=2 * margin).map(|lag| Likeness::of(&seen, &felt[lag..lag + seen.len()])).collect();
        let best = (0..all.len()).max_by(|&a, &b| all[a].weight.total_cmp(&all[b].weight))?;
        // At the end of the search there may be more beyond it.
        let (before, after) = (all.get(best.checked_sub(1)?)?.weight, all.get(best + 1)?.weight);
        let Likeness { correlation, weight } = all[best];
        // Between samples the peak is that of the parabola through it and its neighbours.
        let bend = before - 2.0 * weight + after;
        let between = if bend < 0.0 { 0.5 * (before - after) / bend } else { 0.0 };
        (weight > 0.0)
            .then(|| Clocks { offset_s: (best as f64 + between) / RATE_HZ - SEARCH_S, correlation })
    }

    /// The size of the acceleration less 1 g at `count` times from `from` on; NaN where nothing was
    /// felt.
    fn excess(&self, count: usize, from: f64) -> Vec<f64> {
        let within = self.time[0]..=self.time[self.time.len() - 1];
        let at = |i: usize| {
            let time = from + i as f64 / RATE_HZ;
            let [x, y, z, ..] = self.at(time).map(f64::from);
            if within.contains(&time) { norm([x, y, z]) - 1.0 } else { f64::NAN }
        };
        (0..count).map(at).collect()
    }
}

/// What a sensor on a part must feel beyond 1 g, in g, at every time of the common rate from a
/// frame on; NaN where the part is not seen.
fn expected(body: &Recording, part: Part, start: usize, end: usize) -> Vec<f64> {
    let (from, to) = (body.time[start], body.time[end]);
    let count = ((to - from) * RATE_HZ) as usize + 1;
    let mut axes = [(); 3].map(|()| vec![f64::NAN; count]);
    for i in 0..count {
        let time = from + i as f64 / RATE_HZ;
        let above =
            (start + body.time[start..=end].partition_point(|&t| t <= time)).clamp(start + 1, end);
        let below = above - 1;
        let share = (time - body.time[below]) / (body.time[above] - body.time[below]);
        let (p, q) = (body.at(below, part.index()), body.at(above, part.index()));
        for (axis, values) in axes.iter_mut().enumerate() {
            values[i] = p[axis] + share * (q[axis] - p[axis]);
        }
    }
    // Before it is differentiated twice a position must be smooth.
    let Some(axes) = axes.map(smooth).into_iter().collect::<Option<Vec<_>>>() else {
        return Vec::new();
    };
    let bend = |values: &[f64], i: usize| match i.checked_sub(1) {
        Some(before) if i + 1 < count => {
            (values[before] - 2.0 * values[i] + values[i + 1]) * RATE_HZ * RATE_HZ
        }
        _ => f64::NAN,
    };
    (0..count)
        .map(|i| {
            norm([bend(&axes[0], i), bend(&axes[1], i) + GRAVITY, bend(&axes[2], i)]) / GRAVITY
                - 1.0
        })
        .collect()
}

/// What is slow in a signal of the common rate.
fn smooth(mut values: Vec<f64>) -> Option<Vec<f64>> {
    Butterworth::new(4, CUTOFF_HZ, RATE_HZ, CutoffCorrection::None).ok()?.zero_phase(&mut values);
    Some(values)
}

/// How alike two signals are.
#[derive(Clone, Copy, Debug)]
struct Likeness {
    /// Pearson's correlation where both are known; 0 if that is too little or one does not move.
    correlation: f64,
    /// The correlation times the share of the first that is known in both.
    weight: f64,
}

impl Likeness {
    fn of(a: &[f64], b: &[f64]) -> Likeness {
        let both = || a.iter().zip(b).filter(|(a, b)| a.is_finite() && b.is_finite());
        let n = both().count() as f64;
        let sum = both().fold([0.0; 2], |[x, y], (a, b)| [x + a, y + b]);
        let [x, y] = sum.map(|sum| sum / n);
        let [xx, xy, yy] = both().fold([0.0; 3], |[xx, xy, yy], (a, b)| {
            let (a, b) = (a - x, b - y);
            [xx + a * a, xy + a * b, yy + b * b]
        });
        let known = n >= LEAST_S * RATE_HZ && xx > 0.0 && yy > 0.0;
        let correlation = if known { xy / (xx * yy).sqrt() } else { 0.0 };
        Likeness { correlation, weight: correlation * n / a.len() as f64 }
    }
}
