//! How much of an arm a picture shows.

use super::angles::flat;
use agoge_motion::vector::{norm, sub};
use agoge_motion::{Part, Recording, Side};

/// A limb of which a picture shows less of its length than this points out of the picture by more than 45°: the angles at it are guesses.
pub const WELL_SHOWN: f64 = 0.7;

/// What share of its length each frame of a picture shows of the limb that an angle is measured at, `[frame]`, NaN where it is not seen: the apparent length against the 95th
/// percentile over the recording, so the camera must not come nearer meanwhile. Of the elbow the upper arm or the forearm, whichever is less. None for other angles, and in space, where
/// nothing is foreshortened.
pub fn shown(body: &Recording, curve: &str, side: Option<Side>) -> Option<Vec<f64>> {
    let arm =
        [Part::LeftShoulder, Part::LeftElbow, Part::LeftWrist].map(|part| part.on(side.unwrap_or(Side::Left)).index());
    let segments: &[[usize; 2]] = match curve {
        "elbow_flexion" => &[[arm[0], arm[1]], [arm[1], arm[2]]],
        "shoulder_elevation" | "shoulder_abduction" | "shoulder_flexion" => &[[arm[0], arm[1]]],
        _ => return None,
    };
    if body.space.is_3d() || side.is_none() {
        return None;
    }
    let mut least = vec![f64::INFINITY; body.frames()];
    for &[a, b] in segments {
        let lengths: Vec<f64> = (0..body.frames())
            .map(|frame| norm(sub(flat(body.at(frame, b), false), flat(body.at(frame, a), false))))
            .collect();
        let mut known: Vec<f64> = lengths.iter().copied().filter(|length| length.is_finite()).collect();
        let whole = match known.len() {
            0 => f64::NAN,
            n => *known.select_nth_unstable_by((n - 1) * 19 / 20, f64::total_cmp).1,
        };
        least.iter_mut().zip(lengths).for_each(|(least, length)| {
            let share = (length / whole).min(1.0);
            *least = if share.is_finite() && !least.is_nan() { least.min(share) } else { f64::NAN };
        });
    }
    Some(least)
}
