//! What takes milliseconds: a stretch of a stream that is measured, or looked through for a
//! movement. It needs nothing of its session meanwhile.

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

/// A movement that nobody named is described plainly once so many repetitions of whatever moves
/// most were seen, or after so many seconds.
const PLAIN: (usize, f64) = (3, 20.0);

/// A stretch of what a session has seen, to be worked on ([`Stretch::work`]) where nobody waits for
/// it.
pub struct Stretch<'m> {
    pub(super) models: &'m Models,
    pub(super) options: condition::Options,
    pub(super) rules: Arc<BodyRules>,
    /// From a while before it to the newest frame.
    pub(super) recording: Recording,
    /// Time of the frame that asked for it, s.
    pub(super) t: f64,
    pub(super) question: Question,
    /// What the streaming encoder took the last seconds for, and how surely.
    pub(super) taken_for: Option<(String, f32)>,
}

/// What is to be found out.
pub(super) enum Question {
    /// Which movement it is.
    Look,
    /// How a repetition is so far, on its way back: the movement, when it began (s), and which side
    /// does it.
    Turned(Arc<Movement>, f64, Option<Side>),
    /// How a repetition was.
    Ended(Arc<Movement>, Done),
}

/// What was found out; [`super::Session::tell`] puts it into words.
pub struct Worked {
    pub(super) t: f64,
    pub(super) answer: Answer,
}

pub(super) enum Answer {
    /// The movement, if one is to be followed, with the curves of what was seen of it.
    Looked(Option<Box<(Movement, MovementChoice, Curves)>>),
    /// The part of a repetition that was on its way back; none if it could not be measured.
    Turned(Option<Repetition>),
    /// The repetition.
    Ended(Done, Option<Measured>),
}

/// A repetition, measured.
pub(super) struct Measured {
    pub(super) repetition: Repetition,
    /// Time of each frame that its phases count, s.
    pub(super) time: Vec<f64>,
    pub(super) model: Option<ModelWord>,
}

impl Stretch<'_> {
    /// Does the work: some milliseconds of one core.
    pub fn work(self) -> Worked {
        let answer = match &self.question {
            Question::Look => Answer::Looked(self.look()),
            Question::Turned(movement, start_s, side) => Answer::Turned(
                self.described(movement, [*start_s, self.t], *side, false)
                    .map(|(repetition, ..)| repetition),
            ),
            Question::Ended(movement, done) => Answer::Ended(*done, self.end(movement, done)),
        };
        Worked { t: self.t, answer }
    }

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

    fn end(&self, movement: &Movement, done: &Done) -> Option<Measured> {
        let (repetition, body, curves) =
            self.described(movement, [done.start_s, done.end_s], done.side, true)?;
        let model = self.model(movement, &repetition, &body);
        Some(Measured { repetition, time: curves.time, model })
    }

    /// What the model says of it. Only in three dimensions: on one camera its word was never
    /// measured.
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

    /// Conditioned and measured as a recording that is over.
    fn measured(&self) -> Option<(Recording, Curves)> {
        let conditioned = condition(&self.recording, &self.options).ok()?.recording;
        let body = conditioned.to_body_by(&self.rules).recording;
        let curves = measure(&body).curves;
        Some((body, curves))
    }

    /// From an instant to another as a repetition, with the body and the curves that it was
    /// measured on.
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
