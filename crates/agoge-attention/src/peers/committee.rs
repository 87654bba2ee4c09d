//! Several methods that are asked together: what they say is averaged (a committee machine; Perrone
//! & Cooper 1993).

use super::{Judge, Method, Said, Task};
use crate::error::Error;
use crate::token::Clip;

/// Methods that all judge, each with its weight; the weights add up to 1.
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
        let words: Vec<(f32, Vec<Said>)> =
            self.0.iter().map(|(weight, judge)| (*weight, judge.judge(clips))).collect();
        let of = |clip: usize| {
            words.iter().map(|(weight, said)| (*weight, &said[clip])).collect::<Vec<_>>()
        };
        (0..clips.len()).map(|clip| mean(&of(clip))).collect()
    }

    fn parameters(&self) -> usize {
        self.0.iter().map(|(_, judge)| judge.parameters()).sum()
    }
}

/// The weighted mean of qualities, and of what is said of movements by those who know them; the
/// first distance that is told.
fn mean(said: &[(f32, &Said)]) -> Said {
    let knowing: Vec<&(f32, &Said)> =
        said.iter().filter(|(_, said)| !said.movement.is_empty()).collect();
    let weights: f32 = knowing.iter().map(|(weight, _)| weight).sum();
    let classes = knowing.iter().map(|(_, said)| said.movement.len()).min().unwrap_or(0);
    let sum = |class: usize| {
        knowing.iter().map(|(weight, said)| weight * said.movement[class]).sum::<f32>()
    };
    Said {
        movement: (0..classes).map(|class| sum(class) / weights).collect(),
        quality: said.iter().map(|(weight, said)| weight * said.quality).sum(),
        distance: said.iter().find_map(|(_, said)| said.distance),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_over_those_who_know() {
        let one = Said { movement: vec![0.5, -0.5], quality: 1.0, distance: None };
        let other = Said { movement: Vec::new(), quality: -0.5, distance: Some(0.25) };
        let said = mean(&[(0.25, &one), (0.75, &other)]);
        assert_eq!(said, Said { movement: vec![0.5, -0.5], quality: -0.125, distance: Some(0.25) });
    }
}
