//! Strides and their quantities.

use super::event::FootEvents;
use super::signals::{GaitSignals, nearest_frame, value_at};
use super::{GaitKind, GaitPlace, GaitQuantity};
use crate::RefusedQuantity;
use agoge_motion::Side;
use agoge_motion::statistics::{finite_mean, upper_median};

/// Shortest and longest time of a stride, s.
const STRIDE_S: std::ops::RangeInclusive<f64> = 0.3..=2.8;
/// A stride whose time differs from the median by more than this factor does not count.
const DURATION_FACTOR: f64 = 1.5;

/// A stride of one foot, from its contact to its next contact. Times are s, between frames; lengths
/// are in the unit of the gait.
#[derive(Clone, Debug, PartialEq)]
pub struct GaitStride {
    /// The foot.
    pub side: Side,
    /// Frame nearest to the contact.
    pub start: usize,
    /// Frame nearest to the next contact.
    pub end: usize,
    /// Frame nearest to the toe-off, if it can be seen.
    pub toe_off: Option<usize>,
    /// Frame nearest to the other foot's contact.
    pub opposite_contact: Option<usize>,
    /// Frame nearest to the other foot's toe-off, if it can be seen.
    pub opposite_toe_off: Option<usize>,
    /// Time of the contact, s.
    pub contact_s: f64,
    /// Time of the toe-off, s; NaN if it cannot be seen.
    pub toe_off_s: f64,
    /// Time of the next contact, s.
    pub next_contact_s: f64,
    /// The quantities that were measured; the others are not in the list.
    values: Vec<(GaitQuantity, f64)>,
}

impl GaitStride {
    /// A quantity; `None` if it was not measured.
    pub fn value(&self, quantity: GaitQuantity) -> Option<f64> {
        self.values.iter().find(|(kind, _)| *kind == quantity).map(|(_, value)| *value)
    }

    /// The same stride without everything that rests on toe-offs.
    pub(super) fn without_toe_off(mut self) -> GaitStride {
        (self.toe_off, self.opposite_toe_off, self.toe_off_s) = (None, None, f64::NAN);
        self.values.retain(|(quantity, _)| !needs_toe_off(*quantity));
        self
    }
}

/// Whether a quantity rests on toe-offs.
pub(super) fn needs_toe_off(quantity: GaitQuantity) -> bool {
    matches!(
        quantity,
        GaitQuantity::StanceTime
            | GaitQuantity::SwingTime
            | GaitQuantity::StanceShare
            | GaitQuantity::DoubleSupport
            | GaitQuantity::FlightTime
    )
}

/// The mean share of the stride on the ground, 0 to 1.
pub(super) fn mean_duty(strides: &[GaitStride]) -> Option<f64> {
    let shares: Vec<f64> =
        strides.iter().filter_map(|stride| stride.value(GaitQuantity::StanceShare)).collect();
    (!shares.is_empty()).then(|| finite_mean(&shares) / 100.0)
}

/// The strides between the contacts of both feet: those with exactly one toe-off of the foot and
/// one contact and toe-off of the other, in the order of `kind` if it is given.
pub(super) fn build_strides(
    signals: &GaitSignals,
    events: &FootEvents,
    kind: Option<GaitKind>,
    place: GaitPlace,
) -> Vec<GaitStride> {
    let mut strides: Vec<GaitStride> = Vec::new();
    for (foot, side) in Side::BOTH.into_iter().enumerate() {
        for pair in events.contacts[foot].windows(2) {
            let span = (pair[0], pair[1]);
            let only = |times: &[f64]| {
                let mut inside = times.iter().copied().filter(|t| *t > span.0 && *t < span.1);
                inside.next().filter(|_| inside.next().is_none())
            };
            let other = 1 - foot;
            let Some(toe_off_s) = only(&events.toe_offs[foot]) else { continue };
            let others = [only(&events.contacts[other]), only(&events.toe_offs[other])];
            let is_ordered = match (kind, others) {
                (Some(GaitKind::Walking), [Some(contact_s), Some(left_s)]) => {
                    left_s < contact_s && contact_s < toe_off_s
                }
                (Some(GaitKind::Running), [Some(contact_s), Some(left_s)]) => {
                    toe_off_s < contact_s && contact_s < left_s
                }
                (Some(_), _) => false,
                // Lifts on the spot may overlap in any way.
                (None, _) => true,
            };
            if is_ordered && STRIDE_S.contains(&(span.1 - span.0)) {
                let times = StrideTimes {
                    contact_s: span.0,
                    toe_off_s,
                    other_contact_s: others[0],
                    other_toe_off_s: others[1],
                    next_s: span.1,
                };
                strides.push(measure_stride(signals, side, &times, kind, place));
            }
        }
    }
    let mut durations: Vec<f64> =
        strides.iter().map(|stride| stride.next_contact_s - stride.contact_s).collect();
    if let Some(typical) = upper_median(&mut durations) {
        strides.retain(|stride| {
            let duration = stride.next_contact_s - stride.contact_s;
            (typical / DURATION_FACTOR..=typical * DURATION_FACTOR).contains(&duration)
        });
    }
    strides
}

/// The times of a stride, s; those of the other foot where they are known.
struct StrideTimes {
    contact_s: f64,
    toe_off_s: f64,
    other_contact_s: Option<f64>,
    other_toe_off_s: Option<f64>,
    next_s: f64,
}

/// Measures a stride.
fn measure_stride(
    signals: &GaitSignals,
    side: Side,
    times: &StrideTimes,
    kind: Option<GaitKind>,
    place: GaitPlace,
) -> GaitStride {
    let StrideTimes { contact_s, toe_off_s, other_contact_s, other_toe_off_s, next_s } = *times;
    let frame = |time_s: f64| nearest_frame(signals.time, time_s);
    let foot = usize::from(side == Side::Right);
    let stride_s = next_s - contact_s;
    let stance_s = toe_off_s - contact_s;
    let mut values = vec![
        (GaitQuantity::StrideTime, stride_s),
        (GaitQuantity::StanceTime, stance_s),
        (GaitQuantity::SwingTime, next_s - toe_off_s),
        (GaitQuantity::StanceShare, 100.0 * stance_s / stride_s),
        (GaitQuantity::Cadence, 120.0 / stride_s),
    ];
    let steps = other_contact_s.map(|other_s| [next_s - other_s, other_s - contact_s]);
    if let Some([step_s, other_step_s]) = steps {
        values.push((GaitQuantity::StepTime, step_s));
        values.push((GaitQuantity::StepTimeAsymmetry, asymmetry(side, step_s, other_step_s)));
    }
    if let (Some(other_s), Some(left_s)) = (other_contact_s, other_toe_off_s) {
        if toe_off_s > other_s && left_s < other_s {
            let double_s = (left_s - contact_s) + (toe_off_s - other_s);
            values.push((GaitQuantity::DoubleSupport, 100.0 * double_s / stride_s));
        } else if toe_off_s < other_s {
            values.push((GaitQuantity::FlightTime, other_s - toe_off_s));
        }
    }
    if let Some(speed) = stride_speed(signals, foot, [contact_s, toe_off_s, next_s], place) {
        values.push((GaitQuantity::GaitSpeed, speed));
        values.push((GaitQuantity::StrideLength, speed * stride_s));
        let lengths = match kind {
            // In flight the distance between the feet is no step.
            Some(GaitKind::Running) => steps.map(|steps| steps.map(|step_s| speed * step_s)),
            _ => signals.heel_forward.as_ref().and_then(|heels| {
                let ahead = |time_s: f64, foot: usize| {
                    let leading = value_at(signals.time, &heels[foot], time_s)?;
                    Some(leading - value_at(signals.time, &heels[1 - foot], time_s)?)
                };
                Some([ahead(next_s, foot)?, ahead(other_contact_s?, 1 - foot)?])
            }),
        };
        if let Some([step, other_step]) = lengths {
            values.push((GaitQuantity::StepLength, step));
            if kind != Some(GaitKind::Running) {
                let asymmetry = asymmetry(side, step, other_step);
                values.push((GaitQuantity::StepLengthAsymmetry, asymmetry));
            }
        }
    }
    if let Some(width) =
        signals.width.as_ref().and_then(|width| value_at(signals.time, width, contact_s))
    {
        values.push((GaitQuantity::StepWidth, width.abs()));
    }
    GaitStride {
        side,
        start: frame(contact_s),
        end: frame(next_s),
        toe_off: Some(frame(toe_off_s)),
        opposite_contact: other_contact_s.map(frame),
        opposite_toe_off: other_toe_off_s.map(frame),
        contact_s,
        toe_off_s,
        next_contact_s: next_s,
        values,
    }
}

/// (right − left) over their mean, %, of a step onto `side` and one onto the other foot.
fn asymmetry(side: Side, step: f64, other_step: f64) -> f64 {
    let (left, right) = if side == Side::Left { (step, other_step) } else { (other_step, step) };
    100.0 * (right - left) / (0.5 * (right + left))
}

/// The mean speed in a stride: of the pelvis over the ground, or of the foot on the belt.
fn stride_speed(
    signals: &GaitSignals,
    foot: usize,
    [contact_s, toe_off_s, next_s]: [f64; 3],
    place: GaitPlace,
) -> Option<f64> {
    match place {
        GaitPlace::OverGround => {
            let travel = signals.travel.as_ref()?;
            let at = |time_s: f64| value_at(signals.time, travel, time_s);
            Some((at(next_s)? - at(contact_s)?).abs() / (next_s - contact_s))
        }
        GaitPlace::Treadmill => {
            // From the first to the last fifth of the stance the foot moves with the belt.
            let toes = &signals.toe_forward.as_ref()?[foot];
            let stance_s = toe_off_s - contact_s;
            let [begun, ended] = [contact_s + 0.25 * stance_s, contact_s + 0.75 * stance_s];
            let at = |time_s: f64| value_at(signals.time, toes, time_s);
            Some((at(begun)? - at(ended)?) / (ended - begun))
        }
        GaitPlace::InPlace | GaitPlace::Unseen => None,
    }
}

/// The quantities that none of the strides has, each with the reason.
pub(super) fn refused_quantities(
    signals: &GaitSignals,
    place: GaitPlace,
    strides: &[GaitStride],
) -> Vec<RefusedQuantity> {
    let is_missing =
        |quantity: &GaitQuantity| strides.iter().all(|stride| stride.value(*quantity).is_none());
    let reason = |quantity: GaitQuantity| -> Option<&'static str> {
        let from_front = place == GaitPlace::Unseen;
        Some(match quantity {
            GaitQuantity::StepWidth => "cannot be seen from the side; film from the front",
            GaitQuantity::StepLength
            | GaitQuantity::StrideLength
            | GaitQuantity::GaitSpeed
            | GaitQuantity::StepLengthAsymmetry => match place {
                GaitPlace::InPlace => "steps on the spot have no length",
                GaitPlace::Unseen => "cannot be seen from the front; film from the side",
                // Running has no length of steps by the feet's distance.
                _ if quantity == GaitQuantity::StepLengthAsymmetry => return None,
                _ => "the pelvis or the feet are not seen throughout a stride",
            },
            // Which of the two exists is a matter of walking or running.
            GaitQuantity::DoubleSupport | GaitQuantity::FlightTime if !from_front => return None,
            quantity if needs_toe_off(quantity) && from_front => {
                "the toe-off cannot be seen from the front; film from the side"
            }
            quantity if needs_toe_off(quantity) && signals.toe_height.is_none() => {
                "the toe-off of running needs heels and toes in view"
            }
            _ => "the feet are not seen throughout a stride",
        })
    };
    GaitQuantity::ALL
        .into_iter()
        .filter(is_missing)
        .filter_map(|quantity| {
            let reason = reason(quantity)?.to_owned();
            Some(RefusedQuantity { name: quantity.name().to_owned(), reason })
        })
        .collect()
}
