//! Vector coding of the coupling between two curves.

use crate::normalise::finite_mean;

/// Coupling angles of two curves over the same samples, `[sample − 1]`, degrees in [0, 360): the
/// direction from each point of the angle-angle plot to the next, atan2(Δdistal, Δproximal) (Chang,
/// van Emmerik & Hamill 2008; Needham, Naemi & Chockalingam 2014). NaN next to missing values and
/// where neither curve moves.
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
    /// Mean coupling angle variability over the cycle, degrees; NaN if nothing is known.
    pub fn mean_variability(&self) -> f64 {
        finite_mean(&self.variability)
    }

    /// Share of the known samples in each pattern, in the order of [`Pattern::ALL`]; they sum to 1.
    /// NaN if nothing is known.
    pub fn pattern_shares(&self) -> [f64; 4] {
        let known: Vec<CouplingPattern> =
            self.mean.iter().filter_map(|&angle| CouplingPattern::from_angle(angle)).collect();
        CouplingPattern::ALL.map(|pattern| {
            known.iter().filter(|known| **known == pattern).count() as f64 / known.len() as f64
        })
    }
}

/// Vector coding of repetitions, each a proximal and a distal curve, all normalised to the same
/// length ([`crate::normalise::cycle`]).
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// The pattern of a coupling angle in degrees; `None` if the angle is missing. Bins include
    /// their lower edge (22.5° is in phase).
    pub fn from_angle(angle: f64) -> Option<CouplingPattern> {
        angle
            .is_finite()
            .then(|| CouplingPattern::ALL[((wrap_positive(angle) + 22.5) / 45.0) as usize % 4])
    }
}
