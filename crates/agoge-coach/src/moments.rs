//! The largest net moments in the leg joints, in the form that `analysis.json` stores.

use agoge_analysis::{MomentPeak, MomentReport};
use agoge_kinematics::dynamics::{GroundForceSource, LEG_MOMENTS, Sex};
use agoge_kinematics::{Curves, Repetition};
use agoge_motion::Side;

/// Lever-arm error for a measured force, m: joint centres and the centre of pressure are each off
/// by about a centimetre (our assumption).
const MEASURED_LEVER_M: f64 = 0.02;
/// Lever-arm error for a modelled force, m: the centre of mass from segment tables adds its own
/// error.
const MODELLED_LEVER_M: f64 = 0.04;

/// Reports the peaks of the curves from `agoge_kinematics::dynamics::leg_moments`: one entry per
/// joint, side and complete repetition (given with its number), or over the whole recording if
/// there is no complete repetition. Moments that are never known in a repetition are left out.
pub fn joint_moment_report(
    curves: &Curves,
    complete: &[(usize, &Repetition)],
    (mass_kg, sex): (f64, Option<Sex>),
    (origin, unclear): (GroundForceSource, usize),
) -> MomentReport {
    let mut spans: Vec<(Option<usize>, usize, usize)> =
        complete.iter().map(|(number, span)| (Some(*number), span.start, span.end)).collect();
    if spans.is_empty() {
        spans.push((None, 0, curves.time.len().saturating_sub(1)));
    }
    let lever =
        if origin == GroundForceSource::Plates { MEASURED_LEVER_M } else { MODELLED_LEVER_M };
    let mut peaks = Vec::new();
    for (repetition, start, end) in spans {
        for side in Side::BOTH {
            for name in LEG_MOMENTS {
                let Some(values) =
                    curves.get(name, Some(side)).and_then(|curve| curve.values.get(start..=end))
                else {
                    continue;
                };
                let known: Vec<f64> =
                    values.iter().copied().filter(|value| value.is_finite()).collect();
                let (flexion, extension) =
                    known.iter().fold((f64::NAN, f64::NAN), |(most, least), value| {
                        (value.max(most), value.min(least))
                    });
                if known.is_empty() {
                    continue;
                }
                let forces = curves
                    .get("ground_force", Some(side))
                    .and_then(|curve| curve.values.get(start..=end));
                let force = forces.unwrap_or(&[]).iter().copied().fold(0.0, f64::max);
                peaks.push(MomentPeak {
                    repetition,
                    joint: name.split('_').next().unwrap_or(name).to_owned(),
                    side,
                    flexion_nm: flexion,
                    extension_nm: extension,
                    flexion_nm_kg: flexion / mass_kg,
                    extension_nm_kg: extension / mass_kg,
                    error_nm: lever * force,
                    known: known.len() as f64 / values.len() as f64,
                });
            }
        }
    }
    MomentReport {
        forces: origin,
        mass_kg,
        limits: moment_limits(origin, lever, sex, unclear),
        peaks,
    }
}

fn moment_limits(
    origin: GroundForceSource,
    lever_m: f64,
    sex: Option<Sex>,
    unclear: usize,
) -> Vec<String> {
    let net = "Net moments: what muscles on both sides of a joint do against each other is not in them, and they say nothing of the load on a ligament.".to_owned();
    let tables = match sex {
        Some(Sex::Female) => "of women say",
        Some(Sex::Male) => "of men say",
        None => "of men say, since no sex was given",
    };
    let error = format!(
        "The error is what {:.0} cm between the line of the ground's force and the joint would make of its largest value; segments weigh what tables {tables} (de Leva 1996).",
        100.0 * lever_m
    );
    let mut sentences = vec![net, error];
    if origin == GroundForceSource::Standing {
        sentences.push("The forces were not measured: they are modelled while both feet stand and the body is hardly accelerated, for an athlete who carries and holds on to nothing, with the centre of mass of tables of men.".to_owned());
    }
    if unclear > 0 {
        sentences.push(format!(
            "In {unclear} frames a plate was loaded, but not by one foot that can be named: they are left out."
        ));
    }
    sentences
}
