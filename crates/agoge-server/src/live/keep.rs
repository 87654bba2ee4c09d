//! Live sessions saved to disk, a part per second, so that a crash of the browser or the server
//! loses at most the last part.

use super::protocol::{Agreed, AgreedSensor, Samples};
use agoge::library::{save, today};
use agoge::motion::recording::INERTIAL;
use agoge::motion::{Channel, Recording, Skeleton, Source, Space};
use agoge::store::{AthleteId, Live, LiveId};
use agoge::{Models, Options, Store, analyze};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

use crate::app::App;

/// How long frames are buffered before they are written.
const PART: Duration = Duration::from_secs(1);
/// Number of parts that may wait for the disk.
const WAITING: usize = 8;
/// First element of a line with sensor samples.
const SENSOR: &str = "sensor";
/// Tolerance for samples that come too early, s: within it the clock is merely unsteady, and the
/// samples are appended.
const EARLY_S: f64 = 0.1;
/// Longest gap between samples, s: after a longer one the clock jumped, and the samples are
/// dropped.
const LONGEST_LOST_S: f64 = 60.0;
/// Shortest recording that is kept, frames.
const LEAST: usize = 15;

/// Writes a live session to disk.
pub(super) struct Keeper {
    parts: mpsc::Sender<Vec<u8>>,
    part: Vec<u8>,
    since: Instant,
}

impl Keeper {
    /// Starts a recording of an athlete's session; none if there is no library or no such athlete.
    pub(super) async fn begin(
        app: Arc<App>,
        athlete: i64,
        movement: &str,
        agreed: &Agreed,
    ) -> Option<Keeper> {
        let Agreed { skeleton, space, sensor, .. } = agreed;
        let head = json!({ "skeleton": **skeleton, "space": space, "movement": movement, "sensor": sensor });
        let shared = app.clone();
        let begin =
            move || shared.store.as_ref()?.begin_live(AthleteId(athlete), today(), &head).ok();
        let live = tokio::task::spawn_blocking(begin).await.ok()??;
        let (parts, waiting) = mpsc::channel(WAITING);
        // The writer ends when the recorder is dropped and everything is written.
        tokio::task::spawn_blocking(move || write(&app, live, waiting));
        Some(Keeper { parts, part: Vec::new(), since: Instant::now() })
    }

    /// Records a frame as a line of JSON, `[t, [[x, y, z, confidence] or null …]]`.
    pub(super) fn frame(&mut self, t: f64, position: &[[f64; 3]], confidence: &[f32]) {
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
        self.line(&(t, joints));
    }

    /// Records sensor samples as they were sent, as a line of JSON, `["sensor", t, [[…] or null
    /// …]]`.
    pub(super) fn felt(&mut self, t: f64, samples: &Samples) {
        self.line(&(SENSOR, t, samples));
    }

    fn line(&mut self, line: &impl Serialize) {
        // Serialising numbers into memory cannot fail.
        let _ = serde_json::to_writer(&mut self.part, line);
        self.part.push(b'\n');
        if self.since.elapsed() >= PART {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.since = Instant::now();
        // If the disk is seconds behind, dropping parts is better than slowing the live session
        // down.
        let _ = self.parts.try_send(std::mem::take(&mut self.part));
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.flush();
    }
}

fn write(app: &App, live: LiveId, mut waiting: mpsc::Receiver<Vec<u8>>) {
    let Some(store) = &app.store else { return };
    while let Some(part) = waiting.blocking_recv() {
        // The disk is full or the athlete was deleted meanwhile: what was written stays and is
        // recovered at the next start.
        if store.append_live(live, &part).is_err() {
            return;
        }
    }
    let sessions = store.live().unwrap_or_default();
    if let Some(session) = sessions.iter().find(|session| session.id == live) {
        finish(store, session);
    }
}

/// Turns live sessions that were never ended, because the server died, into recordings.
pub(crate) fn recover(store: &Store) {
    for live in store.live().unwrap_or_default() {
        finish(store, &live);
    }
}

/// Turns the parts of a session into a recording and its analysis.
fn finish(store: &Store, live: &Live) {
    let Ok(parts) = store.live_parts(live.id) else { return };
    let recording = recording(&live.head, &parts);
    let is_saved = match &recording {
        Some(recording) if recording.frames() >= LEAST => keep(store, live, recording),
        // Too short to analyse.
        _ => true,
    };
    if is_saved {
        // If this fails, the recording is at worst saved a second time, and recognised as the same
        // by its hash.
        let _ = store.end_live(live.id);
    }
}

fn keep(store: &Store, live: &Live, recording: &Recording) -> bool {
    let movement = live.head["movement"].as_str().unwrap_or("auto").to_owned();
    let options = Options { movement, ..Options::default() };
    match analyze(recording, None, Models::bundled(), &options) {
        Ok(analyzed) => save(
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
fn recording(head: &serde_json::Value, parts: &[Vec<u8>]) -> Option<Recording> {
    let skeleton: Arc<Skeleton> = Arc::new(serde_json::from_value(head["skeleton"].clone()).ok()?);
    let space: Space = serde_json::from_value(head["space"].clone()).ok()?;
    let sensor: Option<AgreedSensor> =
        serde_json::from_value(head["sensor"].clone()).ok().flatten();
    let mut track = Felt::default();
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
    let source = Source { name: "live".to_owned(), format: "live".to_owned(), ..Source::default() };
    let mut recording = Recording::new(source, skeleton, space, time, position, confidence).ok()?;
    recording.channels = sensor.map_or_else(Vec::new, |sensor| track.channels(&sensor));
    Some(recording)
}

/// Sensor samples on a uniform clock.
#[derive(Default)]
struct Felt {
    start_s: f64,
    /// Values, `[sample, axis]`; NaN where a sample was lost.
    values: Vec<[f64; 6]>,
}

impl Felt {
    /// Appends samples, the first at time `t` (s), filling a gap before them with NaN. Samples that
    /// overlap what is there, or that follow too long a gap, are dropped.
    fn push(&mut self, t: f64, samples: &Samples, rate_hz: f64) {
        if self.values.is_empty() {
            self.start_s = t;
        }
        let end = self.values.len();
        let lost = ((t - self.start_s) * rate_hz).round() - end as f64;
        // An unsteady clock may be slightly early or late.
        if !(-EARLY_S * rate_hz..=LONGEST_LOST_S * rate_hz).contains(&lost) {
            return;
        }
        self.values.resize(end + lost.max(0.0) as usize, [f64::NAN; 6]);
        self.values.extend(samples.iter().map(|sample| sample.unwrap_or([f64::NAN; 6])));
    }

    fn channels(&self, sensor: &AgreedSensor) -> Vec<Channel> {
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
        use agoge::motion::simulate::{Exercise, Set};
        let recording =
            Set { rate_hz: 30.0, repetitions: 3, ..Set::new(Exercise::Squat) }.simulate().recording;
        let head = json!({ "skeleton": *recording.skeleton, "space": recording.space, "movement": "squat" });
        let live = store.begin_live(ada, today(), &head).unwrap();
        let line = |frame: usize| {
            let joint = |joint: usize| recording.at(frame, joint);
            let joints: Vec<[f64; 4]> =
                (0..recording.joints()).map(joint).map(|[x, y, z]| [x, y, z, 1.0]).collect();
            serde_json::to_string(&(recording.time[frame], joints)).unwrap() + "\n"
        };
        for part in (0..recording.frames()).collect::<Vec<_>>().chunks(30) {
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
        recover(&store);
        assert!(store.live().unwrap().is_empty());
        let found = store.recordings(ada).unwrap();
        assert_eq!(found[0].frames as usize, recording.frames());
        assert_eq!(store.analyses(ada, 9).unwrap()[0].repetitions, 3);
    }
}
