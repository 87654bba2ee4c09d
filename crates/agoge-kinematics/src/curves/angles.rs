//! Joint and segment angles.

use super::foreshortening::{MIN_SHOWN_SHARE, visible_share};
use super::frame::{AthleteAxes, UP, angle_between, turn_angle};
use super::lengths::ranked_value;
use super::{CameraView, CurveCollector, RequiredPlane};
use crate::Unit::Degree;
use crate::curve::curve_key;
use agoge_motion::vector::{add, cross, dot, norm, scale, sub, unit_vector};
use agoge_motion::{Part, Side};

/// Up to this included angle, degrees, a knee's flexion is taken from its sagittal projection, so
/// that hyperextension keeps its sign; above twice this angle it is the included angle, which axial
/// rotation does not affect. In between the two are blended.
const NEARLY_STRAIGHT: f64 = 15.0;

/// Share of its full length that a leg seen from the front has while its knee is bent by 60°:
/// cos 30°, for thigh and shank of the same length.
const MIN_LEG_SHARE: f64 = 0.866;

/// Adds the angles of both sides and the trunk.
pub(super) fn measure_angles(catalogue: &mut CurveCollector, frames: &AthleteAxes) {
    for side in Side::BOTH {
        measure_leg(catalogue, frames, side);
        measure_arm(catalogue, frames, side);
    }
    measure_trunk(catalogue, frames);
}

/// Adds the angles of one leg.
fn measure_leg(catalogue: &mut CurveCollector, frames: &AthleteAxes, side: Side) {
    let (body, is_3d) = (catalogue.body, catalogue.view == CameraView::Spatial);
    let [hip, knee, ankle, toe, heel] =
        [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle, Part::LeftBigToe, Part::LeftHeel]
            .map(|part| part.on_side(side));
    let at = |frame: usize, part: Part| flatten_depth(body.position_at(frame, part.index()), is_3d);
    let limb = |frame: usize, a: Part, b: Part| sub(at(frame, b), at(frame, a));
    let inward =
        |frame: usize| scale(frames.right[frame], if side == Side::Left { 1.0 } else { -1.0 });
    let some = Some(side);

    catalogue.add_curve(
        ("knee_flexion", some, Degree, RequiredPlane::Sagittal),
        &[hip, knee, ankle],
        |f| {
            let (thigh, shank) = (limb(f, hip, knee), limb(f, knee, ankle));
            hinge_flexion(thigh, shank, scale(frames.forward[f], -1.0))
        },
    );
    catalogue.add_curve(
        ("hip_flexion", some, Degree, RequiredPlane::Sagittal),
        &[hip, knee, Part::Pelvis, Part::Neck],
        |f| {
            let trunk = unit_vector(limb(f, Part::Pelvis, Part::Neck));
            let across = frames.right[f];
            // Forward relative to the trunk: in 3D perpendicular to the trunk and the athlete's
            // right, in an image the trunk turned by 90°.
            let forward = if is_3d {
                unit_vector(cross(trunk, across))
            } else {
                quarter_turn(trunk, frames.forward[f])
            };
            turn_angle(limb(f, hip, knee), scale(trunk, -1.0), forward)
        },
    );
    catalogue.add_curve(
        ("hip_adduction", some, Degree, RequiredPlane::Frontal),
        &[hip, knee],
        |f| {
            let thigh = limb(f, hip, knee);
            dot(thigh, inward(f))
                .atan2(if is_3d { perpendicular_length(thigh, inward(f)) } else { -thigh[1] })
                .to_degrees()
        },
    );
    // From the front, a leg that looks shorter is bent: by 60° at cos 30° of its length.
    let seen_length = |f: usize| norm(limb(f, hip, ankle));
    let longest =
        ranked_value((0..body.frame_count()).map(seen_length), |known| (known - 1) * 19 / 20);
    catalogue.add_curve(
        ("knee_valgus", some, Degree, RequiredPlane::Frontal),
        &[hip, knee, ankle],
        |f| {
            // Frontal-plane projection angle: deviation of hip–knee–ankle from straight, positive
            // when the knee is inward. In a picture of a knee bent further than 60° it grows with
            // any error of the heading (10° add 12° there and 25° at a right angle).
            if !is_3d && seen_length(f) < MIN_LEG_SHARE * longest {
                return f64::NAN;
            }
            let (thigh, shank) = (limb(f, hip, knee), limb(f, knee, ankle));
            let lean = |segment: [f64; 3]| {
                dot(segment, inward(f)).atan2(if is_3d {
                    perpendicular_length(segment, inward(f))
                } else {
                    -segment[1]
                })
            };
            (lean(thigh) - lean(shank)).to_degrees()
        },
    );
    catalogue.add_curve(
        ("ankle_dorsiflexion", some, Degree, RequiredPlane::Sagittal),
        &[knee, ankle, toe],
        |f| {
            let back = if at(f, heel)[0].is_finite() { heel } else { ankle };
            // Measured from the heel, the sole is level in standing. Measured from the ankle, the
            // foot points down by a constant angle, which is not removed.
            90.0 - angle_between(limb(f, ankle, knee), limb(f, back, toe))
        },
    );
    // The thigh angle is positive when the knee is in front of the hip, the shank angle when the
    // shank leans forward.
    catalogue.add_curve(
        ("thigh_angle", some, Degree, RequiredPlane::Sagittal),
        &[hip, knee],
        |f| turn_angle(limb(f, hip, knee), scale(UP, -1.0), frames.forward[f]),
    );
    catalogue.add_curve(
        ("shank_angle", some, Degree, RequiredPlane::Sagittal),
        &[knee, ankle],
        |f| turn_angle(limb(f, ankle, knee), UP, frames.forward[f]),
    );
    catalogue.add_curve(("foot_angle", some, Degree, RequiredPlane::Sagittal), &[heel, toe], |f| {
        turn_angle(limb(f, heel, toe), frames.forward[f], UP)
    });
}

/// Angles between the upper arm and the trunk.
const SHOULDER_CURVES: [&str; 3] = ["shoulder_elevation", "shoulder_flexion", "shoulder_abduction"];
/// Percentage of an arm's frames that may lack its angle before that is reported.
const MAX_HIDDEN_PERCENT: usize = 5;

/// Adds the angles of one arm.
fn measure_arm(catalogue: &mut CurveCollector, frames: &AthleteAxes, side: Side) {
    let (body, is_3d) = (catalogue.body, catalogue.view == CameraView::Spatial);
    let [shoulder, elbow, wrist] =
        [Part::LeftShoulder, Part::LeftElbow, Part::LeftWrist].map(|part| part.on_side(side));
    let limb = |frame: usize, a: Part, b: Part| {
        sub(
            flatten_depth(body.position_at(frame, b.index()), is_3d),
            flatten_depth(body.position_at(frame, a.index()), is_3d),
        )
    };
    let trunk = |frame: usize| unit_vector(limb(frame, Part::Pelvis, Part::Neck));
    // The arm moves on the thorax, so its lateral axis is the line of the shoulders; where a
    // shoulder is missing, the athlete's right.
    let across = |frame: usize| {
        let line = limb(frame, Part::LeftShoulder, Part::RightShoulder);
        if is_3d && norm(line) > 1e-6 { unit_vector(line) } else { frames.right[frame] }
    };
    let some = Some(side);
    let [whole_arm, upper_arm] =
        ["elbow_flexion", "shoulder_elevation"].map(|curve| visible_share(body, curve, some));
    // An arm that points at the camera has no measurable angle in the image. Frames lost this way
    // are reported below.
    let is_measurable = |shares: &Option<Vec<f64>>, f: usize| {
        shares.as_ref().is_none_or(|shares| shares[f] >= MIN_SHOWN_SHARE)
    };
    let angle_if_shown = |shares: &Option<Vec<f64>>, f: usize, angle: f64| {
        if is_measurable(shares, f) { angle } else { f64::NAN }
    };

    catalogue.add_curve(
        ("elbow_flexion", some, Degree, RequiredPlane::Any),
        &[shoulder, elbow, wrist],
        |f| {
            angle_if_shown(
                &whole_arm,
                f,
                angle_between(limb(f, shoulder, elbow), limb(f, elbow, wrist)),
            )
        },
    );
    let core = [shoulder, elbow, Part::Pelvis, Part::Neck];
    catalogue.add_curve(("shoulder_elevation", some, Degree, RequiredPlane::Any), &core, |f| {
        angle_if_shown(
            &upper_arm,
            f,
            angle_between(limb(f, shoulder, elbow), scale(trunk(f), -1.0)),
        )
    });
    catalogue.add_curve(("shoulder_flexion", some, Degree, RequiredPlane::Sagittal), &core, |f| {
        let down = scale(trunk(f), -1.0);
        let forward = if is_3d {
            unit_vector(cross(trunk(f), across(f)))
        } else {
            quarter_turn(trunk(f), frames.forward[f])
        };
        let upper = limb(f, shoulder, elbow);
        // An arm held straight out to the side has no direction in this plane.
        if !is_measurable(&upper_arm, f)
            || dot(upper, down).hypot(dot(upper, forward)) < 0.2 * norm(upper)
        {
            f64::NAN
        } else {
            turn_angle(upper, down, forward)
        }
    });
    catalogue.add_curve(("shoulder_abduction", some, Degree, RequiredPlane::Frontal), &core, |f| {
        let outward = scale(across(f), if side == Side::Right { 1.0 } else { -1.0 });
        let (upper, down) = (limb(f, shoulder, elbow), scale(trunk(f), -1.0));
        if !is_measurable(&upper_arm, f)
            || dot(upper, down).hypot(dot(upper, outward)) < 0.2 * norm(upper)
        {
            f64::NAN
        } else {
            turn_angle(upper, down, outward)
        }
    });
    for (curves, shares) in [(&["elbow_flexion"][..], &whole_arm), (&SHOULDER_CURVES, &upper_arm)] {
        let Some(shares) = shares else { continue };
        let seen = shares.iter().filter(|share| share.is_finite()).count();
        let hidden_times_100 =
            100 * shares.iter().filter(|share| **share < MIN_SHOWN_SHARE).count();
        if hidden_times_100 > MAX_HIDDEN_PERCENT * seen {
            let (share, side) = (hidden_times_100 / seen, side.name());
            let reason = format!(
                "in {share} % of its frames the {side} arm points at the camera or away from it"
            );
            for curve in curves {
                if catalogue.has_curve(curve, some) {
                    catalogue.refuse_quantity(&curve_key(curve, some), reason.clone());
                }
            }
        }
    }
    catalogue.add_curve(
        ("shoulder_rotation", some, Degree, RequiredPlane::Depth),
        &[shoulder, elbow, wrist],
        |f| {
            // Outward rotation of the forearm about the upper arm, from pointing forward. Only a
            // bent elbow shows it.
            let (upper, fore) = (limb(f, shoulder, elbow), limb(f, elbow, wrist));
            if !(30.0..150.0).contains(&angle_between(upper, fore)) {
                return f64::NAN;
            }
            let outward = scale(across(f), if side == Side::Right { 1.0 } else { -1.0 });
            turn_angle(fore, frames.forward[f], outward)
        },
    );
}

/// Adds the angles of trunk, head, pelvis and shoulders.
fn measure_trunk(catalogue: &mut CurveCollector, frames: &AthleteAxes) {
    let (body, is_3d) = (catalogue.body, catalogue.view == CameraView::Spatial);
    let line = |frame: usize, a: Part, b: Part| {
        sub(
            flatten_depth(body.position_at(frame, b.index()), is_3d),
            flatten_depth(body.position_at(frame, a.index()), is_3d),
        )
    };
    let spine = [Part::Pelvis, Part::Neck];
    catalogue.add_curve(("trunk_lean", None, Degree, RequiredPlane::Sagittal), &spine, |f| {
        turn_angle(line(f, spine[0], spine[1]), UP, frames.forward[f])
    });
    catalogue.add_curve(
        ("trunk_lateral_lean", None, Degree, RequiredPlane::Frontal),
        &spine,
        |f| turn_angle(line(f, spine[0], spine[1]), UP, frames.right[f]),
    );
    catalogue.add_curve(
        ("head_lean", None, Degree, RequiredPlane::Sagittal),
        &[Part::Neck, Part::Head],
        |f| turn_angle(line(f, Part::Neck, Part::Head), UP, frames.forward[f]),
    );
    for (name, left, right) in [
        ("pelvis_list", Part::LeftHip, Part::RightHip),
        ("shoulder_tilt", Part::LeftShoulder, Part::RightShoulder),
    ] {
        // Positive if the right side is higher.
        catalogue.add_curve((name, None, Degree, RequiredPlane::Frontal), &[left, right], |f| {
            turn_angle(line(f, left, right), frames.right[f], UP)
        });
    }
    let shoulders = [Part::LeftShoulder, Part::RightShoulder, Part::LeftHip, Part::RightHip];
    catalogue.add_curve(("trunk_rotation", None, Degree, RequiredPlane::Depth), &shoulders, |f| {
        // Shoulders relative to the athlete's right, about the vertical; positive to the left
        // (anticlockwise from above).
        turn_angle(line(f, shoulders[0], shoulders[1]), frames.right[f], frames.forward[f])
    });
}

/// Flexion of a hinge joint between two segments, degrees: the included angle, blended near
/// [`NEARLY_STRAIGHT`] into the angle projected on the plane of the first segment and `towards`
/// (the direction of flexion), so that hyperextension is negative and the curve is continuous.
fn hinge_flexion(first: [f64; 3], second: [f64; 3], towards: [f64; 3]) -> f64 {
    let included = angle_between(first, second);
    let along = unit_vector(first);
    let aside = sub(towards, scale(along, dot(towards, along)));
    let projected =
        if norm(aside) > 0.3 { turn_angle(second, along, unit_vector(aside)) } else { included };
    let t = ((included - NEARLY_STRAIGHT) / NEARLY_STRAIGHT).clamp(0.0, 1.0);
    let weight = t * t * (3.0 - 2.0 * t);
    weight * included + (1.0 - weight) * projected
}

/// A direction in the image, turned by 90° towards where the athlete faces.
fn quarter_turn(up: [f64; 3], forward: [f64; 3]) -> [f64; 3] {
    scale([up[1], -up[0], 0.0], forward[0])
}

/// The length of a segment's component perpendicular to a direction. Used for the lean in that
/// direction, which stays defined when the segment is level, like the thigh in a squat.
fn perpendicular_length(segment: [f64; 3], direction: [f64; 3]) -> f64 {
    norm(add(segment, scale(direction, -dot(segment, direction))))
}

/// Sets the missing depth to zero in two dimensions.
pub(super) fn flatten_depth(p: [f64; 3], is_3d: bool) -> [f64; 3] {
    if is_3d { p } else { [p[0], p[1], 0.0] }
}
