//! Curves: what was measured over time.

use agoge_motion::Side;
use serde::{Deserialize, Serialize};

/// Units of curves and metrics. Angles are degrees in every output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Degrees.
    #[serde(rename = "deg")]
    Degree,
    /// Degrees a second.
    #[serde(rename = "deg/s")]
    DegreePerSecond,
    /// Metres.
    #[serde(rename = "m")]
    Metre,
    /// Metres a second.
    #[serde(rename = "m/s")]
    MetrePerSecond,
    /// Lengths of the trunk (mid-hip to mid-shoulder): for sources without a scale.
    #[serde(rename = "trunk")]
    Trunk,
    /// Trunk lengths a second.
    #[serde(rename = "trunk/s")]
    TrunkPerSecond,
    /// Seconds.
    #[serde(rename = "s")]
    Second,
    /// Per cent.
    #[serde(rename = "%")]
    Percent,
    /// Newtons.
    #[serde(rename = "N")]
    Newton,
    /// Newton metres.
    #[serde(rename = "Nm")]
    NewtonMetre,
    /// A plain number.
    #[serde(rename = "1")]
    One,
}

impl Unit {
    /// The unit as printed and as used behind the underscore of CSV headers.
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
            Unit::One => "1",
        }
    }
}

/// One quantity over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// What, in snake case and without the side: `knee_flexion`.
    pub name: String,
    /// Which side of the athlete; none for the midline and for both together.
    pub side: Option<Side>,
    /// Unit of the values.
    pub unit: Unit,
    /// Values, `[frame]`; NaN is missing.
    pub values: Vec<f64>,
}

impl Curve {
    /// Name and side as one key: `knee_flexion_left`, `trunk_lean`.
    pub fn key(&self) -> String {
        key(&self.name, self.side)
    }
}

/// Name and side as one key: `knee_flexion_left`, `trunk_lean`.
pub fn key(name: &str, side: Option<Side>) -> String {
    match side {
        Some(side) => format!("{name}_{}", side.name()),
        None => name.to_owned(),
    }
}

/// A quantity that this recording cannot give, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Key or name of the quantity.
    pub name: String,
    /// The reason, in words a coach understands.
    pub reason: String,
}

/// All curves of one recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// Seconds, `[frame]`, as in the recording.
    pub time: Vec<f64>,
    /// The curves, each `[frame]`.
    pub curves: Vec<Curve>,
    /// What could not be measured, and why.
    pub refused: Vec<Refused>,
}

impl Curves {
    /// The curve with this name and side.
    pub fn get(&self, name: &str, side: Option<Side>) -> Option<&Curve> {
        self.curves.iter().find(|curve| curve.name == name && curve.side == side)
    }

    /// The curve with this key (`knee_flexion_left`).
    pub fn by_key(&self, wanted: &str) -> Option<&Curve> {
        self.curves.iter().find(|curve| curve.key() == wanted)
    }
}

/// Reading back a missing number: JSON has no NaN and says `null`.
pub mod missing {
    use serde::{Deserialize, Deserializer};

    /// A number, or NaN for `null`.
    pub fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::NAN))
    }

    /// Numbers, with NaN for each `null`.
    pub fn numbers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        let values = Vec::<Option<f64>>::deserialize(from)?;
        Ok(values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect())
    }
}
