//! Clock offset between a worn sensor and the body's frames.

use super::Inertial;
use agoge_motion::filter::{Butterworth, CutoffCorrection};
use agoge_motion::vector::norm;
use agoge_motion::{Part, Recording};

/// Both signals are resampled to this rate.
const RATE_HZ: f64 = 50.0;
/// Cutoff of the low-pass filter applied before comparison, Hz: positions say little about faster
/// accelerations.
const CUTOFF_HZ: f64 = 4.0;
/// Offsets are searched up to this far in both directions, s.
pub(super) const SEARCH_S: f64 = 1.0;
/// Minimum overlap of the two signals, s.
const MIN_OVERLAP_S: f64 = 1.0;
/// Standard gravity, m/s².
pub(super) const GRAVITY: f64 = 9.806_65;

/// Alignment of the clocks of a sensor and of a body's frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockAlignment {
    /// How far the sensor's clock is ahead of the body's, s.
    pub offset_s: f64,
    /// Pearson correlation of both signals at this offset, −1 to 1.
    pub correlation: f64,
}

impl Inertial {
    /// Aligns its clock with that of the body between two frames, both included, by comparing the
    /// measured acceleration beyond 1 g with the one that follows from the positions of the part
    /// that carries it. The magnitude of an acceleration including gravity does not depend on how
    /// the sensor is strapped on. None without depth and metres, with less than a second in common,
    /// or if they would match better a second or more apart.
    ///
    /// The sensor's time 0 is the first frame; its samples should extend a second beyond the frames
    /// on both sides.
    pub fn offset_against(
        &self,
        body: &Recording,
        start: usize,
        end: usize,
    ) -> Option<ClockAlignment> {
        if !body.space.is_3d() || start >= end || end >= body.frame_count() {
            return None;
        }
        let seen = low_pass(expected_acceleration(body, self.part, start, end))?;
        let margin = (SEARCH_S * RATE_HZ) as usize;
        let felt = low_pass(self.excess_acceleration(seen.len() + 2 * margin, -SEARCH_S))?;
        // Short overlaps easily correlate by chance, so the correlation is weighted by the share of
        // overlap.
        let all: Vec<SignalSimilarity> = (0..=2 * margin)
            .map(|lag| SignalSimilarity::from_signals(&seen, &felt[lag..lag + seen.len()]))
            .collect();
        let best = (0..all.len()).max_by(|&a, &b| all[a].weight.total_cmp(&all[b].weight))?;
        // A peak at the edge of the search is rejected: a better one may lie beyond it.
        let (before, after) = (all.get(best.checked_sub(1)?)?.weight, all.get(best + 1)?.weight);
        let SignalSimilarity { correlation, weight } = all[best];
        // The peak is refined between samples by a parabola through it and its neighbours.
        let bend = before - 2.0 * weight + after;
        let between = if bend < 0.0 { 0.5 * (before - after) / bend } else { 0.0 };
        (weight > 0.0).then(|| ClockAlignment {
            offset_s: (best as f64 + between) / RATE_HZ - SEARCH_S,
            correlation,
        })
    }

    /// Magnitude of the acceleration minus 1 g at `count` times from `from` on; NaN outside the
    /// samples.
    fn excess_acceleration(&self, count: usize, from: f64) -> Vec<f64> {
        let within = self.time[0]..=self.time[self.time.len() - 1];
        let at = |i: usize| {
            let time = from + i as f64 / RATE_HZ;
            let [x, y, z, ..] = self.sample_at(time).map(f64::from);
            if within.contains(&time) { norm([x, y, z]) - 1.0 } else { f64::NAN }
        };
        (0..count).map(at).collect()
    }
}

/// Acceleration beyond 1 g, in g, that a sensor on a part should measure, at the common rate
/// between two frames; NaN where the part is not seen.
fn expected_acceleration(body: &Recording, part: Part, start: usize, end: usize) -> Vec<f64> {
    let (from, to) = (body.time[start], body.time[end]);
    let count = ((to - from) * RATE_HZ) as usize + 1;
    let mut axes = [(); 3].map(|()| vec![f64::NAN; count]);
    for i in 0..count {
        let time = from + i as f64 / RATE_HZ;
        let above =
            (start + body.time[start..=end].partition_point(|&t| t <= time)).clamp(start + 1, end);
        let below = above - 1;
        let share = (time - body.time[below]) / (body.time[above] - body.time[below]);
        let (p, q) = (body.position_at(below, part.index()), body.position_at(above, part.index()));
        for (axis, values) in axes.iter_mut().enumerate() {
            values[i] = p[axis] + share * (q[axis] - p[axis]);
        }
    }
    // Positions must be smooth before they are differentiated twice.
    let Some(axes) = axes.map(low_pass).into_iter().collect::<Option<Vec<_>>>() else {
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

/// Low-pass filters a signal at the common rate.
fn low_pass(mut values: Vec<f64>) -> Option<Vec<f64>> {
    Butterworth::new(4, CUTOFF_HZ, RATE_HZ, CutoffCorrection::None)
        .ok()?
        .filter_zero_phase(&mut values);
    Some(values)
}

/// Similarity of two signals.
#[derive(Clone, Copy, Debug)]
struct SignalSimilarity {
    /// Pearson correlation where both are known; 0 if the overlap is too short or one is constant.
    correlation: f64,
    /// The correlation times the share of the first signal that is known in both.
    weight: f64,
}

impl SignalSimilarity {
    fn from_signals(a: &[f64], b: &[f64]) -> SignalSimilarity {
        let both = || a.iter().zip(b).filter(|(a, b)| a.is_finite() && b.is_finite());
        let n = both().count() as f64;
        let sum = both().fold([0.0; 2], |[x, y], (a, b)| [x + a, y + b]);
        let [x, y] = sum.map(|sum| sum / n);
        let [xx, xy, yy] = both().fold([0.0; 3], |[xx, xy, yy], (a, b)| {
            let (a, b) = (a - x, b - y);
            [xx + a * a, xy + a * b, yy + b * b]
        });
        let known = n >= MIN_OVERLAP_S * RATE_HZ && xx > 0.0 && yy > 0.0;
        let correlation = if known { xy / (xx * yy).sqrt() } else { 0.0 };
        SignalSimilarity { correlation, weight: correlation * n / a.len() as f64 }
    }
}
