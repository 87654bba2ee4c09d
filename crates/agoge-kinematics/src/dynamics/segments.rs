//! Inertial properties of the limbs' segments: masses, centres of mass and radii of gyration.

use serde::{Deserialize, Serialize};

/// An athlete's sex, as distinguished by the segment tables and Banister's constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// A woman.
    Female,
    /// A man.
    Male,
}

/// A segment of a limb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limb {
    /// Shoulder to elbow.
    UpperArm,
    /// Elbow to wrist.
    Forearm,
    /// Wrist to the knuckle of the middle finger.
    Hand,
    /// Hip to knee.
    Thigh,
    /// Knee to ankle.
    Shank,
    /// Heel to tip of the longest toe.
    Foot,
}

/// The inertial properties of a segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SegmentInertia {
    /// Mass, kg.
    pub mass_kg: f64,
    /// Position of the centre of mass between the proximal (0) and the distal end (1).
    pub centre: f64,
    /// Radius of gyration about a transverse axis through the centre of mass, as a share of its
    /// length.
    pub gyration: f64,
}

/// An athlete's segment (de Leva 1996, adjusting Zatsiorsky, Seluyanov & Chugunova 1990): mass as a
/// share of the body's mass, centre and radius as shares of the length between the ends listed in
/// [`Limb`]. The radius is the mean of those about the sagittal and the transverse axis: the two
/// ends of a segment do not determine its rotation about its long axis, and the two radii differ by
/// about a twentieth.
///
/// ```
/// use agoge_kinematics::dynamics::{Limb, Sex, body_segment};
/// // The thigh of a man is 14.16 % of his mass.
/// assert!((body_segment(Limb::Thigh, Sex::Male, 80.0).mass_kg - 11.328).abs() < 1e-9);
/// ```
pub fn body_segment(limb: Limb, sex: Sex, body_mass_kg: f64) -> SegmentInertia {
    // Mass in %, centre in %, radii in %: men, then women.
    let ([mass, centre, sagittal, transverse], women) = match limb {
        Limb::UpperArm => ([2.71, 57.72, 28.5, 26.9], [2.55, 57.54, 27.8, 26.0]),
        Limb::Forearm => ([1.62, 45.74, 27.6, 26.5], [1.38, 45.59, 26.1, 25.7]),
        Limb::Hand => ([0.61, 79.00, 62.8, 51.3], [0.56, 74.74, 53.1, 45.4]),
        Limb::Thigh => ([14.16, 40.95, 32.9, 32.9], [14.78, 36.12, 36.9, 36.4]),
        Limb::Shank => ([4.33, 44.59, 25.5, 24.9], [4.81, 44.16, 27.1, 26.7]),
        Limb::Foot => ([1.37, 44.15, 25.7, 24.5], [1.29, 40.14, 29.9, 27.9]),
    };
    let [mass, centre, sagittal, transverse] = match sex {
        Sex::Male => [mass, centre, sagittal, transverse],
        Sex::Female => women,
    };
    SegmentInertia {
        mass_kg: body_mass_kg * mass / 100.0,
        centre: centre / 100.0,
        gyration: (sagittal + transverse) / 200.0,
    }
}
