//! Calendar days, as opposed to instants: load, wellness and injuries belong to a day on the
//! athlete's local clock.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A day of the Gregorian calendar, counted from 1970-01-01.
///
/// ```
/// use agoge_motion::Day;
/// let day: Day = "2024-02-28".parse()?;
/// assert_eq!(day.plus_days(2).to_string(), "2024-03-01");
/// assert_eq!(Day::from_date(1970, 1, 1), Some(Day(0)));
/// assert_eq!(Day::from_date(2023, 2, 29), None);
/// # Ok::<(), agoge_motion::day::ParseDayError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// The error for a text that is not a valid day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a day: {0:?}; hint: write year-month-day, as in 2026-03-31")]
pub struct ParseDayError(String);

impl Day {
    /// The day with this date; `None` if there is no such date.
    pub fn from_date(year: i32, month: u32, day: u32) -> Option<Day> {
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            2 => 28 + u32::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        if !(1..=9999).contains(&year) || day == 0 || day > length {
            return None;
        }
        // Counting years from March puts the leap day last (H. Richards' and H. Hinnant's civil
        // calendar arithmetic).
        let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let (era, year_of_era) = (y.div_euclid(400), y.rem_euclid(400));
        let day_of_year = (153 * m as i32 + 2) / 5 + day as i32 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Day(era * 146_097 + day_of_era - 719_468))
    }

    /// The day of an instant, given in seconds since 1970-01-01 00:00 UTC, on a clock that is
    /// `offset_s` seconds ahead of UTC.
    pub fn from_unix(unix_s: f64, offset_s: f64) -> Day {
        // `as` saturates at the limits of i32 if the clock is nonsense.
        Day(((unix_s + offset_s) / 86_400.0).floor() as i32)
    }

    /// Year, month and day of the month.
    pub fn year_month_day(self) -> (i32, u32, u32) {
        let days = i64::from(self.0) + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
        let m = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * m + 2) / 5 + 1;
        let month = if m < 10 { m + 3 } else { m - 9 };
        ((year + era * 400 + i64::from(month <= 2)) as i32, month as u32, day as u32)
    }

    /// The day this many days later; earlier if negative.
    pub fn plus_days(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.year_month_day();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = ParseDayError;

    fn from_str(text: &str) -> Result<Day, ParseDayError> {
        let mut parts = text.trim().splitn(3, '-').map(|part| part.parse::<u32>().ok());
        let mut next = || parts.next().flatten();
        let day = (|| Day::from_date(i32::try_from(next()?).ok()?, next()?, next()?))();
        day.ok_or_else(|| ParseDayError(text.chars().take(40).collect()))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Day, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        assert_eq!(Day::from_date(1970, 1, 1), Some(Day(0)));
        // 1989-12-31 is second 631_065_600, the epoch of FIT files.
        assert_eq!(Day::from_date(1989, 12, 31), Some(Day(631_065_600 / 86_400)));
        assert_eq!(
            Day::from_date(2000, 2, 29).map(|day| day.plus_days(1)),
            Day::from_date(2000, 3, 1)
        );
        assert_eq!(Day::from_date(1900, 2, 29), None);
        assert_eq!(Day::from_unix(-1.0, 0.0).to_string(), "1969-12-31");
        assert_eq!("2026-13-01".parse::<Day>().ok(), None);
    }

    #[test]
    fn every_day_is_read_back() {
        let (from, to) = (Day::from_date(1, 1, 1).unwrap(), Day::from_date(9999, 12, 31).unwrap());
        for day in (from.0..=to.0).map(Day) {
            let (y, m, d) = day.year_month_day();
            assert_eq!(Day::from_date(y, m, d), Some(day));
        }
        assert_eq!(to.to_string().parse(), Ok(to));
    }
}
