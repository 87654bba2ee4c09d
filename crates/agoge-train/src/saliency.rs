//! Saliency: the relevance of each body part at each instant for the quality output, by the usual
//! methods. Do not trust any of them unless it passes its controls: on data like ours, saliency of
//! trained networks was found to be at or below chance. docs/results/explanations.md reports how
//! each method performs here.

use crate::attention::SelfAttention;
use crate::encoder::{Attender, BatchTokens, Encoder};
use crate::ops::AttentionOptions;
use crate::train::{encoder_batch, training_device};
use agoge_model::model::Model;
use agoge_model::motion::Motion;
use agoge_model::sides::face_active_side;
use agoge_model::size::EncoderSize;
use agoge_model::token::{ClipTokens, PARTS, SENSOR_SLOT, TIMES, part_index};
use agoge_model::weights::seed_values;
use agoge_motion::Part;
use burn::module::Module;
use burn::tensor::{Bool, Device, Tensor, TensorData};

/// A saliency method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaliencyMethod {
    /// Attention multiplied from block to block, including the residual path (Abnar & Zuidema
    /// 2020).
    Rollout,
    /// The same with each attention weighted by its gradient where that is positive (Chefer, Gur &
    /// Wolf 2021).
    GradientRollout,
    /// Gradient times input.
    Gradient,
    /// Mean gradient along the path from zero to the input, times the input (Sundararajan, Taly &
    /// Yan 2017).
    IntegratedGradients,
    /// Change of the output when a part is hidden for a third of the time (Zeiler & Fergus 2014).
    Occlusion,
}

impl SaliencyMethod {
    /// All methods.
    pub const ALL: [SaliencyMethod; 5] = [
        SaliencyMethod::Rollout,
        SaliencyMethod::GradientRollout,
        SaliencyMethod::Gradient,
        SaliencyMethod::IntegratedGradients,
        SaliencyMethod::Occlusion,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            SaliencyMethod::Rollout => "attention rollout",
            SaliencyMethod::GradientRollout => "gradient-weighted rollout",
            SaliencyMethod::Gradient => "gradient x input",
            SaliencyMethod::IntegratedGradients => "integrated gradients",
            SaliencyMethod::Occlusion => "occlusion",
        }
    }
}

/// How much each part at each instant contributes to "incorrect". Attention alone has no sign; it
/// shows how much each counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Relevance {
    /// `[time, part]`: [`TIMES`] instants evenly spread over the repetition, parts in the order of
    /// [`PARTS`].
    pub values: Vec<f32>,
}

impl Relevance {
    /// Mean over some parts and the instants in an interval (fractions of the repetition); zero if
    /// there are none.
    pub fn mean_within(&self, [from, to]: [f64; 2], parts: &[Part]) -> f32 {
        let inside = |time: &usize| (from..=to).contains(&(*time as f64 / (TIMES - 1) as f64));
        let times: Vec<usize> = (0..TIMES).filter(inside).collect();
        let sum: f32 = times
            .iter()
            .flat_map(|time| parts.iter().map(move |part| time * PARTS.len() + part_index(*part)))
            .map(|at| self.values[at])
            .sum();
        sum / (times.len() * parts.len()).max(1) as f32
    }
}

/// Integration steps of integrated gradients.
const STEPS: usize = 16;
/// Time intervals that occlusion hides one by one.
const INTERVALS: usize = 3;

/// An untrained model with the same movements and sizes, as a control.
pub fn untrained_copy(model: &Model, seed: u64) -> Model {
    Model::new(seed_values(model.size(), seed), model.size().clone(), model.card().clone(), &[])
}

/// Relevance of each part at each instant for the quality of a motion as one of the model's
/// movements. If the model mirrors left-handed motions, the parts are mapped back.
pub fn quality_relevance(
    model: &Model,
    motion: &Motion,
    class: usize,
    method: SaliencyMethod,
) -> Relevance {
    let seen = face_active_side(motion, &model.card().movements);
    let tokens = seen.to_tokens().without_sensor();
    let encoder = Encoder::from_model(model, &training_device());
    let values = token_relevance(&encoder, model.size(), &tokens, class, method);
    let mirrored = matches!(seen, std::borrow::Cow::Owned(_));
    let n = PARTS.len();
    let from = |part: usize| if mirrored { part_index(PARTS[part].mirror()) } else { part };
    let values = (0..TIMES * n).map(|at| values[at / n * n + from(at % n)]).collect();
    Relevance { values }
}

/// Records attention matrices, gated if their gradients are needed.
struct RecordingAttender {
    attention: Vec<Tensor<4>>,
    gates: Vec<Tensor<4>>,
    graph: Option<Device>,
}

impl RecordingAttender {
    /// `graph` is an autodiff device for the gates, if gradients are needed.
    fn new(graph: Option<Device>) -> RecordingAttender {
        RecordingAttender { attention: Vec::new(), gates: Vec::new(), graph }
    }
}

impl Attender for RecordingAttender {
    fn attend_tokens(
        &mut self,
        attention: &SelfAttention,
        x: Tensor<4>,
        sight: &AttentionOptions,
    ) -> Tensor<4> {
        let [outer, tokens, inner, _] = x.dims();
        let gate = self.graph.as_ref().map(|device| {
            Tensor::<4>::ones([outer * inner, attention.head_count(), tokens, tokens], device)
                .require_grad()
        });
        // The times of each part form a separate sequence.
        let spread = |rotary: &crate::ops::RotaryAngles| rotary.repeat_sequences(outer, inner);
        let sight = AttentionOptions {
            rotary: sight.rotary.as_ref().map(|both| both.each_ref().map(spread)),
            ..sight.clone()
        };
        let (out, weights) = attention.attend_with_weights(x, &sight, gate.as_ref());
        self.attention.push(weights);
        self.gates.extend(gate);
        out
    }
}

/// Computes the relevance of the tokens of one body, `[time, part]`.
fn token_relevance(
    encoder: &Encoder,
    size: &EncoderSize,
    tokens: &ClipTokens,
    class: usize,
    method: SaliencyMethod,
) -> Vec<f32> {
    let n = PARTS.len();
    let floats = |tensor: Tensor<1>| tensor.into_data().try_to_vec::<f32>().unwrap_or_default();
    match method {
        SaliencyMethod::Occlusion => {
            let device = encoder.device();
            let count = n * INTERVALS;
            let rows = vec![tokens.clone(); count + 1];
            let mut hidden = vec![false; (count + 1) * TIMES * n];
            let stretch = |time: usize| time * INTERVALS / TIMES;
            for (row, time) in (0..count).flat_map(|row| (0..TIMES).map(move |time| (row, time))) {
                hidden[(row * TIMES + time) * n + row % n] = stretch(time) == row / n;
            }
            let mut all = encoder_batch(&rows, false, &device);
            all.masked = Some(Tensor::<3, Bool>::from_data(
                TensorData::new(hidden, [count + 1, TIMES, n]),
                &device,
            ));
            let logits =
                floats(encoder.predict_batch(all).quality.narrow(1, class, 1).reshape([count + 1]));
            let rise = |time: usize, part: usize| logits[stretch(time) * n + part] - logits[count];
            (0..TIMES * n).map(|at| rise(at / n, at % n)).collect()
        }
        SaliencyMethod::Gradient | SaliencyMethod::IntegratedGradients => {
            let encoder = encoder.clone().train();
            let graph = encoder.device();
            let steps = if method == SaliencyMethod::Gradient { 1 } else { STEPS };
            let mut all = encoder_batch(&vec![tokens.clone(); steps], false, &graph);
            let BatchTokens::Body(body) = all.tokens else { return vec![0.0; TIMES * n] };
            let shares: Vec<f32> = (1..=steps).map(|step| step as f32 / steps as f32).collect();
            let share = Tensor::<1>::from_data(TensorData::new(shares, [steps]), &graph)
                .reshape([steps, 1, 1, 1]);
            let scaled = (body.clone() * share).detach().require_grad();
            all.tokens = BatchTokens::Body(scaled.clone());
            let logits = encoder.predict_batch(all).quality.narrow(1, class, 1).sum();
            let Some(gradient) = scaled.grad(&logits.backward()) else {
                return vec![0.0; TIMES * n];
            };
            let input =
                body.inner().narrow(0, 0, 1).reshape([TIMES, n, agoge_model::token::CHANNELS]);
            let gradient = gradient.mean_dim(0).reshape([TIMES, n, agoge_model::token::CHANNELS]);
            floats((gradient * input).sum_dim(2).reshape([TIMES * n]).neg())
        }
        SaliencyMethod::Rollout | SaliencyMethod::GradientRollout => {
            let encoder = encoder.clone().train();
            let graph = encoder.device();
            let mut open = RecordingAttender::new(Some(graph.clone()));
            let logits = encoder.predict_with_attender(
                encoder_batch(std::slice::from_ref(tokens), false, &graph),
                &mut open,
            );
            let gradients = logits.quality.narrow(1, class, 1).neg().sum().backward();
            let each = open.attention.iter().zip(&open.gates).map(|(attention, gate)| {
                let attention = attention.clone().inner();
                match (method, gate.grad(&gradients)) {
                    // The gradient of the gate is the attention times its own gradient.
                    (SaliencyMethod::GradientRollout, Some(gradient)) => {
                        gradient.clamp_min(0.0).mean_dim(1)
                    }
                    _ => attention.mean_dim(1),
                }
            });
            let each: Vec<Vec<f32>> =
                each.map(|t| t.into_data().try_to_vec::<f32>().unwrap_or_default()).collect();
            let seen: Vec<bool> =
                tokens.hidden[..SENSOR_SLOT].iter().map(|hidden| !hidden).collect();
            attention_rollout(&each, size.blocks, &seen)
        }
    }
}

/// Contribution of each token to the mean over all visible tokens, `[time, part]`: the product of
/// attention over parts and over time, block by block, with half of each token taking the residual
/// path (Abnar & Zuidema 2020). Shapes: for every block, `each` holds `[time, part, part]` and
/// `[part, time, time]`.
fn attention_rollout(each: &[Vec<f32>], blocks: usize, seen: &[bool]) -> Vec<f32> {
    let n = PARTS.len();
    let tokens = TIMES * n;
    // Goes from the pooled tokens back to the input: a row vector is multiplied by each layer.
    let count = (seen.iter().filter(|seen| **seen).count() * TIMES).max(1) as f32;
    let mut row: Vec<f32> =
        (0..tokens).map(|at| if seen[at % n] { 1.0 / count } else { 0.0 }).collect();
    for block in (0..blocks).rev() {
        let over_time = &each[2 * block + 1];
        let mut next = row.clone();
        for (time, part) in (0..TIMES).flat_map(|time| (0..n).map(move |part| (time, part))) {
            for to in 0..TIMES {
                next[to * n + part] +=
                    row[time * n + part] * over_time[(part * TIMES + time) * TIMES + to];
            }
        }
        row = next.iter().map(|v| 0.5 * v).collect();
        let over_parts = &each[2 * block];
        let mut next = row.clone();
        for (time, part) in (0..TIMES).flat_map(|time| (0..n).map(move |part| (time, part))) {
            for to in 0..n {
                next[time * n + to] +=
                    row[time * n + part] * over_parts[(time * n + part) * n + to];
            }
        }
        row = next.iter().map(|v| 0.5 * v).collect();
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::TrainingConfig;
    use agoge_model::card::Card;
    use agoge_motion::simulate::{Exercise, SimulatedSet};

    fn model_and_motion() -> (Model, Motion) {
        let set = SimulatedSet { repetitions: 1, ..SimulatedSet::new(Exercise::Squat) };
        let card = Card { movements: vec!["a".to_owned(), "b".to_owned()], ..Card::default() };
        let size = TrainingConfig {
            width: 16,
            heads: 2,
            blocks: 2,
            feed_forward: 32,
            ..TrainingConfig::default()
        }
        .encoder_size(2);
        let encoder = Encoder::seeded(&size, &training_device(), 3);
        (encoder.to_model(size, card, &[]), agoge_model::simulated::simulated_motion(&set))
    }

    #[test]
    fn open_attention_says_what_closed_attention_says() {
        let (model, motion) = model_and_motion();
        let encoder = &Encoder::from_model(&model, &training_device());
        let tokens =
            || encoder_batch(&[motion.to_tokens().without_sensor()], false, &encoder.device());
        let says = |output: crate::encoder::EncoderOutput| {
            output.quality.into_data().try_to_vec::<f32>().unwrap()
        };
        let closed = says(encoder.predict_batch(tokens()));
        let open = says(encoder.predict_with_attender(tokens(), &mut RecordingAttender::new(None)));
        // The sums are taken in different orders.
        assert!(closed.iter().zip(&open).all(|(a, b)| (a - b).abs() < 1e-4), "{closed:?} {open:?}");
    }

    #[test]
    fn every_method_has_a_value_for_every_token() {
        let (model, motion) = model_and_motion();
        for method in SaliencyMethod::ALL {
            let relevance = quality_relevance(&model, &motion, 0, method);
            assert_eq!(relevance.values.len(), TIMES * PARTS.len());
            assert!(relevance.values.iter().all(|v| v.is_finite()), "{method:?}");
            assert!(relevance.values.iter().any(|v| *v != 0.0), "{method:?}");
        }
        let rollout = quality_relevance(&model, &motion, 0, SaliencyMethod::Rollout);
        assert!(
            (rollout.values.iter().sum::<f32>() - 1.0).abs() < 1e-3,
            "attention is shared out, not made"
        );
    }

    /// Completeness (Sundararajan, Taly & Yan 2017, proposition 1): the values sum to the change
    /// caused by the input. Sixteen steps leave an error.
    #[test]
    fn integrated_gradients_sum_to_what_the_input_changes() {
        let (model, motion) = model_and_motion();
        let encoder = &Encoder::from_model(&model, &training_device());
        let tokens = motion.to_tokens().without_sensor();
        let nothing = ClipTokens { values: vec![0.0; tokens.values.len()], ..tokens.clone() };
        let says = |tokens: ClipTokens| {
            let all = encoder_batch(&[tokens], false, &encoder.device());
            encoder
                .predict_batch(all)
                .quality
                .narrow(1, 0, 1)
                .into_data()
                .try_to_vec::<f32>()
                .unwrap()[0]
        };
        let change = says(tokens) - says(nothing);
        let sum = -quality_relevance(&model, &motion, 0, SaliencyMethod::IntegratedGradients)
            .values
            .iter()
            .sum::<f32>();
        assert!((sum - change).abs() < 0.15 * change.abs().max(1.0), "{sum} {change}");
    }
}
