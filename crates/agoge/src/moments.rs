//! Leg joint moments, where the ground reaction forces are known.

use crate::AnalysisOptions;
use agoge_coach::Precision;
use agoge_kinematics::dynamics::{self, GroundForceSource, GroundForces, Sex};
use agoge_kinematics::{Curves, RefusedQuantity};
use agoge_motion::Recording;
use agoge_motion::condition::build_smoother;

/// Adds the joint moments of both legs to the curves of a conditioned body, or the reason why there
/// are none. Returns where the ground forces come from, and the number of frames in which a plate's
/// load could not be assigned to a foot. Does nothing if neither a mass was given nor a plate
/// measured: then nobody asked for moments.
pub(crate) fn add_leg_moments(
    body: &Recording,
    curves: &mut Curves,
    options: &AnalysisOptions,
) -> Option<(GroundForceSource, usize)> {
    let sex = options.sex.unwrap_or(Sex::Male);
    let result = match options.mass_kg {
        None if body.force_plates().is_empty() => return None,
        None => {
            Err("force plates were read, but moments need the athlete's mass: give it with --mass"
                .to_owned())
        }
        Some(mass_kg) => ground_forces(body, mass_kg, options).and_then(|ground| {
            let moments = dynamics::leg_moments(body, &ground, mass_kg, sex)
                .map_err(|fault| fault.to_string())?;
            match moments.is_empty() {
                true => Err("no leg is seen from the hip to the toes".to_owned()),
                false => Ok((ground, moments)),
            }
        }),
    };
    match result {
        Ok((ground, moments)) => {
            curves.curves.extend(moments);
            Some((ground.origin, ground.unclear))
        }
        Err(reason) => {
            curves.refused.push(RefusedQuantity { name: "joint moments".to_owned(), reason });
            None
        }
    }
}

/// The ground reaction forces: measured by force plates, or modelled for standing.
fn ground_forces(
    body: &Recording,
    mass_kg: f64,
    options: &AnalysisOptions,
) -> Result<GroundForces, String> {
    if !body.space.is_3d() {
        return Err("they need positions in three dimensions".to_owned());
    }
    if Precision::from_recording(body).is_depth_guessed() {
        return Err(
            "the depth is a network's guess and positions are from the hips: no force follows from them".to_owned()
        );
    }
    let smooth = build_smoother(options.condition.filter, body.rate_hz())
        .map_err(|fault| fault.to_string())?;
    let smooth = |values: &mut Vec<f64>| smooth.as_ref().map_or((), |smooth| smooth(values));
    dynamics::measured_ground_forces(body, mass_kg, &smooth)
        .map_or_else(|| dynamics::standing_ground_forces(body, mass_kg), Ok)
}
