//! Turns the data quality measured by conditioning into a verdict in words.

use agoge_analysis::{DataQuality, DataVerdict};
use agoge_motion::condition::RecordingQuality;

/// Below this share of seen joint positions the data are poor: more of the body is guessed than
/// measured.
const POOR_SEEN: f64 = 0.5;
/// Above this share the data are good, if no stretch is missing.
const GOOD_SEEN: f64 = 0.9;
/// Longest gap that can be filled honestly, s: a fast phase of a movement can be over within a
/// longer one.
const LONG_GAP_S: f64 = 0.5;

/// A joint that is missing in more than this share of the frames is named (convention): what is
/// said of its side rests on the others.
const MISSED_SHARE: f64 = 0.2;
/// If left and right were exchanged, or cannot be told apart, in more than this share of the
/// frames, the data are not good (convention): between the frames that were put back some may be
/// wrong.
const EXCHANGED_SHARE: f64 = 0.02;

/// Judges the data of a recording with `frames` frames at `rate_hz`.
pub fn assess_data_quality(quality: RecordingQuality, frames: usize, rate_hz: f64) -> DataQuality {
    let RecordingQuality { seen, joints, bad_frames, exchanged_frames, doubtful_frames } = quality;
    let mut reasons = Vec::new();
    let mut verdict = DataVerdict::Good;
    let mut downgrade = |to: DataVerdict, reason: String| {
        verdict = verdict.max(to);
        reasons.push(reason);
    };

    if frames < 10 {
        downgrade(DataVerdict::Poor, format!("Only {frames} frames: too few to see a movement."));
    }
    if seen < POOR_SEEN {
        downgrade(
            DataVerdict::Poor,
            format!("Only {:.0} % of the joint positions were seen.", 100.0 * seen),
        );
    } else if seen < GOOD_SEEN {
        downgrade(
            DataVerdict::Usable,
            format!("{:.0} % of the joint positions were seen.", 100.0 * seen),
        );
    }
    let bad_frame_count: usize = bad_frames.iter().map(|[first, last]| last + 1 - first).sum();
    if bad_frame_count * 20 > frames {
        let share = 100.0 * bad_frame_count as f64 / frames as f64;
        downgrade(
            DataVerdict::Usable,
            format!("In {share:.0} % of the frames most of the body was missing."),
        );
    }
    let never_seen: Vec<&str> =
        joints.iter().filter(|joint| joint.seen == 0.0).map(|joint| joint.joint.as_str()).collect();
    if !never_seen.is_empty() {
        downgrade(DataVerdict::Usable, format!("Never seen: {}.", list_names(&never_seen)));
    }
    let mut missed: Vec<(&str, f64)> = joints
        .iter()
        .map(|joint| (joint.joint.as_str(), 1.0 - joint.seen))
        .filter(|(_, share)| *share > MISSED_SHARE && *share < 1.0)
        .collect();
    missed.sort_by(|a, b| b.1.total_cmp(&a.1));
    if !missed.is_empty() {
        downgrade(DataVerdict::Usable, missed_sentence(&missed));
    }
    let share_of = |runs: &[[usize; 2]]| count_frames(runs) as f64 / frames.max(1) as f64;
    let exchanged = share_of(&exchanged_frames) + share_of(&doubtful_frames);
    if exchanged > EXCHANGED_SHARE {
        if !exchanged_frames.is_empty() {
            let share = 100.0 * share_of(&exchanged_frames);
            downgrade(
                DataVerdict::Usable,
                format!(
                    "Left and right were exchanged in {share:.0} % of the frames and put back: {}.",
                    list_frames(&exchanged_frames)
                ),
            );
        }
        if !doubtful_frames.is_empty() {
            let share = 100.0 * share_of(&doubtful_frames);
            downgrade(
                DataVerdict::Usable,
                format!(
                    "In {share:.0} % of the frames it is not certain which side is left; they were left as they are: {}.",
                    list_frames(&doubtful_frames)
                ),
            );
        }
    }
    let gappy: Vec<&str> = joints
        .iter()
        .filter(|joint| joint.seen > 0.0 && joint.longest_gap_s > LONG_GAP_S)
        .map(|joint| joint.joint.as_str())
        .collect();
    if !gappy.is_empty() {
        downgrade(
            DataVerdict::Usable,
            format!("Lost for more than {LONG_GAP_S} s at a time: {}.", list_names(&gappy)),
        );
    }
    if rate_hz < 20.0 {
        downgrade(
            DataVerdict::Usable,
            format!("{rate_hz:.0} frames a second are too few for fast movements."),
        );
    }
    if reasons.is_empty() {
        reasons.push("Every joint was seen nearly all the time.".to_owned());
    }
    DataQuality { verdict, reasons, seen, joints, bad_frames, exchanged_frames, doubtful_frames }
}

/// Judges the data of a single worn sensor by its tilt over time, `[frame]` (NaN where unknown).
pub fn assess_sensor_quality(quality: RecordingQuality, tilt: &[f64]) -> DataQuality {
    let known_share =
        tilt.iter().filter(|value| value.is_finite()).count() as f64 / tilt.len().max(1) as f64;
    let verdict = match known_share {
        _ if known_share < POOR_SEEN => DataVerdict::Poor,
        _ if known_share < GOOD_SEEN => DataVerdict::Usable,
        _ => DataVerdict::Good,
    };
    let mut reasons =
        vec!["Nothing was seen of the body: a worn sensor alone felt the movement.".to_owned()];
    if verdict != DataVerdict::Good {
        let known = 100.0 * known_share;
        reasons.push(format!(
            "How it was tilted is known {known:.0} % of the time; begin with a second of rest, and leave no gaps."
        ));
    }
    DataQuality {
        verdict,
        reasons,
        seen: quality.seen,
        joints: quality.joints,
        bad_frames: Vec::new(),
        exchanged_frames: Vec::new(),
        doubtful_frames: Vec::new(),
    }
}

/// The number of frames in stretches `[first, last]`.
fn count_frames(runs: &[[usize; 2]]) -> usize {
    runs.iter().map(|[first, last]| last + 1 - first).sum()
}

/// Names the joints that were missed, the most missed first, at most five, each with its share of
/// frames.
fn missed_sentence(missed: &[(&str, f64)]) -> String {
    let name = |joint: &str| joint.replace('_', " ");
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let [(joint, share), rest @ ..] = missed else { return String::new() };
    let first = format!("The {} was not seen in {} of the frames", name(joint), percent(*share));
    match rest {
        [] => format!("{first}."),
        rest => {
            let others: Vec<String> = rest
                .iter()
                .map(|(joint, share)| format!("{} in {}", name(joint), percent(*share)))
                .collect();
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            format!("{first}; {}.", list_names(&others))
        }
    }
}

/// Lists stretches of frames, at most five.
fn list_frames(runs: &[[usize; 2]]) -> String {
    let texts: Vec<String> = runs
        .iter()
        .map(|[first, last]| match first == last {
            true => first.to_string(),
            false => format!("{first}–{last}"),
        })
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let word = if count_frames(runs) == 1 { "frame" } else { "frames" };
    format!("{word} {}", list_names(&texts))
}

/// Joins at most five names, then says how many more there are.
fn list_names(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let listed = names[..names.len().min(SHOWN)].join(", ");
    match names.len().checked_sub(SHOWN) {
        Some(remaining) if remaining > 0 => format!("{listed} and {remaining} more"),
        _ => listed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_motion::condition::JointQuality;

    fn joint_quality(seen: f64, longest_gap_s: f64) -> JointQuality {
        JointQuality {
            joint: "left_knee".to_owned(),
            seen,
            confidence: 1.0,
            longest_gap_s,
            jitter: 0.0,
        }
    }

    #[test]
    fn worst_reason_decides() {
        let quality = |seen, gap| RecordingQuality {
            seen,
            joints: vec![joint_quality(seen, gap)],
            bad_frames: vec![],
            exchanged_frames: vec![],
            doubtful_frames: vec![],
        };
        assert_eq!(assess_data_quality(quality(1.0, 0.0), 300, 30.0).verdict, DataVerdict::Good);
        assert_eq!(assess_data_quality(quality(0.95, 1.0), 300, 30.0).verdict, DataVerdict::Usable);
        assert_eq!(assess_data_quality(quality(0.3, 0.0), 300, 30.0).verdict, DataVerdict::Poor);
        assert_eq!(assess_data_quality(quality(1.0, 0.0), 3, 30.0).verdict, DataVerdict::Poor);
    }

    #[test]
    fn a_missing_joint_and_exchanged_sides_are_told_with_frames() {
        let mut wrist = joint_quality(0.56, 0.2);
        wrist.joint = "right_wrist".to_owned();
        let mut others = vec![joint_quality(1.0, 0.0); 20];
        others.push(wrist);
        let quality = RecordingQuality {
            seen: 0.98,
            joints: others,
            bad_frames: vec![],
            exchanged_frames: vec![[45, 53], [60, 60]],
            doubtful_frames: vec![],
        };
        let judged = assess_data_quality(quality.clone(), 100, 60.0);
        assert_eq!(judged.verdict, DataVerdict::Usable);
        assert_eq!(
            judged.reasons,
            [
                "The right wrist was not seen in 44 % of the frames.",
                "Left and right were exchanged in 10 % of the frames and put back: frames 45–53, 60.",
            ]
        );
        assert_eq!(judged.exchanged_frames, [[45, 53], [60, 60]]);
        // One frame in a thousand is no reason.
        let rare = RecordingQuality {
            joints: vec![joint_quality(1.0, 0.0)],
            exchanged_frames: vec![[60, 60]],
            ..quality.clone()
        };
        assert_eq!(assess_data_quality(rare, 1000, 60.0).verdict, DataVerdict::Good);
        let doubtful = RecordingQuality {
            joints: vec![joint_quality(1.0, 0.0)],
            exchanged_frames: vec![],
            doubtful_frames: vec![[0, 29]],
            ..quality
        };
        let judged = assess_data_quality(doubtful, 100, 60.0);
        assert_eq!(judged.verdict, DataVerdict::Usable);
        assert!(judged.reasons[0].contains("frames 0–29"), "{:?}", judged.reasons);
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(list_names(&["a", "b"]), "a, b");
        assert_eq!(list_names(&["a", "b", "c", "d", "e", "f"]), "a, b, c, d, e and 1 more");
    }
}
