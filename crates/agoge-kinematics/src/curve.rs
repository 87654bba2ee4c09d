//! Curves: quantities measured over time.

use agoge_motion::Side;
use serde::{Deserialize, Serialize};

/// Units of curves and metrics. Angles are degrees in every output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Degrees.
    #[serde(rename = "deg")]
    Degree,
    /// Degrees per second.
    #[serde(rename = "deg/s")]
    DegreePerSecond,
    /// Metres.
    #[serde(rename = "m")]
    Metre,
    /// Metres per second.
    #[serde(rename = "m/s")]
    MetrePerSecond,
    /// Trunk lengths (mid-hip to mid-shoulder), for sources without a scale.
    #[serde(rename = "trunk")]
    Trunk,
    /// Trunk lengths per second.
    #[serde(rename = "trunk/s")]
    TrunkPerSecond,
    /// Seconds.
    #[serde(rename = "s")]
    Second,
    /// Percent.
    #[serde(rename = "%")]
    Percent,
    /// Newtons.
    #[serde(rename = "N")]
    Newton,
    /// Newton metres.
    #[serde(rename = "Nm")]
    NewtonMetre,
    /// Times a minute.
    #[serde(rename = "1/min")]
    PerMinute,
    /// Dimensionless.
    #[serde(rename = "1")]
    One,
}

impl Unit {
    /// The unit's symbol, as printed and as used in the suffixes of CSV headers.
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::Degree => "deg",
            Unit::DegreePerSecond => "deg/s",
            Unit::Metre => "m",
            Unit::MetrePerSecond => "m/s",
            Unit::Trunk => "trunk",
            Unit::TrunkPerSecond => "trunk/s",
            Unit::Second => "s",
            Unit::Percent => "%",
            Unit::Newton => "N",
            Unit::NewtonMetre => "Nm",
            Unit::PerMinute => "1/min",
            Unit::One => "1",
        }
    }
}

/// One quantity over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Name in snake case, without the side: `knee_flexion`.
    pub name: String,
    /// The athlete's side; `None` for the midline and for both sides together.
    pub side: Option<Side>,
    /// Unit of the values.
    pub unit: Unit,
    /// The values, `[frame]`; NaN where missing.
    pub values: Vec<f64>,
}

impl Curve {
    /// The key, made of name and side: `knee_flexion_left`, `trunk_lean`.
    pub fn key(&self) -> String {
        curve_key(&self.name, self.side)
    }
}

/// Joins a name and a side into a key: `knee_flexion_left`, `trunk_lean`.
///
/// ```
/// use agoge_kinematics::curve::curve_key;
/// use agoge_motion::Side;
/// assert_eq!(curve_key("knee_flexion", Some(Side::Left)), "knee_flexion_left");
/// assert_eq!(curve_key("trunk_lean", None), "trunk_lean");
/// ```
pub fn curve_key(name: &str, side: Option<Side>) -> String {
    match side {
        Some(side) => format!("{name}_{}", side.name()),
        None => name.to_owned(),
    }
}

/// A quantity that cannot be measured in this recording, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedQuantity {
    /// The quantity's key or name.
    pub name: String,
    /// The reason, in words a coach understands.
    pub reason: String,
}

/// All curves of one recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// The recording's times, s, `[frame]`.
    pub time: Vec<f64>,
    /// The curves, each `[frame]`.
    pub curves: Vec<Curve>,
    /// The quantities that could not be measured, and why.
    pub refused: Vec<RefusedQuantity>,
}

impl Curves {
    /// The curve with this name and side.
    pub fn get(&self, name: &str, side: Option<Side>) -> Option<&Curve> {
        self.curves.iter().find(|curve| curve.name == name && curve.side == side)
    }

    /// The curve with this key (`knee_flexion_left`).
    pub fn get_by_key(&self, wanted: &str) -> Option<&Curve> {
        self.curves.iter().find(|curve| curve.key() == wanted)
    }
}

/// Deserialisation of missing numbers: JSON has no NaN and uses `null`.
pub mod missing {
    use serde::{Deserialize, Deserializer};

    /// Deserialises a number, or NaN from `null`.
    pub fn number_or_nan<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::NAN))
    }

    /// Deserialises numbers, with NaN for each `null`.
    pub fn numbers_or_nan<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        let values = Vec::<Option<f64>>::deserialize(from)?;
        Ok(values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect())
    }
}
