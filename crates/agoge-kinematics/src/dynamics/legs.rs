//! Net moments in the joints of both legs, as curves.

use super::chain::{Fault, Outer, joint_moments};
use super::ground::Ground;
use super::segments::{Limb, Segment, Sex, body_segment};
use crate::curves::rights;
use crate::{Curve, Unit};
use agoge_motion::vector::dot;
use agoge_motion::{Part, Recording, Side};

/// The curves of [`leg_moments`] that are moments, from the ground up, without the side.
pub const LEG_MOMENTS: [&str; 3] =
    ["ankle_dorsiflexion_moment", "knee_flexion_moment", "hip_flexion_moment"];

/// Net moments of ankle, knee and hip about the athlete's axis from left to right, N·m, and the
/// vertical force under each foot, N (`ground_force`), `[frame]`.
///
/// A moment is what the muscles and ligaments about the joint do together, in the signs of the
/// angles: flexion and dorsiflexion are positive, so an extending knee is negative. Muscles that
/// work against each other cancel. NaN where the foot's force is not known, a joint is missing, and
/// two frames beside that. Segments are those of de Leva (1996); the foot reaches from the ankle to
/// the great toe, its centre in the middle, its radius of gyration 0.475 of that (Winter 2009). A
/// leg whose toes are never seen has no curves.
///
/// # Errors
/// [`Fault`], for a clock that is not even.
pub fn leg_moments(
    body: &Recording,
    ground: &Ground,
    mass_kg: f64,
    sex: Sex,
) -> Result<Vec<Curve>, Fault> {
    let foot = Segment { centre: 0.5, gyration: 0.475, ..body_segment(Limb::Foot, sex, mass_kg) };
    let segments =
        [body_segment(Limb::Thigh, sex, mass_kg), body_segment(Limb::Shank, sex, mass_kg), foot];
    let rights = rights(body);
    let mut curves = Vec::new();
    for (side, on_foot) in Side::BOTH.into_iter().zip(&ground.feet) {
        let chain = [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle, Part::LeftBigToe]
            .map(|part| part.on(side));
        if chain
            .iter()
            .any(|part| (0..body.frames()).all(|frame| !body.is_seen(frame, part.index())))
        {
            continue;
        }
        let joints: Vec<Vec<[f64; 3]>> =
            chain.iter().map(|part| body.track(part.index()).collect()).collect();
        let unknown = Outer { force: [f64::NAN; 3], point: [0.0; 3], moment: [f64::NAN; 3] };
        let outer: Vec<Outer> = on_foot
            .iter()
            .map(|own| {
                own.map_or(unknown, |own| Outer {
                    force: own.force,
                    point: [0.0; 3],
                    moment: own.moment,
                })
            })
            .collect();
        let nets = joint_moments(&body.time, &joints, &segments, Some(&outer))?;
        let mut add = |name: &str, unit: Unit, values: Vec<f64>| {
            curves.push(Curve { name: name.to_owned(), side: Some(side), unit, values });
        };
        // Turning about the axis to the right lifts toes and thigh and straightens the knee.
        for (name, (nets, sign)) in
            LEG_MOMENTS.into_iter().zip(nets.iter().rev().zip([1.0, -1.0, 1.0]))
        {
            let values = nets
                .iter()
                .zip(&rights)
                .map(|(net, right)| sign * dot(net.moment, *right))
                .collect();
            add(name, Unit::NewtonMetre, values);
        }
        add("ground_force", Unit::Newton, outer.iter().map(|own| own.force[1]).collect());
    }
    Ok(curves)
}
