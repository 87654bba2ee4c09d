//! Parses instants as TCX and GPX write them (ISO 8601).

use agoge_motion::Day;

/// Parses an instant such as `2026-03-31T17:05:09.5+02:00` into seconds since 1970-01-01 00:00 UTC
/// and the offset of its time zone, seconds ahead of UTC. The offset is none for `Z` and for a text
/// without zone, which is taken to be UTC. Returns none if the text is not an instant.
///
/// ```
/// use agoge_formats::workout::parse_instant;
/// assert_eq!(parse_instant("1970-01-02T00:00:00Z"), Some((86_400.0, None)));
/// assert_eq!(parse_instant("1970-01-01T02:00:00+02:00"), Some((0.0, Some(7200.0))));
/// assert_eq!(parse_instant("yesterday"), None);
/// ```
pub fn parse_instant(text: &str) -> Option<(f64, Option<f64>)> {
    let (date, clock) = text.trim().split_once(['T', ' '])?;
    let day: Day = date.parse().ok()?;
    let zone = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = (&clock[..zone], &clock[zone..]);
    let mut parts = clock.split(':');
    let hours: f64 = parts.next()?.parse().ok()?;
    let minutes: f64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().unwrap_or("0").parse().ok()?;
    let fits = (0.0..=24.0).contains(&hours)
        && (0.0..60.0).contains(&minutes)
        && (0.0..61.0).contains(&seconds);
    if !fits || parts.next().is_some() {
        return None;
    }
    let offset = match zone {
        "" | "Z" => None,
        _ => Some(parse_offset(zone)?),
    };
    let local = f64::from(day.0) * 86_400.0 + hours * 3600.0 + minutes * 60.0 + seconds;
    Some((local - offset.unwrap_or(0.0), offset))
}

/// Parses a time zone offset such as `+02:00`, `-0330` or `+05` into seconds.
fn parse_offset(zone: &str) -> Option<f64> {
    let sign = if zone.starts_with('-') { -1.0 } else { 1.0 };
    let digits: String = zone.get(1..)?.chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<f64>().ok()?, 0.0),
        4 => (digits[..2].parse::<f64>().ok()?, digits[2..].parse::<f64>().ok()?),
        _ => return None,
    };
    (hours <= 14.0 && minutes < 60.0).then_some(sign * (hours * 3600.0 + minutes * 60.0))
}
