//! Conditioning: what makes a raw recording trustworthy. Every repair is counted, joint by joint.

mod gaps;
mod outliers;
mod quality;
mod resample;
mod swaps;

pub use quality::{JointQuality, Quality};

use crate::filter::{Butterworth, CutoffCorrection, whittaker};
use crate::recording::{Error, MISSING, Recording};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How recordings are conditioned. Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Positions below this confidence count as not seen (0.3 as in Sports2D).
    pub min_confidence: f32,
    /// Whether exchanged left and right joints are put back.
    pub repair_swaps: bool,
    /// Half-length of the Hampel window in frames (3: seven frames); 0 leaves outliers alone.
    pub hampel_half_window: usize,
    /// A position further than this many robust standard deviations from the window's median is an
    /// outlier.
    pub hampel_threshold: f64,
    /// Gaps up to this long are filled, s; longer ones stay missing.
    pub max_gap_s: f64,
    /// Frames a second to bring the recording to; none keeps a regular clock and brings an
    /// irregular one to its median rate.
    pub rate_hz: Option<f64>,
    /// The low-pass filter.
    pub filter: Filter,
}

/// The low-pass filter of the conditioning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Filter {
    /// No filter.
    None,
    /// Zero-phase Butterworth.
    Butterworth {
        /// 2 or 4, both passes counted.
        order: usize,
        /// Cut-off, Hz.
        cutoff_hz: f64,
        /// Whether the cut-off is corrected for the second pass.
        #[serde(default)]
        correction: CutoffCorrection,
    },
    /// Whittaker smoother.
    Whittaker {
        /// Penalty on second differences.
        lambda: f64,
    },
}

impl Default for Options {
    fn default() -> Options {
        Options {
            min_confidence: 0.3,
            repair_swaps: true,
            hampel_half_window: 3,
            hampel_threshold: 4.0,
            // A quarter of a second: shorter than any phase of the movements that come with Agoge.
            max_gap_s: 0.25,
            rate_hz: None,
            filter: Filter::Butterworth {
                order: 4,
                cutoff_hz: 6.0,
                correction: CutoffCorrection::None,
            },
        }
    }
}

/// Confidence from which a joint is likelier seen than not.
const LIKELY: f32 = 0.5;

/// One kind of repair on one joint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repair {
    /// The joint's name in the source, or `all`.
    pub joint: String,
    /// What was done: `low confidence removed`, `left/right swap undone`, `outlier removed`, `gap
    /// filled`, `resampled`, `filtered`, `not filtered`.
    pub kind: String,
    /// How many frames it changed.
    pub frames: usize,
    /// Particulars ("Butterworth 4th order, 6 Hz, zero phase").
    pub note: String,
}

/// A conditioned recording and what was done to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditioned {
    /// The recording, on a regular clock.
    pub recording: Recording,
    /// Every repair.
    pub repairs: Vec<Repair>,
    /// How good the data were before.
    pub quality: Quality,
}

/// Conditions a recording: swaps of left and right undone, outliers removed, short gaps filled, the
/// clock made regular, the noise filtered, positions of low confidence removed. Time linear in
/// frames × joints. An error only for options that make no sense.
///
/// Positions of low confidence go last: a network's guess of a hidden joint is no measurement, but
/// a better neighbour for the last frames in which it was seen than none, where a filter follows
/// every tremble.
pub fn condition(recording: &Recording, options: &Options) -> Result<Conditioned, Error> {
    let mut log = Log { repairs: Vec::new() };
    let mut sure = recording.clone();
    doubt(&mut sure, &flickers(recording, options));
    let removed = remove_unsure(&mut sure, options.min_confidence);
    let mut quality = Quality::of(&sure);
    let note = format!("below {}", options.min_confidence);
    log.each(&sure, "low confidence removed", &removed, &note);
    let mut work = recording.clone();
    if options.repair_swaps {
        let undone = swaps::undo(&mut work);
        log.each(
            &work,
            "left/right swap undone",
            &undone,
            "the path over time fits the other side",
        );
    }
    // Of whom they are is known once left and right are put back.
    let flickers = flickers(&work, options);
    if options.hampel_half_window > 0 {
        let removed =
            outliers::remove(&mut work, options.hampel_half_window, options.hampel_threshold);
        log.each(
            &work,
            "outlier removed",
            &removed,
            "Hampel filter; the position is then filled like a gap",
        );
    }
    let filled = gaps::fill(&mut work, options.max_gap_s, options.min_confidence);
    log.each(&work, "gap filled", &filled, "piecewise cubic");
    doubt(&mut work, &flickers);
    if let Some(rate_hz) = resample::target(&work, options.rate_hz)? {
        let from = work.rate_hz();
        work = resample::to(&work, rate_hz)?;
        log.all(
            "resampled",
            work.frames(),
            format!("from about {from:.2} to {rate_hz:.2} frames a second"),
        );
    }
    let before = work.position.clone();
    filter(&mut work, options.filter, &mut log)?;
    remove_unsure(&mut work, options.min_confidence);
    quality.measure_jitter(&before, &work);
    Ok(Conditioned { recording: work, repairs: log.repairs, quality })
}

struct Log {
    repairs: Vec<Repair>,
}

impl Log {
    fn each(&mut self, recording: &Recording, kind: &str, frames: &[usize], note: &str) {
        for (joint, &frames) in
            recording.skeleton.joints.iter().zip(frames).filter(|(_, frames)| **frames > 0)
        {
            self.repairs.push(Repair {
                joint: joint.name.clone(),
                kind: kind.to_owned(),
                frames,
                note: note.to_owned(),
            });
        }
    }

    fn all(&mut self, kind: &str, frames: usize, note: String) {
        self.repairs.push(Repair { joint: "all".to_owned(), kind: kind.to_owned(), frames, note });
    }
}

/// Where a joint flickers up, as places in the positions: it is sure for no longer than a gap that
/// would be filled, between frames in which it is unsure, and likelier seen than not in none of
/// them. It is as unsure as those, but like them a better neighbour than none for the filter and
/// for gaps. Flickers that follow each other within such a gap are one: together they may be long
/// enough to be believed.
fn flickers(recording: &Recording, options: &Options) -> Vec<usize> {
    let (frames, joints) = (recording.frames(), recording.joints());
    let mut found = Vec::new();
    for joint in 0..joints {
        let is_sure = |frame: usize, least: f32| {
            recording.is_seen(frame, joint) && recording.confidence[frame * joints + joint] >= least
        };
        let mut runs: Vec<Range<usize>> = Vec::new();
        for frame in (0..frames).filter(|&frame| is_sure(frame, options.min_confidence)) {
            match runs.last_mut() {
                Some(run) if run.end == frame => run.end += 1,
                _ => runs.push(frame..frame + 1),
            }
        }
        let is_weak = |run: &Range<usize>| !run.clone().any(|frame| is_sure(frame, LIKELY));
        let follows = |a: &Range<usize>, b: &Range<usize>| {
            is_weak(a)
                && is_weak(b)
                && gaps::is_short(recording, a.end - 1, b.start, options.max_gap_s)
        };
        for together in runs.chunk_by(follows) {
            let (first, after) = (together[0].start, together[together.len() - 1].end);
            let is_inside = first > 0 && after < frames;
            if is_inside
                && is_weak(&together[0])
                && recording.time[after] - recording.time[first] <= options.max_gap_s
            {
                found.extend((first..after).map(|frame| frame * joints + joint));
            }
        }
    }
    found
}

/// Takes the confidence of some positions away.
fn doubt(recording: &mut Recording, places: &[usize]) {
    places.iter().for_each(|at| recording.confidence[*at] = 0.0);
}

/// Takes out positions below a confidence; how many, for each joint.
fn remove_unsure(recording: &mut Recording, least: f32) -> Vec<usize> {
    let joints = recording.joints();
    let mut removed = vec![0; joints];
    for (i, (position, confidence)) in
        recording.position.iter_mut().zip(&recording.confidence).enumerate()
    {
        if position[0].is_finite() && *confidence < least {
            *position = MISSING;
            removed[i % joints] += 1;
        }
    }
    removed
}

/// Filters one coordinate over time in place.
pub type Smooth = Box<dyn Fn(&mut Vec<f64>)>;

/// The filter as it runs at a frame rate, for what stands beside the positions and must be as
/// smooth; none where it does nothing, or the frames are too few for it.
///
/// # Errors
/// [`Error::Parameter`] for options that make no sense.
pub fn smoother(filter: Filter, rate_hz: f64) -> Result<Option<Smooth>, Error> {
    Ok(match filter {
        Filter::None => None,
        Filter::Butterworth { cutoff_hz, .. } if is_too_slow(rate_hz, cutoff_hz) => None,
        Filter::Butterworth { order, cutoff_hz, correction } => {
            let butterworth = Butterworth::new(order, cutoff_hz, rate_hz, correction)?;
            Some(Box::new(move |values: &mut Vec<f64>| {
                butterworth.zero_phase(values);
            }))
        }
        Filter::Whittaker { lambda } => Some(Box::new(move |values: &mut Vec<f64>| {
            let smooth = whittaker(values, lambda);
            // Gaps stay gaps.
            values.iter_mut().zip(smooth).filter(|(v, _)| v.is_finite()).for_each(|(v, s)| *v = s);
        })),
    })
}

/// Close to half the frame rate there is nothing left for the filter to take away.
fn is_too_slow(rate_hz: f64, cutoff_hz: f64) -> bool {
    rate_hz.is_nan() || cutoff_hz >= 0.45 * rate_hz
}

fn filter(recording: &mut Recording, filter: Filter, log: &mut Log) -> Result<(), Error> {
    let rate_hz = recording.rate_hz();
    let note = match filter {
        Filter::None => return Ok(()),
        Filter::Butterworth { cutoff_hz, .. } if is_too_slow(rate_hz, cutoff_hz) => {
            let note =
                format!("{rate_hz:.1} frames a second are too few for a cut-off of {cutoff_hz} Hz");
            log.all("not filtered", 0, note);
            return Ok(());
        }
        Filter::Butterworth { order, cutoff_hz, .. } => {
            format!("Butterworth order {order}, {cutoff_hz} Hz, zero phase")
        }
        Filter::Whittaker { lambda } => format!("Whittaker smoother, λ = {lambda}"),
    };
    let Some(apply) = smoother(filter, rate_hz)? else { return Ok(()) };
    let axes = if recording.space.is_3d() { 3 } else { 2 };
    let (frames, joints) = (recording.frames(), recording.joints());
    let mut values = vec![0.0; frames];
    for joint in 0..joints {
        for axis in 0..axes {
            for (frame, value) in values.iter_mut().enumerate() {
                *value = recording.position[frame * joints + joint][axis];
            }
            apply(&mut values);
            for (frame, value) in values.iter().enumerate() {
                recording.position[frame * joints + joint][axis] = *value;
            }
        }
    }
    log.all("filtered", frames, note);
    Ok(())
}

#[cfg(test)]
mod tests;
