//! A committee of methods, whose predictions are averaged (Perrone & Cooper 1993).

use agoge_model::error::ModelError;
use agoge_model::methods::{ClipPrediction, LearningMethod, LearningTask, Predictor};
use agoge_model::token::LabelledClip;

/// The methods of the committee, each with its weight; the weights add up to 1.
pub(super) struct CommitteeMethod<'a>(pub(super) Vec<(f32, Box<dyn LearningMethod + 'a>)>);

struct CommitteePredictor(Vec<(f32, Box<dyn Predictor>)>);

impl LearningMethod for CommitteeMethod<'_> {
    fn learn_task(
        &self,
        clips: &[&LabelledClip],
        movements: &[String],
        task: LearningTask,
        seed: u64,
    ) -> Result<Box<dyn Predictor>, ModelError> {
        let learn = |(weight, method): &(f32, Box<dyn LearningMethod + '_>)| {
            Ok((*weight, method.learn_task(clips, movements, task, seed)?))
        };
        Ok(Box::new(CommitteePredictor(
            self.0.iter().map(learn).collect::<Result<_, ModelError>>()?,
        )))
    }
}

impl Predictor for CommitteePredictor {
    fn predict_clips(&self, clips: &[&LabelledClip]) -> Vec<ClipPrediction> {
        let predictions: Vec<(f32, Vec<ClipPrediction>)> =
            self.0.iter().map(|(weight, judge)| (*weight, judge.predict_clips(clips))).collect();
        let member_predictions = |clip: usize| {
            predictions.iter().map(|(weight, member)| (*weight, &member[clip])).collect::<Vec<_>>()
        };
        (0..clips.len()).map(|clip| mean_prediction(&member_predictions(clip))).collect()
    }

    fn parameter_count(&self) -> usize {
        self.0.iter().map(|(_, judge)| judge.parameter_count()).sum()
    }
}

/// The weighted mean of the qualities, and of the movement scores over the members that have them;
/// the distance is the first one given.
fn mean_prediction(predictions: &[(f32, &ClipPrediction)]) -> ClipPrediction {
    let knowing: Vec<&(f32, &ClipPrediction)> =
        predictions.iter().filter(|(_, prediction)| !prediction.movement.is_empty()).collect();
    let weights: f32 = knowing.iter().map(|(weight, _)| weight).sum();
    let classes =
        knowing.iter().map(|(_, prediction)| prediction.movement.len()).min().unwrap_or(0);
    let sum = |class: usize| {
        knowing.iter().map(|(weight, prediction)| weight * prediction.movement[class]).sum::<f32>()
    };
    ClipPrediction {
        movement: (0..classes).map(|class| sum(class) / weights).collect(),
        quality: predictions.iter().map(|(weight, prediction)| weight * prediction.quality).sum(),
        distance: predictions.iter().find_map(|(_, prediction)| prediction.distance),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_over_those_who_know() {
        let one = ClipPrediction { movement: vec![0.5, -0.5], quality: 1.0, distance: None };
        let other = ClipPrediction { movement: Vec::new(), quality: -0.5, distance: Some(0.25) };
        let prediction = mean_prediction(&[(0.25, &one), (0.75, &other)]);
        assert_eq!(
            prediction,
            ClipPrediction { movement: vec![0.5, -0.5], quality: -0.125, distance: Some(0.25) }
        );
    }
}
