//! Spoken cues while the athlete moves: few, and fewer over time.
//!
//! Feedback on every repetition makes athletes depend on it; bandwidth feedback that fades does not
//! (Sigrist et al. 2013). A cue is therefore given only for a value outside a limit of the
//! movement's definition, only if that limit was also exceeded in one of the two repetitions before
//! (one stumble is no fault), at most once per repetition, most important first. After each cue the
//! same cue stays silent for 2, then 4, then 8 repetitions. The text comes from the definition and
//! directs attention outside the body (Wulf et al. 2010).

use agoge_kinematics::movement::{CheckRule, Movement, Statistic};
use agoge_kinematics::{Metric, Repetition, Unit};
use agoge_motion::Side;
use serde::Serialize;

/// Number of silent repetitions after the first cue, and the maximum.
const FIRST_SILENCE: usize = 2;
const LONGEST_SILENCE: usize = 8;

/// A cue to give now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoachCue {
    /// Text to say.
    pub text: String,
    /// What is outside its limit, in plain words.
    pub title: String,
    /// Name of the metric.
    pub metric: String,
    /// Side, if it has one.
    pub side: Option<Side>,
    /// Value of the metric.
    pub value: f64,
    /// Limit that the value exceeds.
    pub limit: f64,
    /// Unit of value and limit.
    pub unit: Unit,
}

/// Decides which cues a set of repetitions gets.
#[derive(Clone, Debug)]
pub struct CueSelector {
    movement: Movement,
    /// The movement's checks with their history, most important first.
    checks: Vec<CheckHistory>,
    /// Number of finished repetitions.
    completed: usize,
    /// Whether a cue was already given in this repetition.
    cue_given: bool,
}

#[derive(Clone, Debug)]
struct CheckHistory {
    index: usize,
    /// Whether it failed in each of the last two repetitions.
    failed: [bool; 2],
    /// Repetition until which it stays silent.
    silent_until: usize,
    silence: usize,
}

impl CueSelector {
    /// Starts a set of a movement.
    pub fn new(movement: &Movement) -> CueSelector {
        let check = |index| CheckHistory {
            index,
            failed: [false; 2],
            silent_until: 0,
            silence: FIRST_SILENCE,
        };
        let mut checks: Vec<CheckHistory> = (0..movement.checks.len()).map(check).collect();
        checks.sort_by(|a, b| {
            movement.checks[b.index].importance.total_cmp(&movement.checks[a.index].importance)
        });
        CueSelector { movement: movement.clone(), checks, completed: 0, cue_given: false }
    }

    /// Chooses a cue while a repetition is on its way back. `part` is measured from its start until
    /// now; only values that the rest cannot undo count. `driving` is the driving curve, which has
    /// already turned.
    pub fn cue_during_repetition(&mut self, part: &Repetition, driving: &str) -> Option<CoachCue> {
        self.choose_cue(part, |movement, check, metric| {
            is_decided(movement, check, metric, part, driving)
        })
    }

    /// Chooses a cue after a complete repetition and updates the history.
    pub fn cue_after_repetition(&mut self, repetition: &Repetition) -> Option<CoachCue> {
        let cue = self.choose_cue(repetition, |_, _, _| true);
        for check in &mut self.checks {
            let failed = failing_metric(
                &self.movement,
                &self.movement.checks[check.index],
                &repetition.metrics,
            )
            .is_some();
            check.failed = [check.failed[1], failed];
        }
        self.completed += 1;
        self.cue_given = false;
        cue
    }

    fn choose_cue(
        &mut self,
        repetition: &Repetition,
        counts: impl Fn(&Movement, &CheckRule, &Metric) -> bool,
    ) -> Option<CoachCue> {
        if self.cue_given {
            return None;
        }
        let is_due = |check: &&mut CheckHistory| {
            self.completed >= check.silent_until && check.failed.contains(&true)
        };
        for check in self.checks.iter_mut().filter(is_due) {
            let rule = &self.movement.checks[check.index];
            let failing = failing_metric(&self.movement, rule, &repetition.metrics);
            let Some((metric, limit)) =
                failing.filter(|(metric, _)| counts(&self.movement, rule, metric))
            else {
                continue;
            };
            check.silent_until = self.completed + 1 + check.silence;
            check.silence = (2 * check.silence).min(LONGEST_SILENCE);
            self.cue_given = true;
            return Some(CoachCue {
                text: rule.cue.clone(),
                title: rule.title_for(metric.side, metric.value),
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

/// Returns the first metric that exceeds a check's limit, with the limit. Humanly impossible values
/// are ignored.
fn failing_metric<'a>(
    movement: &Movement,
    check: &CheckRule,
    metrics: &'a [Metric],
) -> Option<(&'a Metric, f64)> {
    let candidates =
        metrics.iter().filter(|metric| metric.name == check.metric && movement.is_possible(metric));
    candidates
        .into_iter()
        .find_map(|metric| Some((metric, check.exceeded_bound(metric.value, metric.unit)?)))
}

/// Whether a value beyond its limit on the way back will still be beyond it at the end.
fn is_decided(
    movement: &Movement,
    check: &CheckRule,
    metric: &Metric,
    part: &Repetition,
    driving: &str,
) -> bool {
    let Some(rule) = movement.metric_rule(&metric.name) else { return false };
    let has_passed =
        |name: &str| part.events.iter().any(|event| event.name == name && event.frame < part.end);
    if let Some(phase) = &rule.phase {
        return movement
            .phases
            .iter()
            .any(|phase_rule| phase_rule.name == *phase && has_passed(&phase_rule.to));
    }
    let limit = check.limit_in_unit(metric.unit);
    let drives = rule.curve.as_deref() == Some(driving);
    match rule.statistic {
        Statistic::Max => metric.value > limit.high || drives,
        Statistic::Range | Statistic::Rise | Statistic::Fall | Statistic::Drift => {
            metric.value > limit.high
        }
        Statistic::Min => metric.value < limit.low,
        Statistic::ValueAt => rule.event.as_deref().is_some_and(has_passed),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_kinematics::{Event, Phase, movement};

    fn squat_repetition(depth: f64, end: usize) -> Repetition {
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
        let movement = movement::find_movement("squat").unwrap();
        let limit = movement
            .checks
            .iter()
            .find(|check| check.metric == "depth")
            .unwrap()
            .limit_in_unit(Unit::Degree);
        let mut cues = CueSelector::new(movement);
        let cued: Vec<bool> = (0..20)
            .map(|_| cues.cue_after_repetition(&squat_repetition(limit.low - 20.0, 60)).is_some())
            .collect();
        let cued_repetitions: Vec<usize> = (0..20).filter(|&at| cued[at]).collect();
        // The second repetition, then after silences of 2, 4 and 8.
        assert_eq!(cued_repetitions, [1, 4, 9, 18]);
        assert!(cues.cue_after_repetition(&squat_repetition(limit.low + 5.0, 60)).is_none());
    }

    #[test]
    fn one_stumble_is_no_fault_and_what_is_decided_is_said_on_the_way_back() {
        let movement = movement::find_movement("squat").unwrap();
        let limit = movement
            .checks
            .iter()
            .find(|check| check.metric == "depth")
            .unwrap()
            .limit_in_unit(Unit::Degree);
        let (short, deep) = (limit.low - 20.0, limit.low + 5.0);
        let mut cues = CueSelector::new(movement);
        for depth in [short, deep, deep, short] {
            assert!(
                cues.cue_during_repetition(&squat_repetition(depth, 40), "knee_flexion").is_none()
                    && cues.cue_after_repetition(&squat_repetition(depth, 60)).is_none()
            );
        }
        assert!(
            cues.cue_during_repetition(&squat_repetition(short, 40), "pelvis_height").is_none(),
            "depth may still grow"
        );
        let cue = cues.cue_during_repetition(&squat_repetition(short, 40), "knee_flexion").unwrap();
        assert!(cue.limit == limit.low && !cue.text.is_empty());
        assert!(
            cues.cue_after_repetition(&squat_repetition(short, 60)).is_none(),
            "one a repetition"
        );
    }
}
