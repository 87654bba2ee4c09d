//! The simulator: an athlete whose movement and faults are known exactly. Tests use it as their
//! oracle; every recording it produces is marked as simulated.
//!
//! ```
//! use agoge_motion::Side;
//! use agoge_motion::simulate::{Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet};
//!
//! let valgus = SimulatedFault {
//!     kind: SimulatedFaultKind::KneeInwardUp,
//!     side: Some(Side::Left),
//!     repetitions: 3..=5,
//!     size: 15.0,
//! };
//! let squats = SimulatedSet::new(Exercise::Squat);
//! let simulation = SimulatedSet { repetitions: 5, faults: vec![valgus], ..squats }.simulate();
//! assert_eq!(simulation.truth.repetitions.len(), 5);
//! assert!(simulation.recording.source.simulated);
//! ```

mod body;
mod camera;
mod corrupt;
mod drop_jump;
mod gait;
mod pose;
mod script;

pub use body::part_positions;
pub use camera::SimulatedCamera;
pub use corrupt::Corruption;
pub use drop_jump::{DropJump, LandingTimes};
pub use gait::{GaitTimes, SimulatedGait, SimulatedGround};
pub use pose::SimulatedPose;

use crate::{Recording, Side};
use std::ops::RangeInclusive;

/// The exercise the simulated athlete performs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exercise {
    /// A squat to 110° of knee flexion.
    Squat,
    /// Both straight arms raised forward and overhead to 170°, and lowered.
    OverheadReach,
    /// A biceps curl with both arms.
    BicepsCurl,
}

/// The kinds of faults that can be planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimulatedFaultKind {
    /// A knee moves inward on the way down; size: frontal-plane angle, degrees.
    KneeInwardDown,
    /// A knee moves inward on the way up; size: frontal-plane angle, degrees.
    KneeInwardUp,
    /// The movement stops short; size: missing degrees of knee flexion (squat), shoulder elevation
    /// (reach) or elbow flexion (curl).
    Shallow,
    /// One side bends less than the other; size: degrees.
    Asymmetry,
    /// The return is jerky; size: share of the range that a jerk reverses, 0 to 1.
    JerkyReturn,
    /// The range shrinks from repetition to repetition; size: degrees lost by the last repetition.
    Fatigue,
    /// The trunk leans further forward at the turning point; size: degrees.
    TrunkForward,
    /// The trunk leans to the right at the turning point; size: degrees.
    TrunkSideways,
    /// A heel leaves the floor at the turning point; size: metres.
    HeelUp,
    /// An elbow bends at the turning point; size: degrees.
    ElbowBent,
    /// The outward movement is too fast; size: factor of speed.
    FastDown,
}

/// A planted fault.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedFault {
    /// The kind of fault.
    pub kind: SimulatedFaultKind,
    /// The side; both sides if `None`.
    pub side: Option<Side>,
    /// The affected repetitions, counted from 1.
    pub repetitions: RangeInclusive<usize>,
    /// The size, in the unit of its kind.
    pub size: f64,
}

impl SimulatedFault {
    fn affects_repetition(&self, repetition: usize) -> bool {
        self.repetitions.contains(&repetition)
    }
}

/// A set of repetitions to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedSet {
    /// The exercise.
    pub exercise: Exercise,
    /// The number of repetitions.
    pub repetitions: usize,
    /// The athlete's height, m.
    pub height_m: f64,
    /// The direction the athlete faces: degrees about the vertical from +X towards −Z.
    pub facing_deg: f64,
    /// Frame rate, Hz.
    pub rate_hz: f64,
    /// Duration of the movement to the turning point and back, s.
    pub tempo_s: [f64; 2],
    /// Hold at the turning point, s.
    pub hold_s: f64,
    /// Pause between repetitions, s.
    pub pause_s: f64,
    /// Standard deviation of the range of movement between repetitions, degrees.
    pub variation_deg: f64,
    /// The repetition after which the athlete makes an attempt that he abandons half way, if any.
    pub attempt_after: Option<usize>,
    /// The faults to plant.
    pub faults: Vec<SimulatedFault>,
    /// Seed of all randomness.
    pub seed: u64,
}

/// The ground truth of a simulated recording.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulationTruth {
    /// The joint angles, `[frame]`.
    pub poses: Vec<SimulatedPose>,
    /// First frame, turning point and last frame of each complete repetition.
    pub repetitions: Vec<[usize; 3]>,
    /// The same for abandoned attempts.
    pub attempts: Vec<[usize; 3]>,
    /// The planted faults.
    pub faults: Vec<SimulatedFault>,
}

/// A simulated recording on HALPE-26 in metres, with its ground truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// The recording, without noise.
    pub recording: Recording,
    /// The ground truth.
    pub truth: SimulationTruth,
}

impl SimulatedSet {
    /// Ten clean repetitions by an athlete 1.75 m tall, recorded at 60 frames per second.
    pub fn new(exercise: Exercise) -> SimulatedSet {
        SimulatedSet {
            exercise,
            repetitions: 10,
            height_m: 1.75,
            facing_deg: 0.0,
            rate_hz: 60.0,
            tempo_s: [1.2, 1.1],
            hold_s: if exercise == Exercise::OverheadReach { 0.8 } else { 0.0 },
            pause_s: 0.6,
            variation_deg: 1.0,
            attempt_after: None,
            faults: Vec::new(),
            seed: 1,
        }
    }

    /// Simulates the set. Deterministic: the same set gives an identical recording.
    ///
    /// ```
    /// use agoge_motion::simulate::{Exercise, SimulatedSet};
    /// let set = SimulatedSet { repetitions: 3, ..SimulatedSet::new(Exercise::BicepsCurl) };
    /// let simulation = set.simulate();
    /// assert_eq!(simulation.truth.repetitions.len(), 3);
    /// assert_eq!(simulation, set.simulate());
    /// ```
    pub fn simulate(&self) -> Simulation {
        let truth = script::perform_set(self);
        let recording = body::record_poses(self, &truth.poses);
        Simulation { recording, truth }
    }
}

#[cfg(test)]
mod tests;
