//! Work that takes milliseconds: measuring a stretch of a stream or recognising the movement in it,
//! independently of the session.

use super::event::ModelJudgement;
use crate::{Models, movement};
use agoge_analysis::{MovementChoice, MovementOrigin};
use agoge_coach::model_score;
use agoge_kinematics::live::FinishedMovement;
use agoge_kinematics::{
    CameraView, Curves, FailedGate, GateJudge, MeasuredCurves, Movement, Repetition,
    describe_repetition, measure_curves, segment_repetitions,
};
use agoge_motion::condition::{self, condition_recording};
use agoge_motion::skeleton::BodyRules;
use agoge_motion::{Recording, Side};
use std::sync::Arc;

/// An unnamed movement gets a generic description after this many repetitions of whatever moves
/// most, or after this many seconds.
const GENERIC_AFTER: (usize, f64) = (3, 20.0);

/// A stretch of a session's frames, to be processed ([`StreamTask::run_task`]) off the frame loop.
pub struct StreamTask<'m> {
    pub(super) models: &'m Models,
    pub(super) options: condition::ConditioningOptions,
    pub(super) rules: Arc<BodyRules>,
    /// The frames, from some time before the event to the newest frame.
    pub(super) recording: Recording,
    /// Time of the frame that requested it, s.
    pub(super) t: f64,
    pub(super) kind: TaskKind,
    /// The movement that the streaming encoder recognised in the last seconds, and its probability.
    pub(super) recognised: Option<(String, f32)>,
}

/// What to find out.
pub(super) enum TaskKind {
    /// Which movement it is.
    Recognise,
    /// How a repetition has gone so far, on its way back: the movement, when it began (s), and the
    /// side.
    Turned(Arc<Movement>, f64, Option<Side>),
    /// How a finished repetition went.
    Ended(Arc<Movement>, FinishedMovement),
}

/// The result of processing a stretch; [`super::LiveSession::apply_result`] turns it into events.
pub struct TaskResult {
    pub(super) t: f64,
    pub(super) answer: TaskAnswer,
}

/// What was found out about a stretch.
pub(super) enum TaskAnswer {
    /// The movement, if one is to be followed, with the curves measured so far.
    Recognised(Option<Box<(Movement, MovementChoice, Curves)>>),
    /// The unfinished repetition on its way back; none if it could not be measured.
    Turned(Option<Repetition>),
    /// The finished repetition, with its measurements if it could be measured.
    Ended(FinishedMovement, Option<MeasuredRepetition>),
}

/// A measured repetition.
pub(super) struct MeasuredRepetition {
    pub(super) repetition: Repetition,
    /// Time of each frame that its phases refer to, s.
    pub(super) time: Vec<f64>,
    pub(super) model: Option<ModelJudgement>,
    /// The must-features of the movement that it lacks: if there are any, it is no repetition.
    pub(super) unlike: Vec<FailedGate>,
}

impl StreamTask<'_> {
    /// Processes the stretch: takes a few milliseconds on one core.
    pub fn run_task(self) -> TaskResult {
        let answer = match &self.kind {
            TaskKind::Recognise => TaskAnswer::Recognised(self.recognise_movement()),
            TaskKind::Turned(movement, start_s, side) => TaskAnswer::Turned(
                self.measure_span(movement, [*start_s, self.t], *side, false)
                    .map(|(repetition, ..)| repetition),
            ),
            TaskKind::Ended(movement, finished) => {
                TaskAnswer::Ended(*finished, self.measure_finished(movement, finished))
            }
        };
        TaskResult { t: self.t, answer }
    }

    /// Chooses the movement to follow; none if it is too early to tell.
    fn recognise_movement(&self) -> Option<Box<(Movement, MovementChoice, Curves)>> {
        let (body, curves, view) = self.measure_curves()?;
        let judge = GateJudge::new(&body, &curves, view);
        let (movement, choice) =
            movement::choose_movement("auto", &curves, &body, self.models, &judge).ok()?;
        if choice.how != MovementOrigin::Recognised {
            let seen = segment_repetitions(&movement, &curves)
                .iter()
                .filter(|repetition| repetition.complete)
                .count();
            let begun_s = self.recording.time.first().copied().unwrap_or(self.t);
            if seen < GENERIC_AFTER.0 && self.t - begun_s < GENERIC_AFTER.1
                || movement.repetition.signals.is_empty()
            {
                return None;
            }
        }
        Some(Box::new((movement.into_owned(), choice, curves)))
    }

    /// Measures a finished repetition and asks the model about it.
    fn measure_finished(
        &self,
        movement: &Movement,
        finished: &FinishedMovement,
    ) -> Option<MeasuredRepetition> {
        let (repetition, body, curves, view) =
            self.measure_span(movement, [finished.start_s, finished.end_s], finished.side, true)?;
        let unlike = GateJudge::new(&body, &curves, view)
            .failed_rules(movement, [repetition.start, repetition.end]);
        let model = match unlike.is_empty() {
            true => self.model_judgement(movement, &repetition, &body),
            false => None,
        };
        Some(MeasuredRepetition { repetition, time: curves.time, model, unlike })
    }

    /// The model's judgement of the repetition. Only in three dimensions: the model was never
    /// evaluated on a single camera.
    fn model_judgement(
        &self,
        movement: &Movement,
        repetition: &Repetition,
        body: &Recording,
    ) -> Option<ModelJudgement> {
        let (taken_for, certainty) = self.recognised.clone()?;
        let model = self.models.model.as_ref()?;
        let readings = model.read_repetitions(body, &[(repetition.start, repetition.end)]);
        let from = model_score::ReadRecording {
            skeleton: &self.recording.skeleton,
            is_3d: true,
            correct: &[],
        };
        let (mut scores, _) = model_score::score_with_model(model, &movement.name, &readings, from);
        Some(ModelJudgement { movement: taken_for, certainty, score: scores.pop().flatten() })
    }

    /// Conditions and measures the stretch like a complete recording.
    fn measure_curves(&self) -> Option<(Recording, Curves, CameraView)> {
        let conditioned = condition_recording(&self.recording, &self.options).ok()?.recording;
        let body = conditioned.to_body_with(&self.rules).recording;
        let MeasuredCurves { curves, view, .. } = measure_curves(&body);
        Some((body, curves, view))
    }

    /// Measures the span between two instants as a repetition; returns it with the body and the
    /// curves it was measured on, and their view.
    fn measure_span(
        &self,
        movement: &Movement,
        span_s: [f64; 2],
        side: Option<Side>,
        complete: bool,
    ) -> Option<(Repetition, Recording, Curves, CameraView)> {
        let (body, curves, view) = self.measure_curves()?;
        let frame = |time_s: f64| {
            curves.time.partition_point(|time| *time < time_s - 1e-9).min(curves.time.len() - 1)
        };
        let [start, end] = span_s.map(frame);
        let repetition = (start < end)
            .then(|| describe_repetition(movement, &curves, [start, end], side, complete))?;
        Some((repetition, body, curves, view))
    }
}
