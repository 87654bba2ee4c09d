//! The rules by name, and by how much each is broken.

use serde::Serialize;

/// A rule that plans must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
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

impl Rule {
    const COUNT: usize = 14;

    /// Every rule.
    pub const ALL: [Rule; Rule::COUNT] = [
        Rule::Available,
        Rule::SessionsPerDay,
        Rule::Rest,
        Rule::HardDays,
        Rule::HardPerWeek,
        Rule::Tissue,
        Rule::Pain,
        Rule::Fresh,
        Rule::Spike,
        Rule::Ramp,
        Rule::Monotony,
        Rule::Deload,
        Rule::Taper,
        Rule::Least,
    ];

    /// Short description.
    pub fn label(self) -> &'static str {
        match self {
            Rule::Available => "the minutes of the day",
            Rule::SessionsPerDay => "sessions a day",
            Rule::Rest => "rest days",
            Rule::HardDays => "no hard days in a row",
            Rule::HardPerWeek => "hard sessions a week",
            Rule::Tissue => "48 h between heavy loads of one region",
            Rule::Pain => "no load where it hurts",
            Rule::Fresh => "technique when fresh",
            Rule::Spike => "growth of a session's length",
            Rule::Ramp => "growth of CTL in a week",
            Rule::Monotony => "monotony",
            Rule::Deload => "deload weeks",
            Rule::Taper => "taper",
            Rule::Least => "sessions a week at least",
        }
    }
}

/// The part of an excess over a limit, in shares of it, that counts as a breach: 0 if it is
/// negative or mere rounding.
pub(super) fn breach(excess: f64) -> f64 {
    if excess > 1e-9 { excess } else { 0.0 }
}

/// By how much each rule is broken, in shares of its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Broken([f64; Rule::COUNT]);

impl Broken {
    /// Adds an excess over a rule's limit, in shares of it.
    pub(super) fn add(&mut self, rule: Rule, excess: f64) {
        self.0[rule as usize] += breach(excess);
    }

    /// The sum over all rules.
    pub(super) fn total(&self) -> f64 {
        self.0.iter().sum()
    }

    /// By how much one rule is broken.
    pub(super) fn of(&self, rule: Rule) -> f64 {
        self.0[rule as usize]
    }

    /// The broken rules.
    pub(super) fn rules(&self) -> Vec<Rule> {
        Rule::ALL.into_iter().filter(|rule| self.of(*rule) > 0.0).collect()
    }
}
