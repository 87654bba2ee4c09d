//! Walking and running: contacts and toe-offs of both feet, which of the two it is, and the
//! strides.
//!
//! Everything is measured from curves ([`crate::measure_curves`]), so a gait is found wherever the
//! curves are known: in three dimensions, from one camera at the side, and, with fewer quantities,
//! from the front. [`decide_gait`] says whether it is walking or running; [`measure_gait`] finds
//! the strides, or says why there are none.

mod decide;
mod error;
mod event;
mod signals;
mod stride;

pub use decide::{GaitEvidence, GaitVerdict, decide_gait, duty_from_bounce};
pub use error::{GaitError, gait_error};
pub use stride::GaitStride;

use crate::{Curves, Event, RefusedQuantity, Unit};
use agoge_motion::Side;
use event::FootEvents;
use serde::{Deserialize, Serialize};
use signals::GaitSignals;

/// The events of a stride that every definition of a gait may name, besides `start` (the contact of
/// its foot) and `end` (the next contact of the same foot).
pub const GAIT_EVENTS: [&str; 3] = ["toe_off", "opposite_contact", "opposite_toe_off"];

/// Fewest strides, of both feet together, from which a gait is judged.
pub const MIN_STRIDES: usize = 2;

/// Largest vertical oscillation of the pelvis in a step, in leg lengths: 15 cm is beyond running,
/// and steps on the spot may leap a little.
const MAX_BOUNCE: f64 = 0.25;

/// Walking or running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GaitKind {
    /// A foot is always on the ground: the duty factor is above 0.5.
    Walking,
    /// Each step has a flight: the duty factor is below 0.5.
    Running,
}

impl GaitKind {
    /// The name of its movement definition.
    pub fn name(self) -> &'static str {
        match self {
            GaitKind::Walking => "walking",
            GaitKind::Running => "running",
        }
    }
}

/// Where somebody walks or runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GaitPlace {
    /// Over the ground.
    OverGround,
    /// On a belt.
    Treadmill,
    /// On the spot.
    InPlace,
    /// Seen from the front or back, where travel is not visible.
    Unseen,
}

/// A quantity of one stride.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GaitQuantity {
    /// Contact to next contact of the same foot, s.
    StrideTime,
    /// Contact to toe-off, s.
    StanceTime,
    /// Toe-off to next contact, s.
    SwingTime,
    /// Stance as a share of the stride, %: the duty factor.
    StanceShare,
    /// From the other foot's contact to this foot's, s.
    StepTime,
    /// Steps of both feet a minute.
    Cadence,
    /// Distance of this foot ahead of the other at its contact; in running, the way of the pelvis
    /// between the two contacts.
    StepLength,
    /// Way of the pelvis over the ground or the belt from contact to contact of the same foot.
    StrideLength,
    /// Sideways distance of the ankles at the contact.
    StepWidth,
    /// Mean speed over the ground or the belt.
    GaitSpeed,
    /// Both feet on the ground, % of the stride; walking only.
    DoubleSupport,
    /// No foot on the ground after this foot's toe-off, s; running only.
    FlightTime,
    /// (right − left) step time over their mean, %.
    StepTimeAsymmetry,
    /// (right − left) step length over their mean, %.
    StepLengthAsymmetry,
}

impl GaitQuantity {
    /// All of them.
    pub const ALL: [GaitQuantity; 14] = [
        GaitQuantity::StrideTime,
        GaitQuantity::StanceTime,
        GaitQuantity::SwingTime,
        GaitQuantity::StanceShare,
        GaitQuantity::StepTime,
        GaitQuantity::Cadence,
        GaitQuantity::StepLength,
        GaitQuantity::StrideLength,
        GaitQuantity::StepWidth,
        GaitQuantity::GaitSpeed,
        GaitQuantity::DoubleSupport,
        GaitQuantity::FlightTime,
        GaitQuantity::StepTimeAsymmetry,
        GaitQuantity::StepLengthAsymmetry,
    ];

    /// Name of the metric, in snake case.
    pub fn name(self) -> &'static str {
        match self {
            GaitQuantity::StrideTime => "stride_time",
            GaitQuantity::StanceTime => "stance_time",
            GaitQuantity::SwingTime => "swing_time",
            GaitQuantity::StanceShare => "stance_share",
            GaitQuantity::StepTime => "step_time",
            GaitQuantity::Cadence => "cadence",
            GaitQuantity::StepLength => "step_length",
            GaitQuantity::StrideLength => "stride_length",
            GaitQuantity::StepWidth => "step_width",
            GaitQuantity::GaitSpeed => "gait_speed",
            GaitQuantity::DoubleSupport => "double_support",
            GaitQuantity::FlightTime => "flight_time",
            GaitQuantity::StepTimeAsymmetry => "step_time_asymmetry",
            GaitQuantity::StepLengthAsymmetry => "step_length_asymmetry",
        }
    }

    /// The quantity with this name.
    pub fn from_name(name: &str) -> Option<GaitQuantity> {
        GaitQuantity::ALL.into_iter().find(|quantity| quantity.name() == name)
    }

    /// Whether it describes one foot; otherwise the whole body or both feet.
    pub fn belongs_to_side(self) -> bool {
        matches!(
            self,
            GaitQuantity::StrideTime
                | GaitQuantity::StanceTime
                | GaitQuantity::SwingTime
                | GaitQuantity::StanceShare
                | GaitQuantity::StepTime
                | GaitQuantity::StepLength
                | GaitQuantity::StrideLength
        )
    }

    /// Whether a finding about it can name a side: its own, or the lower one of a comparison.
    pub fn names_side(self) -> bool {
        self.belongs_to_side()
            || matches!(self, GaitQuantity::StepTimeAsymmetry | GaitQuantity::StepLengthAsymmetry)
    }
}

/// The walking or running of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredGait {
    /// Walking or running, how certain, and why.
    pub verdict: GaitVerdict,
    /// Where.
    pub place: GaitPlace,
    /// The strides of both feet, in order of their contacts.
    pub strides: Vec<GaitStride>,
    /// Mean share of the stride on the ground, 0 to 1; `None` if toe-offs cannot be seen.
    pub duty_factor: Option<f64>,
    /// Steps of both feet a minute.
    pub cadence_min: f64,
    /// Vertical oscillation of the pelvis in one step, in `unit`; `None` if the pelvis is not seen.
    pub bounce: Option<f64>,
    /// Unit of lengths.
    pub unit: Unit,
    /// How contacts and toe-offs were found, with the source of the method.
    pub method: &'static str,
    /// What cannot be measured here, and why.
    pub refused: Vec<RefusedQuantity>,
}

impl MeasuredGait {
    /// The stride of a foot that begins at a frame, or else the one that contains it.
    fn stride_at(&self, start: usize, side: Side) -> Option<&GaitStride> {
        let mut strides = self.strides.iter().filter(|stride| stride.side == side);
        strides
            .clone()
            .find(|stride| stride.start == start)
            .or_else(|| strides.find(|stride| (stride.start..stride.end).contains(&start)))
    }

    /// A quantity of the stride of a foot that begins at a frame or contains it, with its unit;
    /// `None` if the recording cannot show it.
    pub fn stride_value(
        &self,
        start: usize,
        side: Side,
        quantity: GaitQuantity,
    ) -> Option<(f64, Unit)> {
        let stride = self.stride_at(start, side)?;
        let value = stride.value(quantity)?;
        Some((value, self.quantity_unit(quantity)))
    }

    /// The unit of a quantity.
    pub fn quantity_unit(&self, quantity: GaitQuantity) -> Unit {
        match quantity {
            GaitQuantity::StrideTime
            | GaitQuantity::StanceTime
            | GaitQuantity::SwingTime
            | GaitQuantity::StepTime
            | GaitQuantity::FlightTime => Unit::Second,
            GaitQuantity::StanceShare
            | GaitQuantity::DoubleSupport
            | GaitQuantity::StepTimeAsymmetry
            | GaitQuantity::StepLengthAsymmetry => Unit::Percent,
            GaitQuantity::Cadence => Unit::PerMinute,
            GaitQuantity::StepLength | GaitQuantity::StrideLength | GaitQuantity::StepWidth => {
                self.unit
            }
            GaitQuantity::GaitSpeed if self.unit == Unit::Trunk => Unit::TrunkPerSecond,
            GaitQuantity::GaitSpeed => Unit::MetrePerSecond,
        }
    }

    /// The events of a stride, for a repetition.
    pub(crate) fn stride_events(&self, start: usize, side: Option<Side>) -> Vec<Event> {
        let Some(stride) = side.and_then(|side| self.stride_at(start, side)) else {
            return Vec::new();
        };
        let frames = [stride.toe_off, stride.opposite_contact, stride.opposite_toe_off];
        let events = GAIT_EVENTS.iter().zip(frames);
        let inside = stride.start.max(start)..=stride.end;
        events
            .filter_map(|(name, frame)| Some(Event { name: (*name).to_owned(), frame: frame? }))
            .filter(|event| inside.contains(&event.frame))
            .collect()
    }

    /// Number of strides of a foot.
    pub fn stride_count(&self, side: Side) -> usize {
        self.strides.iter().filter(|stride| stride.side == side).count()
    }
}

/// Finds the strides of a recording and decides whether they are walked or run.
///
/// # Errors
/// A sentence that says why no strides can be found: what is not seen, or what does not hold.
///
/// ```
/// use agoge_kinematics::gait::{GaitKind, measure_gait};
/// use agoge_kinematics::measure_curves;
/// use agoge_motion::simulate::SimulatedGait;
/// let (recording, _) = SimulatedGait::running().simulate();
/// let gait = measure_gait(&measure_curves(&recording.to_body().recording).curves)?;
/// assert_eq!(gait.verdict.kind, GaitKind::Running);
/// assert!((gait.cadence_min - 166.0).abs() < 2.0);
/// # Ok::<(), String>(())
/// ```
pub fn measure_gait(curves: &Curves) -> Result<MeasuredGait, String> {
    let signals = GaitSignals::from_curves(curves)?;
    let place = signals.place();
    match place {
        GaitPlace::OverGround | GaitPlace::Treadmill => travelling_gait(&signals, place),
        GaitPlace::InPlace | GaitPlace::Unseen => lifting_gait(&signals, place),
    }
}

/// The gait of an auto-recognised movement: a measured gait that is certain, with steps at a
/// humanly possible rate; `None` otherwise.
pub fn propose_gait(curves: &Curves) -> Option<MeasuredGait> {
    /// Lowest certainty and fewest strides of both feet for a proposal.
    const MIN_CERTAINTY: f64 = 0.8;
    const MIN_PROPOSED: usize = 3;
    let gait = measure_gait(curves).ok()?;
    let is_clear = gait.verdict.certainty >= MIN_CERTAINTY
        && gait.place != GaitPlace::Unseen
        && gait.strides.len() >= MIN_PROPOSED
        && Side::BOTH.into_iter().all(|side| gait.stride_count(side) > 0)
        && (event::MIN_CADENCE..=event::MAX_CADENCE).contains(&gait.cadence_min);
    is_clear.then_some(gait)
}

/// The gait of somebody who moves over the ground or on a belt.
fn travelling_gait(signals: &GaitSignals, place: GaitPlace) -> Result<MeasuredGait, String> {
    let extremes = event::extreme_events(signals)?;
    let walked = stride::build_strides(signals, &extremes, Some(GaitKind::Walking), place);
    let flights = event::flight_events(signals, &extremes);
    let run = flights.as_ref().map(|events| {
        let strides = stride::build_strides(signals, events, Some(GaitKind::Running), place);
        (events, strides)
    });
    let step_s = extremes.step_time();
    let bounce = step_s.and_then(|step_s| signals.bounce(&extremes, step_s));
    let evidence = GaitEvidence {
        walking_duty: stride::mean_duty(&walked),
        running_duty: run.as_ref().and_then(|(_, strides)| stride::mean_duty(strides)),
        bounce_share: bounce
            .zip(step_s)
            .map(|(bounce, step_s)| decide::bounce_share(bounce * signals.to_metre, step_s)),
        cadence_min: step_s.map_or(f64::NAN, |step_s| 60.0 / step_s),
        place,
    };
    let verdict = decide_gait(&evidence);
    let (events, strides, method) = match (verdict.kind, run) {
        (GaitKind::Running, Some((events, strides))) => (
            events,
            strides,
            "contact and toe-off where the lower of heel and toes passes 3 % of the leg's length above its lowest level",
        ),
        (GaitKind::Running, None) => {
            let strides = stride::build_strides(signals, &extremes, None, place);
            let strides = strides.into_iter().map(GaitStride::without_toe_off).collect();
            (
                &extremes,
                strides,
                "contacts by the furthest forward position of the foot (Zeni 2008)",
            )
        }
        (GaitKind::Walking, _) => (
            &extremes,
            walked,
            "contact and toe-off where heel and toes are furthest before and behind the pelvis (Zeni 2008)",
        ),
    };
    finish_gait(signals, place, verdict, events, strides, bounce, method)
}

/// The gait of somebody who steps on the spot, or is seen from the front: by the lift of the thighs
/// or the ankles.
fn lifting_gait(signals: &GaitSignals, place: GaitPlace) -> Result<MeasuredGait, String> {
    let middles = event::lift_events(signals, place, event::WALKING_LIFT)?;
    let step_s = middles.step_time();
    let bounce = step_s.and_then(|step_s| signals.bounce(&middles, step_s));
    let evidence = GaitEvidence {
        walking_duty: None,
        running_duty: None,
        bounce_share: bounce
            .zip(step_s)
            .map(|(bounce, step_s)| decide::bounce_share(bounce * signals.to_metre, step_s)),
        cadence_min: step_s.map_or(f64::NAN, |step_s| 60.0 / step_s),
        place,
    };
    let mut verdict = decide_gait(&evidence);
    let events = match verdict.kind {
        GaitKind::Walking => middles,
        GaitKind::Running => event::lift_events(signals, place, event::RUNNING_LIFT)?,
    };
    let mut strides = stride::build_strides(signals, &events, None, place);
    let method = if place == GaitPlace::Unseen {
        strides = strides.into_iter().map(GaitStride::without_toe_off).collect();
        "contacts by the height of the ankles, seen from the front"
    } else {
        if let Some(duty) = stride::mean_duty(&strides) {
            verdict.add_duty(duty);
        }
        "on the spot: a foot is in the air while its thigh is raised (no published rule)"
    };
    finish_gait(signals, place, verdict, &events, strides, bounce, method)
}

/// Puts a gait together, if there are enough strides.
fn finish_gait(
    signals: &GaitSignals,
    place: GaitPlace,
    verdict: GaitVerdict,
    events: &FootEvents,
    mut strides: Vec<GaitStride>,
    bounce: Option<f64>,
    method: &'static str,
) -> Result<MeasuredGait, String> {
    if strides.len() < MIN_STRIDES {
        return Err(format!(
            "{} found, where {MIN_STRIDES} are needed: film more steps, with both feet in view",
            match strides.len() {
                0 => "no whole stride was".to_owned(),
                _ => "one whole stride was".to_owned(),
            }
        ));
    }
    if bounce.is_some_and(|bounce| bounce > MAX_BOUNCE * signals.leg) {
        return Err("the pelvis rises and falls in each step further than anybody's; check the scale and which axis points up".to_owned());
    }
    let cadence_min = events.step_time().map_or(f64::NAN, |step_s| 60.0 / step_s);
    if !(event::MIN_CADENCE..=event::MAX_CADENCE).contains(&cadence_min) {
        return Err(format!(
            "{cadence_min:.0} steps a minute are no walking or running; check the frame rate"
        ));
    }
    strides.sort_by(|a, b| a.contact_s.total_cmp(&b.contact_s));
    Ok(MeasuredGait {
        duty_factor: stride::mean_duty(&strides),
        refused: stride::refused_quantities(signals, place, &strides),
        verdict,
        place,
        strides,
        cadence_min,
        bounce,
        unit: signals.unit,
        method,
    })
}

#[cfg(test)]
mod tests;
