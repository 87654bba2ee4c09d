//! Two senses, one method: what the body showed and what a worn sensor felt are learned apart, and what is said of them is added, each with its weight.

use super::{Judge, Method, Said, Task};
use crate::error::Error;
use crate::motion::Motion;
use crate::token::Clip;
use std::borrow::Cow;

/// Where a method looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sense {
    /// The body's motion.
    Body,
    /// What a worn sensor felt.
    Worn,
}

impl Sense {
    fn of(self, motion: &Motion) -> bool {
        match self {
            Sense::Body => motion.has_body(),
            Sense::Worn => motion.has_sensor(),
        }
    }
}

/// The clips of one sense, to learn from.
pub(super) struct Examples<'a> {
    pub(super) sense: Sense,
    pub(super) task: Task,
    pub(super) clips: Vec<&'a Clip>,
    /// Which movement each clip is, `[clip]`.
    pub(super) classes: Vec<usize>,
    /// How many movements there are.
    pub(super) movements: usize,
}

impl<'a> Examples<'a> {
    /// Those of some clips that have the sense and are one of the movements.
    pub(super) fn new(clips: &[&'a Clip], movements: &[String], sense: Sense, task: Task) -> Examples<'a> {
        let sensed = clips.iter().copied().filter(|clip| sense.of(&clip.motion));
        let (clips, classes) = sensed.filter_map(|clip| Some((clip, clip.class(movements)?))).unzip();
        Examples { sense, task, clips, classes, movements: movements.len() }
    }

    /// The motions, as [`Judge::judge`] will show them too.
    pub(super) fn motions(&self) -> Vec<Cow<'_, Motion>> {
        self.clips.iter().map(|clip| shown(&clip.motion, self.task)).collect()
    }

    /// Who did each, as a number, `[clip]`: 0 is who comes first.
    pub(super) fn athletes(&self) -> Vec<usize> {
        let mut known: Vec<&str> = Vec::new();
        let mut number = |clip: &&'a Clip| {
            let place = known.iter().position(|name| *name == clip.athlete);
            place.unwrap_or_else(|| {
                known.push(&clip.athlete);
                known.len() - 1
            })
        };
        self.clips.iter().map(&mut number).collect()
    }

    /// The mean squared distance of decision values, `[clip][movement]`, from 1 for what is so (the movement, or correct if it is the movement that was done) and −1 for what is not.
    pub(super) fn error(&self, said: &[Vec<f32>]) -> f64 {
        let problems = self.problems();
        let known = problems.iter().enumerate().flat_map(|(movement, problem)| {
            let target = |first: bool| if first { 1.0 } else { -1.0 };
            problem.iter().flatten().map(move |(i, first)| f64::from(said[*i][movement] - target(*first)).powi(2))
        });
        let squares: Vec<f64> = known.collect();
        squares.iter().sum::<f64>() / squares.len().max(1) as f64
    }

    /// The problems of two kinds that make up the task, `[movement]`: which clips take part, each with whether it is of the first kind: correct among those of the
    /// movement, or the movement among all. None where one kind is missing.
    pub(super) fn problems(&self) -> Vec<Option<Vec<(usize, bool)>>> {
        let problem = |movement: usize| {
            let own = |clip: usize| self.classes[clip] == movement;
            let all = 0..self.clips.len();
            let kinds: Vec<(usize, bool)> = match self.task {
                Task::Quality => all.filter(|&i| own(i)).filter_map(|i| Some((i, self.clips[i].label?))).collect(),
                Task::Movement => all.map(|i| (i, own(i))).collect(),
            };
            let both = kinds.iter().any(|(_, first)| *first) && kinds.iter().any(|(_, first)| !first);
            both.then_some(kinds)
        };
        (0..self.movements).map(problem).collect()
    }
}

/// A method that learns from one sense.
pub(super) trait Learner: Sync {
    /// Learns; none if the examples do not suffice.
    fn learn(&self, examples: &Examples, seed: u64) -> Option<Taught>;
}

/// What a learner makes of examples.
pub(super) struct Taught {
    pub(super) judge: Box<dyn Decide>,
    /// What is said of the examples by judges that did not learn from their athlete, `[clip][movement]`; none if the method does not tell.
    pub(super) left_out: Option<Vec<Vec<f32>>>,
}

impl Taught {
    /// Of a method that does not say what it would have said of its examples.
    pub(super) fn untold(judge: impl Decide + 'static) -> Taught {
        Taught { judge: Box::new(judge), left_out: None }
    }
}

/// What such a method has learned.
pub(super) trait Decide: Send + Sync {
    /// Decision values of each motion, `[motion][movement]`: how likely it is the movement, or how well it was done if it was; 0 of what was not learned.
    fn decide(&self, motions: &[Cow<Motion>]) -> Vec<Vec<f32>>;

    /// How many numbers it has learned.
    fn parameters(&self) -> usize;
}

/// A method that learns from each sense and adds.
pub(super) struct Fusion<L>(pub(super) L);

struct Fused {
    /// Each sense with its weight.
    senses: Vec<(Sense, f32, Box<dyn Decide>)>,
    movements: Vec<String>,
    task: Task,
}

impl<L: Learner> Method for Fusion<L> {
    fn learn(&self, clips: &[&Clip], movements: &[String], task: Task, seed: u64) -> Result<Box<dyn Judge>, Error> {
        let learn = |sense: Sense| {
            let examples = Examples::new(clips, movements, sense, task);
            let learned = self.0.learn(&examples, seed)?;
            Some((examples, learned))
        };
        let learned: Vec<(Examples, Taught)> = [Sense::Body, Sense::Worn].into_iter().filter_map(learn).collect();
        let weights = match learned.as_slice() {
            [body, worn] => weights(body, worn).unwrap_or([1.0; 2]),
            _ => [1.0; 2],
        };
        let weighed = learned.into_iter().zip(weights);
        let senses: Vec<_> = weighed.map(|((own, learned), weight)| (own.sense, weight, learned.judge)).collect();
        if senses.is_empty() {
            return Err(too_few(clips.len()));
        }
        Ok(Box::new(Fused { senses, movements: movements.to_vec(), task }))
    }
}

impl Judge for Fused {
    fn judge(&self, clips: &[&Clip]) -> Vec<Said> {
        let mut values = vec![vec![0.0; self.movements.len()]; clips.len()];
        for (sense, weight, judge) in &self.senses {
            let sensed: Vec<usize> = (0..clips.len()).filter(|&i| sense.of(&clips[i].motion)).collect();
            let motions: Vec<Cow<Motion>> = sensed.iter().map(|&i| shown(&clips[i].motion, self.task)).collect();
            for (i, decided) in sensed.into_iter().zip(judge.decide(&motions)) {
                values[i].iter_mut().zip(decided).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        let said = |(clip, values): (&&Clip, Vec<f32>)| match self.task {
            Task::Movement => Said { movement: values, ..Said::default() },
            Task::Quality => {
                let quality = clip.class(&self.movements).map_or(0.0, |class| values[class]);
                Said { quality, ..Said::default() }
            }
        };
        clips.iter().zip(values).map(said).collect()
    }

    fn parameters(&self) -> usize {
        self.senses.iter().map(|(.., judge)| judge.parameters()).sum()
    }
}

/// By how much what each of two senses says counts, so that the sum is nearest to what is so of the clips that show both, each said by judges that did not learn from its athlete (stacking,
/// Wolpert 1992, by least squares about the targets' mean); none where that is not told or gives no weights above 0.
fn weights(body: &(Examples, Taught), worn: &(Examples, Taught)) -> Option<[f32; 2]> {
    let ((body, told), (worn, worn_told)) = (body, worn);
    let (told, worn_told) = (told.left_out.as_ref()?, worn_told.left_out.as_ref()?);
    let mut rows: Vec<[f64; 3]> = Vec::new();
    for (movement, problem) in body.problems().into_iter().enumerate() {
        for (i, first) in problem.into_iter().flatten() {
            let Some(j) = worn.clips.iter().position(|clip| std::ptr::eq(*clip, body.clips[i])) else { continue };
            let target = if first { 1.0 } else { -1.0 };
            rows.push([f64::from(told[i][movement]), f64::from(worn_told[j][movement]), target]);
        }
    }
    let mean = rows.iter().map(|row| row[2]).sum::<f64>() / rows.len().max(1) as f64;
    let sum = |a: usize, b: usize| rows.iter().map(|row| (row[a] - mean) * (row[b] - mean)).sum::<f64>();
    let (bb, bw, ww) = (sum(0, 0), sum(0, 1), sum(1, 1));
    let (by, wy) = (sum(0, 2), sum(1, 2));
    let determinant = bb * ww - bw * bw;
    let weights = [(by * ww - wy * bw) / determinant, (wy * bb - by * bw) / determinant];
    weights.iter().all(|weight| *weight > 0.0 && weight.is_finite()).then(|| weights.map(|weight| weight as f32))
}

/// How well a movement was done is judged alike on both sides; which movement it was may be a matter of the side.
fn shown(motion: &Motion, task: Task) -> Cow<'_, Motion> {
    match task {
        Task::Quality => motion.active_right(),
        Task::Movement => Cow::Borrowed(motion),
    }
}

/// That some clips do not suffice.
pub(super) fn too_few(clips: usize) -> Error {
    Error::Clips {
        what: format!("nothing can be learned from {clips} clips"),
        hint: "give correct and incorrect repetitions of a movement, or two movements",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::clips;

    /// Says what it was told to.
    struct Mute;

    impl Decide for Mute {
        fn decide(&self, motions: &[Cow<Motion>]) -> Vec<Vec<f32>> {
            vec![Vec::new(); motions.len()]
        }

        fn parameters(&self) -> usize {
            0
        }
    }

    #[test]
    fn senses_count_by_what_they_said_of_athletes_left_out() {
        let clips = clips(0..4);
        let clips: Vec<&Clip> = clips.iter().collect();
        let names = ["OverheadReach".to_owned(), "Squat".to_owned()];
        // What is so is half of what the body says and a quarter of what the sensor says.
        let examples = || Examples::new(&clips, &names, Sense::Body, Task::Movement);
        let truth: Vec<Vec<f32>> =
            examples().classes.iter().map(|&class| vec![1.0 - 2.0 * class as f32, 2.0 * class as f32 - 1.0]).collect();
        let odd = |i: usize| if i % 3 == 0 { 1.0f32 } else { -0.5 };
        let said = |scale: f32, off: f32| -> Vec<Vec<f32>> {
            let row = |(i, own): (usize, &Vec<f32>)| own.iter().map(|v| scale * v + off * odd(i)).collect();
            truth.iter().enumerate().map(row).collect()
        };
        let learned = |left_out: Option<Vec<Vec<f32>>>| (examples(), Taught { judge: Box::new(Mute), left_out });
        let [body, worn] = weights(&learned(Some(said(1.0, 1.0))), &learned(Some(said(2.0, -2.0)))).unwrap();
        assert!((body - 0.5).abs() < 1e-5 && (worn - 0.25).abs() < 1e-5, "{body} {worn}");
        assert_eq!(weights(&learned(Some(said(1.0, 1.0))), &learned(None)), None);
        // Two that say the same cannot be weighed against each other.
        assert_eq!(weights(&learned(Some(said(1.0, 0.0))), &learned(Some(said(1.0, 0.0)))), None);
    }
}
