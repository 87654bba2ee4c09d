//! The rules of a gate: what must hold of a body's motion to be this movement at all.

use crate::Unit;
use serde::{Deserialize, Serialize};

/// A must-feature of a movement: a measure over the span of a repetition and the values it may
/// have. At least one of the two bounds is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateRule {
    /// What is measured.
    pub measure: GateMeasure,
    /// The curve of the `curve_` measures, without its side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<String>,
    /// Which side counts, for measures and curves that have sides.
    #[serde(default)]
    pub sides: GateSides,
    /// Fails below this value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// Fails above this value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

/// Which of the two sides a measure is taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateSides {
    /// The side with the greater value.
    #[default]
    Greater,
    /// The side with the lesser value.
    Lesser,
}

/// What a gate can measure over the span of a repetition. Lengths are in body heights, so that
/// neither stature nor the scale of a picture matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateMeasure {
    /// Duration of the repetition, s.
    Duration,
    /// Longest time for which both feet are off the ground and the pelvis above its place, s.
    Flight,
    /// How far the pelvis sinks and rises: its highest minus its lowest place.
    PelvisDrop,
    /// Largest level distance of the pelvis from where it was at the start.
    PelvisTravel,
    /// Level distance of the pelvis between start and end, per second.
    PelvisSpeed,
    /// Largest level distance of an ankle from where it was at the start. Sided.
    FootTravel,
    /// How far an ankle rises: its highest minus its lowest place. Sided.
    FootLift,
    /// Largest speed of an ankle, per second. Sided.
    FootSpeed,
    /// Largest distance between the ankles forward and backward.
    FeetStagger,
    /// Largest distance between the ankles to the sides.
    FeetApart,
    /// Largest distance between the ankles to the sides minus the least.
    FeetWidening,
    /// The trunk's largest angle from vertical, degrees.
    TrunkTiltMost,
    /// The trunk's smallest angle from vertical, degrees.
    TrunkTiltLeast,
    /// How far the body turns about the vertical, degrees.
    BodyTurn,
    /// Highest place of a wrist above its shoulder; negative below. Sided.
    WristHighest,
    /// Lowest place of a wrist above its shoulder; negative below. Sided.
    WristLowest,
    /// Lowest place of a wrist above its knee; negative below. Sided.
    WristOverKnee,
    /// Largest speed of a wrist, per second. Sided.
    WristSpeed,
    /// Length of the way a wrist goes, relative to the shoulder. Sided.
    WristPath,
    /// Largest distance between the wrists.
    WristGapMost,
    /// Smallest distance between the wrists.
    WristGapLeast,
    /// Direction of the arm that moves more, seen from above where its wrist is farthest from the
    /// trunk: 0° forward, 90° outward, 180° backward; negative across the body.
    ArmDirection,
    /// How far a wrist goes forward of where it was at the start, relative to the shoulder. Sided.
    WristForward,
    /// How far a wrist goes backward of where it was at the start, relative to the shoulder. Sided.
    WristBackward,
    /// Highest minus lowest value of a curve.
    CurveRange,
    /// Range of a curve as a share of the largest range of knee, hip, shoulder and elbow, each on
    /// the side that moves more: 1 for the joint that leads.
    CurveLead,
    /// Highest value of a curve.
    CurveMost,
    /// Lowest value of a curve.
    CurveLeast,
    /// Largest difference between the sides of a curve at one instant.
    CurveGap,
    /// Correlation of both sides of a curve: 1 together, −1 opposite.
    CurveTogether,
    /// Range of a curve on the side that moves less, as a share of the other's.
    CurveShare,
    /// How often a curve turns back by at least a quarter of its range: once in a single movement
    /// there and back.
    CurveTurns,
}

impl GateMeasure {
    /// All measures, in order.
    pub const ALL: [GateMeasure; 32] = [
        GateMeasure::Duration,
        GateMeasure::Flight,
        GateMeasure::PelvisDrop,
        GateMeasure::PelvisTravel,
        GateMeasure::PelvisSpeed,
        GateMeasure::FootTravel,
        GateMeasure::FootLift,
        GateMeasure::FootSpeed,
        GateMeasure::FeetStagger,
        GateMeasure::FeetApart,
        GateMeasure::FeetWidening,
        GateMeasure::TrunkTiltMost,
        GateMeasure::TrunkTiltLeast,
        GateMeasure::BodyTurn,
        GateMeasure::WristHighest,
        GateMeasure::WristLowest,
        GateMeasure::WristOverKnee,
        GateMeasure::WristSpeed,
        GateMeasure::WristPath,
        GateMeasure::WristGapMost,
        GateMeasure::WristGapLeast,
        GateMeasure::ArmDirection,
        GateMeasure::WristForward,
        GateMeasure::WristBackward,
        GateMeasure::CurveRange,
        GateMeasure::CurveLead,
        GateMeasure::CurveMost,
        GateMeasure::CurveLeast,
        GateMeasure::CurveGap,
        GateMeasure::CurveTogether,
        GateMeasure::CurveShare,
        GateMeasure::CurveTurns,
    ];

    /// Whether it is measured on a curve that the rule names.
    pub fn needs_curve(self) -> bool {
        use GateMeasure::{
            CurveGap, CurveLead, CurveLeast, CurveMost, CurveRange, CurveShare, CurveTogether,
            CurveTurns,
        };
        matches!(
            self,
            CurveRange
                | CurveLead
                | CurveMost
                | CurveLeast
                | CurveGap
                | CurveTogether
                | CurveShare
                | CurveTurns
        )
    }

    /// Whether it compares the sides of a curve.
    pub fn compares_sides(self) -> bool {
        matches!(self, GateMeasure::CurveGap | GateMeasure::CurveTogether | GateMeasure::CurveShare)
    }

    /// Whether there is a value for each side; the curve decides for the `curve_` measures.
    pub fn has_sides(self) -> bool {
        use GateMeasure::{
            FootLift, FootSpeed, FootTravel, WristBackward, WristForward, WristHighest,
            WristLowest, WristOverKnee, WristPath, WristSpeed,
        };
        matches!(
            self,
            FootTravel
                | FootLift
                | FootSpeed
                | WristHighest
                | WristLowest
                | WristOverKnee
                | WristSpeed
                | WristPath
                | WristForward
                | WristBackward
        )
    }

    /// Name in snake case, as in a definition.
    pub fn name(self) -> &'static str {
        match self {
            GateMeasure::Duration => "duration",
            GateMeasure::Flight => "flight",
            GateMeasure::PelvisDrop => "pelvis_drop",
            GateMeasure::PelvisTravel => "pelvis_travel",
            GateMeasure::PelvisSpeed => "pelvis_speed",
            GateMeasure::FootTravel => "foot_travel",
            GateMeasure::FootLift => "foot_lift",
            GateMeasure::FootSpeed => "foot_speed",
            GateMeasure::FeetStagger => "feet_stagger",
            GateMeasure::FeetApart => "feet_apart",
            GateMeasure::FeetWidening => "feet_widening",
            GateMeasure::TrunkTiltMost => "trunk_tilt_most",
            GateMeasure::TrunkTiltLeast => "trunk_tilt_least",
            GateMeasure::BodyTurn => "body_turn",
            GateMeasure::WristHighest => "wrist_highest",
            GateMeasure::WristLowest => "wrist_lowest",
            GateMeasure::WristOverKnee => "wrist_over_knee",
            GateMeasure::WristSpeed => "wrist_speed",
            GateMeasure::WristPath => "wrist_path",
            GateMeasure::WristGapMost => "wrist_gap_most",
            GateMeasure::WristGapLeast => "wrist_gap_least",
            GateMeasure::ArmDirection => "arm_direction",
            GateMeasure::WristForward => "wrist_forward",
            GateMeasure::WristBackward => "wrist_backward",
            GateMeasure::CurveRange => "curve_range",
            GateMeasure::CurveLead => "curve_lead",
            GateMeasure::CurveMost => "curve_most",
            GateMeasure::CurveLeast => "curve_least",
            GateMeasure::CurveGap => "curve_gap",
            GateMeasure::CurveTogether => "curve_together",
            GateMeasure::CurveShare => "curve_share",
            GateMeasure::CurveTurns => "curve_turns",
        }
    }

    /// The unit of its values; `None` if that is the unit of the curve.
    pub fn unit(self) -> Option<GateUnit> {
        use GateMeasure as M;
        Some(match self {
            M::Duration | M::Flight => GateUnit::Second,
            M::PelvisSpeed | M::FootSpeed | M::WristSpeed => GateUnit::HeightPerSecond,
            M::TrunkTiltMost | M::TrunkTiltLeast | M::BodyTurn | M::ArmDirection => {
                GateUnit::Degree
            }
            M::CurveLead | M::CurveTogether | M::CurveShare | M::CurveTurns => GateUnit::One,
            M::CurveRange | M::CurveMost | M::CurveLeast | M::CurveGap => return None,
            M::PelvisDrop
            | M::PelvisTravel
            | M::FootTravel
            | M::FootLift
            | M::FeetStagger
            | M::FeetApart
            | M::FeetWidening
            | M::WristHighest
            | M::WristLowest
            | M::WristOverKnee
            | M::WristPath
            | M::WristGapMost
            | M::WristGapLeast
            | M::WristForward
            | M::WristBackward => GateUnit::Height,
        })
    }
}

/// The units of what a gate measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GateUnit {
    /// Seconds.
    #[serde(rename = "s")]
    Second,
    /// Degrees.
    #[serde(rename = "deg")]
    Degree,
    /// Body heights.
    #[serde(rename = "height")]
    Height,
    /// Body heights per second.
    #[serde(rename = "height/s")]
    HeightPerSecond,
    /// Dimensionless.
    #[serde(rename = "1")]
    One,
}

impl GateUnit {
    /// The unit of the values of a curve: angles stay, everything else has no gate.
    pub(super) fn from_curve_unit(unit: Unit) -> Option<GateUnit> {
        match unit {
            Unit::Degree => Some(GateUnit::Degree),
            Unit::One => Some(GateUnit::One),
            _ => None,
        }
    }
}
