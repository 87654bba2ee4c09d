//! A committee of methods, whose predictions are averaged (Perrone & Cooper 1993).

use super::{Judge, Method, Said, Task};
use crate::error::Error;
use crate::token::Clip;

/// The methods of the committee, each with its weight; the weights add up to 1.
pub(super) struct Committee<'a>(pub(super) Vec<(f32, Box<dyn Method + 'a>)>);

struct Members(Vec<(f32, Box<dyn Judge>)>);

impl Method for Committee<'_> {
    fn learn(
        &self,
        clips: &[&Clip],
        movements: &[String],
        task: Task,
        seed: u64,
    ) -> Result<Box<dyn Judge>, Error> {
        let learn = |(weight, method): &(f32, Box<dyn Method + '_>)| {
            Ok((*weight, method.learn(clips, movements, task, seed)?))
        };
        Ok(Box::new(Members(self.0.iter().map(learn).collect::<Result<_, Error>>()?)))
    }
}

impl Judge for Members {
    fn judge(&self, clips: &[&Clip]) -> Vec<Said> {
        let predictions: Vec<(f32, Vec<Said>)> =
            self.0.iter().map(|(weight, judge)| (*weight, judge.judge(clips))).collect();
        let member_predictions = |clip: usize| {
            predictions.iter().map(|(weight, member)| (*weight, &member[clip])).collect::<Vec<_>>()
        };
        (0..clips.len()).map(|clip| mean(&member_predictions(clip))).collect()
    }

    fn parameters(&self) -> usize {
        self.0.iter().map(|(_, judge)| judge.parameters()).sum()
    }
}

/// The weighted mean of the qualities, and of the movement scores over the members that have them;
/// the distance is the first one given.
fn mean(predictions: &[(f32, &Said)]) -> Said {
    let knowing: Vec<&(f32, &Said)> =
        predictions.iter().filter(|(_, prediction)| !prediction.movement.is_empty()).collect();
    let weights: f32 = knowing.iter().map(|(weight, _)| weight).sum();
    let classes =
        knowing.iter().map(|(_, prediction)| prediction.movement.len()).min().unwrap_or(0);
    let sum = |class: usize| {
        knowing.iter().map(|(weight, prediction)| weight * prediction.movement[class]).sum::<f32>()
    };
    Said {
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
        let one = Said { movement: vec![0.5, -0.5], quality: 1.0, distance: None };
        let other = Said { movement: Vec::new(), quality: -0.5, distance: Some(0.25) };
        let prediction = mean(&[(0.25, &one), (0.75, &other)]);
        assert_eq!(
            prediction,
            Said { movement: vec![0.5, -0.5], quality: -0.125, distance: Some(0.25) }
        );
    }
}
