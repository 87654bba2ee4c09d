//! Simulated clips, on which models are tried where no recording is at hand.

use crate::motion::Motion;
use crate::sensor::{AXES, Inertial};
use crate::token::LabelledClip;
use agoge_motion::simulate::{Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet};
use agoge_motion::{Part, Side};

/// The first repetition of a simulated set.
pub fn simulated_motion(set: &SimulatedSet) -> Motion {
    let simulation = set.simulate();
    let [start, _, end] = simulation.truth.repetitions[0];
    match Motion::new(&simulation.recording.to_body().recording, start, end) {
        Some(motion) => motion,
        None => unreachable!("a simulated body is seen"),
    }
}

/// A sensor on the right wrist sampled at 50 Hz for this many seconds.
pub fn simulated_sensor(seconds: f64, at: impl Fn(f32) -> [f32; AXES]) -> Inertial {
    let time: Vec<f64> =
        (0..=(seconds * 50.0) as usize).map(|sample| sample as f64 / 50.0).collect();
    let values = time.iter().map(|time| at(*time as f32)).collect();
    Inertial { part: Part::RightWrist, time, values, offset_s: 0.0 }
}

/// Repetitions of simulated athletes of various heights and facings; every second athlete has the
/// fault.
pub fn simulated_exercise_clips(
    exercise: Exercise,
    fault: Option<SimulatedFaultKind>,
    athletes: std::ops::Range<usize>,
) -> Vec<LabelledClip> {
    let clip = |athlete: usize| {
        let faulty = fault.filter(|_| athlete % 2 == 1);
        let faults = faulty.map(|kind| SimulatedFault {
            kind,
            side: Some(Side::Left),
            repetitions: 1..=1,
            size: 35.0,
        });
        let set = SimulatedSet {
            repetitions: 1,
            height_m: 1.55 + 0.01 * (athlete % 40) as f64,
            facing_deg: 70.0 * athlete as f64,
            faults: faults.into_iter().collect(),
            seed: athlete as u64,
            variation_deg: 4.0,
            rate_hz: 30.0,
            ..SimulatedSet::new(exercise)
        };
        let simulation = set.simulate();
        let [start, _, end] = simulation.truth.repetitions[0];
        Some(LabelledClip {
            athlete: athlete.to_string(),
            movement: format!("{exercise:?}"),
            label: Some(f32::from(u8::from(faulty.is_none()))),
            motion: Motion::new(&simulation.recording.to_body().recording, start, end)?,
        })
    };
    athletes.filter_map(clip).collect()
}

/// Simulated athletes of various heights and facings; in incorrect repetitions a knee moves inward
/// or one arm is low.
pub fn simulated_set_clips(athletes: std::ops::Range<usize>) -> Vec<LabelledClip> {
    let mut clips = Vec::new();
    for athlete in athletes {
        for exercise in [Exercise::Squat, Exercise::OverheadReach] {
            let kind = if exercise == Exercise::Squat {
                SimulatedFaultKind::KneeInwardUp
            } else {
                SimulatedFaultKind::Asymmetry
            };
            let fault =
                SimulatedFault { kind, side: Some(Side::Left), repetitions: 4..=6, size: 30.0 };
            let set = SimulatedSet {
                repetitions: 6,
                height_m: 1.6 + 0.05 * athlete as f64,
                facing_deg: 70.0 * athlete as f64,
                faults: vec![fault],
                seed: athlete as u64,
                variation_deg: 4.0,
                rate_hz: 30.0,
                ..SimulatedSet::new(exercise)
            };
            let simulation = set.simulate();
            let body = simulation.recording.to_body().recording;
            for (index, [start, _, end]) in simulation.truth.repetitions.iter().enumerate() {
                let motion = Motion::new(&body, *start, *end);
                clips.extend(motion.map(|motion| LabelledClip {
                    athlete: athlete.to_string(),
                    movement: format!("{exercise:?}"),
                    label: Some(f32::from(u8::from(index < 3))),
                    motion,
                }));
            }
        }
    }
    clips
}
