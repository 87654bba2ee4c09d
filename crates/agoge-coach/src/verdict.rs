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

/// Judges the data of a recording with `frames` frames at `rate_hz`.
pub fn assess_data_quality(quality: RecordingQuality, frames: usize, rate_hz: f64) -> DataQuality {
    let RecordingQuality { seen, joints, bad_frames } = quality;
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
    DataQuality { verdict, reasons, seen, joints, bad_frames }
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
    }
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
        };
        assert_eq!(assess_data_quality(quality(1.0, 0.0), 300, 30.0).verdict, DataVerdict::Good);
        assert_eq!(assess_data_quality(quality(0.95, 1.0), 300, 30.0).verdict, DataVerdict::Usable);
        assert_eq!(assess_data_quality(quality(0.3, 0.0), 300, 30.0).verdict, DataVerdict::Poor);
        assert_eq!(assess_data_quality(quality(1.0, 0.0), 3, 30.0).verdict, DataVerdict::Poor);
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(list_names(&["a", "b"]), "a, b");
        assert_eq!(list_names(&["a", "b", "c", "d", "e", "f"]), "a, b, c, d, e and 1 more");
    }
}
