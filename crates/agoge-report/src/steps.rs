//! Renders the steps of a session as text for the workout builder of intervals.icu: one line per
//! step with cue, duration and target, repeats as blocks between empty lines (forum.intervals.icu,
//! "Workout Builder Syntax Quick Guide").

use agoge_plan::{PlannedSession, SessionStep};
use std::fmt::Write;

/// Renders a session's steps as intervals.icu reads them; `None` without steps. Movement
/// repetitions are not steps there and stay plain lines.
///
/// ```
/// use agoge_motion::Day;
/// use agoge_plan::{PlannedSession, SessionLibrary};
/// use agoge_report::intervals_workout;
/// let library = SessionLibrary::parse(
///     r#"
///     [[session]]
///     name = "run"
///     title = "Run"
///     kind = "endurance"
///     sport = "running"
///     minutes = [30]
///     rpe = 3
///     do = "Run."
///     evidence = "common practice"
///     steps = [{ what = "easy", minutes = 30 }]
///     "#,
/// )?;
/// let session = PlannedSession::from_item(Day(0), &library.items()[0]);
/// assert!(intervals_workout(&session).unwrap().starts_with("- easy 30m"));
/// # Ok::<(), agoge_plan::LibraryError>(())
/// ```
pub fn intervals_workout(session: &PlannedSession) -> Option<String> {
    let mut out = String::new();
    for step in &session.steps {
        let work = step_line(step, &session.sport);
        let rest = format!("- rest {}", format_duration(step.rest));
        match step.times {
            _ if step.repetitions.is_some() => _ = writeln!(out, "{work}"),
            1 => _ = writeln!(out, "{work}"),
            times if step.rest > 0.0 => {
                // No rest after the last repeat, consistent with the session's minutes.
                let repeated =
                    if times > 2 { format!("\n{}x\n", times - 1) } else { String::new() };
                let end = if times > 2 { "\n" } else { "" };
                let _ = writeln!(out, "{repeated}{work}\n{rest}\n{end}{work}");
            }
            times => _ = writeln!(out, "\n{times}x\n{work}\n"),
        }
    }
    (!out.is_empty()).then_some(out)
}

fn step_line(step: &SessionStep, sport: &str) -> String {
    let effort = step.rpe.map_or(String::new(), |rpe| format!(", RPE {rpe}"));
    if let Some(repetitions) = step.repetitions {
        let rest = if step.rest > 0.0 {
            format!(", rest {}", format_duration(step.rest))
        } else {
            String::new()
        };
        return format!("{} {} × {repetitions}{effort}{rest}", step.what, step.times);
    }
    let length = match (step.minutes, step.metres) {
        (Some(minutes), _) => format_duration(minutes),
        (None, Some(metres)) => format!("{metres:.0}mtr"),
        // As long as the athlete likes: the device waits for the lap button.
        (None, None) => "1m press lap".to_owned(),
    };
    let target = match (step.threshold, sport) {
        (Some([low, high]), "cycling") => format!(" {low:.0}-{high:.0}%"),
        (Some([low, high]), "running" | "swimming") => format!(" {low:.0}-{high:.0}% Pace"),
        _ => String::new(),
    };
    format!("- {}{effort} {length}{target}", step.what)
}

/// Formats minutes as `8m`, `30s`, `1m30s`.
fn format_duration(minutes: f64) -> String {
    let seconds = (60.0 * minutes).round().clamp(0.0, 1e6) as u64;
    match (seconds / 60, seconds % 60) {
        (minutes, 0) => format!("{minutes}m"),
        (0, seconds) => format!("{seconds}s"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_motion::Day;
    use agoge_plan::SessionLibrary;

    /// By hand from the guide: 4 × 8 minutes are three with a rest and one without.
    #[test]
    fn intervals_as_their_guide_writes_them() {
        let rendered = |name: &str| {
            intervals_workout(&PlannedSession::from_item(
                Day(20_550),
                SessionLibrary::bundled().find_item(name).unwrap(),
            ))
        };
        assert_eq!(
            rendered("ride-threshold-4x8").unwrap(),
            "- easy, RPE 2 20m\n\n3x\n- threshold, RPE 7 8m 95-105%\n- rest 2m\n\n- threshold, RPE 7 8m 95-105%\n- easy, RPE 2 12m\n"
        );
        assert_eq!(rendered("run-easy").unwrap(), "- easy, RPE 3 30m 70-80% Pace\n");
        assert_eq!(rendered("squat-band"), None);
        let swim = rendered("swim-threshold-10x100").unwrap();
        assert!(
            swim.contains("\n9x\n- threshold, RPE 7 100mtr 95-100% Pace\n- rest 15s\n"),
            "{swim}"
        );
        assert!(
            rendered("strength-legs-heavy").unwrap().starts_with("squat 4 × 4, RPE 8, rest 3m\n")
        );
        assert!(
            rendered("run-hills-8x45").unwrap().contains("- uphill, RPE 9 45s\n- rest 1m45s\n")
        );
    }
}
