//! From a video to the people in it, and from one of them to a recording.

use crate::pose::{LANDMARKS, PersonTracker, TrackedPerson};
use crate::setup::PoseModel;
use crate::{Video, VideoImage, VisionError};
use agoge_motion::{Recording, RecordingSource, Skeleton, Space, UpAxis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::sync_channel;

/// Decoded images queued for the network: enough that neither side waits for the other, few enough
/// to need little memory.
const QUEUE_LENGTH: usize = 4;

/// Options for reading videos. Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VideoOptions {
    /// Which network finds the landmarks.
    pub pose: PoseModel,
    /// Maximum number of people followed at once.
    pub people: usize,
    /// Which of the two kinds of landmarks makes up the recording.
    pub landmarks: LandmarkKind,
    /// Frames per second of a folder of images (30 if not given); other videos have their own
    /// clock.
    #[serde(skip)]
    pub rate_hz: Option<f64>,
}

impl Default for VideoOptions {
    fn default() -> VideoOptions {
        VideoOptions {
            pose: PoseModel::default(),
            people: 4,
            landmarks: LandmarkKind::default(),
            rate_hz: None,
        }
    }
}

/// The two kinds of landmarks that the network gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LandmarkKind {
    /// Their position in the image, px: what the camera saw, in two dimensions.
    #[default]
    Picture,
    /// Their estimated position in the room, m from the hips: three dimensions, of which the depth
    /// is a guess.
    World,
}

/// The people seen in a video. The images themselves are not kept.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackedVideo {
    /// The file's name without its path.
    pub name: String,
    /// Width and height as seen, px.
    pub size: [usize; 2],
    /// Requested frames per second of a folder of images.
    pub rate_hz: Option<f64>,
    /// Presentation time of each frame, s from the first of the video, strictly increasing,
    /// `[frame]`.
    pub time: Vec<f64>,
    /// Frame index and person for each sighting, ordered by frame and person.
    pub seen: Vec<(usize, TrackedPerson)>,
    /// What had to be left out, one sentence each.
    pub notes: Vec<String>,
}

impl TrackedVideo {
    /// Reads a video: one thread decodes, the pool's threads look for people. `range` selects a
    /// part of it, s; `progress` receives the number of frames done and the total (0 if unknown).
    /// Memory does not grow with the images, only by 0.8 kB per person and frame.
    ///
    /// # Errors
    /// Every [`VisionError`].
    pub fn read_video(
        path: &Path,
        weights: &Path,
        options: &VideoOptions,
        range: Option<[f64; 2]>,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<TrackedVideo, VisionError> {
        // Open the video first, so that a wrong file is reported even before a network is set up.
        let video = Video::open(path, options.rate_hz)?;
        let tracker = PersonTracker::new(weights, options.pose, options.people)?;
        let mut film = TrackedVideo::follow_people(path, video, tracker, range, progress)?;
        film.rate_hz = options.rate_hz;
        if path.is_dir() && options.rate_hz.is_none() {
            film.notes
                .push("a folder of pictures has no clock: 30 frames a second assumed".to_owned());
        }
        Ok(film)
    }

    /// Like [`TrackedVideo::read_video`], with a video and a tracker that are already open.
    pub(crate) fn follow_people(
        path: &Path,
        mut video: Video,
        mut tracker: PersonTracker,
        range: Option<[f64; 2]>,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<TrackedVideo, VisionError> {
        let frames = video.frame_count();
        let [from, to] = range.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        let name =
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut film = TrackedVideo {
            name,
            size: [0; 2],
            rate_hz: None,
            time: Vec::new(),
            seen: Vec::new(),
            notes: Vec::new(),
        };
        let (send, pictures) = sync_channel::<Result<(f64, VideoImage), VisionError>>(QUEUE_LENGTH);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                while let Some(next) = video.next_image().transpose() {
                    let is_last = next.as_ref().map_or(true, |(time_s, _)| *time_s > to);
                    // The receiver is gone once something went wrong on the other side.
                    if send.send(next).is_err() || is_last {
                        break;
                    }
                }
            });
            let (mut doubled, mut resized) = (0, 0);
            for (done, next) in pictures.iter().enumerate() {
                let (time_s, picture) = next?;
                progress(done + 1, frames);
                if !(from..=to).contains(&time_s) {
                    continue;
                }
                let size = [picture.width(), picture.height()];
                if film.time.is_empty() {
                    film.size = size;
                }
                match (film.time.last().is_some_and(|&last| time_s <= last), size == film.size) {
                    (true, _) => doubled += 1,
                    (_, false) => resized += 1,
                    _ => {
                        let frame = film.time.len();
                        film.time.push(time_s);
                        film.seen.extend(tracker.push(&picture, time_s).into_iter().map(|person| (frame, person)));
                    }
                }
            }
            for (count, what) in
                [(doubled, "shown at the time of another"), (resized, "of another size than the first")]
            {
                if count > 0 {
                    film.notes.push(format!("{count} frames {what} left out"));
                }
            }
            Ok(())
        })
        .map(|()| film)
        .and_then(|film| match film.time.is_empty() {
            false => Ok(film),
            true => {
                let what = if range.is_some() { "no frame in the time range" } else { "there is no frame in it" };
                Err(VisionError::video(
                    path,
                    what,
                    "check that the video was written to its end, and the time range if you gave one",
                ))
            }
        })
    }

    /// Number of frames and summed region sizes of each person, by person number.
    fn person_sizes(&self) -> BTreeMap<usize, (usize, f32)> {
        let mut people = BTreeMap::new();
        for (_, one) in &self.seen {
            let (frames, size) = people.entry(one.person).or_insert((0, 0.0));
            *frames += 1;
            *size += one.body.region.side;
        }
        people
    }

    /// The person to read: the one asked for, or else the one largest for longest. `None` if there
    /// is no such person.
    pub fn choose_person(&self, person: Option<usize>) -> Option<usize> {
        let people = self.person_sizes();
        match person {
            Some(person) => people.contains_key(&person).then_some(person),
            None => people
                .iter()
                .rev()
                .max_by(|a, b| a.1.1.total_cmp(&b.1.1))
                .map(|(&person, _)| person),
        }
    }

    /// The recording of one person (see [`TrackedVideo::choose_person`]), 33 joints. In the image:
    /// px, y up from its lower edge. In the room: m from the middle of the hips, y up.
    ///
    /// # Errors
    /// [`VisionError::Video`] if nobody, or not the person asked for, is seen.
    pub fn to_recording(
        &self,
        path: &Path,
        person: Option<usize>,
        landmarks: LandmarkKind,
    ) -> Result<Recording, VisionError> {
        let people = self.person_sizes();
        let Some(chosen) = self.choose_person(person) else {
            return Err(match person.filter(|_| !people.is_empty()) {
                Some(person) => {
                    let known: Vec<String> = people.keys().take(10).map(usize::to_string).collect();
                    let what = format!(
                        "no person {person}: {} seen, numbered {}",
                        people.len(),
                        known.join(", ")
                    );
                    VisionError::video(
                        path,
                        what,
                        "choose one of these, or none for the largest for longest",
                    )
                }
                None => {
                    let what = format!("nobody is seen in any of the {} frames", self.time.len());
                    VisionError::video(
                        path,
                        what,
                        "the whole body must be in the picture, not too small and not too dark",
                    )
                }
            });
        };
        let joints = self.time.len() * LANDMARKS;
        let mut position = vec![agoge_motion::recording::MISSING; joints];
        let mut confidence = vec![0.0; joints];
        let height = self.size[1] as f64;
        for (frame, TrackedPerson { body, .. }) in
            self.seen.iter().filter(|(_, one)| one.person == chosen)
        {
            for joint in 0..LANDMARKS {
                let at = frame * LANDMARKS + joint;
                confidence[at] = body.visibility[joint];
                position[at] = match landmarks {
                    LandmarkKind::Picture => {
                        let [x, y] = body.picture[joint].map(f64::from);
                        [x, height - y, f64::NAN]
                    }
                    LandmarkKind::World => UpAxis::YDown.to_y_up(body.world[joint].map(f64::from)),
                };
            }
        }
        let mut notes = self.notes.clone();
        if people.len() > 1 {
            let reason = if person.is_some() { "as asked" } else { "the largest for longest" };
            let frames = people.get(&chosen).map_or(0, |(frames, _)| *frames);
            notes.push(format!(
                "{} people seen: person {chosen} read ({reason}, in {frames} frames)",
                people.len()
            ));
        }
        let space = match landmarks {
            LandmarkKind::Picture => {
                Space::Image { width: Some(self.size[0] as f64), height: Some(height) }
            }
            LandmarkKind::World => {
                notes.push("depth is the network's guess, and how the body moves through the room is not seen".into());
                Space::World
            }
        };
        let source = RecordingSource {
            skeleton: None,
            name: self.name.clone(),
            format: "video".into(),
            up_axis: UpAxis::YDown,
            simulated: false,
            notes,
        };
        Ok(Recording::new(
            source,
            Skeleton::mediapipe_33(),
            space,
            self.time.clone(),
            position,
            confidence,
        )?)
    }
}
