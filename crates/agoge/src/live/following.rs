//! The followed movement: counts its repetitions and turns changes into events.

use super::event::{Event, PhaseSpan};
use super::stretch::Measured;
use agoge_coach::cue::Cues;
use agoge_kinematics::live::{Change, Counter, Done, Outcome};
use agoge_kinematics::movement::At;
use agoge_kinematics::{Movement, Phase};
use std::sync::Arc;

/// The movement that a session follows, with its counter and cues.
pub(super) struct Following {
    pub(super) movement: Arc<Movement>,
    pub(super) counter: Counter,
    pub(super) cues: Cues,
    completed: usize,
    attempted: usize,
}

impl Following {
    pub(super) fn new(movement: Arc<Movement>) -> Following {
        let (counter, cues) = (Counter::new(&movement), Cues::new(&movement));
        Following { movement, counter, cues, completed: 0, attempted: 0 }
    }

    /// The event that announces the movement, with how it was chosen and how certainly.
    pub(super) fn named(&self, t: f64, how: &str, certainty: f64) -> Event {
        let (name, title) = (self.movement.name.clone(), self.movement.title.clone());
        Event::Movement { t, name, title, how: how.to_owned(), certainty }
    }

    /// The events of a change; a repetition that is over is reported without measurements.
    pub(super) fn says(&mut self, t: f64, change: &Change) -> Vec<Event> {
        match change {
            Change::Began { start_s } => {
                let phase = self.movement.phases.first();
                phase
                    .map(|phase| Event::Phase { t, name: phase.name.clone(), from_s: *start_s })
                    .into_iter()
                    .collect()
            }
            Change::Turned { turn_s, .. } => {
                let phase = after_the_turn(&self.movement).map(str::to_owned);
                phase.map(|name| Event::Phase { t, name, from_s: *turn_s }).into_iter().collect()
            }
            Change::Ended(finished) => self.ended(t, finished, None),
            Change::Dropped => vec![Event::Dropped { t }],
        }
    }

    /// Counts a finished repetition and returns its event, followed by a cue if there is one.
    pub(super) fn ended(
        &mut self,
        t: f64,
        finished: &Done,
        measured: Option<Measured>,
    ) -> Vec<Event> {
        match finished.outcome {
            Outcome::Completed => self.completed += 1,
            Outcome::Attempted => self.attempted += 1,
            Outcome::Interrupted => {}
        }
        let cue = measured.as_ref().and_then(|measured| self.cues.after(&measured.repetition));
        let (phases, metrics, model) = measured.map_or_else(Default::default, |measured| {
            let Measured { repetition, time, model } = measured;
            let span = |phase: &Phase| PhaseSpan {
                name: phase.name.clone(),
                start_s: time[phase.start],
                end_s: time[phase.end],
            };
            (repetition.phases.iter().map(span).collect(), repetition.metrics, model)
        });
        let mut events = vec![Event::Repetition {
            t,
            outcome: finished.outcome,
            completed: self.completed,
            attempted: self.attempted,
            start_s: finished.start_s,
            turn_s: finished.turn_s,
            end_s: finished.end_s,
            side: finished.side,
            phases,
            metrics,
            model,
        }];
        events.extend(cue.map(|cue| Event::Cue { t, during: false, cue }));
        events
    }
}

/// The phase that begins where the driving signal is farthest from rest.
fn after_the_turn(movement: &Movement) -> Option<&str> {
    let is_turn = |name: &str| {
        let event = movement.events.iter().find(|event| event.name == name);
        event.is_some_and(|event| event.at == At::Maximum && event.curve.is_none())
    };
    movement.phases.iter().find(|phase| is_turn(&phase.from)).map(|phase| phase.name.as_str())
}
