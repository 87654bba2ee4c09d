//! What was measured of sensors and of people: the errors of each class of sensor, and how far
//! correct repetitions reach. Built in from `data/measured.json`, which `agoge evaluate errors`
//! writes.

use agoge_formats::SensorClass;
use agoge_kinematics::Unit;
use agoge_kinematics::movement::Statistic;
use agoge_motion::statistics::student_deviate;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// The tables of errors and of populations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredTables {
    /// Errors, the most specific first.
    pub errors: Vec<ErrorRow>,
    /// Populations of correct repetitions.
    pub populations: Vec<PopulationRow>,
}

/// The error of one sensor for one measure: of a metric of a movement, of a statistic of a curve,
/// of a curve in any frame, or of a unit. Fields that are `None` hold for all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorRow {
    /// The class of sensor.
    pub sensor: SensorClass,
    /// Name of the movement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub movement: Option<String>,
    /// Name of the metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Name of the curve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<String>,
    /// The statistic of the curve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<Statistic>,
    /// The frames it was measured in.
    #[serde(default)]
    pub view: ErrorView,
    /// Unit of the errors.
    pub unit: Unit,
    /// Mean difference from markers: the systematic part.
    pub bias: f64,
    /// Root mean square difference from markers, every athlete weighted alike.
    pub rms: f64,
    /// Standard deviation of the difference between repetitions of one athlete: the part that
    /// remains if two values of one athlete are compared.
    pub repeated: f64,
    /// Number of values.
    pub n: usize,
    /// Number of people.
    pub people: usize,
    /// Where it was measured.
    pub source: String,
}

/// The frames in which an error was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorView {
    /// All.
    #[default]
    Any,
    /// Those in which the limb lies in the picture's plane.
    InPlane,
}

/// How far correct repetitions of a movement reach in one metric by one class of sensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopulationRow {
    /// The class of sensor.
    pub sensor: SensorClass,
    /// Name of the movement.
    pub movement: String,
    /// Name of the metric.
    pub metric: String,
    /// Unit of the values.
    pub unit: Unit,
    /// Mean of the athletes' means.
    pub mean: f64,
    /// Standard deviation between athletes.
    pub sd_between: f64,
    /// Standard deviation between repetitions of one athlete.
    pub sd_within: f64,
    /// Number of athletes.
    pub people: usize,
    /// Number of repetitions.
    pub n: usize,
    /// Where it was measured.
    pub source: String,
}

impl PopulationRow {
    /// Standard deviation of one repetition of an athlete who was not measured.
    pub fn total_spread(&self) -> f64 {
        self.sd_between.hypot(self.sd_within)
    }

    /// The range that holds 95 % of the repetitions of athletes who were not measured (prediction
    /// interval of a normal population; Student's t for the number of athletes).
    pub fn usual_range(&self) -> [f64; 2] {
        let people = self.people as f64;
        let half = student_deviate(1.96, self.people.saturating_sub(1).max(1))
            * (1.0 + 1.0 / people).sqrt()
            * self.total_spread();
        [self.mean - half, self.mean + half]
    }
}

impl MeasuredTables {
    /// The tables that come with Agoge.
    pub fn bundled_tables() -> Arc<MeasuredTables> {
        static TABLES: OnceLock<Arc<MeasuredTables>> = OnceLock::new();
        TABLES
            .get_or_init(|| {
                let tables = serde_json::from_str(include_str!("../data/measured.json"));
                Arc::new(tables.unwrap_or_default())
            })
            .clone()
    }

    /// The population of a metric by a class of sensor.
    pub fn find_population(
        &self,
        sensor: SensorClass,
        movement: &str,
        metric: &str,
    ) -> Option<&PopulationRow> {
        self.populations
            .iter()
            .find(|row| row.sensor == sensor && row.movement == movement && row.metric == metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_that_come_with_agoge_are_read() {
        let tables = MeasuredTables::bundled_tables();
        assert!(tables.errors.len() > 100 && tables.populations.len() > 100);
        for row in &tables.populations {
            let movement = agoge_kinematics::movement::find_movement(&row.movement);
            let rule = movement.and_then(|movement| movement.metric_rule(&row.metric));
            assert!(rule.is_some(), "{} {}", row.movement, row.metric);
            assert!(row.people >= 3 && row.total_spread() >= 0.0 && row.mean.is_finite());
        }
        assert!(tables.errors.iter().all(|row| row.rms >= row.bias.abs() - 1e-9));
    }

    #[test]
    fn the_usual_range_is_wider_for_fewer_athletes() {
        let row = |people| PopulationRow {
            sensor: SensorClass::Markers,
            movement: "squat".into(),
            metric: "depth".into(),
            unit: Unit::Degree,
            mean: 100.0,
            sd_between: 3.0,
            sd_within: 4.0,
            people,
            n: 10 * people,
            source: "test".into(),
        };
        // t of 8 degrees of freedom 2.306, times the root of 1 + 1/9, times 5.
        assert!((row(9).usual_range()[1] - 112.15).abs() < 0.05, "{:?}", row(9).usual_range());
        assert!(row(5).usual_range()[1] > row(9).usual_range()[1]);
    }
}
