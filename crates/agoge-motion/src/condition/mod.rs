//! Conditioning of raw recordings: undoing swaps of left and right, removing outliers, filling
//! gaps, resampling and filtering. Every repair is counted per joint.

mod gaps;
mod outliers;
mod quality;
mod resample;
mod swaps;

pub use quality::{JointQuality, RecordingQuality};

use crate::filter::{Butterworth, CutoffCorrection, smooth_whittaker};
use crate::recording::{MISSING, Recording, RecordingError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;

/// Options of the conditioning. Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConditioningOptions {
    /// Positions below this confidence count as not seen (0.3, as in Sports2D).
    pub min_confidence: f32,
    /// Whether to undo swaps of left and right joints.
    pub repair_swaps: bool,
    /// Half-width of the Hampel window in frames (3 means seven frames); 0 keeps outliers.
    pub hampel_half_window: usize,
    /// A position more than this many robust standard deviations from the window's median is an
    /// outlier.
    pub hampel_threshold: f64,
    /// Longest gap to fill, s; longer gaps stay missing.
    pub max_gap_s: f64,
    /// Frame rate to resample to, Hz. `None` keeps a regular clock and resamples an irregular one
    /// to its median rate.
    pub rate_hz: Option<f64>,
    /// The low-pass filter.
    pub filter: LowPassFilter,
}

/// The low-pass filter of the conditioning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum LowPassFilter {
    /// No filter.
    None,
    /// Zero-phase Butterworth.
    Butterworth {
        /// Order, 2 or 4, counting both passes.
        order: usize,
        /// Cut-off frequency, Hz.
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

impl Default for ConditioningOptions {
    fn default() -> ConditioningOptions {
        ConditioningOptions {
            min_confidence: 0.3,
            repair_swaps: true,
            hampel_half_window: 3,
            hampel_threshold: 4.0,
            // Shorter than any phase of the bundled movements.
            max_gap_s: 0.25,
            rate_hz: None,
            filter: LowPassFilter::Butterworth {
                order: 4,
                cutoff_hz: 6.0,
                correction: CutoffCorrection::None,
            },
        }
    }
}

/// Confidence from which a joint is more likely seen than not.
const LIKELY_CONFIDENCE: f32 = 0.5;

/// One kind of repair on one joint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repair {
    /// The joint's name in the source, or `all`.
    pub joint: String,
    /// The kind of repair.
    pub kind: RepairKind,
    /// The number of frames it changed.
    pub frames: usize,
    /// Details ("Butterworth 4th order, 6 Hz, zero phase").
    pub note: String,
}

/// What a repair did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RepairKind {
    /// Positions of low confidence were removed.
    #[serde(rename = "low confidence removed")]
    LowConfidenceRemoved,
    /// An exchange of left and right was undone.
    #[serde(rename = "left/right swap undone")]
    SwapUndone,
    /// Positions that stand out were removed.
    #[serde(rename = "outlier removed")]
    OutlierRemoved,
    /// A gap was filled.
    #[serde(rename = "gap filled")]
    GapFilled,
    /// The clock was made regular.
    #[serde(rename = "resampled")]
    Resampled,
    /// Noise was filtered.
    #[serde(rename = "filtered")]
    Filtered,
    /// The frame rate was too low to filter.
    #[serde(rename = "not filtered")]
    NotFiltered,
}

/// The kind as it is written to `analysis.json`.
impl fmt::Display for RepairKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            RepairKind::LowConfidenceRemoved => "low confidence removed",
            RepairKind::SwapUndone => "left/right swap undone",
            RepairKind::OutlierRemoved => "outlier removed",
            RepairKind::GapFilled => "gap filled",
            RepairKind::Resampled => "resampled",
            RepairKind::Filtered => "filtered",
            RepairKind::NotFiltered => "not filtered",
        })
    }
}

/// A conditioned recording and the repairs made to it.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionedRecording {
    /// The recording, on a regular clock.
    pub recording: Recording,
    /// Every repair.
    pub repairs: Vec<Repair>,
    /// The quality of the data before conditioning.
    pub quality: RecordingQuality,
}

/// Conditions a recording: undoes swaps of left and right, removes outliers, fills short gaps,
/// makes the clock regular, filters noise and removes positions of low confidence. Takes time
/// linear in frames × joints. Fails only for invalid options.
///
/// Positions of low confidence are removed last. A network's guess of a hidden joint is not a
/// measurement, but it supports the filter at the last frames in which the joint was seen; without
/// any neighbour the filter would follow every tremor there.
///
/// ```
/// use agoge_motion::condition::{ConditioningOptions, RepairKind, condition_recording};
/// use agoge_motion::recording::MISSING;
/// use agoge_motion::simulate::{Exercise, SimulatedSet};
/// let truth = SimulatedSet::new(Exercise::Squat).simulate().recording;
/// let mut recording = truth.clone();
/// let lost = 100 * recording.joint_count();
/// recording.position[lost] = MISSING;
/// let conditioned = condition_recording(&recording, &ConditioningOptions::default())?;
/// assert!(conditioned.repairs.iter().any(|repair| repair.kind == RepairKind::GapFilled));
/// // The filled position is within a centimetre of the true one.
/// let found = conditioned.recording.position[lost];
/// assert!((0..3).all(|axis| (found[axis] - truth.position[lost][axis]).abs() < 0.01));
/// # Ok::<(), agoge_motion::RecordingError>(())
/// ```
pub fn condition_recording(
    recording: &Recording,
    options: &ConditioningOptions,
) -> Result<ConditionedRecording, RecordingError> {
    let mut log = RepairLog { repairs: Vec::new() };
    let mut sure = recording.clone();
    clear_confidence(&mut sure, &find_flickers(recording, options));
    let removed = remove_unsure(&mut sure, options.min_confidence);
    let mut quality = RecordingQuality::from_recording(&sure);
    let note = format!("below {}", options.min_confidence);
    log.record_joints(&sure, RepairKind::LowConfidenceRemoved, &removed, &note);
    let mut work = recording.clone();
    if options.repair_swaps {
        let sides = swaps::undo_swaps(&mut work, options.min_confidence);
        log.record_joints(
            &work,
            RepairKind::SwapUndone,
            &sides.undone,
            "the path over time fits the other side",
        );
        quality.exchanged_frames = sides.repaired;
        quality.doubtful_frames = sides.doubtful;
    }
    // Which limb a flicker belongs to is known only after swaps are undone.
    let flickers = find_flickers(&work, options);
    if options.hampel_half_window > 0 {
        let removed = outliers::remove_outliers(
            &mut work,
            options.hampel_half_window,
            options.hampel_threshold,
        );
        log.record_joints(
            &work,
            RepairKind::OutlierRemoved,
            &removed,
            "Hampel filter; the position is then filled like a gap",
        );
    }
    let filled = gaps::fill_gaps(&mut work, options.max_gap_s, options.min_confidence);
    log.record_joints(&work, RepairKind::GapFilled, &filled, "piecewise cubic");
    clear_confidence(&mut work, &flickers);
    if let Some(rate_hz) = resample::target_rate(&work, options.rate_hz)? {
        let from = work.rate_hz();
        work = resample::resample_to(&work, rate_hz)?;
        log.record_all(
            RepairKind::Resampled,
            work.frame_count(),
            format!("from about {from:.2} to {rate_hz:.2} frames a second"),
        );
    }
    let before = work.position.clone();
    filter_positions(&mut work, options.filter, &mut log)?;
    remove_unsure(&mut work, options.min_confidence);
    quality.measure_jitter(&before, &work);
    Ok(ConditionedRecording { recording: work, repairs: log.repairs, quality })
}

/// Collects the repairs made to a recording.
struct RepairLog {
    repairs: Vec<Repair>,
}

impl RepairLog {
    /// Adds one repair for every joint with changed frames.
    fn record_joints(
        &mut self,
        recording: &Recording,
        kind: RepairKind,
        frames: &[usize],
        note: &str,
    ) {
        for (joint, &frames) in
            recording.skeleton.joints.iter().zip(frames).filter(|(_, frames)| **frames > 0)
        {
            self.repairs.push(Repair {
                joint: joint.name.clone(),
                kind,
                frames,
                note: note.to_owned(),
            });
        }
    }

    /// Adds one repair that concerns all joints.
    fn record_all(&mut self, kind: RepairKind, frames: usize, note: String) {
        self.repairs.push(Repair { joint: "all".to_owned(), kind, frames, note });
    }
}

/// Finds flickers, as indices into the positions: a joint flickers where it reaches the minimum
/// confidence for no longer than a gap that would be filled, between frames of low confidence, and
/// in none of those frames is it more likely seen than not. Its positions are as uncertain as the
/// frames around them, but like those still support the filter and the filling of gaps. Flickers
/// separated by such a short gap count as one, which may be long enough to be trusted.
fn find_flickers(recording: &Recording, options: &ConditioningOptions) -> Vec<usize> {
    let (frames, joints) = (recording.frame_count(), recording.joint_count());
    let mut flickers = Vec::new();
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
        let is_weak =
            |run: &Range<usize>| !run.clone().any(|frame| is_sure(frame, LIKELY_CONFIDENCE));
        let follows = |a: &Range<usize>, b: &Range<usize>| {
            is_weak(a)
                && is_weak(b)
                && gaps::is_short_gap(recording, a.end - 1, b.start, options.max_gap_s)
        };
        for chain in runs.chunk_by(follows) {
            let (first, after) = (chain[0].start, chain[chain.len() - 1].end);
            let is_inside = first > 0 && after < frames;
            if is_inside
                && is_weak(&chain[0])
                && recording.time[after] - recording.time[first] <= options.max_gap_s
            {
                flickers.extend((first..after).map(|frame| frame * joints + joint));
            }
        }
    }
    flickers
}

/// Sets the confidence of the positions with these indices to 0.
fn clear_confidence(recording: &mut Recording, indices: &[usize]) {
    indices.iter().for_each(|index| recording.confidence[*index] = 0.0);
}

/// Removes positions below a confidence. Returns the number removed for each joint.
fn remove_unsure(recording: &mut Recording, least: f32) -> Vec<usize> {
    let joints = recording.joint_count();
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

/// A function that filters a signal over time in place.
pub type SmoothFunction = Box<dyn Fn(&mut Vec<f64>)>;

/// Builds the filter for a frame rate, for signals that must be smoothed like the positions. `None`
/// if there is no filter or the frame rate is too low for it.
///
/// # Errors
/// [`RecordingError::Parameter`] for invalid options.
pub fn build_smoother(
    filter: LowPassFilter,
    rate_hz: f64,
) -> Result<Option<SmoothFunction>, RecordingError> {
    Ok(match filter {
        LowPassFilter::None => None,
        LowPassFilter::Butterworth { cutoff_hz, .. } if is_too_slow(rate_hz, cutoff_hz) => None,
        LowPassFilter::Butterworth { order, cutoff_hz, correction } => {
            let butterworth = Butterworth::new(order, cutoff_hz, rate_hz, correction)?;
            Some(Box::new(move |values: &mut Vec<f64>| {
                butterworth.filter_zero_phase(values);
            }))
        }
        LowPassFilter::Whittaker { lambda } => Some(Box::new(move |values: &mut Vec<f64>| {
            let smooth = smooth_whittaker(values, lambda);
            // Gaps stay gaps.
            values.iter_mut().zip(smooth).filter(|(v, _)| v.is_finite()).for_each(|(v, s)| *v = s);
        })),
    })
}

/// Whether the frame rate is too low for the cut-off: close to half the rate, the filter would have
/// nothing left to remove.
fn is_too_slow(rate_hz: f64, cutoff_hz: f64) -> bool {
    rate_hz.is_nan() || cutoff_hz >= 0.45 * rate_hz
}

/// Filters every coordinate of every joint and logs it.
fn filter_positions(
    recording: &mut Recording,
    filter: LowPassFilter,
    log: &mut RepairLog,
) -> Result<(), RecordingError> {
    let rate_hz = recording.rate_hz();
    let note = match filter {
        LowPassFilter::None => return Ok(()),
        LowPassFilter::Butterworth { cutoff_hz, .. } if is_too_slow(rate_hz, cutoff_hz) => {
            let note =
                format!("{rate_hz:.1} frames a second are too few for a cut-off of {cutoff_hz} Hz");
            log.record_all(RepairKind::NotFiltered, 0, note);
            return Ok(());
        }
        LowPassFilter::Butterworth { order, cutoff_hz, .. } => {
            format!("Butterworth order {order}, {cutoff_hz} Hz, zero phase")
        }
        LowPassFilter::Whittaker { lambda } => format!("Whittaker smoother, λ = {lambda}"),
    };
    let Some(apply) = build_smoother(filter, rate_hz)? else { return Ok(()) };
    let axes = if recording.space.is_3d() { 3 } else { 2 };
    let (frames, joints) = (recording.frame_count(), recording.joint_count());
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
    log.record_all(RepairKind::Filtered, frames, note);
    Ok(())
}

#[cfg(test)]
mod tests;
