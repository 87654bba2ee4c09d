//! Annotations of video frames with the results of an analysis: angles at their joints, findings
//! during their repetitions, and the key frames of the report.

use crate::Analyzed;
use agoge_analysis::{Finding, RepetitionReport};
use agoge_coach::explain::curve_joint;
use agoge_kinematics::{Curve, Unit};
use agoge_motion::Skeleton;
use agoge_vision::overlay::FrameMarks;

/// Maximum number of findings annotated and pictured, the most important first.
const MAX_FINDINGS: usize = 3;
/// Maximum number of key frames for the phases of a repetition.
const MAX_PHASE_FRAMES: usize = 5;
/// Angles shown if the movement does not name any.
const DEFAULT_ANGLES: [&str; 4] =
    ["knee_flexion", "hip_flexion", "elbow_flexion", "shoulder_elevation"];

/// The annotations drawn into video frames.
pub(crate) struct FrameAnnotations<'a> {
    analyzed: &'a Analyzed,
    /// Curves with the landmark beside which their value is written.
    joints: Vec<(&'a Curve, usize)>,
    /// Angles that belong to no joint.
    others: Vec<&'a Curve>,
}

/// A key frame for the report.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeyFrame {
    /// Frame index of the curves.
    pub(crate) frame: usize,
    pub(crate) caption: String,
}

impl<'a> FrameAnnotations<'a> {
    /// Chooses the curves to annotate: those the movement names, or the usual ones.
    pub(crate) fn from_analyzed(analyzed: &'a Analyzed) -> FrameAnnotations<'a> {
        let movement = &analyzed.movement;
        let mut names: Vec<&str> =
            movement.repetition.signals.iter().map(|signal| signal.curve.as_str()).collect();
        names.extend(movement.metrics.iter().filter_map(|metric| metric.curve.as_deref()));
        if names.is_empty() {
            names.extend(DEFAULT_ANGLES);
        }
        let skeleton = Skeleton::mediapipe_33();
        let (mut joints, mut others): (Vec<(&Curve, usize)>, Vec<&Curve>) =
            (Vec::new(), Vec::new());
        let curves = &analyzed.curves.curves;
        for curve in
            names.iter().flat_map(|name| curves.iter().filter(move |curve| curve.name == *name))
        {
            if curve.unit != Unit::Degree || others.contains(&curve) {
                continue;
            }
            match curve_joint(&curve.name, curve.side)
                .and_then(|part| skeleton.joint_for_part(part))
            {
                // A joint has room for one angle: the first that the movement names.
                Some(joint) if joints.iter().any(|(_, taken)| *taken == joint) => {}
                Some(joint) => joints.push((curve, joint)),
                None if curve.side.is_none() => others.push(curve),
                None => {}
            }
        }
        FrameAnnotations { analyzed, joints, others }
    }

    /// The annotations at a time of the recording, s.
    pub(crate) fn marks_at(&self, time_s: f64) -> FrameMarks {
        let Some(frame) = nearest_frame(&self.analyzed.curves.time, time_s) else {
            return FrameMarks::default();
        };
        let degrees = |curve: &Curve| Some(curve.values[frame]).filter(|value| value.is_finite());
        let angles = self.joints.iter().filter_map(|(curve, joint)| {
            let value = degrees(curve)?;
            let kind = curve.name.rsplit('_').next().unwrap_or_default();
            let is_plain = matches!(kind, "flexion" | "elevation" | "dorsiflexion");
            let text =
                if is_plain { format!("{value:.0}°") } else { format!("{kind} {value:.0}°") };
            Some((*joint, text))
        });
        let mut lines = Vec::new();
        let within = |repetition: &&RepetitionReport| {
            (repetition.frames[0]..=repetition.frames[1]).contains(&frame)
        };
        if let Some(repetition) = self.analyzed.analysis.repetitions.iter().find(within) {
            let phase =
                repetition.phases.iter().find(|phase| (phase.start..=phase.end).contains(&frame));
            let phase =
                phase.map_or(String::new(), |phase| format!(", {}", readable_name(&phase.name)));
            lines.push(format!("Repetition {}{phase}", repetition.number));
            let findings = self
                .shown_findings()
                .filter(|finding| finding.repetitions.contains(&repetition.number));
            lines.extend(findings.map(|finding| format!("! {}", finding.title)));
        }
        lines.extend(self.others.iter().filter_map(|curve| {
            let value = degrees(curve)?;
            Some(format!("{} {value:.0}°", agoge_coach::findings::display_name(&curve.name)))
        }));
        FrameMarks { angles: angles.collect(), lines }
    }

    /// The findings that are annotated.
    fn shown_findings(&self) -> impl Iterator<Item = &'a Finding> {
        self.analyzed.analysis.findings.iter().take(MAX_FINDINGS)
    }

    /// The key frames of the report, in order of time: for each finding the instant at which it is
    /// largest, in the first repetition that shows it; and the start and ends of the phases of that
    /// repetition, or of the first complete one.
    pub(crate) fn key_frames(&self) -> Vec<KeyFrame> {
        let complete: Vec<&RepetitionReport> = self
            .analyzed
            .analysis
            .repetitions
            .iter()
            .filter(|repetition| repetition.complete)
            .collect();
        let mut keys: Vec<KeyFrame> = self
            .shown_findings()
            .filter_map(|finding| self.finding_key_frame(finding, &complete))
            .collect();
        let first = self
            .shown_findings()
            .find_map(|finding| first_showing_repetition(finding, &complete))
            .or(complete.first().copied());
        if let Some(repetition) = first {
            let mut instants = vec![(repetition.frames[0], "start".to_owned())];
            let ends = repetition
                .phases
                .iter()
                .map(|phase| (phase.end, format!("end of {}", readable_name(&phase.name))));
            instants.extend(ends.take(MAX_PHASE_FRAMES - 1));
            if repetition.phases.is_empty() {
                instants.extend(
                    self.furthest_frame(repetition).map(|frame| (frame, "furthest".to_owned())),
                );
                instants.push((repetition.frames[1], "end".to_owned()));
            }
            for (frame, what) in instants {
                if keys.iter().all(|key| key.frame != frame) {
                    keys.push(KeyFrame {
                        frame,
                        caption: format!("Repetition {}: {what}", repetition.number),
                    });
                }
            }
        }
        keys.sort_by_key(|key| key.frame);
        keys
    }

    /// The frame of a repetition in which the first annotated angle is furthest from its initial
    /// value.
    fn furthest_frame(&self, repetition: &RepetitionReport) -> Option<usize> {
        let (curve, _) = self.joints.first()?;
        let [first, last] = repetition.frames;
        let away = |frame: usize| (curve.values[frame] - curve.values[first]).abs();
        (first..=last)
            .filter(|frame| away(*frame).is_finite())
            .max_by(|&a, &b| away(a).total_cmp(&away(b)))
    }

    /// The key frame at which a finding is largest.
    fn finding_key_frame(
        &self,
        finding: &Finding,
        complete: &[&RepetitionReport],
    ) -> Option<KeyFrame> {
        let repetition = first_showing_repetition(finding, complete)?;
        let phase = finding
            .phase
            .as_ref()
            .and_then(|name| repetition.phases.iter().find(|phase| phase.name == *name));
        let [first, last] = phase.map_or(repetition.frames, |phase| [phase.start, phase.end]);
        let curve = finding.curve.as_ref().and_then(|key| {
            self.analyzed
                .curves
                .curves
                .iter()
                .find(|curve| curve.key() == *key || curve.name == *key)
        });
        let sign = (finding.value - finding.expected).signum();
        let values = |curve: &'a Curve| {
            (first..=last).filter_map(move |at| Some((at, *curve.values.get(at)?)))
        };
        let extreme = curve.and_then(|curve| {
            values(curve)
                .filter(|(_, value)| value.is_finite())
                .max_by(|a, b| (sign * a.1).total_cmp(&(sign * b.1)))
        });
        let frame = extreme.map_or(last, |(frame, _)| frame);
        Some(KeyFrame {
            frame,
            caption: format!("{} (repetition {})", finding.title, repetition.number),
        })
    }
}

/// The first complete repetition that shows a finding.
fn first_showing_repetition<'r>(
    finding: &Finding,
    complete: &[&'r RepetitionReport],
) -> Option<&'r RepetitionReport> {
    complete.iter().find(|repetition| finding.repetitions.contains(&repetition.number)).copied()
}

/// A name with blanks instead of underscores.
fn readable_name(name: &str) -> String {
    name.replace('_', " ")
}

/// The frame nearest to a time; none if there are no frames.
pub(crate) fn nearest_frame(time: &[f64], time_s: f64) -> Option<usize> {
    let after = time.partition_point(|frame_s| *frame_s < time_s);
    let last = time.len().checked_sub(1)?;
    let before = after.saturating_sub(1);
    Some(if after > last || time_s - time[before] < time[after] - time_s { before } else { after })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AnalysisOptions, Models, analyze};
    use agoge_motion::Side;
    use agoge_motion::simulate::{Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet};

    /// A squat whose left knee moves inward on the way up.
    fn faulty_squat() -> Analyzed {
        let fault = SimulatedFault {
            kind: SimulatedFaultKind::KneeInwardUp,
            side: Some(Side::Left),
            repetitions: 2..=4,
            size: 15.0,
        };
        let recording = SimulatedSet {
            repetitions: 4,
            faults: vec![fault],
            ..SimulatedSet::new(Exercise::Squat)
        }
        .simulate()
        .recording;
        let options = AnalysisOptions { movement: "squat".into(), ..AnalysisOptions::default() };
        analyze(&recording, None, Models::bundled(), &options).unwrap()
    }

    #[test]
    fn angles_are_at_their_joints_and_a_finding_is_written_while_its_repetition_lasts() {
        let analyzed = faulty_squat();
        let written = FrameAnnotations::from_analyzed(&analyzed);
        let finding = &analyzed.analysis.findings[0];
        for repetition in &analyzed.analysis.repetitions {
            let middle = 0.5 * (repetition.start_s + repetition.end_s);
            let marks = written.marks_at(middle);
            assert!(
                marks.lines[0].starts_with(&format!("Repetition {}", repetition.number)),
                "{marks:?}"
            );
            let is_written = marks.lines.iter().any(|line| line.contains(&finding.title));
            assert_eq!(
                is_written,
                finding.repetitions.contains(&repetition.number),
                "{marks:?} {finding:?}"
            );
            // Landmark 25 of BlazePose is the left knee.
            assert!(
                marks.angles.iter().any(|(joint, text)| *joint == 25 && text.ends_with('°')),
                "{marks:?}"
            );
        }
        assert!(written.marks_at(0.0).lines.iter().all(|line| !line.starts_with("Repetition")));
    }

    #[test]
    fn key_frames_show_the_finding_at_its_largest_and_the_phases() {
        let analyzed = faulty_squat();
        let keys = FrameAnnotations::from_analyzed(&analyzed).key_frames();
        let finding = &analyzed.analysis.findings[0];
        let key = keys.iter().find(|key| key.caption.starts_with(&finding.title)).unwrap();
        let number = finding.repetitions[0];
        let repetition = &analyzed.analysis.repetitions[number - 1];
        let phase =
            repetition.phases.iter().find(|phase| Some(&phase.name) == finding.phase.as_ref());
        let [first, last] = phase.map_or(repetition.frames, |phase| [phase.start, phase.end]);
        assert!((first..=last).contains(&key.frame), "{key:?} {finding:?}");
        assert!(keys.windows(2).all(|pair| pair[0].frame <= pair[1].frame));
        assert!(
            keys.iter().any(|key| key.caption == format!("Repetition {number}: start")),
            "{keys:?}"
        );
        assert!(keys.len() <= MAX_FINDINGS + MAX_PHASE_FRAMES);
    }
}
