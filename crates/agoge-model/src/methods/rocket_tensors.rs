//! Rockets as tensors of a weights file. Member `i` has `rockets.i.channels` (U8, `[convolution,
//! channel]`), `rockets.i.biases` (`[feature]`), `rockets.i.weights` (`[movement, feature]`) and
//! `rockets.i.offsets` (`[movement]`); a movement that was not learned has zeros.

use super::fusion::Sense;
use super::minirocket::MiniRocket;
use super::ridge::Ridge;
use super::rocket::{RidgeHeads, RocketMember, RocketView, Rockets, series_length};

/// The tensors of one member.
pub struct RocketTensors {
    /// `[convolution, channel]`.
    pub channels: (Vec<usize>, Vec<u8>),
    /// `[feature]`.
    pub biases: Vec<f32>,
    /// `[movement, feature]`.
    pub weights: Vec<f32>,
    /// `[movement]`.
    pub offsets: Vec<f32>,
}

impl Rockets {
    /// The view of each member.
    pub fn member_views(&self) -> Vec<RocketView> {
        self.members.iter().map(|member| member.view).collect()
    }

    /// The tensors of each member.
    pub fn member_tensors(&self) -> Vec<RocketTensors> {
        self.members.iter().map(RocketMember::to_tensors).collect()
    }

    /// Builds rockets from tensors; the error is the index of the member at fault.
    pub fn from_tensors(views: &[RocketView], tensors: &[RocketTensors]) -> Result<Rockets, usize> {
        let member = |(place, (&view, tensors)): (usize, (&RocketView, &RocketTensors))| {
            RocketMember::from_tensors(view, tensors).ok_or(place)
        };
        let members =
            views.iter().zip(tensors).enumerate().map(member).collect::<Result<_, usize>>()?;
        Ok(Rockets { sense: Sense::Body, members })
    }

    /// The rockets as a file holds them, in single precision: a freshly trained model predicts to
    /// the bit what its file will predict.
    pub fn rounded_to_f32(self) -> Rockets {
        Rockets::from_tensors(&self.member_views(), &self.member_tensors()).unwrap_or(self)
    }
}

impl RocketMember {
    fn to_tensors(&self) -> RocketTensors {
        let width = self.view.channel_count();
        let (mask, biases) = self.rocket.random_choices(width);
        let ridges: Vec<Option<&Ridge>> = match &self.heads {
            RidgeHeads::Each(ridges) => ridges.iter().map(Option::as_ref).collect(),
            RidgeHeads::All(ridge) => vec![Some(ridge)],
        };
        let numbers = |ridge: &Option<&Ridge>| {
            ridge.map_or_else(|| [vec![0.0; biases.len()], vec![0.0]], Ridge::weights_and_offsets)
        };
        let (weights, offsets): (Vec<Vec<f32>>, Vec<Vec<f32>>) =
            ridges.iter().map(numbers).map(|[weights, offsets]| (weights, offsets)).unzip();
        RocketTensors {
            channels: (vec![mask.len() / width, width], mask),
            weights: weights.concat(),
            offsets: offsets.concat(),
            biases,
        }
    }

    fn from_tensors(view: RocketView, tensors: &RocketTensors) -> Option<RocketMember> {
        let RocketTensors { channels: (_, mask), biases, weights, offsets } = tensors;
        let rocket = MiniRocket::from_choices(
            series_length(Sense::Body),
            view.channel_count(),
            mask,
            biases,
        )?;
        if offsets.is_empty() || weights.len() != offsets.len() * biases.len() {
            return None;
        }
        let ridge = |(weights, offset): (&[f32], &f32)| {
            let is_learned = *offset != 0.0 || weights.iter().any(|weight| *weight != 0.0);
            is_learned.then(|| Ridge::from_weights(weights, &[*offset]))
        };
        let ridges = weights.chunks(biases.len()).zip(offsets).map(ridge).collect();
        Some(RocketMember { view, rocket, heads: RidgeHeads::Each(ridges) })
    }
}
