//! Segmentation of excursions: movements of the driving signal away from rest and back.

use super::driver::{DrivingLine, DrivingSignal};
use super::signal::rate_of_change;
use super::turn::{SignalTurn, turning_points};
use crate::movement::RepetitionRule;
use agoge_motion::Side;
use agoge_motion::statistics::upper_median;
use std::ops::Range;

/// Movements smaller than this share of the minimum excursion are not even attempts.
const ATTEMPT_SHARE: f64 = 0.5;
/// Movements smaller than this share of the set's typical excursion are not attempts either; turns
/// smaller than this are noise.
const TURN_SHARE: f64 = 0.25;
/// Two peaks are joined if the valley between them stays above this share of the distance from rest
/// to the lower peak.
const JOINED_VALLEY: f64 = 0.5;
/// A boundary is where the signal is within this share of the excursion from rest …
const NEAR_REST: f64 = 0.2;
/// … and its speed has fallen to this share of the flank's peak speed. A usual criterion for
/// movement onset is 5 %, but smoothing and the slow start of whole-body movements require less.
const ONSET_SPEED: f64 = 0.02;
/// Both sides moved together if the smaller excursion is at least this share of the larger.
const BOTH_SHARE: f64 = 0.7;
/// Attempts before or after the set that are shorter than this share of a typical repetition are
/// other movements (walking in, scratching).
const ATTEMPT_DURATION_SHARE: f64 = 0.5;
/// In a set of at least three repetitions, a movement this many times larger than typical is not a
/// repetition (sitting down, picking up the bar).
const OVERSIZE: f64 = 2.0;

/// A movement away from rest and back. Frames are indices into the recording.
#[derive(Clone, Debug)]
pub(super) struct Excursion {
    pub(super) line: usize,
    pub(super) side: Option<Side>,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Height of the peak above the nearer of the rest levels around it.
    size: f64,
    /// Whether the recording begins or ends during the excursion.
    cut: bool,
    pub(super) complete: bool,
}

impl Excursion {
    /// A full cycle of a cyclic movement.
    pub(super) fn from_cycle(
        line: usize,
        side: Option<Side>,
        start: usize,
        end: usize,
    ) -> Excursion {
        Excursion { line, side, start, end, size: f64::INFINITY, cut: false, complete: true }
    }

    /// Whether two excursions overlap by more than 30 % of the shorter one.
    fn is_overlapping(&self, other: &Excursion) -> bool {
        let common = self.end.min(other.end).saturating_sub(self.start.max(other.start));
        let shorter = (self.end - self.start).min(other.end - other.start);
        10 * common > 3 * shorter
    }
}

/// Finds all excursions that are large enough for a repetition or an attempt, in chronological
/// order.
pub(super) fn segment_excursions(
    rule: &RepetitionRule,
    driver: &DrivingSignal,
    time: &[f64],
) -> Vec<Excursion> {
    let least = ATTEMPT_SHARE * driver.min_excursion;
    let rough = find_excursions(rule, driver, time, least, f64::INFINITY);
    let Some(typical) = typical_size(&rough, driver.min_excursion) else {
        return attempts_only(rough, rule, time);
    };
    // Once the size of the set is known, small turns within large movements count as noise.
    let fine = find_excursions(rule, driver, time, least.max(TURN_SHARE * typical), typical);
    let full = driver.min_excursion.max(rule.full_share * typical);
    let is_set = fine.iter().filter(|excursion| excursion.size >= full).count() >= 3;
    let mut excursions = merge_sides(fine);
    excursions.retain(|excursion| {
        duration_s(excursion, time) >= rule.min_duration_s
            && !(is_set && excursion.size > OVERSIZE * typical)
    });
    for excursion in &mut excursions {
        excursion.complete = !excursion.cut
            && excursion.size >= full
            && duration_s(excursion, time) <= rule.max_duration_s;
    }
    remove_strays(excursions, time)
}

/// The duration of an excursion, s.
fn duration_s(excursion: &Excursion, time: &[f64]) -> f64 {
    time[excursion.end] - time[excursion.start]
}

/// The attempts in a recording without any movement of repetition size.
fn attempts_only(rough: Vec<Excursion>, rule: &RepetitionRule, time: &[f64]) -> Vec<Excursion> {
    let mut attempts = merge_sides(rough);
    attempts.retain(|attempt| {
        (rule.min_duration_s..=rule.max_duration_s).contains(&duration_s(attempt, time))
    });
    attempts
}

/// The typical size of a set's excursions: the median of those of repetition size. Set-up movements
/// are excluded by requiring at least half the size of the second largest. `None` if nothing is
/// large enough.
fn typical_size(excursions: &[Excursion], min_excursion: f64) -> Option<f64> {
    let mut sizes: Vec<f64> = excursions
        .iter()
        .filter(|excursion| !excursion.cut)
        .map(|excursion| excursion.size)
        .filter(|&size| size >= min_excursion)
        .collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let large = *sizes.get(usize::from(sizes.len() >= 3))?;
    sizes.retain(|&size| size >= 0.5 * large);
    sizes.get(sizes.len() / 2).copied()
}

/// Finds the excursions between turning points of at least `threshold`. Peaks are not joined across
/// a valley that is deep for an excursion of `typical` size.
fn find_excursions(
    rule: &RepetitionRule,
    driver: &DrivingSignal,
    time: &[f64],
    threshold: f64,
    typical: f64,
) -> Vec<Excursion> {
    let mut excursions = Vec::new();
    for (index, line) in driver.lines.iter().enumerate() {
        for stretch in &line.stretches {
            let turns = turning_points(&line.values, stretch.clone(), threshold);
            let joined = join_peaks(rule, line, time, typical, &turns);
            excursions.extend(bound_excursions(index, line, time, stretch, &joined));
        }
    }
    excursions.sort_by_key(|excursion| excursion.start);
    excursions
}

/// A turning point, or several that were joined.
#[derive(Clone, Copy)]
struct JoinedTurn {
    /// The highest of the peaks, or the low.
    turn: SignalTurn,
    /// Frames of the first and last of the joined peaks.
    first: usize,
    last: usize,
}

/// Removes valleys that are not rests. What remains are rests (lows) with one joined peak between
/// them.
fn join_peaks(
    rule: &RepetitionRule,
    line: &DrivingLine,
    time: &[f64],
    typical: f64,
    turns: &[SignalTurn],
) -> Vec<JoinedTurn> {
    let value = |turn: &SignalTurn| line.values[turn.frame];
    let lows: Vec<f64> = turns.iter().filter(|turn| !turn.is_high).map(value).collect();
    let mut joined: Vec<JoinedTurn> = Vec::with_capacity(turns.len());
    let mut low_index = 0usize;
    for turn in turns {
        let mut next = JoinedTurn { turn: *turn, first: turn.frame, last: turn.frame };
        if !turn.is_high {
            low_index += 1;
        } else if let [.., peak, valley] = joined[..] {
            let rest = local_rest(&lows, low_index.saturating_sub(1));
            let lower = value(&peak.turn).min(value(turn));
            let depth = lower - value(&valley.turn);
            let is_shallow = depth < (1.0 - JOINED_VALLEY) * (lower - rest).min(typical);
            if is_shallow
                || time_below(line, time, peak.last, turn.frame, 0.5 * (rest + lower)) < rule.join_s
            {
                next.first = peak.first;
                if value(&peak.turn) > value(turn) {
                    next.turn = peak.turn;
                }
                joined.truncate(joined.len() - 2);
            }
        }
        joined.push(next);
    }
    joined
}

/// The rest level around a low: the lower quartile of up to four lows before and after it, which
/// follows drift and is robust against valleys within repetitions.
fn local_rest(lows: &[f64], index: usize) -> f64 {
    let mut near: Vec<f64> = lows[index.saturating_sub(4)..lows.len().min(index + 5)].to_vec();
    near.sort_by(f64::total_cmp);
    near.get(near.len().saturating_sub(1) / 4).copied().unwrap_or(f64::NAN)
}

/// The time from the first to the last frame below a level, s.
fn time_below(line: &DrivingLine, time: &[f64], from: usize, to: usize, level: f64) -> f64 {
    let below = |frame: &usize| line.values[*frame] < level;
    match ((from..to).find(below), (from..to).rfind(below)) {
        (Some(first), Some(last)) => time[last] - time[first],
        _ => 0.0,
    }
}

/// The excursions around the peaks, with their boundaries.
fn bound_excursions(
    index: usize,
    line: &DrivingLine,
    time: &[f64],
    stretch: &Range<usize>,
    joined: &[JoinedTurn],
) -> Vec<Excursion> {
    let values = &line.values;
    let speed = rate_of_change(&time[stretch.clone()], &values[stretch.clone()]);
    let speed = |frame: usize| speed[frame - stretch.start];
    let mut excursions = Vec::new();
    for (peak_index, peak) in joined.iter().enumerate().filter(|(_, joined)| joined.turn.is_high) {
        let low_before = peak_index.checked_sub(1).map(|before| joined[before].turn.frame);
        let low_after = joined.get(peak_index + 1).map(|after| after.turn.frame);
        let rise = |low: usize| values[peak.turn.frame] - values[low];
        let size = match (low_before, low_after) {
            (Some(before), Some(after)) => rise(before).min(rise(after)),
            (Some(low), None) | (None, Some(low)) => rise(low),
            (None, None) => continue,
        };
        let cut = low_before.is_none() || low_after.is_none();
        let start =
            low_before.map_or(stretch.start, |low| onset_frame(values, peak.first, low, speed));
        let end =
            low_after.map_or(stretch.end - 1, |low| onset_frame(values, peak.last, low, speed));
        excursions.push(Excursion {
            line: index,
            side: line.side,
            start,
            end,
            size,
            cut,
            complete: false,
        });
    }
    excursions
}

/// The frame at which the movement between a rest (`low`) and a peak begins (rest before the peak)
/// or ends (rest after it): going from the peak, the first frame near rest in which the signal
/// barely moves.
fn onset_frame(values: &[f64], peak: usize, low: usize, speed: impl Fn(usize) -> f64) -> usize {
    let backwards = low < peak;
    let flank = if backwards { low..=peak } else { peak..=low };
    let outward = |frame: usize| if backwards { speed(frame) } else { -speed(frame) };
    let fastest = flank.clone().map(outward).fold(0.0, f64::max);
    let near = values[low] + NEAR_REST * (values[peak] - values[low]);
    let at_rest =
        |frame: &usize| values[*frame] <= near && outward(*frame) <= ONSET_SPEED * fastest;
    let mut flank = flank;
    if backwards { flank.rfind(at_rest) } else { flank.find(at_rest) }.unwrap_or(low)
}

/// Merges simultaneous excursions of both sides into the larger one, which gets no side if the
/// smaller is nearly as large.
fn merge_sides(excursions: Vec<Excursion>) -> Vec<Excursion> {
    let mut merged: Vec<Excursion> = Vec::with_capacity(excursions.len());
    for excursion in excursions {
        match merged
            .last_mut()
            .filter(|last| last.line != excursion.line && last.is_overlapping(&excursion))
        {
            Some(last) => {
                let is_alike =
                    last.size.min(excursion.size) >= BOTH_SHARE * last.size.max(excursion.size);
                if excursion.size > last.size {
                    *last = excursion;
                }
                if is_alike {
                    last.side = None;
                }
            }
            None => merged.push(excursion),
        }
    }
    merged
}

/// Removes attempts before the first and after the last repetition that are much shorter than the
/// repetitions.
fn remove_strays(mut excursions: Vec<Excursion>, time: &[f64]) -> Vec<Excursion> {
    let mut durations: Vec<f64> = excursions
        .iter()
        .filter(|excursion| excursion.complete)
        .map(|excursion| duration_s(excursion, time))
        .collect();
    let Some(typical) = upper_median(&mut durations) else { return excursions };
    let first = excursions.iter().position(|excursion| excursion.complete).unwrap_or(0);
    let last = excursions.iter().rposition(|excursion| excursion.complete).unwrap_or(0);
    let mut index = 0;
    excursions.retain(|excursion| {
        let is_inside = (first..=last).contains(&index);
        index += 1;
        // About half of a movement that the recording cuts off is seen.
        let whole_duration = if excursion.cut { 2.0 } else { 1.0 } * duration_s(excursion, time);
        is_inside || whole_duration >= ATTEMPT_DURATION_SHARE * typical
    });
    excursions
}
