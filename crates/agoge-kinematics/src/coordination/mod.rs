//! Coordination between body parts, regularity of a signal, and asymmetry between sides.
//!
//! All functions take curves as plain slices (degrees, one repetition or cycle each) and return NaN
//! where no value can be computed. The two descriptions of a coupling, [`relative_phase`] and
//! [`coupling_angles`], are not interchangeable (Miller et al. 2010).

mod asymmetry;
mod phase;
mod sequence;
mod variability;
mod vector;

pub use asymmetry::bilateral_asymmetry;
pub use phase::{mean_absolute_relative_phase, phase_angle, relative_phase, wrap_angle};
pub use sequence::{SpeedPeak, peak_gaps, peak_speeds};
pub use variability::sample_entropy;
pub use vector::{CouplingPattern, VectorCoding, circular_mean, coupling_angles, vector_coding};

#[cfg(test)]
mod tests;
