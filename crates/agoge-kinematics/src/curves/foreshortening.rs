//! Foreshortening of arms in images: the share of their length that an image shows.

use super::angles::flatten_depth;
use super::lengths::ranked_value;
use agoge_motion::vector::{norm, sub};
use agoge_motion::{Part, Recording, Side};

/// A limb that shows a smaller share of its length than this points out of the image plane by more
/// than 45°, so its angles are unreliable.
pub const RELIABLE_SHOWN_SHARE: f64 = 0.7;

/// A limb that shows a smaller share of its length than this points within 30° of towards or away
/// from the camera. Its angle in the image changes more than twice as fast as the limb's, which
/// amplifies noise, so it is not measured.
pub(super) const MIN_SHOWN_SHARE: f64 = 0.5;

/// The share of its length that the image shows of the limb an arm angle is measured at, `[frame]`,
/// NaN where the limb is not seen. For the elbow, the smaller of upper arm and forearm. `None` for
/// other curves, and in 3D, where nothing is foreshortened.
///
/// The share is the apparent length relative to its 95th percentile over the recording, with both
/// normalised by the longest of trunk, thighs and shanks, which grows as the athlete comes nearer.
pub fn visible_share(body: &Recording, curve: &str, side: Option<Side>) -> Option<Vec<f64>> {
    let arm = [Part::LeftShoulder, Part::LeftElbow, Part::LeftWrist]
        .map(|part| part.on_side(side.unwrap_or(Side::Left)));
    let segments: &[[Part; 2]] = match curve {
        "elbow_flexion" => &[[arm[0], arm[1]], [arm[1], arm[2]]],
        "shoulder_elevation" | "shoulder_abduction" | "shoulder_flexion" => &[[arm[0], arm[1]]],
        _ => return None,
    };
    if body.space.is_3d() || side.is_none() {
        return None;
    }
    let size = relative_lengths(apparent_size(body));
    let mut least = vec![f64::INFINITY; body.frame_count()];
    for &[a, b] in segments {
        for ((least, length), size) in
            least.iter_mut().zip(relative_lengths(part_distances(body, a, b))).zip(&size)
        {
            // If only the athlete's arms are seen, the distance is unknown: no normalisation.
            let share = (length / if *size > 0.0 { *size } else { 1.0 }).min(1.0);
            *least =
                if length.is_finite() && !least.is_nan() { least.min(share) } else { f64::NAN };
        }
    }
    Some(least)
}

/// The athlete's apparent size, `[frame]`: the longest of trunk, thighs and shanks; NaN where none
/// is seen.
fn apparent_size(body: &Recording) -> Vec<f64> {
    let mut size = part_distances(body, Part::Pelvis, Part::Neck);
    for side in Side::BOTH {
        let [hip, knee, ankle] =
            [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle].map(|part| part.on_side(side));
        for [a, b] in [[hip, knee], [knee, ankle]] {
            size.iter_mut()
                .zip(part_distances(body, a, b))
                .for_each(|(size, length)| *size = size.max(length));
        }
    }
    size
}

/// The distance between two parts in the image, `[frame]`.
fn part_distances(body: &Recording, a: Part, b: Part) -> Vec<f64> {
    let at = |frame: usize, part: Part| flatten_depth(body.position_at(frame, part.index()), false);
    (0..body.frame_count()).map(|frame| norm(sub(at(frame, b), at(frame, a)))).collect()
}

/// Lengths divided by their 95th percentile.
fn relative_lengths(lengths: Vec<f64>) -> Vec<f64> {
    let whole = ranked_value(lengths.iter().copied(), |known| (known - 1) * 19 / 20);
    lengths.into_iter().map(|length| length / whole).collect()
}
