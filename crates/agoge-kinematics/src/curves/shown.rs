//! How much of an arm a picture shows.

use super::angles::flat;
use super::lengths::ranked;
use agoge_motion::vector::{norm, sub};
use agoge_motion::{Part, Recording, Side};

/// A limb of which a picture shows less of its length than this points out of the picture by more
/// than 45°: the angles at it are guesses.
pub const WELL_SHOWN: f64 = 0.7;

/// A limb of which a picture shows less points at the camera or away from it within 30°: its angle
/// in the picture turns more than twice as fast as the limb, noise and all, and is not told.
pub(super) const LEAST_SHOWN: f64 = 0.5;

/// What share of its length each frame of a picture shows of the limb that an angle is measured at,
/// `[frame]`, NaN where it is not seen. Of the elbow the upper arm or the forearm, whichever is
/// less. None for other angles, and in space, where nothing is foreshortened.
///
/// The apparent length against the 95th percentile over the recording, both beside the longest of
/// trunk, thighs and shanks: that grows with the athlete who comes nearer.
pub fn shown(body: &Recording, curve: &str, side: Option<Side>) -> Option<Vec<f64>> {
    let arm = [Part::LeftShoulder, Part::LeftElbow, Part::LeftWrist]
        .map(|part| part.on(side.unwrap_or(Side::Left)));
    let segments: &[[Part; 2]] = match curve {
        "elbow_flexion" => &[[arm[0], arm[1]], [arm[1], arm[2]]],
        "shoulder_elevation" | "shoulder_abduction" | "shoulder_flexion" => &[[arm[0], arm[1]]],
        _ => return None,
    };
    if body.space.is_3d() || side.is_none() {
        return None;
    }
    let size = relative(size(body));
    let mut least = vec![f64::INFINITY; body.frames()];
    for &[a, b] in segments {
        for ((least, length), size) in
            least.iter_mut().zip(relative(lengths(body, a, b))).zip(&size)
        {
            // Of an athlete of whom only the arm is seen nothing tells how near he is.
            let share = (length / if *size > 0.0 { *size } else { 1.0 }).min(1.0);
            *least =
                if length.is_finite() && !least.is_nan() { least.min(share) } else { f64::NAN };
        }
    }
    Some(least)
}

/// How large the athlete is in each frame: the longest of trunk, thighs and shanks; NaN where none
/// is seen.
fn size(body: &Recording) -> Vec<f64> {
    let mut size = lengths(body, Part::Pelvis, Part::Neck);
    for side in Side::BOTH {
        let [hip, knee, ankle] =
            [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle].map(|part| part.on(side));
        for [a, b] in [[hip, knee], [knee, ankle]] {
            size.iter_mut()
                .zip(lengths(body, a, b))
                .for_each(|(size, length)| *size = size.max(length));
        }
    }
    size
}

/// How far two parts lie from each other in the picture, `[frame]`.
fn lengths(body: &Recording, a: Part, b: Part) -> Vec<f64> {
    let at = |frame: usize, part: Part| flat(body.at(frame, part.index()), false);
    (0..body.frames()).map(|frame| norm(sub(at(frame, b), at(frame, a)))).collect()
}

/// Lengths against their 95th percentile.
fn relative(lengths: Vec<f64>) -> Vec<f64> {
    let whole = ranked(lengths.iter().copied(), |known| (known - 1) * 19 / 20);
    lengths.into_iter().map(|length| length / whole).collect()
}
