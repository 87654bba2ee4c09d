//! The followed movement: counts its repetitions and turns changes into events.

use super::event::{LiveEvent, PhaseSpan};
use super::task::MeasuredRepetition;
use agoge_analysis::MovementOrigin;
use agoge_coach::cue::CueSelector;
use agoge_kinematics::live::{FinishedMovement, LiveChange, MovementOutcome, RepetitionCounter};
use agoge_kinematics::movement::EventCriterion;
use agoge_kinematics::{Movement, Phase};
use std::sync::Arc;

/// The movement that a session follows, with its counter and cues.
pub(super) struct FollowedMovement {
    pub(super) movement: Arc<Movement>,
    pub(super) counter: RepetitionCounter,
    pub(super) cues: CueSelector,
    completed: usize,
    attempted: usize,
}

impl FollowedMovement {
    pub(super) fn new(movement: Arc<Movement>) -> FollowedMovement {
        let (counter, cues) = (RepetitionCounter::new(&movement), CueSelector::new(&movement));
        FollowedMovement { movement, counter, cues, completed: 0, attempted: 0 }
    }

    /// The event that announces the movement, with how it was chosen and how certainly.
    pub(super) fn movement_event(&self, t: f64, how: MovementOrigin, certainty: f64) -> LiveEvent {
        let (name, title) = (self.movement.name.clone(), self.movement.title.clone());
        LiveEvent::Movement { t, name, title, how, certainty }
    }

    /// The events of a change; a repetition that is over is reported without measurements.
    pub(super) fn change_events(&mut self, t: f64, change: &LiveChange) -> Vec<LiveEvent> {
        match change {
            LiveChange::Began { start_s } => {
                let phase = self.movement.phases.first();
                phase
                    .map(|phase| LiveEvent::Phase { t, name: phase.name.clone(), from_s: *start_s })
                    .into_iter()
                    .collect()
            }
            LiveChange::Turned { turn_s, .. } => {
                let phase = phase_after_turn(&self.movement).map(str::to_owned);
                phase
                    .map(|name| LiveEvent::Phase { t, name, from_s: *turn_s })
                    .into_iter()
                    .collect()
            }
            LiveChange::Ended(finished) => self.finish_repetition(t, finished, None),
            LiveChange::Dropped => vec![LiveEvent::Dropped { t }],
        }
    }

    /// Counts a finished repetition, unless it lacks what makes it this movement, and returns its
    /// event, followed by a cue if there is one.
    pub(super) fn finish_repetition(
        &mut self,
        t: f64,
        finished: &FinishedMovement,
        measured: Option<MeasuredRepetition>,
    ) -> Vec<LiveEvent> {
        let unlike = measured.as_ref().map_or_else(Vec::new, |measured| measured.unlike.clone());
        let (outcome, measured) = match unlike.is_empty() {
            true => (finished.outcome, measured),
            false => (MovementOutcome::Unlike, None),
        };
        match outcome {
            MovementOutcome::Completed => self.completed += 1,
            MovementOutcome::Attempted => self.attempted += 1,
            MovementOutcome::Interrupted | MovementOutcome::Unlike => {}
        }
        let cue = measured
            .as_ref()
            .and_then(|measured| self.cues.cue_after_repetition(&measured.repetition));
        let (phases, metrics, model) = measured.map_or_else(Default::default, |measured| {
            let MeasuredRepetition { repetition, time, model, .. } = measured;
            let span = |phase: &Phase| PhaseSpan {
                name: phase.name.clone(),
                start_s: time[phase.start],
                end_s: time[phase.end],
            };
            (repetition.phases.iter().map(span).collect(), repetition.metrics, model)
        });
        let mut events = vec![LiveEvent::Repetition {
            t,
            outcome,
            completed: self.completed,
            attempted: self.attempted,
            start_s: finished.start_s,
            turn_s: finished.turn_s,
            end_s: finished.end_s,
            side: finished.side,
            phases,
            metrics,
            model,
            unlike,
        }];
        events.extend(cue.map(|cue| LiveEvent::Cue { t, during: false, cue }));
        events
    }
}

/// The phase that begins where the driving signal is farthest from rest.
fn phase_after_turn(movement: &Movement) -> Option<&str> {
    let is_turn = |name: &str| {
        let event = movement.events.iter().find(|event| event.name == name);
        event.is_some_and(|event| event.at == EventCriterion::Maximum && event.curve.is_none())
    };
    movement.phases.iter().find(|phase| is_turn(&phase.from)).map(|phase| phase.name.as_str())
}
