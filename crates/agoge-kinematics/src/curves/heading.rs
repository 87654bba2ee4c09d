//! Whether the direction that the athlete faces is measured well enough to tell inward from
//! outward.
//!
//! The inward angle of a knee is measured against the athlete's heading. A heading that is wrong by
//! ψ adds asin(sin α · sin ψ) to one knee and takes it from the other, where α is the lean of thigh
//! and shank together: at 10° and a knee bent by 90° that is 13°.

use super::{CameraView, MeasuredCurves};
use crate::{Curves, RefusedQuantity};
use agoge_motion::Side;
use agoge_motion::statistics::finite_mean;

/// Bend of the knees in which a wrong heading shows but is not yet larger than what is measured,
/// degrees.
const JUDGED_BEND: [f64; 2] = [20.0, 60.0];
/// Largest difference between the bends of both knees, degrees: otherwise the legs do different
/// things (a lunge), and their angles need not mirror each other.
const MAX_BEND_DIFFERENCE: f64 = 15.0;
/// Fewest frames in which that holds.
const MIN_FRAMES: usize = 10;
/// Half the difference between both knees from which on the heading counts as wrong, degrees.
const MIN_TURN: f64 = 6.0;
/// Largest mean of both knees, as a share of half their difference: a knee that really moves inward
/// does so alone (then both are alike) or with the other.
const MAX_COMMON_SHARE: f64 = 0.5;
/// Curves that are measured against the heading.
const HEADING_CURVES: [&str; 2] = ["knee_valgus", "knee_medial_displacement"];

/// Refuses the inward angles of both knees if one knee points inward and the other outward by about
/// as much at once, in three dimensions.
pub(super) fn refuse_wrong_heading(measured: &mut MeasuredCurves) {
    if measured.view != CameraView::Spatial {
        return;
    }
    let Some([left, right]) = opposite_knees(&measured.curves) else { return };
    let side = if left > right { Side::Left } else { Side::Right };
    let reason = format!(
        "the {} knee points inward by {:.0}° and the other outward by {:.0}° at once: the direction that the athlete faces is measured wrongly",
        side.name(),
        left.max(right),
        -left.min(right),
    );
    measured.curves.curves.retain(|curve| !HEADING_CURVES.contains(&curve.name.as_str()));
    let refused = |name: &str| RefusedQuantity { name: name.to_owned(), reason: reason.clone() };
    measured.curves.refused.extend(HEADING_CURVES.map(refused));
}

/// The inward angles of the left and right knee, degrees, if they show a wrong heading.
fn opposite_knees(curves: &Curves) -> Option<[f64; 2]> {
    let values = |name: &str| -> Option<[&[f64]; 2]> {
        let side = |side| curves.get(name, Some(side)).map(|curve| curve.values.as_slice());
        Some([side(Side::Left)?, side(Side::Right)?])
    };
    let ([inward_left, inward_right], [bend_left, bend_right]) =
        (values("knee_valgus")?, values("knee_flexion")?);
    let is_judged = |&frame: &usize| {
        let bends = [bend_left[frame], bend_right[frame]];
        bends.iter().all(|bend| (JUDGED_BEND[0]..=JUDGED_BEND[1]).contains(bend))
            && (bends[0] - bends[1]).abs() <= MAX_BEND_DIFFERENCE
            && inward_left[frame].is_finite()
            && inward_right[frame].is_finite()
    };
    let frames: Vec<usize> = (0..bend_left.len()).filter(is_judged).collect();
    if frames.len() < MIN_FRAMES {
        return None;
    }
    let mean = |values: &[f64]| {
        finite_mean(&frames.iter().map(|&frame| values[frame]).collect::<Vec<_>>())
    };
    let (left, right) = (mean(inward_left), mean(inward_right));
    let (turn, common) = (0.5 * (left - right).abs(), 0.5 * (left + right).abs());
    (turn > MIN_TURN && common < MAX_COMMON_SHARE * turn).then_some([left, right])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Curve, Unit};

    /// A squat whose knees bend to 110° while they point inward by so many degrees at 60°.
    fn measured_squat(inward: [f64; 2]) -> MeasuredCurves {
        let bend: Vec<f64> =
            (0..60).map(|f| 110.0 * (f64::from(f) / 59.0 * std::f64::consts::PI).sin()).collect();
        let curve = |name: &str, side, values| Curve {
            name: name.to_owned(),
            side: Some(side),
            unit: Unit::Degree,
            values,
        };
        let curves =
            [Side::Left, Side::Right].into_iter().zip(inward).flat_map(|(side, inward)| {
                let valgus = bend.iter().map(|bend| inward * bend / 60.0).collect();
                [curve("knee_valgus", side, valgus), curve("knee_flexion", side, bend.clone())]
            });
        let time = (0..60).map(|f| f64::from(f) / 30.0).collect();
        let curves = Curves { time, curves: curves.collect(), refused: Vec::new() };
        MeasuredCurves { curves, view: CameraView::Spatial, view_certainty: 1.0 }
    }

    #[test]
    fn knees_that_mirror_each_other_are_a_wrong_heading() {
        for (inward, is_refused) in [
            ([15.0, -14.0], true),
            ([-12.0, 16.0], true),
            ([15.0, 14.0], false),
            ([16.0, 0.0], false),
            ([4.0, -4.0], false),
        ] {
            let mut measured = measured_squat(inward);
            refuse_wrong_heading(&mut measured);
            let is_measured = measured.curves.get("knee_valgus", Some(Side::Left)).is_some();
            assert_eq!(!is_measured, is_refused, "{inward:?}");
            assert_eq!(measured.curves.refused.len(), if is_refused { 2 } else { 0 });
        }
    }
}
