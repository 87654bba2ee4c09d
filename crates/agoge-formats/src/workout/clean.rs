//! Repairs what no device can have measured; every repair is counted in a note, and the file itself
//! is left as it is.

use super::Workout;

/// Heart rates outside are no heart's: the slowest trained hearts rest near 27, the fastest young
/// ones end near 220 beats a minute.
const HEART_RATE: std::ops::RangeInclusive<f64> = 25.0..=240.0;
/// Highest power of a human, W; track sprinters reach about 2500 for a second.
const MOST_POWER: f64 = 3000.0;
/// Highest speed, m/s: downhill skiers reach 70.
const MOST_SPEED: f64 = 80.0;
/// A gap of this length within a workout is the clock's, not the athlete's, s.
const LONGEST_GAP_S: f64 = 6.0 * 3600.0;
/// Longest workout that is believed, s: six-day races exist.
const LONGEST_S: f64 = 6.5 * 86_400.0;

/// Why a workout cannot be used; the rest of the file can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It has no duration.
    #[error("a workout of 0 s; hint: if it happened, write it into the diary with its minutes")]
    NoTime,
    /// It is longer than anyone can go on.
    #[error(
        "a workout of more than six and a half days; hint: the device's clock was wrong, give the diary instead"
    )]
    TooLong,
    /// The day is not known.
    #[error(
        "the device's clock was not set, so the day is not known; hint: write the workout into the diary"
    )]
    NoDay,
}

/// The workout with impossible values made missing, the clock made to go forward, and the duration
/// and distance filled in where the file does not say them. Each kind of repair adds one note.
///
/// # Errors
/// [`Unusable`] if nothing is left that a load could be computed from.
pub fn clean(mut workout: Workout) -> Result<Workout, Unusable> {
    // 1990 is when a FIT clock begins that was never set; no other format has it.
    if workout.start_s().is_some_and(|start| !(694_224_000.0..4_102_444_800.0).contains(&start)) {
        return Err(Unusable::NoDay);
    }
    let mut notes = Vec::new();
    run_forward(&mut workout, &mut notes);
    let samples = &mut workout.samples;
    hide(
        &mut samples.heart_rate,
        |v| HEART_RATE.contains(&v),
        "heart rates outside 25 to 240 a minute",
        &mut notes,
    );
    hide(
        &mut samples.power,
        |v| (0.0..=MOST_POWER).contains(&v),
        "powers below 0 or above 3000 W",
        &mut notes,
    );
    hide(
        &mut samples.speed,
        |v| (0.0..=MOST_SPEED).contains(&v),
        "speeds below 0 or above 80 m/s",
        &mut notes,
    );
    hide(&mut samples.distance, |v| v >= 0.0, "distances below 0", &mut notes);
    hide(&mut samples.latitude, |v| v.abs() <= 90.0, "latitudes beyond the poles", &mut notes);
    hide(&mut samples.longitude, |v| v.abs() <= 180.0, "longitudes beyond 180°", &mut notes);
    if !(0.0..=LONGEST_S).contains(&workout.duration_s) {
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
    // A diary's row of 0 minutes is a day of rest, and one with a load needs no minutes.
    let from_device = workout.start_s().is_some();
    match () {
        () if from_device && (workout.duration_s.is_nan() || workout.duration_s <= 0.0) => {
            Err(Unusable::NoTime)
        }
        () if workout.duration_s > LONGEST_S => Err(Unusable::TooLong),
        () => Ok(workout),
    }
}

/// Makes values missing that do not fit.
fn hide(values: &mut [f64], fits: impl Fn(f64) -> bool, what: &str, notes: &mut Vec<String>) {
    let mut hidden = 0;
    for value in values.iter_mut().filter(|value| value.is_finite() && !fits(**value)) {
        *value = f64::NAN;
        hidden += 1;
    }
    if hidden > 0 {
        notes.push(format!("{what}: {hidden} samples made missing"));
    }
}

/// A clock that steps back or leaps is set to go on by a second: the samples are in the order in
/// which they were measured.
fn run_forward(workout: &mut Workout, notes: &mut Vec<String>) {
    let timed: Vec<bool> = workout.samples.time.iter().map(|time| time.is_finite()).collect();
    let untimed = timed.iter().filter(|timed| !**timed).count();
    if untimed > 0 {
        let samples = &mut workout.samples;
        for list in samples.lists() {
            let mut own = timed.iter();
            list.retain(|_| own.next().copied().unwrap_or(false));
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
