//! GPX: one workout per track; heart rate, cadence and power come from Garmin's and Cluetrust's
//! extensions.

use super::xml::{XmlNode, parse_instant_element, parse_number, walk_elements};
use super::{Workout, WorkoutSamples, WorkoutStart};
use crate::ReadError;
use std::path::Path;

/// A point of a track; NaN means missing.
#[derive(Clone, Copy)]
struct GpxPoint {
    time: f64,
    values: [f64; 7],
}

/// A point without any values.
const EMPTY_POINT: GpxPoint = GpxPoint { time: f64::NAN, values: [f64::NAN; 7] };

/// The index in [`GpxPoint::values`] of the attribute (0 and 1) or element with this name.
fn value_index(name: &str) -> Option<usize> {
    Some(match name {
        "lat" => 0,
        "lon" => 1,
        "ele" => 2,
        "hr" | "heartrate" => 3,
        "cad" | "cadence" => 4,
        "power" | "PowerInWatts" => 5,
        "atemp" | "temp" => 6,
        _ => return None,
    })
}

/// Reads the workouts of a GPX file, one per track with times.
pub(super) fn read_gpx(path: &Path, bytes: &[u8]) -> Result<Vec<Workout>, ReadError> {
    let mut workouts = Vec::new();
    let (mut points, mut point, mut inside) = (Vec::<GpxPoint>::new(), EMPTY_POINT, false);
    let (mut sport, mut offset, mut in_track) = (String::new(), None, false);
    walk_elements(path, bytes, |node| {
        match node {
            XmlNode::Open("trk", _) => in_track = true,
            XmlNode::Open("trkpt", attributes) => {
                (point, inside) = (EMPTY_POINT, true);
                for (name, value) in attributes {
                    if let Some(place @ 0..=1) = value_index(name) {
                        point.values[place] = parse_number(path, name, value)?;
                    }
                }
            }
            XmlNode::Close("trkpt", _) => {
                points.push(point);
                inside = false;
            }
            XmlNode::Close("time", text) if inside => {
                (point.time, offset) = parse_instant_element(path, "time", text)?
            }
            XmlNode::Close("type", text) if in_track && !inside => sport = sport_name(text),
            XmlNode::Close("trk", _) => {
                in_track = false;
                workouts.extend(workout_from_track(&std::mem::take(&mut points), &sport, offset));
                sport.clear();
            }
            XmlNode::Close(name, text) if inside => {
                if let Some(place) = value_index(name) {
                    point.values[place] = parse_number(path, name, text)?;
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    match workouts.is_empty() {
        true => Err(super::not_a_workout(path, "a GPX without a track that has times")),
        false => Ok(workouts),
    }
}

/// The sport's name; Strava writes numbers for sports.
fn sport_name(text: &str) -> String {
    match text.trim() {
        "1" => "cycling".into(),
        "9" => "running".into(),
        "4" | "10" => "walking".into(),
        other => other.to_lowercase(),
    }
}

/// Builds the workout of a track; none if no point has a time.
fn workout_from_track(points: &[GpxPoint], sport: &str, offset_s: Option<f64>) -> Option<Workout> {
    let timed: Vec<GpxPoint> =
        points.iter().copied().filter(|point| point.time.is_finite()).collect();
    let unix_s = timed.first()?.time;
    let mut workout = Workout::new(WorkoutStart::At { unix_s, offset_s }, sport);
    let column = |place: usize| timed.iter().map(|point| point.values[place]).collect::<Vec<f64>>();
    workout.samples = WorkoutSamples {
        time: timed.iter().map(|point| point.time - unix_s).collect(),
        latitude: column(0),
        longitude: column(1),
        altitude: column(2),
        heart_rate: column(3),
        cadence: column(4),
        power: column(5),
        other: vec![("temperature".into(), column(6))],
        distance: track_distances(&column(0), &column(1)),
        ..WorkoutSamples::default()
    };
    workout.samples.drop_empty();
    workout.distance_m = workout.samples.distance.last().copied().unwrap_or(f64::NAN);
    if !workout.samples.distance.is_empty() {
        workout.notes.push("distance is the length of the track: the file has no other".into());
    }
    if timed.len() < points.len() {
        workout
            .notes
            .push(format!("{} points without a time were left out", points.len() - timed.len()));
    }
    Some(workout)
}

/// Length of a track up to each point, m, along great circles (haversine; Sinnott 1984) on a sphere
/// with the Earth's mean radius of 6 371 008.8 m (IUGG).
fn track_distances(latitude: &[f64], longitude: &[f64]) -> Vec<f64> {
    let mut length = 0.0;
    let mut last: Option<(f64, f64)> = None;
    let mut lengths = Vec::with_capacity(latitude.len());
    for (lat, lon) in
        latitude.iter().map(|v| v.to_radians()).zip(longitude.iter().map(|v| v.to_radians()))
    {
        if lat.is_nan() || lon.is_nan() {
            lengths.push(f64::NAN);
            continue;
        }
        if let Some((lat0, lon0)) = last {
            let half = ((lat - lat0) / 2.0).sin().powi(2)
                + lat.cos() * lat0.cos() * ((lon - lon0) / 2.0).sin().powi(2);
            length += 2.0 * 6_371_008.8 * half.sqrt().min(1.0).asin();
        }
        last = Some((lat, lon));
        lengths.push(length);
    }
    lengths
}
