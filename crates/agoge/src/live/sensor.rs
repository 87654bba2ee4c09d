//! Live session of an athlete who wears a sensor and is not filmed.

use super::event::LiveEvent;
use super::following::FollowedMovement;
use super::session::FrameError;
use super::task::MeasuredRepetition;
use agoge_analysis::MovementOrigin;
use agoge_kinematics::live::{LiveChange, MovementOutcome};
use agoge_kinematics::movement::find_movement;
use agoge_kinematics::sensor::{InertialSample, SensorTracker};
use agoge_kinematics::{Curve, Curves, Unit, describe_repetition};
use std::sync::Arc;

/// Maximum overlap of a block with earlier samples that is treated as clock jitter, s.
const MAX_OVERLAP_S: f64 = 0.1;
/// Length of the sample history, s: longer than a repetition may last.
const HISTORY_S: f64 = 20.0;
/// Maximum number of remembered samples at any rate.
const MAX_SAMPLES: usize = 8000;

/// Follows the samples of one worn sensor, counting movements away from its resting orientation and
/// back (`movements/worn_sensor.toml`).
pub struct SensorSession {
    sensor: SensorTracker,
    following: FollowedMovement,
    /// Curves of the last seconds.
    history: Curves,
    /// Curves of the newest sample alone.
    newest: Curves,
}

impl SensorSession {
    /// A session without samples yet; none if the sensor's definition is not bundled with Agoge.
    pub fn new() -> Option<SensorSession> {
        let curve = |name: &str, unit: Unit| Curve {
            name: name.to_owned(),
            side: None,
            unit,
            values: Vec::new(),
        };
        let curves = vec![curve("sensor_tilt", Unit::Degree), curve("sensor_load", Unit::One)];
        let nothing = Curves { time: Vec::new(), curves, refused: Vec::new() };
        let following = FollowedMovement::new(Arc::new(find_movement("worn_sensor")?.clone()));
        Some(SensorSession {
            sensor: SensorTracker::new(),
            following,
            history: nothing.clone(),
            newest: nothing,
        })
    }

    /// Takes consecutive samples, the first at `start_s` and each further one `step_s` later;
    /// `None` where a sample was lost. Returns all resulting events, with one [`LiveEvent::Metric`]
    /// as the last.
    ///
    /// # Errors
    /// [`FrameError::Order`] if they do not come after the earlier samples; the session is then
    /// unchanged.
    pub fn push(
        &mut self,
        start_s: f64,
        step_s: f64,
        samples: &[Option<InertialSample>],
    ) -> Result<Vec<LiveEvent>, FrameError> {
        let last_s = self.history.time.last().copied().unwrap_or(f64::NEG_INFINITY);
        // An unsteady clock may be a little early.
        let early = start_s <= last_s && last_s - start_s < MAX_OVERLAP_S;
        let start_s = if early { last_s + step_s } else { start_s };
        let is_forward =
            start_s.is_finite() && start_s > last_s && step_s.is_finite() && step_s > 0.0;
        if !is_forward {
            return Err(FrameError::Order { time_s: start_s, last_s });
        }
        let mut events = Vec::new();
        if self.history.time.is_empty() && !samples.is_empty() {
            events.push(self.following.movement_event(start_s, MovementOrigin::Given, 1.0));
        }
        for (index, sample) in samples.iter().enumerate() {
            let t = start_s + index as f64 * step_s;
            let reading = sample.as_ref().map(|sample| self.sensor.push(t, sample));
            let values = reading.map_or([f64::NAN; 2], |reading| [reading.tilt_deg, reading.load]);
            self.newest.time = vec![t];
            self.history.time.push(t);
            for ((newest, seen), value) in
                self.newest.curves.iter_mut().zip(&mut self.history.curves).zip(values)
            {
                newest.values = vec![value];
                seen.values.push(value);
            }
            for change in self.following.counter.push(&self.newest) {
                events.extend(self.change_events(t, &change));
            }
        }
        self.drop_old_samples();
        if let (Some(t), Some(tilt)) =
            (self.newest.time.last().copied(), self.newest.curves.first())
        {
            let (name, value) =
                (Some(tilt.name.clone()), tilt.values.last().copied().unwrap_or(f64::NAN));
            events.push(LiveEvent::Metric { t, name, value, unit: Some(tilt.unit) });
        }
        Ok(events)
    }

    /// Ends the stream: a repetition under way is interrupted.
    pub fn end_stream(&mut self) -> Vec<LiveEvent> {
        let t = self.history.time.last().copied().unwrap_or(0.0);
        let changes = self.following.counter.end_stream();
        changes.iter().flat_map(|change| self.following.change_events(t, change)).collect()
    }

    /// The events of a change, with measurements of a completed repetition.
    fn change_events(&mut self, t: f64, change: &LiveChange) -> Vec<LiveEvent> {
        let LiveChange::Ended(finished) = change else {
            return self.following.change_events(t, change);
        };
        let frame = |time_s: f64| self.history.time.partition_point(|time| *time < time_s - 1e-9);
        let [start, end] = [finished.start_s, finished.end_s].map(frame);
        let is_whole = finished.outcome == MovementOutcome::Completed
            && start < end
            && end < self.history.time.len();
        let measured = is_whole.then(|| MeasuredRepetition {
            repetition: describe_repetition(
                &self.following.movement,
                &self.history,
                [start, end],
                None,
                true,
            ),
            time: self.history.time.clone(),
            model: None,
            unlike: Vec::new(),
        });
        self.following.finish_repetition(t, finished, measured)
    }

    /// Drops old samples. Done only now and then, since the remaining ones have to be moved.
    fn drop_old_samples(&mut self) {
        let Some(&last_s) = self.history.time.last() else { return };
        let old = self.history.time.partition_point(|time| last_s - time > HISTORY_S);
        let old = old.max(self.history.time.len().saturating_sub(MAX_SAMPLES));
        if 2 * old >= self.history.time.len() || self.history.time.len() > 2 * MAX_SAMPLES {
            self.history.time.drain(..old);
            self.history.curves.iter_mut().for_each(|curve| drop(curve.values.drain(..old)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_kinematics::sensor::GRAVITY;

    /// A thigh that stands still for two seconds and then squats by 80 degrees every four seconds,
    /// each squat taking three of them.
    fn thigh_sample(t: f64) -> InertialSample {
        let angle = |t: f64| {
            let within = (t - 2.0).rem_euclid(4.0);
            let moves = t > 2.0 && within < 3.0;
            if moves {
                40f64.to_radians() * (1.0 - (std::f64::consts::TAU * within / 3.0).cos())
            } else {
                0.0
            }
        };
        let step = 1e-4;
        let speed = (angle(t + step) - angle(t - step)) / (2.0 * step);
        InertialSample {
            acceleration: [0.0, GRAVITY * angle(t).cos(), -GRAVITY * angle(t).sin()],
            angular_velocity: [speed, 0.0, 0.0],
        }
    }

    /// The events of a session of `seconds` at 50 samples per second, pushed in blocks of `block`
    /// samples.
    fn session_events(seconds: usize, block: usize) -> Vec<LiveEvent> {
        let samples: Vec<Option<InertialSample>> =
            (0..50 * seconds).map(|at| Some(thigh_sample(at as f64 / 50.0))).collect();
        let mut session = SensorSession::new().unwrap();
        let mut events = Vec::new();
        for (at, chunk) in samples.chunks(block).enumerate() {
            events.extend(session.push((at * block) as f64 / 50.0, 0.02, chunk).unwrap());
        }
        events.extend(session.end_stream());
        events
    }

    #[test]
    fn squats_are_counted_and_measured_by_a_sensor_on_the_thigh() {
        let events = session_events(62, 5);
        assert!(matches!(&events[0], LiveEvent::Movement { name, .. } if name == "worn_sensor"));
        let repetition_fields = |event: &LiveEvent| match event {
            LiveEvent::Repetition { outcome, completed, metrics, turn_s, phases, .. } => {
                Some((*outcome, *completed, metrics.clone(), *turn_s, phases.len()))
            }
            _ => None,
        };
        let repetitions: Vec<_> = events.iter().filter_map(repetition_fields).collect();
        assert_eq!(repetitions.len(), 15);
        for (index, (outcome, completed, metrics, turn_s, phases)) in repetitions.iter().enumerate()
        {
            assert_eq!((*outcome, *completed, *phases), (MovementOutcome::Completed, index + 1, 2));
            let tilt = metrics.iter().find(|metric| metric.name == "tilt").unwrap().value;
            // It begins where the tilt has left rest, at a few degrees.
            assert!((tilt - 80.0).abs() < 4.0, "{tilt}");
            assert!((turn_s - (3.5 + 4.0 * index as f64)).abs() < 0.1, "{turn_s}");
        }
    }

    #[test]
    fn blocks_do_not_matter_and_what_is_wrong_changes_nothing() {
        let without_metrics = |events: Vec<LiveEvent>| -> Vec<LiveEvent> {
            events.into_iter().filter(|event| !matches!(event, LiveEvent::Metric { .. })).collect()
        };
        // A sample's time is computed from its block's start and the step: equal up to rounding.
        let (one, many) =
            (without_metrics(session_events(20, 1)), without_metrics(session_events(20, 50)));
        assert_eq!(one.len(), many.len());
        let mut session = SensorSession::new().unwrap();
        session.push(1.0, 0.02, &[Some(thigh_sample(1.0)), None]).unwrap();
        for (start_s, step_s) in
            [(0.9, 0.02), (0.0, 0.02), (f64::NAN, 0.02), (2.0, 0.0), (2.0, f64::NAN)]
        {
            assert!(matches!(
                session.push(start_s, step_s, &[None]),
                Err(FrameError::Order { .. })
            ));
        }
        assert!(session.push(1.04, 0.02, &[]).is_ok());
        assert!(session.push(1.0, 0.02, &[None]).is_ok(), "a little early");
    }
}
