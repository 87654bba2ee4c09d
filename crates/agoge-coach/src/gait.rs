//! The report of walking or running: quantities for each foot with their errors, and what is usual.

use crate::precision::Precision;
use agoge_analysis::{Certainty, GaitNorm, GaitReport, GaitValue};
use agoge_kinematics::dynamics::Sex;
use agoge_kinematics::gait::{GaitKind, GaitPlace, GaitQuantity, MeasuredGait};
use agoge_kinematics::{Movement, Unit};
use agoge_motion::Side;
use agoge_motion::statistics::{finite_mean, sample_sd};

/// Builds the report of a gait: each quantity for each foot, never averaged over both where it
/// belongs to one, with its error, and the norms that apply.
pub fn gait_report(
    gait: &MeasuredGait,
    movement: &Movement,
    precision: &Precision,
    sex: Option<Sex>,
) -> GaitReport {
    let mut values = Vec::new();
    for quantity in GaitQuantity::ALL {
        let sides: &[Option<Side>] = match quantity.belongs_to_side() {
            true => &[Some(Side::Left), Some(Side::Right)],
            false => &[None],
        };
        values.extend(sides.iter().filter_map(|side| gait_value(gait, precision, quantity, *side)));
    }
    if let Some(bounce) = gait.bounce {
        let error = precision.unit_error(gait.unit);
        values.push(GaitValue {
            name: "pelvis_bounce".to_owned(),
            side: None,
            mean: bounce,
            sd: f64::NAN,
            unit: gait.unit,
            n: gait.strides.len(),
            error: error.half_width,
            error_source: error.source.to_owned(),
        });
    }
    GaitReport {
        kind: gait.verdict.kind,
        certainty: gait.verdict.certainty,
        reason: gait.verdict.reason.clone(),
        mismatch: gait_mismatch(gait, movement),
        place: gait.place,
        method: gait.method.to_owned(),
        strides: Side::BOTH.map(|side| gait.stride_count(side)),
        values,
        norms: gait_norms(gait, sex),
    }
}

/// Least certainty of the other gait that overrules the name that was given.
const CLEAR_GAIT: f64 = 0.75;

/// Says plainly that the movement that was named is the other gait; `None` if it is not.
pub fn gait_mismatch(gait: &MeasuredGait, movement: &Movement) -> Option<String> {
    let named = movement.repetition.kind.gait()?;
    (named != gait.verdict.kind && gait.verdict.certainty >= CLEAR_GAIT).then(|| {
        format!("{}; the limits of {} are not applied", gait.verdict.sentence(), named.name())
    })
}

/// A quantity over the strides of one foot, or of both; `None` if it was not measured.
fn gait_value(
    gait: &MeasuredGait,
    precision: &Precision,
    quantity: GaitQuantity,
    side: Option<Side>,
) -> Option<GaitValue> {
    let strides = gait.strides.iter().filter(|s| side.is_none_or(|side| s.side == side));
    let measured: Vec<f64> = strides.filter_map(|stride| stride.value(quantity)).collect();
    if measured.is_empty() {
        return None;
    }
    let unit = gait.quantity_unit(quantity);
    let error = precision.gait_error(quantity, gait.verdict.kind, gait.place, unit);
    Some(GaitValue {
        name: quantity.name().to_owned(),
        side,
        mean: finite_mean(&measured),
        sd: sample_sd(&measured),
        unit,
        n: measured.len(),
        error: error.half_width,
        error_source: error.source.to_owned(),
    })
}

/// Source of the norms that were taken from memory of the literature and not read again; they
/// are never of high certainty.
const UNREAD: &str = "not read again";

/// Comfortable walking speed, m/s, of men and women in their twenties to eighties and above
/// (Bohannon & Williams Andrews 2011, 23,111 persons; not read again).
const WALKING_SPEEDS: [(Sex, [f64; 7]); 2] = [
    (Sex::Male, [1.36, 1.43, 1.43, 1.43, 1.34, 1.26, 0.97]),
    (Sex::Female, [1.34, 1.34, 1.39, 1.31, 1.24, 1.13, 0.94]),
];

/// What is usual of a gait over the ground or on a belt. Ages are not known, so speeds span the
/// decades from 20 to 79. Nothing is judged by these: most follow the speed.
fn gait_norms(gait: &MeasuredGait, sex: Option<Sex>) -> Vec<GaitNorm> {
    if matches!(gait.place, GaitPlace::InPlace | GaitPlace::Unseen) {
        return Vec::new();
    }
    let norm =
        |quantity: GaitQuantity, [low, high]: [f64; 2], people: &str, source: String, certainty| {
            let unit = match gait.quantity_unit(quantity) {
                Unit::Trunk => Unit::Metre,
                Unit::TrunkPerSecond => Unit::MetrePerSecond,
                unit => unit,
            };
            GaitNorm {
                name: quantity.name().to_owned(),
                unit,
                low,
                high,
                people: people.to_owned(),
                source,
                certainty,
            }
        };
    let unread = |source: &str| format!("{source}; {UNREAD}");
    match gait.verdict.kind {
        GaitKind::Walking => {
            let speeds: Vec<f64> = WALKING_SPEEDS
                .iter()
                .filter(|(of_sex, _)| sex.is_none_or(|sex| sex == *of_sex))
                .flat_map(|(_, speeds)| speeds[..6].to_vec())
                .collect();
            let range = [
                speeds.iter().copied().fold(f64::INFINITY, f64::min),
                speeds.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            ];
            let people = match sex {
                Some(Sex::Male) => "means of men from 20 to 79 years",
                Some(Sex::Female) => "means of women from 20 to 79 years",
                None => "means of men and women from 20 to 79 years",
            };
            vec![
                norm(
                    GaitQuantity::GaitSpeed,
                    range,
                    people,
                    unread("Bohannon 2011"),
                    Certainty::Low,
                ),
                norm(
                    GaitQuantity::Cadence,
                    [99.0, 135.0],
                    "23 men at their own pace, mean ± 2 SD",
                    "PMC10851523 (abstract)".to_owned(),
                    Certainty::Moderate,
                ),
                norm(
                    GaitQuantity::StanceShare,
                    [57.0, 65.0],
                    "adults; less at speed",
                    unread("usual figures"),
                    Certainty::Low,
                ),
                norm(
                    GaitQuantity::DoubleSupport,
                    [20.0, 30.0],
                    "adults; less at speed",
                    unread("usual figures"),
                    Certainty::Low,
                ),
                norm(
                    GaitQuantity::StepWidth,
                    [0.05, 0.15],
                    "adults",
                    unread("usual figures"),
                    Certainty::Low,
                ),
            ]
        }
        GaitKind::Running => vec![
            norm(
                GaitQuantity::Cadence,
                [149.0, 197.0],
                "25 trained runners, mean ± 2 SD",
                "cedar.wwu.edu/747 (abstract)".to_owned(),
                Certainty::Moderate,
            ),
            norm(
                GaitQuantity::StanceShare,
                [33.0, 43.0],
                "860 recreational runners, and young and old runners",
                "Malisoux 2022, second hand".to_owned(),
                Certainty::Low,
            ),
            norm(
                GaitQuantity::StanceTime,
                [0.27, 0.30],
                "860 recreational runners at their own pace; less at speed",
                "Malisoux 2022, second hand".to_owned(),
                Certainty::Low,
            ),
        ],
    }
}
