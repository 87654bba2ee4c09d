//! Detection and undoing of swapped left and right joints.
//!
//! Pose networks take a front for a back and then exchange the whole body, or they mix up the limbs
//! of one girdle. One search over the whole recording decides for every frame which [`Labelling`]
//! it has: the cost of a sequence is how unevenly the joints move with it, how much shoulders and
//! hips contradict each other, and what the face and the feet say about the side that faces the
//! camera.

mod anchor;

use crate::recording::{MISSING, Recording};
use crate::statistics::upper_median;
use crate::vector::{add, fill_track_gaps, norm, scale, sub};
use crate::{Part, Side};
use anchor::BodyFrames;

/// What a frame's labels have exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Labelling {
    /// Nothing.
    Kept,
    /// Left and right of the whole body.
    Whole,
    /// Left and right of the arms, shoulders included.
    Arms,
    /// Left and right of the legs, hips included.
    Legs,
}

impl Labelling {
    const ALL: [Labelling; 4] =
        [Labelling::Kept, Labelling::Whole, Labelling::Arms, Labelling::Legs];

    /// Whether the labels of the arms and of the legs are exchanged: 1 if so.
    fn exchanged_groups(self) -> [usize; 2] {
        match self {
            Labelling::Kept => [0, 0],
            Labelling::Whole => [1, 1],
            Labelling::Arms => [1, 0],
            Labelling::Legs => [0, 1],
        }
    }

    /// The same labelling if what is called left is right.
    fn complement(self) -> Labelling {
        match self {
            Labelling::Kept => Labelling::Whole,
            Labelling::Whole => Labelling::Kept,
            Labelling::Arms => Labelling::Legs,
            Labelling::Legs => Labelling::Arms,
        }
    }

    /// The cost of a frame with this labelling, as a negative logarithm: most frames are labelled
    /// correctly, and when they are not it is mostly the whole body.
    fn price(self) -> f64 {
        match self {
            Labelling::Kept => 0.0,
            Labelling::Whole => FRAME_PRICE,
            Labelling::Arms | Labelling::Legs => 2.0 * FRAME_PRICE,
        }
    }

    /// The cost of a change from this labelling to another.
    fn change_price(self, next: Labelling) -> f64 {
        let ([a, b], [c, d]) = (self.exchanged_groups(), next.exchanged_groups());
        match (a != c, b != d) {
            (false, false) => 0.0,
            (true, true) => CHANGE_PRICE,
            _ => PARTIAL_CHANGE_PRICE,
        }
    }
}

/// What is exchanged together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SideGroup {
    Arms,
    Legs,
    Face,
}

/// A left joint and its counterpart.
#[derive(Clone, Copy, Debug)]
struct SidePair {
    left: usize,
    right: usize,
    group: SideGroup,
}

/// What was found about the sides of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SideRepair {
    /// The number of frames in which each joint was exchanged, `[joint]`.
    pub(super) undone: Vec<usize>,
    /// Stretches of frames `[first, last]` in which sides were exchanged, and put back.
    pub(super) repaired: Vec<[usize; 2]>,
    /// Stretches of frames in which sides are doubtful and were left as they are.
    pub(super) doubtful: Vec<[usize; 2]>,
}

/// Cost of an exchanged frame, and of a change of labelling (negative logarithms). All prices were
/// chosen on the Pose2Sim films, pose-trainer and persons 1 to 3 of the yoga set.
const FRAME_PRICE: f64 = 0.05;
const CHANGE_PRICE: f64 = 6.0;
const PARTIAL_CHANGE_PRICE: f64 = 7.0;
/// How many independent joints the pairs of a group count as: a network moves them together.
const GROUP_WEIGHT: f64 = 2.0;
/// The weight of a position that was interpolated.
const GAP_WEIGHT: f64 = 0.25;
/// Number of frames around each frame whose median unevenness counts as usual, unless that of the
/// whole recording is greater: in a jump every path is uneven, however it is labelled.
const LOCAL_FRAMES: usize = 15;
/// Least usual unevenness, as a share of the trunk's length.
const LEAST_NOISE: f64 = 0.005;
/// The fastest turn of the body that counts as one, rad/s: shoulders or hips that turn faster, over
/// one frame or over two, were exchanged. Four turns in two seconds are a quick pirouette.
const FASTEST_TURN: f64 = 12.0;
/// Cost of a girdle that turns faster by its usual width (a negative logarithm).
const TURN_PRICE: f64 = 8.0;
/// A frame costs this much less if its labelling makes shoulders and hips agree that contradict
/// each other, and this much more if they contradict each other only then.
const AGREEMENT_GAIN: f64 = 1.5;
const CONTRADICTION_PRICE: f64 = 6.0;
/// Above this share of exchanged frames motion alone cannot decide which labels are the right ones.
const UNDECIDED_SHARE: f64 = 0.35;
/// Anchors can decide against what most frames say only if at least this share is right by them: a
/// recording that contradicts them throughout is mirrored.
const LEAST_KEPT: f64 = 0.1;
/// Labels are put back in a frame if it is this certain that they were exchanged.
const CERTAIN: f64 = 0.95;
/// The same for a stretch at the beginning or end of the recording, of which only one end shows.
const CERTAIN_AT_END: f64 = 0.999;

/// Undoes swaps of left and right in the whole body, the arms or the legs.
///
/// In each frame the labels are correct or exchanged. A Viterbi search over the labellings of two
/// successive frames finds the sequence in which left and right move most evenly relative to each
/// other: the distance of left from right is extrapolated from the two frames before, which
/// distinguishes limbs that cross from labels that jump. Joints that jump have a bounded influence
/// (the negative logarithm of a Cauchy density). Where neither motion nor anchors decide which of
/// two labellings is the right one, the recording stays as it is and the frames are doubtful.
pub(super) fn undo_swaps(recording: &mut Recording, min_confidence: f32) -> SideRepair {
    let mut repair =
        SideRepair { undone: vec![0; recording.joint_count()], ..SideRepair::default() };
    let pairs = side_pairs(recording);
    let moving = pairs.iter().any(|pair| pair.group != SideGroup::Face);
    if !moving || recording.frame_count() < 3 {
        return repair;
    }
    let mut body = BodyFrames::from_recording(recording, min_confidence);
    let mut costs = LabellingCosts::from_recording(recording, &pairs, &body);
    let mut likeliest = costs.find_likeliest();
    if likeliest.iter().all(|label| *label == Labelling::Kept) {
        repair.doubtful = frame_runs(|frame| body.agreement(frame) < 0.0, likeliest.len());
        return repair;
    }
    let share_of = |labels: &[Labelling], label: Labelling| {
        labels.iter().filter(|other| **other == label).count() as f64 / labels.len() as f64
    };
    let anchored = body.anchor_gain(&likeliest) > anchor::DECISIVE
        && share_of(&likeliest, Labelling::Kept) > LEAST_KEPT;
    if share_of(&likeliest, Labelling::Whole) > 0.5 && !anchored {
        // What most frames say is believed, unless face or feet tell otherwise of a recording in
        // which the labels change; what they tell of this one is not believed at all.
        body.forget_anchors();
        costs = LabellingCosts::from_recording(recording, &pairs, &body);
        likeliest = costs.find_likeliest();
        if share_of(&likeliest, Labelling::Whole) > 0.5 {
            likeliest.iter_mut().for_each(|label| *label = label.complement());
        }
    }
    if 1.0 - share_of(&likeliest, Labelling::Kept) > UNDECIDED_SHARE && !anchored {
        repair.doubtful = frame_runs(|frame| likeliest[frame] != Labelling::Kept, likeliest.len());
        return repair;
    }
    let kept = frame_runs(|frame| likeliest[frame] == Labelling::Kept, likeliest.len());
    let Some([first, last]) = kept.into_iter().max_by_key(|[first, last]| last - first) else {
        return repair;
    };
    let probabilities = costs.label_probabilities(first.midpoint(last));
    let mut labels: Vec<Labelling> = probabilities
        .iter()
        .enumerate()
        .map(|(frame, shares)| {
            let certain = shares.iter().position(|share| *share >= CERTAIN);
            match certain {
                Some(state) if !body.is_stranger(frame) => costs.states[state],
                _ => Labelling::Kept,
            }
        })
        .collect();
    for [first, last] in frame_runs(|frame| labels[frame] != Labelling::Kept, labels.len()) {
        let is_open = first == 0 || last + 1 == labels.len();
        let is_certain = |frame: usize| {
            probabilities[frame].iter().skip(1).any(|share| *share >= CERTAIN_AT_END)
        };
        if is_open && !(first..=last).all(is_certain) {
            labels[first..=last].fill(Labelling::Kept);
        }
    }
    let joints = recording.joint_count();
    for (frame, label) in labels.iter().enumerate() {
        let [arms, legs] = label.exchanged_groups();
        // In an exchanged frame the face goes with the shoulders.
        let face = *label != Labelling::Kept && (arms == 1) == body.face_agrees(frame);
        for pair in &pairs {
            let exchange = match pair.group {
                SideGroup::Arms => arms == 1,
                SideGroup::Legs => legs == 1,
                SideGroup::Face => face,
            };
            if exchange {
                let (left, right) = (frame * joints + pair.left, frame * joints + pair.right);
                recording.position.swap(left, right);
                recording.confidence.swap(left, right);
                repair.undone[pair.left] += 1;
                repair.undone[pair.right] += 1;
            }
        }
    }
    repair.repaired = frame_runs(|frame| labels[frame] != Labelling::Kept, labels.len());
    let contradicts = |frame: usize| {
        let [arms, legs] = labels[frame].exchanged_groups();
        let agreement = body.agreement(frame) * if arms == legs { 1.0 } else { -1.0 };
        agreement < 0.0
    };
    let is_doubtful = |frame: usize| {
        contradicts(frame)
            || labels[frame] == Labelling::Kept
                && probabilities[frame][0] < 0.5
                && !body.is_stranger(frame)
    };
    repair.doubtful = frame_runs(is_doubtful, labels.len());
    repair
}

/// The stretches `[first, last]` of the frames that satisfy a condition.
fn frame_runs(is_in: impl Fn(usize) -> bool, frames: usize) -> Vec<[usize; 2]> {
    let mut runs: Vec<[usize; 2]> = Vec::new();
    for frame in (0..frames).filter(|frame| is_in(*frame)) {
        match runs.last_mut() {
            Some(run) if run[1] + 1 == frame => run[1] = frame,
            _ => runs.push([frame, frame]),
        }
    }
    runs
}

/// The group of a part; none for parts of the midline.
fn part_group(part: Part) -> Option<SideGroup> {
    Some(match part.on_side(Side::Left) {
        Part::LeftShoulder | Part::LeftElbow | Part::LeftWrist | Part::LeftHand => SideGroup::Arms,
        Part::LeftHip
        | Part::LeftKnee
        | Part::LeftAnkle
        | Part::LeftHeel
        | Part::LeftBigToe
        | Part::LeftSmallToe => SideGroup::Legs,
        Part::LeftEye | Part::LeftEar => SideGroup::Face,
        _ => return None,
    })
}

/// The left and right joints of a recording. A joint that stands for no part belongs to the group
/// of the joint nearest to it.
fn side_pairs(recording: &Recording) -> Vec<SidePair> {
    let joints = &recording.skeleton.joints;
    let known: Vec<(usize, SideGroup)> = joints
        .iter()
        .enumerate()
        .filter_map(|(index, joint)| Some((index, joint.part.and_then(part_group)?)))
        .collect();
    let mut pairs = Vec::new();
    for (index, joint) in joints.iter().enumerate() {
        let mirror = joint.mirror;
        if mirror == index || joints[mirror].mirror != index {
            continue;
        }
        let (left, right) = match joint.part.and_then(Part::side) {
            Some(Side::Right) => continue,
            Some(Side::Left) => (index, mirror),
            None if index < mirror => (index, mirror),
            None => continue,
        };
        let group = joint.part.and_then(part_group).or_else(|| {
            known
                .iter()
                .filter_map(|(other, group)| {
                    Some((usual_distance(recording, index, *other)?, *group))
                })
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .map(|(_, group)| group)
        });
        pairs.extend(group.map(|group| SidePair { left, right, group }));
    }
    pairs
}

/// The median distance of two joints over at most a hundred frames; none if they are never seen
/// together.
fn usual_distance(recording: &Recording, a: usize, b: usize) -> Option<f64> {
    let step = recording.frame_count().div_ceil(100);
    let mut distances: Vec<f64> = (0..recording.frame_count())
        .step_by(step)
        .map(|frame| {
            flat_norm(sub(recording.position_at(frame, a), recording.position_at(frame, b)))
        })
        .filter(|distance| distance.is_finite())
        .collect();
    upper_median(&mut distances)
}

/// The length of a vector, without depth if that is missing.
fn flat_norm([x, y, z]: [f64; 3]) -> f64 {
    norm([x, y, if z.is_nan() { 0.0 } else { z }])
}

/// The cost of the four labellings of three successive frames, `[frame − 2][labelling]`: the labels
/// of the last but one and of the last frame differ from those of the first or not. Swapping all
/// three changes nothing.
fn group_unevenness(recording: &Recording, pairs: &[SidePair], body: &BodyFrames) -> Vec<[f64; 4]> {
    let frames = recording.frame_count();
    let mut cost = vec![[0.0; 4]; frames - 2];
    for pair in pairs {
        let [left, right] =
            [pair.left, pair.right].map(|joint| continuous_track(recording, joint, body));
        if !left[0][0].is_finite() || !right[0][0].is_finite() {
            continue;
        }
        let across: Vec<[f64; 3]> = left.iter().zip(&right).map(|(l, r)| sub(*l, *r)).collect();
        let weights: Vec<f64> = (0..frames)
            .map(|frame| {
                let is_known =
                    |joint: usize| recording.is_seen(frame, joint) && !body.is_stranger(frame);
                if is_known(pair.left) && is_known(pair.right) { 1.0 } else { GAP_WEIGHT }
            })
            .collect();
        let residuals: Vec<[f64; 4]> = (2..frames)
            .map(|t| {
                let [a, b, c] = [across[t - 2], across[t - 1], across[t]];
                [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)].map(|(second, third)| {
                    norm(add(sub(scale(c, third), scale(b, 2.0 * second)), a))
                })
            })
            .collect();
        // The minimum over the labellings, so that swapped labels do not raise the usual.
        let least: Vec<f64> =
            residuals.iter().map(|row| row.iter().copied().fold(f64::INFINITY, f64::min)).collect();
        let usual = upper_median(&mut least.clone()).unwrap_or(f64::NAN);
        for (t, row) in residuals.iter().enumerate() {
            let around =
                t.saturating_sub(LOCAL_FRAMES / 2)..(t + LOCAL_FRAMES / 2 + 1).min(least.len());
            let local = upper_median(&mut least[around].to_vec()).unwrap_or(f64::NAN);
            let noise = local.max(usual).max(LEAST_NOISE * body.trunk);
            let weight = weights[t..t + 3].iter().copied().fold(1.0, f64::min);
            for (sum, residual) in cost[t].iter_mut().zip(row) {
                let unlikely = (residual / noise).powi(2).ln_1p();
                if unlikely.is_finite() {
                    *sum += GROUP_WEIGHT * weight * unlikely / pairs.len() as f64;
                }
            }
        }
    }
    cost
}

/// Adds the cost of turning faster than a body can to the cost of the labellings of three frames,
/// given the vector from right to left in usual widths, `[frame]`, NaN where not seen.
fn add_turn_costs(recording: &Recording, across: &[[f64; 3]], cost: &mut [[f64; 4]]) {
    let excess = |from: usize, to: usize, sign: f64| {
        let turned = norm(sub(scale(across[to], sign), across[from]));
        let allowed = FASTEST_TURN * (recording.time[to] - recording.time[from]);
        if turned.is_finite() { TURN_PRICE * (turned - allowed).max(0.0) } else { 0.0 }
    };
    for (row, cost) in cost.iter_mut().enumerate() {
        let signs = [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)];
        for (cost, (second, third)) in cost.iter_mut().zip(signs) {
            *cost += excess(row + 1, row + 2, second * third) + excess(row, row + 2, third);
        }
    }
}

/// The costs (negative logarithms) of the labellings of a recording's frames.
struct LabellingCosts {
    /// The labellings that the skeleton allows.
    states: &'static [Labelling],
    /// Of each labelling by itself, `[frame][state]`.
    frame: Vec<Vec<f64>>,
    /// Of the motion of arms and legs, `[group][frame − 2]`, as [`group_unevenness`] gives it.
    motion: [Vec<[f64; 4]>; 2],
}

impl LabellingCosts {
    /// Measures a recording.
    fn from_recording(
        recording: &Recording,
        pairs: &[SidePair],
        body: &BodyFrames,
    ) -> LabellingCosts {
        let in_group = |group: SideGroup| -> Vec<SidePair> {
            pairs
                .iter()
                .filter(|pair| {
                    pair.group == group && recording.skeleton.joints[pair.left].part.is_some()
                })
                .copied()
                .collect()
        };
        let groups = [in_group(SideGroup::Arms), in_group(SideGroup::Legs)];
        // With the joints of one girdle only, that girdle is the whole body.
        let states: &[Labelling] = match groups.iter().any(Vec::is_empty) {
            true => &Labelling::ALL[..2],
            false => &Labelling::ALL,
        };
        let mut motion = groups.map(|group| group_unevenness(recording, &group, body));
        for (girdle, motion) in motion.iter_mut().enumerate() {
            add_turn_costs(recording, &body.turns(girdle), motion);
        }
        let frame = (0..recording.frame_count())
            .map(|frame| {
                states.iter().map(|state| state.price() + body.cost(frame, *state)).collect()
            })
            .collect();
        LabellingCosts { states, frame, motion }
    }

    /// The cost of the labelling k of frame t ≥ 2 after i and j.
    fn step_cost(&self, t: usize, [i, j, k]: [usize; 3]) -> f64 {
        let [a, b, c] = [i, j, k].map(|state| self.states[state].exchanged_groups());
        let motion: f64 = (0..2)
            .map(|group| {
                self.motion[group][t - 2][2 * (a[group] ^ b[group]) + (a[group] ^ c[group])]
            })
            .sum();
        motion + self.frame[t][k] + self.states[j].change_price(self.states[k])
    }

    /// The cost of the labellings i and j of the first two frames, `[count · i + j]`.
    fn first_costs(&self) -> Vec<f64> {
        let count = self.states.len();
        (0..count * count)
            .map(|state| {
                let (i, j) = (state / count, state % count);
                let change = self.states[i].change_price(self.states[j]);
                self.frame[0][i] + self.frame[1][j] + change
            })
            .collect()
    }

    /// The most likely sequence of labellings, `[frame]` (Viterbi 1967).
    fn find_likeliest(&self) -> Vec<Labelling> {
        let (frames, count) = (self.frame.len(), self.states.len());
        let mut cost = self.first_costs();
        let mut from: Vec<Vec<u8>> = Vec::with_capacity(frames);
        for t in 2..frames {
            let mut next = vec![f64::INFINITY; count * count];
            let mut back = vec![0u8; count * count];
            for (state, (next, back)) in next.iter_mut().zip(&mut back).enumerate() {
                let (j, k) = (state / count, state % count);
                for i in 0..count {
                    let total = cost[count * i + j] + self.step_cost(t, [i, j, k]);
                    if total < *next {
                        (*next, *back) = (total, i as u8);
                    }
                }
            }
            cost = next;
            from.push(back);
        }
        let mut state =
            (0..count * count).min_by(|&a, &b| cost[a].total_cmp(&cost[b])).unwrap_or(0);
        let mut labels = vec![Labelling::Kept; frames];
        for t in (0..frames).rev() {
            labels[t] = self.states[state % count];
            state = match t.checked_sub(2) {
                Some(row) => count * usize::from(from[row][state]) + state / count,
                None => state / count,
            };
        }
        labels
    }

    /// The probability of each labelling in each frame, `[frame][state]`, if the frame `reference`
    /// is labelled correctly (forward and backward sums: Baum et al. 1970).
    fn label_probabilities(&mut self, reference: usize) -> Vec<Vec<f64>> {
        let (frames, count) = (self.frame.len(), self.states.len());
        self.frame[reference][1..].fill(f64::INFINITY);
        // `[frame − 1][count · j + k]`: of all sequences to, and from, the labellings j and k of a
        // frame and the one before.
        let mut forward = vec![self.first_costs()];
        for t in 2..frames {
            let next = (0..count * count)
                .map(|state| {
                    let (j, k) = (state / count, state % count);
                    add_likelihoods(
                        (0..count)
                            .map(|i| forward[t - 2][count * i + j] + self.step_cost(t, [i, j, k])),
                    )
                })
                .collect();
            forward.push(next);
        }
        let mut after = vec![0.0; count * count];
        let mut probabilities = vec![vec![0.0; count]; frames];
        for t in (1..frames).rev() {
            let total: Vec<f64> = forward[t - 1].iter().zip(&after).map(|(a, b)| a + b).collect();
            let all = add_likelihoods(total.iter().copied());
            for (state, total) in total.iter().enumerate() {
                let share = (all - total).exp();
                probabilities[t][state % count] += share;
                if t == 1 {
                    probabilities[0][state / count] += share;
                }
            }
            if t > 1 {
                after = (0..count * count)
                    .map(|state| {
                        let (i, j) = (state / count, state % count);
                        add_likelihoods(
                            (0..count).map(|k| self.step_cost(t, [i, j, k]) + after[count * j + k]),
                        )
                    })
                    .collect();
            }
        }
        probabilities
    }
}

/// The negative logarithm of the sum of likelihoods, given theirs.
fn add_likelihoods(costs: impl Iterator<Item = f64> + Clone) -> f64 {
    let least = costs.clone().fold(f64::INFINITY, f64::min);
    match least.is_finite() {
        true => least - costs.map(|cost| (least - cost).exp()).sum::<f64>().ln(),
        false => f64::INFINITY,
    }
}

/// A joint's track with gaps, and frames that show somebody else, interpolated linearly and the
/// ends held; NaN only if the joint is never seen. In two dimensions depth is zero.
fn continuous_track(recording: &Recording, joint: usize, body: &BodyFrames) -> Vec<[f64; 3]> {
    let is_3d = recording.space.is_3d();
    let mut track: Vec<[f64; 3]> = recording
        .joint_track(joint)
        .enumerate()
        .map(|(frame, p)| match body.is_stranger(frame) {
            true => MISSING,
            false if is_3d => p,
            false => [p[0], p[1], 0.0],
        })
        .collect();
    fill_track_gaps(&mut track);
    track
}
