//! Landing Error Scoring System (LESS, Padua 2009) with 17 items: jump from a 30 cm box to half the
//! body height forward, then as high as possible.

use super::item::{ItemScore, ScoredItem, ScreenItem, ViewPlane};
use agoge_kinematics::CameraView;

const fn less_item(number: u8, name: &'static str, most: u8, plane: ViewPlane) -> ScreenItem {
    ScreenItem { number, name, most, plane }
}

/// The items. Foot rotation needs both views; the last two items are a person's impression.
pub const LESS_ITEMS: [ScreenItem; 17] = [
    less_item(1, "knee flexion at contact 30° or less", 1, ViewPlane::Sagittal),
    less_item(2, "hip not flexed at contact", 1, ViewPlane::Sagittal),
    less_item(3, "trunk not flexed at contact", 1, ViewPlane::Sagittal),
    less_item(4, "lands on the heel or the flat foot", 1, ViewPlane::Sagittal),
    less_item(5, "knee valgus at contact", 1, ViewPlane::Frontal),
    less_item(6, "trunk leans to a side at contact", 1, ViewPlane::Frontal),
    less_item(7, "stance wider than the shoulders", 1, ViewPlane::Frontal),
    less_item(8, "stance narrower than the shoulders", 1, ViewPlane::Frontal),
    less_item(9, "toes turned in more than 30°", 1, ViewPlane::Both),
    less_item(10, "toes turned out more than 30°", 1, ViewPlane::Both),
    less_item(11, "feet do not touch down together", 1, ViewPlane::Frontal),
    less_item(12, "knee bends 45° or less after contact", 1, ViewPlane::Sagittal),
    less_item(13, "hip does not bend further", 1, ViewPlane::Sagittal),
    less_item(14, "trunk does not bend further", 1, ViewPlane::Sagittal),
    less_item(
        15,
        "knee valgus at its largest, patella inside the great toe",
        1,
        ViewPlane::Frontal,
    ),
    less_item(16, "stiff landing", 2, ViewPlane::Eye),
    less_item(17, "overall impression", 2, ViewPlane::Eye),
];

/// Measures of one landing; NaN where unknown. Angles in degrees, flexion positive; of two sides
/// the worse one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LandingMeasures {
    /// Camera view.
    pub view: CameraView,
    /// Mean confidence with which the legs were seen around contact, 0 to 1.
    pub seen: f64,
    /// Knee flexion at contact.
    pub knee_flexion: f64,
    /// Hip flexion at contact.
    pub hip_flexion: f64,
    /// Forward lean of the trunk at contact.
    pub trunk_flexion: f64,
    /// Height of the heel above the toes at contact, m: above 0 the toes land first.
    pub heel_over_toe_m: f64,
    /// Angle of the knee past the middle of the foot at contact: positive is medial.
    pub knee_valgus: f64,
    /// Lateral lean of the trunk at contact, either way.
    pub trunk_lean: f64,
    /// Ankle distance divided by shoulder distance.
    pub stance_width: f64,
    /// Toes turned out (positive) or in (negative).
    pub toe_out: f64,
    /// Time between the contacts of both feet, s.
    pub contact_gap_s: f64,
    /// Largest knee flexion minus that at contact.
    pub knee_displacement: f64,
    /// The same for the hip.
    pub hip_displacement: f64,
    /// The same for the trunk.
    pub trunk_displacement: f64,
    /// Largest knee valgus.
    pub largest_knee_valgus: f64,
}

impl LandingMeasures {
    /// A landing of which nothing is known yet.
    pub fn with_nothing_known(view: CameraView) -> LandingMeasures {
        let nan = f64::NAN;
        LandingMeasures {
            view,
            seen: 0.0,
            knee_flexion: nan,
            hip_flexion: nan,
            trunk_flexion: nan,
            heel_over_toe_m: nan,
            knee_valgus: nan,
            trunk_lean: nan,
            stance_width: nan,
            toe_out: nan,
            contact_gap_s: nan,
            knee_displacement: nan,
            hip_displacement: nan,
            trunk_displacement: nan,
            largest_knee_valgus: nan,
        }
    }
}

/// Value, limit, whether a value above the limit is the fault, and the measurement error (near the
/// limit the answer is unsure). Where Padua (2009) says "flexed", "leans" or "together" without a
/// number, the limits of 5°, 10° and two frames at 60 Hz are ours.
type ItemTest = (f64, f64, bool, f64);

/// Scores a landing.
///
/// ```
/// use agoge_coach::screen::{LandingMeasures, score_less, sum_items};
/// use agoge_kinematics::CameraView;
/// let unknown = LandingMeasures::with_nothing_known(CameraView::Spatial);
/// assert_eq!(sum_items(&score_less(&unknown)).unseen, 17);
/// // Item 1 is a fault where the knee is hardly bent at contact.
/// let stiff = LandingMeasures { knee_flexion: 5.0, seen: 1.0, ..unknown };
/// assert_eq!(score_less(&stiff)[0].known_points(), Some(1));
/// let soft = LandingMeasures { knee_flexion: 60.0, ..stiff };
/// assert_eq!(score_less(&soft)[0].known_points(), Some(0));
/// ```
pub fn score_less(landing: &LandingMeasures) -> Vec<ScoredItem> {
    let tests: [Option<ItemTest>; 17] = [
        Some((landing.knee_flexion, 30.0, false, 5.0)),
        Some((landing.hip_flexion, 5.0, false, 5.0)),
        Some((landing.trunk_flexion, 5.0, false, 5.0)),
        Some((landing.heel_over_toe_m, 0.0, false, 0.02)),
        Some((landing.knee_valgus, 0.0, true, 5.0)),
        Some((landing.trunk_lean, 10.0, true, 4.0)),
        Some((landing.stance_width, 1.2, true, 0.15)),
        Some((landing.stance_width, 0.8, false, 0.15)),
        Some((-landing.toe_out, 30.0, true, 8.0)),
        Some((landing.toe_out, 30.0, true, 8.0)),
        Some((landing.contact_gap_s, 2.0 / 60.0, true, 1.0 / 60.0)),
        Some((landing.knee_displacement, 45.0, false, 5.0)),
        Some((landing.hip_displacement, 0.0, false, 5.0)),
        Some((landing.trunk_displacement, 0.0, false, 5.0)),
        Some((landing.largest_knee_valgus, 0.0, true, 5.0)),
        None,
        None,
    ];
    let score_item = |(item, test): (&ScreenItem, &Option<ItemTest>)| {
        let visible = test
            .filter(|(value, ..)| value.is_finite() && item.plane.is_visible_from(landing.view));
        let score = match visible {
            None => ItemScore::Unseen,
            Some((value, limit, above, error)) => {
                let fault = if above { value > limit } else { value <= limit };
                // One half at the limit itself, nearly one at three times the measurement error
                // from it.
                let certainty = 1.0 - 0.5 * (-(value - limit).abs() / error).exp();
                ItemScore::Points {
                    points: u8::from(fault),
                    confidence: certainty * landing.seen.clamp(0.0, 1.0),
                }
            }
        };
        ScoredItem { number: item.number, name: item.name, most: item.most, score }
    };
    LESS_ITEMS.iter().zip(&tests).map(score_item).collect()
}
