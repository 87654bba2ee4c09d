//! Methods that judge movements, side by side on the same clips: the attention model, and those it is measured against.

mod boosted;
mod convolution;
mod dtw;
mod fusion;
mod minirocket;
mod ridge;
mod rocket;
mod series;

#[cfg(test)]
mod tests;

use crate::error::Error;
use crate::token::Clip;
use boosted::Boosted;
use convolution::Convolutional;
use dtw::Warping;
use fusion::Fusion;
use rocket::Rocket;

/// What a method has to learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// How well each movement was done: correct above incorrect.
    Quality,
    /// Which movement it was.
    Movement,
}

/// What a method says of a clip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// How likely it is each movement, `[movement]`; only the order counts. Empty where the method learned quality alone.
    pub movement: Vec<f32>,
    /// How well it was done if it was the movement its clip names; above 0 means correct. 0 where the method learned movements alone.
    pub quality: f32,
}

/// A way to learn from clips.
pub trait Method: Sync {
    /// Learns a task from some clips whose movements are all among `movements`; the same clips and seed give the same judge.
    ///
    /// # Errors
    /// If the clips do not suffice.
    fn learn(&self, clips: &[&Clip], movements: &[String], task: Task, seed: u64) -> Result<Box<dyn Judge>, Error>;
}

/// What a method has learned.
pub trait Judge: Send + Sync {
    /// What it says of each clip.
    fn judge(&self, clips: &[&Clip]) -> Vec<Said>;

    /// How many numbers it has learned.
    fn parameters(&self) -> usize;
}

/// Names of the methods that [`by_name`] knows.
pub const NAMES: [&str; 5] = ["rocket", "boosted", "dtw", "cnn", "tcn"];

/// The method of a name: MiniRocket with ridge, boosted trees on summaries, the nearest example by dynamic time warping, and two convolutional networks.
pub fn by_name(name: &str) -> Option<Box<dyn Method>> {
    Some(match name {
        "rocket" => Box::new(Fusion(Rocket::default())),
        "boosted" => Box::new(Fusion(Boosted::default())),
        "dtw" => Box::new(Fusion(Warping)),
        "cnn" => Box::new(Convolutional::plain()),
        "tcn" => Box::new(Convolutional::temporal()),
        _ => return None,
    })
}
