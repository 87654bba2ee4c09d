//! Measures the curves of a live stream, frame by frame.

use crate::curves::Setting;
use crate::{Curves, Unit, measure_in};
use agoge_motion::{Part, Recording};

/// The setting is estimated from this many seconds of frames, s, at this rate, Hz.
const SEEN_S: f64 = 10.0;
const SEEN_HZ: f64 = 10.0;
/// Interval between estimates of the setting, s.
const ANEW_S: f64 = 1.0;

/// Measures the frames of a stream as they arrive. What [`crate::measure`] estimates from a whole
/// recording (the view, the floor, …) is estimated from the last seconds.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    /// The previous and the newest frame.
    recent: Option<Recording>,
    seen: Option<Recording>,
    setting: Option<(f64, Setting)>,
    before: Curves,
}

impl Meter {
    /// A meter before its first frame.
    pub fn new() -> Meter {
        Meter::default()
    }

    /// Processes the next frame, a recording of one frame on the body skeleton. Returns the curves
    /// of the previous frame (if there is one) and this frame. Angles continue from the previous
    /// frame without jumps by whole turns.
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
        let is_starting = self.seen.as_ref().is_some_and(|seen| seen.duration_s() < ANEW_S);
        let is_old = self
            .setting
            .is_none_or(|(since_s, _)| time_s - since_s >= ANEW_S || (is_starting && is_due));
        if is_old && let Some(seen) = &self.seen {
            self.setting = Some((time_s, Setting::of(seen)));
        }
        if let (Some(recent), Some((_, setting))) = (&self.recent, &self.setting) {
            let mut curves = measure_in(recent, setting).curves;
            for (index, curve) in
                curves.curves.iter_mut().enumerate().filter(|(_, curve)| curve.unit == Unit::Degree)
            {
                // Usually the curve has the same index as before.
                let same_index = self
                    .before
                    .curves
                    .get(index)
                    .filter(|old| old.name == curve.name && old.side == curve.side);
                let last = same_index
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

/// Appends a frame to a recording that keeps only the newest `most` frames.
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
