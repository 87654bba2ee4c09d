//! Screens that exist only as definitions: a person scores them, Agoge stores and adds the scores.

use super::item::{Item, Plane};

const fn item(number: u8, name: &'static str, plane: Plane) -> Item {
    Item { number, name, most: 1, plane }
}

/// Cutting Movement Assessment Score (CMAS, Dos'Santos 2019) for side-step cuts. Items in our own
/// words; points as published, 0 to 11.
pub const CMAS: [Item; 9] = [
    item(1, "no clear braking in the step before the last", Plane::Sagittal),
    Item { number: 2, name: "wide plant of the foot to the side", most: 2, plane: Plane::Frontal },
    item(3, "hip turned inward at contact", Plane::Eye),
    item(4, "knee valgus at contact", Plane::Frontal),
    item(5, "foot not straight at contact", Plane::Eye),
    Item {
        number: 6,
        name: "trunk leaning or turned towards the planted leg",
        most: 2,
        plane: Plane::Frontal,
    },
    item(7, "trunk upright or leaning back at contact", Plane::Sagittal),
    item(8, "little knee flexion while braking (30° or less)", Plane::Sagittal),
    item(9, "large knee valgus while the weight is taken", Plane::Frontal),
];

/// Qualitative Analysis of Single-Leg Loading (QASLS, Herrington 2013) for single-leg squats or
/// landings, 0 to 10.
pub const QASLS: [Item; 10] = [
    item(1, "arms move much to keep balance", Plane::Frontal),
    item(2, "trunk leans in any direction", Plane::Frontal),
    item(3, "pelvis shifts or tilts", Plane::Frontal),
    item(4, "pelvis turns", Plane::Eye),
    item(5, "thigh comes inward", Plane::Frontal),
    item(6, "the other thigh is not held in place", Plane::Frontal),
    item(7, "patella towards the second toe, some valgus", Plane::Frontal),
    item(8, "patella past the inside of the foot, much valgus", Plane::Frontal),
    item(9, "the other foot touches down", Plane::Frontal),
    item(10, "the standing leg wobbles", Plane::Frontal),
];
