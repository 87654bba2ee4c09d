//! Screens that exist only as definitions: a person scores them, Agoge stores and adds the scores.

use super::item::{ScreenItem, ViewPlane};

const fn one_point_item(number: u8, name: &'static str, plane: ViewPlane) -> ScreenItem {
    ScreenItem { number, name, most: 1, plane }
}

/// Cutting Movement Assessment Score (CMAS, Dos'Santos 2019) for side-step cuts. Items in our own
/// words; points as published, 0 to 11.
pub const CMAS_ITEMS: [ScreenItem; 9] = [
    one_point_item(1, "no clear braking in the step before the last", ViewPlane::Sagittal),
    ScreenItem {
        number: 2,
        name: "wide plant of the foot to the side",
        most: 2,
        plane: ViewPlane::Frontal,
    },
    one_point_item(3, "hip turned inward at contact", ViewPlane::Eye),
    one_point_item(4, "knee valgus at contact", ViewPlane::Frontal),
    one_point_item(5, "foot not straight at contact", ViewPlane::Eye),
    ScreenItem {
        number: 6,
        name: "trunk leaning or turned towards the planted leg",
        most: 2,
        plane: ViewPlane::Frontal,
    },
    one_point_item(7, "trunk upright or leaning back at contact", ViewPlane::Sagittal),
    one_point_item(8, "little knee flexion while braking (30° or less)", ViewPlane::Sagittal),
    one_point_item(9, "large knee valgus while the weight is taken", ViewPlane::Frontal),
];

/// Qualitative Analysis of Single-Leg Loading (QASLS, Herrington 2013) for single-leg squats or
/// landings, 0 to 10.
pub const QASLS_ITEMS: [ScreenItem; 10] = [
    one_point_item(1, "arms move much to keep balance", ViewPlane::Frontal),
    one_point_item(2, "trunk leans in any direction", ViewPlane::Frontal),
    one_point_item(3, "pelvis shifts or tilts", ViewPlane::Frontal),
    one_point_item(4, "pelvis turns", ViewPlane::Eye),
    one_point_item(5, "thigh comes inward", ViewPlane::Frontal),
    one_point_item(6, "the other thigh is not held in place", ViewPlane::Frontal),
    one_point_item(7, "patella towards the second toe, some valgus", ViewPlane::Frontal),
    one_point_item(8, "patella past the inside of the foot, much valgus", ViewPlane::Frontal),
    one_point_item(9, "the other foot touches down", ViewPlane::Frontal),
    one_point_item(10, "the standing leg wobbles", ViewPlane::Frontal),
];
