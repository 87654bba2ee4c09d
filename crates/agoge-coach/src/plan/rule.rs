//! The rules by name, and how much each is broken.

use serde::Serialize;

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Minutes of the day.
    Available,
    /// Sessions a day.
    SessionsPerDay,
    /// Rest days a week.
    Rest,
    /// Hard days are not adjacent, one hard session a day.
    HardDays,
    /// Hard sessions a week.
    HardPerWeek,
    /// 48 hours between heavy loads of one region.
    Tissue,
    /// No load where it hurts.
    Pain,
    /// Technique when fresh.
    Fresh,
    /// Growth of a session's length.
    Spike,
    /// Growth of CTL.
    Ramp,
    /// Monotony.
    Monotony,
    /// Deload weeks.
    Deload,
    /// Taper.
    Taper,
    /// Sessions a week at least.
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

    /// In words.
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

/// How much of what is over a limit, in shares of it, counts as a breach: what is below 0, or no
/// more than rounding, is none.
pub(super) fn breach(over: f64) -> f64 {
    if over > 1e-9 { over } else { 0.0 }
}

/// How much each rule is broken, in shares of its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Broken([f64; Rule::COUNT]);

impl Broken {
    /// Counts what is over a rule's limit, in shares of it.
    pub(super) fn add(&mut self, rule: Rule, over: f64) {
        self.0[rule as usize] += breach(over);
    }

    /// The sum.
    pub(super) fn total(&self) -> f64 {
        self.0.iter().sum()
    }

    /// How much one rule is broken.
    pub(super) fn of(&self, rule: Rule) -> f64 {
        self.0[rule as usize]
    }

    /// The rules that are broken.
    pub(super) fn rules(&self) -> Vec<Rule> {
        Rule::ALL.into_iter().filter(|rule| self.of(*rule) > 0.0).collect()
    }
}
