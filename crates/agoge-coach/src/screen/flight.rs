//! When the feet left and touched the ground, between the frames.

use super::recorded::Ground;
use agoge_kinematics::sensor::GRAVITY;
use agoge_motion::{Part, Recording, Side};

/// Heights, in multiples of what counts as on the ground, below which a foot that left the ground
/// still moves as the body does: higher up knees bend.
const WITH_BODY: f64 = 3.0;
/// How long around the lowest point a foot surely stands, s.
const STANDS_S: f64 = 0.1;
/// Rounds of the flight time and the speed that follows from it: each makes the rest some ten times
/// smaller.
const ROUNDS: usize = 20;

/// Times of a jump, s, between the frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flight {
    /// From the last contact of a foot to the first.
    pub flight_s: f64,
    /// From the first contact after the drop to the last before the jump; none without a drop that
    /// was seen.
    pub contact_s: Option<f64>,
}

impl Flight {
    /// Of a jump whose frames are about known, from positions that were not filtered: a filter
    /// rounds the instants off. A foot that has just left the ground, or is about to touch it,
    /// moves as the body does: it flies. From its height h in such a frame and the speed v with
    /// which the body leaves the ground, the time since then follows by h = v·t − g·t²/2, and v is
    /// g/2 times the time in the air. So nothing depends on where between two frames the ground was
    /// left, nor on how near to it a foot must be to count as standing.
    pub fn of(body: &Recording, ground: &Ground) -> Option<Flight> {
        let feet = Feet::of(body, ground);
        let (take_off, landing) = (ground.take_off?, ground.landing?);
        let air = || (take_off + 1)..landing;
        let mut ends = [body.time[take_off], body.time[landing]];
        for _ in 0..ROUNDS {
            let speed = 0.5 * GRAVITY * (ends[1] - ends[0]);
            let left =
                [0, 1].into_iter().filter_map(|foot| feet.on_ground(foot, air(), 1.0, speed));
            let back = [0, 1]
                .into_iter()
                .filter_map(|foot| feet.on_ground(foot, air().rev(), -1.0, speed));
            // The last foot that leaves, the first that touches.
            ends = [left.fold(f64::NAN, f64::max), back.fold(f64::NAN, f64::min)];
        }
        let touched =
            [0, 1].into_iter().filter_map(|foot| feet.touched(foot, ground.contact[foot]?));
        let touched = touched.fold(f64::NAN, f64::min);
        let flight_s = ends[1] - ends[0];
        let contact_s = Some(ends[0] - touched).filter(|contact_s| *contact_s > 0.0);
        (flight_s > 0.0).then_some(Flight { flight_s, contact_s })
    }
}

struct Feet<'a> {
    body: &'a Recording,
    /// Heights at which the feet stand, in the unit of the positions.
    floor: [f64; 2],
    /// What counts as on the ground, and metres in a unit of the positions.
    near: f64,
    metres: f64,
}

impl Feet<'_> {
    fn of<'a>(body: &'a Recording, ground: &Ground) -> Feet<'a> {
        let around = (STANDS_S * body.rate_hz()) as usize;
        let first = ground.first_contact().unwrap_or(0).max(ground.lowest.saturating_sub(around));
        let last = ground.take_off.unwrap_or(ground.lowest).min(ground.lowest + around);
        let floor = [0, 1].map(|foot| {
            let mut heights: Vec<f64> = (first..=last)
                .map(|frame| lowest(body, foot, frame))
                .filter(|y| y.is_finite())
                .collect();
            heights.sort_by(f64::total_cmp);
            heights.get(heights.len() / 2).copied().unwrap_or(f64::NAN)
        });
        Feet { body, floor, near: ground.near, metres: ground.metres }
    }

    /// Height over the ground, m.
    fn height(&self, foot: usize, frame: usize) -> f64 {
        self.metres * (lowest(self.body, foot, frame) - self.floor[foot])
    }

    /// When a foot was on the ground, by its first frames off it in the given order (`onward` is 1
    /// in the order of time, −1 against it), where the body leaves the ground at a speed: the mean
    /// over the frames in which the foot moves with the body.
    fn on_ground(
        &self,
        foot: usize,
        frames: impl Iterator<Item = usize>,
        onward: f64,
        speed: f64,
    ) -> Option<f64> {
        let near = self.metres * self.near;
        let mut found: Vec<f64> = Vec::new();
        for frame in frames {
            let height = self.height(foot, frame);
            let is_with_body = height <= WITH_BODY * near;
            if height.is_nan() || height <= near {
                continue;
            }
            // Fast feet may be seen higher only: then the first of these frames.
            if is_with_body || found.is_empty() {
                let since =
                    (speed - (speed * speed - 2.0 * GRAVITY * height).max(0.0).sqrt()) / GRAVITY;
                found.push(self.body.time[frame] - onward * since);
            }
            if !is_with_body {
                break;
            }
        }
        (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
    }

    /// When a foot that falls touched the ground, near the frame from which on it counts as there:
    /// from its height and speed in the last two frames in the air.
    fn touched(&self, foot: usize, contact: usize) -> Option<f64> {
        let earliest = contact.saturating_sub((STANDS_S * self.body.rate_hz()) as usize + 2);
        let is_up = |frame: &usize| self.height(foot, *frame) > self.metres * self.near;
        let last = (earliest..=contact).rev().find(is_up)?;
        let before = last.checked_sub(1).filter(is_up)?;
        let step = self.body.time[last] - self.body.time[before];
        let height = self.height(foot, last);
        let speed = (self.height(foot, before) - height) / step + 0.5 * GRAVITY * step;
        let left_s = ((speed * speed + 2.0 * GRAVITY * height).sqrt() - speed) / GRAVITY;
        // A foot that hovers is not falling.
        (speed > 0.0 && left_s < 3.0 * step).then_some(self.body.time[last] + left_s)
    }
}

/// The lowest point of a foot: of heel and toes, else the ankle.
pub(super) fn lowest(body: &Recording, foot: usize, frame: usize) -> f64 {
    let y = |part: Part| body.at(frame, part.on(Side::BOTH[foot]).index())[1];
    let lowest = y(Part::LeftBigToe).min(y(Part::LeftHeel));
    if lowest.is_finite() { lowest } else { y(Part::LeftAnkle) }
}
