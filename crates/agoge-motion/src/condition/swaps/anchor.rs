//! What a single frame says about sides: whether shoulders and hips agree, and on which side face,
//! feet and knees put left.

use super::{AGREEMENT_GAIN, CONTRADICTION_PRICE, Labelling, flat_norm};
use crate::recording::{MISSING, Recording};
use crate::statistics::{nearest_quantile, upper_median};
use crate::vector::{add, cross, dot, mean_point, norm, scale, sub};
use crate::{Part, Side};

/// The anchors must favour a labelling of the whole recording by this much over the recorded one to
/// decide against what most frames say (a negative logarithm).
pub(super) const DECISIVE: f64 = 12.0;
/// How much an anchor that is perfectly clear weighs in one frame and girdle.
const ANCHOR_WEIGHT: f64 = 0.5;
/// Least width of a girdle, as a share of its usual width, that tells its direction in a frame.
const TELLING_WIDTH: f64 = 0.6;
/// Usual least widths of shoulders and hips in trunk lengths seen from the front; a recording from
/// the side shows less.
const LEAST_WIDTHS: [f64; 2] = [0.4, 0.2];
/// Half the number of frames around a frame whose median tells where the body usually is.
const STRANGER_FRAMES: usize = 15;
/// Confidence of a face that is certainly in sight.
const FACE_CONFIDENCE: f32 = 0.5;

/// What each frame says about sides.
pub(super) struct BodyFrames {
    /// Median length of the trunk, or the usual width of shoulders or hips if that is greater.
    pub(super) trunk: f64,
    /// Whether shoulders and hips point the same way, `[frame]`: 1, −1 if they contradict each
    /// other, 0 if one of them tells nothing.
    agreement: Vec<f64>,
    /// From the right to the left shoulder and hip in usual widths, `[frame]`; NaN where not seen.
    turns: Vec<[[f64; 3]; 2]>,
    /// How much the anchors favour the recorded labels of shoulders and hips, `[frame]`, −1 to 1.
    anchors: Vec<[f64; 2]>,
    /// Whether the face is labelled like the shoulders, `[frame]`.
    face_agrees: Vec<bool>,
    /// Whether the frame shows somebody else, `[frame]`.
    strangers: Vec<bool>,
}

impl BodyFrames {
    /// Measures a recording.
    pub(super) fn from_recording(recording: &Recording, min_confidence: f32) -> BodyFrames {
        let frames = recording.frame_count();
        let view = FrameView { recording, min_confidence };
        let girdles = [Part::LeftShoulder, Part::LeftHip];
        let across: Vec<[[f64; 3]; 2]> =
            (0..frames).map(|frame| girdles.map(|part| view.across(frame, part))).collect();
        let median = |values: Vec<f64>| {
            let mut finite: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
            upper_median(&mut finite)
        };
        let trunk = median(
            (0..frames)
                .map(|frame| {
                    flat_norm(sub(
                        view.middle(frame, Part::LeftShoulder),
                        view.middle(frame, Part::LeftHip),
                    ))
                })
                .collect(),
        );
        let widest = |girdle: usize| {
            let mut widths: Vec<f64> = across
                .iter()
                .map(|across| flat_norm(across[girdle]))
                .filter(|width| width.is_finite())
                .collect();
            nearest_quantile(&mut widths, 0.9).unwrap_or(0.0)
        };
        let widths = [widest(0), widest(1)];
        // Bent towards the camera a trunk looks short.
        let trunk = trunk.unwrap_or(0.0).max(widths[0]).max(widths[1]);
        let usual = [0, 1].map(|girdle| widths[girdle].max(LEAST_WIDTHS[girdle] * trunk));
        let is_telling = |frame: usize, girdle: usize| {
            flat_norm(across[frame][girdle]) > TELLING_WIDTH * usual[girdle]
        };
        let agreement = (0..frames)
            .map(|frame| {
                let [shoulders, hips] = across[frame].map(flat_vector);
                let cosine = dot(shoulders, hips) / (norm(shoulders) * norm(hips));
                match is_telling(frame, 0) && is_telling(frame, 1) {
                    true if cosine > 0.5 => 1.0,
                    true if cosine < -0.5 => -1.0,
                    _ => 0.0,
                }
            })
            .collect();
        let tells_face = view.tells_face();
        let anchors = (0..frames)
            .map(|frame| match recording.space.is_3d() {
                true => [view.face_axis(frame), view.leg_axis(frame)],
                false => [view.facing(frame, tells_face); 2],
            })
            .enumerate()
            .map(|(frame, axes)| {
                [0, 1].map(|girdle| {
                    // The axis points to the athlete's right.
                    let toward = -dot(flat_vector(across[frame][girdle]), axes[girdle])
                        / norm(flat_vector(across[frame][girdle]));
                    let tells = recording.space.is_3d() || is_telling(frame, girdle);
                    if tells && toward.is_finite() { toward.clamp(-1.0, 1.0) } else { 0.0 }
                })
            })
            .collect();
        let face_agrees = (0..frames)
            .map(|frame| {
                let shoulders = flat_vector(across[frame][0]);
                [Part::LeftEar, Part::LeftEye]
                    .into_iter()
                    .map(|part| dot(flat_vector(view.across(frame, part)), shoulders))
                    .find(|along| along.is_finite())
                    .is_none_or(|along| along >= 0.0)
            })
            .collect();
        let strangers = find_strangers(&view, trunk);
        let turns = across
            .iter()
            .zip(&strangers)
            .map(|(across, stranger)| match stranger {
                true => [MISSING; 2],
                false => {
                    [0, 1].map(|girdle| scale(flat_vector(across[girdle]), 1.0 / usual[girdle]))
                }
            })
            .collect();
        BodyFrames { trunk, agreement, turns, anchors, face_agrees, strangers }
    }

    /// The cost of a labelling in a frame (a negative logarithm).
    pub(super) fn cost(&self, frame: usize, label: Labelling) -> f64 {
        if self.strangers[frame] {
            return 0.0;
        }
        let [arms, legs] = label.exchanged_groups();
        let agreement = match self.agreement[frame] {
            agreement if arms == legs || agreement == 0.0 => 0.0,
            agreement if agreement < 0.0 => -AGREEMENT_GAIN,
            _ => CONTRADICTION_PRICE,
        };
        let [shoulders, hips] = self.anchors[frame];
        let anchor = arms as f64 * shoulders + legs as f64 * hips;
        agreement + ANCHOR_WEIGHT * anchor
    }

    /// Leaves the anchors out of every cost.
    pub(super) fn forget_anchors(&mut self) {
        self.anchors.fill([0.0; 2]);
    }

    /// By how much the anchors favour labellings over the recorded ones.
    pub(super) fn anchor_gain(&self, labels: &[Labelling]) -> f64 {
        labels
            .iter()
            .zip(&self.anchors)
            .map(|(label, anchors)| {
                let [arms, legs] = label.exchanged_groups();
                -ANCHOR_WEIGHT * (arms as f64 * anchors[0] + legs as f64 * anchors[1])
            })
            .sum()
    }

    /// From the right to the left shoulder (0) or hip (1) in usual widths, `[frame]`; NaN where not
    /// seen.
    pub(super) fn turns(&self, girdle: usize) -> Vec<[f64; 3]> {
        self.turns.iter().map(|turns| turns[girdle]).collect()
    }

    /// Whether a frame shows somebody else, or the body where it cannot be.
    pub(super) fn is_stranger(&self, frame: usize) -> bool {
        self.strangers[frame]
    }

    /// Whether shoulders and hips agree in a frame: 1, −1 if they contradict each other, 0 if one
    /// of them tells nothing.
    pub(super) fn agreement(&self, frame: usize) -> f64 {
        self.agreement[frame]
    }

    /// Whether the face is labelled like the shoulders, or tells nothing.
    pub(super) fn face_agrees(&self, frame: usize) -> bool {
        self.face_agrees[frame]
    }
}

/// The frames in which the trunk is more than its length away from where it usually is around them,
/// or the body less than a third as large, `[frame]`: sometimes a bystander is taken for the
/// athlete.
fn find_strangers(view: &FrameView, trunk: f64) -> Vec<bool> {
    let frames = view.recording.frame_count();
    let middles: Vec<[f64; 3]> = (0..frames)
        .map(|frame| {
            let girdles = [Part::LeftShoulder, Part::LeftHip].map(|part| view.middle(frame, part));
            let known = girdles.into_iter().filter(|middle| middle[0].is_finite());
            flat_vector(mean_point(&known.collect::<Vec<_>>()))
        })
        .collect();
    let sizes: Vec<f64> = (0..frames).map(|frame| view.body_size(frame)).collect();
    let median = |values: &mut dyn Iterator<Item = f64>| {
        upper_median(&mut values.filter(|v| v.is_finite()).collect::<Vec<f64>>())
    };
    (0..frames)
        .map(|frame| {
            let around =
                frame.saturating_sub(STRANGER_FRAMES)..(frame + STRANGER_FRAMES + 1).min(frames);
            let usual = [0, 1, 2].map(|axis| {
                median(&mut middles[around.clone()].iter().map(|middle| middle[axis]))
                    .unwrap_or(f64::NAN)
            });
            let usual_size = median(&mut sizes[around].iter().copied()).unwrap_or(0.0);
            norm(sub(middles[frame], usual)) > trunk || sizes[frame] < 0.3 * usual_size
        })
        .collect()
}

/// A vector without depth if that is missing.
fn flat_vector([x, y, z]: [f64; 3]) -> [f64; 3] {
    [x, y, if z.is_nan() { 0.0 } else { z }]
}

/// Positions of parts in the frames of a recording; NaN where not seen.
struct FrameView<'a> {
    recording: &'a Recording,
    min_confidence: f32,
}

impl FrameView<'_> {
    fn confidence(&self, frame: usize, part: Part) -> f32 {
        match self.recording.skeleton.joint_for_part(part) {
            Some(joint) if self.recording.is_seen(frame, joint) => {
                self.recording.confidence[frame * self.recording.joint_count() + joint]
            }
            _ => 0.0,
        }
    }

    fn at(&self, frame: usize, part: Part) -> [f64; 3] {
        match self.recording.skeleton.joint_for_part(part) {
            Some(joint) if self.confidence(frame, part) >= self.min_confidence => {
                self.recording.position_at(frame, joint)
            }
            _ => [f64::NAN; 3],
        }
    }

    /// From right to left.
    fn across(&self, frame: usize, left: Part) -> [f64; 3] {
        sub(self.at(frame, left), self.at(frame, left.mirror()))
    }

    fn middle(&self, frame: usize, left: Part) -> [f64; 3] {
        scale(add(self.at(frame, left), self.at(frame, left.mirror())), 0.5)
    }

    /// The largest distance of shoulders, elbows, hips and knees from their mean; NaN if fewer than
    /// six are seen.
    fn body_size(&self, frame: usize) -> f64 {
        let parts = [Part::LeftShoulder, Part::LeftElbow, Part::LeftHip, Part::LeftKnee];
        let seen: Vec<[f64; 3]> = parts
            .into_iter()
            .flat_map(|part| [part, part.mirror()])
            .map(|part| flat_vector(self.at(frame, part)))
            .filter(|point| point[0].is_finite())
            .collect();
        let mean = mean_point(&seen);
        match seen.len() {
            6.. => seen.iter().map(|point| norm(sub(*point, mean))).fold(0.0, f64::max),
            _ => f64::NAN,
        }
    }

    /// Whether the source leaves out what it does not see of a face, judged by the frames in which
    /// the shoulders are seen. BlazePose does not: it is sure of the face of somebody seen from
    /// behind too.
    fn tells_face(&self) -> bool {
        let face = [Part::Nose, Part::LeftEye, Part::RightEye, Part::LeftEar, Part::RightEar];
        let skeleton = &self.recording.skeleton;
        let has_face = face.iter().all(|part| skeleton.joint_for_part(*part).is_some())
            && skeleton.joint_by_name("left_eye_inner").is_none();
        let sees = |frame: usize, part: Part| self.confidence(frame, part) >= self.min_confidence;
        let (mut hidden, mut seen) = (0, 0);
        for frame in 0..self.recording.frame_count() {
            if sees(frame, Part::LeftShoulder) && sees(frame, Part::RightShoulder) {
                seen += 1;
                hidden += usize::from(!face.iter().all(|part| sees(frame, *part)));
            }
        }
        has_face && hidden * 20 >= seen
    }

    /// The direction of the athlete's right in a picture: to the picture's left if the face is
    /// seen, to the right if only the ears are; zero if that is not clear.
    fn facing(&self, frame: usize, tells_face: bool) -> [f64; 3] {
        let sees = |part: Part| self.confidence(frame, part) >= FACE_CONFIDENCE;
        let misses = |part: Part| self.confidence(frame, part) < self.min_confidence;
        let front = [Part::Nose, Part::LeftEye, Part::RightEye];
        let x = match tells_face {
            true if front.into_iter().all(sees) => -1.0,
            true if front.into_iter().all(misses)
                && sees(Part::LeftEar)
                && sees(Part::RightEar) =>
            {
                1.0
            }
            _ => 0.0,
        };
        [x, 0.0, 0.0]
    }

    /// The direction of the athlete's right by the face in space: forward × up.
    fn face_axis(&self, frame: usize) -> [f64; 3] {
        let ears = self.middle(frame, Part::LeftEar);
        let forward = sub(self.at(frame, Part::Nose), ears);
        let up = sub(ears, self.middle(frame, Part::LeftShoulder));
        right_of(forward, up)
    }

    /// The direction of the athlete's right by the feet, or else by the bent knees, in space.
    fn leg_axis(&self, frame: usize) -> [f64; 3] {
        let sum_over = |measure: &dyn Fn(Side) -> [f64; 3]| {
            Side::BOTH
                .map(measure)
                .into_iter()
                .filter(|vector| vector[0].is_finite())
                .fold([0.0; 3], add)
        };
        let at = |part: Part, side: Side| self.at(frame, part.on_side(side));
        let foot = sum_over(&|side| sub(at(Part::LeftBigToe, side), at(Part::LeftAnkle, side)));
        let shank = sum_over(&|side| sub(at(Part::LeftKnee, side), at(Part::LeftAnkle, side)));
        let by_feet = right_of(foot, shank);
        if norm(by_feet) > 0.0 {
            return by_feet;
        }
        let bend = sum_over(&|side| {
            let leg = add(at(Part::LeftHip, side), at(Part::LeftAnkle, side));
            sub(at(Part::LeftKnee, side), scale(leg, 0.5))
        });
        let leg = sum_over(&|side| sub(at(Part::LeftHip, side), at(Part::LeftAnkle, side)));
        match norm(bend) > 0.1 * norm(leg) {
            true => right_of(bend, leg),
            false => [0.0; 3],
        }
    }
}

/// The unit vector to the right of somebody who looks forward, shorter the less upright `up` stands
/// on `forward`; zero below 30°.
fn right_of(forward: [f64; 3], up: [f64; 3]) -> [f64; 3] {
    let right = scale(cross(forward, up), 1.0 / (norm(forward) * norm(up)));
    if norm(right) >= 0.5 { right } else { [0.0; 3] }
}
