//! Recognises two entries of the same workout.

use super::{Workout, WorkoutStart};

/// Whether two entries describe the same workout: recorded by two devices, exported twice, or
/// recorded by a device and in the diary. `default_offset_s` is the athlete's time zone where a
/// file has none.
///
/// Between devices, at least four fifths of the shorter must overlap the longer, and the shorter
/// must be at least half as long. Between a device and a diary, the day must be the same, the
/// sports must not contradict each other, and the minutes (or, without them, the distances) must
/// agree within a fifth. Two diary entries are never the same workout.
///
/// ```
/// use agoge_formats::workout::{Workout, WorkoutStart, is_same_workout};
/// let run = |unix_s: f64| {
///     let start = WorkoutStart::At { unix_s, offset_s: None };
///     Workout { duration_s: 3600.0, ..Workout::new(start, "running") }
/// };
/// // An hour recorded by two devices, one started a minute later; the next hour is another one.
/// assert!(is_same_workout(&run(0.0), &run(60.0), 0.0));
/// assert!(!is_same_workout(&run(0.0), &run(3600.0), 0.0));
/// ```
pub fn is_same_workout(a: &Workout, b: &Workout, default_offset_s: f64) -> bool {
    let fits = |x: f64, y: f64| (x - y).abs() <= 0.2 * x.max(y);
    match (a.start, b.start) {
        (WorkoutStart::At { unix_s: from_a, .. }, WorkoutStart::At { unix_s: from_b, .. }) => {
            let (long_a, long_b) = (elapsed_s(a), elapsed_s(b));
            let shared = (from_a + long_a).min(from_b + long_b) - from_a.max(from_b);
            let (short, long) = (long_a.min(long_b), long_a.max(long_b));
            short >= 0.5 * long && shared >= 0.8 * short && shared > 0.0
        }
        _ => {
            let sports = a.sport.is_empty() || b.sport.is_empty() || a.sport == b.sport;
            let (by_time, by_distance) =
                (fits(a.duration_s, b.duration_s), fits(a.distance_m, b.distance_m));
            let known = a.duration_s.is_finite() && b.duration_s.is_finite();
            let both = matches!((a.start, b.start), (WorkoutStart::On(_), WorkoutStart::On(_)));
            // Two equal rows of one diary may be two workouts; only the file's fingerprint shows
            // that they were read before.
            !both
                && sports
                && a.start.local_day(default_offset_s) == b.start.local_day(default_offset_s)
                && if known { by_time } else { by_distance }
        }
    }
}

/// Time from the first to the last sample, or the duration if that is longer, s.
fn elapsed_s(workout: &Workout) -> f64 {
    workout
        .samples
        .time
        .last()
        .copied()
        .filter(|s| s.is_finite())
        .unwrap_or(workout.duration_s)
        .max(workout.duration_s)
}
