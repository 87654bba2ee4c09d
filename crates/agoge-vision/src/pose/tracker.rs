//! Follows people from image to image.

use super::detector::PersonDetector;
use super::landmarks::{BodyLandmarks, Landmarker};
use super::region::ImageRegion;
use crate::setup::PoseModel;
use crate::{VideoImage, VisionError};
use std::path::Path;

/// Bodies whose hips are nearer to each other than this share of the smaller region's side are the
/// same body.
const SAME_PERSON: f32 = 0.2;
/// Largest factor by which a person grows or shrinks from one image to the next.
const MAX_GROWTH: f32 = 1.3;
/// Presence required of a newcomer: the network is at least half sure of trees now and then.
const MIN_NEWCOMER_PRESENCE: f32 = 0.8;
/// Seconds in which each part of the image is looked at closely while people are being followed: a
/// newcomer is found within this time.
const LOOK_AGAIN_S: f64 = 0.5;
/// Seconds that a person may be out of sight and still be recognised, if found where they could
/// have moved to.
const MEMORY_S: f64 = 1.0;
/// A person found is a lost one if nearer to the lost one's expected position than this share of
/// the region's side …
const MAX_DISTANCE: f32 = 0.75;
/// … and if the region is at most this many times as large or as small.
const MAX_SIZE_RATIO: f32 = 2.0;
/// Largest distance of a body's hips from the middle of the region in which it was looked for, as a
/// share of its side; beyond this it is a false detection. A sprinter moves by an eighth of it in a
/// thirtieth of a second.
const MAX_STEP: f32 = 0.25;

/// A person in one image.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackedPerson {
    /// Number of the person, the same in every image; counted from 0 in order of appearance.
    pub person: usize,
    /// The person's body.
    pub body: BodyLandmarks,
}

/// A person who is or was followed.
struct FollowedPerson {
    person: usize,
    region: ImageRegion,
    /// Velocity of the region's middle, px/s.
    speed: [f32; 2],
    seen_s: f64,
}

impl FollowedPerson {
    /// The expected region of the person now, at constant velocity.
    fn expected_region(&self, time_s: f64) -> ImageRegion {
        let ahead_s = (time_s - self.seen_s) as f32;
        ImageRegion {
            x: self.region.x + self.speed[0] * ahead_s,
            y: self.region.y + self.speed[1] * ahead_s,
            ..self.region
        }
    }

    /// Whether someone found in a region can be this person.
    fn may_be_in(&self, region: &ImageRegion, time_s: f64) -> bool {
        let expected = self.expected_region(time_s);
        let size_ratio = region.side / expected.side;
        let distance = (region.x - expected.x).hypot(region.y - expected.y);
        distance < MAX_DISTANCE * expected.side
            && (1.0 / MAX_SIZE_RATIO..MAX_SIZE_RATIO).contains(&size_ratio)
    }
}

/// Follows the people in a video, frame by frame: each result depends only on earlier frames, so it
/// works live too.
pub struct PersonTracker {
    detector: PersonDetector,
    landmarker: Landmarker,
    tracks: Vec<FollowedPerson>,
    max_people: usize,
    people_count: usize,
    looked_s: f64,
    /// Time of the previous image.
    last_s: f64,
}

impl PersonTracker {
    /// Creates a tracker with the weights of a folder ([`crate::setup`]) that follows at most
    /// `most` people.
    ///
    /// # Errors
    /// [`VisionError::NoWeights`] before they are set up, [`VisionError::Damaged`],
    /// [`VisionError::Io`].
    pub fn new(folder: &Path, pose: PoseModel, most: usize) -> Result<PersonTracker, VisionError> {
        let (detector, landmarker) = (PersonDetector::new(folder)?, Landmarker::new(folder, pose)?);
        let never = f64::NEG_INFINITY;
        Ok(PersonTracker {
            detector,
            landmarker,
            tracks: Vec::new(),
            max_people: most.max(1),
            people_count: 0,
            looked_s: never,
            last_s: never,
        })
    }

    /// The people in the next image, given its time in s.
    pub fn push(&mut self, picture: &VideoImage, time_s: f64) -> Vec<TrackedPerson> {
        // Run on a thread of the pool, which shares the work of each image with the others.
        rayon::scope(|_| self.track_people(picture, time_s))
    }

    fn track_people(&mut self, picture: &VideoImage, time_s: f64) -> Vec<TrackedPerson> {
        let mut seen: Vec<TrackedPerson> = Vec::new();
        self.tracks.retain(|track| time_s - track.seen_s <= MEMORY_S);
        let last_s = std::mem::replace(&mut self.last_s, time_s);
        let followed = self.tracks.iter().filter(|track| track.seen_s == last_s);
        let followed: Vec<(usize, ImageRegion)> =
            followed.map(|track| (track.person, track.region)).collect();
        for (person, region) in followed {
            self.look_for_person(picture, time_s, person, region, &mut seen);
        }
        self.search_lost(picture, time_s, &mut seen);
        let every_s = LOOK_AGAIN_S / PersonDetector::looks_per_round(picture) as f64;
        let is_due =
            seen.is_empty() || (seen.len() < self.max_people && time_s - self.looked_s >= every_s);
        if is_due {
            self.looked_s = time_s;
            for region in self.detector.find_people(picture) {
                if seen.len() >= self.max_people
                    || seen.iter().any(|one| is_same_body(&one.body.region, &region))
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
                let person = known.map_or(self.people_count, |track| track.person);
                // In a look at the whole image, trees and partial bodies pass for people.
                let Some(region) = self.detector.refine_region(picture, &region) else { continue };
                self.look_for_person(picture, time_s, person, region, &mut seen);
            }
        }
        seen.sort_by_key(|one| one.person);
        seen
    }

    /// Looks for recently lost people around their expected positions, whichever way up: in a
    /// somersault the region of the previous image is not enough.
    fn search_lost(&mut self, picture: &VideoImage, time_s: f64, seen: &mut Vec<TrackedPerson>) {
        let [width, height] = [picture.width() as f32, picture.height() as f32];
        let is_inside = |region: &ImageRegion| {
            (0.0..width).contains(&region.x) && (0.0..height).contains(&region.y)
        };
        for index in 0..self.tracks.len() {
            let track = &self.tracks[index];
            let (person, expected) = (track.person, track.expected_region(time_s));
            if seen.len() >= self.max_people || track.seen_s == time_s || !is_inside(&expected) {
                continue;
            }
            for region in self.detector.find_around(picture, &expected) {
                if self.tracks[index].may_be_in(&region, time_s)
                    && self.look_for_person(picture, time_s, person, region, seen)
                {
                    break;
                }
            }
        }
    }

    /// Looks for a person in a region and records what was seen; returns whether it was someone not
    /// yet seen in this image.
    fn look_for_person(
        &mut self,
        picture: &VideoImage,
        time_s: f64,
        person: usize,
        region: ImageRegion,
        seen: &mut Vec<TrackedPerson>,
    ) -> bool {
        let Some(body) = self.landmarker.find_body(picture, region) else { return false };
        if (body.next.x - region.x).hypot(body.next.y - region.y) > MAX_STEP * region.side {
            return false;
        }
        let is_plausible = match self.tracks.iter().find(|track| track.person == person) {
            Some(track) => {
                (1.0 / MAX_GROWTH..MAX_GROWTH).contains(&(body.next.side / track.region.side))
            }
            None => body.presence >= MIN_NEWCOMER_PRESENCE,
        };
        if !is_plausible {
            return false;
        }
        // If two tracks end on the same body, the older one keeps it.
        if seen.iter().any(|one| is_same_body(&one.body.next, &body.next)) {
            return false;
        }
        self.people_count = self.people_count.max(person + 1);
        match self.tracks.iter_mut().find(|track| track.person == person) {
            Some(track) => {
                let elapsed_s = (time_s - track.seen_s) as f32;
                let speed = [body.next.x - track.region.x, body.next.y - track.region.y]
                    .map(|distance| distance / elapsed_s);
                *track = FollowedPerson { person, region: body.next, speed, seen_s: time_s };
            }
            None => self.tracks.push(FollowedPerson {
                person,
                region: body.next,
                speed: [0.0; 2],
                seen_s: time_s,
            }),
        }
        seen.push(TrackedPerson { person, body });
        true
    }
}

/// Whether two regions show the same body, whatever sizes are assumed.
fn is_same_body(a: &ImageRegion, b: &ImageRegion) -> bool {
    (a.x - b.x).hypot(a.y - b.y) < SAME_PERSON * a.side.min(b.side)
}
