//! Simulated drop jumps, whose contact and landing times are known exactly.

use super::body::{part_positions, record_parts};
use super::script::minimum_jerk;
use super::{SimulatedPose, Simulation, SimulationTruth};
use crate::{Part, Side};

/// Standard gravity, m/s².
const GRAVITY: f64 = 9.80665;

/// A series of drop jumps to simulate: stand on a box, step off, land, jump, land and stand.
///
/// ```
/// use agoge_motion::simulate::DropJump;
/// let jump = DropJump { contact_s: 0.25, repetitions: 2, ..DropJump::default() };
/// let (_, landings) = jump.simulate();
/// assert_eq!(landings.len(), 2);
/// assert!((landings[0].take_off_s - landings[0].contact_s - 0.25).abs() < 1e-9);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DropJump {
    /// Height of the box, m.
    pub box_m: f64,
    /// How high the feet rise in the jump, m.
    pub jump_m: f64,
    /// Time on the ground between drop and jump, s.
    pub contact_s: f64,
    /// The pose at the first contact.
    pub contact: SimulatedPose,
    /// The pose at the lowest point.
    pub lowest: SimulatedPose,
    /// A foot that touches down later than the other, and its delay, s.
    pub late: Option<(Side, f64)>,
    /// The number of repetitions.
    pub repetitions: usize,
    /// The athlete's height, m.
    pub height_m: f64,
    /// The direction the athlete faces: degrees about the vertical from +X towards −Z.
    pub facing_deg: f64,
    /// Frame rate, Hz.
    pub rate_hz: f64,
}

/// The times at which a simulated drop jump touches and leaves the ground, s from the start of the
/// recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LandingTimes {
    /// First contact after the drop.
    pub contact_s: f64,
    /// Last contact before the jump.
    pub take_off_s: f64,
    /// First contact after the jump.
    pub landing_s: f64,
}

impl Default for DropJump {
    /// A soft landing on the toes, knees over the feet, feet shoulder-width apart: no LESS errors.
    /// From a 30 cm box, as in Padua (2009).
    fn default() -> DropJump {
        let standing = SimulatedPose::standing();
        let feet = SimulatedPose {
            leg_abduction: [4.0; 2],
            toe_out: [8.0; 2],
            knee_valgus: [-16.0; 2],
            ..standing
        };
        DropJump {
            box_m: 0.3,
            jump_m: 0.3,
            contact_s: 0.5,
            contact: SimulatedPose {
                trunk_lean: 20.0,
                hip_flexion: [50.0; 2],
                knee_flexion: [42.0; 2],
                heel_height: [0.06; 2],
                ..feet
            },
            lowest: SimulatedPose {
                trunk_lean: 35.0,
                hip_flexion: [105.0; 2],
                knee_flexion: [110.0; 2],
                ..feet
            },
            late: None,
            repetitions: 3,
            height_m: 1.75,
            facing_deg: 0.0,
            rate_hz: 60.0,
        }
    }
}

impl DropJump {
    /// Simulates the drop jumps; also returns when the feet touch and leave the ground in each.
    /// Deterministic: the same jumps give an identical recording.
    pub fn simulate(&self) -> (Simulation, Vec<LandingTimes>) {
        let standing = SimulatedPose {
            leg_abduction: self.contact.leg_abduction,
            toe_out: self.contact.toe_out,
            ..SimulatedPose::standing()
        };
        let toes = SimulatedPose { heel_height: [0.06; 2], ..standing };
        let (fall_s, flight_s) =
            ((2.0 * self.box_m / GRAVITY).sqrt(), (8.0 * self.jump_m / GRAVITY).sqrt());
        let half = 0.5 * self.contact_s;
        // A stretch goes from one pose to another: its duration, s, and the height of the feet, m,
        // over the time since it began.
        type Height<'a> = Box<dyn Fn(f64) -> f64 + 'a>;
        let ground = || -> Height { Box::new(|_| 0.0) };
        let stretches: Vec<(SimulatedPose, SimulatedPose, f64, Height)> = vec![
            (standing, standing, 1.0, Box::new(|_| self.box_m)),
            (standing, self.contact, fall_s, Box::new(|t| self.box_m - 0.5 * GRAVITY * t * t)),
            (self.contact, self.lowest, half, ground()),
            (self.lowest, toes, half, ground()),
            (toes, self.contact, flight_s, Box::new(move |t| 0.5 * GRAVITY * t * (flight_s - t))),
            (self.contact, self.lowest, half, ground()),
            (self.lowest, standing, 0.8, ground()),
            (standing, standing, 0.6, ground()),
            // Back onto the box.
            (standing, standing, 1.0, Box::new(|t| self.box_m * minimum_jerk(t))),
        ];
        let ends: Vec<f64> = stretches
            .iter()
            .scan(0.0, |end, stretch| {
                *end += stretch.2;
                Some(*end)
            })
            .collect();
        let period = ends.last().copied().unwrap_or(0.0);
        let frames = (self.repetitions as f64 * period * self.rate_hz) as usize;
        let mut truth = SimulationTruth {
            poses: Vec::new(),
            repetitions: Vec::new(),
            attempts: Vec::new(),
            faults: Vec::new(),
        };
        let mut parts = Vec::with_capacity(frames);
        for frame in 0..frames {
            let t = (frame as f64 / self.rate_hz) % period;
            let stretch = ends.partition_point(|end| *end <= t).min(stretches.len() - 1);
            let (from, to, length, height) = &stretches[stretch];
            let since = t - (ends[stretch] - length);
            let pose = from.interpolate_towards(to, minimum_jerk(since / length));
            let mut frame_parts = part_positions(&pose, self.height_m);
            let up = height(since).max(0.0);
            frame_parts.iter_mut().flatten().for_each(|p| p[1] += up);
            if let Some((side, late_s)) =
                self.late.filter(|(_, late_s)| stretch == 1 || (stretch == 2 && since < *late_s))
            {
                lift_foot(&mut frame_parts, side, late_s);
            }
            truth.poses.push(pose);
            parts.push(frame_parts);
        }
        let landing_times = |k: usize| {
            let end_of = |stretch: usize| k as f64 * period + ends[stretch];
            LandingTimes { contact_s: end_of(1), take_off_s: end_of(3), landing_s: end_of(4) }
        };
        let recording = record_parts(
            "simulated drop jump".to_owned(),
            parts.into_iter(),
            self.facing_deg,
            self.rate_hz,
        );
        (Simulation { recording, truth }, (0..self.repetitions).map(landing_times).collect())
    }
}

/// Lifts a late foot by about the distance the body falls during its delay (2 m/s), and by at least
/// 6 cm.
fn lift_foot(parts: &mut [Option<[f64; 3]>; Part::COUNT], side: Side, late_s: f64) {
    for part in [Part::LeftAnkle, Part::LeftHeel, Part::LeftBigToe, Part::LeftSmallToe] {
        if let Some(p) = &mut parts[part.on_side(side).index()] {
            p[1] += (2.0 * late_s).max(0.06);
        }
    }
}
