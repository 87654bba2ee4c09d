//! Following people from picture to picture.

use super::detector::Detector;
use super::landmarks::{Body, Landmarker};
use super::region::Region;
use crate::setup::Pose;
use crate::{Error, Picture};
use std::path::Path;

/// Regions that overlap by more are of the same person.
const SAME_PERSON: f32 = 0.4;
/// Seconds between two looks at the whole picture while people are being followed: a newcomer is found this late at the latest.
const LOOK_AGAIN_S: f64 = 0.5;
/// Seconds that somebody may be out of sight and still be taken for the same person, if found where last seen.
const MEMORY_S: f64 = 1.0;

/// A person in one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracked {
    /// The same from picture to picture; counted from 0 in order of appearance.
    pub person: usize,
    /// Where the body is.
    pub body: Body,
}

/// Somebody who is or was followed.
struct Track {
    person: usize,
    region: Region,
    seen_s: f64,
}

/// Follows the people of a video, frame by frame: what happens to a frame depends on those before it only, so it works live too.
pub struct Tracker {
    detector: Detector,
    landmarker: Landmarker,
    tracks: Vec<Track>,
    most: usize,
    people: usize,
    looked_s: f64,
    /// Time of the picture before.
    last_s: f64,
}

impl Tracker {
    /// A tracker with the weights of a folder ([`crate::setup`]) that follows at most so many people.
    ///
    /// # Errors
    /// [`Error::NoWeights`] before they are set up, [`Error::Damaged`], [`Error::Io`].
    pub fn new(folder: &Path, pose: Pose, most: usize) -> Result<Tracker, Error> {
        let (detector, landmarker) = (Detector::new(folder)?, Landmarker::new(folder, pose)?);
        let never = f64::NEG_INFINITY;
        Ok(Tracker {
            detector,
            landmarker,
            tracks: Vec::new(),
            most: most.max(1),
            people: 0,
            looked_s: never,
            last_s: never,
        })
    }

    /// The people in the next picture, at its time in s.
    pub fn push(&mut self, picture: &Picture, time_s: f64) -> Vec<Tracked> {
        let mut seen: Vec<Tracked> = Vec::new();
        self.tracks.retain(|track| time_s - track.seen_s <= MEMORY_S);
        let last_s = std::mem::replace(&mut self.last_s, time_s);
        let followed = self.tracks.iter().filter(|track| track.seen_s == last_s);
        let followed: Vec<(usize, Region)> = followed.map(|track| (track.person, track.region)).collect();
        for (person, region) in followed {
            self.look(picture, time_s, person, region, &mut seen);
        }
        let due = seen.is_empty() || (seen.len() < self.most && time_s - self.looked_s >= LOOK_AGAIN_S);
        if due {
            self.looked_s = time_s;
            for region in self.detector.find(picture) {
                let known = seen.iter().any(|one| one.body.region.overlap(&region) > SAME_PERSON);
                if known || seen.len() >= self.most {
                    continue;
                }
                let lost = self.tracks.iter().filter(|track| seen.iter().all(|one| one.person != track.person));
                let nearest = lost.max_by(|a, b| a.region.overlap(&region).total_cmp(&b.region.overlap(&region)));
                let person = nearest
                    .filter(|track| track.region.overlap(&region) > 0.0)
                    .map_or(self.people, |track| track.person);
                self.look(picture, time_s, person, region, &mut seen);
            }
        }
        seen.sort_by_key(|one| one.person);
        seen
    }

    /// Looks for a person in a region, and remembers what was seen.
    fn look(&mut self, picture: &Picture, time_s: f64, person: usize, region: Region, seen: &mut Vec<Tracked>) {
        let Some(body) = self.landmarker.find(picture, region) else { return };
        // Two tracks that end on the same body: the older one has it.
        if seen.iter().any(|one| one.body.next.overlap(&body.next) > 1.5 * SAME_PERSON) {
            return;
        }
        self.people = self.people.max(person + 1);
        let now = Track { person, region: body.next, seen_s: time_s };
        match self.tracks.iter_mut().find(|track| track.person == person) {
            Some(track) => *track = now,
            None => self.tracks.push(now),
        }
        seen.push(Tracked { person, body });
    }
}
