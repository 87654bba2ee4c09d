//! Renders walking and running as text.

use crate::text::{format_metric, unit_symbol};
use agoge_analysis::{GaitNorm, GaitReport, GaitValue};
use agoge_coach::findings::display_name;
use agoge_kinematics::gait::{GaitKind, GaitPlace};

/// Heading: which gait, where, and how many strides.
pub(crate) fn gait_title(gait: &GaitReport) -> String {
    let kind = match gait.kind {
        GaitKind::Walking => "Walking",
        GaitKind::Running => "Running",
    };
    let place = match gait.place {
        GaitPlace::OverGround => "over the ground",
        GaitPlace::Treadmill => "on a treadmill",
        GaitPlace::InPlace => "on the spot",
        GaitPlace::Unseen => "seen from the front or back",
    };
    let [left, right] = gait.strides;
    format!("{kind} {place}: {left} left and {right} right strides")
}

/// What the decision rests on, and whether another gait was named.
pub(crate) fn gait_reason(gait: &GaitReport) -> String {
    let sure = format!("{} ({:.0} % sure).", gait.reason, 100.0 * gait.certainty);
    match &gait.mismatch {
        Some(mismatch) => format!("{}. {sure}", capitalise(mismatch)),
        None => capitalise(&sure),
    }
}

/// Name of a quantity with its foot.
pub(crate) fn value_name(value: &GaitValue) -> String {
    let side = value.side.map_or(String::new(), |side| format!(", {}", side.name()));
    display_name(&value.name) + &side
}

/// Mean, scatter over the strides, and error of a value.
pub(crate) fn value_text(value: &GaitValue) -> String {
    let number = |figure: f64| format_metric(figure, value.unit);
    let scatter =
        if value.sd.is_finite() { format!(" ± {}", number(value.sd)) } else { String::new() };
    let unit = unit_symbol(value.unit);
    format!("{}{scatter} {unit} (error of one ± {})", number(value.mean), number(value.error))
}

/// What is usual, with its source.
pub(crate) fn norm_text(norm: &GaitNorm) -> String {
    format!(
        "{}: {} to {} {} ({}; {})",
        display_name(&norm.name),
        format_metric(norm.low, norm.unit),
        format_metric(norm.high, norm.unit),
        unit_symbol(norm.unit),
        norm.people,
        norm.source
    )
}

/// A sentence with its first letter in upper case.
fn capitalise(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
