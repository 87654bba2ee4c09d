//! Finds people in the whole image.

use super::ImageRegion;
use crate::network::PoseNetwork;
use crate::{VideoImage, VisionError, setup};
use std::path::Path;

/// Cells along a side and anchors per cell for the three grids of the detector, in the order of its
/// outputs: strides of 8, 16 and 32 px; the last grid stands for three layers (MediaPipe,
/// `pose_detection_cpu.pbtxt`).
const GRIDS: [(usize, usize); 3] = [(28, 2), (14, 2), (7, 6)];
/// Numbers per anchor: a box (middle and size) and four points, of which the first is the middle of
/// the hips and the second lies on the circle around the body.
const ANCHOR_NUMBERS: usize = 12;
/// Detections with lower scores are discarded.
const MIN_SCORE: f32 = 0.5;
/// Boxes that overlap by more show the same person.
const MIN_OVERLAP: f32 = 0.3;
/// A close look covers this many times the width of a body's region.
const CLOSE_LOOK_SCALE: f32 = 1.5;

/// The person detector.
pub(super) struct PersonDetector {
    network: PoseNetwork,
    /// Middle of each anchor, as a share of the image.
    anchors: Vec<[f32; 2]>,
    crop: Vec<f32>,
    /// Number of calls of [`PersonDetector::find_people`] so far.
    looks: usize,
}

/// One detected person, in px of the network's input.
struct PersonDetection {
    score: f32,
    /// Left, top, right, bottom.
    edges: [f32; 4],
    hips: [f32; 2],
    top: [f32; 2],
}

impl PersonDetector {
    pub(super) fn new(folder: &Path) -> Result<PersonDetector, VisionError> {
        let network = PoseNetwork::new(&setup::read_detector(folder)?, &[0, 1]);
        let network = network
            .map_err(|what| VisionError::Damaged { path: folder.join("detector.tflite"), what })?;
        Ok(PersonDetector { network, anchors: anchor_middles(), crop: Vec::new(), looks: 0 })
    }

    /// Finds the regions of the people in an image, the surest first; a person may appear twice.
    ///
    /// Looks at the whole image and, more closely, at one of the squares that cover it, a different
    /// one each time: in a wide image, people far away are too small for the network.
    pub(super) fn find_people(&mut self, picture: &VideoImage) -> Vec<ImageRegion> {
        let squares = covering_squares(picture.width() as f32, picture.height() as f32);
        let closer = squares[1..].get(self.looks % squares.len().max(2).saturating_sub(1)).copied();
        self.looks += 1;
        let mut people = self.detect_people(picture, squares[0]);
        people.extend(closer.into_iter().flat_map(|square| self.detect_people(picture, square)));
        people
    }

    /// Number of calls of [`PersonDetector::find_people`] until each part of the image has been
    /// seen closely.
    pub(super) fn looks_per_round(picture: &VideoImage) -> usize {
        (covering_squares(picture.width() as f32, picture.height() as f32).len() - 1).max(1)
    }

    /// Refines the region of a person found in a look at a large part of the image by a close look;
    /// `None` if nobody is seen there.
    pub(super) fn refine_region(
        &mut self,
        picture: &VideoImage,
        region: &ImageRegion,
    ) -> Option<ImageRegion> {
        let found = self.detect_people(
            picture,
            ImageRegion { side: CLOSE_LOOK_SCALE * region.side, ..*region },
        );
        found.into_iter().find(|found| found.overlap(region) > MIN_OVERLAP)
    }

    /// Finds the regions of people around a region, whichever way up they are: the network only
    /// knows upright people, so it looks at four rotations.
    pub(super) fn find_around(
        &mut self,
        picture: &VideoImage,
        region: &ImageRegion,
    ) -> Vec<ImageRegion> {
        let turns = [0.0, 0.5, 1.0, 1.5].map(|turn| turn * std::f32::consts::PI);
        turns
            .into_iter()
            .flat_map(|angle| {
                self.detect_people(
                    picture,
                    ImageRegion { angle, side: CLOSE_LOOK_SCALE * region.side, ..*region },
                )
            })
            .collect()
    }

    /// Finds the regions of the people in a square of the image.
    fn detect_people(&mut self, picture: &VideoImage, square: ImageRegion) -> Vec<ImageRegion> {
        let [size, _] = self.network.input_size();
        picture.crop_region(&square, size, [-1.0, 1.0], &mut self.crop);
        let outputs = self.network.compute_outputs(&self.crop);
        let [boxes, scores] = &outputs[..] else { return Vec::new() };
        let [xs, ys] = square.affine_map(size);
        let to_picture =
            |[x, y]: [f32; 2]| [xs[0] * x + xs[1] * y + xs[2], ys[0] * x + ys[1] * y + ys[2]];
        let people = merge_detections(self.decode_anchors(boxes, scores, size as f32));
        let regions = people
            .iter()
            .map(|one| ImageRegion::from_body(to_picture(one.hips), to_picture(one.top)));
        regions.filter(ImageRegion::is_plausible).collect()
    }

    /// Decodes the anchors that see someone.
    fn decode_anchors(&self, boxes: &[f32], scores: &[f32], size: f32) -> Vec<PersonDetection> {
        let candidates = boxes.chunks_exact(ANCHOR_NUMBERS).zip(scores).zip(&self.anchors);
        candidates
            .filter_map(|((numbers, score), anchor)| {
                let score = 1.0 / (1.0 + (-score.clamp(-100.0, 100.0)).exp());
                if score < MIN_SCORE {
                    return None;
                }
                let point = |at: usize| {
                    [numbers[at] + anchor[0] * size, numbers[at + 1] + anchor[1] * size]
                };
                let ([x, y], [w, h]) = (point(0), [0.5 * numbers[2], 0.5 * numbers[3]]);
                Some(PersonDetection {
                    score,
                    edges: [x - w, y - h, x + w, y + h],
                    hips: point(4),
                    top: point(6),
                })
            })
            .collect()
    }
}

/// The square around the whole image, and the half-overlapping squares as wide as its shorter side
/// that cover it; none of the latter if the image is nearly square itself.
fn covering_squares(width: f32, height: f32) -> Vec<ImageRegion> {
    let (short, long) = (width.min(height), width.max(height));
    let mut squares = vec![ImageRegion { x: 0.5 * width, y: 0.5 * height, side: long, angle: 0.0 }];
    let steps = (2.0 * (long / short - 1.0)).ceil().min(64.0);
    if long > 1.2 * short {
        for step in 0..=steps as usize {
            let along = 0.5 * short + (long - short) * step as f32 / steps;
            let [x, y] = if width > height { [along, 0.5 * height] } else { [0.5 * width, along] };
            squares.push(ImageRegion { x, y, side: short, angle: 0.0 });
        }
    }
    squares
}

/// Middles of the anchors; all anchors of a cell lie in its middle.
fn anchor_middles() -> Vec<[f32; 2]> {
    let grid = |(cells, each): (usize, usize)| {
        (0..cells * cells * each).map(move |index| {
            let cell = index / each;
            [(cell % cells) as f32 + 0.5, (cell / cells) as f32 + 0.5].map(|at| at / cells as f32)
        })
    };
    GRIDS.into_iter().flat_map(grid).collect()
}

/// Merges detections to one per person: the mean of all that overlap the surest one, weighted by
/// score (weighted non-maximum suppression).
fn merge_detections(mut found: Vec<PersonDetection>) -> Vec<PersonDetection> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut people = Vec::new();
    while let Some(first) = found.first() {
        let edges = first.edges;
        let (same, others): (Vec<PersonDetection>, Vec<PersonDetection>) = found
            .into_iter()
            .partition(|one| intersection_over_union(one.edges, edges) > MIN_OVERLAP);
        found = others;
        let total: f32 = same.iter().map(|one| one.score).sum();
        if same.is_empty() {
            break; // a box without area overlaps nothing, not even itself
        }
        let mean = |number: &dyn Fn(&PersonDetection) -> f32| {
            same.iter().map(|one| one.score * number(one)).sum::<f32>() / total
        };
        people.push(PersonDetection {
            score: same[0].score,
            edges: [0, 1, 2, 3].map(|k| mean(&|one| one.edges[k])),
            hips: [0, 1].map(|k| mean(&|one| one.hips[k])),
            top: [0, 1].map(|k| mean(&|one| one.top[k])),
        });
    }
    people
}

/// Intersection over union of two boxes.
fn intersection_over_union(a: [f32; 4], b: [f32; 4]) -> f32 {
    let area = |e: [f32; 4]| (e[2] - e[0]).max(0.0) * (e[3] - e[1]).max(0.0);
    let both = area([a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    both / (area(a) + area(b) - both)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_anchor_for_each_score_of_the_network() {
        // The network's outputs are [1, 2254, 12] and [1, 2254, 1].
        let anchors = anchor_middles();
        assert_eq!(anchors.len(), 2254);
        assert_eq!((anchors[0], anchors[2]), ([0.5 / 28.0; 2], [1.5 / 28.0, 0.5 / 28.0]));
        assert_eq!(anchors[2253], [6.5 / 7.0; 2]);
    }

    #[test]
    fn squares_cover_a_wide_picture() {
        let squares = covering_squares(1600.0, 900.0);
        assert_eq!(squares[0].side, 1600.0);
        let middles: Vec<f32> = squares[1..].iter().map(|square| square.x).collect();
        assert_eq!(middles, [450.0, 800.0, 1150.0]);
        assert_eq!(super::covering_squares(100.0, 110.0).len(), 1);
        assert!(super::covering_squares(1.0, 1e6).len() < 70);
    }

    #[test]
    fn those_that_overlap_are_one_person() {
        let at = |x: f32, score| PersonDetection {
            score,
            edges: [x, 0.0, x + 10.0, 10.0],
            hips: [x, 5.0],
            top: [x, 0.0],
        };
        let people = merge_detections(vec![at(1.0, 0.6), at(0.0, 0.9), at(50.0, 0.7)]);
        assert_eq!(people.len(), 2);
        // (0.9·0 + 0.6·1) / 1.5
        assert!((people[0].hips[0] - 0.4).abs() < 1e-6 && people[1].hips[0] == 50.0);
        assert!(
            merge_detections(vec![PersonDetection {
                score: 0.9,
                edges: [0.0; 4],
                hips: [0.0; 2],
                top: [0.0; 2]
            }])
            .is_empty()
        );
    }
}
