//! Daily load series that distinguish missing days from rest days.

use agoge_motion::Day;
use serde::Serialize;

/// Longest series to build: 110 years.
const MAX_DAYS: i32 = 40_000;

/// One load per day. A day without an entry is NaN; a recorded rest day is 0.
///
/// ```
/// use agoge_load::DailyLoads;
/// use agoge_motion::Day;
/// let loads = DailyLoads::from_entries(&[(Day(3), 100.0), (Day(1), 50.0), (Day(3), 20.0)], false);
/// assert_eq!((loads.first, loads.values[0], loads.values[2]), (Day(1), 50.0, 120.0));
/// assert!(loads.values[1].is_nan(), "a day without an entry is missing, not rest");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DailyLoads {
    /// The first day.
    pub first: Day,
    /// Load of each day from `first` on, `[day]`.
    pub values: Vec<f64>,
}

impl DailyLoads {
    /// Sums the entries, in any order, by day. With `missing_is_rest`, days without an entry
    /// between the first and the last become rest days: right for a coach who records every
    /// session, wrong for a diary with holes.
    pub fn from_entries(entries: &[(Day, f64)], missing_is_rest: bool) -> DailyLoads {
        let known = || entries.iter().filter(|(_, load)| load.is_finite());
        let (Some(first), Some(last)) =
            (known().map(|(day, _)| *day).min(), known().map(|(day, _)| *day).max())
        else {
            return DailyLoads::default();
        };
        // A date mistyped by a century must not exhaust memory: keep only the latest days.
        let first = first.max(last.plus_days(-MAX_DAYS));
        let empty_day = if missing_is_rest { 0.0 } else { f64::NAN };
        let mut values = vec![empty_day; (last.0 - first.0 + 1) as usize];
        for (day, load) in known().filter(|(day, _)| *day >= first) {
            let value = &mut values[(day.0 - first.0) as usize];
            *value = if value.is_nan() { *load } else { *value + load };
        }
        DailyLoads { first, values }
    }

    /// Day at an index into `values`.
    pub fn day_at(&self, index: usize) -> Day {
        self.first.plus_days(i32::try_from(index).unwrap_or(i32::MAX))
    }

    /// Number of days without an entry.
    pub fn missing_days(&self) -> usize {
        self.values.iter().filter(|load| load.is_nan()).count()
    }
}

/// A session compared with the longest of the days before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spike {
    /// Day of the session.
    pub day: Day,
    /// Distance, m.
    pub distance_m: f64,
    /// Longest session of the 30 days before, m.
    pub longest_m: f64,
}

impl Spike {
    /// How much longer than the longest it was, as a share: 0.1 is 10 %.
    pub fn relative_excess(&self) -> f64 {
        self.distance_m / self.longest_m - 1.0
    }

    /// Hazard rate ratio found in runners for such a session, against sessions of at most 10 % more
    /// (Frandsen 2025: 1.64 for 10 to 30 %, 1.52 up to 100 %, 2.28 above); `None` if it is not
    /// longer by more than 10 %.
    pub fn hazard_ratio(&self) -> Option<f64> {
        match self.relative_excess() {
            excess if excess > 1.0 => Some(2.28),
            excess if excess > 0.3 => Some(1.52),
            excess if excess > 0.1 => Some(1.64),
            _ => None,
        }
    }
}

/// Compares each session's distance (day, m) with the longest session of the 30 days before
/// (Frandsen 2025). Sessions without an earlier one in that period give no spike: after a break
/// there is nothing to compare with.
///
/// ```
/// use agoge_load::find_spikes;
/// use agoge_motion::Day;
/// let spikes = find_spikes(&[(Day(0), 10_000.0), (Day(7), 12_000.0)]);
/// assert!((spikes[0].relative_excess() - 0.2).abs() < 1e-12);
/// assert_eq!(spikes[0].hazard_ratio(), Some(1.64));
/// ```
pub fn find_spikes(sessions: &[(Day, f64)]) -> Vec<Spike> {
    let mut sorted: Vec<(Day, f64)> =
        sessions.iter().copied().filter(|(_, distance)| *distance > 0.0).collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (mut window_start, mut spikes) = (0, Vec::new());
    for (index, (day, distance)) in sorted.iter().enumerate() {
        while sorted[window_start].0.plus_days(30) < *day {
            window_start += 1;
        }
        let earlier = sorted[window_start..index].iter().filter(|(other, _)| other < day);
        if let Some(longest_m) = earlier.map(|(_, distance)| *distance).reduce(f64::max) {
            spikes.push(Spike { day: *day, distance_m: *distance, longest_m });
        }
    }
    spikes
}
