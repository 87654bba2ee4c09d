//! [`measure_curves`]: computes curves over time from positions on the body skeleton.

mod angles;
mod foreshortening;
mod frame;
mod heading;
mod lengths;
mod markers;
mod view;

pub use foreshortening::{RELIABLE_SHOWN_SHARE, visible_share};
pub use lengths::percentile_swing;
pub(crate) use lengths::{centre_of_mass, floor_height, ranked_value, standing_level};
pub use markers::marker_curves;
pub use view::CameraView;

use crate::{Curve, Curves, RefusedQuantity, Unit};
use agoge_motion::{Part, Recording, Side};
use frame::AthleteAxes;

/// The measured curves, and the camera's view of the athlete.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredCurves {
    /// The curves, and the refused quantities.
    pub curves: Curves,
    /// The camera's view.
    pub view: CameraView,
    /// The probability that this view is right, 0 to 1.
    pub view_certainty: f64,
}

/// Measures every curve of the catalogue (docs/reference/movements.md) that can be measured in this
/// recording; the others are refused with the reason.
///
/// The recording must use the body skeleton ([`Recording::to_body`]). Signs: flexion and
/// dorsiflexion are positive on both sides; valgus and adduction are positive towards the midline;
/// leans are positive forward and to the athlete's right. Angles are degrees and continuous over
/// time: they are unwrapped and shifted so that their median lies in (−180, 180].
///
/// ```
/// use agoge_kinematics::measure_curves;
/// use agoge_motion::Side;
/// use agoge_motion::simulate::{Exercise, SimulatedSet};
/// let simulation = SimulatedSet::new(Exercise::Squat).simulate();
/// let measured = measure_curves(&simulation.recording.to_body().recording);
/// let knee = measured.curves.get("knee_flexion", Some(Side::Left)).unwrap();
/// // At the first turning point the knee is as bent as the simulator planned it.
/// let turn = simulation.truth.repetitions[0][1];
/// let truth = simulation.truth.poses[turn].knee_flexion[0];
/// assert!((knee.values[turn] - truth).abs() < 1.0);
/// ```
pub fn measure_curves(body: &Recording) -> MeasuredCurves {
    let mut measured = measure_with(body, &CaptureContext::from_recording(body));
    heading::refuse_wrong_heading(&mut measured);
    measured
}

/// Properties of a recording as a whole, which measuring its frames requires: the view, the
/// direction the athlete faces in an image, the floor, and the trunk's length. A live stream
/// estimates them from the preceding seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CaptureContext {
    view: CameraView,
    view_certainty: f64,
    /// For images: 1 if forward (side view) or the athlete's right (front or back view) is the
    /// image's right, −1 if it is the image's left.
    image_direction: f64,
    /// Height of the floor, in the recording's unit.
    floor: f64,
    /// Length of the trunk, in the recording's unit; NaN if it is never seen.
    trunk: f64,
}

impl CaptureContext {
    /// Estimates the setting of a recording on the body skeleton.
    pub fn from_recording(body: &Recording) -> CaptureContext {
        let (view, view_certainty) = view::estimate_view(body);
        let (floor, trunk) = (lengths::floor_height(body), lengths::trunk_length(body));
        CaptureContext {
            view,
            view_certainty,
            image_direction: frame::image_direction(body, view),
            floor,
            trunk,
        }
    }
}

/// The athlete's right in each frame of a 3D recording, horizontal, `[frame]`.
pub(crate) fn right_directions(body: &Recording) -> Vec<[f64; 3]> {
    AthleteAxes::from_recording(body, &CaptureContext::from_recording(body)).right
}

/// Like [`measure_curves`], with a setting that is already known.
pub fn measure_with(body: &Recording, setting: &CaptureContext) -> MeasuredCurves {
    let view = setting.view;
    let frames = AthleteAxes::from_recording(body, setting);
    let mut catalogue =
        CurveCollector { body, view, setting: *setting, curves: Vec::new(), refused: Vec::new() };
    angles::measure_angles(&mut catalogue, &frames);
    lengths::measure_lengths(&mut catalogue, &frames);
    let CurveCollector { curves, refused, .. } = catalogue;
    let curves = Curves { time: body.time.clone(), curves, refused };
    MeasuredCurves { curves, view, view_certainty: setting.view_certainty }
}

/// The plane in which a quantity is measured, which determines the views that can show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RequiredPlane {
    /// Visible from the side.
    Sagittal,
    /// Visible from the front or back.
    Frontal,
    /// Measured in every view, as projected into the image.
    Any,
    /// Needs three dimensions.
    Depth,
}

/// Collects curves and refusals.
struct CurveCollector<'a> {
    body: &'a Recording,
    view: CameraView,
    setting: CaptureContext,
    curves: Vec<Curve>,
    refused: Vec<RefusedQuantity>,
}

impl CurveCollector<'_> {
    /// Adds a curve computed frame by frame; refuses it if the view does not allow it or one of
    /// `parts` is never seen.
    fn add_curve(
        &mut self,
        (name, side, unit, plane): (&str, Option<Side>, Unit, RequiredPlane),
        parts: &[Part],
        value: impl FnMut(usize) -> f64,
    ) {
        if let Some(reason) = self.view.refusal_reason(self.setting.view_certainty, plane) {
            return self.refuse_quantity(name, reason);
        }
        let is_never_seen = |part: &&Part| {
            (0..self.body.frame_count()).all(|frame| !self.body.is_seen(frame, part.index()))
        };
        if let Some(part) = parts.iter().find(is_never_seen) {
            return self.refuse_quantity(
                &crate::curve::curve_key(name, side),
                format!("the {} is never seen", part.name().replace('_', " ")),
            );
        }
        let mut values: Vec<f64> = (0..self.body.frame_count()).map(value).collect();
        if unit == Unit::Degree {
            unwrap_angles(&mut values);
        }
        self.curves.push(Curve { name: name.to_owned(), side, unit, values });
    }

    /// Whether a curve has been added.
    fn has_curve(&self, name: &str, side: Option<Side>) -> bool {
        self.curves.iter().any(|curve| curve.name == name && curve.side == side)
    }

    /// Records why a quantity could not be measured, once.
    fn refuse_quantity(&mut self, name: &str, reason: String) {
        let refused = RefusedQuantity { name: name.to_owned(), reason };
        if !self.refused.contains(&refused) {
            self.refused.push(refused);
        }
    }
}

/// Makes an angle continuous over time, even across gaps, and shifts it by whole turns so that its
/// median lies in (−180, 180] degrees.
fn unwrap_angles(values: &mut [f64]) {
    let mut last = f64::NAN;
    for value in values.iter_mut().filter(|value| value.is_finite()) {
        if last.is_finite() {
            *value -= 360.0 * ((*value - last) / 360.0).round();
        }
        last = *value;
    }
    let median = lengths::ranked_value(values.iter().copied(), |known| known / 2);
    let turns = ((median - 180.0) / 360.0).ceil();
    if turns.is_finite() && turns != 0.0 {
        values.iter_mut().for_each(|value| *value -= 360.0 * turns);
    }
}

/// The time derivative of a curve, `[frame]`, by central differences on the recording's clock; NaN
/// next to a missing value.
///
/// ```
/// use agoge_kinematics::time_derivative;
/// // The derivative of t² is 2t; at the ends it is a difference to one side.
/// assert_eq!(time_derivative(&[0.0, 1.0, 4.0, 9.0], &[0.0, 1.0, 2.0, 3.0]), [1.0, 2.0, 4.0, 5.0]);
/// ```
pub fn time_derivative(values: &[f64], time: &[f64]) -> Vec<f64> {
    let n = values.len().min(time.len());
    (0..n)
        .map(|i| {
            let (a, b) = (i.saturating_sub(1), (i + 1).min(n - 1));
            if a == b { f64::NAN } else { (values[b] - values[a]) / (time[b] - time[a]) }
        })
        .collect()
}

#[cfg(test)]
mod tests;
