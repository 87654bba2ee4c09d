//! What the ground does to each foot: from force plates, or modelled where an athlete stands on
//! both feet.

use super::chain::{GRAVITY, second};
use crate::curves::{centre_of_mass, floor, standing_level};
use agoge_motion::vector::{add, cross, dot, norm, scale, sub};
use agoge_motion::{Part, Recording, Side, Wrench};

/// Below this vertical force, N, nobody counts as standing on a plate.
const LOADED_N: f64 = 20.0;
/// A centre of pressure further than this from the line of heel and toes is not under that foot, m:
/// half a foot's width and what markers stand off the sole.
const UNDER_FOOT_M: f64 = 0.1;
/// Two feet that are as near to a centre of pressure but for this are not told apart, m.
const TOLD_APART_M: f64 = 0.05;
/// All forces of the ground are measured if they are what moves the centre of mass, but for this
/// part of the body's weight.
const ACCOUNTED: f64 = 0.15;
/// A foot is on the ground while its lowest point is less than this above where it stands, m.
const ON_GROUND_M: f64 = 0.03;
/// The centre of mass counts as hardly accelerated below this, m/s².
const QUIET: f64 = 2.0;
/// What of the frames must be known for a model of standing to be given.
const ENOUGH: f64 = 0.5;

/// Where forces of the ground come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Measured by force plates.
    Plates,
    /// Modelled: both feet on the ground, the centre of mass hardly accelerated.
    Standing,
}

/// What the ground does to each foot.
#[derive(Clone, Debug, PartialEq)]
pub struct Ground {
    /// Where it comes from.
    pub origin: Origin,
    /// Left and right, `[frame]`: zero for a foot in the air, none where it is not known.
    pub feet: [Vec<Option<Wrench>>; 2],
    /// Frames in which a plate was loaded, but by which foot (or by both) cannot be said.
    pub unclear: usize,
}

const NOTHING: Wrench = Wrench { force: [0.0; 3], moment: [0.0; 3] };

/// The forces of the plates, each given to the foot that lies over its centre of pressure; none
/// without a plate that was ever loaded. `smooth` filters a series over the frames as the positions
/// were filtered: forces and positions filtered unlike each other make moments that were not there
/// (Bisseling & Hof 2006).
///
/// A foot over no loaded plate is in the air if the plates together explain how the centre of mass
/// is accelerated (within 15 % of the weight), and otherwise not known: it may stand beside them.
pub fn measured(body: &Recording, mass_kg: f64, smooth: &dyn Fn(&mut Vec<f64>)) -> Option<Ground> {
    let plates: Vec<(f64, Vec<Wrench>)> = body
        .plates()
        .iter()
        .map(|plate| (plate.height_m(), smoothed(plate.at(&body.time), smooth)))
        .filter(|(height, _)| height.is_finite())
        .collect();
    if plates.is_empty() {
        return None;
    }
    let needed = accelerating_force(body, mass_kg);
    let mut ground = Ground { origin: Origin::Plates, feet: [Vec::new(), Vec::new()], unclear: 0 };
    for frame in 0..body.frames() {
        let (mut feet, mut total, mut is_unclear) = ([None, None], [0.0; 3], false);
        for (height, wrenches) in &plates {
            let own = wrenches[frame];
            total = add(total, own.force);
            // A force that is not known (NaN) is no load of 20 N either, but leaves the sum
            // unknown.
            if own.force[1].is_nan() || own.force[1] < LOADED_N {
                continue;
            }
            match foot_over(body, frame, centre_of_pressure(&own, *height)) {
                Some(foot) => feet[foot] = Some(plus(feet[foot].unwrap_or(NOTHING), own)),
                None => is_unclear = true,
            }
        }
        let accounted = norm(sub(needed[frame], total)) < ACCOUNTED * mass_kg * -GRAVITY[1];
        ground.unclear += usize::from(is_unclear);
        for (foot, own) in feet.into_iter().enumerate() {
            let own = own.or((accounted && !is_unclear).then_some(NOTHING));
            ground.feet[foot].push(own.filter(|_| !is_unclear));
        }
    }
    Some(ground)
}

/// A model of the ground's forces for somebody who stands on both feet and carries nothing:
/// together they are what accelerates the centre of mass, through the point where that force meets
/// the floor (the zero-moment point, Vukobratović 1972, without the turning of the body); each foot
/// has the part by which that point is nearer to it, along the line between the middles of the
/// feet.
///
/// # Errors
/// In words, where fewer than half of the frames are like that: the forces cannot be known without
/// a plate.
pub fn standing(body: &Recording, mass_kg: f64) -> Result<Ground, String> {
    let needed = accelerating_force(body, mass_kg);
    let level = Side::BOTH
        .map(|side| standing_level((0..body.frames()).map(|frame| lowest(body, frame, side))));
    let floor = floor(body);
    let is_one_floor = (level[0] - level[1]).abs() < ON_GROUND_M;
    let mut ground =
        Ground { origin: Origin::Standing, feet: [Vec::new(), Vec::new()], unclear: 0 };
    for (frame, force) in needed.iter().enumerate() {
        let on_ground = |k: usize| lowest(body, frame, Side::BOTH[k]) - level[k] < ON_GROUND_M;
        let extra = sub(scale(*force, 1.0 / mass_kg), scale(GRAVITY, -1.0));
        let stands = is_one_floor && on_ground(0) && on_ground(1) && norm(extra) < QUIET;
        let shared = stands.then(|| share(body, frame, *force, floor)).flatten();
        for foot in 0..2 {
            ground.feet[foot].push(shared.map(|both| both[foot]));
        }
    }
    let known = ground.feet[0].iter().flatten().count();
    if (known as f64) < ENOUGH * body.frames() as f64 {
        let of = 100 * known / body.frames().max(1);
        let why = "the forces of the ground can be modelled only while both feet stand and the body is hardly accelerated";
        return Err(format!(
            "{why} ({of} % of the frames); otherwise they cannot be known without a force plate"
        ));
    }
    Ok(ground)
}

/// The force of a stance in two parts.
fn share(body: &Recording, frame: usize, force: [f64; 3], floor: f64) -> Option<[Wrench; 2]> {
    let centre = centre_of_mass(|part| body.at(frame, part.index()));
    let point = sub(centre, scale(force, (centre[1] - floor) / force[1]));
    let [left, right] = Side::BOTH.map(|side| {
        let (heel, toe) = sole(body, frame, side);
        [0.5 * (heel[0] + toe[0]), floor, 0.5 * (heel[2] + toe[2])]
    });
    let line = sub(right, left);
    let right_part = dot(sub(point, left), line) / dot(line, line);
    let aside = sub(point, add(left, scale(line, right_part)));
    let parts = [(left, 1.0 - right_part), (right, right_part)];
    let is_over =
        |k: usize| near(body, frame, Side::BOTH[k], add(parts[k].0, aside)) < UNDER_FOOT_M;
    // Outside the feet the athlete would fall: the centre of mass is not where the joints say.
    ((0.0..=1.0).contains(&right_part) && is_over(0) && is_over(1)).then(|| {
        parts.map(|(middle, part)| {
            let force = scale(force, part);
            Wrench { force, moment: cross(add(middle, aside), force) }
        })
    })
}

/// The force that all ground together must give, N, `[frame]`: m·(a − g) of the centre of mass. NaN
/// where it is not seen whole.
fn accelerating_force(body: &Recording, mass_kg: f64) -> Vec<[f64; 3]> {
    let whole = [Part::Neck, Part::Pelvis, Part::LeftShoulder, Part::LeftKnee, Part::LeftAnkle];
    let is_whole = |frame: usize| {
        whole
            .iter()
            .all(|part| Side::BOTH.iter().all(|side| body.is_seen(frame, part.on(*side).index())))
    };
    let centres: Vec<[f64; 3]> = (0..body.frames())
        .map(|frame| match is_whole(frame) {
            true => centre_of_mass(|part| body.at(frame, part.index())),
            false => [f64::NAN; 3],
        })
        .collect();
    let step = body.duration_s() / (body.frames().max(2) - 1) as f64;
    let acceleration = |frame: usize| second(|f| centres[f], frame, centres.len(), step);
    (0..centres.len()).map(|frame| scale(sub(acceleration(frame), GRAVITY), mass_kg)).collect()
}

fn smoothed(wrenches: Vec<Wrench>, smooth: &dyn Fn(&mut Vec<f64>)) -> Vec<Wrench> {
    let series = |of: &dyn Fn(&Wrench) -> f64| {
        let mut values: Vec<f64> = wrenches.iter().map(of).collect();
        smooth(&mut values);
        values
    };
    let force: [Vec<f64>; 3] = std::array::from_fn(|k| series(&|own| own.force[k]));
    let moment: [Vec<f64>; 3] = std::array::from_fn(|k| series(&|own| own.moment[k]));
    let at = |of: &[Vec<f64>; 3], frame: usize| [of[0][frame], of[1][frame], of[2][frame]];
    (0..wrenches.len())
        .map(|frame| Wrench { force: at(&force, frame), moment: at(&moment, frame) })
        .collect()
}

fn plus(a: Wrench, b: Wrench) -> Wrench {
    Wrench { force: add(a.force, b.force), moment: add(a.moment, b.moment) }
}

/// Where a force meets the level `height` without a moment across it.
fn centre_of_pressure(own: &Wrench, height: f64) -> [f64; 3] {
    let Wrench { force, moment } = own;
    [(moment[2] + height * force[0]) / force[1], height, (height * force[2] - moment[0]) / force[1]]
}

/// The foot that a centre of pressure lies under; none if neither or both may be.
fn foot_over(body: &Recording, frame: usize, point: [f64; 3]) -> Option<usize> {
    let away = Side::BOTH.map(|side| near(body, frame, side, point));
    let nearest = usize::from(away[1] < away[0] || away[0].is_nan());
    let is_alone = away[1 - nearest].is_nan() || away[1 - nearest] - away[nearest] > TOLD_APART_M;
    (away[nearest] < UNDER_FOOT_M && is_alone).then_some(nearest)
}

/// How far a point of the floor is from the line of a foot, seen from above, m.
fn near(body: &Recording, frame: usize, side: Side, point: [f64; 3]) -> f64 {
    let level = |p: [f64; 3]| [p[0], 0.0, p[2]];
    let (heel, toe) = sole(body, frame, side);
    let (line, from) = (level(sub(toe, heel)), level(sub(point, heel)));
    let along = (dot(from, line) / dot(line, line).max(1e-9)).clamp(0.0, 1.0);
    norm(sub(from, scale(line, along)))
}

/// Heel (where it is not seen the ankle) and great toe.
fn sole(body: &Recording, frame: usize, side: Side) -> ([f64; 3], [f64; 3]) {
    let at = |part: Part| body.at(frame, part.on(side).index());
    let heel = at(Part::LeftHeel);
    (if heel[0].is_finite() { heel } else { at(Part::LeftAnkle) }, at(Part::LeftBigToe))
}

fn lowest(body: &Recording, frame: usize, side: Side) -> f64 {
    let (heel, toe) = sole(body, frame, side);
    heel[1].min(toe[1])
}
