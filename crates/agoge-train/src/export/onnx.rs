//! The encoder with its heads as an ONNX graph: the same computation as
//! [`crate::encoder::Encoder`], node by node.

use super::graph::{GraphBuilder, float_attribute, int_attribute};
use super::proto::{BOOL, FLOAT, INT64, OnnxEntry, OnnxModel, OperatorSet};
use agoge_model::error::ModelError;
use agoge_model::model;
use agoge_model::size::{EncoderSize, PERIODS_S};
use agoge_model::token::{CHANNELS, PARTS, SENSOR_CHANNELS, SLOTS, TIMES};
use agoge_model::weights::WeightValues;
use prost::Message;

/// ONNX operator set version of the graph: the first with layer norm.
pub const OPSET: i64 = 17;
/// The matching version of the file format.
const IR_VERSION: i64 = 8;
/// Added to the variance, as in training.
const EPSILON: f32 = 1e-5;

/// Encodes a model as an ONNX file.
///
/// Inputs: `tokens` `[batch, time, part, channel]`, `sensor` `[batch, time, sensor's channel]`,
/// `carrier` `[batch]` (the part that carries the sensor), `hidden` `[batch, slot]` (true for parts
/// that are never seen and, in the last slot, if no sensor was worn; hidden values are ignored but
/// must be finite), `seconds` `[batch, time]`. Outputs: `movement` `[batch, movement]`
/// (probabilities), `quality` `[batch, movement]` (probabilities), `embedding` `[batch, 2 ·
/// width]`. The card is stored in the metadata as JSON, under `agoge`.
///
/// # Errors
/// None in practice.
pub fn encode_onnx(model: &model::Model) -> Result<Vec<u8>, ModelError> {
    let card = model.card();
    let about = serde_json::to_string(card).map_err(|error| ModelError::Weights {
        name: card.name.clone(),
        what: error.to_string(),
        hint: "report this with the model's card",
    })?;
    let values = model.encoder_values().clone();
    let mut net =
        OnnxExporter { graph: GraphBuilder::new(&card.name), values: &values, size: model.size() };
    net.build_graph();
    let proto = OnnxModel {
        ir_version: IR_VERSION,
        producer_name: "agoge".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: format!("{}. {}", card.data, card.limits),
        graph: Some(net.graph.into_graph()),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPSET }],
        metadata_props: vec![OnnxEntry { key: "agoge".to_owned(), value: about }],
    };
    Ok(proto.encode_to_vec())
}

struct OnnxExporter<'a> {
    graph: GraphBuilder,
    values: &'a WeightValues,
    size: &'a EncoderSize,
}

/// Nodes shared by all blocks.
struct SharedNodes {
    /// Square root of the number of channels per head; divisor of the energies.
    scale: String,
    /// Hidden slots, `[batch, 1, 1, 1, slot]`.
    hidden: String,
    /// Cosines and sines, `[batch, 1, 1, time, pair]`.
    cos: String,
    sin: String,
    /// Replaces the energies of hidden keys.
    low: String,
    /// Replaces the attention to hidden keys.
    zero: String,
}

impl OnnxExporter<'_> {
    fn build_graph(&mut self) {
        let (parts, width, movements) = (PARTS.len(), self.size.width, self.size.movements);
        let tokens = self.graph.add_input(
            "tokens",
            FLOAT,
            &[TIMES, parts, CHANNELS],
            "[batch, time, part, channel]",
        );
        let sensor = self.graph.add_input(
            "sensor",
            FLOAT,
            &[TIMES, SENSOR_CHANNELS],
            "[batch, time, channel], of a sensor",
        );
        let carrier = self.graph.add_input(
            "carrier",
            INT64,
            &[],
            "[batch], the part that carries the sensor",
        );
        let hidden = self.graph.add_input(
            "hidden",
            BOOL,
            &[SLOTS],
            "[batch, slot], true where a part is never seen, and last where no sensor was worn",
        );
        let seconds = self.graph.add_input("seconds", FLOAT, &[TIMES], "[batch, time]");
        let shared = self.add_shared(&hidden, &seconds);
        let mut x = self.add_embedding(&tokens, &sensor, &carrier);
        for block in 0..self.size.blocks {
            x = self.add_block(&x, block, &shared);
        }
        let x = self.add_norm(&x, "norm");
        let embedding = self.add_pooling(&x, &hidden);
        let logits = self.add_linear(&embedding, "movement");
        let movement =
            self.graph.add_op_with("Softmax", &[&logits], vec![int_attribute("axis", -1)]);
        let logits = self.add_linear(&embedding, "quality");
        let quality = self.graph.add_op("Sigmoid", &[&logits]);
        self.graph.add_output(
            &movement,
            "movement",
            movements,
            "probability of each movement of the card",
        );
        self.graph.add_output(
            &quality,
            "quality",
            movements,
            "probability that it was done correctly, if it was that one",
        );
        self.graph.add_output(
            &embedding,
            "embedding",
            2 * width,
            "mean and maximum over the tokens",
        );
    }

    /// Embeds body and sensor, `[batch, time, slot, width]`.
    fn add_embedding(&mut self, tokens: &str, sensor: &str, carrier: &str) -> String {
        let x = self.add_linear(tokens, "input");
        let parts = self.add_weight("parts");
        let x = self.graph.add_op("Add", &[&x, &parts]);
        let y = self.add_linear(sensor, "sensor");
        let carried = self.graph.add_op("Gather", &[&parts, carrier]);
        let worn = self.add_weight("worn");
        let slot = self.graph.add_op("Add", &[&carried, &worn]);
        let slot = self.graph.add_unsqueeze(&slot, &[1]);
        let y = self.graph.add_op("Add", &[&y, &slot]);
        let y = self.graph.add_unsqueeze(&y, &[2]);
        self.graph.add_op_with("Concat", &[&x, &y], vec![int_attribute("axis", 2)])
    }

    fn add_shared(&mut self, hidden: &str, seconds: &str) -> SharedNodes {
        let channels = self.size.width / self.size.heads;
        let pairs = channels / 2;
        let last = pairs.saturating_sub(1).max(1) as f32;
        let [fastest, slowest] = PERIODS_S.map(|period| std::f32::consts::TAU / period);
        let speeds: Vec<f32> =
            (0..pairs).map(|i| fastest * (slowest / fastest).powf(i as f32 / last)).collect();
        let graph = &mut self.graph;
        let speeds = graph.add_floats("speeds", &[pairs], &speeds);
        let seconds = graph.add_unsqueeze(seconds, &[1, 2, 4]);
        let angles = graph.add_op("Mul", &[&seconds, &speeds]);
        SharedNodes {
            scale: graph.add_float((channels as f32).sqrt()),
            hidden: graph.add_unsqueeze(hidden, &[1, 2, 3]),
            cos: graph.add_op("Cos", &[&angles]),
            sin: graph.add_op("Sin", &[&angles]),
            low: graph.add_float(-1e9),
            zero: graph.add_float(0.0),
        }
    }

    fn add_block(&mut self, x: &str, block: usize, shared: &SharedNodes) -> String {
        let path = format!("blocks.{block}");
        let normed = self.add_norm(x, &format!("{path}.part_norm"));
        let over_parts =
            self.add_part_attention(&normed, &format!("{path}.part_attention"), shared);
        let x = self.graph.add_op("Add", &[x, &over_parts]);
        let normed = self.add_norm(&x, &format!("{path}.time_norm"));
        let over_time = self.add_time_attention(&normed, &format!("{path}.time_attention"), shared);
        let x = self.graph.add_op("Add", &[&x, &over_time]);
        let normed = self.add_norm(&x, &format!("{path}.norm"));
        let wide = self.add_linear(&normed, &format!("{path}.wide"));
        let wide = self.add_gelu(&wide);
        let narrow = self.add_linear(&wide, &format!("{path}.narrow"));
        self.graph.add_op("Add", &[&x, &narrow])
    }

    /// Attention of every slot over all visible slots; heads and slots are moved last, `[batch,
    /// time, head, slot, channel]`.
    fn add_part_attention(&mut self, x: &str, path: &str, shared: &SharedNodes) -> String {
        let [query, key, value] = self.add_projection(x, path);
        let query = self.graph.add_transpose(&query, &[0, 1, 3, 2, 4]);
        let key = self.graph.add_transpose(&key, &[0, 1, 3, 4, 2]);
        let value = self.graph.add_transpose(&value, &[0, 1, 3, 2, 4]);
        let energy = self.add_energy(&query, &key, shared);
        let seen = self.graph.add_op("Where", &[&shared.hidden, &shared.low, &energy]);
        let attention = self.add_softmax(&seen);
        // If no slot is visible, the output is zero.
        let attention = self.graph.add_op("Where", &[&shared.hidden, &shared.zero, &attention]);
        let out = self.graph.add_op("MatMul", &[&attention, &value]);
        let out = self.graph.add_transpose(&out, &[0, 1, 3, 2, 4]);
        self.add_head_join(&out, path)
    }

    /// Attention of every slot over all its instants; heads and instants are moved last, `[batch,
    /// slot, head, time, channel]`.
    fn add_time_attention(&mut self, x: &str, path: &str, shared: &SharedNodes) -> String {
        let [query, key, value] =
            self.add_projection(x, path).map(|x| self.graph.add_transpose(&x, &[0, 2, 3, 1, 4]));
        let [query, key] = [query, key].map(|x| self.add_rotation(&x, shared));
        let key = self.graph.add_transpose(&key, &[0, 1, 2, 4, 3]);
        let energy = self.add_energy(&query, &key, shared);
        let attention = self.add_softmax(&energy);
        let out = self.graph.add_op("MatMul", &[&attention, &value]);
        let out = self.graph.add_transpose(&out, &[0, 3, 1, 2, 4]);
        self.add_head_join(&out, path)
    }

    /// Projects to queries, keys and values, each `[batch, time, slot, head, channel]`.
    fn add_projection(&mut self, x: &str, path: &str) -> [String; 3] {
        let EncoderSize { width, heads, .. } = *self.size;
        let all = self.add_linear(x, &format!("{path}.joined"));
        let shape = [0, TIMES, SLOTS, heads, width / heads];
        self.graph.add_split(&all).map(|x| self.graph.add_reshape(&x, &shape))
    }

    /// Concatenates the heads and applies the output layer.
    fn add_head_join(&mut self, x: &str, path: &str) -> String {
        let x = self.graph.add_reshape(x, &[0, TIMES, SLOTS, self.size.width]);
        self.add_linear(&x, &format!("{path}.out"))
    }

    fn add_energy(&mut self, query: &str, key: &str, shared: &SharedNodes) -> String {
        let energy = self.graph.add_op("MatMul", &[query, key]);
        self.graph.add_op("Div", &[&energy, &shared.scale])
    }

    fn add_softmax(&mut self, energy: &str) -> String {
        self.graph.add_op_with("Softmax", &[energy], vec![int_attribute("axis", -1)])
    }

    /// Applies rotary positions; channel `i` and channel `i + channels / 2` form a pair.
    fn add_rotation(&mut self, x: &str, SharedNodes { cos, sin, .. }: &SharedNodes) -> String {
        let graph = &mut self.graph;
        let [a, b] = graph.add_split(x);
        let [a_cos, b_sin] = [graph.add_op("Mul", &[&a, cos]), graph.add_op("Mul", &[&b, sin])];
        let [a_sin, b_cos] = [graph.add_op("Mul", &[&a, sin]), graph.add_op("Mul", &[&b, cos])];
        let [first, second] =
            [graph.add_op("Sub", &[&a_cos, &b_sin]), graph.add_op("Add", &[&a_sin, &b_cos])];
        graph.add_op_with("Concat", &[&first, &second], vec![int_attribute("axis", -1)])
    }

    /// Mean and maximum over the visible tokens, `[batch, 2 · width]`.
    fn add_pooling(&mut self, x: &str, hidden: &str) -> String {
        let graph = &mut self.graph;
        let over_tokens = graph.add_unsqueeze(hidden, &[1, 3]);
        let (zero, low, one, times) = (
            graph.add_float(0.0),
            graph.add_float(-1e4),
            graph.add_float(1.0),
            graph.add_float(TIMES as f32),
        );
        let seen = graph.add_op("Where", &[hidden, &zero, &times]);
        let known = graph.add_sum(&seen, &[1]);
        let known = graph.add_op("Max", &[&known, &one]);
        let known = graph.add_unsqueeze(&known, &[1]);
        let masked = graph.add_op("Where", &[&over_tokens, &zero, x]);
        let sum = graph.add_sum(&masked, &[1, 2]);
        let mean = graph.add_op("Div", &[&sum, &known]);
        let masked = graph.add_op("Where", &[&over_tokens, &low, x]);
        let most = graph.add_maximum(&masked, &[1, 2]);
        graph.add_op_with("Concat", &[&mean, &most], vec![int_attribute("axis", -1)])
    }

    /// `x · (1 + erf(x / √2)) / 2`.
    fn add_gelu(&mut self, x: &str) -> String {
        let graph = &mut self.graph;
        let (root, one, half) =
            (graph.add_float(std::f32::consts::SQRT_2), graph.add_float(1.0), graph.add_float(0.5));
        let scaled = graph.add_op("Div", &[x, &root]);
        let erf = graph.add_op("Erf", &[&scaled]);
        let share = graph.add_op("Add", &[&erf, &one]);
        let share = graph.add_op("Mul", &[&share, &half]);
        graph.add_op("Mul", &[x, &share])
    }

    fn add_linear(&mut self, x: &str, path: &str) -> String {
        let (weight, bias) =
            (self.add_weight(&format!("{path}.weight")), self.add_weight(&format!("{path}.bias")));
        let product = self.graph.add_op("MatMul", &[x, &weight]);
        self.graph.add_op("Add", &[&product, &bias])
    }

    fn add_norm(&mut self, x: &str, path: &str) -> String {
        let (gamma, beta) =
            (self.add_weight(&format!("{path}.gamma")), self.add_weight(&format!("{path}.beta")));
        let attributes = vec![int_attribute("axis", -1), float_attribute("epsilon", EPSILON)];
        self.graph.add_op_with("LayerNormalization", &[x, &gamma, &beta], attributes)
    }

    /// Adds a parameter as a constant named by its path.
    fn add_weight(&mut self, path: &str) -> String {
        // The encoder has every requested parameter; a missing one would become an empty tensor,
        // which any runtime rejects.
        let (shape, values) =
            self.values.get(path).map_or((&[0][..], &[][..]), |(shape, values)| (shape, values));
        self.graph.add_floats(path, shape, values)
    }
}

#[cfg(test)]
mod tests {
    use super::super::proto::OnnxNode;
    use super::*;
    use crate::encoder::Encoder;
    use crate::parameters::collect_parameters;
    use agoge_model::Card;
    use burn::tensor::Device;
    use std::collections::BTreeSet;

    /// The file can be decoded; every tensor is defined before it is used, and none twice.
    /// (`bench/onnx_check.py` checks with ONNX Runtime that the graph computes the same.)
    #[test]
    fn the_graph_is_whole() {
        let size = EncoderSize { width: 16, heads: 2, blocks: 2, feed_forward: 24, movements: 3 };
        let encoder = Encoder::seeded(&size, &Device::flex(), 5);
        let card = Card {
            name: "test".to_owned(),
            movements: vec!["any".to_owned(); 3],
            ..Card::default()
        };
        let parameters = collect_parameters(&encoder);
        let bytes = encode_onnx(&encoder.to_model(size, card, &[])).unwrap();
        let read = OnnxModel::decode(bytes.as_slice()).unwrap();
        let graph = read.graph.unwrap();
        let mut known: BTreeSet<&str> =
            graph.input.iter().map(|input| input.name.as_str()).collect();
        assert_eq!(known, BTreeSet::from(["carrier", "hidden", "seconds", "sensor", "tokens"]));
        for tensor in &graph.initializer {
            assert!(known.insert(&tensor.name), "{} twice", tensor.name);
            let bytes: i64 = if tensor.data_type == FLOAT { 4 } else { 8 };
            assert_eq!(
                tensor.dims.iter().product::<i64>() * bytes,
                tensor.raw_data.len() as i64,
                "{}",
                tensor.name
            );
        }
        for OnnxNode { input, output, name, .. } in &graph.node {
            assert!(
                input.iter().all(|input| known.contains(input.as_str())),
                "{name} of {input:?}"
            );
            assert!(output.iter().all(|output| known.insert(output)), "{output:?} twice");
        }
        assert!(graph.output.iter().all(|output| known.contains(output.name.as_str())));
        let training = ["masked", "motion.bias", "motion.weight", "sensed.bias", "sensed.weight"];
        let left_out = parameters.keys().filter(|path| !known.contains(path.as_str()));
        assert!(left_out.eq(training), "only what pre-training needs is left out");
    }
}
