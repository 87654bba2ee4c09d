//! What a file is, how good it is, and what can be concluded from it.

use crate::analyze::{Prepared, prepare};
use crate::{Error, Options, Progress, read};
use agoge_coach::analysis::{DataQuality, Verdict};
use agoge_kinematics::{Refused, View};
use agoge_motion::Source;
use agoge_motion::condition::Repair;
use serde::Serialize;
use std::fmt;
use std::path::Path;

/// What `agoge doctor` says of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Name, format and the reader's notes.
    pub source: Source,
    /// The skeleton's name.
    pub skeleton: String,
    /// How many joints.
    pub joints: usize,
    /// Frames.
    pub frames: usize,
    /// Frames a second.
    pub rate_hz: f64,
    /// Length, s.
    pub duration_s: f64,
    /// `m` or `px`.
    pub unit: &'static str,
    /// From where the athlete is seen.
    pub view: View,
    /// How likely that is right, 0 to 1.
    pub view_certainty: f64,
    /// How good the data are.
    pub quality: DataQuality,
    /// What would be repaired.
    pub repairs: Vec<Repair>,
    /// Curves that can be measured.
    pub measurable: Vec<String>,
    /// What cannot, and why.
    pub refused: Vec<Refused>,
    /// Parts that would be made from others.
    pub invented: Vec<String>,
}

/// Examines a file.
///
/// # Errors
/// As [`read`], and for options that make no sense.
pub fn doctor(path: &Path, options: &Options, progress: Progress) -> Result<Diagnosis, Error> {
    let recording = read(path, options, progress)?.recording;
    // A height changes no unit here and refuses nothing.
    let Prepared { conditioned, body, measured, quality, .. } =
        prepare(&recording, &Options { height_m: None, ..options.clone() })?;
    Ok(Diagnosis {
        source: recording.source.clone(),
        skeleton: recording.skeleton.name.clone(),
        joints: recording.joints(),
        frames: recording.frames(),
        rate_hz: recording.rate_hz(),
        duration_s: recording.duration_s(),
        unit: recording.space.unit(),
        view: measured.view,
        view_certainty: measured.view_certainty,
        quality,
        repairs: conditioned.repairs,
        measurable: measured.curves.curves.iter().map(agoge_kinematics::Curve::key).collect(),
        refused: measured.curves.refused,
        invented: body
            .invented
            .iter()
            .map(|made| format!("{}: {}", made.part.name(), made.from))
            .collect(),
    })
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sure = format!("{:.0} % sure", 100.0 * self.view_certainty);
        let view = match self.view {
            View::Spatial => "in three dimensions".to_owned(),
            View::Frontal => format!("from the front or back ({sure})"),
            View::Sagittal => format!("from the side ({sure})"),
            View::Oblique if self.view_certainty <= 0.5 => {
                "from a side that is not clear".to_owned()
            }
            View::Oblique => format!("at an angle between front and side ({sure})"),
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
            Verdict::Good => "good",
            Verdict::Usable => "usable",
            Verdict::Poor => "poor",
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
        for (kind, joints, frames) in by_kind(&self.repairs) {
            writeln!(f, "  {kind}: {frames} positions at {joints} joints")?;
        }
        if !self.invented.is_empty() {
            writeln!(f, "\nMade from other joints:")?;
            for made in &self.invented {
                writeln!(f, "  {made}")?;
            }
        }
        writeln!(
            f,
            "\nCan be measured:{}",
            if self.measurable.is_empty() { " nothing" } else { "" }
        )?;
        for (name, sides) in with_sides(&self.measurable) {
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

/// Keys of curves put together by name, each with its sides in words; nothing for the midline.
fn with_sides(keys: &[String]) -> Vec<(&str, &'static str)> {
    let mut names: Vec<(&str, &'static str)> = Vec::new();
    for key in keys {
        let (name, side) = match (key.strip_suffix("_left"), key.strip_suffix("_right")) {
            (Some(name), _) => (name, ", left"),
            (_, Some(name)) => (name, ", right"),
            _ => (key.as_str(), ""),
        };
        match names.iter_mut().find(|(own, _)| *own == name) {
            Some((_, sides)) => *sides = ", left and right",
            None => names.push((name, side)),
        }
    }
    names
}

/// Repairs put together by kind, in order of first appearance: kind, joints, frames.
fn by_kind(repairs: &[Repair]) -> Vec<(&str, usize, usize)> {
    let mut kinds: Vec<(&str, usize, usize)> = Vec::new();
    for repair in repairs.iter().filter(|repair| repair.joint != "all") {
        match kinds.iter_mut().find(|(kind, ..)| *kind == repair.kind) {
            Some((_, joints, frames)) => {
                *joints += 1;
                *frames += repair.frames;
            }
            None => kinds.push((&repair.kind, 1, repair.frames)),
        }
    }
    kinds
}
