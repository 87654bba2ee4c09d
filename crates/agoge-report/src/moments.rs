//! Renders joint moments as text.

use agoge_analysis::{MomentPeak, MomentReport};
use agoge_kinematics::dynamics::GroundForceSource;

/// Heading above the figures.
pub(crate) fn moments_title(report: &MomentReport) -> String {
    let source = match report.forces {
        GroundForceSource::Plates => "force plates",
        GroundForceSource::Standing => "modelled ground forces",
    };
    format!("Net joint moments from {source} (flexion positive, {:.0} kg)", report.mass_kg)
}

/// Name of a peak: repetition, side and joint.
pub(crate) fn peak_name(peak: &MomentPeak) -> String {
    let prefix = peak.repetition.map_or(String::new(), |number| format!("{number}. "));
    format!("{prefix}{} {}", peak.side.name(), peak.joint)
}

/// Range from the most extending to the most flexing moment, with the error.
pub(crate) fn moment_range_text(peak: &MomentPeak) -> String {
    let MomentPeak {
        flexion_nm,
        extension_nm,
        flexion_nm_kg,
        extension_nm_kg,
        error_nm,
        known,
        ..
    } = peak;
    let range = format!("{extension_nm:.0} to {flexion_nm:.0} ± {error_nm:.0} N·m");
    let per_kilogram = format!("{extension_nm_kg:.2} to {flexion_nm_kg:.2} N·m/kg");
    match known {
        known if *known >= 0.995 => format!("{range} ({per_kilogram})"),
        known => format!("{range} ({per_kilogram}; known in {:.0} % of it)", 100.0 * known),
    }
}
