//! Contacts and toe-offs of both feet, from positions.

use super::GaitPlace;
use super::signals::{GaitSignals, quantile};
use crate::segment::signal::known_stretches;
use crate::segment::turn::turning_points;
use agoge_motion::Side;
use agoge_motion::statistics::upper_median;

/// Humanly possible numbers of steps a minute.
pub(super) const MIN_CADENCE: f64 = 40.0;
/// Above the fastest sprinters' 300, because data sets with a wrong frame rate are still told
/// apart.
pub(super) const MAX_CADENCE: f64 = 360.0;
/// Smallest fore and aft turns of a foot that count, in leg lengths: 0.3, 0.25 and 0.2 m of an
/// adult, as in OpenCap, and less for short steps. The first under which the order of events holds
/// is used.
const PROMINENCES: [f64; 4] = [0.33, 0.28, 0.22, 0.15];
/// Share of neighbouring events that must follow one another as in walking or running.
const ORDERED_SHARE: f64 = 0.8;
/// Height of the lower of heel and toes above its lowest level, in leg lengths, at which a running
/// foot counts as in the air.
const CLEARANCE: f64 = 0.03;
/// Longest time between the ground and that height, s.
const MAX_LEAD_S: f64 = 0.04;
/// Height that a swing must reach, in the same unit.
const SWING_CLEARANCE: f64 = 0.08;
/// Share of a thigh's lift at which the foot leaves and meets the ground when walking on the spot.
/// Chosen on subjects 1 to 4 of UTD-MHAD (docs/results/gait.md).
pub(super) const WALKING_LIFT: f64 = 0.45;
/// The same when running on the spot: the foot is still in the air while the thigh is nearly down.
pub(super) const RUNNING_LIFT: f64 = 0.2;
/// Smallest lift of a thigh, degrees, and its share of the range of the recording.
const MIN_LIFT_DEG: f64 = 8.0;
const MIN_LIFT_SHARE: f64 = 0.4;
/// Smallest lift of an ankle seen from the front, in leg lengths.
const MIN_ANKLE_LIFT: f64 = 0.04;
/// Share of lifts that must alternate between the feet.
const ALTERNATING_SHARE: f64 = 0.8;
/// A lift of one foot lies between this share of the time between two lifts of the other, and the
/// rest of it.
const ANTIPHASE: f64 = 0.2;

/// Contacts and toe-offs in order of time, s, `[left, right]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FootEvents {
    pub(super) contacts: [Vec<f64>; 2],
    pub(super) toe_offs: [Vec<f64>; 2],
}

/// A contact or a toe-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FootEventKind {
    Contact,
    ToeOff,
}

impl FootEvents {
    /// The contacts of both feet in order of time.
    pub(super) fn all_contacts(&self) -> Vec<(f64, Side)> {
        let mut all: Vec<(f64, Side)> = Side::BOTH
            .into_iter()
            .zip(&self.contacts)
            .flat_map(|(side, times)| times.iter().map(move |&time_s| (time_s, side)))
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all
    }

    /// The typical time of a step, s: half the median time between contacts of the same foot.
    pub(super) fn step_time(&self) -> Option<f64> {
        let mut strides: Vec<f64> = self
            .contacts
            .iter()
            .flat_map(|times| times.windows(2).map(|pair| pair[1] - pair[0]))
            .collect();
        upper_median(&mut strides).map(|stride_s| 0.5 * stride_s)
    }

    /// The share of neighbouring events that follow one another as in walking, and as in running.
    fn ordered_shares(&self) -> [f64; 2] {
        let mut events: Vec<(f64, usize, FootEventKind)> = Vec::new();
        for foot in 0..2 {
            events.extend(self.contacts[foot].iter().map(|&t| (t, foot, FootEventKind::Contact)));
            events.extend(self.toe_offs[foot].iter().map(|&t| (t, foot, FootEventKind::ToeOff)));
        }
        events.sort_by(|a, b| a.0.total_cmp(&b.0));
        let share = |follows: fn(FootEventKind, FootEventKind, bool) -> bool| {
            let pairs = events.windows(2);
            let count = pairs.len().max(1) as f64;
            let right = pairs.filter(|pair| follows(pair[0].2, pair[1].2, pair[0].1 == pair[1].1));
            right.count() as f64 / count
        };
        use FootEventKind::{Contact, ToeOff};
        // Walking: right contact, left toe-off, left contact, right toe-off. Running: right
        // contact, right toe-off, left contact, left toe-off.
        let walks =
            |before: FootEventKind, after: FootEventKind, same_foot: bool| match (before, after) {
                (Contact, ToeOff) => !same_foot,
                (ToeOff, Contact) => same_foot,
                _ => false,
            };
        let runs =
            |before: FootEventKind, after: FootEventKind, same_foot: bool| match (before, after) {
                (Contact, ToeOff) => same_foot,
                (ToeOff, Contact) => !same_foot,
                _ => false,
            };
        [share(walks), share(runs)]
    }
}

/// Contacts and toe-offs where heel and toes are furthest before and behind the pelvis (Zeni,
/// Richards & Higginson 2008), with the largest prominence under which the events follow one
/// another as in walking or running.
///
/// # Errors
/// If they do so under none.
pub(super) fn extreme_events(signals: &GaitSignals) -> Result<FootEvents, String> {
    let (Some(heels), Some(toes)) = (&signals.heel_forward, &signals.toe_forward) else {
        return Err("no steps can be found: the feet are not seen from the side".to_owned());
    };
    let find = |prominence: f64| {
        let mut events = FootEvents::default();
        for foot in 0..2 {
            let least = prominence * signals.leg;
            events.contacts[foot] = extreme_times(signals.time, &heels[foot], least, true);
            events.toe_offs[foot] = extreme_times(signals.time, &toes[foot], least, false);
        }
        events
    };
    let is_whole = |events: &FootEvents| {
        events.contacts.iter().map(Vec::len).sum::<usize>() >= 3
            && events.ordered_shares().into_iter().fold(0.0, f64::max) >= ORDERED_SHARE
    };
    PROMINENCES.into_iter().map(find).find(is_whole).ok_or_else(|| {
        "no strides were found: contacts and toe-offs of the two feet do not follow one another as in walking or running"
            .to_owned()
    })
}

/// The times at which a signal is highest or lowest, between frames by a parabola.
fn extreme_times(time: &[f64], values: &[f64], least: f64, is_high: bool) -> Vec<f64> {
    let mut times = Vec::new();
    for stretch in known_stretches(values) {
        let turns = turning_points(values, stretch.clone(), least);
        let inner = turns.iter().filter(|turn| {
            turn.is_high == is_high && turn.frame > stretch.start && turn.frame + 1 < stretch.end
        });
        times.extend(inner.map(|turn| parabola_time(time, values, turn.frame)));
    }
    times
}

/// The time of the vertex of the parabola through an extreme value and its neighbours.
fn parabola_time(time: &[f64], values: &[f64], frame: usize) -> f64 {
    let [before, at, after] = [values[frame - 1], values[frame], values[frame + 1]];
    let bend = before - 2.0 * at + after;
    let shift = if bend.abs() > 1e-12 { 0.5 * (before - after) / bend } else { 0.0 };
    time[frame] + shift.clamp(-0.5, 0.5) * 0.5 * (time[frame + 1] - time[frame - 1])
}

/// Contacts and toe-offs of running, where the lower of heel and toes passes [`CLEARANCE`]; `None`
/// without heels or toes apart from the ankles, because an ankle rises long before the toes leave
/// the ground.
pub(super) fn flight_events(signals: &GaitSignals, extremes: &FootEvents) -> Option<FootEvents> {
    let (heels, toes) = (signals.heel_height.as_ref()?, signals.toe_height.as_ref()?);
    let step_s = extremes.step_time()?;
    let mut events = FootEvents::default();
    for foot in 0..2 {
        let floors = [quantile(&heels[foot], 0.05), quantile(&toes[foot], 0.05)];
        let clearance: Vec<f64> = heels[foot]
            .iter()
            .zip(&toes[foot])
            .map(|(heel, toe)| (heel - floors[0]).min(toe - floors[1]) / signals.leg)
            .collect();
        let lifts = lifted_times(signals.time, &clearance, CLEARANCE, SWING_CLEARANCE);
        let higher = lifted_times(signals.time, &clearance, 2.0 * CLEARANCE, SWING_CLEARANCE);
        for (begun, ended) in lifts {
            let is_swing =
                |begun: f64, ended: f64| (0.3 * step_s..=2.0 * step_s).contains(&(ended - begun));
            if begun.zip(ended).is_some_and(|(begun, ended)| !is_swing(begun, ended)) {
                continue;
            }
            // The foot passes the level a little after it left the ground and before it meets it:
            // the line through the level and twice the level is followed down to the ground.
            let rise = higher
                .iter()
                .filter_map(|(rise, _)| *rise)
                .find(|rise| begun.is_some_and(|begun| *rise >= begun));
            let fall = higher
                .iter()
                .filter_map(|(_, fall)| *fall)
                .rfind(|fall| ended.is_some_and(|ended| *fall <= ended));
            let lead = |near: f64, far: Option<f64>| {
                far.map_or(0.0, |far| (far - near).clamp(-MAX_LEAD_S, MAX_LEAD_S))
            };
            events.toe_offs[foot].extend(begun.map(|begun| begun - lead(begun, rise)));
            events.contacts[foot].extend(ended.map(|ended| ended - lead(ended, fall)));
        }
    }
    Some(events)
}

/// The stretches in which a signal is above a level and reaches a higher one, each from the time at
/// which it rises to that at which it falls; `None` where it is not known to cross.
fn lifted_times(
    time: &[f64],
    values: &[f64],
    level: f64,
    reached: f64,
) -> Vec<(Option<f64>, Option<f64>)> {
    let crossing = |before: usize| {
        let (a, b) = (values[before], values[before + 1]);
        let share = (level - a) / (b - a);
        (a.is_finite() && b.is_finite())
            .then(|| time[before] + share * (time[before + 1] - time[before]))
    };
    let mut lifts = Vec::new();
    let mut begun: Option<(Option<f64>, bool)> = None;
    for (frame, &value) in values.iter().enumerate() {
        let is_up = value > level;
        begun = match begun {
            None if is_up => {
                let rise = frame.checked_sub(1).and_then(crossing);
                Some((rise, value > reached))
            }
            Some((rise, high)) if is_up => Some((rise, high || value > reached)),
            Some((rise, high)) => {
                if high {
                    lifts.push((rise, crossing(frame - 1)));
                }
                None
            }
            None => None,
        };
    }
    if let Some((rise, true)) = begun {
        lifts.push((rise, None));
    }
    lifts
}

/// Contacts and toe-offs of steps on the spot: where the thigh (from the front, the ankle) passes a
/// share of its lift.
///
/// # Errors
/// If the feet are not lifted in turn.
pub(super) fn lift_events(
    signals: &GaitSignals,
    place: GaitPlace,
    share: f64,
) -> Result<FootEvents, String> {
    let (lines, least) = match (place, &signals.thigh_angle, &signals.ankle_height) {
        (GaitPlace::InPlace, Some(thighs), _) => (thighs, MIN_LIFT_DEG),
        (GaitPlace::Unseen, _, Some(ankles)) => (ankles, MIN_ANKLE_LIFT * signals.leg),
        _ => return Err("no steps can be found: the legs are not seen".to_owned()),
    };
    let mut events = FootEvents::default();
    let mut peaks: Vec<(f64, usize)> = Vec::new();
    for (foot, values) in lines.iter().enumerate() {
        let range = quantile(values, 0.97) - quantile(values, 0.05);
        let least = least.max(MIN_LIFT_SHARE * range);
        for stretch in known_stretches(values) {
            let turns = turning_points(values, stretch.clone(), least);
            for (index, turn) in turns.iter().enumerate().filter(|(_, turn)| turn.is_high) {
                let from = index.checked_sub(1).map_or(stretch.start, |low| turns[low].frame);
                let to = turns.get(index + 1).map_or(stretch.end - 1, |low| low.frame);
                peaks.push((signals.time[turn.frame], foot));
                let high = values[turn.frame];
                // Where the flank crosses the level, from the peak outwards.
                let level_of = |low: f64| low + share * (high - low);
                let lowest = |range: std::ops::RangeInclusive<usize>| {
                    range.map(|frame| values[frame]).fold(f64::INFINITY, f64::min)
                };
                let (rise, fall) =
                    (level_of(lowest(from..=turn.frame)), level_of(lowest(turn.frame..=to)));
                let cross = |a: usize, level: f64| {
                    let part = (level - values[a]) / (values[a + 1] - values[a]);
                    signals.time[a] + part * (signals.time[a + 1] - signals.time[a])
                };
                let risen = (from..turn.frame).rev().find(|&a| values[a] < rise);
                let fallen = (turn.frame..to).find(|&a| values[a + 1] < fall);
                events.toe_offs[foot].extend(risen.map(|a| cross(a, rise)));
                events.contacts[foot].extend(fallen.map(|a| cross(a, fall)));
            }
        }
    }
    peaks.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Between two lifts of a foot there is one of the other, and well between them.
    let triples = peaks.windows(3);
    let count = triples.len();
    let alternating = triples
        .filter(|triple| {
            let share = (triple[1].0 - triple[0].0) / (triple[2].0 - triple[0].0);
            triple[0].1 == triple[2].1
                && triple[0].1 != triple[1].1
                && (ANTIPHASE..=1.0 - ANTIPHASE).contains(&share)
        })
        .count();
    if count == 0 || (alternating as f64) < ALTERNATING_SHARE * count as f64 {
        return Err("no strides were found: the feet are not lifted in turn".to_owned());
    }
    Ok(events)
}
