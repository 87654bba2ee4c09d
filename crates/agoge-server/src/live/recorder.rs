//! Live sessions saved to disk, a part per second, so that a crash of the browser or the server
//! loses at most the last part.

use super::protocol::{LiveFormat, Samples, SensorFormat};
use agoge::library::{local_today, save_analysis};
use agoge::motion::recording::INERTIAL;
use agoge::motion::{Channel, Recording, RecordingSource, Skeleton, Space};
use agoge::store::{AthleteId, LiveId, LiveRow};
use agoge::{AnalysisOptions, Models, Store, analyze};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

use crate::state::AppState;

/// How long frames are buffered before they are written.
const PART_INTERVAL: Duration = Duration::from_secs(1);
/// Number of parts that may wait for the disk.
const MAX_QUEUED_PARTS: usize = 8;
/// First element of a line with sensor samples.
const SENSOR_TAG: &str = "sensor";
/// Tolerance for samples that come too early, s: within it the clock is merely unsteady, and the
/// samples are appended.
const EARLY_TOLERANCE_S: f64 = 0.1;
/// Longest gap between samples, s: after a longer one the clock jumped, and the samples are
/// dropped.
const MAX_GAP_S: f64 = 60.0;
/// Shortest recording that is kept, frames.
const MIN_FRAMES: usize = 15;

/// Writes a live session to disk.
pub(super) struct SessionRecorder {
    parts: mpsc::Sender<Vec<u8>>,
    part: Vec<u8>,
    since: Instant,
}

impl SessionRecorder {
    /// Starts a recording of an athlete's session; none if there is no library or no such athlete.
    pub(super) async fn start_recording(
        app: Arc<AppState>,
        athlete: i64,
        movement: &str,
        agreed: &LiveFormat,
    ) -> Option<SessionRecorder> {
        let LiveFormat { skeleton, space, sensor, .. } = agreed;
        let head = json!({ "skeleton": **skeleton, "space": space, "movement": movement, "sensor": sensor });
        let shared = app.clone();
        let begin = move || {
            shared.store.as_ref()?.begin_live(AthleteId(athlete), local_today(), &head).ok()
        };
        let live = tokio::task::spawn_blocking(begin).await.ok()??;
        let (parts, waiting) = mpsc::channel(MAX_QUEUED_PARTS);
        // The writer ends when the recorder is dropped and everything is written.
        tokio::task::spawn_blocking(move || write_parts(&app, live, waiting));
        Some(SessionRecorder { parts, part: Vec::new(), since: Instant::now() })
    }

    /// Records a frame as a line of JSON, `[t, [[x, y, z, confidence] or null …]]`.
    pub(super) fn record_frame(&mut self, t: f64, position: &[[f64; 3]], confidence: &[f32]) {
        let joints: Vec<Option<[f64; 4]>> = position
            .iter()
            .zip(confidence)
            .map(|([x, y, z], confidence)| {
                x.is_finite().then_some([
                    *x,
                    *y,
                    if z.is_finite() { *z } else { 0.0 },
                    f64::from(*confidence),
                ])
            })
            .collect();
        self.write_line(&(t, joints));
    }

    /// Records sensor samples as they were sent, as a line of JSON, `["sensor", t, [[…] or null
    /// …]]`.
    pub(super) fn record_samples(&mut self, t: f64, samples: &Samples) {
        self.write_line(&(SENSOR_TAG, t, samples));
    }

    fn write_line(&mut self, line: &impl Serialize) {
        // Serialising numbers into memory cannot fail.
        let _ = serde_json::to_writer(&mut self.part, line);
        self.part.push(b'\n');
        if self.since.elapsed() >= PART_INTERVAL {
            self.flush_part();
        }
    }

    fn flush_part(&mut self) {
        self.since = Instant::now();
        // If the disk is seconds behind, dropping parts is better than slowing the live session
        // down.
        let _ = self.parts.try_send(std::mem::take(&mut self.part));
    }
}

impl Drop for SessionRecorder {
    fn drop(&mut self) {
        self.flush_part();
    }
}

fn write_parts(app: &AppState, live: LiveId, mut waiting: mpsc::Receiver<Vec<u8>>) {
    let Some(store) = &app.store else { return };
    while let Some(part) = waiting.blocking_recv() {
        // The disk is full or the athlete was deleted meanwhile: what was written stays and is
        // recovered at the next start.
        if store.append_live(live, &part).is_err() {
            return;
        }
    }
    let sessions = store.list_live().unwrap_or_default();
    if let Some(session) = sessions.iter().find(|session| session.id == live) {
        finish_session(store, session);
    }
}

/// Turns live sessions that were never ended, because the server died, into recordings.
pub(crate) fn recover_sessions(store: &Store) {
    for live in store.list_live().unwrap_or_default() {
        finish_session(store, &live);
    }
}

/// Turns the parts of a session into a recording and its analysis.
fn finish_session(store: &Store, live: &LiveRow) {
    let Ok(parts) = store.live_parts(live.id) else { return };
    let recording = build_recording(&live.head, &parts);
    let is_saved = match &recording {
        Some(recording) if recording.frame_count() >= MIN_FRAMES => {
            save_session(store, live, recording)
        }
        // Too short to analyse.
        _ => true,
    };
    if is_saved {
        // If this fails, the recording is at worst saved a second time, and recognised as the same
        // by its hash.
        let _ = store.end_live(live.id);
    }
}

fn save_session(store: &Store, live: &LiveRow, recording: &Recording) -> bool {
    let movement = live.head["movement"].as_str().unwrap_or("auto").to_owned();
    let options = AnalysisOptions { movement, ..AnalysisOptions::default() };
    match analyze(recording, None, Models::bundled(), &options) {
        Ok(analyzed) => save_analysis(
            store,
            (live.athlete, live.day),
            recording,
            &analyzed.analysis,
            Models::bundled(),
            &options,
        )
        .is_ok(),
        Err(_) => store.save_recording(live.athlete, live.day, recording).is_ok(),
    }
}

/// Builds the recording from a session's parts; lines that are neither frames nor samples are
/// skipped.
fn build_recording(head: &serde_json::Value, parts: &[Vec<u8>]) -> Option<Recording> {
    let skeleton: Arc<Skeleton> = Arc::new(serde_json::from_value(head["skeleton"].clone()).ok()?);
    let space: Space = serde_json::from_value(head["space"].clone()).ok()?;
    let sensor: Option<SensorFormat> =
        serde_json::from_value(head["sensor"].clone()).ok().flatten();
    let mut track = SensorTrack::default();
    let (mut time, mut position, mut confidence) = (Vec::new(), Vec::new(), Vec::new());
    for line in parts.iter().flat_map(|part| part.split(|byte| *byte == b'\n')) {
        if let (Some(sensor), Ok((_, t, samples))) =
            (&sensor, serde_json::from_slice::<(String, f64, Samples)>(line))
        {
            track.push(t, &samples, sensor.rate_hz);
            continue;
        }
        let Ok((t, joints)) = serde_json::from_slice::<(f64, Vec<Option<[f64; 4]>>)>(line) else {
            continue;
        };
        if joints.len() != skeleton.len() || time.last().is_some_and(|last| *last >= t) {
            continue;
        }
        time.push(t);
        for joint in joints {
            position
                .push(joint.map_or(agoge::motion::recording::MISSING, |[x, y, z, _]| [x, y, z]));
            confidence.push(joint.map_or(0.0, |[.., confidence]| confidence as f32));
        }
    }
    if let Some(sensor) = sensor.as_ref().filter(|_| time.is_empty()) {
        // No frames, a sensor alone: its clock becomes the recording's.
        time =
            (0..track.values.len()).map(|at| track.start_s + at as f64 / sensor.rate_hz).collect();
        position = vec![agoge::motion::recording::MISSING; time.len() * skeleton.len()];
        confidence = vec![0.0; position.len()];
    }
    let source = RecordingSource {
        skeleton: None,
        name: "live".to_owned(),
        format: "live".to_owned(),
        ..RecordingSource::default()
    };
    let mut recording = Recording::new(source, skeleton, space, time, position, confidence).ok()?;
    recording.channels = sensor.map_or_else(Vec::new, |sensor| track.to_channels(&sensor));
    Some(recording)
}

/// Sensor samples on a uniform clock.
#[derive(Default)]
struct SensorTrack {
    start_s: f64,
    /// Values, `[sample, axis]`; NaN where a sample was lost.
    values: Vec<[f64; 6]>,
}

impl SensorTrack {
    /// Appends samples, the first at time `t` (s), filling a gap before them with NaN. Samples that
    /// overlap what is there, or that follow too long a gap, are dropped.
    fn push(&mut self, t: f64, samples: &Samples, rate_hz: f64) {
        if self.values.is_empty() {
            self.start_s = t;
        }
        let end = self.values.len();
        let lost = ((t - self.start_s) * rate_hz).round() - end as f64;
        // An unsteady clock may be slightly early or late.
        if !(-EARLY_TOLERANCE_S * rate_hz..=MAX_GAP_S * rate_hz).contains(&lost) {
            return;
        }
        self.values.resize(end + lost.max(0.0) as usize, [f64::NAN; 6]);
        self.values.extend(samples.iter().map(|sample| sample.unwrap_or([f64::NAN; 6])));
    }

    fn to_channels(&self, sensor: &SensorFormat) -> Vec<Channel> {
        let channel = |(axis, name): (usize, &&str)| Channel {
            name: (*name).to_owned(),
            unit: sensor.units[axis / 3].clone(),
            part: sensor.part,
            rate_hz: sensor.rate_hz,
            start_s: self.start_s,
            values: self.values.iter().map(|sample| sample[axis]).collect(),
        };
        INERTIAL.iter().enumerate().map(channel).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_servers_session_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let ada = store.add_athlete("Ada", "").unwrap();
        use agoge::motion::simulate::{Exercise, SimulatedSet};
        let recording =
            SimulatedSet { rate_hz: 30.0, repetitions: 3, ..SimulatedSet::new(Exercise::Squat) }
                .simulate()
                .recording;
        let head = json!({ "skeleton": *recording.skeleton, "space": recording.space, "movement": "squat" });
        let live = store.begin_live(ada, local_today(), &head).unwrap();
        let line = |frame: usize| {
            let joint = |joint: usize| recording.position_at(frame, joint);
            let joints: Vec<[f64; 4]> =
                (0..recording.joint_count()).map(joint).map(|[x, y, z]| [x, y, z, 1.0]).collect();
            serde_json::to_string(&(recording.time[frame], joints)).unwrap() + "\n"
        };
        for part in (0..recording.frame_count()).collect::<Vec<_>>().chunks(30) {
            store
                .append_live(
                    live,
                    part.iter().map(|frame| line(*frame)).collect::<String>().as_bytes(),
                )
                .unwrap();
        }
        // The last part was torn.
        store.append_live(live, &line(0).as_bytes()[..40]).unwrap();
        drop(store);
        let store = Store::open(folder.path()).unwrap();
        recover_sessions(&store);
        assert!(store.list_live().unwrap().is_empty());
        let found = store.list_recordings(ada).unwrap();
        assert_eq!(found[0].frames as usize, recording.frame_count());
        assert_eq!(store.list_analyses(ada, 9).unwrap()[0].repetitions, 3);
    }
}
