//! [`measure`]: from positions on the body skeleton to curves over time.

mod angles;
mod frame;
mod lengths;
mod markers;
mod shown;
mod view;

pub(crate) use lengths::{centre_of_mass, floor, standing_level};
pub use markers::markers;
pub use shown::{WELL_SHOWN, shown};
pub use view::View;

use crate::{Curve, Curves, Refused, Unit};
use agoge_motion::{Part, Recording, Side};
use frame::Frames;

/// What was measured, and from where the athlete was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The curves, and what had to be refused.
    pub curves: Curves,
    /// The camera's view.
    pub view: View,
    /// How likely that view is right, 0 to 1.
    pub view_certainty: f64,
}

/// Measures every curve of the catalogue (docs/MOVEMENTS.md) that this recording can give; the
/// others are refused with the reason.
///
/// The recording must be on the body skeleton ([`Recording::to_body`]). Signs: flexion and
/// dorsiflexion are positive on both sides; valgus and adduction are positive towards the midline;
/// leans are positive forward and to the athlete's right. Angles are degrees and continuous over
/// time: they are unwrapped and shifted so that their median lies in (−180, 180].
pub fn measure(body: &Recording) -> Measured {
    measure_in(body, &Setting::of(body))
}

/// What is judged of a recording as a whole before its frames are measured: the view, the way the
/// athlete faces in a picture, the floor, and the trunk's length. A live stream takes it from the
/// seconds before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    view: View,
    view_certainty: f64,
    /// Of pictures: 1 where forward (seen from the side) or the athlete's right (from the front) is
    /// the picture's right, −1 where it is the left.
    towards: f64,
    /// Height of the floor, in the recording's unit.
    floor: f64,
    /// Length of the trunk, in the recording's unit; NaN if it is never seen.
    trunk: f64,
}

impl Setting {
    /// The setting of a recording on the body skeleton.
    pub fn of(body: &Recording) -> Setting {
        let (view, view_certainty) = view::of(body);
        let (floor, trunk) = (lengths::floor(body), lengths::trunk_length(body));
        Setting { view, view_certainty, towards: frame::towards(body, view), floor, trunk }
    }
}

/// The athlete's right in each frame, level, of a recording in space.
pub(crate) fn rights(body: &Recording) -> Vec<[f64; 3]> {
    Frames::of(body, &Setting::of(body)).right
}

/// As [`measure`], in a setting that is known already.
pub fn measure_in(body: &Recording, setting: &Setting) -> Measured {
    let view = setting.view;
    let frames = Frames::of(body, setting);
    let mut catalogue =
        Catalogue { body, view, setting: *setting, curves: Vec::new(), refused: Vec::new() };
    angles::measure(&mut catalogue, &frames);
    lengths::measure(&mut catalogue, &frames);
    let Catalogue { curves, refused, .. } = catalogue;
    let curves = Curves { time: body.time.clone(), curves, refused };
    Measured { curves, view, view_certainty: setting.view_certainty }
}

/// In which plane a quantity is seen, and so which views can give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plane {
    /// Seen from the side.
    Sagittal,
    /// Seen from the front or back.
    Frontal,
    /// Seen in any view of the plane in which the limb moves, with the view's doubt.
    Any,
    /// Needs three dimensions.
    Depth,
}

/// Collects curves and refusals.
struct Catalogue<'a> {
    body: &'a Recording,
    view: View,
    setting: Setting,
    curves: Vec<Curve>,
    refused: Vec<Refused>,
}

impl Catalogue<'_> {
    /// Adds a curve made frame by frame, unless the view or the missing parts forbid it.
    fn add(
        &mut self,
        (name, side, unit, plane): (&str, Option<Side>, Unit, Plane),
        parts: &[Part],
        value: impl FnMut(usize) -> f64,
    ) {
        if let Some(reason) = self.view.forbids(self.setting.view_certainty, plane) {
            return self.refuse(name, reason);
        }
        let never = |part: &&Part| {
            (0..self.body.frames()).all(|frame| !self.body.is_seen(frame, part.index()))
        };
        if let Some(part) = parts.iter().find(never) {
            return self.refuse(
                &crate::curve::key(name, side),
                format!("the {} is never seen", part.name().replace('_', " ")),
            );
        }
        let mut values: Vec<f64> = (0..self.body.frames()).map(value).collect();
        if unit == Unit::Degree {
            unwrap(&mut values);
        }
        self.curves.push(Curve { name: name.to_owned(), side, unit, values });
    }

    /// Whether a curve has been added.
    fn has(&self, name: &str, side: Option<Side>) -> bool {
        self.curves.iter().any(|curve| curve.name == name && curve.side == side)
    }

    fn refuse(&mut self, name: &str, reason: String) {
        let refused = Refused { name: name.to_owned(), reason };
        if !self.refused.contains(&refused) {
            self.refused.push(refused);
        }
    }
}

/// Makes an angle continuous over time, across gaps too, and shifts it by whole turns so that its
/// median lies in (−180, 180].
fn unwrap(values: &mut [f64]) {
    let mut last = f64::NAN;
    for value in values.iter_mut().filter(|value| value.is_finite()) {
        if last.is_finite() {
            *value -= 360.0 * ((*value - last) / 360.0).round();
        }
        last = *value;
    }
    let median = lengths::ranked(values.iter().copied(), |known| known / 2);
    let turns = ((median - 180.0) / 360.0).ceil();
    if turns.is_finite() && turns != 0.0 {
        values.iter_mut().for_each(|value| *value -= 360.0 * turns);
    }
}

/// The rate of change of a curve, unit a second, `[frame]`: central differences on the recording's
/// own clock; NaN beside a missing value.
pub fn derivative(values: &[f64], time: &[f64]) -> Vec<f64> {
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
