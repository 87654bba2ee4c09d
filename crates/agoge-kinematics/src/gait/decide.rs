//! Whether a gait is walking or running.

use super::{GaitKind, GaitPlace};

/// Standard gravity, m/s².
const GRAVITY: f64 = 9.80665;
/// At this bounce, as a share of gravity times the square of the step time, a contact lasts exactly
/// a step, so that the duty factor is 0.5 (see [`duty_from_bounce`]).
const EVEN_BOUNCE: f64 = 0.0338;
/// Below and above these shares the bounce alone says walking or running: the even bounce less and
/// more a quarter, about the error of the pelvis' height.
const CLEAR_BOUNCES: [f64; 2] = [0.025, 0.042];
/// The same on the spot, where the feet are put down beneath the body and walking hardly bounces.
/// Chosen on subjects 1 to 4 of UTD-MHAD (docs/results/gait.md).
const CLEAR_BOUNCES_IN_PLACE: [f64; 2] = [0.006, 0.009];
/// Steps a minute at which people change from walking to running: 135 to 140 (93 % right,
/// n = 28, PubMed 37336086).
const CHANGE_CADENCE: f64 = 138.0;

/// What is known about a gait when it is named.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaitEvidence {
    /// Duty factor by the rule for walking (Zeni 2008), 0 to 1.
    pub walking_duty: Option<f64>,
    /// Duty factor by the rule for running (heights of heel and toes), 0 to 1.
    pub running_duty: Option<f64>,
    /// Vertical oscillation of the pelvis over gravity times the square of the step time.
    pub bounce_share: Option<f64>,
    /// Steps of both feet a minute.
    pub cadence_min: f64,
    /// Where.
    pub place: GaitPlace,
}

/// Walking or running, with the reason.
#[derive(Clone, Debug, PartialEq)]
pub struct GaitVerdict {
    /// Which it is.
    pub kind: GaitKind,
    /// How certain, 0 to 1.
    pub certainty: f64,
    /// What it rests on: `duty factor 0.38`.
    pub reason: String,
}

impl GaitVerdict {
    /// Adds a duty factor that was measured after the decision to the reason.
    pub(super) fn add_duty(&mut self, duty: f64) {
        self.reason = format!("duty factor {duty:.2}; {}", self.reason);
    }

    /// Says plainly what it is: `this is running: duty factor 0.38`.
    pub fn sentence(&self) -> String {
        format!("this is {}: {}", self.kind.name(), self.reason)
    }
}

/// The bounce as a share of gravity times the square of the step time, both SI.
pub(super) fn bounce_share(bounce_m: f64, step_s: f64) -> f64 {
    bounce_m / (GRAVITY * step_s * step_s)
}

/// The duty factor that a bounce implies if each leg pushes with half a sine (Alexander 1989; Morin
/// et al. 2005): with contacts of r step times, the first harmonic of the vertical force is
/// 2·cos(πr)/(1 − 4r²) of body weight, and the bounce is that over (π/T)²/g, so that
/// bounce/(g·T²) = |cos(πr)/(1 − 4r²)|/π². It falls from 0.08 at a duty factor of 0.25 over 0.034
/// at 0.5 to 0 at 0.75. `None` above 0.1: no gait bounces so high.
///
/// ```
/// use agoge_kinematics::gait::duty_from_bounce;
/// // 8 cm at 170 steps a minute is running, 4 cm at 112 walking.
/// let share = |bounce: f64, cadence: f64| bounce / (9.81 * (60.0 / cadence).powi(2));
/// assert!((duty_from_bounce(share(0.08, 170.0)).unwrap() - 0.35).abs() < 0.03);
/// assert!((duty_from_bounce(share(0.04, 112.0)).unwrap() - 0.62).abs() < 0.03);
/// ```
pub fn duty_from_bounce(bounce_share: f64) -> Option<f64> {
    let share_at = |duty: f64| {
        let r = 2.0 * duty;
        let fall = 1.0 - 4.0 * r * r;
        let ratio = if fall.abs() < 1e-6 {
            std::f64::consts::FRAC_PI_4
        } else {
            ((std::f64::consts::PI * r).cos() / fall).abs()
        };
        ratio / (std::f64::consts::PI * std::f64::consts::PI)
    };
    if !(0.0..=share_at(0.0).min(0.1)).contains(&bounce_share) {
        return None;
    }
    // The share falls steadily with the duty factor: bisection.
    let (mut low, mut high) = (0.0, 0.75);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if share_at(middle) > bounce_share { low = middle } else { high = middle }
    }
    Some(0.5 * (low + high))
}

/// Decides whether a gait is walking or running. By definition it is walking if the duty factor is
/// above 0.5. The bounce of the pelvis, which the feet's errors do not touch, says which rule's
/// duty factor applies; where it is near the boundary, the duty factors decide, and if they do not
/// agree either, the cadence, with little certainty.
pub fn decide_gait(evidence: &GaitEvidence) -> GaitVerdict {
    let in_place = matches!(evidence.place, GaitPlace::InPlace | GaitPlace::Unseen);
    let [walks_below, runs_above] = match evidence.place {
        GaitPlace::InPlace => CLEAR_BOUNCES_IN_PLACE,
        // It may be on the spot or not: only what is clear in both counts.
        GaitPlace::Unseen => [CLEAR_BOUNCES_IN_PLACE[0], CLEAR_BOUNCES[1]],
        _ => CLEAR_BOUNCES,
    };
    let by_bounce = evidence.bounce_share.and_then(|share| match share {
        share if share <= walks_below => Some(GaitKind::Walking),
        share if share >= runs_above => Some(GaitKind::Running),
        _ => None,
    });
    let by_walking = evidence.walking_duty.map(kind_of_duty);
    let by_running = evidence.running_duty.map(kind_of_duty);
    let by_cadence = match evidence.cadence_min {
        cadence if cadence < CHANGE_CADENCE => GaitKind::Walking,
        _ => GaitKind::Running,
    };
    let duty_of = |kind: GaitKind| match kind {
        GaitKind::Walking => evidence.walking_duty,
        GaitKind::Running => evidence.running_duty,
    };
    let (kind, mut certainty) = match (by_bounce, by_walking, by_running) {
        // The rule for the gait that the bounce shows agrees with it.
        (Some(kind), ..) if duty_of(kind).map(kind_of_duty) == Some(kind) => (kind, 0.97),
        (Some(kind), ..) if duty_of(kind).is_none() => (kind, 0.9),
        (Some(kind), ..) => (kind, 0.6),
        // Both rules say the same, though each was made for one gait only.
        (None, Some(walking), Some(running)) if walking == running => (walking, 0.9),
        (None, Some(GaitKind::Walking), None) => (GaitKind::Walking, 0.8),
        (None, ..) => (by_cadence, 0.6),
    };
    if by_cadence != kind && certainty < 0.95 {
        certainty -= 0.1;
    }
    let mut reasons = Vec::new();
    if let Some(duty) = duty_of(kind) {
        reasons.push(format!("duty factor {duty:.2}"));
    }
    if in_place && let Some(share) = evidence.bounce_share {
        let sign = if share >= runs_above { "bounces" } else { "hardly bounces" };
        reasons.push(format!("on the spot, and the pelvis {sign}"));
    } else if let Some(share) = evidence.bounce_share {
        let sign = if share > EVEN_BOUNCE { "more" } else { "less" };
        reasons
            .push(format!("the pelvis bounces {sign} than on the border of walking and running"));
    }
    reasons.push(format!("{:.0} steps a minute", evidence.cadence_min));
    GaitVerdict { kind, certainty, reason: reasons.join("; ") }
}

/// The gait of a duty factor, by definition.
fn kind_of_duty(duty: f64) -> GaitKind {
    if duty > 0.5 { GaitKind::Walking } else { GaitKind::Running }
}
