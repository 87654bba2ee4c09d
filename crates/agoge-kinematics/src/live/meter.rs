//! Measures the curves of a live stream, frame by frame.

use crate::curves::CaptureContext;
use crate::{Curves, Unit, measure_with};
use agoge_motion::{Part, Recording};

/// The setting is estimated from this many seconds of frames, s, at this rate, Hz.
const WINDOW_S: f64 = 10.0;
const WINDOW_HZ: f64 = 10.0;
/// Interval between estimates of the setting, s.
const UPDATE_S: f64 = 1.0;

/// Measures the frames of a stream as they arrive. What [`crate::measure_curves`] estimates from a
/// whole recording (the view, the floor, …) is estimated from the last seconds.
#[derive(Clone, Debug, Default)]
pub struct CurveMeter {
    /// The previous and the newest frame.
    recent: Option<Recording>,
    window: Option<Recording>,
    setting: Option<(f64, CaptureContext)>,
    previous: Curves,
}

impl CurveMeter {
    /// A meter before its first frame.
    pub fn new() -> CurveMeter {
        CurveMeter::default()
    }

    /// Processes the next frame, a recording of one frame on the body skeleton. Returns the curves
    /// of the previous frame (if there is one) and this frame. Angles continue from the previous
    /// frame without jumps by whole turns.
    pub fn push(&mut self, frame: &Recording) -> &Curves {
        let Some(&time_s) = frame.time.first() else { return &self.previous };
        append_frame(&mut self.recent, frame, 2);
        let is_due = self
            .window
            .as_ref()
            .and_then(|seen| seen.time.last())
            .is_none_or(|last| time_s - last >= 1.0 / WINDOW_HZ);
        if is_due {
            append_frame(&mut self.window, frame, (WINDOW_S * WINDOW_HZ) as usize);
        }
        let is_starting = self.window.as_ref().is_some_and(|seen| seen.duration_s() < UPDATE_S);
        let is_old = self
            .setting
            .is_none_or(|(since_s, _)| time_s - since_s >= UPDATE_S || (is_starting && is_due));
        if is_old && let Some(seen) = &self.window {
            self.setting = Some((time_s, CaptureContext::from_recording(seen)));
        }
        if let (Some(recent), Some((_, setting))) = (&self.recent, &self.setting) {
            let mut curves = measure_with(recent, setting).curves;
            for (index, curve) in
                curves.curves.iter_mut().enumerate().filter(|(_, curve)| curve.unit == Unit::Degree)
            {
                // Usually the curve has the same index as before.
                let same_index = self
                    .previous
                    .curves
                    .get(index)
                    .filter(|old| old.name == curve.name && old.side == curve.side);
                let last = same_index
                    .or_else(|| self.previous.get(&curve.name, curve.side))
                    .and_then(|old| old.values.last());
                if let (Some(last), Some(value)) = (last, curve.values.last_mut())
                    && last.is_finite()
                    && value.is_finite()
                {
                    *value -= 360.0 * ((*value - last) / 360.0).round();
                }
            }
            self.previous = curves;
        }
        &self.previous
    }
}

/// Appends a frame to a recording that keeps only the newest `most` frames.
fn append_frame(to: &mut Option<Recording>, frame: &Recording, most: usize) {
    let Some(recording) = to else {
        *to = Some(frame.clone());
        return;
    };
    if recording.frame_count() >= most {
        recording.time.remove(0);
        recording.position.drain(..Part::COUNT);
        recording.confidence.drain(..Part::COUNT);
    }
    recording.time.extend(&frame.time);
    recording.position.extend(&frame.position);
    recording.confidence.extend(&frame.confidence);
}
