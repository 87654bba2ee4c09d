//! Risks that call for care for a while: tighter limits and spared regions, because of a warning
//! from the log or at a coach's request.

use super::library::{RegionDemand, TissueRegion};
use super::request::{PlanLimits, PlanRequest};
use agoge_load::injury::{Warning, WarningRule};
use agoge_motion::Day;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Monotony limit of the week after one above the athlete's own limit.
const CALM_MONOTONY: f64 = 1.5;

/// A reason for care: what is tightened, and until when. A limit counts where it is tighter than
/// the request's own; weekly limits hold if the risk lasts until the week's first day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRisk {
    /// The reason, in words.
    pub what: String,
    /// The last day of care.
    pub until: Day,
    /// Temporary [`PlanLimits::ramp`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ramp: Option<f64>,
    /// Temporary [`PlanLimits::spike`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spike: Option<f64>,
    /// Temporary [`PlanLimits::monotony`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monotony: Option<f64>,
    /// Temporary [`PlanLimits::hard_per_week`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hard_per_week: Option<usize>,
    /// Temporary [`PlanLimits::rest_days`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest_days: Option<usize>,
    /// Spared regions: no session may load them this much or more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub spare: BTreeMap<TissueRegion, RegionDemand>,
}

impl PlanRisk {
    /// The care that a warning (docs/reference/load.md) calls for; `None` for pain in an area that
    /// no session loads. The durations and amounts are our choice (docs/reference/plan.md).
    pub fn from_warning(warning: &Warning, limits: &PlanLimits) -> Option<PlanRisk> {
        let slower = Some(0.5 * limits.ramp);
        let (days, risk) = match warning.rule {
            WarningRule::Spike => {
                (14, PlanRisk { ramp: slower, spike: Some(0.0), ..PlanRisk::default() })
            }
            WarningRule::OwnLimit => {
                let rest_days = Some((limits.rest_days + 1).min(7));
                (
                    7,
                    PlanRisk {
                        ramp: Some(0.0),
                        monotony: Some(CALM_MONOTONY),
                        rest_days,
                        ..PlanRisk::default()
                    },
                )
            }
            WarningRule::Pain => {
                let region = warning.area.and_then(TissueRegion::from_area)?;
                (
                    14,
                    PlanRisk {
                        spare: BTreeMap::from([(region, RegionDemand::Heavy)]),
                        ..PlanRisk::default()
                    },
                )
            }
            WarningRule::Questionnaire => {
                (7, PlanRisk { ramp: Some(0.0), hard_per_week: Some(1), ..PlanRisk::default() })
            }
            WarningRule::Movement => (7, PlanRisk { ramp: slower, ..PlanRisk::default() }),
        };
        Some(PlanRisk { what: warning.what.clone(), until: warning.day.plus_days(days), ..risk })
    }

    /// What is wrong with the risk, if anything.
    pub(super) fn find_fault(&self) -> Option<String> {
        let within = |value: Option<f64>, low: f64, high: f64| {
            value.is_none_or(|value| (low..=high).contains(&value))
        };
        let is_valid = within(self.ramp, 0.0, 10.0)
            && within(self.spike, 0.0, 10.0)
            && within(self.monotony, 0.5, 100.0)
            && self.rest_days.is_none_or(|days| days <= 7);
        (!is_valid).then(|| {
            format!(
                "risk `{}`: ramp and spike must be 0 to 10, monotony 0.5 to 100, rest_days 0 to 7",
                self.what
            )
        })
    }

    /// Whether it rules out a session with these demands on a day.
    pub(super) fn rules_out(
        &self,
        regions: &BTreeMap<TissueRegion, RegionDemand>,
        day: Day,
    ) -> bool {
        let spared = |(region, least): (&TissueRegion, &RegionDemand)| {
            regions.get(region).is_some_and(|demand| demand >= least)
        };
        day <= self.until && self.spare.iter().any(spared)
    }
}

impl fmt::Display for PlanRisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut asks: Vec<String> = Vec::new();
        asks.extend(
            self.ramp.map(|ramp| format!("CTL grows by at most {:.0} % a week", 100.0 * ramp)),
        );
        asks.extend(self.spike.map(|spike| match spike {
            0.0 => "no session is longer than those before".to_owned(),
            _ => format!("sessions are at most {:.0} % longer than before", 100.0 * spike),
        }));
        asks.extend(self.monotony.map(|monotony| format!("monotony is at most {monotony}")));
        asks.extend(self.hard_per_week.map(|most| {
            format!("at most {most} hard session{} a week", if most == 1 { "" } else { "s" })
        }));
        asks.extend(self.rest_days.map(|days| {
            format!("at least {days} day{} of rest a week", if days == 1 { "" } else { "s" })
        }));
        asks.extend(self.spare.iter().map(|(region, least)| match least {
            RegionDemand::Light => format!("nothing for the {}", region.label()),
            RegionDemand::Moderate => format!("only light load of the {}", region.label()),
            RegionDemand::Heavy => format!("no heavy load of the {}", region.label()),
        }));
        write!(f, "{}: until {} {}", self.what, self.until, asks.join(", "))
    }
}

impl PlanRequest {
    /// The limits of a week of the plan, counted from 0, tightened by the risks that last until its
    /// first day.
    pub(super) fn limits_in_week(&self, week: usize) -> PlanLimits {
        let first = self.start.plus_days(7 * week as i32);
        self.risks.iter().filter(|risk| risk.until >= first).fold(
            self.limits.clone(),
            |limits, risk| PlanLimits {
                ramp: risk.ramp.unwrap_or(limits.ramp).min(limits.ramp),
                spike: risk.spike.unwrap_or(limits.spike).min(limits.spike),
                monotony: risk.monotony.unwrap_or(limits.monotony).min(limits.monotony),
                hard_per_week: risk
                    .hard_per_week
                    .unwrap_or(limits.hard_per_week)
                    .min(limits.hard_per_week),
                rest_days: risk.rest_days.unwrap_or(limits.rest_days).max(limits.rest_days),
                ..limits
            },
        )
    }
}
