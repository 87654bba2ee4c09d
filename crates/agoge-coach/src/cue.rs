//! Cues while the athlete moves: few, and fewer over time.
//!
//! Feedback at every repetition makes athletes depend on it, feedback within a bandwidth and fading
//! does not (Sigrist et al. 2013). So a cue is given only for what passes a limit of the movement's
//! definition, only when that happened before (in one of the two repetitions before, so that one
//! stumble is no fault), at most one a repetition, the most important first; and after each cue the
//! same one is silent for 2, then 4, then 8 repetitions. The words are the definition's own, which
//! point outside the body (Wulf et al. 2010).

use agoge_kinematics::movement::{CheckRule, Movement, Statistic};
use agoge_kinematics::{Metric, Repetition, Unit};
use agoge_motion::Side;
use serde::Serialize;

/// Silent repetitions after the first cue, and at most.
const FIRST_SILENCE: usize = 2;
const LONGEST_SILENCE: usize = 8;

/// What to say now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cue {
    /// The words.
    pub text: String,
    /// What is outside its limit, in plain words.
    pub title: String,
    /// The metric.
    pub metric: String,
    /// Its side, if it has one.
    pub side: Option<Side>,
    /// Its value.
    pub value: f64,
    /// The limit that it passes.
    pub limit: f64,
    /// Unit of both.
    pub unit: Unit,
}

/// Decides which cue a set of repetitions gets.
#[derive(Clone, Debug)]
pub struct Cues {
    movement: Movement,
    /// The checks of the movement by importance, the greatest first, with what happened.
    checks: Vec<Check>,
    /// Repetitions that are over.
    done: usize,
    /// A cue was given in this repetition.
    spoken: bool,
}

#[derive(Clone, Debug)]
struct Check {
    index: usize,
    /// Whether it failed in the last two repetitions.
    failed: [bool; 2],
    /// Repetition before which it stays silent.
    silent_until: usize,
    silence: usize,
}

impl Cues {
    /// For a set of a movement that has not begun.
    pub fn new(movement: &Movement) -> Cues {
        let check =
            |index| Check { index, failed: [false; 2], silent_until: 0, silence: FIRST_SILENCE };
        let mut checks: Vec<Check> = (0..movement.checks.len()).map(check).collect();
        checks.sort_by(|a, b| {
            movement.checks[b.index].importance.total_cmp(&movement.checks[a.index].importance)
        });
        Cues { movement: movement.clone(), checks, done: 0, spoken: false }
    }

    /// A repetition is on its way back: `part` is measured from its start until now. Only what
    /// nothing that follows can undo counts. `driving` is the curve that drives, whose turn is
    /// over.
    pub fn during(&mut self, part: &Repetition, driving: &str) -> Option<Cue> {
        self.choose(part, |movement, check, metric| {
            is_decided(movement, check, metric, part, driving)
        })
    }

    /// A repetition is complete.
    pub fn after(&mut self, repetition: &Repetition) -> Option<Cue> {
        let cue = self.choose(repetition, |_, _, _| true);
        for check in &mut self.checks {
            let failed =
                failing(&self.movement, &self.movement.checks[check.index], &repetition.metrics)
                    .is_some();
            check.failed = [check.failed[1], failed];
        }
        self.done += 1;
        self.spoken = false;
        cue
    }

    fn choose(
        &mut self,
        repetition: &Repetition,
        counts: impl Fn(&Movement, &CheckRule, &Metric) -> bool,
    ) -> Option<Cue> {
        if self.spoken {
            return None;
        }
        let due =
            |check: &&mut Check| self.done >= check.silent_until && check.failed.contains(&true);
        for check in self.checks.iter_mut().filter(due) {
            let rule = &self.movement.checks[check.index];
            let failing = failing(&self.movement, rule, &repetition.metrics);
            let Some((metric, limit)) =
                failing.filter(|(metric, _)| counts(&self.movement, rule, metric))
            else {
                continue;
            };
            check.silent_until = self.done + 1 + check.silence;
            check.silence = (2 * check.silence).min(LONGEST_SILENCE);
            self.spoken = true;
            return Some(Cue {
                text: rule.cue.clone(),
                title: rule.title(metric.side, metric.value),
                metric: metric.name.clone(),
                side: metric.side,
                value: metric.value,
                limit,
                unit: metric.unit,
            });
        }
        None
    }
}

/// The metric that passes a check's limit, with the limit; a value that no body can have passes
/// none.
fn failing<'a>(
    movement: &Movement,
    check: &CheckRule,
    metrics: &'a [Metric],
) -> Option<(&'a Metric, f64)> {
    let own =
        metrics.iter().filter(|metric| metric.name == check.metric && movement.is_possible(metric));
    own.into_iter()
        .find_map(|metric| Some((metric, check.passed_bound(metric.value, metric.unit)?)))
}

/// Whether a value that passes its limit on the way back will do so at the end too.
fn is_decided(
    movement: &Movement,
    check: &CheckRule,
    metric: &Metric,
    part: &Repetition,
    driving: &str,
) -> bool {
    let Some(rule) = movement.metric(&metric.name) else { return false };
    let over =
        |name: &str| part.events.iter().any(|event| event.name == name && event.frame < part.end);
    if let Some(phase) = &rule.phase {
        return movement.phases.iter().any(|known| known.name == *phase && over(&known.to));
    }
    let limit = check.limit(metric.unit);
    let drives = rule.curve.as_deref() == Some(driving);
    match rule.statistic {
        Statistic::Max => metric.value > limit.high || drives,
        Statistic::Range | Statistic::Rise | Statistic::Fall | Statistic::Drift => {
            metric.value > limit.high
        }
        Statistic::Min => metric.value < limit.low,
        Statistic::ValueAt => rule.event.as_deref().is_some_and(over),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_kinematics::{Event, Phase, movement};

    fn squat(depth: f64, end: usize) -> Repetition {
        Repetition {
            start: 0,
            end,
            side: None,
            complete: true,
            phases: vec![Phase { name: "descent".into(), start: 0, end: 30 }],
            events: vec![Event { name: "deepest".into(), frame: 30 }],
            metrics: vec![Metric {
                name: "depth".into(),
                side: None,
                phase: None,
                value: depth,
                unit: Unit::Degree,
            }],
        }
    }

    #[test]
    fn cues_come_for_what_repeats_and_fade() {
        let movement = movement::find("squat").unwrap();
        let limit = movement
            .checks
            .iter()
            .find(|check| check.metric == "depth")
            .unwrap()
            .limit(Unit::Degree);
        let mut cues = Cues::new(movement);
        let said: Vec<bool> =
            (0..20).map(|_| cues.after(&squat(limit.low - 20.0, 60)).is_some()).collect();
        let when: Vec<usize> = (0..20).filter(|&at| said[at]).collect();
        // The second, then after silences of 2, 4 and 8.
        assert_eq!(when, [1, 4, 9, 18]);
        assert!(cues.after(&squat(limit.low + 5.0, 60)).is_none());
    }

    #[test]
    fn one_stumble_is_no_fault_and_what_is_decided_is_said_on_the_way_back() {
        let movement = movement::find("squat").unwrap();
        let limit = movement
            .checks
            .iter()
            .find(|check| check.metric == "depth")
            .unwrap()
            .limit(Unit::Degree);
        let (short, deep) = (limit.low - 20.0, limit.low + 5.0);
        let mut cues = Cues::new(movement);
        for depth in [short, deep, deep, short] {
            assert!(
                cues.during(&squat(depth, 40), "knee_flexion").is_none()
                    && cues.after(&squat(depth, 60)).is_none()
            );
        }
        assert!(cues.during(&squat(short, 40), "pelvis_height").is_none(), "depth may still grow");
        let cue = cues.during(&squat(short, 40), "knee_flexion").unwrap();
        assert!(cue.limit == limit.low && !cue.text.is_empty());
        assert!(cues.after(&squat(short, 60)).is_none(), "one a repetition");
    }
}
