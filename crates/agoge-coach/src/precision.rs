//! How precisely a recording measures: differences within this error are no findings.

use crate::measured::{ErrorRow, ErrorView, MeasuredTables, PopulationRow};
use agoge_formats::SensorClass;
use agoge_kinematics::gait::{GaitKind, GaitPlace, GaitQuantity, gait_error};
use agoge_kinematics::movement::{MetricRule, Statistic};
use agoge_kinematics::{Metric, Movement, RELIABLE_SHOWN_SHARE, Unit, visible_share};
use agoge_motion::{Recording, Side};
use std::sync::Arc;

/// Source of the general error of markers where nothing specific was measured: 3° and 1 cm
/// (the simulator's noise test stays within it).
const MARKER_SOURCE: &str = "markers after filtering; stated, not measured";
/// Source of the general error of cameras: 12° and 2 cm, 1.96 times 6° RMS.
const PICTURE_SOURCE: &str = "trackers of video against manual marking: 4 to 7° RMS (Gomez 2025)";
/// Frame rate that is assumed without a recording, Hz.
const USUAL_HZ: f64 = 100.0;
/// A limb counts as hidden if it points out of the image plane in more than this share of the
/// frames.
const MAX_HIDDEN_SHARE: f64 = 0.05;
/// Curves whose error depends on whether the limb lies in the picture's plane.
const LIMB_CURVES: [&str; 3] = ["elbow_flexion", "shoulder_elevation", "shoulder_abduction"];
/// Curves of the legs, which a depth camera's joint angles get wrong in a way that other depth
/// cameras need not share.
const LEG_CURVES: [&str; 14] = [
    "knee_flexion",
    "hip_flexion",
    "hip_adduction",
    "ankle_dorsiflexion",
    "knee_valgus",
    "thigh_angle",
    "shank_angle",
    "foot_angle",
    "ankle_height",
    "foot_height",
    "heel_lift",
    "knee_medial_displacement",
    "knee_ankle_ratio",
    "pelvis_side",
];
/// The 95 % interval of a normal distribution, in standard deviations.
const DEVIATE: f64 = 1.96;

/// How precisely one recording measures.
///
/// ```
/// use agoge_coach::Precision;
/// use agoge_kinematics::Unit;
/// use agoge_motion::simulate::{Exercise, SimulatedCamera, SimulatedSet};
/// let body = SimulatedSet::new(Exercise::Squat).simulate().recording.to_body().recording;
/// let film = SimulatedCamera::phone(90.0).film_recording(&body);
/// // One camera measures an angle a quarter as precisely as markers.
/// let error = |body| Precision::from_recording(body).unit_error(Unit::Degree).half_width;
/// assert_eq!((error(&body), error(&film)), (3.0, 12.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    sensor: SensorClass,
    /// Curves (name and side) of limbs that point out of the image plane too often.
    hidden_curves: Vec<(&'static str, Side)>,
    /// Frames a second; NaN if not known.
    rate_hz: f64,
    tables: Arc<MeasuredTables>,
}

/// Measurement error of one value.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasurementError {
    /// Half width of the 95 % interval, in the value's unit; it holds the bias too.
    pub half_width: f64,
    /// Mean difference from markers, in the value's unit; 0 if not measured.
    pub bias: f64,
    /// Standard error of each of two values that are compared and come from the same camera and
    /// place, so without the constant error; `None` if not measured.
    pub repeated: Option<f64>,
    /// Evidence behind the error.
    pub source: String,
}

impl Precision {
    /// Precision of a recording on the body skeleton.
    pub fn from_recording(body: &Recording) -> Precision {
        Precision::with_tables(body, MeasuredTables::bundled_tables())
    }

    /// Precision of a recording on the body skeleton, by other tables than those that come with
    /// Agoge.
    pub fn with_tables(body: &Recording, tables: Arc<MeasuredTables>) -> Precision {
        let limbs = LIMB_CURVES.iter().flat_map(|curve| Side::BOTH.map(|side| (*curve, side)));
        let is_hidden = |&(curve, side): &(&str, Side)| {
            let Some(shares) = visible_share(body, curve, Some(side)) else { return false };
            let known = shares.iter().filter(|share| share.is_finite()).count();
            let foreshortened =
                shares.iter().filter(|share| **share < RELIABLE_SHOWN_SHARE).count();
            foreshortened as f64 > MAX_HIDDEN_SHARE * known as f64
        };
        Precision {
            sensor: SensorClass::from_recording(body),
            hidden_curves: limbs.filter(is_hidden).collect(),
            rate_hz: body.rate_hz(),
            tables,
        }
    }

    /// Precision of markers.
    pub fn in_space() -> Precision {
        Precision {
            sensor: SensorClass::Markers,
            hidden_curves: Vec::new(),
            rate_hz: f64::NAN,
            tables: MeasuredTables::bundled_tables(),
        }
    }

    /// The class of the sensor.
    pub fn sensor_class(&self) -> SensorClass {
        self.sensor
    }

    /// Whether the depth is a network's guess.
    pub fn is_depth_guessed(&self) -> bool {
        self.sensor == SensorClass::GuessedDepth
    }

    /// How far correct repetitions of a metric reach by this class of sensor, and by markers.
    pub(crate) fn find_populations(
        &self,
        movement: &Movement,
        metric: &Metric,
    ) -> [Option<&PopulationRow>; 2] {
        [self.sensor, SensorClass::Markers].map(|sensor| {
            self.tables
                .find_population(sensor, &movement.name, &metric.name)
                .filter(|row| row.unit == metric.unit)
        })
    }

    /// Error of a quantity of a stride, by the frame rate and the method of finding contacts.
    pub fn gait_error(
        &self,
        quantity: GaitQuantity,
        kind: GaitKind,
        place: GaitPlace,
        unit: Unit,
    ) -> MeasurementError {
        let is_picture = !matches!(
            self.sensor,
            SensorClass::Markers | SensorClass::DepthCamera | SensorClass::SeveralCameras
        );
        let rate_hz = if self.rate_hz.is_finite() { self.rate_hz } else { USUAL_HZ };
        let error = gait_error(quantity, kind, place, is_picture, rate_hz, unit);
        MeasurementError {
            half_width: error.half_width,
            bias: 0.0,
            repeated: None,
            source: error.source.to_owned(),
        }
    }

    /// Error of a metric of a movement: as measured for it, for its curve, or the general one.
    pub fn metric_error(&self, movement: &Movement, metric: &Metric) -> MeasurementError {
        let rule = movement.metric_rule(&metric.name);
        let quantity = rule.and_then(MetricRule::gait_quantity);
        if let Some((quantity, kind)) = quantity.zip(movement.repetition.kind.gait()) {
            return self.gait_error(quantity, kind, GaitPlace::OverGround, metric.unit);
        }
        let curve = rule.and_then(|rule| rule.curve.as_deref());
        let statistic = rule.map(|rule| rule.statistic);
        let row = self.measured_row(&movement.name, metric, curve, statistic);
        let mut error = row.map_or_else(|| self.unit_error(metric.unit), |row| self.row_error(row));
        // A difference between the sides has the errors of both, unless it was measured as such.
        let is_measured = row.is_some_and(|row| row.metric.is_some() || row.statistic.is_some());
        if statistic.is_some_and(Statistic::is_between_sides) && !is_measured {
            error.half_width *= 2f64.sqrt();
            error.repeated = error.repeated.map(|sd| sd * 2f64.sqrt());
        }
        error
    }

    /// The row of the table that is nearest to a metric, if any.
    fn measured_row(
        &self,
        movement: &str,
        metric: &Metric,
        curve: Option<&str>,
        statistic: Option<Statistic>,
    ) -> Option<&ErrorRow> {
        let hidden = curve.is_some_and(|curve| {
            self.hidden_curves.iter().any(|&(name, side)| {
                name == curve && metric.side.is_none_or(|wanted| wanted == side)
            })
        });
        let of_sensor = |sensor: SensorClass| {
            self.tables.errors.iter().filter(move |row| {
                row.sensor == sensor
                    && row.unit == metric.unit
                    && !(hidden && row.view == ErrorView::InPlane)
            })
        };
        let find = |sensor: SensorClass| {
            let of_metric = of_sensor(sensor).find(|row| {
                row.movement.as_deref() == Some(movement)
                    && row.metric.as_deref() == Some(metric.name.as_str())
            });
            let of_curve = |wanted: Option<Statistic>| {
                of_sensor(sensor).find(|row| {
                    row.metric.is_none()
                        && row.curve.is_some()
                        && row.curve.as_deref() == curve
                        && row.statistic == wanted
                })
            };
            of_metric.or_else(|| of_curve(statistic)).or_else(|| of_curve(None))
        };
        let of_unit = |sensor: SensorClass| {
            of_sensor(sensor).find(|row| row.metric.is_none() && row.curve.is_none())
        };
        match self.sensor {
            SensorClass::Unknown => find(SensorClass::GuessedDepth),
            SensorClass::DepthCamera => find(SensorClass::DepthCamera)
                .or_else(|| {
                    let is_leg = curve.is_some_and(|curve| LEG_CURVES.contains(&curve));
                    (!is_leg).then(|| find(SensorClass::DepthCameraAngles)).flatten()
                })
                .or_else(|| of_unit(SensorClass::DepthCamera)),
            sensor => find(sensor).or_else(|| of_unit(sensor)),
        }
    }

    /// The sensor's own error, by its difference from markers: that difference holds the markers'
    /// error too, which is stated and small; at most three quarters of the difference's variance
    /// are put down to them.
    fn row_error(&self, row: &ErrorRow) -> MeasurementError {
        let markers = general_error(SensorClass::Markers, row.unit) / DEVIATE;
        let variance = (row.rms.powi(2) - markers.powi(2)).max(0.25 * row.rms.powi(2));
        MeasurementError {
            half_width: self.with_frame_rate(DEVIATE * variance.sqrt(), row.unit),
            bias: row.bias,
            repeated: Some(row.repeated),
            source: row.source.clone(),
        }
    }

    /// General error of a value in the given unit.
    pub fn unit_error(&self, unit: Unit) -> MeasurementError {
        let source = match self.sensor {
            SensorClass::Markers => MARKER_SOURCE,
            _ => PICTURE_SOURCE,
        };
        MeasurementError {
            half_width: self.with_frame_rate(general_error(self.sensor, unit), unit),
            bias: 0.0,
            repeated: None,
            source: source.to_owned(),
        }
    }

    /// Widens an error of time to what the frame rate allows: two ends, each anywhere within a
    /// frame, have a standard deviation of 1 / (rate · √6).
    fn with_frame_rate(&self, half_width: f64, unit: Unit) -> f64 {
        let of_rate = DEVIATE / (self.rate_hz * 6f64.sqrt());
        match unit {
            Unit::Second if of_rate.is_finite() => half_width.max(of_rate),
            _ => half_width,
        }
    }
}

/// The general half width of markers.
pub(crate) fn marker_error(unit: Unit) -> f64 {
    general_error(SensorClass::Markers, unit)
}

/// The general half width of a class of sensor.
fn general_error(sensor: SensorClass, unit: Unit) -> f64 {
    let (angle, factor) = match sensor {
        SensorClass::Markers => (3.0, 1.0),
        _ => (12.0, 2.0),
    };
    match unit {
        Unit::Degree => angle,
        Unit::DegreePerSecond => 10.0 * angle,
        Unit::Metre => 0.01 * factor,
        Unit::MetrePerSecond => 0.1 * factor,
        Unit::Trunk => 0.03 * factor,
        Unit::TrunkPerSecond => 0.2 * factor,
        Unit::Second => 0.05,
        Unit::Percent => 3.0 * factor,
        // No metric of a movement is a force or a moment; those carry their own errors
        // (`crate::joint_moment_report`).
        Unit::Newton | Unit::NewtonMetre => f64::NAN,
        Unit::PerMinute => 4.0,
        Unit::One => 0.05 * factor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_motion::recording::MISSING;
    use agoge_motion::{Part, RecordingSource, Skeleton, Space};

    /// A right arm hanging in the image, its forearm shortened to `share` of its length in every
    /// tenth frame.
    fn arm_recording(space: Space, format: &str, share: f64) -> Recording {
        let frames = 100;
        let mut position = vec![MISSING; frames * Part::COUNT];
        for frame in 0..frames {
            let mut put =
                |part: Part, y: f64| position[frame * Part::COUNT + part.index()] = [0.0, y, 0.0];
            let short = if frame % 10 == 0 { share } else { 1.0 };
            put(Part::RightShoulder, 300.0);
            put(Part::RightElbow, 200.0);
            put(Part::RightWrist, 200.0 - 90.0 * short);
        }
        let time = (0..frames).map(|frame| frame as f64 / 30.0).collect();
        let source = RecordingSource { format: format.into(), ..RecordingSource::default() };
        let confidence = vec![1.0; position.len()];
        Recording::new(source, Skeleton::body(), space, time, position, confidence).unwrap()
    }

    fn elbow_metric(side: Option<Side>) -> Metric {
        let unit = Unit::Degree;
        Metric { name: "elbow".into(), side, phase: None, value: 90.0, unit }
    }

    #[test]
    fn an_angle_of_a_network_carries_what_was_measured() {
        let picture = Space::Image { width: None, height: None };
        let half_width = |space, format, share| {
            let precision = Precision::from_recording(&arm_recording(space, format, share));
            precision
                .measured_row("", &elbow_metric(Some(Side::Right)), Some("elbow_flexion"), None)
                .map(|row| (10.0 * row.rms).round() / 10.0)
        };
        assert_eq!(half_width(picture, "openpose-json", 0.9), Some(21.4));
        assert_eq!(half_width(picture, "openpose-json", 0.5), Some(23.2));
        assert_eq!(half_width(Space::World, "video", 0.5), Some(32.9));
        assert_eq!(half_width(Space::World, "trc", 0.5), None);
        let left_visible = Precision::from_recording(&arm_recording(picture, "video", 0.5));
        assert_eq!(
            left_visible
                .measured_row("", &elbow_metric(Some(Side::Left)), Some("elbow_flexion"), None)
                .map(|row| (10.0 * row.rms).round() / 10.0),
            Some(21.4)
        );
        assert_eq!(
            left_visible.measured_row("", &elbow_metric(None), Some("knee_flexion"), None),
            None
        );
        assert_eq!(
            (
                left_visible.unit_error(Unit::Degree).half_width,
                Precision::in_space().unit_error(Unit::Degree).half_width
            ),
            (12.0, 3.0)
        );
    }
}
