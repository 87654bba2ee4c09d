//! Ground reaction forces on each foot: measured by force plates, or modelled while the athlete
//! stands on both feet.

use super::chain::{GRAVITY, second_derivative};
use crate::curves::{centre_of_mass, floor_height, standing_level};
use agoge_motion::vector::{add, cross, dot, norm, scale, sub};
use agoge_motion::{Part, Recording, Side, Wrench};
use serde::{Deserialize, Serialize};

/// A plate with less vertical force than this, N, counts as unloaded.
const LOADED_N: f64 = 20.0;
/// Maximum distance, m, of a centre of pressure from the line from heel to toe of the foot above
/// it: half a foot's width plus the markers' distance from the sole.
const UNDER_FOOT_M: f64 = 0.1;
/// Two feet whose distances to a centre of pressure differ by less than this, m, cannot be told
/// apart.
const FOOT_MARGIN_M: f64 = 0.05;
/// The plates account for all ground forces if their sum matches the acceleration of the centre of
/// mass to within this share of body weight.
const ACCOUNTED_SHARE: f64 = 0.15;
/// A foot is on the ground while its lowest point is less than this above its standing level, m.
const ON_GROUND_M: f64 = 0.03;
/// Acceleration of the centre of mass, m/s², below which the athlete counts as standing quietly.
const QUIET_ACCELERATION: f64 = 2.0;
/// Minimum share of frames in which the standing model must apply.
const MIN_KNOWN_SHARE: f64 = 0.5;

/// The source of ground forces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroundForceSource {
    /// Measured by force plates.
    #[serde(rename = "force plates")]
    Plates,
    /// Modelled: both feet on the ground, the centre of mass barely accelerated.
    #[serde(rename = "modelled")]
    Standing,
}

/// The ground reaction forces on each foot.
#[derive(Clone, Debug, PartialEq)]
pub struct GroundForces {
    /// The source of the forces.
    pub origin: GroundForceSource,
    /// Left and right, `[frame]`: zero for a foot in the air, `None` where unknown.
    pub feet: [Vec<Option<Wrench>>; 2],
    /// Number of frames in which a plate was loaded, but the loading foot is ambiguous.
    pub unclear: usize,
}

const ZERO_WRENCH: Wrench = Wrench { force: [0.0; 3], moment: [0.0; 3] };

/// The force plates' forces, each assigned to the foot above its centre of pressure; `None` if no
/// plate was ever loaded. `smooth` must filter a series over the frames like the positions were
/// filtered: filtering forces and positions differently creates artefacts in the moments (Bisseling
/// & Hof 2006).
///
/// A foot above no loaded plate is in the air if the plates together explain the acceleration of
/// the centre of mass (within 15 % of body weight). Otherwise its force is unknown: it may stand
/// beside the plates.
pub fn measured_ground_forces(
    body: &Recording,
    mass_kg: f64,
    smooth: &dyn Fn(&mut Vec<f64>),
) -> Option<GroundForces> {
    let plates: Vec<(f64, Vec<Wrench>)> = body
        .force_plates()
        .iter()
        .map(|plate| (plate.height_m(), smooth_wrenches(plate.wrenches_at(&body.time), smooth)))
        .filter(|(height, _)| height.is_finite())
        .collect();
    if plates.is_empty() {
        return None;
    }
    let needed = accelerating_force(body, mass_kg);
    let mut ground = GroundForces {
        origin: GroundForceSource::Plates,
        feet: [Vec::new(), Vec::new()],
        unclear: 0,
    };
    for frame in 0..body.frame_count() {
        let (mut feet, mut total, mut is_unclear) = ([None, None], [0.0; 3], false);
        for (height, wrenches) in &plates {
            let wrench = wrenches[frame];
            total = add(total, wrench.force);
            // An unknown force (NaN) does not count as a load, but makes the total unknown.
            if wrench.force[1].is_nan() || wrench.force[1] < LOADED_N {
                continue;
            }
            match foot_over(body, frame, centre_of_pressure(&wrench, *height)) {
                Some(foot) => {
                    feet[foot] = Some(add_wrenches(feet[foot].unwrap_or(ZERO_WRENCH), wrench))
                }
                None => is_unclear = true,
            }
        }
        let accounted = norm(sub(needed[frame], total)) < ACCOUNTED_SHARE * mass_kg * -GRAVITY[1];
        ground.unclear += usize::from(is_unclear);
        for (foot, wrench) in feet.into_iter().enumerate() {
            let wrench = wrench.or((accounted && !is_unclear).then_some(ZERO_WRENCH));
            ground.feet[foot].push(wrench.filter(|_| !is_unclear));
        }
    }
    Some(ground)
}

/// Models the ground forces of an athlete who stands on both feet and carries nothing. The total
/// force accelerates the centre of mass and acts at the point where its line through the centre of
/// mass meets the floor (the zero-moment point, Vukobratović 1972, neglecting the body's angular
/// momentum). It is divided between the feet by that point's position along the line between the
/// midpoints of the feet.
///
/// # Errors
/// An explanation, if fewer than half of the frames fit the model: without a force plate the forces
/// cannot be known.
pub fn standing_ground_forces(body: &Recording, mass_kg: f64) -> Result<GroundForces, String> {
    let needed = accelerating_force(body, mass_kg);
    let level = Side::BOTH.map(|side| {
        standing_level((0..body.frame_count()).map(|frame| lowest_point(body, frame, side)))
    });
    let floor = floor_height(body);
    let is_one_floor = (level[0] - level[1]).abs() < ON_GROUND_M;
    let mut ground = GroundForces {
        origin: GroundForceSource::Standing,
        feet: [Vec::new(), Vec::new()],
        unclear: 0,
    };
    for (frame, force) in needed.iter().enumerate() {
        let on_ground =
            |k: usize| lowest_point(body, frame, Side::BOTH[k]) - level[k] < ON_GROUND_M;
        let extra = sub(scale(*force, 1.0 / mass_kg), scale(GRAVITY, -1.0));
        let is_standing =
            is_one_floor && on_ground(0) && on_ground(1) && norm(extra) < QUIET_ACCELERATION;
        let shares = is_standing.then(|| split_stance_force(body, frame, *force, floor)).flatten();
        for foot in 0..2 {
            ground.feet[foot].push(shares.map(|both| both[foot]));
        }
    }
    let known = ground.feet[0].iter().flatten().count();
    if (known as f64) < MIN_KNOWN_SHARE * body.frame_count() as f64 {
        let percent = 100 * known / body.frame_count().max(1);
        let why = "the forces of the ground can be modelled only while both feet stand and the body is hardly accelerated";
        return Err(format!(
            "{why} ({percent} % of the frames); otherwise they cannot be known without a force plate"
        ));
    }
    Ok(ground)
}

/// Divides the force of a stance between the left and right foot; `None` if the point where it acts
/// is not between the feet.
fn split_stance_force(
    body: &Recording,
    frame: usize,
    force: [f64; 3],
    floor: f64,
) -> Option<[Wrench; 2]> {
    let centre = centre_of_mass(|part| body.position_at(frame, part.index()));
    let point = sub(centre, scale(force, (centre[1] - floor) / force[1]));
    let [left, right] = Side::BOTH.map(|side| {
        let (heel, toe) = heel_and_toe(body, frame, side);
        [0.5 * (heel[0] + toe[0]), floor, 0.5 * (heel[2] + toe[2])]
    });
    let line = sub(right, left);
    let right_share = dot(sub(point, left), line) / dot(line, line);
    let aside = sub(point, add(left, scale(line, right_share)));
    let parts = [(left, 1.0 - right_share), (right, right_share)];
    let is_over = |k: usize| {
        distance_to_foot(body, frame, Side::BOTH[k], add(parts[k].0, aside)) < UNDER_FOOT_M
    };
    // With the point outside the feet the athlete would fall, so the estimated centre of mass must
    // be wrong.
    ((0.0..=1.0).contains(&right_share) && is_over(0) && is_over(1)).then(|| {
        parts.map(|(middle, share)| {
            let force = scale(force, share);
            Wrench { force, moment: cross(add(middle, aside), force) }
        })
    })
}

/// The total ground force that explains the motion of the centre of mass, N, `[frame]`: m·(a − g).
/// NaN where the body is not fully seen.
fn accelerating_force(body: &Recording, mass_kg: f64) -> Vec<[f64; 3]> {
    let whole = [Part::Neck, Part::Pelvis, Part::LeftShoulder, Part::LeftKnee, Part::LeftAnkle];
    let is_whole = |frame: usize| {
        whole.iter().all(|part| {
            Side::BOTH.iter().all(|side| body.is_seen(frame, part.on_side(*side).index()))
        })
    };
    let centres: Vec<[f64; 3]> = (0..body.frame_count())
        .map(|frame| match is_whole(frame) {
            true => centre_of_mass(|part| body.position_at(frame, part.index())),
            false => [f64::NAN; 3],
        })
        .collect();
    let step = body.duration_s() / (body.frame_count().max(2) - 1) as f64;
    let acceleration = |frame: usize| second_derivative(|f| centres[f], frame, centres.len(), step);
    (0..centres.len()).map(|frame| scale(sub(acceleration(frame), GRAVITY), mass_kg)).collect()
}

/// Filters every component of a series of wrenches.
fn smooth_wrenches(wrenches: Vec<Wrench>, smooth: &dyn Fn(&mut Vec<f64>)) -> Vec<Wrench> {
    let series = |component: &dyn Fn(&Wrench) -> f64| {
        let mut values: Vec<f64> = wrenches.iter().map(component).collect();
        smooth(&mut values);
        values
    };
    let force: [Vec<f64>; 3] = std::array::from_fn(|k| series(&|wrench| wrench.force[k]));
    let moment: [Vec<f64>; 3] = std::array::from_fn(|k| series(&|wrench| wrench.moment[k]));
    let at = |axes: &[Vec<f64>; 3], frame: usize| [0, 1, 2].map(|axis| axes[axis][frame]);
    (0..wrenches.len())
        .map(|frame| Wrench { force: at(&force, frame), moment: at(&moment, frame) })
        .collect()
}

/// The sum of two wrenches.
fn add_wrenches(a: Wrench, b: Wrench) -> Wrench {
    Wrench { force: add(a.force, b.force), moment: add(a.moment, b.moment) }
}

/// The point at `height` about which a wrench has no horizontal moment.
fn centre_of_pressure(wrench: &Wrench, height: f64) -> [f64; 3] {
    let Wrench { force, moment } = wrench;
    [(moment[2] + height * force[0]) / force[1], height, (height * force[2] - moment[0]) / force[1]]
}

/// The foot (0 left, 1 right) above a centre of pressure; `None` if there is none or it is
/// ambiguous.
fn foot_over(body: &Recording, frame: usize, point: [f64; 3]) -> Option<usize> {
    let distance = Side::BOTH.map(|side| distance_to_foot(body, frame, side, point));
    let nearest = usize::from(distance[1] < distance[0] || distance[0].is_nan());
    let other = distance[1 - nearest];
    let is_alone = other.is_nan() || other - distance[nearest] > FOOT_MARGIN_M;
    (distance[nearest] < UNDER_FOOT_M && is_alone).then_some(nearest)
}

/// The horizontal distance of a point from the line from heel to toe of a foot, m.
fn distance_to_foot(body: &Recording, frame: usize, side: Side, point: [f64; 3]) -> f64 {
    let level = |p: [f64; 3]| [p[0], 0.0, p[2]];
    let (heel, toe) = heel_and_toe(body, frame, side);
    let (line, from) = (level(sub(toe, heel)), level(sub(point, heel)));
    let along = (dot(from, line) / dot(line, line).max(1e-9)).clamp(0.0, 1.0);
    norm(sub(from, scale(line, along)))
}

/// The positions of a foot's heel (or ankle, if the heel is not seen) and big toe.
fn heel_and_toe(body: &Recording, frame: usize, side: Side) -> ([f64; 3], [f64; 3]) {
    let at = |part: Part| body.position_at(frame, part.on_side(side).index());
    let heel = at(Part::LeftHeel);
    (if heel[0].is_finite() { heel } else { at(Part::LeftAnkle) }, at(Part::LeftBigToe))
}

/// The height of the lower of heel and toe.
fn lowest_point(body: &Recording, frame: usize, side: Side) -> f64 {
    let (heel, toe) = heel_and_toe(body, frame, side);
    heel[1].min(toe[1])
}
