//! Methods that judge movements, side by side on the same clips: the attention model, and those it
//! is measured against.

mod attention;
mod boosted;
mod committee;
mod convolution;
mod dtw;
mod fusion;
mod minirocket;
mod ridge;
mod rocket;
mod rocket_tensors;
mod series;

#[cfg(test)]
mod tests;

pub use attention::Attention;
pub(crate) use attention::leaning;
pub(crate) use ridge::Ridge;
pub(crate) use rocket::{Features, Rockets, View};
pub(crate) use rocket_tensors::RocketTensors;

use crate::error::Error;
use crate::metric::highest;
use crate::token::Clip;
use boosted::Boosted;
use committee::Committee;
use convolution::Convolutional;
use dtw::Warping;
use fusion::Fusion;
use rocket::Rocket;
use serde::{Deserialize, Serialize};

/// The weight of the attention model's word where rockets judge with it: of ten judges it is the
/// one that sees most differently from the others.
pub(crate) const ATTENTION: f32 = 0.3;

/// The names of the methods.
pub const NAMES: [&str; 8] =
    ["attention", "committee", "rocket", "rockets", "boosted", "dtw", "cnn", "tcn"];

/// The method of a name: the attention model, trained as `attention` says; MiniRocket with ridge,
/// once (`rocket`) and of several views (`rockets`); the committee of attention and rockets;
/// boosted trees on summaries, the nearest example by dynamic time warping, and two convolutional
/// networks, trained by the same settings as the attention model.
pub fn by_name<'a>(name: &str, attention: &Attention<'a>) -> Option<Box<dyn Method + 'a>> {
    Some(match name {
        "attention" => Box::new(attention.clone()),
        "committee" => {
            let rockets = Box::new(Fusion(Rocket::many()));
            Box::new(Committee(vec![
                (ATTENTION, Box::new(attention.clone())),
                (1.0 - ATTENTION, rockets),
            ]))
        }
        "rocket" => Box::new(Fusion(Rocket::plain())),
        "rockets" => Box::new(Fusion(Rocket::many())),
        "boosted" => Box::new(Fusion(Boosted::default())),
        "dtw" => Box::new(Fusion(Warping)),
        "cnn" => Box::new(Convolutional::plain(attention.config.clone())),
        "tcn" => Box::new(Convolutional::temporal(attention.config.clone())),
        _ => return None,
    })
}

/// What a method has to learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// How well each movement was done: correct above incorrect.
    Quality,
    /// Which movement it was.
    Movement,
}

/// What a method says of a clip.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// How likely it is each movement, `[movement]`; only the order counts. Empty where the method
    /// learned quality alone.
    pub movement: Vec<f32>,
    /// How well it was done if it was the movement its clip names; above 0 means correct. 0 where
    /// the method learned movements alone.
    pub quality: f32,
    /// How far it lies from what the method knows of the movement its clip names; none for a method
    /// that does not say.
    pub distance: Option<f32>,
}

impl Said {
    /// The likeliest movement; none where only quality was learned.
    pub fn recognised(&self) -> Option<usize> {
        highest(&self.movement)
    }
}

/// A way to learn from clips.
pub trait Method: Sync {
    /// Learns a task from some clips whose movements are all among `movements`; the same clips and
    /// seed give the same judge.
    ///
    /// # Errors
    /// If the clips do not suffice.
    fn learn(
        &self,
        clips: &[&Clip],
        movements: &[String],
        task: Task,
        seed: u64,
    ) -> Result<Box<dyn Judge>, Error>;
}

/// What a method has learned.
pub trait Judge: Send + Sync {
    /// What it says of each clip.
    fn judge(&self, clips: &[&Clip]) -> Vec<Said>;

    /// How many numbers it has learned.
    fn parameters(&self) -> usize;
}
