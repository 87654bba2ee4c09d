//! Methods that judge movements, compared on the same clips: the attention model and the baselines
//! it is measured against.

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

/// Weight of the attention model in a committee with rockets: of the ten judges (nine rockets and
/// itself) it is the one that differs most from the others.
pub(crate) const ATTENTION: f32 = 0.3;

/// Names of the methods.
pub const NAMES: [&str; 8] =
    ["attention", "committee", "rocket", "rockets", "boosted", "dtw", "cnn", "tcn"];

/// Creates a method by name: the attention model, trained as `attention` says; MiniRocket with
/// ridge regression, on one view (`rocket`) or several (`rockets`); the committee of attention and
/// rockets; boosted trees on summaries; the nearest example by dynamic time warping; and two
/// convolutional networks, trained with the settings of the attention model.
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

/// What a method learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// How well each movement was performed: correct above incorrect.
    Quality,
    /// Which movement it was.
    Movement,
}

/// A method's prediction for a clip.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Score of each movement, `[movement]`; only the order counts. Empty if the method learned
    /// quality only.
    pub movement: Vec<f32>,
    /// Quality score for the movement that the clip names; above 0 means correct. 0 if the method
    /// learned movements only.
    pub quality: f32,
    /// Distance from what the method knows of the movement that the clip names; `None` for a method
    /// without distances.
    pub distance: Option<f32>,
}

impl Said {
    /// Index of the likeliest movement; `None` if only quality was learned.
    pub fn recognised(&self) -> Option<usize> {
        highest(&self.movement)
    }
}

/// A method that learns from clips.
pub trait Method: Sync {
    /// Learns a task from clips whose movements are all among `movements`; the same clips and seed
    /// give the same predictor.
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
    /// Predicts each clip.
    fn judge(&self, clips: &[&Clip]) -> Vec<Said>;

    /// Number of learned parameters.
    fn parameters(&self) -> usize;
}
