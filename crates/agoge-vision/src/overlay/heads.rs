//! Locates heads so that they can be made unrecognisable.

use crate::TrackedVideo;
use crate::pose::{BodyLandmarks, TrackedPerson};
use std::collections::BTreeMap;

/// Landmarks of the head: nose, eyes, ears, mouth.
const HEAD: std::ops::Range<usize> = 0..11;
/// Landmarks of shoulders and hips.
const SHOULDERS: [usize; 2] = [11, 12];
const HIPS: [usize; 2] = [23, 24];
/// Distance from the shoulders to the middle of the head, and half the head's height, in trunk
/// lengths (shoulder to hip): 0.117 and 0.065 of 0.288 of standing height (Drillis & Contini 1966).
const HEAD_DISTANCE: f32 = 0.41;
const HALF_HEAD: f32 = 0.23;
/// A person lost for at most this long, s, gets a head interpolated between the last and next
/// position; and for this long, s, a head stays before someone is found and after they are lost.
const MAX_GAP_S: f64 = 1.0;
const HOLD_S: f64 = 0.2;

/// A circle in the image, px.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct HeadCircle {
    pub(super) middle: [f32; 2],
    pub(super) radius: f32,
}

/// The circles to hide in each frame, `[frame]`: two for everybody seen, and interpolated ones for
/// those lost for a moment.
pub(super) fn head_circles(film: &TrackedVideo) -> Vec<Vec<HeadCircle>> {
    let mut people: BTreeMap<usize, Vec<(usize, &TrackedPerson)>> = BTreeMap::new();
    film.seen
        .iter()
        .for_each(|(frame, one)| people.entry(one.person).or_default().push((*frame, one)));
    let mut heads = vec![Vec::new(); film.time.len()];
    let near =
        |a: usize, b: usize, most_s: f64| (film.time[a] - film.time[b]).abs() <= most_s + 1e-9;
    for seen in people.values() {
        let seen: Vec<(usize, [HeadCircle; 2])> =
            seen.iter().map(|(frame, one)| (*frame, circles_from_body(&one.body))).collect();
        seen.iter().for_each(|(frame, head_pair)| heads[*frame].extend(head_pair));
        let befores = std::iter::once(None).chain(seen.iter().map(Some));
        let afters = seen.iter().map(Some).chain(std::iter::once(None));
        for (before, after) in befores.zip(afters) {
            let gap = before.map_or(0, |(frame, _)| frame + 1)
                ..after.map_or(film.time.len(), |(frame, _)| *frame);
            for at in gap {
                match (before, after) {
                    (Some((a, head_pair)), Some((b, other))) if near(*a, *b, MAX_GAP_S) => {
                        let share = (at - a) as f32 / (b - a) as f32;
                        heads[at].extend(
                            (0..2).map(|which| head_pair[which].interpolate(other[which], share)),
                        );
                    }
                    _ => {
                        let still = [before, after]
                            .into_iter()
                            .flatten()
                            .filter(|(frame, _)| near(*frame, at, HOLD_S));
                        still.for_each(|(_, head_pair)| heads[at].extend(head_pair));
                    }
                }
            }
        }
    }
    heads
}

/// Two circles: one around the head landmarks with half as much margin again, and one where
/// shoulders and hips suggest the head is. From behind and from the side the head landmarks are
/// guesses that cover only a small part of the head.
fn circles_from_body(body: &BodyLandmarks) -> [HeadCircle; 2] {
    let points = &body.picture[HEAD];
    let middle = mean_point(points);
    let radius = points.iter().map(|point| point_distance(*point, middle)).fold(0.0, f32::max);
    let [shoulders, hips] =
        [SHOULDERS, HIPS].map(|pair| mean_point(&pair.map(|joint| body.picture[joint])));
    // The trunk may be bent towards the camera; the region is about as wide as 1.25 standing
    // heights.
    let trunk = point_distance(shoulders, hips).max(0.23 * 0.5 * body.region.side);
    let face = HeadCircle { middle, radius: (1.5 * radius).max(1.5 * HALF_HEAD * trunk) };
    let trunk_length = point_distance(shoulders, hips).max(1e-3);
    let above = [0, 1].map(|axis| {
        shoulders[axis] + HEAD_DISTANCE * trunk * (shoulders[axis] - hips[axis]) / trunk_length
    });
    // Half-way between the face and straight up, because heads nod.
    let skull = HeadCircle {
        middle: [0, 1].map(|axis| 0.5 * (above[axis] + middle[axis])),
        radius: 1.3 * HALF_HEAD * trunk,
    };
    [face, skull]
}

fn mean_point(points: &[[f32; 2]]) -> [f32; 2] {
    [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f32>() / points.len() as f32)
}

fn point_distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

impl HeadCircle {
    /// Interpolates between this circle and another by a share of the way; wider in the middle,
    /// where the position is uncertain.
    fn interpolate(self, other: HeadCircle, share: f32) -> HeadCircle {
        let mix = |a: f32, b: f32| a + share * (b - a);
        let middle = [0, 1].map(|axis| mix(self.middle[axis], other.middle[axis]));
        HeadCircle {
            middle,
            radius: mix(self.radius, other.radius) * (1.0 + 2.0 * share.min(1.0 - share)),
        }
    }

    /// The same circle in an image that begins at `corner` and is scaled by `scale`.
    pub(super) fn scaled_to_crop(self, corner: [f32; 2], scale: f32) -> HeadCircle {
        let middle = [0, 1].map(|axis| (self.middle[axis] - corner[axis]) * scale);
        HeadCircle { middle, radius: self.radius * scale }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::ImageRegion;

    /// A person standing upright at `x`, 100 px from hip to shoulder; all head landmarks in one
    /// point, as they are guessed from behind.
    fn standing_body(x: f32) -> BodyLandmarks {
        let mut picture = [[x, 300.0]; 33];
        picture[HEAD].fill([x, 60.0]);
        SHOULDERS.iter().for_each(|&joint| picture[joint] = [x, 100.0]);
        HIPS.iter().for_each(|&joint| picture[joint] = [x, 200.0]);
        let region = ImageRegion { x, y: 200.0, side: 400.0, angle: 0.0 };
        BodyLandmarks {
            picture,
            world: [[0.0; 3]; 33],
            visibility: [1.0; 33],
            presence: 1.0,
            region,
            next: region,
        }
    }

    fn film_of(frames: &[(usize, f32)]) -> TrackedVideo {
        let seen = frames
            .iter()
            .map(|&(frame, x)| (frame, TrackedPerson { person: 0, body: standing_body(x) }))
            .collect();
        let time = (0..100).map(|frame| frame as f64 / 30.0).collect();
        TrackedVideo {
            name: String::new(),
            size: [640, 480],
            rate_hz: None,
            time,
            seen,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_head_is_covered_whichever_way_it_looks() {
        // A head of 45 px (0.13 of a height of which the trunk's 100 px are 0.288), with the chin
        // 18 px above the shoulders.
        let heads = head_circles(&film_of(&[(0, 50.0)]));
        for (x, y) in [(50.0, 82.0), (50.0, 38.0), (35.0, 60.0), (65.0, 60.0)] {
            let is_hidden =
                heads[0].iter().any(|head| point_distance(head.middle, [x, y]) <= head.radius);
            assert!(is_hidden, "{x} {y} {:?}", heads[0]);
        }
    }

    #[test]
    fn who_is_lost_for_a_moment_keeps_a_head() {
        let heads = head_circles(&film_of(&[(10, 50.0), (20, 150.0), (80, 50.0)]));
        assert!(
            (heads[15][0].middle[0] - 100.0).abs() < 1e-3
                && heads[15][0].radius > heads[10][0].radius
        );
        // Lost for two seconds: a fifth of a second at either end, and nothing in between.
        let known: Vec<usize> = (0..100).filter(|&frame| !heads[frame].is_empty()).collect();
        let expected: Vec<usize> = (4..27).chain(74..87).collect();
        assert_eq!(known, expected);
    }
}
