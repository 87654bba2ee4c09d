//! Net joint moments of both legs, as curves.

use super::chain::{DynamicsError, ExternalLoad, joint_moments};
use super::ground::GroundForces;
use super::segments::{Limb, SegmentInertia, Sex, body_segment};
use crate::curves::right_directions;
use crate::{Curve, Unit};
use agoge_motion::vector::dot;
use agoge_motion::{Part, Recording, Side};

/// Names of the moment curves of [`leg_moments`], from the ground up, without the side.
pub const LEG_MOMENTS: [&str; 3] =
    ["ankle_dorsiflexion_moment", "knee_flexion_moment", "hip_flexion_moment"];

/// Net moments of ankle, knee and hip about the athlete's left-to-right axis, N·m, and the vertical
/// force under each foot, N (`ground_force`), `[frame]`.
///
/// A moment is the joint action of the muscles and ligaments around the joint, with the signs of
/// the angles: flexion and dorsiflexion are positive, so an extension moment of the knee is
/// negative. Opposing muscles cancel. NaN where the foot's force is unknown or a joint is missing,
/// and for two frames around. Segments follow de Leva (1996); the foot extends from the ankle to
/// the big toe, with its centre of mass in the middle and a radius of gyration of 0.475 (Winter
/// 2009). A leg of which hip, knee, ankle or big toe is never seen has no curves.
///
/// # Errors
/// [`DynamicsError`] if the frames are not evenly spaced in time.
pub fn leg_moments(
    body: &Recording,
    ground: &GroundForces,
    mass_kg: f64,
    sex: Sex,
) -> Result<Vec<Curve>, DynamicsError> {
    let foot =
        SegmentInertia { centre: 0.5, gyration: 0.475, ..body_segment(Limb::Foot, sex, mass_kg) };
    let segments =
        [body_segment(Limb::Thigh, sex, mass_kg), body_segment(Limb::Shank, sex, mass_kg), foot];
    let rights = right_directions(body);
    let mut curves = Vec::new();
    for (side, on_foot) in Side::BOTH.into_iter().zip(&ground.feet) {
        let chain = [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle, Part::LeftBigToe]
            .map(|part| part.on_side(side));
        if chain
            .iter()
            .any(|part| (0..body.frame_count()).all(|frame| !body.is_seen(frame, part.index())))
        {
            continue;
        }
        let joints: Vec<Vec<[f64; 3]>> =
            chain.iter().map(|part| body.joint_track(part.index()).collect()).collect();
        let unknown = ExternalLoad { force: [f64::NAN; 3], point: [0.0; 3], moment: [f64::NAN; 3] };
        let outer: Vec<ExternalLoad> = on_foot
            .iter()
            .map(|wrench| {
                wrench.map_or(unknown, |wrench| ExternalLoad {
                    force: wrench.force,
                    point: [0.0; 3],
                    moment: wrench.moment,
                })
            })
            .collect();
        let nets = joint_moments(&body.time, &joints, &segments, Some(&outer))?;
        let mut add_curve = |name: &str, unit: Unit, values: Vec<f64>| {
            curves.push(Curve { name: name.to_owned(), side: Some(side), unit, values });
        };
        // Positive rotation about the axis to the right lifts toes and thigh and extends the knee.
        for (name, (nets, sign)) in
            LEG_MOMENTS.into_iter().zip(nets.iter().rev().zip([1.0, -1.0, 1.0]))
        {
            let values = nets
                .iter()
                .zip(&rights)
                .map(|(net, right)| sign * dot(net.moment, *right))
                .collect();
            add_curve(name, Unit::NewtonMetre, values);
        }
        add_curve("ground_force", Unit::Newton, outer.iter().map(|load| load.force[1]).collect());
    }
    Ok(curves)
}
