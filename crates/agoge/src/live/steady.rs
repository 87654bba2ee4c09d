//! Causal smoothing of a body seen by one camera.

use agoge_motion::filter::OneEuro;
use agoge_motion::{Part, Recording};

/// Cut-off frequency at rest, Hz.
const REST_CUTOFF_HZ: f64 = 2.0;
/// Increase of the cut-off with speed: Hz per trunk length per second.
const SPEED_CUTOFF_HZ: f64 = 1.25;
/// Share by which the tracked trunk length follows that of a new frame.
const TRUNK_FOLLOW: f64 = 0.05;

/// A One-Euro filter (Casiez, Roussel & Vogel 2012) for each coordinate of each part in a picture.
/// A network's landmarks jitter most where the body rests; there it smooths most, and where the
/// body moves fast it adds hardly any lag. docs/results/video.md gives the residual jitter and the
/// lag.
pub(super) struct PoseSmoother {
    parts: Vec<[OneEuro; 2]>,
    trunk: f64,
}

impl PoseSmoother {
    pub(super) fn new() -> PoseSmoother {
        PoseSmoother {
            parts: vec![[0, 1].map(|_| OneEuro::new(REST_CUTOFF_HZ, 0.0)); Part::COUNT],
            trunk: f64::NAN,
        }
    }

    /// Smooths a frame on the body skeleton; missing values stay missing.
    pub(super) fn push(&mut self, frame: &mut Recording) {
        let Some(&time_s) = frame.time.first() else { return };
        let [pelvis, neck] =
            [Part::Pelvis, Part::Neck].map(|part| frame.position_at(0, part.index()));
        let trunk = (pelvis[0] - neck[0]).hypot(pelvis[1] - neck[1]);
        if trunk > 0.0 {
            self.trunk = if self.trunk.is_nan() {
                trunk
            } else {
                self.trunk + TRUNK_FOLLOW * (trunk - self.trunk)
            };
        }
        if self.trunk.is_nan() {
            // Without a trunk length, speed has no scale yet.
            return;
        }
        let beta = SPEED_CUTOFF_HZ / self.trunk;
        for (position, filters) in frame.position.iter_mut().zip(&mut self.parts) {
            for (value, filter) in position.iter_mut().zip(filters) {
                *value = filter.push_with_beta(time_s, *value, beta);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_motion::simulate::{Corruption, Exercise, SimulatedCamera, SimulatedSet};

    /// Smooths every frame of a film.
    fn smooth_film(film: &Recording) -> Recording {
        let (mut steady, mut smoothed) = (PoseSmoother::new(), film.clone());
        for (frame, time_s) in film.time.iter().enumerate() {
            let mut single = film.time_range(*time_s, *time_s).unwrap();
            steady.push(&mut single);
            smoothed.position[frame * Part::COUNT..][..Part::COUNT]
                .copy_from_slice(&single.position);
        }
        smoothed
    }

    #[test]
    fn a_body_at_rest_trembles_less_and_the_missing_stay_missing() {
        let set =
            SimulatedSet { rate_hz: 30.0, repetitions: 1, ..SimulatedSet::new(Exercise::Squat) };
        let clean = SimulatedCamera::phone(90.0).film_recording(&set.simulate().recording);
        let mut film = clean.clone();
        Corruption { noise: 3.0, seed: 1, ..Corruption::default() }.apply_to(&mut film);
        let (clean, film) = (clean.to_body().recording, film.to_body().recording);
        let steady = smooth_film(&film);
        let error = |recording: &Recording, frames: std::ops::Range<usize>| {
            let pairs = frames.flat_map(|f| (0..Part::COUNT).map(move |part| (f, part)));
            let squares: Vec<f64> = pairs
                .map(|(f, part)| {
                    (recording.position_at(f, part)[1] - clean.position_at(f, part)[1]).powi(2)
                })
                .filter(|square| square.is_finite())
                .collect();
            (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
        };
        // The athlete stands still for the first second. A first-order filter with share a leaves
        // sqrt(a / (2 − a)) of white noise: 0.42 for 2 Hz at 30 frames per second, a little more
        // because noise looks like speed.
        let (before, after) = (error(&film, 10..30), error(&steady, 10..30));
        assert!(after < 0.6 * before, "{after} of {before}");
        let missing =
            |recording: &Recording| recording.position.iter().filter(|p| p[0].is_nan()).count();
        assert_eq!(missing(&steady), missing(&film));
    }
}
