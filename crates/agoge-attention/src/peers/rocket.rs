//! MiniRocket's features and ridge: among the strongest methods on time series of this size, and fast.

use super::Task;
use super::fusion::{Decide, Examples, Learner, Sense};
use super::minirocket::MiniRocket;
use super::ridge::Ridge;
use super::series::{self, Series};
use crate::motion::Motion;
use crate::token::{Clip, PARTS};
use fastrand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Instants of a series of the body, and of a sensor, which is faster.
const LENGTHS: [usize; 2] = [64, 128];

/// MiniRocket with ridge; with several views or draws their decisions are averaged.
pub(super) struct Rocket {
    /// About how many features judge quality, of each member.
    pub(super) quality: usize,
    /// About how many features recognise movements, of each member.
    pub(super) movement: usize,
    /// What the members look at.
    pub(super) views: &'static [View],
    /// How many draws of kernels' channels and biases each view gets.
    pub(super) draws: usize,
}

/// What a member looks at of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum View {
    /// Where the parts are.
    Positions,
    /// How the bones are directed.
    Directions,
    /// Both.
    Pose,
    /// Where the parts are and how fast they move.
    Motion,
    /// Pose and motion.
    Whole,
}

impl Rocket {
    /// One member that looks at the pose, or for recognition at the motion.
    pub(super) fn plain() -> Rocket {
        Rocket { quality: 2_000, movement: 10_000, views: &[], draws: 1 }
    }

    /// Nine members for quality: three views, three draws each; for recognition twelve, of four views.
    pub(super) fn many() -> Rocket {
        let views = &[View::Positions, View::Directions, View::Pose];
        Rocket { quality: 2_000, movement: 6_000, views, draws: 3 }
    }

    /// The views of a task; a worn sensor has one.
    fn views(&self, sense: Sense, task: Task) -> Vec<View> {
        match (sense, task) {
            (Sense::Worn, _) => vec![View::Motion],
            (Sense::Body, Task::Quality) if self.views.is_empty() => vec![View::Pose],
            (Sense::Body, Task::Movement) if self.views.is_empty() => vec![View::Motion],
            (Sense::Body, Task::Quality) => self.views.to_vec(),
            (Sense::Body, Task::Movement) => vec![View::Positions, View::Directions, View::Motion, View::Whole],
        }
    }
}

/// MiniRocket's features of a body's pose, which need no label.
pub(crate) struct Features(MiniRocket);

impl Features {
    /// Fits about 2 000 features; none for fewer than two motions.
    pub(crate) fn fit(motions: &[&Motion], seed: u64) -> Option<Features> {
        let series = Features::series(motions);
        (series.len() > 1).then(|| MiniRocket::fit(&series, 2_000, &mut Rng::with_seed(seed)))?.map(Features)
    }

    /// How many there are.
    pub(crate) fn width(&self) -> usize {
        self.0.features()
    }

    /// The features of some motions, `[motion, feature]`.
    pub(crate) fn of(&self, motions: &[&Motion]) -> Vec<f32> {
        self.0.transform(&Features::series(motions))
    }

    fn series(motions: &[&Motion]) -> Vec<Series> {
        motions.par_iter().map(|motion| series_of(&motion.active_right(), Sense::Body, View::Pose)).collect()
    }
}

/// What rockets have learned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rockets {
    pub(super) sense: Sense,
    pub(super) members: Vec<Member>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) view: View,
    pub(super) rocket: MiniRocket,
    pub(super) heads: Heads,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Heads {
    /// A ridge a movement, where both kinds were there to learn from.
    Each(Vec<Option<Ridge>>),
    /// One for all movements.
    All(Ridge),
}

impl Learner for Rocket {
    fn learn(&self, examples: &Examples, seed: u64) -> Option<Box<dyn Decide>> {
        Some(Box::new(self.fit(examples, seed)?))
    }
}

impl Rocket {
    fn fit(&self, examples: &Examples, seed: u64) -> Option<Rockets> {
        let &Examples { sense, task, .. } = examples;
        if examples.problems().iter().all(Option::is_none) {
            return None;
        }
        let count = if task == Task::Quality { self.quality } else { self.movement };
        let mut members = Vec::new();
        for (place, view) in self.views(sense, task).into_iter().enumerate() {
            let series = all_series(&examples.motions(), sense, view);
            for draw in 0..self.draws {
                let mut rng = Rng::with_seed(seed + 1000 * place as u64 + 100_000 * draw as u64);
                let rocket = MiniRocket::fit(&series, count, &mut rng)?;
                let heads = heads(examples, &rocket.transform(&series), rocket.features())?;
                members.push(Member { view, rocket, heads });
            }
        }
        Some(Rockets { sense, members })
    }
}

/// Ridges on features, `[example, feature]`.
fn heads(examples: &Examples, features: &[f32], width: usize) -> Option<Heads> {
    let sign = |first: bool| if first { 1.0 } else { -1.0 };
    Some(match examples.task {
        Task::Movement => {
            let target = |&class: &usize| (0..examples.movements).map(move |movement| sign(movement == class));
            let targets: Vec<f64> = examples.classes.iter().flat_map(target).collect();
            Heads::All(Ridge::fit(features, &targets, examples.clips.len())?)
        }
        Task::Quality => {
            let learn = |problem: Option<Vec<(usize, bool)>>| {
                let problem = problem?;
                let rows = problem.iter().flat_map(|(i, _)| &features[i * width..(i + 1) * width]);
                let own: Vec<f32> = rows.copied().collect();
                let targets: Vec<f64> = problem.iter().map(|(_, correct)| sign(*correct)).collect();
                Ridge::fit(&own, &targets, targets.len())
            };
            Heads::Each(examples.problems().into_par_iter().map(learn).collect())
        }
    })
}

impl Rockets {
    /// Nine rockets that judge the quality of what a body does; none if nothing was judged. `movements` are those that may be asked for.
    pub(crate) fn of_quality(clips: &[&Clip], movements: &[String], seed: u64) -> Option<Rockets> {
        let rockets = Rocket::many().fit(&Examples::new(clips, movements, Sense::Body, Task::Quality), seed)?;
        Some(rockets.rounded())
    }

    /// How many numbers they have learned.
    pub(crate) fn parameters(&self) -> usize {
        self.members.iter().map(|member| member.rocket.features() + member.heads.parameters()).sum()
    }

    /// How well each motion was done, should it be each of the movements, `[motion][movement]`: above 0 means correct.
    pub(crate) fn quality(&self, motions: &[&Motion]) -> Vec<Vec<f32>> {
        let shown: Vec<Cow<Motion>> = motions.iter().map(|motion| motion.active_right()).collect();
        self.decide(&shown)
    }
}

impl Decide for Rockets {
    fn decide(&self, motions: &[Cow<Motion>]) -> Vec<Vec<f32>> {
        let mut sums: Vec<Vec<f32>> = vec![Vec::new(); motions.len()];
        // Members of one view stand together and look at the same.
        let mut shown: Option<(View, Vec<Series>)> = None;
        for member in &self.members {
            let (_, series) = match shown.take().filter(|(view, _)| *view == member.view) {
                Some(same) => shown.insert(same),
                None => shown.insert((member.view, all_series(motions, self.sense, member.view))),
            };
            let features = member.rocket.transform(series);
            let decided: Vec<Vec<f32>> =
                features.par_chunks(member.rocket.features()).map(|own| member.heads.decide(own)).collect();
            for (sum, decided) in sums.iter_mut().zip(decided) {
                sum.resize(decided.len(), 0.0);
                sum.iter_mut().zip(decided).for_each(|(sum, value)| *sum += value / self.members.len() as f32);
            }
        }
        sums
    }

    fn parameters(&self) -> usize {
        Rockets::parameters(self)
    }
}

impl Heads {
    fn decide(&self, features: &[f32]) -> Vec<f32> {
        match self {
            Heads::All(ridge) => ridge.predict(features).into_iter().map(|value| value as f32).collect(),
            Heads::Each(ridges) => {
                let value = |ridge: &Option<Ridge>| ridge.as_ref()?.predict(features).first().copied();
                ridges.iter().map(|ridge| value(ridge).unwrap_or(0.0) as f32).collect()
            }
        }
    }

    fn parameters(&self) -> usize {
        match self {
            Heads::All(ridge) => ridge.parameters(),
            Heads::Each(ridges) => ridges.iter().flatten().map(Ridge::parameters).sum(),
        }
    }
}

/// Instants of the series of a sense.
pub(super) fn length_of(sense: Sense) -> usize {
    let [body, worn] = LENGTHS;
    if sense == Sense::Body { body } else { worn }
}

/// Channels of a view of the body.
pub(super) fn channels_of(view: View) -> usize {
    let (positions, directions) = (3 * PARTS.len(), 3 * series::BONES);
    match view {
        View::Positions => positions,
        View::Directions => directions,
        View::Pose => positions + directions,
        View::Motion => 2 * positions,
        View::Whole => 2 * positions + directions,
    }
}

fn all_series(motions: &[Cow<Motion>], sense: Sense, view: View) -> Vec<Series> {
    motions.par_iter().map(|motion| series_of(motion, sense, view)).collect()
}

fn series_of(motion: &Motion, sense: Sense, view: View) -> Series {
    let (body, worn) = (length_of(Sense::Body), length_of(Sense::Worn));
    match (sense, view) {
        (Sense::Worn, _) => series::worn(motion, worn),
        (Sense::Body, View::Positions) => series::positions(motion, body),
        (Sense::Body, View::Directions) => series::directions(motion, body),
        (Sense::Body, View::Pose) => series::positions(motion, body).and(series::directions(motion, body)),
        (Sense::Body, View::Motion) => {
            let positions = series::positions(motion, body);
            let velocities = positions.velocities();
            positions.and(velocities)
        }
        (Sense::Body, View::Whole) => {
            let positions = series::positions(motion, body);
            let velocities = positions.velocities();
            positions.and(velocities).and(series::directions(motion, body))
        }
    }
}
