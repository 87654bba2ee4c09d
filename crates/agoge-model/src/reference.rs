//! Aligns a repetition with a reference by attention: the frames of the repetition attend to the
//! frames of the reference, which gives a soft alignment.
//!
//! The energies are those of attention (similar query and key frames attract each other), but the
//! softmax is taken over whole monotone paths through both, not over each row alone, so that no
//! frame looks back. This is the expected alignment of soft dynamic time warping (Cuturi & Blondel
//! 2017). Nothing is learned: the features that frames are compared by are readable, and the
//! alignment can be checked against known times. Dynamic time warping itself ([`align_by_warping`])
//! is included for comparison.

use agoge_motion::Directions;
use agoge_motion::segments::JOINTS;
use agoge_motion::vector::{norm, scale, sub};

/// Temperature of the energies, that is, how similar two frames must be to attract each other: half
/// the mean squared distance when two joints in ten differ by 10°.
const TEMPERATURE: f64 = 0.004;
/// Weight of the way a joint turns relative to where it points.
const TURN_WEIGHT: f64 = 0.3;
/// Maximum deviation from the straight path, as a share of the length of the reference.
const BAND: f64 = 0.25;

/// The alignment of a repetition with a reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// The position in the reference that each frame of the repetition is aligned with, in
    /// (fractional) frames, `[query]`; never decreases.
    pub positions: Vec<f64>,
    /// How much each frame attends to each frame of the reference, `[query, key]`; rows sum to 1.
    pub attention: Vec<f64>,
}

/// The features by which frames are compared: where every joint points, and how it turns there
/// relative to the fastest turn. Zero for a joint that was not seen.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignmentFrames {
    /// `[frame, joint]`
    points: Vec<[f64; 3]>,
    turns: Vec<[f64; 3]>,
}

impl AlignmentFrames {
    /// The frames from `start` to `end`, both included.
    pub fn new(directions: &Directions, start: usize, end: usize) -> AlignmentFrames {
        AlignmentFrames::with_step(1, directions, start, end)
    }

    /// Every `step`-th frame from `start` to `end`, both included.
    pub fn with_step(
        step: usize,
        directions: &Directions,
        start: usize,
        end: usize,
    ) -> AlignmentFrames {
        let joints = JOINTS.len();
        let known = |v: [f64; 3]| if v[0].is_finite() { v } else { [0.0; 3] };
        let end = end.min(directions.frame_count().saturating_sub(1));
        let points: Vec<[f64; 3]> = (start..=end)
            .step_by(step.max(1))
            .flat_map(|frame| {
                (0..joints).map(move |joint| known(directions.direction_at(frame, joint)))
            })
            .collect();
        let frames = points.len() / joints;
        let mut turns: Vec<[f64; 3]> = (0..frames)
            .flat_map(|frame| {
                let (before, after) = (frame.saturating_sub(1), (frame + 1).min(frames - 1));
                let points = &points;
                (0..joints).map(move |joint| {
                    sub(points[after * joints + joint], points[before * joints + joint])
                })
            })
            .collect();
        let most = turns.iter().map(|turn| norm(*turn)).fold(0.0, f64::max);
        if most > 0.0 {
            turns.iter_mut().for_each(|turn| *turn = scale(*turn, TURN_WEIGHT / most));
        }
        AlignmentFrames { points, turns }
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.points.len() / JOINTS.len()
    }

    /// Whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Mean squared distance over the joints between a frame and a frame of `other`.
    fn frame_distance(&self, frame: usize, other: &AlignmentFrames, key: usize) -> f64 {
        let joints = JOINTS.len();
        let square = |a: &[[f64; 3]], b: &[[f64; 3]]| -> f64 {
            let (a, b) =
                (&a[frame * joints..(frame + 1) * joints], &b[key * joints..(key + 1) * joints]);
            a.iter().zip(b).map(|(a, b)| norm(sub(*a, *b)).powi(2)).sum()
        };
        (square(&self.points, &other.points) + square(&self.turns, &other.turns)) / joints as f64
    }

    /// The distances of every frame from every frame of `other`, `[query, key]`; infinite outside
    /// the band.
    fn banded_distances(&self, other: &AlignmentFrames) -> Vec<f64> {
        let (n, m) = (self.len(), other.len());
        let slope = (m.max(2) - 1) as f64 / (n.max(2) - 1) as f64;
        let half_width = BAND * m as f64 + slope;
        let mut out = vec![f64::INFINITY; n * m];
        for query in 0..n {
            for key in 0..m {
                if (key as f64 - slope * query as f64).abs() <= half_width {
                    out[query * m + key] = self.frame_distance(query, other, key);
                }
            }
        }
        out
    }
}

/// Aligns a repetition with a reference by attention. Time grows with the product of their lengths;
/// neither may be empty.
///
/// ```
/// use agoge_model::reference::{AlignmentFrames, align_by_attention};
/// use agoge_motion::simulate::{Exercise, SimulatedSet};
/// let simulation = SimulatedSet::new(Exercise::Squat).simulate();
/// let directions = simulation.recording.to_body().recording.segment_directions();
/// let [start, turn, end] = simulation.truth.repetitions[0];
/// let frames = AlignmentFrames::new(&directions, start, end);
/// // Aligned with itself, the turning point stays where it is.
/// let alignment = align_by_attention(&frames, &frames);
/// assert!((alignment.positions[turn - start] - (turn - start) as f64).abs() < 2.0);
/// ```
pub fn align_by_attention(query: &AlignmentFrames, key: &AlignmentFrames) -> Alignment {
    let (n, m) = (query.len(), key.len());
    let energy: Vec<f64> =
        query.banded_distances(key).into_iter().map(|d| -d / TEMPERATURE).collect();
    // Log-sums over all paths from the first pair, and on to the last.
    let at = |sums: &[f64], i: usize, j: usize| sums[i * m + j];
    let mut ahead = vec![f64::NEG_INFINITY; n * m];
    for i in 0..n {
        for j in 0..m {
            let before = match (i, j) {
                (0, 0) => 0.0,
                (0, _) => at(&ahead, 0, j - 1),
                (_, 0) => at(&ahead, i - 1, 0),
                _ => log_sum_exp([
                    at(&ahead, i - 1, j),
                    at(&ahead, i, j - 1),
                    at(&ahead, i - 1, j - 1),
                ]),
            };
            ahead[i * m + j] = before + energy[i * m + j];
        }
    }
    let mut back = vec![f64::NEG_INFINITY; n * m];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            let step = |i: usize, j: usize| at(&back, i, j) + energy[i * m + j];
            back[i * m + j] = match (i + 1 < n, j + 1 < m) {
                (false, false) => 0.0,
                (false, true) => step(i, j + 1),
                (true, false) => step(i + 1, j),
                (true, true) => log_sum_exp([step(i + 1, j), step(i, j + 1), step(i + 1, j + 1)]),
            };
        }
    }
    let mut attention = Vec::with_capacity(n * m);
    for i in 0..n {
        let row: Vec<f64> = (0..m).map(|j| at(&ahead, i, j) + at(&back, i, j)).collect();
        let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let row: Vec<f64> =
            row.iter().map(|v| if most.is_finite() { (v - most).exp() } else { 1.0 }).collect();
        let sum: f64 = row.iter().sum();
        attention.extend(row.into_iter().map(|v| v / sum));
    }
    let mut at = expected_positions(&attention, m);
    // Rounding errors must not make a frame look back.
    for i in 1..n {
        at[i] = at[i].max(at[i - 1]);
    }
    Alignment { positions: at, attention }
}

/// Aligns a repetition with a reference by dynamic time warping (Sakoe & Chiba 1978) over the same
/// distances; a frame matched with several reference frames is placed at their mean.
pub fn align_by_warping(query: &AlignmentFrames, key: &AlignmentFrames) -> Alignment {
    let (n, m) = (query.len(), key.len());
    let cost = query.banded_distances(key);
    let mut sum = vec![f64::INFINITY; n * m];
    let before = |sum: &[f64], i: usize, j: usize| -> [(f64, usize, usize); 3] {
        let get = |ok: bool, i: usize, j: usize| {
            if ok { (sum[i * m + j], i, j) } else { (f64::INFINITY, i, j) }
        };
        let (up, left) = (i.wrapping_sub(1), j.wrapping_sub(1));
        [get(i > 0 && j > 0, up, left), get(i > 0, up, j), get(j > 0, i, left)]
    };
    for i in 0..n {
        for j in 0..m {
            let least =
                before(&sum, i, j).iter().map(|(cost, ..)| *cost).fold(f64::INFINITY, f64::min);
            sum[i * m + j] = cost[i * m + j] + if i == 0 && j == 0 { 0.0 } else { least };
        }
    }
    let mut attention = vec![0.0; n * m];
    let (mut i, mut j) = (n - 1, m - 1);
    attention[i * m + j] = 1.0;
    while i > 0 || j > 0 {
        let from = before(&sum, i, j).into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
        // Outside the band every path is infinite: step back to the first existing predecessor.
        (i, j) = from
            .filter(|(cost, ..)| cost.is_finite())
            .map_or(if i > 0 { (i - 1, j.saturating_sub(1)) } else { (0, j - 1) }, |(_, i, j)| {
                (i, j)
            });
        attention[i * m + j] = 1.0;
    }
    for row in attention.chunks_mut(m) {
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|v| *v /= sum.max(1.0));
    }
    Alignment { positions: expected_positions(&attention, m), attention }
}

/// The mean reference frame of each row of attention; `m` is the length of a row.
fn expected_positions(attention: &[f64], m: usize) -> Vec<f64> {
    let mean = |row: &[f64]| row.iter().enumerate().map(|(j, v)| j as f64 * v).sum::<f64>();
    attention.chunks(m).map(mean).collect()
}

/// The logarithm of a sum of exponentials, without overflow.
fn log_sum_exp(values: [f64; 3]) -> f64 {
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return most;
    }
    most + values.iter().map(|v| (v - most).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_motion::Recording;
    use agoge_motion::condition::{ConditioningOptions, condition_recording};
    use agoge_motion::simulate::{Corruption, Exercise, SimulatedSet};

    /// A repetition of one athlete, and the same path performed by another body with an uneven time
    /// course and noise; returns the query, the key and the true position of each query frame.
    fn warped_pair(exercise: Exercise, seed: u64) -> (AlignmentFrames, AlignmentFrames, Vec<f64>) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let set = SimulatedSet {
            repetitions: 1,
            seed,
            variation_deg: 0.0,
            rate_hz: 60.0,
            ..SimulatedSet::new(exercise)
        };
        let simulation = set.simulate();
        let [start, _, end] = simulation.truth.repetitions[0];
        let other =
            SimulatedSet { height_m: 1.6 + 0.3 * rng.f64(), facing_deg: 360.0 * rng.f64(), ..set };
        let (ahead, slower) = (0.12 * (2.0 * rng.f64() - 1.0), 0.8 + 0.5 * rng.f64());
        let fine = SimulatedSet { rate_hz: 960.0, ..other }.simulate();
        let [fine_start, _, fine_end] = fine.truth.repetitions[0];
        let length = ((end - start) as f64 * slower).round() as usize;
        let share = |i: usize| {
            let s = i as f64 / length as f64;
            s + ahead * (std::f64::consts::PI * s).sin().powi(2) * (1.0 - s)
        };
        let joints = fine.recording.joint_count();
        // Half a second of stillness on both sides keeps the filter's edge effects out.
        let still = 30;
        let frame = |i: usize| {
            let s = share(i.saturating_sub(still).min(length));
            fine_start + (s * (fine_end - fine_start) as f64).round() as usize
        };
        let frames = length + 1 + 2 * still;
        let position = (0..frames).flat_map(|i| {
            fine.recording.position[frame(i) * joints..(frame(i) + 1) * joints].to_vec()
        });
        let mut query = Recording {
            position: position.collect(),
            confidence: vec![1.0; frames * joints],
            time: (0..frames).map(|i| i as f64 / 60.0).collect(),
            ..fine.recording.clone()
        };
        Corruption { noise: 0.004, seed, ..Corruption::default() }.apply_to(&mut query);
        let body = |r: &Recording| {
            condition_recording(r, &ConditioningOptions::default())
                .unwrap()
                .recording
                .to_body()
                .recording
                .segment_directions()
        };
        let query = AlignmentFrames::new(&body(&query), still, still + length);
        let key = AlignmentFrames::new(&body(&simulation.recording), start, end);
        let truth = (0..=length).map(|i| share(i) * (end - start) as f64).collect();
        (query, key, truth)
    }

    /// Distance of every frame from its true position, ms.
    fn position_errors(alignment: &Alignment, truth: &[f64]) -> Vec<f64> {
        alignment
            .positions
            .iter()
            .zip(truth)
            .map(|(at, truth)| 1000.0 * (at - truth).abs() / 60.0)
            .collect()
    }

    fn median_value(mut values: Vec<f64>) -> f64 {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    #[test]
    fn attention_finds_a_known_warp_to_20_ms_and_as_well_as_time_warping() {
        let (mut by_attention, mut by_warping) = (Vec::new(), Vec::new());
        for exercise in [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl] {
            for seed in 1..=20 {
                let (query, key, truth) = warped_pair(exercise, seed);
                by_attention.extend(position_errors(&align_by_attention(&query, &key), &truth));
                by_warping.extend(position_errors(&align_by_warping(&query, &key), &truth));
            }
        }
        let (attention, warping) = (median_value(by_attention), median_value(by_warping));
        println!("median error: attention {attention:.1} ms, dynamic time warping {warping:.1} ms");
        assert!(attention <= 20.0 && attention <= warping, "{attention} {warping}");
    }

    #[test]
    fn a_repetition_lies_on_itself() {
        let (_, key, _) = warped_pair(Exercise::Squat, 3);
        let alignment = align_by_warping(&key, &key);
        assert!(alignment.positions.iter().enumerate().all(|(i, at)| *at == i as f64));
        let alignment = align_by_attention(&key, &key);
        let m = key.len();
        assert!(
            alignment.attention.chunks(m).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-9)
        );
        assert!(
            median_value(position_errors(
                &alignment,
                &(0..m).map(|i| i as f64).collect::<Vec<_>>()
            )) < 10.0
        );
    }

    #[test]
    fn very_unlike_lengths_and_nothing_seen_are_borne() {
        let (query, key, _) = warped_pair(Exercise::Squat, 2);
        let one = AlignmentFrames {
            points: key.points[..JOINTS.len()].to_vec(),
            turns: key.turns[..JOINTS.len()].to_vec(),
        };
        let nothing = AlignmentFrames {
            points: vec![[0.0; 3]; 20 * JOINTS.len()],
            turns: vec![[0.0; 3]; 20 * JOINTS.len()],
        };
        for key in [&one, &nothing] {
            for alignment in [
                align_by_attention(&query, key),
                align_by_warping(&query, key),
                align_by_attention(key, &query),
                align_by_warping(key, &query),
            ] {
                assert!(alignment.positions.iter().all(|at| at.is_finite()));
            }
        }
    }
}
