//! Repairs values that no device can have measured. Every repair is counted in a note; the file
//! itself is not changed.

use super::Workout;

/// Plausible heart rates, beats per minute: the slowest trained hearts rest near 27, and the
/// fastest young ones reach about 220.
const PLAUSIBLE_HEART_RATE: std::ops::RangeInclusive<f64> = 25.0..=240.0;
/// Highest power of a human, W; track sprinters reach about 2500 for a second.
const MOST_POWER_W: f64 = 3000.0;
/// Highest speed, m/s: downhill skiers reach 70.
const MOST_SPEED_M_S: f64 = 80.0;
/// Longest plausible gap within a workout, s; a longer one is an error of the clock.
const LONGEST_GAP_S: f64 = 6.0 * 3600.0;
/// Longest plausible workout, s: six-day races exist.
const LONGEST_WORKOUT_S: f64 = 6.5 * 86_400.0;

/// Why a workout cannot be used; other workouts in the file still can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableWorkout {
    /// It has no duration.
    #[error("a workout of 0 s; hint: if it happened, write it into the diary with its minutes")]
    NoTime,
    /// It is longer than anyone can keep going.
    #[error(
        "a workout of more than six and a half days; hint: the device's clock was wrong, give the diary instead"
    )]
    TooLong,
    /// Its day is unknown.
    #[error(
        "the device's clock was not set, so the day is not known; hint: write the workout into the diary"
    )]
    NoDay,
}

/// Cleans a workout: impossible values become missing, the clock is made to run forward, and
/// duration and distance are filled in where the file does not give them. Each kind of repair adds
/// one note.
///
/// # Errors
/// [`UnusableWorkout`] if nothing is left from which a load could be computed.
///
/// ```
/// use agoge_formats::workout::{UnusableWorkout, Workout, WorkoutStart, clean_workout};
/// let start = WorkoutStart::On("2026-03-31".parse().unwrap());
/// let mut run = Workout { duration_s: 2.0, ..Workout::new(start, "running") };
/// run.samples.time = vec![0.0, 1.0, 2.0];
/// run.samples.heart_rate = vec![120.0, 999.0, 122.0];
/// let cleaned = clean_workout(run).unwrap();
/// assert!(cleaned.samples.heart_rate[1].is_nan() && cleaned.notes.len() == 1);
/// let start = WorkoutStart::At { unix_s: 1.8e9, offset_s: None };
/// let empty = Workout { duration_s: 0.0, ..Workout::new(start, "running") };
/// assert_eq!(clean_workout(empty), Err(UnusableWorkout::NoTime));
/// ```
pub fn clean_workout(mut workout: Workout) -> Result<Workout, UnusableWorkout> {
    // A FIT clock that was never set starts at the end of 1989; no other format has this problem.
    // The range is 1992 to 2100.
    if workout.start_s().is_some_and(|start| !(694_224_000.0..4_102_444_800.0).contains(&start)) {
        return Err(UnusableWorkout::NoDay);
    }
    let mut notes = Vec::new();
    repair_clock(&mut workout, &mut notes);
    let samples = &mut workout.samples;
    clear_implausible(
        &mut samples.heart_rate,
        |v| PLAUSIBLE_HEART_RATE.contains(&v),
        "heart rates outside 25 to 240 a minute",
        &mut notes,
    );
    clear_implausible(
        &mut samples.power,
        |v| (0.0..=MOST_POWER_W).contains(&v),
        "powers below 0 or above 3000 W",
        &mut notes,
    );
    clear_implausible(
        &mut samples.speed,
        |v| (0.0..=MOST_SPEED_M_S).contains(&v),
        "speeds below 0 or above 80 m/s",
        &mut notes,
    );
    clear_implausible(&mut samples.distance, |v| v >= 0.0, "distances below 0", &mut notes);
    clear_implausible(
        &mut samples.latitude,
        |v| v.abs() <= 90.0,
        "latitudes beyond the poles",
        &mut notes,
    );
    clear_implausible(
        &mut samples.longitude,
        |v| v.abs() <= 180.0,
        "longitudes beyond 180°",
        &mut notes,
    );
    if !(0.0..=LONGEST_WORKOUT_S).contains(&workout.duration_s) {
        if workout.duration_s.is_finite() {
            notes.push("the file's own duration was impossible".into());
        }
        workout.duration_s = workout.samples.time.last().copied().unwrap_or(f64::NAN);
    }
    let measured = workout.samples.distance.iter().copied().filter(|v| v.is_finite());
    if workout.distance_m.is_nan() || workout.distance_m < 0.0 {
        workout.distance_m = measured.reduce(f64::max).unwrap_or(f64::NAN);
    }
    workout.notes.append(&mut notes);
    // A diary row of 0 minutes is a day of rest, and one with a load needs no minutes.
    let from_device = workout.start_s().is_some();
    match () {
        () if from_device && (workout.duration_s.is_nan() || workout.duration_s <= 0.0) => {
            Err(UnusableWorkout::NoTime)
        }
        () if workout.duration_s > LONGEST_WORKOUT_S => Err(UnusableWorkout::TooLong),
        () => Ok(workout),
    }
}

/// Makes values missing unless they fit.
fn clear_implausible(
    values: &mut [f64],
    fits: impl Fn(f64) -> bool,
    what: &str,
    notes: &mut Vec<String>,
) {
    let mut hidden = 0;
    for value in values.iter_mut().filter(|value| value.is_finite() && !fits(**value)) {
        *value = f64::NAN;
        hidden += 1;
    }
    if hidden > 0 {
        notes.push(format!("{what}: {hidden} samples made missing"));
    }
}

/// Repairs a clock that steps back or leaps ahead by advancing it one second instead: the samples
/// are in the order in which they were measured. Samples without a time are removed.
fn repair_clock(workout: &mut Workout, notes: &mut Vec<String>) {
    let timed: Vec<bool> = workout.samples.time.iter().map(|time| time.is_finite()).collect();
    let untimed = timed.iter().filter(|timed| !**timed).count();
    if untimed > 0 {
        let samples = &mut workout.samples;
        for list in samples.value_lists() {
            let mut is_timed = timed.iter();
            list.retain(|_| is_timed.next().copied().unwrap_or(false));
        }
        samples.time.retain(|time| time.is_finite());
        notes.push(format!("{untimed} samples without a time were left out"));
    }
    let (mut back, mut leaps, mut shift) = (0, 0, 0.0);
    let mut last: Option<f64> = None;
    for time in &mut workout.samples.time {
        let mut now = *time + shift;
        if let Some(last) = last {
            let step = now - last;
            if !(0.0..=LONGEST_GAP_S).contains(&step) {
                *(if step < 0.0 { &mut back } else { &mut leaps }) += 1;
                shift += 1.0 - step;
                now = last + 1.0;
            }
        }
        *time = now;
        last = Some(now);
    }
    if back > 0 {
        notes.push(format!("the clock stepped back {back} times: what follows was moved on"));
    }
    if leaps > 0 {
        notes.push(format!(
            "the clock leapt ahead more than 6 hours {leaps} times: what follows was moved back"
        ));
    }
}
