//! Curves of a stream, frame by frame.

use crate::curves::Setting;
use crate::{Curves, Unit, measure_in};
use agoge_motion::{Part, Recording};

/// The setting is taken from so many seconds, seen so many times a second.
const SEEN_S: f64 = 10.0;
const SEEN_HZ: f64 = 10.0;
/// It is taken anew this often, s.
const ANEW_S: f64 = 1.0;

/// Measures the frames of a stream as they come: what [`crate::measure`] judges of a whole
/// recording (the view, the floor, …) is judged of the last seconds.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    /// The frame before and the newest.
    recent: Option<Recording>,
    seen: Option<Recording>,
    setting: Option<(f64, Setting)>,
    before: Curves,
}

impl Meter {
    /// A meter that has seen nothing yet.
    pub fn new() -> Meter {
        Meter::default()
    }

    /// Takes the next frame, a recording of one frame on the body skeleton; the curves of the frame
    /// before (none at the first) and of this one. Angles go on from those of the frame before
    /// without a jump by a whole turn.
    pub fn push(&mut self, frame: &Recording) -> &Curves {
        let Some(&time_s) = frame.time.first() else { return &self.before };
        append(&mut self.recent, frame, 2);
        let is_due = self
            .seen
            .as_ref()
            .and_then(|seen| seen.time.last())
            .is_none_or(|last| time_s - last >= 1.0 / SEEN_HZ);
        if is_due {
            append(&mut self.seen, frame, (SEEN_S * SEEN_HZ) as usize);
        }
        let few = self.seen.as_ref().is_some_and(|seen| seen.duration_s() < ANEW_S);
        let is_old =
            self.setting.is_none_or(|(since_s, _)| time_s - since_s >= ANEW_S || (few && is_due));
        if is_old && let Some(seen) = &self.seen {
            self.setting = Some((time_s, Setting::of(seen)));
        }
        if let (Some(recent), Some((_, setting))) = (&self.recent, &self.setting) {
            let mut curves = measure_in(recent, setting).curves;
            for (index, curve) in
                curves.curves.iter_mut().enumerate().filter(|(_, curve)| curve.unit == Unit::Degree)
            {
                // Mostly it is the curve of the same place.
                let same = self
                    .before
                    .curves
                    .get(index)
                    .filter(|old| old.name == curve.name && old.side == curve.side);
                let last = same
                    .or_else(|| self.before.get(&curve.name, curve.side))
                    .and_then(|old| old.values.last());
                if let (Some(last), Some(value)) = (last, curve.values.last_mut())
                    && last.is_finite()
                    && value.is_finite()
                {
                    *value -= 360.0 * ((*value - last) / 360.0).round();
                }
            }
            self.before = curves;
        }
        &self.before
    }
}

/// Appends a frame to a recording that keeps the newest `most`.
fn append(to: &mut Option<Recording>, frame: &Recording, most: usize) {
    let Some(recording) = to else {
        *to = Some(frame.clone());
        return;
    };
    if recording.frames() >= most {
        recording.time.remove(0);
        recording.position.drain(..Part::COUNT);
        recording.confidence.drain(..Part::COUNT);
    }
    recording.time.extend(&frame.time);
    recording.position.extend(&frame.position);
    recording.confidence.extend(&frame.confidence);
}
