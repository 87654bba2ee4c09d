//! Loads of days in a row, with missing days told from days of rest.

use agoge_motion::Day;
use serde::Serialize;

/// Longest series that is made: 110 years.
const MOST_DAYS: i32 = 40_000;

/// One load a day. A day without an entry is NaN; a written day of rest is 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Daily {
    /// The first day.
    pub first: Day,
    /// Load of each day from the first on, `[day]`.
    pub values: Vec<f64>,
}

impl Daily {
    /// The days' sums of entries in any order. With `missing_is_rest`, days between the first and
    /// the last without an entry are days of rest: right for a coach who writes down every session,
    /// wrong for a diary with holes.
    pub fn of(entries: &[(Day, f64)], missing_is_rest: bool) -> Daily {
        let known = || entries.iter().filter(|(_, load)| load.is_finite());
        let (Some(first), Some(last)) =
            (known().map(|(day, _)| *day).min(), known().map(|(day, _)| *day).max())
        else {
            return Daily::default();
        };
        // A date typed wrongly by a century must not ask for memory without end: the latest days
        // are kept.
        let first = first.max(last.plus(-MOST_DAYS));
        let nothing = if missing_is_rest { 0.0 } else { f64::NAN };
        let mut values = vec![nothing; (last.0 - first.0 + 1) as usize];
        for (day, load) in known().filter(|(day, _)| *day >= first) {
            let value = &mut values[(day.0 - first.0) as usize];
            *value = if value.is_nan() { *load } else { *value + load };
        }
        Daily { first, values }
    }

    /// The day of a place.
    pub fn day(&self, place: usize) -> Day {
        self.first.plus(i32::try_from(place).unwrap_or(i32::MAX))
    }

    /// Days without an entry.
    pub fn missing(&self) -> usize {
        self.values.iter().filter(|load| load.is_nan()).count()
    }
}

/// A session against the longest of the days before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spike {
    /// The day of the session.
    pub day: Day,
    /// Its distance, m.
    pub distance_m: f64,
    /// The longest session of the 30 days before, m.
    pub longest_m: f64,
}

impl Spike {
    /// How much longer it was than the longest, as a part of that: 0.1 is 10 %.
    pub fn excess(&self) -> f64 {
        self.distance_m / self.longest_m - 1.0
    }

    /// The hazard rate ratio that was found for such a session in runners, against no more than 10
    /// % (Frandsen 2025: 1.64 for 10 to 30 %, 1.52 to 100 %,
    /// 2.28 above); none if it is not longer.
    pub fn hazard_ratio(&self) -> Option<f64> {
        match self.excess() {
            excess if excess > 1.0 => Some(2.28),
            excess if excess > 0.3 => Some(1.52),
            excess if excess > 0.1 => Some(1.64),
            _ => None,
        }
    }
}

/// Each session's distance (day, m) against the longest session of the 30 days before its day
/// (Frandsen 2025). Sessions without one before them in that time have no spike: after a break
/// nothing can be compared.
pub fn spikes(sessions: &[(Day, f64)]) -> Vec<Spike> {
    let mut sorted: Vec<(Day, f64)> =
        sessions.iter().copied().filter(|(_, distance)| *distance > 0.0).collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (mut from, mut found) = (0, Vec::new());
    for (index, (day, distance)) in sorted.iter().enumerate() {
        while sorted[from].0.plus(30) < *day {
            from += 1;
        }
        let before = sorted[from..index].iter().filter(|(other, _)| other < day);
        if let Some(longest_m) = before.map(|(_, distance)| *distance).reduce(f64::max) {
            found.push(Spike { day: *day, distance_m: *distance, longest_m });
        }
    }
    found
}
