//! Follows people from image to image.

use super::detector::Detector;
use super::landmarks::{Body, Landmarker};
use super::region::Region;
use crate::setup::Pose;
use crate::{Error, Picture};
use std::path::Path;

/// Bodies whose hips are nearer to each other than this share of the smaller region's side are the
/// same body.
const SAME_PERSON: f32 = 0.2;
/// Largest factor by which a person grows or shrinks from one image to the next.
const GROWTH: f32 = 1.3;
/// Presence required of a newcomer: the network is at least half sure of trees now and then.
const NEWCOMER: f32 = 0.8;
/// Seconds in which each part of the image is looked at closely while people are being followed: a
/// newcomer is found within this time.
const LOOK_AGAIN_S: f64 = 0.5;
/// Seconds that a person may be out of sight and still be recognised, if found where they could
/// have moved to.
const MEMORY_S: f64 = 1.0;
/// A person found is a lost one if nearer to the lost one's expected position than this share of
/// the region's side …
const NEAR: f32 = 0.75;
/// … and if the region is at most this many times as large or as small.
const AS_LARGE: f32 = 2.0;
/// Largest distance of a body's hips from the middle of the region in which it was looked for, as a
/// share of its side; beyond this it is a false detection. A sprinter moves by an eighth of it in a
/// thirtieth of a second.
const MOST_STEP: f32 = 0.25;

/// A person in one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracked {
    /// Number of the person, the same in every image; counted from 0 in order of appearance.
    pub person: usize,
    /// The person's body.
    pub body: Body,
}

/// A person who is or was followed.
struct Track {
    person: usize,
    region: Region,
    /// Velocity of the region's middle, px/s.
    speed: [f32; 2],
    seen_s: f64,
}

impl Track {
    /// The expected region of the person now, at constant velocity.
    fn expected(&self, time_s: f64) -> Region {
        let ahead_s = (time_s - self.seen_s) as f32;
        Region {
            x: self.region.x + self.speed[0] * ahead_s,
            y: self.region.y + self.speed[1] * ahead_s,
            ..self.region
        }
    }

    /// Whether someone found in a region can be this person.
    fn may_be_in(&self, region: &Region, time_s: f64) -> bool {
        let expected = self.expected(time_s);
        let size_ratio = region.side / expected.side;
        let distance = (region.x - expected.x).hypot(region.y - expected.y);
        distance < NEAR * expected.side && (1.0 / AS_LARGE..AS_LARGE).contains(&size_ratio)
    }
}

/// Follows the people in a video, frame by frame: each result depends only on earlier frames, so it
/// works live too.
pub struct Tracker {
    detector: Detector,
    landmarker: Landmarker,
    tracks: Vec<Track>,
    most: usize,
    people: usize,
    looked_s: f64,
    /// Time of the previous image.
    last_s: f64,
}

impl Tracker {
    /// Creates a tracker with the weights of a folder ([`crate::setup`]) that follows at most
    /// `most` people.
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

    /// The people in the next image, given its time in s.
    pub fn push(&mut self, picture: &Picture, time_s: f64) -> Vec<Tracked> {
        // Run on a thread of the pool, which shares the work of each image with the others.
        rayon::scope(|_| self.people_in(picture, time_s))
    }

    fn people_in(&mut self, picture: &Picture, time_s: f64) -> Vec<Tracked> {
        let mut seen: Vec<Tracked> = Vec::new();
        self.tracks.retain(|track| time_s - track.seen_s <= MEMORY_S);
        let last_s = std::mem::replace(&mut self.last_s, time_s);
        let followed = self.tracks.iter().filter(|track| track.seen_s == last_s);
        let followed: Vec<(usize, Region)> =
            followed.map(|track| (track.person, track.region)).collect();
        for (person, region) in followed {
            self.look(picture, time_s, person, region, &mut seen);
        }
        self.search(picture, time_s, &mut seen);
        let every_s = LOOK_AGAIN_S / Detector::round(picture) as f64;
        let is_due =
            seen.is_empty() || (seen.len() < self.most && time_s - self.looked_s >= every_s);
        if is_due {
            self.looked_s = time_s;
            for region in self.detector.find(picture) {
                if seen.len() >= self.most
                    || seen.iter().any(|one| is_same(&one.body.region, &region))
                {
                    continue;
                }
                let lost = self
                    .tracks
                    .iter()
                    .filter(|track| seen.iter().all(|one| one.person != track.person));
                let known = lost
                    .filter(|track| track.may_be_in(&region, time_s))
                    .max_by(|a, b| a.seen_s.total_cmp(&b.seen_s));
                let person = known.map_or(self.people, |track| track.person);
                // In a look at the whole image, trees and partial bodies pass for people.
                let Some(region) = self.detector.closer(picture, &region) else { continue };
                self.look(picture, time_s, person, region, &mut seen);
            }
        }
        seen.sort_by_key(|one| one.person);
        seen
    }

    /// Looks for recently lost people around their expected positions, whichever way up: in a
    /// somersault the region of the previous image is not enough.
    fn search(&mut self, picture: &Picture, time_s: f64, seen: &mut Vec<Tracked>) {
        let [width, height] = [picture.width() as f32, picture.height() as f32];
        let is_inside =
            |region: &Region| (0.0..width).contains(&region.x) && (0.0..height).contains(&region.y);
        for index in 0..self.tracks.len() {
            let track = &self.tracks[index];
            let (person, expected) = (track.person, track.expected(time_s));
            if seen.len() >= self.most || track.seen_s == time_s || !is_inside(&expected) {
                continue;
            }
            for region in self.detector.about(picture, &expected) {
                if self.tracks[index].may_be_in(&region, time_s)
                    && self.look(picture, time_s, person, region, seen)
                {
                    break;
                }
            }
        }
    }

    /// Looks for a person in a region and records what was seen; returns whether it was someone not
    /// yet seen in this image.
    fn look(
        &mut self,
        picture: &Picture,
        time_s: f64,
        person: usize,
        region: Region,
        seen: &mut Vec<Tracked>,
    ) -> bool {
        let Some(body) = self.landmarker.find(picture, region) else { return false };
        if (body.next.x - region.x).hypot(body.next.y - region.y) > MOST_STEP * region.side {
            return false;
        }
        let is_plausible = match self.tracks.iter().find(|track| track.person == person) {
            Some(track) => (1.0 / GROWTH..GROWTH).contains(&(body.next.side / track.region.side)),
            None => body.presence >= NEWCOMER,
        };
        if !is_plausible {
            return false;
        }
        // If two tracks end on the same body, the older one keeps it.
        if seen.iter().any(|one| is_same(&one.body.next, &body.next)) {
            return false;
        }
        self.people = self.people.max(person + 1);
        match self.tracks.iter_mut().find(|track| track.person == person) {
            Some(track) => {
                let elapsed_s = (time_s - track.seen_s) as f32;
                let speed = [body.next.x - track.region.x, body.next.y - track.region.y]
                    .map(|distance| distance / elapsed_s);
                *track = Track { person, region: body.next, speed, seen_s: time_s };
            }
            None => self.tracks.push(Track {
                person,
                region: body.next,
                speed: [0.0; 2],
                seen_s: time_s,
            }),
        }
        seen.push(Tracked { person, body });
        true
    }
}

/// Whether two regions show the same body, whatever sizes are assumed.
fn is_same(a: &Region, b: &Region) -> bool {
    (a.x - b.x).hypot(a.y - b.y) < SAME_PERSON * a.side.min(b.side)
}
