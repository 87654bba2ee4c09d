//! Work that takes milliseconds: measuring a stretch of a stream or recognising the movement in it,
//! independently of the session.

use super::event::ModelWord;
use crate::{Models, movement};
use agoge_coach::analysis::MovementChoice;
use agoge_coach::learned;
use agoge_kinematics::live::Done;
use agoge_kinematics::{Curves, Movement, Repetition, described, measure, repetitions};
use agoge_motion::condition::{self, condition};
use agoge_motion::skeleton::BodyRules;
use agoge_motion::{Recording, Side};
use std::sync::Arc;

/// An unnamed movement gets a generic description after this many repetitions of whatever moves
/// most, or after this many seconds.
const PLAIN: (usize, f64) = (3, 20.0);

/// A stretch of a session's frames, to be processed ([`Stretch::work`]) off the frame loop.
pub struct Stretch<'m> {
    pub(super) models: &'m Models,
    pub(super) options: condition::Options,
    pub(super) rules: Arc<BodyRules>,
    /// The frames, from some time before the event to the newest frame.
    pub(super) recording: Recording,
    /// Time of the frame that requested it, s.
    pub(super) t: f64,
    pub(super) question: Question,
    /// The movement that the streaming encoder recognised in the last seconds, and its probability.
    pub(super) taken_for: Option<(String, f32)>,
}

/// What to find out.
pub(super) enum Question {
    /// Which movement it is.
    Look,
    /// How a repetition has gone so far, on its way back: the movement, when it began (s), and the
    /// side.
    Turned(Arc<Movement>, f64, Option<Side>),
    /// How a finished repetition went.
    Ended(Arc<Movement>, Done),
}

/// The result of processing a stretch; [`super::Session::tell`] turns it into events.
pub struct Worked {
    pub(super) t: f64,
    pub(super) answer: Answer,
}

/// What was found out about a stretch.
pub(super) enum Answer {
    /// The movement, if one is to be followed, with the curves measured so far.
    Looked(Option<Box<(Movement, MovementChoice, Curves)>>),
    /// The unfinished repetition on its way back; none if it could not be measured.
    Turned(Option<Repetition>),
    /// The finished repetition, with its measurements if it could be measured.
    Ended(Done, Option<Measured>),
}

/// A measured repetition.
pub(super) struct Measured {
    pub(super) repetition: Repetition,
    /// Time of each frame that its phases refer to, s.
    pub(super) time: Vec<f64>,
    pub(super) model: Option<ModelWord>,
}

impl Stretch<'_> {
    /// Processes the stretch: takes a few milliseconds on one core.
    pub fn work(self) -> Worked {
        let answer = match &self.question {
            Question::Look => Answer::Looked(self.look()),
            Question::Turned(movement, start_s, side) => Answer::Turned(
                self.described(movement, [*start_s, self.t], *side, false)
                    .map(|(repetition, ..)| repetition),
            ),
            Question::Ended(movement, finished) => {
                Answer::Ended(*finished, self.end(movement, finished))
            }
        };
        Worked { t: self.t, answer }
    }

    /// Chooses the movement to follow; none if it is too early to tell.
    fn look(&self) -> Option<Box<(Movement, MovementChoice, Curves)>> {
        let (body, curves) = self.measured()?;
        let (movement, choice) = movement::choose("auto", &curves, &body, self.models).ok()?;
        if choice.how != "recognised" {
            let seen = repetitions(&movement, &curves)
                .iter()
                .filter(|repetition| repetition.complete)
                .count();
            let begun_s = self.recording.time.first().copied().unwrap_or(self.t);
            if seen < PLAIN.0 && self.t - begun_s < PLAIN.1
                || movement.repetition.signals.is_empty()
            {
                return None;
            }
        }
        Some(Box::new((movement.into_owned(), choice, curves)))
    }

    /// Measures a finished repetition and asks the model about it.
    fn end(&self, movement: &Movement, finished: &Done) -> Option<Measured> {
        let (repetition, body, curves) =
            self.described(movement, [finished.start_s, finished.end_s], finished.side, true)?;
        let model = self.model(movement, &repetition, &body);
        Some(Measured { repetition, time: curves.time, model })
    }

    /// The model's judgement of the repetition. Only in three dimensions: the model was never
    /// evaluated on a single camera.
    fn model(
        &self,
        movement: &Movement,
        repetition: &Repetition,
        body: &Recording,
    ) -> Option<ModelWord> {
        let (taken_for, certainty) = self.taken_for.clone()?;
        let model = self.models.model.as_ref()?;
        let readings = model.read(body, &[(repetition.start, repetition.end)]);
        let (mut scores, _) = learned::judge(model, &movement.name, &readings, true);
        Some(ModelWord { movement: taken_for, certainty, score: scores.pop().flatten() })
    }

    /// Conditions and measures the stretch like a complete recording.
    fn measured(&self) -> Option<(Recording, Curves)> {
        let conditioned = condition(&self.recording, &self.options).ok()?.recording;
        let body = conditioned.to_body_by(&self.rules).recording;
        let curves = measure(&body).curves;
        Some((body, curves))
    }

    /// Measures the span between two instants as a repetition; returns it with the body and the
    /// curves it was measured on.
    fn described(
        &self,
        movement: &Movement,
        span_s: [f64; 2],
        side: Option<Side>,
        complete: bool,
    ) -> Option<(Repetition, Recording, Curves)> {
        let (body, curves) = self.measured()?;
        let frame = |time_s: f64| {
            curves.time.partition_point(|time| *time < time_s - 1e-9).min(curves.time.len() - 1)
        };
        let [start, end] = span_s.map(frame);
        let repetition =
            (start < end).then(|| described(movement, &curves, [start, end], side, complete))?;
        Some((repetition, body, curves))
    }
}
