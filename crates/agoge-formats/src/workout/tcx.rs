//! TCX: one workout per activity; its laps are joined.

use super::xml::{XmlNode, parse_instant_element, parse_number, walk_elements};
use super::{Workout, WorkoutSamples, WorkoutStart};
use crate::ReadError;
use std::path::Path;

/// A track point: time and values (latitude, longitude, altitude, distance, heart rate, cadence,
/// speed, power); NaN means missing.
type TcxPoint = (f64, [f64; 8]);
/// A point without any values.
const EMPTY_POINT: TcxPoint = (f64::NAN, [f64::NAN; 8]);

/// Reads the workouts of a TCX file.
pub(super) fn read_tcx(path: &Path, bytes: &[u8]) -> Result<Vec<Workout>, ReadError> {
    let mut workouts = Vec::new();
    let mut activity: Option<TcxActivity> = None;
    let mut parents: Vec<String> = Vec::new();
    walk_elements(path, bytes, |node| {
        match node {
            XmlNode::Open(name, attributes) => {
                match name {
                    "Activity" => {
                        let sport = attributes
                            .iter()
                            .find(|(key, _)| key == "Sport")
                            .map(|(_, sport)| sport.to_lowercase());
                        let sport = match sport.as_deref() {
                            Some("biking") => "cycling".to_owned(),
                            _ => sport.unwrap_or_default(),
                        };
                        activity = Some(TcxActivity { sport, ..TcxActivity::default() });
                    }
                    "Trackpoint" => {
                        activity.iter_mut().for_each(|activity| activity.point = Some(EMPTY_POINT))
                    }
                    _ => {}
                }
                parents.push(name.to_owned());
            }
            XmlNode::Close(name, text) => {
                parents.pop();
                let parent = parents.last().map_or("", String::as_str);
                if let Some(activity) = &mut activity {
                    activity.close_element(path, name, parent, text)?;
                }
                if name == "Activity" {
                    workouts.extend(activity.take().and_then(TcxActivity::into_workout));
                }
            }
        }
        Ok(())
    })?;
    match workouts.is_empty() {
        true => Err(super::not_a_workout(path, "a TCX without an activity")),
        false => Ok(workouts),
    }
}

/// An activity while it is read.
#[derive(Default)]
struct TcxActivity {
    sport: String,
    /// Time of the activity's `Id` or of its first point, s since 1970 UTC, and time zone offset.
    start: Option<(f64, Option<f64>)>,
    comment: String,
    /// Duration and distance summed over the laps, s and m.
    laps: Option<(f64, f64)>,
    point: Option<TcxPoint>,
    points: Vec<TcxPoint>,
}

impl TcxActivity {
    /// Takes in the text of an element that ends.
    fn close_element(
        &mut self,
        path: &Path,
        name: &str,
        parent: &str,
        text: &str,
    ) -> Result<(), ReadError> {
        let value = |element: &str| parse_number(path, element, text);
        match (name, &mut self.point) {
            ("Trackpoint", point) => {
                self.points.extend(point.take().filter(|point| point.0.is_finite()))
            }
            ("Time", Some(point)) => {
                let (unix_s, offset) = parse_instant_element(path, "Time", text)?;
                point.0 = unix_s;
                self.start.get_or_insert((unix_s, offset));
            }
            (_, Some((_, values))) => {
                let place = match name {
                    "LatitudeDegrees" => 0,
                    "LongitudeDegrees" => 1,
                    "AltitudeMeters" => 2,
                    "DistanceMeters" => 3,
                    "Value" if parent == "HeartRateBpm" => 4,
                    "Cadence" | "RunCadence" => 5,
                    "Speed" => 6,
                    "Watts" => 7,
                    _ => return Ok(()),
                };
                values[place] = value(name)?;
            }
            ("Id", None) if parent == "Activity" => {
                self.start = Some(parse_instant_element(path, "Id", text)?)
            }
            ("TotalTimeSeconds", None) if parent == "Lap" => {
                self.laps.get_or_insert((0.0, 0.0)).0 += value(name)?
            }
            ("DistanceMeters", None) if parent == "Lap" => {
                self.laps.get_or_insert((0.0, 0.0)).1 += value(name)?
            }
            ("Notes", None) if parent == "Activity" => {
                self.comment = text.chars().take(1000).collect()
            }
            _ => {}
        }
        Ok(())
    }

    /// Builds the workout; none if the activity has no time at all.
    fn into_workout(self) -> Option<Workout> {
        let (id_s, offset_s) = self.start?;
        let unix_s = self.points.first().map_or(id_s, |point| point.0);
        let mut workout = Workout::new(WorkoutStart::At { unix_s, offset_s }, self.sport);
        let column = |place: usize| {
            self.points.iter().map(|(_, values)| values[place]).collect::<Vec<f64>>()
        };
        workout.samples = WorkoutSamples {
            time: self.points.iter().map(|point| point.0 - unix_s).collect(),
            latitude: column(0),
            longitude: column(1),
            altitude: column(2),
            distance: column(3),
            heart_rate: column(4),
            cadence: column(5),
            speed: column(6),
            power: column(7),
            other: Vec::new(),
        };
        workout.samples.drop_empty();
        (workout.duration_s, workout.distance_m) = self.laps.unwrap_or((f64::NAN, f64::NAN));
        workout.comment = self.comment;
        Some(workout)
    }
}
