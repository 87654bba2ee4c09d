//! Heights, distances, speeds and the centre of mass.

use super::frame::AthleteAxes;
use super::{CameraView, CurveCollector, RequiredPlane};
use crate::Unit;
use agoge_motion::vector::{add, dot, mean_point, norm, scale, sub, unit_vector};
use agoge_motion::{Part, Recording, Side, Space};

/// Adds the heights, distances, speeds and the centre of mass.
pub(super) fn measure_lengths(catalogue: &mut CurveCollector, frames: &AthleteAxes) {
    let body = catalogue.body;
    let (factor, unit, speed) = match body.space {
        Space::World | Space::Plane => (1.0, Unit::Metre, Unit::MetrePerSecond),
        Space::Image { .. } => (1.0 / catalogue.setting.trunk, Unit::Trunk, Unit::TrunkPerSecond),
    };
    let is_3d = catalogue.view == CameraView::Spatial;
    let at = |frame: usize, part: Part| {
        let p = body.position_at(frame, part.index());
        scale(if is_3d { p } else { [p[0], p[1], 0.0] }, factor)
    };
    let floor = catalogue.setting.floor * factor;

    catalogue.add_curve(("pelvis_height", None, unit, RequiredPlane::Any), &[Part::Pelvis], |f| {
        at(f, Part::Pelvis)[1] - floor
    });
    for side in Side::BOTH {
        let [shoulder, wrist, hip, knee, ankle, toe] = [
            Part::LeftShoulder,
            Part::LeftWrist,
            Part::LeftHip,
            Part::LeftKnee,
            Part::LeftAnkle,
            Part::LeftBigToe,
        ]
        .map(|part| part.on_side(side));
        let inward = |f: usize| scale(frames.right[f], if side == Side::Left { 1.0 } else { -1.0 });
        let some = Some(side);
        catalogue.add_curve(
            ("wrist_height", some, unit, RequiredPlane::Any),
            &[wrist, shoulder],
            |f| at(f, wrist)[1] - at(f, shoulder)[1],
        );
        catalogue.add_curve(
            ("wrist_forward", some, unit, RequiredPlane::Sagittal),
            &[wrist, shoulder],
            |f| dot(sub(at(f, wrist), at(f, shoulder)), frames.forward[f]),
        );
        catalogue.add_curve(
            ("wrist_side", some, unit, RequiredPlane::Frontal),
            &[wrist, shoulder],
            |f| -dot(sub(at(f, wrist), at(f, shoulder)), inward(f)),
        );
        catalogue.add_curve(("wrist_speed", some, speed, RequiredPlane::Any), &[wrist], |f| {
            let (a, b) = (f.saturating_sub(1), (f + 1).min(body.frame_count() - 1));
            if a == b {
                f64::NAN
            } else {
                norm(sub(at(b, wrist), at(a, wrist))) / (body.time[b] - body.time[a])
            }
        });
        catalogue.add_curve(("ankle_height", some, unit, RequiredPlane::Any), &[ankle], |f| {
            at(f, ankle)[1] - floor
        });
        catalogue.add_curve(("foot_height", some, unit, RequiredPlane::Any), &[toe], |f| {
            at(f, toe)[1] - floor
        });
        add_heel_lift(catalogue, side, [ankle, toe], (unit, factor));
        // Inward distance of the knee from the nearest point on the line from hip to ankle.
        catalogue.add_curve(
            ("knee_medial_displacement", some, unit, RequiredPlane::Frontal),
            &[hip, knee, ankle],
            |f| {
                let (line, from_hip) =
                    (sub(at(f, ankle), at(f, hip)), sub(at(f, knee), at(f, hip)));
                let share = dot(from_hip, line) / dot(line, line);
                dot(sub(from_hip, scale(line, share)), inward(f))
            },
        );
    }
    measure_gait_lengths(catalogue, frames, (factor, unit));
    let across =
        |f: usize, left: Part, right: Part| dot(sub(at(f, right), at(f, left)), frames.right[f]);
    catalogue.add_curve(
        ("stance_width", None, unit, RequiredPlane::Frontal),
        &[Part::LeftAnkle, Part::RightAnkle],
        |f| across(f, Part::LeftAnkle, Part::RightAnkle),
    );
    let legs = [Part::LeftKnee, Part::RightKnee, Part::LeftAnkle, Part::RightAnkle];
    catalogue.add_curve(
        ("knee_ankle_ratio", None, Unit::One, RequiredPlane::Frontal),
        &legs,
        |f| across(f, legs[0], legs[1]) / across(f, legs[2], legs[3]),
    );
    let masses =
        [Part::Pelvis, Part::Neck, Part::LeftHip, Part::RightHip, Part::LeftKnee, Part::RightKnee];
    // Relative to the midpoint of the ankles: position over the feet, wherever in the room they
    // stand.
    let feet = |f: usize| mean_point(&[at(f, Part::LeftAnkle), at(f, Part::RightAnkle)]);
    let pelvis = [Part::Pelvis, Part::LeftAnkle, Part::RightAnkle];
    let over_feet =
        |f: usize, point: [f64; 3], direction: [f64; 3]| dot(sub(point, feet(f)), direction);
    catalogue.add_curve(("pelvis_forward", None, unit, RequiredPlane::Sagittal), &pelvis, |f| {
        over_feet(f, at(f, Part::Pelvis), frames.forward[f])
    });
    catalogue.add_curve(("pelvis_side", None, unit, RequiredPlane::Frontal), &pelvis, |f| {
        over_feet(f, at(f, Part::Pelvis), frames.right[f])
    });
    let centre = |f: usize| centre_of_mass(|part| at(f, part));
    let with_feet = [masses.as_slice(), &pelvis].concat();
    catalogue.add_curve(("com_forward", None, unit, RequiredPlane::Sagittal), &with_feet, |f| {
        over_feet(f, centre(f), frames.forward[f])
    });
    catalogue.add_curve(("com_side", None, unit, RequiredPlane::Frontal), &with_feet, |f| {
        over_feet(f, centre(f), frames.right[f])
    });
    catalogue.add_curve(("com_height", None, unit, RequiredPlane::Any), &masses, |f| {
        centre(f)[1] - floor
    });
}

/// Half the time over which the direction of walking is averaged, s: about a step, so that the
/// pelvis' turning from side to side cancels.
const HEADING_HALF_S: f64 = 0.5;

/// Adds where heels and toes are, forward of the pelvis, how high the heels are, and how far the
/// pelvis has travelled, all along the direction in which the athlete faces. Walking and running
/// are measured from them. A heel or toe that is never seen is replaced by the ankle. What the view
/// cannot show is left out without a word, because it concerns gait alone, which says so itself.
fn measure_gait_lengths(
    catalogue: &mut CurveCollector,
    frames: &AthleteAxes,
    (factor, unit): (f64, Unit),
) {
    let body = catalogue.body;
    let is_3d = catalogue.view == CameraView::Spatial;
    let n = body.frame_count();
    let is_seen = |part: Part| (0..n).any(|frame| body.is_seen(frame, part.index()));
    let at = |frame: usize, part: Part| {
        let p = body.position_at(frame, part.index());
        scale(if is_3d { p } else { [p[0], p[1], 0.0] }, factor)
    };
    let floor = catalogue.setting.floor * factor;
    let shows_sagittal = catalogue
        .view
        .refusal_reason(catalogue.setting.view_certainty, RequiredPlane::Sagittal)
        .is_none();
    let heading = smooth_directions(&body.time, &frames.forward);
    for side in Side::BOTH {
        let [heel, toe, ankle] =
            [Part::LeftHeel, Part::LeftBigToe, Part::LeftAnkle].map(|part| part.on_side(side));
        if !is_seen(ankle) || !is_seen(Part::Pelvis) {
            continue;
        }
        let seen_or_ankle = |part: Part| if is_seen(part) { part } else { ankle };
        let some = Some(side);
        catalogue.add_curve(
            ("heel_height", some, unit, RequiredPlane::Any),
            &[seen_or_ankle(heel)],
            |f| at(f, seen_or_ankle(heel))[1] - floor,
        );
        if !shows_sagittal {
            continue;
        }
        for (name, part) in [("heel_forward", heel), ("toe_forward", toe)] {
            let part = seen_or_ankle(part);
            catalogue.add_curve(
                (name, some, unit, RequiredPlane::Sagittal),
                &[part, Part::Pelvis],
                |f| dot(sub(at(f, part), at(f, Part::Pelvis)), heading[f]),
            );
        }
    }
    if !shows_sagittal || !is_seen(Part::Pelvis) {
        return;
    }
    let mut travelled = 0.0;
    let mut last: Option<usize> = None;
    catalogue.add_curve(
        ("pelvis_travel", None, unit, RequiredPlane::Sagittal),
        &[Part::Pelvis],
        |f| {
            if !at(f, Part::Pelvis)[0].is_finite() {
                return f64::NAN;
            }
            if let Some(before) = last.replace(f) {
                let step = sub(at(f, Part::Pelvis), at(before, Part::Pelvis));
                travelled += dot(step, heading[f]);
            }
            travelled
        },
    );
}

/// Horizontal directions, each averaged over [`HEADING_HALF_S`] to both sides, `[frame]`.
fn smooth_directions(time: &[f64], directions: &[[f64; 3]]) -> Vec<[f64; 3]> {
    let mut sums = vec![[0.0; 3]];
    for direction in directions {
        sums.push(add(sums[sums.len() - 1], *direction));
    }
    let (mut first, mut end) = (0, 0);
    (0..directions.len())
        .map(|frame| {
            while time[frame] - time[first] > HEADING_HALF_S {
                first += 1;
            }
            while end < directions.len() && time[end] - time[frame] <= HEADING_HALF_S {
                end += 1;
            }
            let sum = sub(sums[end.max(frame + 1)], sums[first]);
            if norm(sum) > 1e-6 { unit_vector(sum) } else { directions[frame] }
        })
        .collect()
}

/// Segments of the limbs: proximal end, distal end, share of body mass, and distance of the centre
/// of mass from the proximal end as a share of the length (de Leva 1996, men, adjusted to joint
/// centres).
const SEGMENTS: [(Part, Part, f64, f64); 6] = [
    (Part::LeftShoulder, Part::LeftElbow, 0.0271, 0.5772),
    (Part::LeftElbow, Part::LeftWrist, 0.0162, 0.4574),
    (Part::LeftWrist, Part::LeftHand, 0.0061, 0.7900),
    (Part::LeftHip, Part::LeftKnee, 0.1416, 0.4095),
    (Part::LeftKnee, Part::LeftAnkle, 0.0433, 0.4459),
    (Part::LeftHeel, Part::LeftBigToe, 0.0137, 0.4415),
];

/// The body's centre of mass, in the unit of the positions (segment masses and centres of de Leva
/// 1996, table 4, men). If the distal end of a segment is not seen, its mass is placed at the
/// proximal end, so the head's at the neck; if the proximal end is not seen, the segment is left
/// out. The remaining masses are scaled to sum to one.
pub(crate) fn centre_of_mass(at: impl Fn(Part) -> [f64; 3]) -> [f64; 3] {
    let (mut moment, mut mass) = ([0.0; 3], 0.0);
    let mut add_segment = |a: [f64; 3], b: [f64; 3], share: f64, along: f64| {
        let centre = if b[0].is_finite() { add(a, scale(sub(b, a), along)) } else { a };
        if centre[0].is_finite() {
            moment = add(moment, scale(centre, share));
            mass += share;
        }
    };
    let neck = at(Part::Neck);
    add_segment(neck, at(Part::Head), 0.0694, 0.5);
    add_segment(neck, at(Part::Pelvis), 0.4346, 0.4486);
    for (a, b, share, along) in SEGMENTS {
        for side in Side::BOTH {
            add_segment(at(a.on_side(side)), at(b.on_side(side)), share, along);
        }
    }
    scale(moment, 1.0 / mass)
}

/// Least turn of the foot about its toes, degrees, by which a heel counts as lifted.
const MIN_FOOT_TURN: f64 = 12.0;
/// Farthest that a toe moves from where it stood while it is still, as a share of the foot.
const STILL_TOE_SHARE: f64 = 0.25;

/// Adds the height by which the ankle rises while the foot turns about toes that stay where they
/// are: 0 while it turns by less than [`MIN_FOOT_TURN`], missing while the toes move, when the
/// whole foot is lifted. The ankle rises by about 0.74 of the heel's height (heel to ball 0.73,
/// ankle 0.20 of the foot).
fn add_heel_lift(
    catalogue: &mut CurveCollector,
    side: Side,
    [ankle, toe]: [Part; 2],
    (unit, factor): (Unit, f64),
) {
    let body = catalogue.body;
    let foot = |f: usize| {
        let at = |part: Part| body.position_at(f, part.index());
        let is_3d = body.space.is_3d();
        let line = sub(at(toe), at(ankle));
        let level = if is_3d { line[0].hypot(line[2]) } else { line[0].abs() };
        (level, -line[1], at(toe))
    };
    let frames = 0..body.frame_count();
    let middle = |values: Vec<f64>| ranked_value(values.into_iter(), |known| known / 2);
    let length = middle(frames.clone().map(|f| foot(f).0.hypot(foot(f).1)).collect());
    let still: [f64; 3] =
        [0, 1, 2].map(|axis| middle(frames.clone().map(|f| foot(f).2[axis]).collect()));
    let turn = |f: usize| foot(f).1.atan2(foot(f).0).to_degrees();
    // A foot stands flat for most of the time in which it stands.
    let flat = ranked_value(frames.clone().map(turn), |known| known / 10);
    let standing = standing_level(frames.map(|f| body.position_at(f, ankle.index())[1]));
    let axes = if body.space.is_3d() { 0..3 } else { 0..2 };
    catalogue.add_curve(
        ("heel_lift", Some(side), unit, RequiredPlane::Sagittal),
        &[ankle, toe],
        |f| {
            let place = foot(f).2;
            let moved =
                axes.clone().map(|axis| (place[axis] - still[axis]).powi(2)).sum::<f64>().sqrt();
            if moved.is_nan() || moved > STILL_TOE_SHARE * length {
                f64::NAN
            } else if turn(f) - flat < MIN_FOOT_TURN {
                0.0
            } else {
                factor * (body.position_at(f, ankle.index())[1] - standing).max(0.0)
            }
        },
    );
}

/// The floor's height, in the recording's unit: the 2nd percentile of the lowest of toes, heels and
/// ankles in each frame; 0 if none is ever seen.
pub(crate) fn floor_height(body: &Recording) -> f64 {
    let feet = [
        Part::LeftBigToe,
        Part::RightBigToe,
        Part::LeftHeel,
        Part::RightHeel,
        Part::LeftAnkle,
        Part::RightAnkle,
    ];
    let lowest = |f: usize| {
        feet.iter().map(|part| body.position_at(f, part.index())[1]).fold(f64::NAN, f64::min)
    };
    let floor = standing_level((0..body.frame_count()).map(lowest));
    if floor.is_nan() { 0.0 } else { floor }
}

/// The standing height of something that is lifted now and then: the 2nd percentile of its heights;
/// NaN if none is known.
pub(crate) fn standing_level(heights: impl Iterator<Item = f64>) -> f64 {
    ranked_value(heights, |known| known / 50)
}

/// The trunk's length from mid-hip to neck in the image plane: the 90th percentile, since leaning
/// out of the plane only shortens it.
pub(super) fn trunk_length(body: &Recording) -> f64 {
    let length = |f: usize| {
        let line =
            sub(body.position_at(f, Part::Neck.index()), body.position_at(f, Part::Pelvis.index()));
        line[0].hypot(line[1])
    };
    ranked_value((0..body.frame_count()).map(length), |known| (known - 1) * 9 / 10)
}

/// The difference between the 95th and the 5th percentile of the known values; 0 if there are none.
pub fn percentile_swing(values: &[f64]) -> f64 {
    let at = |twentieth: usize| {
        ranked_value(values.iter().copied(), |known| (known - 1) * twentieth / 20)
    };
    let swing = at(19) - at(1);
    if swing.is_finite() { swing } else { 0.0 }
}

/// The finite value with a rank, from 0, in ascending order; `rank` computes it from the number of
/// finite values. NaN if there are none.
pub(crate) fn ranked_value(
    values: impl Iterator<Item = f64>,
    rank: impl FnOnce(usize) -> usize,
) -> f64 {
    let mut known: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    if known.is_empty() {
        return f64::NAN;
    }
    let rank = rank(known.len());
    *known.select_nth_unstable_by(rank, f64::total_cmp).1
}
