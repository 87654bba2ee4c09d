//! The simulator: an athlete whose movement, and whose faults, are known exactly. It is the oracle
//! of the tests; everything it makes is marked as simulated.
//!
//! ```
//! use agoge_motion::simulate::{Exercise, Fault, FaultKind, Set};
//! use agoge_motion::Side;
//!
//! let valgus = Fault { kind: FaultKind::KneeInwardUp, side: Some(Side::Left), repetitions: 3..=5, size: 15.0 };
//! let simulation = Set { repetitions: 5, faults: vec![valgus], ..Set::new(Exercise::Squat) }.simulate();
//! assert_eq!(simulation.truth.repetitions.len(), 5);
//! assert!(simulation.recording.source.simulated);
//! ```

mod body;
mod camera;
mod corrupt;
mod drop_jump;
mod pose;
mod script;

pub use body::positions;
pub use camera::Camera;
pub use corrupt::{Corruption, normal};
pub use drop_jump::{DropJump, Landed};
pub use pose::Pose;

use crate::{Recording, Side};
use std::ops::RangeInclusive;

/// What the athlete does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exercise {
    /// Down until the knees are bent by 110°, and up.
    Squat,
    /// Both straight arms forward and overhead to 170°, and back.
    OverheadReach,
    /// A biceps curl with both arms.
    BicepsCurl,
}

/// Kinds of faults that can be planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A knee moves inward on the way down; size: frontal plane angle, degrees.
    KneeInwardDown,
    /// A knee moves inward on the way up; size: frontal plane angle, degrees.
    KneeInwardUp,
    /// The movement stops short; size: degrees of knee flexion (squat) or shoulder elevation
    /// (reach) or elbow flexion (curl) that are missing.
    Shallow,
    /// One side bends less than the other; size: degrees.
    Asymmetry,
    /// The way back comes in jerks; size: how much of the range a jerk takes back, 0 to 1.
    JerkyReturn,
    /// The range shrinks from repetition to repetition; size: degrees lost by the last one.
    Fatigue,
    /// The trunk leans further forward at the turn; size: degrees.
    TrunkForward,
    /// The trunk leans to a side at the turn; size: degrees.
    TrunkSideways,
    /// A heel leaves the floor at the turn; size: metres.
    HeelUp,
    /// An elbow bends at the turn; size: degrees.
    ElbowBent,
    /// The way there is a drop; size: how many times faster.
    FastDown,
}

/// A planted fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Which.
    pub kind: FaultKind,
    /// On which side; both if none.
    pub side: Option<Side>,
    /// In which repetitions, counted from 1.
    pub repetitions: RangeInclusive<usize>,
    /// How much, in the unit of its kind.
    pub size: f64,
}

impl Fault {
    fn is_in(&self, repetition: usize) -> bool {
        self.repetitions.contains(&repetition)
    }
}

/// A set of repetitions to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct Set {
    /// What is done.
    pub exercise: Exercise,
    /// How often.
    pub repetitions: usize,
    /// The athlete's height, m.
    pub height_m: f64,
    /// Which way the athlete faces: degrees about the vertical from +X towards −Z.
    pub facing_deg: f64,
    /// Frames a second.
    pub rate_hz: f64,
    /// Time there and time back, s.
    pub tempo_s: [f64; 2],
    /// Stillness at the turn, s.
    pub hold_s: f64,
    /// Stillness between repetitions, s.
    pub pause_s: f64,
    /// Standard deviation of the range from repetition to repetition, degrees.
    pub variation_deg: f64,
    /// The repetition after which an attempt is given up half way, if any.
    pub attempt_after: Option<usize>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Seed of everything random.
    pub seed: u64,
}

/// What is true of a simulated recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// The joint angles, `[frame]`.
    pub poses: Vec<Pose>,
    /// First frame, turn and last frame of each complete repetition.
    pub repetitions: Vec<[usize; 3]>,
    /// The same of attempts.
    pub attempts: Vec<[usize; 3]>,
    /// The faults that were planted.
    pub faults: Vec<Fault>,
}

/// A simulated recording on HALPE-26 in metres, and the truth about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// The recording, without noise.
    pub recording: Recording,
    /// What is true.
    pub truth: Truth,
}

impl Set {
    /// Ten clean repetitions by an athlete 1.75 m tall, filmed at 60 frames a second.
    pub fn new(exercise: Exercise) -> Set {
        Set {
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

    /// The recording and the truth. The same set gives the same bytes.
    pub fn simulate(&self) -> Simulation {
        let truth = script::perform(self);
        let recording = body::record(self, &truth.poses);
        Simulation { recording, truth }
    }
}

#[cfg(test)]
mod tests;
