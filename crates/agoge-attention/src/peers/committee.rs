//! Several methods that are asked together: what they say is averaged (a committee machine; Perrone & Cooper 1993).

use super::{Judge, Method, Said, Task};
use crate::error::Error;
use crate::token::Clip;

/// Methods that all judge.
pub(super) struct Committee<'a>(pub(super) Vec<Box<dyn Method + 'a>>);

struct Members(Vec<Box<dyn Judge>>);

impl Method for Committee<'_> {
    fn learn(&self, clips: &[&Clip], movements: &[String], task: Task, seed: u64) -> Result<Box<dyn Judge>, Error> {
        let members = self.0.iter().map(|method| method.learn(clips, movements, task, seed));
        Ok(Box::new(Members(members.collect::<Result<_, Error>>()?)))
    }
}

impl Judge for Members {
    fn judge(&self, clips: &[&Clip]) -> Vec<Said> {
        let words: Vec<Vec<Said>> = self.0.iter().map(|judge| judge.judge(clips)).collect();
        (0..clips.len()).map(|clip| mean(words.iter().map(|said| &said[clip]))).collect()
    }

    fn parameters(&self) -> usize {
        self.0.iter().map(|judge| judge.parameters()).sum()
    }
}

/// The mean of qualities, and of what is said of movements by those who know them; the first distance that is told.
fn mean<'a>(said: impl Iterator<Item = &'a Said> + Clone) -> Said {
    let count = said.clone().count() as f32;
    let knowing = || said.clone().filter(|said| !said.movement.is_empty());
    let classes = knowing().map(|said| said.movement.len()).max().unwrap_or(0);
    let sum = |class: usize| knowing().filter_map(|said| said.movement.get(class)).sum::<f32>();
    Said {
        movement: (0..classes).map(|class| sum(class) / knowing().count() as f32).collect(),
        quality: said.clone().map(|said| said.quality).sum::<f32>() / count,
        distance: said.clone().find_map(|said| said.distance),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_over_those_who_know() {
        let one = Said { movement: vec![0.5, -0.5], quality: 1.0, distance: None };
        let other = Said { movement: Vec::new(), quality: -0.5, distance: Some(0.25) };
        let said = mean([&one, &other].into_iter());
        assert_eq!(said, Said { movement: vec![0.5, -0.5], quality: 0.25, distance: Some(0.25) });
    }
}
