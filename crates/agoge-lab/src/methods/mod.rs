//! Methods that judge movements, compared on the same clips: the attention model and the baselines
//! it is measured against.

mod attention;
mod boosted;
mod committee;
mod convolution;
mod dtw;

#[cfg(test)]
mod tests;

pub use attention::AttentionMethod;

use agoge_model::methods::fusion::FusionMethod;
use agoge_model::methods::rocket::RocketMethod;
use agoge_model::methods::{ATTENTION_WEIGHT, LearningMethod};
use boosted::BoostedMethod;
use committee::CommitteeMethod;
use convolution::ConvolutionalMethod;
use dtw::WarpingMethod;

/// Names of the methods.
pub const METHOD_NAMES: [&str; 8] =
    ["attention", "committee", "rocket", "rockets", "boosted", "dtw", "cnn", "tcn"];

/// Creates a method by name: the attention model, trained as `attention` says; MiniRocket with
/// ridge regression, on one view (`rocket`) or several (`rockets`); the committee of attention and
/// rockets; boosted trees on summaries; the nearest example by dynamic time warping; and two
/// convolutional networks, trained with the settings of the attention model.
pub fn method_by_name<'a>(
    name: &str,
    attention: &AttentionMethod<'a>,
) -> Option<Box<dyn LearningMethod + 'a>> {
    Some(match name {
        "attention" => Box::new(attention.clone()),
        "committee" => {
            let rockets = Box::new(FusionMethod(RocketMethod::many_views()));
            Box::new(CommitteeMethod(vec![
                (ATTENTION_WEIGHT, Box::new(attention.clone())),
                (1.0 - ATTENTION_WEIGHT, rockets),
            ]))
        }
        "rocket" => Box::new(FusionMethod(RocketMethod::single_view())),
        "rockets" => Box::new(FusionMethod(RocketMethod::many_views())),
        "boosted" => Box::new(FusionMethod(BoostedMethod::default())),
        "dtw" => Box::new(FusionMethod(WarpingMethod)),
        "cnn" => Box::new(ConvolutionalMethod::plain_network(attention.config.clone())),
        "tcn" => Box::new(ConvolutionalMethod::temporal_network(attention.config.clone())),
        _ => return None,
    })
}
