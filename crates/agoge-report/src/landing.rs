//! Renders jumps and landing screens as text.

use agoge_analysis::{JumpReport, LandingItem, LandingReport};

/// Note below every landing screen.
pub(crate) const LANDING_NOTE: &str = "More is worse. An item that is not seen may be anything, so the total is an interval; a coach overrules any item with --less. The total \
tells what to work on, not who will be injured: of players with 5 and more, 1 in 50 was (Padua 2015).";

/// Jump height and reactive strength with their errors.
pub(crate) fn jump_text(jump: &JumpReport) -> String {
    let height = format!("{:.1} ± {:.1} cm", 100.0 * jump.height_m, 100.0 * jump.height_error_m);
    match jump.reactive_strength.zip(jump.reactive_strength_error) {
        Some((index, error)) => format!("{height}, reactive strength {index:.2} ± {error:.2} m/s"),
        None => height,
    }
}

/// Name of the screen with its total.
pub(crate) fn landing_title(landing: &LandingReport) -> String {
    let LandingReport { screen, least, most, unseen, .. } = landing;
    let total = if least == most { format!("{least}") } else { format!("{least} to {most}") };
    match unseen {
        0 => format!("{screen}: {total} points"),
        unseen => {
            format!("{screen}: {total} points, {unseen} of {} items not seen", landing.items.len())
        }
    }
}

/// Points of an item, and how certain they are.
pub(crate) fn item_points_text(item: &LandingItem) -> String {
    match (item.points, item.confidence) {
        (Some(points), Some(confidence)) => format!("{points}  ({:.0} % sure)", 100.0 * confidence),
        (Some(points), None) => format!("{points}  (coach)"),
        (None, _) if item.number >= 16 => "–  (for a person to say)".to_owned(),
        (None, _) => "–  (cannot be seen from this view)".to_owned(),
    }
}
