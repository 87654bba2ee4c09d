//! Live sessions on the disk: a part each second, so that a browser or a server that dies loses at
//! most the last one.

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

/// How long frames wait before they are written.
const PART: Duration = Duration::from_secs(1);
/// Parts that may wait for the disk.
const WAITING: usize = 8;
/// How a line with samples of a sensor begins.
const SENSOR: &str = "sensor";
/// What comes so much too early is of a clock that is not steady, and follows what is there, s.
const EARLY_S: f64 = 0.1;
/// What comes later than so long after the samples before is not of this session: its clock jumped,
/// s.
const LONGEST_LOST_S: f64 = 60.0;
/// Fewer frames are no movement and are not kept.
const LEAST: usize = 15;

/// Writes down one session.
pub(super) struct Keeper {
    parts: mpsc::Sender<Vec<u8>>,
    part: Vec<u8>,
    since: Instant,
}

impl Keeper {
    /// Begins to write a session of an athlete down; none if there is no library or no such
    /// athlete.
    pub(super) async fn begin(
        app: Arc<App>,
        athlete: i64,
        movement: &str,
        agreed: &Agreed,
    ) -> Option<Keeper> {
        let Agreed { skeleton, space, sensor, .. } = agreed;
        let head = json!({ "skeleton": **skeleton, "space": space, "movement": movement, "sensor": sensor });
        let own = app.clone();
        let begun = move || own.store.as_ref()?.begin_live(AthleteId(athlete), today(), &head).ok();
        let live = tokio::task::spawn_blocking(begun).await.ok()??;
        let (parts, waiting) = mpsc::channel(WAITING);
        // It ends when the keeper is dropped and everything is written.
        tokio::task::spawn_blocking(move || write(&app, live, waiting));
        Some(Keeper { parts, part: Vec::new(), since: Instant::now() })
    }

    /// Takes a frame: a line of JSON, `[t, [[x, y, z, confidence] or null …]]`.
    pub(super) fn frame(&mut self, t: f64, position: &[[f64; 3]], sure: &[f32]) {
        let joints: Vec<Option<[f64; 4]>> = position
            .iter()
            .zip(sure)
            .map(|([x, y, z], sure)| {
                x.is_finite().then_some([
                    *x,
                    *y,
                    if z.is_finite() { *z } else { 0.0 },
                    f64::from(*sure),
                ])
            })
            .collect();
        self.line(&(t, joints));
    }

    /// Takes samples of a sensor as they were sent: a line of JSON, `["sensor", t, [[…] or null
    /// …]]`.
    pub(super) fn felt(&mut self, t: f64, samples: &Samples) {
        self.line(&(SENSOR, t, samples));
    }

    fn line(&mut self, line: &impl Serialize) {
        // Numbers in memory can always be written.
        let _ = serde_json::to_writer(&mut self.part, line);
        self.part.push(b'\n');
        if self.since.elapsed() >= PART {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.since = Instant::now();
        // A disk that is seconds behind loses parts rather than the live session its pace.
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
        // found at the next start.
        if store.append_live(live, &part).is_err() {
            return;
        }
    }
    let found = store.live().unwrap_or_default();
    if let Some(own) = found.iter().find(|own| own.id == live) {
        finish(store, own);
    }
}

/// Makes recordings of the live sessions that nobody ended: those of a server that died.
pub(crate) fn recover(store: &Store) {
    for live in store.live().unwrap_or_default() {
        finish(store, &live);
    }
}

/// Makes a recording and its analysis of what was written of a session.
fn finish(store: &Store, live: &Live) {
    let Ok(parts) = store.live_parts(live.id) else { return };
    let recording = recording(&live.head, &parts);
    let kept = match &recording {
        Some(recording) if recording.frames() >= LEAST => keep(store, live, recording),
        // Too short to be anything.
        _ => true,
    };
    if kept {
        // Should this fail, the recording is there twice at worst: by its hash it is the same.
        let _ = store.end_live(live.id);
    }
}

fn keep(store: &Store, live: &Live, recording: &Recording) -> bool {
    let movement = live.head["movement"].as_str().unwrap_or("auto").to_owned();
    let options = Options { movement, ..Options::default() };
    match analyze(recording, None, Models::bundled(), &options) {
        Ok(done) => save(
            store,
            (live.athlete, live.day),
            recording,
            &done.analysis,
            Models::bundled(),
            &options,
        )
        .is_ok(),
        Err(_) => store.save_recording(live.athlete, live.day, recording).is_ok(),
    }
}

/// The recording of a session's parts; what is neither a frame nor a sample is left out.
fn recording(head: &serde_json::Value, parts: &[Vec<u8>]) -> Option<Recording> {
    let skeleton: Arc<Skeleton> = Arc::new(serde_json::from_value(head["skeleton"].clone()).ok()?);
    let space: Space = serde_json::from_value(head["space"].clone()).ok()?;
    let sensor: Option<AgreedSensor> =
        serde_json::from_value(head["sensor"].clone()).ok().flatten();
    let mut felt = Felt::default();
    let (mut time, mut position, mut confidence) = (Vec::new(), Vec::new(), Vec::new());
    for line in parts.iter().flat_map(|part| part.split(|byte| *byte == b'\n')) {
        if let (Some(sensor), Ok((_, t, samples))) =
            (&sensor, serde_json::from_slice::<(String, f64, Samples)>(line))
        {
            felt.push(t, &samples, sensor.rate_hz);
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
            confidence.push(joint.map_or(0.0, |[.., sure]| sure as f32));
        }
    }
    if let Some(sensor) = sensor.as_ref().filter(|_| time.is_empty()) {
        // Nobody was seen: the sensor's clock is the recording's.
        time = (0..felt.values.len()).map(|at| felt.start_s + at as f64 / sensor.rate_hz).collect();
        position = vec![agoge::motion::recording::MISSING; time.len() * skeleton.len()];
        confidence = vec![0.0; position.len()];
    }
    let source = Source { name: "live".to_owned(), format: "live".to_owned(), ..Source::default() };
    let mut recording = Recording::new(source, skeleton, space, time, position, confidence).ok()?;
    recording.channels = sensor.map_or_else(Vec::new, |sensor| felt.channels(&sensor));
    Some(recording)
}

/// Samples of a sensor on a steady clock.
#[derive(Default)]
struct Felt {
    start_s: f64,
    /// `[sample, axis]`; NaN where one was lost.
    values: Vec<[f64; 6]>,
}

impl Felt {
    /// Puts samples where they belong; the first at a time, s. What lies before what is there, or
    /// too far behind it, is left out.
    fn push(&mut self, t: f64, samples: &Samples, rate_hz: f64) {
        if self.values.is_empty() {
            self.start_s = t;
        }
        let end = self.values.len();
        let lost = ((t - self.start_s) * rate_hz).round() - end as f64;
        // A clock that is not steady is a little early or late.
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
        let made =
            Set { rate_hz: 30.0, repetitions: 3, ..Set::new(Exercise::Squat) }.simulate().recording;
        let head = json!({ "skeleton": *made.skeleton, "space": made.space, "movement": "squat" });
        let live = store.begin_live(ada, today(), &head).unwrap();
        let line = |frame: usize| {
            let joint = |joint: usize| made.at(frame, joint);
            let joints: Vec<[f64; 4]> =
                (0..made.joints()).map(joint).map(|[x, y, z]| [x, y, z, 1.0]).collect();
            serde_json::to_string(&(made.time[frame], joints)).unwrap() + "\n"
        };
        for part in (0..made.frames()).collect::<Vec<_>>().chunks(30) {
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
        assert_eq!(found[0].frames as usize, made.frames());
        assert_eq!(store.analyses(ada, 9).unwrap()[0].repetitions, 3);
    }
}
