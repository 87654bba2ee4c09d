//! Excursions: where the driving signal leaves rest and comes back.

use super::driver::{Driver, Line};
use super::signal::rate_of_change;
use super::turn::{Turn, turns};
use crate::movement::RepetitionRule;
use agoge_motion::Side;
use std::ops::Range;

/// Movements below this share of the smallest repetition are not even attempts.
const ATTEMPT_SHARE: f64 = 0.5;
/// Nor are those below this share of the set's typical excursion; also the size of a turn that is
/// not noise.
const TURN_SHARE: f64 = 0.25;
/// Two peaks are one when the valley between them stays above this share of the way from rest to
/// the lower peak.
const JOINED_VALLEY: f64 = 0.5;
/// A boundary lies where the signal is within this share of the excursion from rest …
const NEAR_REST: f64 = 0.2;
/// … and its speed has fallen to this share of the flank's highest speed (a usual criterion of
/// movement onset is 5 %; the smoothing and the slow beginning of whole-body movements ask for
/// less).
const ONSET_SPEED: f64 = 0.02;
/// Both sides did it when the lesser excursion is at least this share of the greater.
const BOTH_SHARE: f64 = 0.7;
/// Attempts outside the set that last less than this share of a typical repetition are other
/// movements (walking in, a scratch).
const ATTEMPT_DURATION_SHARE: f64 = 0.5;
/// A movement this many times larger than typical, in a set of at least three, is something else
/// (sitting down, picking up the bar).
const OVERSIZE: f64 = 2.0;

/// A movement away from rest and back. Frames are indices into the recording.
#[derive(Clone, Debug)]
pub(super) struct Excursion {
    pub(super) line: usize,
    pub(super) side: Option<Side>,
    pub(super) start: usize,
    pub(super) end: usize,
    /// How far it went from the nearer of the rests around it.
    size: f64,
    /// The recording ends before it is over, or begins after its start.
    cut: bool,
    pub(super) complete: bool,
}

impl Excursion {
    /// A full cycle.
    pub(super) fn cycle(line: usize, side: Option<Side>, start: usize, end: usize) -> Excursion {
        Excursion { line, side, start, end, size: f64::INFINITY, cut: false, complete: true }
    }

    fn overlaps(&self, other: &Excursion) -> bool {
        let common = self.end.min(other.end).saturating_sub(self.start.max(other.start));
        let shorter = (self.end - self.start).min(other.end - other.start);
        10 * common > 3 * shorter
    }
}

/// All excursions of repetition size or attempt size, in order of time.
pub(super) fn excursions(rule: &RepetitionRule, driver: &Driver, time: &[f64]) -> Vec<Excursion> {
    let least = ATTEMPT_SHARE * driver.min_excursion;
    let rough = find(rule, driver, time, least, f64::INFINITY);
    let Some(typical) = typical_size(&rough, driver.min_excursion) else {
        return attempts_only(rough, rule, time);
    };
    // With the size of this set known, small turns inside large movements are noise.
    let fine = find(rule, driver, time, least.max(TURN_SHARE * typical), typical);
    let full = driver.min_excursion.max(rule.full_share * typical);
    let enough = fine.iter().filter(|found| found.size >= full).count() >= 3;
    let mut found = one_side_each(fine);
    found.retain(|found| {
        duration(found, time) >= rule.min_duration_s && !(enough && found.size > OVERSIZE * typical)
    });
    for excursion in &mut found {
        excursion.complete = !excursion.cut
            && excursion.size >= full
            && duration(excursion, time) <= rule.max_duration_s;
    }
    without_strays(found, time)
}

fn duration(excursion: &Excursion, time: &[f64]) -> f64 {
    time[excursion.end] - time[excursion.start]
}

/// With no movement of repetition size, what there is are attempts.
fn attempts_only(rough: Vec<Excursion>, rule: &RepetitionRule, time: &[f64]) -> Vec<Excursion> {
    let mut found = one_side_each(rough);
    found.retain(|found| {
        (rule.min_duration_s..=rule.max_duration_s).contains(&duration(found, time))
    });
    found
}

/// The typical size in a set: the median of those of repetition size, set-up movements left out by
/// asking for half of the largest but one. None if nothing is large enough.
fn typical_size(found: &[Excursion], min_excursion: f64) -> Option<f64> {
    let mut sizes: Vec<f64> = found
        .iter()
        .filter(|found| !found.cut)
        .map(|found| found.size)
        .filter(|&size| size >= min_excursion)
        .collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let large = *sizes.get(usize::from(sizes.len() >= 3))?;
    sizes.retain(|&size| size >= 0.5 * large);
    sizes.get(sizes.len() / 2).copied()
}

/// Excursions made of turns of at least `threshold`; valleys deep for an excursion of `typical`
/// size are never joined.
fn find(
    rule: &RepetitionRule,
    driver: &Driver,
    time: &[f64],
    threshold: f64,
    typical: f64,
) -> Vec<Excursion> {
    let mut found = Vec::new();
    for (index, line) in driver.lines.iter().enumerate() {
        for stretch in &line.stretches {
            let turns = turns(&line.values, stretch.clone(), threshold);
            let joined = join_peaks(rule, line, time, typical, &turns);
            found.extend(bounded(index, line, time, stretch, &joined));
        }
    }
    found.sort_by_key(|excursion| excursion.start);
    found
}

/// A turning point, or several that were joined.
#[derive(Clone, Copy)]
struct Joined {
    /// The highest of the peaks, or the low.
    turn: Turn,
    /// First and last of the joined peaks, frames.
    first: usize,
    last: usize,
}

/// Takes out the valleys that are no rest: what remains are rests (lows) with one peak, joined of
/// all between them.
fn join_peaks(
    rule: &RepetitionRule,
    line: &Line,
    time: &[f64],
    typical: f64,
    turns: &[Turn],
) -> Vec<Joined> {
    let value = |turn: &Turn| line.values[turn.frame];
    let lows: Vec<f64> = turns.iter().filter(|turn| !turn.high).map(value).collect();
    let mut joined: Vec<Joined> = Vec::with_capacity(turns.len());
    let mut low_index = 0usize;
    for turn in turns {
        let mut next = Joined { turn: *turn, first: turn.frame, last: turn.frame };
        if !turn.high {
            low_index += 1;
        } else if let [.., peak, valley] = joined[..] {
            let rest = local_rest(&lows, low_index.saturating_sub(1));
            let lower = value(&peak.turn).min(value(turn));
            let depth = lower - value(&valley.turn);
            let shallow = depth < (1.0 - JOINED_VALLEY) * (lower - rest).min(typical);
            if shallow
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

/// Rest level around a low: the lower quartile of the lows up to four before and after, so that it
/// follows drift and is not deceived by valleys inside repetitions.
fn local_rest(lows: &[f64], at: usize) -> f64 {
    let mut near: Vec<f64> = lows[at.saturating_sub(4)..lows.len().min(at + 5)].to_vec();
    near.sort_by(f64::total_cmp);
    near.get(near.len().saturating_sub(1) / 4).copied().unwrap_or(f64::NAN)
}

fn time_below(line: &Line, time: &[f64], from: usize, to: usize, level: f64) -> f64 {
    let below = |frame: &usize| line.values[*frame] < level;
    match ((from..to).find(below), (from..to).rfind(below)) {
        (Some(first), Some(last)) => time[last] - time[first],
        _ => 0.0,
    }
}

/// The excursions around the peaks, with their boundaries.
fn bounded(
    index: usize,
    line: &Line,
    time: &[f64],
    stretch: &Range<usize>,
    joined: &[Joined],
) -> Vec<Excursion> {
    let values = &line.values;
    let speed = rate_of_change(&time[stretch.clone()], &values[stretch.clone()]);
    let speed = |frame: usize| speed[frame - stretch.start];
    let mut found = Vec::new();
    for (at, peak) in joined.iter().enumerate().filter(|(_, joined)| joined.turn.high) {
        let low_before = at.checked_sub(1).map(|before| joined[before].turn.frame);
        let low_after = joined.get(at + 1).map(|after| after.turn.frame);
        let rise = |low: usize| values[peak.turn.frame] - values[low];
        let size = match (low_before, low_after) {
            (Some(before), Some(after)) => rise(before).min(rise(after)),
            (Some(low), None) | (None, Some(low)) => rise(low),
            (None, None) => continue,
        };
        let cut = low_before.is_none() || low_after.is_none();
        let start = low_before.map_or(stretch.start, |low| onset(values, peak.first, low, speed));
        let end = low_after.map_or(stretch.end - 1, |low| onset(values, peak.last, low, speed));
        found.push(Excursion {
            line: index,
            side: line.side,
            start,
            end,
            size,
            cut,
            complete: false,
        });
    }
    found
}

/// Where the movement between a rest (`low`) and a peak begins (rest before the peak) or ends (rest
/// after it): walking from the peak, the first frame near rest at which the signal hardly moves.
fn onset(values: &[f64], peak: usize, low: usize, speed: impl Fn(usize) -> f64) -> usize {
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

/// Where both sides move at once, the greater excursion stands for both; it has no side when the
/// lesser is nearly as great.
fn one_side_each(found: Vec<Excursion>) -> Vec<Excursion> {
    let mut kept: Vec<Excursion> = Vec::with_capacity(found.len());
    for excursion in found {
        match kept
            .last_mut()
            .filter(|last| last.line != excursion.line && last.overlaps(&excursion))
        {
            Some(last) => {
                let alike =
                    last.size.min(excursion.size) >= BOTH_SHARE * last.size.max(excursion.size);
                if excursion.size > last.size {
                    *last = excursion;
                }
                if alike {
                    last.side = None;
                }
            }
            None => kept.push(excursion),
        }
    }
    kept
}

/// Leaves out attempts before the first and after the last repetition that are much shorter than
/// the repetitions.
fn without_strays(mut found: Vec<Excursion>, time: &[f64]) -> Vec<Excursion> {
    let mut durations: Vec<f64> =
        found.iter().filter(|found| found.complete).map(|found| duration(found, time)).collect();
    durations.sort_by(f64::total_cmp);
    let Some(typical) = durations.get(durations.len() / 2).copied() else { return found };
    let first = found.iter().position(|found| found.complete).unwrap_or(0);
    let last = found.iter().rposition(|found| found.complete).unwrap_or(0);
    let mut index = 0;
    found.retain(|excursion| {
        let inside = (first..=last).contains(&index);
        index += 1;
        // Of a movement that the recording cuts off, about half is seen.
        let whole = if excursion.cut { 2.0 } else { 1.0 } * duration(excursion, time);
        inside || whole >= ATTEMPT_DURATION_SHARE * typical
    });
    found
}
