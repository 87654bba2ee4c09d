//! Take-off and touch-down times of the feet, interpolated between frames.

use super::contacts::JumpContacts;
use agoge_kinematics::sensor::GRAVITY;
use agoge_motion::{Part, Recording, Side};

/// Height, in multiples of the contact tolerance, up to which a foot that left the ground still
/// moves with the body; higher up the knees bend.
const MAX_HEIGHT_WITH_BODY: f64 = 3.0;
/// How long around the lowest point a foot certainly stands, s.
const STANDS_S: f64 = 0.1;
/// Iterations between flight time and the take-off speed that follows from it: each makes the
/// remaining error some ten times smaller.
const ITERATIONS: usize = 20;

/// Times of a jump, s, interpolated between frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JumpTimes {
    /// Time from the last foot's take-off to the first foot's touch-down.
    pub flight_s: f64,
    /// Time from the first contact after the drop to the take-off; `None` without a visible drop.
    pub contact_s: Option<f64>,
}

impl JumpTimes {
    /// Times a jump whose frames are roughly known, from unfiltered positions: a filter would blur
    /// the instants. A foot that has just left the ground, or is about to touch it, moves with the
    /// body, which is in free flight. From the foot's height h in such a frame and the body's
    /// take-off speed v, the time since take-off follows from h = v·t − g·t²/2, where v is g/2
    /// times the flight time. So the result depends neither on where between two frames the foot
    /// left the ground, nor on the contact tolerance.
    pub fn from_recording(body: &Recording, ground: &JumpContacts) -> Option<JumpTimes> {
        let feet = FootHeights::from_contacts(body, ground);
        let (take_off, landing) = (ground.take_off?, ground.landing?);
        let air = || (take_off + 1)..landing;
        let mut ends = [body.time[take_off], body.time[landing]];
        for _ in 0..ITERATIONS {
            let speed = 0.5 * GRAVITY * (ends[1] - ends[0]);
            let take_offs =
                [0, 1].into_iter().filter_map(|foot| feet.contact_time(foot, air(), 1.0, speed));
            let touch_downs = [0, 1]
                .into_iter()
                .filter_map(|foot| feet.contact_time(foot, air().rev(), -1.0, speed));
            // The last foot that leaves and the first that touches.
            ends = [take_offs.fold(f64::NAN, f64::max), touch_downs.fold(f64::NAN, f64::min)];
        }
        let touched =
            [0, 1].into_iter().filter_map(|foot| feet.touch_down_time(foot, ground.contact[foot]?));
        let touched = touched.fold(f64::NAN, f64::min);
        let flight_s = ends[1] - ends[0];
        let contact_s = Some(ends[0] - touched).filter(|contact_s| *contact_s > 0.0);
        (flight_s > 0.0).then_some(JumpTimes { flight_s, contact_s })
    }
}

struct FootHeights<'a> {
    body: &'a Recording,
    /// Heights of the standing feet, in the unit of the positions.
    standing_heights: [f64; 2],
    /// Contact tolerance in the unit of the positions, and metres per unit.
    tolerance: f64,
    metres_per_unit: f64,
}

impl FootHeights<'_> {
    fn from_contacts<'a>(body: &'a Recording, ground: &JumpContacts) -> FootHeights<'a> {
        let around = (STANDS_S * body.rate_hz()) as usize;
        let first = ground.first_contact().unwrap_or(0).max(ground.lowest.saturating_sub(around));
        let last = ground.take_off.unwrap_or(ground.lowest).min(ground.lowest + around);
        let standing_heights = [0, 1].map(|foot| {
            let mut heights: Vec<f64> = (first..=last)
                .map(|frame| lowest_foot_point(body, foot, frame))
                .filter(|y| y.is_finite())
                .collect();
            heights.sort_by(f64::total_cmp);
            heights.get(heights.len() / 2).copied().unwrap_or(f64::NAN)
        });
        FootHeights {
            body,
            standing_heights,
            tolerance: ground.tolerance,
            metres_per_unit: ground.metres_per_unit,
        }
    }

    /// Height of a foot above the ground, m.
    fn foot_height(&self, foot: usize, frame: usize) -> f64 {
        self.metres_per_unit
            * (lowest_foot_point(self.body, foot, frame) - self.standing_heights[foot])
    }

    /// Time when a foot was on the ground, from its first frames off it in the given order
    /// (`onward` is 1 forward in time, −1 backward), for a body leaving the ground at `speed`: the
    /// mean over the frames in which the foot moves with the body.
    fn contact_time(
        &self,
        foot: usize,
        frames: impl Iterator<Item = usize>,
        onward: f64,
        speed: f64,
    ) -> Option<f64> {
        let near = self.metres_per_unit * self.tolerance;
        let mut contact_times: Vec<f64> = Vec::new();
        for frame in frames {
            let height = self.foot_height(foot, frame);
            let is_with_body = height <= MAX_HEIGHT_WITH_BODY * near;
            if height.is_nan() || height <= near {
                continue;
            }
            // A fast foot may first be seen higher up: then use the first of these frames.
            if is_with_body || contact_times.is_empty() {
                let time_in_air =
                    (speed - (speed * speed - 2.0 * GRAVITY * height).max(0.0).sqrt()) / GRAVITY;
                contact_times.push(self.body.time[frame] - onward * time_in_air);
            }
            if !is_with_body {
                break;
            }
        }
        (!contact_times.is_empty())
            .then(|| contact_times.iter().sum::<f64>() / contact_times.len() as f64)
    }

    /// Time when a falling foot touched the ground, near the frame from which on it counts as in
    /// contact: from its height and speed in its last two frames in the air.
    fn touch_down_time(&self, foot: usize, contact: usize) -> Option<f64> {
        let earliest = contact.saturating_sub((STANDS_S * self.body.rate_hz()) as usize + 2);
        let is_up =
            |frame: &usize| self.foot_height(foot, *frame) > self.metres_per_unit * self.tolerance;
        let last = (earliest..=contact).rev().find(is_up)?;
        let before = last.checked_sub(1).filter(is_up)?;
        let step = self.body.time[last] - self.body.time[before];
        let height = self.foot_height(foot, last);
        let speed = (self.foot_height(foot, before) - height) / step + 0.5 * GRAVITY * step;
        let remaining_s = ((speed * speed + 2.0 * GRAVITY * height).sqrt() - speed) / GRAVITY;
        // A hovering foot is not falling.
        (speed > 0.0 && remaining_s < 3.0 * step).then_some(self.body.time[last] + remaining_s)
    }
}

/// Height of the lowest point of a foot: of heel and toes, else the ankle.
pub(super) fn lowest_foot_point(body: &Recording, foot: usize, frame: usize) -> f64 {
    let y = |part: Part| body.position_at(frame, part.on_side(Side::BOTH[foot]).index())[1];
    let lowest = y(Part::LeftBigToe).min(y(Part::LeftHeel));
    if lowest.is_finite() { lowest } else { y(Part::LeftAnkle) }
}
