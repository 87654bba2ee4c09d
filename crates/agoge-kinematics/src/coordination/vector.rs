//! Vector coding of the coupling between two curves.

use serde::{Deserialize, Serialize};

/// Coupling angles of two curves over the same samples, `[sample − 1]`, degrees in [0, 360): the
/// direction from each point of the angle-angle plot to the next, atan2(Δdistal, Δproximal) (Chang,
/// van Emmerik & Hamill 2008; Needham, Naemi & Chockalingam 2014). NaN next to missing values and
/// where neither curve moves.
///
/// ```
/// use agoge_kinematics::coordination::{CouplingPattern, coupling_angles};
/// let angles = coupling_angles(&[0.0, 1.0, 1.0], &[0.0, 1.0, 3.0]);
/// assert!((angles[0] - 45.0).abs() < 1e-9 && (angles[1] - 90.0).abs() < 1e-9);
/// assert_eq!(CouplingPattern::from_angle(angles[0]), Some(CouplingPattern::InPhase));
/// ```
pub fn coupling_angles(proximal: &[f64], distal: &[f64]) -> Vec<f64> {
    let steps = proximal.windows(2).zip(distal.windows(2));
    steps
        .map(|(proximal, distal)| {
            let (across, up) = (proximal[1] - proximal[0], distal[1] - distal[0]);
            if across == 0.0 && up == 0.0 {
                f64::NAN
            } else {
                wrap_positive(up.atan2(across).to_degrees())
            }
        })
        .collect()
}

/// Wraps an angle to [0, 360) degrees.
fn wrap_positive(angle: f64) -> f64 {
    let turned = angle.rem_euclid(360.0);
    // Tiny negative angles round up to a whole turn.
    if turned >= 360.0 { 0.0 } else { turned }
}

/// The circular mean of angles in degrees, [0, 360), and the length r of the mean vector: 1 if all
/// are equal, 0 if they cancel (Batschelet 1981). Ignores missing angles; both are NaN without any.
///
/// ```
/// use agoge_kinematics::coordination::circular_mean;
/// // The mean of 350° and 20° is 5°, not 185°; r is the cosine of half their distance.
/// let (mean, r) = circular_mean(&[350.0, 20.0]);
/// assert!((mean - 5.0).abs() < 1e-9);
/// assert!((r - 15f64.to_radians().cos()).abs() < 1e-12);
/// ```
pub fn circular_mean(angles: &[f64]) -> (f64, f64) {
    let known: Vec<f64> =
        angles.iter().filter(|angle| angle.is_finite()).map(|angle| angle.to_radians()).collect();
    let n = known.len() as f64;
    let cos = known.iter().map(|angle| angle.cos()).sum::<f64>() / n;
    let sin = known.iter().map(|angle| angle.sin()).sum::<f64>() / n;
    // Rounding may make r slightly greater than 1.
    let r = cos.hypot(sin);
    (wrap_positive(sin.atan2(cos).to_degrees()), if r > 1.0 { 1.0 } else { r })
}

/// The coupling of two curves over repetitions.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorCoding {
    /// Circular mean of the coupling angle over the repetitions, `[sample − 1]`, degrees in [0,
    /// 360).
    pub mean: Vec<f64>,
    /// Coupling angle variability √(2(1 − r))·180/π, `[sample − 1]`, degrees: 0 (always the same)
    /// to 81.03 (Batschelet 1981).
    pub variability: Vec<f64>,
}

impl VectorCoding {
    /// Share of the known samples in each pattern, in the order of [`CouplingPattern::ALL`]; they
    /// sum to 1. NaN if nothing is known.
    pub fn pattern_shares(&self) -> [f64; 4] {
        let known: Vec<CouplingPattern> =
            self.mean.iter().filter_map(|&angle| CouplingPattern::from_angle(angle)).collect();
        CouplingPattern::ALL.map(|pattern| {
            known.iter().filter(|known| **known == pattern).count() as f64 / known.len() as f64
        })
    }

    /// The pattern with the largest share; the later in [`CouplingPattern::ALL`] of equal ones.
    pub fn main_pattern(&self) -> CouplingPattern {
        let shares = self.pattern_shares();
        let later_if_larger =
            |a: usize, b: usize| if shares[b].total_cmp(&shares[a]).is_ge() { b } else { a };
        CouplingPattern::ALL[(0..shares.len()).fold(0, later_if_larger)]
    }
}

/// Vector coding of repetitions, each a proximal and a distal curve, all normalised to the same
/// length ([`crate::normalise::resample_cycle`]).
pub fn vector_coding(repetitions: &[(Vec<f64>, Vec<f64>)]) -> VectorCoding {
    let angles: Vec<Vec<f64>> = repetitions.iter().map(|(p, d)| coupling_angles(p, d)).collect();
    let length = angles.iter().map(Vec::len).min().unwrap_or(0);
    let (mean, variability) = (0..length)
        .map(|sample| {
            let at_sample: Vec<f64> = angles.iter().map(|angles| angles[sample]).collect();
            let (mean, r) = circular_mean(&at_sample);
            (mean, (2.0 * (1.0 - r)).sqrt().to_degrees())
        })
        .unzip();
    VectorCoding { mean, variability }
}

/// The four patterns of coordination, each two bins of 45° (Chang et al. 2008).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CouplingPattern {
    /// Only the proximal moves: about 0° and 180°.
    Proximal,
    /// Both move in the same direction: about 45° and 225°.
    InPhase,
    /// Only the distal moves: about 90° and 270°.
    Distal,
    /// Both move, in opposite directions: about 135° and 315°.
    AntiPhase,
}

impl CouplingPattern {
    /// All patterns, in the order of their bins from 0°.
    pub const ALL: [CouplingPattern; 4] = [
        CouplingPattern::Proximal,
        CouplingPattern::InPhase,
        CouplingPattern::Distal,
        CouplingPattern::AntiPhase,
    ];

    /// Name, as written to `analysis.json`.
    pub fn name(self) -> &'static str {
        match self {
            CouplingPattern::Proximal => "proximal",
            CouplingPattern::InPhase => "in-phase",
            CouplingPattern::Distal => "distal",
            CouplingPattern::AntiPhase => "anti-phase",
        }
    }

    /// The pattern of a coupling angle in degrees; `None` if the angle is missing. Bins include
    /// their lower edge (22.5° is in phase).
    pub fn from_angle(angle: f64) -> Option<CouplingPattern> {
        angle
            .is_finite()
            .then(|| CouplingPattern::ALL[((wrap_positive(angle) + 22.5) / 45.0) as usize % 4])
    }
}
