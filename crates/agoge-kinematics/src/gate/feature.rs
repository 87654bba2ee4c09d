//! The measures of a gate, computed from positions and curves.

use super::rule::{GateMeasure, GateRule, GateSides, GateUnit};
use super::scale::{TRUNK_HEIGHTS, body_height};
use crate::curves::{floor_height, ranked_value, right_directions};
use crate::{CameraView, Curve, Curves, Unit};
use agoge_motion::vector::{add, cross, dot, norm, scale, sub};
use agoge_motion::{Part, Recording, Side};
use std::sync::OnceLock;

/// Least share of a span's frames in which a signal must be known to be judged.
const KNOWN_SHARE: f64 = 0.6;
/// A foot is off the ground above this height over the floor, and the pelvis above its place by as
/// much, body heights.
const OFF_GROUND: f64 = 0.02;
/// Time over which speeds are taken, s: a single misplaced frame is no speed.
const SPEED_S: f64 = 0.1;
/// A curve turns if it goes back by this share of its range …
const TURN_SHARE: f64 = 0.25;
/// … and by this many degrees.
const TURN_DEG: f64 = 5.0;

/// The curves whose ranges are compared to find the joint that leads.
const LEADING: [&str; 4] = ["knee_flexion", "hip_flexion", "shoulder_elevation", "elbow_flexion"];
/// No knee bends further than this, and no hip: where one does, the recording's legs are wrong, and
/// so are its feet, degrees.
const DEEPEST_BEND: f64 = 165.0;

/// A signal over time, `[frame]`; NaN where it is missing.
type Signal = Vec<f64>;

/// The positions and curves that a gate measures, in body heights.
pub(super) struct BodySignals<'a> {
    body: &'a Recording,
    curves: &'a Curves,
    view: CameraView,
    /// One over the height of the body, in the unit of the positions.
    per_height: f64,
    /// Height of the floor, body heights.
    floor: f64,
    /// The athlete's right, `[frame]`; empty unless three-dimensional.
    right: Vec<[f64; 3]>,
    /// Heights of the whole recording that a flight is told by, once they were asked for.
    standing: OnceLock<Option<StandingHeights>>,
}

/// Heights while the athlete stands, body heights.
#[derive(Clone, Copy, Debug)]
struct StandingHeights {
    /// The ground below the left and the right foot.
    grounds: [f64; 2],
    /// The pelvis.
    pelvis: f64,
}

impl<'a> BodySignals<'a> {
    pub(super) fn from_body(
        body: &'a Recording,
        curves: &'a Curves,
        view: CameraView,
    ) -> BodySignals<'a> {
        let per_height = 1.0 / body_height(body);
        let right = if body.space.is_3d() { right_directions(body) } else { Vec::new() };
        BodySignals {
            body,
            curves,
            view,
            per_height,
            floor: floor_height(body) * per_height,
            right,
            standing: OnceLock::new(),
        }
    }

    /// The unit of a curve's values in a gate.
    pub(super) fn curve_unit(&self, name: &str) -> Option<GateUnit> {
        let curve = self.curves.curves.iter().find(|curve| curve.name == name)?;
        GateUnit::from_curve_unit(curve.unit)
    }

    /// Whether the picture may show a measure smaller than it is.
    pub(super) fn is_shortened(&self, measure: GateMeasure) -> bool {
        use GateMeasure as M;
        if self.body.space.is_3d() {
            return false;
        }
        match measure {
            M::PelvisTravel
            | M::PelvisSpeed
            | M::FootTravel
            | M::FootSpeed
            | M::FeetStagger
            | M::TrunkTiltMost
            | M::TrunkTiltLeast
            | M::WristSpeed
            | M::WristPath => self.view != CameraView::Sagittal,
            M::WristGapMost | M::WristGapLeast => true,
            _ => false,
        }
    }

    /// The value of a rule's measure over a span; `None` if it cannot be seen.
    pub(super) fn measure_rule(&self, rule: &GateRule, [start, end]: [usize; 2]) -> Option<f64> {
        use GateMeasure as M;
        if start >= end || end >= self.body.frame_count() {
            return None;
        }
        let span = [start, end];
        let sided = |value: &dyn Fn(Side) -> Option<f64>| self.chosen_side(rule.sides, value);
        match rule.measure {
            M::Duration => Some(self.body.time[end] - self.body.time[start]),
            M::Flight => self.flight_time(span),
            M::PelvisDrop => signal_range(&self.height_signal(Part::Pelvis, span)?),
            M::PelvisTravel => self.farthest_way(Part::Pelvis, span),
            M::PelvisSpeed => self.net_speed(Part::Pelvis, span),
            M::FootTravel => sided(&|side| self.farthest_way(Part::LeftAnkle.on_side(side), span)),
            M::FootLift => sided(&|side| {
                signal_range(&self.height_signal(Part::LeftAnkle.on_side(side), span)?)
            }),
            M::FootSpeed => {
                sided(&|side| self.peak_speed(Part::LeftAnkle.on_side(side), None, span))
            }
            M::FeetStagger => self.feet_distances(span, true).and_then(|signal| highest(&signal)),
            M::FeetApart => self.feet_distances(span, false).and_then(|signal| highest(&signal)),
            M::FeetWidening => {
                self.feet_distances(span, false).and_then(|signal| signal_range(&signal))
            }
            M::TrunkTiltMost => self.trunk_tilts(span).and_then(|signal| highest(&signal)),
            M::TrunkTiltLeast => self.trunk_tilts(span).and_then(|signal| lowest(&signal)),
            M::BodyTurn => self.body_turn(span),
            M::WristHighest => {
                sided(&|side| highest(&self.wrist_over(Part::LeftShoulder, side, span)?))
            }
            M::WristLowest => {
                sided(&|side| lowest(&self.wrist_over(Part::LeftShoulder, side, span)?))
            }
            M::WristOverKnee => {
                sided(&|side| lowest(&self.wrist_over(Part::LeftKnee, side, span)?))
            }
            M::WristSpeed => {
                sided(&|side| self.peak_speed(Part::LeftWrist.on_side(side), None, span))
            }
            M::WristPath => sided(&|side| self.wrist_path(side, span)),
            M::WristGapMost => self.wrist_gaps(span).and_then(|signal| highest(&signal)),
            M::WristGapLeast => self.wrist_gaps(span).and_then(|signal| lowest(&signal)),
            M::ArmDirection => self.arm_direction(span),
            M::WristForward => sided(&|side| self.wrist_advance(side, span, 1.0)),
            M::WristBackward => sided(&|side| self.wrist_advance(side, span, -1.0)),
            M::CurveRange => self.curve_statistic(rule, span, signal_range),
            M::CurveLead => self.curve_lead(rule, span),
            M::CurveMost => self.curve_statistic(rule, span, highest),
            M::CurveLeast => self.curve_statistic(rule, span, lowest),
            M::CurveTurns => self.curve_statistic(rule, span, |signal| Some(count_turns(signal))),
            M::CurveGap | M::CurveTogether | M::CurveShare => self.compare_sides(rule, span),
        }
    }

    /// The greater or lesser of the sides' values; the greater needs one side, the lesser both.
    fn chosen_side(&self, sides: GateSides, value: &dyn Fn(Side) -> Option<f64>) -> Option<f64> {
        match (sides, value(Side::Left), value(Side::Right)) {
            (GateSides::Greater, Some(left), Some(right)) => Some(left.max(right)),
            (GateSides::Lesser, Some(left), Some(right)) => Some(left.min(right)),
            (GateSides::Greater, left, right) => left.or(right),
            (GateSides::Lesser, ..) => None,
        }
    }

    /// A part's position in a frame, body heights; without depth in a picture.
    fn place(&self, frame: usize, part: Part) -> [f64; 3] {
        let p = scale(self.body.position_at(frame, part.index()), self.per_height);
        if self.body.space.is_3d() { p } else { [p[0], p[1], 0.0] }
    }

    /// A signal over the span; `None` if it is mostly missing.
    fn signal(&self, [start, end]: [usize; 2], value: impl Fn(usize) -> f64) -> Option<Signal> {
        known_signal((start..=end).map(value).collect())
    }

    fn height_signal(&self, part: Part, span: [usize; 2]) -> Option<Signal> {
        self.signal(span, |frame| self.place(frame, part)[1])
    }

    /// The largest level distance of a part from its first known place in the span.
    fn farthest_way(&self, part: Part, span: [usize; 2]) -> Option<f64> {
        let from = (span[0]..=span[1])
            .map(|frame| self.place(frame, part))
            .find(|place| place[0].is_finite())?;
        let signal = self.signal(span, |frame| level_distance(self.place(frame, part), from))?;
        highest(&signal)
    }

    /// The level distance between a part's first and last known place in the span, per second.
    fn net_speed(&self, part: Part, [start, end]: [usize; 2]) -> Option<f64> {
        let is_known = |frame: &usize| self.place(*frame, part)[0].is_finite();
        let first = (start..=end).find(is_known)?;
        let last = (start..=end).rfind(is_known).filter(|last| *last > first)?;
        let way = level_distance(self.place(first, part), self.place(last, part));
        Some(way / (self.body.time[last] - self.body.time[first]))
    }

    /// The largest speed of a part, relative to another if given, over [`SPEED_S`].
    fn peak_speed(&self, part: Part, to: Option<Part>, span: [usize; 2]) -> Option<f64> {
        let place = |frame: usize| match to {
            Some(to) => sub(self.place(frame, part), self.place(frame, to)),
            None => self.place(frame, part),
        };
        let time = &self.body.time;
        let mut later = span[0];
        let mut fastest: Option<f64> = None;
        let mut known = 0;
        for frame in span[0]..=span[1] {
            while later < span[1] && time[later] - time[frame] < SPEED_S {
                later += 1;
            }
            let seconds = time[later] - time[frame];
            let speed = norm(sub(place(later), place(frame))) / seconds;
            if seconds >= 0.5 * SPEED_S && speed.is_finite() {
                fastest = Some(fastest.map_or(speed, |other| other.max(speed)));
                known += 1;
            }
        }
        fastest.filter(|_| known as f64 >= KNOWN_SHARE * 0.5 * (span[1] - span[0]) as f64)
    }

    /// The distances between the ankles over the span: forward if `fore_aft`, otherwise sideways.
    fn feet_distances(&self, span: [usize; 2], fore_aft: bool) -> Option<Signal> {
        match (self.view, fore_aft) {
            (CameraView::Spatial, _) | (CameraView::Sagittal, true) => {}
            (CameraView::Frontal, false) => {}
            _ => return None,
        }
        self.signal(span, |frame| {
            let [left, right] =
                [Part::LeftAnkle, Part::RightAnkle].map(|part| self.place(frame, part));
            let line = sub(right, left);
            match self.right.get(frame) {
                None => line[0].abs(),
                Some(right) if fore_aft => dot(line, cross([0.0, 1.0, 0.0], *right)).abs(),
                Some(right) => dot(line, *right).abs(),
            }
        })
    }

    /// The trunk's angles from vertical, degrees, 0 to 180.
    fn trunk_tilts(&self, span: [usize; 2]) -> Option<Signal> {
        self.signal(span, |frame| {
            let trunk = sub(self.place(frame, Part::Neck), self.place(frame, Part::Pelvis));
            trunk[0].hypot(trunk[2]).atan2(trunk[1]).to_degrees()
        })
    }

    /// How far the athlete's right turns about the vertical, degrees.
    fn body_turn(&self, [start, end]: [usize; 2]) -> Option<f64> {
        let right = self.right.get(start..=end)?;
        let mut heading = 0.0;
        let headings: Signal = std::iter::once(0.0)
            .chain(right.windows(2).map(|pair| {
                let turn = cross(pair[0], pair[1])[1].atan2(dot(pair[0], pair[1])).to_degrees();
                heading += turn;
                heading
            }))
            .collect();
        signal_range(&headings)
    }

    /// The wrist's height over another part of its side.
    fn wrist_over(&self, part: Part, side: Side, span: [usize; 2]) -> Option<Signal> {
        let [wrist, part] = [Part::LeftWrist, part].map(|part| part.on_side(side));
        self.signal(span, |frame| self.place(frame, wrist)[1] - self.place(frame, part)[1])
    }

    /// The distances between the wrists.
    fn wrist_gaps(&self, span: [usize; 2]) -> Option<Signal> {
        self.signal(span, |frame| {
            norm(sub(self.place(frame, Part::LeftWrist), self.place(frame, Part::RightWrist)))
        })
    }

    /// The length of a wrist's way relative to its shoulder.
    fn wrist_path(&self, side: Side, span: [usize; 2]) -> Option<f64> {
        let [wrist, shoulder] =
            [Part::LeftWrist, Part::LeftShoulder].map(|part| part.on_side(side));
        let places: Vec<[f64; 3]> = (span[0]..=span[1])
            .map(|frame| sub(self.place(frame, wrist), self.place(frame, shoulder)))
            .collect();
        known_signal(places.iter().map(|place| place[0]).collect())?;
        let known: Vec<[f64; 3]> =
            places.into_iter().filter(|place| place[0].is_finite()).collect();
        Some(known.windows(2).map(|pair| norm(sub(pair[1], pair[0]))).sum())
    }

    /// A sided curve in metres or trunk lengths, in body heights over the span.
    fn length_curve(&self, name: &str, side: Side, [start, end]: [usize; 2]) -> Option<Signal> {
        let curve = self.curves.get(name, Some(side))?;
        let factor = if curve.unit == Unit::Trunk { TRUNK_HEIGHTS } else { self.per_height };
        known_signal(curve.values.get(start..=end)?.iter().map(|value| value * factor).collect())
    }

    /// How far a wrist goes forward (sign 1) or backward (−1) of its first known place.
    fn wrist_advance(&self, side: Side, span: [usize; 2], sign: f64) -> Option<f64> {
        let signal = self.length_curve("wrist_forward", side, span)?;
        let first = signal.iter().copied().find(|value| value.is_finite())?;
        highest(&signal.iter().map(|value| sign * (value - first)).collect::<Signal>())
    }

    /// The direction of the arm whose wrist moves more, where it is farthest out.
    fn arm_direction(&self, span: [usize; 2]) -> Option<f64> {
        if self.view != CameraView::Spatial {
            return None;
        }
        let path = |side: Side| self.wrist_path(side, span).unwrap_or(0.0);
        let side = if path(Side::Left) > path(Side::Right) { Side::Left } else { Side::Right };
        let forward = self.length_curve("wrist_forward", side, span)?;
        let outward = self.length_curve("wrist_side", side, span)?;
        let reach = |index: usize| forward[index].hypot(outward[index]);
        let farthest = (0..forward.len())
            .filter(|index| reach(*index).is_finite())
            .max_by(|a, b| reach(*a).total_cmp(&reach(*b)))?;
        Some(outward[farthest].atan2(forward[farthest]).to_degrees())
    }

    /// Height of the lowest known point of a foot; NaN if none is known.
    fn foot_height(&self, frame: usize, side: Side) -> f64 {
        [Part::LeftAnkle, Part::LeftHeel, Part::LeftBigToe]
            .map(|part| self.place(frame, part.on_side(side))[1])
            .into_iter()
            .filter(|height| height.is_finite())
            .reduce(f64::min)
            .unwrap_or(f64::NAN)
    }

    /// Heights of the whole recording that a flight is told by, measured once.
    fn standing_heights(&self) -> Option<StandingHeights> {
        *self.standing.get_or_init(|| {
            let all = [0, self.body.frame_count().checked_sub(1)?];
            // Each foot's own ground: an ankle is higher than a toe, and floors slope.
            let ground = |side: Side| {
                let signal = self.signal(all, |frame| self.foot_height(frame, side))?;
                let level = ranked_value(signal.into_iter(), |known| known / 20);
                level.is_finite().then_some(level)
            };
            let grounds = [ground(Side::Left)?, ground(Side::Right)?];
            let pelvis = self.height_signal(Part::Pelvis, all)?;
            let pelvis = ranked_value(pelvis.into_iter(), |known| known / 2);
            Some(StandingHeights { grounds, pelvis })
        })
    }

    /// The longest time for which both feet are off the ground while the pelvis is above its place.
    fn flight_time(&self, [start, end]: [usize; 2]) -> Option<f64> {
        let StandingHeights { grounds: [left, right], pelvis } = self.standing_heights()?;
        let is_off = |frame: usize| {
            self.foot_height(frame, Side::Left) - left > OFF_GROUND
                && self.foot_height(frame, Side::Right) - right > OFF_GROUND
                && self.place(frame, Part::Pelvis)[1] - pelvis > OFF_GROUND
                && self.floor.is_finite()
        };
        let (mut longest, mut since) = (0.0_f64, None);
        for frame in start..=end {
            if is_off(frame) {
                let from = *since.get_or_insert(self.body.time[frame]);
                longest = longest.max(self.body.time[frame] - from);
            } else {
                since = None;
            }
        }
        Some(longest)
    }

    /// A curve over the span; `None` if it is mostly missing.
    fn curve_signal(&self, curve: &Curve, [start, end]: [usize; 2]) -> Option<Signal> {
        known_signal(curve.values.get(start..=end)?.to_vec())
    }

    /// A statistic of the rule's curve, on the side that counts.
    fn curve_statistic(
        &self,
        rule: &GateRule,
        span: [usize; 2],
        statistic: impl Fn(&[f64]) -> Option<f64>,
    ) -> Option<f64> {
        let name = rule.curve.as_deref()?;
        if let Some(curve) = self.curves.get(name, None) {
            return statistic(&self.curve_signal(curve, span)?);
        }
        self.chosen_side(rule.sides, &|side| {
            statistic(&self.curve_signal(self.curves.get(name, Some(side))?, span)?)
        })
    }

    /// The range of the rule's curve as a share of the largest range of the leading curves.
    fn curve_lead(&self, rule: &GateRule, span: [usize; 2]) -> Option<f64> {
        let range = |name: &str| {
            Side::BOTH
                .into_iter()
                .filter_map(|side| {
                    let curve = self.curves.get(name, Some(side))?;
                    signal_range(&self.curve_signal(curve, span)?)
                })
                .reduce(f64::max)
        };
        let own = self.curve_statistic(rule, span, signal_range)?;
        let largest = LEADING.into_iter().filter_map(range).reduce(f64::max)?;
        Some(own / largest)
    }

    /// Whether the source may have moved the feet further than the athlete did: a knee or hip
    /// bends further than any body's.
    pub(super) fn is_strayed(&self, measure: GateMeasure, [start, end]: [usize; 2]) -> bool {
        if !is_of_feet(measure) {
            return false;
        }
        let is_leg = |curve: &&Curve| matches!(&*curve.name, "knee_flexion" | "hip_flexion");
        let values = |curve: &'a Curve| curve.values.get(start..=end).unwrap_or_default();
        self.curves
            .curves
            .iter()
            .filter(is_leg)
            .any(|curve| values(curve).iter().any(|value| value.abs() > DEEPEST_BEND))
    }

    /// The comparison of both sides of the rule's curve.
    fn compare_sides(&self, rule: &GateRule, span: [usize; 2]) -> Option<f64> {
        let name = rule.curve.as_deref()?;
        let side = |side: Side| self.curve_signal(self.curves.get(name, Some(side))?, span);
        let (left, right) = (side(Side::Left)?, side(Side::Right)?);
        let pairs: Vec<(f64, f64)> = left
            .iter()
            .copied()
            .zip(right.iter().copied())
            .filter(|(l, r)| l.is_finite() && r.is_finite())
            .collect();
        match rule.measure {
            GateMeasure::CurveGap => pairs.iter().map(|(l, r)| (l - r).abs()).reduce(f64::max),
            GateMeasure::CurveTogether => correlation(&pairs),
            _ => {
                let (l, r) = (signal_range(&left)?, signal_range(&right)?);
                Some(l.min(r) / l.max(r))
            }
        }
    }
}

/// Whether a measure is of where the feet are in the room. Which foot is in front holds even where
/// the legs are distorted.
fn is_of_feet(measure: GateMeasure) -> bool {
    use GateMeasure::{FeetApart, FeetWidening, Flight, FootLift, FootSpeed, FootTravel};
    matches!(measure, Flight | FootTravel | FootLift | FootSpeed | FeetApart | FeetWidening)
}

/// The signal, unless it is mostly missing.
fn known_signal(signal: Signal) -> Option<Signal> {
    let known = signal.iter().filter(|value| value.is_finite()).count();
    (known >= 2 && known as f64 >= KNOWN_SHARE * signal.len() as f64).then_some(signal)
}

fn highest(signal: &[f64]) -> Option<f64> {
    signal.iter().copied().filter(|value| value.is_finite()).reduce(f64::max)
}

fn lowest(signal: &[f64]) -> Option<f64> {
    signal.iter().copied().filter(|value| value.is_finite()).reduce(f64::min)
}

fn signal_range(signal: &[f64]) -> Option<f64> {
    Some(highest(signal)? - lowest(signal)?)
}

/// The level distance between two places.
fn level_distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let line = add(a, scale(b, -1.0));
    line[0].hypot(line[2])
}

/// Pearson's correlation of pairs; `None` if either side does not move.
fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let mean = |value: fn(&(f64, f64)) -> f64| pairs.iter().map(value).sum::<f64>() / n;
    let (a, b) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        ab += (x - a) * (y - b);
        aa += (x - a) * (x - a);
        bb += (y - b) * (y - b);
    }
    // Less than a degree's standard deviation is rest.
    (aa > n && bb > n).then(|| ab / (aa * bb).sqrt())
}

/// How often a signal turns back by [`TURN_SHARE`] of its range and at least [`TURN_DEG`].
fn count_turns(signal: &[f64]) -> f64 {
    let least = (TURN_SHARE * signal_range(signal).unwrap_or(0.0)).max(TURN_DEG);
    let (mut turns, mut direction) = (0.0, 0.0);
    let (mut high, mut low) = (f64::NEG_INFINITY, f64::INFINITY);
    for &value in signal.iter().filter(|value| value.is_finite()) {
        high = high.max(value);
        low = low.min(value);
        if direction != -1.0 && high - value >= least {
            turns += f64::from(direction == 1.0);
            direction = -1.0;
            low = value;
        } else if direction != 1.0 && value - low >= least {
            turns += f64::from(direction == -1.0);
            direction = 1.0;
            high = value;
        }
    }
    turns
}
