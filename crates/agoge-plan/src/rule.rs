//! The rules by name, and by how much each is broken.

use serde::Serialize;

/// A rule that plans must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanRule {
    /// Free minutes of the day.
    Available,
    /// Number of sessions a day.
    SessionsPerDay,
    /// Rest days a week.
    Rest,
    /// No adjacent hard days, and at most one hard session a day.
    HardDays,
    /// Number of hard sessions a week.
    HardPerWeek,
    /// 48 hours between heavy loads of one region.
    Tissue,
    /// No load on painful regions.
    Pain,
    /// Technique work only when fresh.
    Fresh,
    /// Growth of a session's length.
    Spike,
    /// Growth of CTL in a week.
    Ramp,
    /// Monotony.
    Monotony,
    /// Deload weeks.
    Deload,
    /// Taper.
    Taper,
    /// Minimum number of sessions a week.
    Least,
}

impl PlanRule {
    const COUNT: usize = 14;

    /// Every rule.
    pub const ALL: [PlanRule; PlanRule::COUNT] = [
        PlanRule::Available,
        PlanRule::SessionsPerDay,
        PlanRule::Rest,
        PlanRule::HardDays,
        PlanRule::HardPerWeek,
        PlanRule::Tissue,
        PlanRule::Pain,
        PlanRule::Fresh,
        PlanRule::Spike,
        PlanRule::Ramp,
        PlanRule::Monotony,
        PlanRule::Deload,
        PlanRule::Taper,
        PlanRule::Least,
    ];

    /// Short description.
    pub fn label(self) -> &'static str {
        match self {
            PlanRule::Available => "the minutes of the day",
            PlanRule::SessionsPerDay => "sessions a day",
            PlanRule::Rest => "rest days",
            PlanRule::HardDays => "no hard days in a row",
            PlanRule::HardPerWeek => "hard sessions a week",
            PlanRule::Tissue => "48 h between heavy loads of one region",
            PlanRule::Pain => "no load where it hurts",
            PlanRule::Fresh => "technique when fresh",
            PlanRule::Spike => "growth of a session's length",
            PlanRule::Ramp => "growth of CTL in a week",
            PlanRule::Monotony => "monotony",
            PlanRule::Deload => "deload weeks",
            PlanRule::Taper => "taper",
            PlanRule::Least => "sessions a week at least",
        }
    }
}

/// The part of an excess over a limit, in shares of it, that counts as a breach: 0 if it is
/// negative or mere rounding.
pub(super) fn breach_amount(excess: f64) -> f64 {
    if excess > 1e-9 { excess } else { 0.0 }
}

/// By how much each rule is broken, in shares of its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct RuleBreaches([f64; PlanRule::COUNT]);

impl RuleBreaches {
    /// Adds an excess over a rule's limit, in shares of it.
    pub(super) fn add_excess(&mut self, rule: PlanRule, excess: f64) {
        self.0[rule as usize] += breach_amount(excess);
    }

    /// The sum over all rules.
    pub(super) fn total(&self) -> f64 {
        self.0.iter().sum()
    }

    /// By how much one rule is broken.
    pub(super) fn amount_of(&self, rule: PlanRule) -> f64 {
        self.0[rule as usize]
    }

    /// The broken rules.
    pub(super) fn broken_rules(&self) -> Vec<PlanRule> {
        PlanRule::ALL.into_iter().filter(|rule| self.amount_of(*rule) > 0.0).collect()
    }
}
