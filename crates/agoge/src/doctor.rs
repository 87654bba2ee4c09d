//! Diagnosis of an input file: what it contains, how good the data are, and what can be measured
//! from them.

use crate::analyze::{PreparedRecording, prepare_recording};
use crate::{AnalysisOptions, Error, ProgressCallback, read_input};
use agoge_analysis::{DataQuality, DataVerdict};
use agoge_kinematics::{CameraView, RefusedQuantity};
use agoge_motion::RecordingSource;
use agoge_motion::condition::{Repair, RepairKind};
use serde::Serialize;
use std::fmt;
use std::path::Path;

/// The diagnosis that `agoge doctor` prints for a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Name, format and reader's notes of the source.
    pub source: RecordingSource,
    /// Name of the skeleton.
    pub skeleton: String,
    /// Number of joints.
    pub joints: usize,
    /// Number of frames.
    pub frames: usize,
    /// Frames per second.
    pub rate_hz: f64,
    /// Duration, s.
    pub duration_s: f64,
    /// Unit of the positions: `m` or `px`.
    pub unit: &'static str,
    /// The direction from which the athlete is seen.
    pub view: CameraView,
    /// Probability that the view is correct, 0 to 1.
    pub view_certainty: f64,
    /// Quality of the data.
    pub quality: DataQuality,
    /// Repairs an analysis would make.
    pub repairs: Vec<Repair>,
    /// Curves that can be measured.
    pub measurable: Vec<String>,
    /// What cannot be measured, and why.
    pub refused: Vec<RefusedQuantity>,
    /// Parts that would be derived from other joints.
    pub invented: Vec<String>,
}

/// Reads a file and diagnoses its contents.
///
/// # Errors
/// As [`read_input`], and if the options are invalid.
pub fn diagnose_file(
    path: &Path,
    options: &AnalysisOptions,
    progress: ProgressCallback,
) -> Result<Diagnosis, Error> {
    let recording = read_input(path, options, progress)?.recording;
    // The athlete's height is ignored: the diagnosis reports the file's own unit and must not fail
    // because of a height.
    let PreparedRecording { conditioned, body, measured, quality, .. } =
        prepare_recording(&recording, &AnalysisOptions { height_m: None, ..options.clone() })?;
    Ok(Diagnosis {
        source: recording.source.clone(),
        skeleton: recording.skeleton.name.clone(),
        joints: recording.joint_count(),
        frames: recording.frame_count(),
        rate_hz: recording.rate_hz(),
        duration_s: recording.duration_s(),
        unit: recording.space.length_unit(),
        view: measured.view,
        view_certainty: measured.view_certainty,
        quality,
        repairs: conditioned.repairs,
        measurable: measured.curves.curves.iter().map(agoge_kinematics::Curve::key).collect(),
        refused: measured.curves.refused,
        invented: body
            .derived_parts
            .iter()
            .map(|invented| format!("{}: {}", invented.part.name(), invented.from))
            .collect(),
    })
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certainty = format!("{:.0} % sure", 100.0 * self.view_certainty);
        let view = match self.view {
            CameraView::Spatial => "in three dimensions".to_owned(),
            CameraView::Frontal => format!("from the front or back ({certainty})"),
            CameraView::Sagittal => format!("from the side ({certainty})"),
            CameraView::Oblique if self.view_certainty <= 0.5 => {
                "from a side that is not clear".to_owned()
            }
            CameraView::Oblique => format!("at an angle between front and side ({certainty})"),
        };
        writeln!(
            f,
            "{}{}",
            self.source.name,
            if self.source.simulated { "  [SIMULATED]" } else { "" }
        )?;
        writeln!(
            f,
            "  {}, {} with {} joints, in {}, seen {view}",
            self.source.format, self.skeleton, self.joints, self.unit
        )?;
        writeln!(
            f,
            "  {} frames, {:.2} frames a second, {:.2} s",
            self.frames, self.rate_hz, self.duration_s
        )?;
        for note in &self.source.notes {
            writeln!(f, "  note: {note}")?;
        }
        let verdict = match self.quality.verdict {
            DataVerdict::Good => "good",
            DataVerdict::Usable => "usable",
            DataVerdict::Poor => "poor",
        };
        writeln!(f, "\nQuality of the data: {verdict}. {}", self.quality.reasons.join(" "))?;
        for [first, last] in self.quality.bad_frames.iter().take(10) {
            writeln!(f, "  frames {first} to {last}: most of the body is missing")?;
        }
        if self.quality.bad_frames.len() > 10 {
            writeln!(f, "  and {} stretches more", self.quality.bad_frames.len() - 10)?;
        }
        writeln!(
            f,
            "\nWould be repaired:{}",
            if self.repairs.iter().all(|repair| repair.joint == "all") { " nothing" } else { "" }
        )?;
        for (kind, joints, frames) in repairs_by_kind(&self.repairs) {
            writeln!(f, "  {kind}: {frames} positions at {joints} joints")?;
        }
        if !self.invented.is_empty() {
            writeln!(f, "\nMade from other joints:")?;
            for part in &self.invented {
                writeln!(f, "  {part}")?;
            }
        }
        writeln!(
            f,
            "\nCan be measured:{}",
            if self.measurable.is_empty() { " nothing" } else { "" }
        )?;
        for (name, sides) in curves_with_sides(&self.measurable) {
            writeln!(f, "  {name}{sides}")?;
        }
        writeln!(
            f,
            "\nCannot be measured:{}",
            if self.refused.is_empty() { " nothing is missing" } else { "" }
        )?;
        for refused in &self.refused {
            writeln!(f, "  {}: {}", refused.name, refused.reason)?;
        }
        Ok(())
    }
}

/// Groups curve keys by name, each with a description of its sides (empty for midline curves).
fn curves_with_sides(keys: &[String]) -> Vec<(&str, &'static str)> {
    let mut names: Vec<(&str, &'static str)> = Vec::new();
    for key in keys {
        let (name, side) = match (key.strip_suffix("_left"), key.strip_suffix("_right")) {
            (Some(name), _) => (name, ", left"),
            (_, Some(name)) => (name, ", right"),
            _ => (key.as_str(), ""),
        };
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sides)) => *sides = ", left and right",
            None => names.push((name, side)),
        }
    }
    names
}

/// Groups repairs by kind, in order of first appearance: `(kind, joints, frames)`.
fn repairs_by_kind(repairs: &[Repair]) -> Vec<(RepairKind, usize, usize)> {
    let mut kinds: Vec<(RepairKind, usize, usize)> = Vec::new();
    for repair in repairs.iter().filter(|repair| repair.joint != "all") {
        match kinds.iter_mut().find(|(kind, ..)| *kind == repair.kind) {
            Some((_, joints, frames)) => {
                *joints += 1;
                *frames += repair.frames;
            }
            None => kinds.push((repair.kind, 1, repair.frames)),
        }
    }
    kinds
}
