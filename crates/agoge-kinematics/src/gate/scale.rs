//! The size of a body: its height from its segments, so that lengths compare between people and
//! between pictures.

use crate::curves::ranked_value;
use agoge_motion::vector::{norm, sub};
use agoge_motion::{Part, Recording, Side};

/// Shares of standing height: trunk from mid-hip to neck, thigh, shank (Winter 2009, figure 4.1).
const TRUNK_SHARE: f64 = 0.288;
const THIGH_SHARE: f64 = 0.245;
const SHANK_SHARE: f64 = 0.246;
/// Trunk lengths in a body height, for curves in trunk lengths.
pub(super) const TRUNK_HEIGHTS: f64 = TRUNK_SHARE;

/// The height of a body on the body skeleton, in the unit of its positions, from the lengths of its
/// trunk and legs; NaN if no trunk is seen. A picture shows segments shortened, so the upper decile
/// of their lengths counts there; the median in three dimensions.
pub(super) fn body_height(body: &Recording) -> f64 {
    let is_3d = body.space.is_3d();
    let length = |a: Part, b: Part| {
        let distance = |frame: usize| {
            let line = sub(body.position_at(frame, b.index()), body.position_at(frame, a.index()));
            if is_3d { norm(line) } else { line[0].hypot(line[1]) }
        };
        ranked_value((0..body.frame_count()).map(distance), |known| {
            if is_3d { known / 2 } else { (known - 1) * 9 / 10 }
        })
    };
    let leg = |a: Part, b: Part| {
        let [left, right] = Side::BOTH.map(|side| length(a.on_side(side), b.on_side(side)));
        match (left.is_finite(), right.is_finite()) {
            // In a picture the farther limb looks smaller.
            (true, true) => {
                if is_3d {
                    0.5 * (left + right)
                } else {
                    left.max(right)
                }
            }
            (true, false) => left,
            _ => right,
        }
    };
    let trunk = length(Part::Pelvis, Part::Neck);
    let thigh = leg(Part::LeftHip, Part::LeftKnee);
    let shank = leg(Part::LeftKnee, Part::LeftAnkle);
    let (mut sum, mut shares) = (trunk, TRUNK_SHARE);
    for (segment, share) in [(thigh, THIGH_SHARE), (shank, SHANK_SHARE)] {
        if segment.is_finite() {
            sum += segment;
            shares += share;
        }
    }
    sum / shares
}
