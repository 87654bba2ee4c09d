//! Corruption of recordings: noise, lost joints, exchanged sides, outliers.

use crate::recording::{MISSING, Recording};
use crate::statistics::normal_deviate;
use fastrand::Rng;

/// The corruptions to apply, at random from a seed.
///
/// ```
/// use agoge_motion::simulate::{Corruption, Exercise, SimulatedSet};
/// let mut recording = SimulatedSet::new(Exercise::Squat).simulate().recording;
/// let corruption = Corruption { dropout: 0.1, seed: 3, ..Corruption::default() };
/// assert_eq!(corruption.apply_to(&mut recording), Vec::<usize>::new(), "no swaps were asked for");
/// let lost = recording.position.iter().filter(|position| position[0].is_nan()).count();
/// let share = lost as f64 / recording.position.len() as f64;
/// assert!((0.05..0.15).contains(&share));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Corruption {
    /// Standard deviation of the noise added to every coordinate, in the recording's unit.
    pub noise: f64,
    /// Share of positions that are lost, in gaps of one to six frames.
    pub dropout: f64,
    /// Share of frames in which left and right are exchanged in the whole body, in bursts of one to
    /// four frames.
    pub swaps: f64,
    /// Share of positions that become outliers: each coordinate is displaced by up to half of 30
    /// times the noise, or half a unit if that is more.
    pub outliers: f64,
    /// Seed.
    pub seed: u64,
}

impl Corruption {
    /// Corrupts a recording. Returns the frames in which left and right were exchanged, in
    /// ascending order.
    pub fn apply_to(&self, recording: &mut Recording) -> Vec<usize> {
        let mut rng = Rng::with_seed(self.seed);
        let (frames, joints) = (recording.frame_count(), recording.joint_count());
        for position in &mut recording.position {
            *position = position.map(|value| value + self.noise * normal_deviate(&mut rng));
            if rng.f64() < self.outliers {
                *position =
                    position.map(|value| value + (rng.f64() - 0.5) * (30.0 * self.noise).max(1.0));
            }
        }
        // Gaps are 3.5 frames long on average; the rate is chosen to lose the requested share.
        for joint in 0..joints {
            let mut frame = 0;
            while frame < frames {
                if rng.f64() < self.dropout / (3.5 * (1.0 - self.dropout).max(0.1)) {
                    let gap = rng.usize(1..=6).min(frames - frame);
                    for lost in frame..frame + gap {
                        recording.position[lost * joints + joint] = MISSING;
                        recording.confidence[lost * joints + joint] = 0.0;
                    }
                    frame += gap;
                }
                frame += 1;
            }
        }
        let mut swapped = Vec::new();
        let mut frame = 1;
        while frame < frames {
            if rng.f64() < self.swaps / 2.5 {
                let burst = rng.usize(1..=4).min(frames - frame);
                for wrong in frame..frame + burst {
                    swap_sides(recording, wrong);
                    swapped.push(wrong);
                }
                frame += burst + 1;
            }
            frame += 1;
        }
        swapped
    }
}

/// Exchanges left and right in one frame.
fn swap_sides(recording: &mut Recording, frame: usize) {
    let joints = recording.joint_count();
    for joint in 0..joints {
        let mirror = recording.skeleton.joints[joint].mirror;
        if joint < mirror {
            recording.position.swap(frame * joints + joint, frame * joints + mirror);
            recording.confidence.swap(frame * joints + joint, frame * joints + mirror);
        }
    }
}
