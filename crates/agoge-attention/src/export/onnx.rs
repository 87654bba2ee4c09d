//! The encoder with its heads as an ONNX graph: the same computation as
//! [`crate::encoder::Encoder`], node by node.

use super::graph::{Builder, float, int};
use super::proto::{BOOL, Entry, FLOAT, INT64, Model, OperatorSet};
use crate::encoder::{PERIODS_S, Size};
use crate::error::Error;
use crate::model;
use crate::token::{CHANNELS, PARTS, SENSOR_CHANNELS, SLOTS, TIMES};
use crate::weights::{self, Values};
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
pub fn onnx(model: &model::Model) -> Result<Vec<u8>, Error> {
    let card = model.card();
    let about = serde_json::to_string(card).map_err(|error| Error::Weights {
        name: card.name.clone(),
        what: error.to_string(),
        hint: "report this with the model's card",
    })?;
    let values = weights::collect(model.encoder());
    let mut net = Net { graph: Builder::new(&card.name), values: &values, size: model.size() };
    net.build();
    let proto = Model {
        ir_version: IR_VERSION,
        producer_name: "agoge".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: format!("{}. {}", card.data, card.limits),
        graph: Some(net.graph.finish()),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPSET }],
        metadata_props: vec![Entry { key: "agoge".to_owned(), value: about }],
    };
    Ok(proto.encode_to_vec())
}

struct Net<'a> {
    graph: Builder,
    values: &'a Values,
    size: &'a Size,
}

/// Nodes shared by all blocks.
struct Shared {
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

impl Net<'_> {
    fn build(&mut self) {
        let (parts, width, movements) = (PARTS.len(), self.size.width, self.size.movements);
        let tokens = self.graph.input(
            "tokens",
            FLOAT,
            &[TIMES, parts, CHANNELS],
            "[batch, time, part, channel]",
        );
        let sensor = self.graph.input(
            "sensor",
            FLOAT,
            &[TIMES, SENSOR_CHANNELS],
            "[batch, time, channel], of a sensor",
        );
        let carrier =
            self.graph.input("carrier", INT64, &[], "[batch], the part that carries the sensor");
        let hidden = self.graph.input(
            "hidden",
            BOOL,
            &[SLOTS],
            "[batch, slot], true where a part is never seen, and last where no sensor was worn",
        );
        let seconds = self.graph.input("seconds", FLOAT, &[TIMES], "[batch, time]");
        let shared = self.shared(&hidden, &seconds);
        let mut x = self.embed(&tokens, &sensor, &carrier);
        for block in 0..self.size.blocks {
            x = self.block(&x, block, &shared);
        }
        let x = self.norm(&x, "norm");
        let embedding = self.pool(&x, &hidden);
        let logits = self.linear(&embedding, "movement");
        let movement = self.graph.op_with("Softmax", &[&logits], vec![int("axis", -1)]);
        let logits = self.linear(&embedding, "quality");
        let quality = self.graph.op("Sigmoid", &[&logits]);
        self.graph.output(
            &movement,
            "movement",
            movements,
            "probability of each movement of the card",
        );
        self.graph.output(
            &quality,
            "quality",
            movements,
            "probability that it was done correctly, if it was that one",
        );
        self.graph.output(&embedding, "embedding", 2 * width, "mean and maximum over the tokens");
    }

    /// Embeds body and sensor, `[batch, time, slot, width]`.
    fn embed(&mut self, tokens: &str, sensor: &str, carrier: &str) -> String {
        let x = self.linear(tokens, "input");
        let parts = self.weight("parts");
        let x = self.graph.op("Add", &[&x, &parts]);
        let y = self.linear(sensor, "sensor");
        let carried = self.graph.op("Gather", &[&parts, carrier]);
        let worn = self.weight("worn");
        let slot = self.graph.op("Add", &[&carried, &worn]);
        let slot = self.graph.unsqueeze(&slot, &[1]);
        let y = self.graph.op("Add", &[&y, &slot]);
        let y = self.graph.unsqueeze(&y, &[2]);
        self.graph.op_with("Concat", &[&x, &y], vec![int("axis", 2)])
    }

    fn shared(&mut self, hidden: &str, seconds: &str) -> Shared {
        let channels = self.size.width / self.size.heads;
        let pairs = channels / 2;
        let last = pairs.saturating_sub(1).max(1) as f32;
        let [fastest, slowest] = PERIODS_S.map(|period| std::f32::consts::TAU / period);
        let speeds: Vec<f32> =
            (0..pairs).map(|i| fastest * (slowest / fastest).powf(i as f32 / last)).collect();
        let graph = &mut self.graph;
        let speeds = graph.floats("speeds", &[pairs], &speeds);
        let seconds = graph.unsqueeze(seconds, &[1, 2, 4]);
        let angles = graph.op("Mul", &[&seconds, &speeds]);
        Shared {
            scale: graph.float((channels as f32).sqrt()),
            hidden: graph.unsqueeze(hidden, &[1, 2, 3]),
            cos: graph.op("Cos", &[&angles]),
            sin: graph.op("Sin", &[&angles]),
            low: graph.float(-1e9),
            zero: graph.float(0.0),
        }
    }

    fn block(&mut self, x: &str, block: usize, shared: &Shared) -> String {
        let path = format!("blocks.{block}");
        let normed = self.norm(x, &format!("{path}.part_norm"));
        let over_parts = self.over_parts(&normed, &format!("{path}.part_attention"), shared);
        let x = self.graph.op("Add", &[x, &over_parts]);
        let normed = self.norm(&x, &format!("{path}.time_norm"));
        let over_time = self.over_time(&normed, &format!("{path}.time_attention"), shared);
        let x = self.graph.op("Add", &[&x, &over_time]);
        let normed = self.norm(&x, &format!("{path}.norm"));
        let wide = self.linear(&normed, &format!("{path}.wide"));
        let wide = self.gelu(&wide);
        let narrow = self.linear(&wide, &format!("{path}.narrow"));
        self.graph.op("Add", &[&x, &narrow])
    }

    /// Attention of every slot over all visible slots; heads and slots are moved last, `[batch,
    /// time, head, slot, channel]`.
    fn over_parts(&mut self, x: &str, path: &str, shared: &Shared) -> String {
        let [query, key, value] = self.projected(x, path);
        let query = self.graph.transpose(&query, &[0, 1, 3, 2, 4]);
        let key = self.graph.transpose(&key, &[0, 1, 3, 4, 2]);
        let value = self.graph.transpose(&value, &[0, 1, 3, 2, 4]);
        let energy = self.energy(&query, &key, shared);
        let seen = self.graph.op("Where", &[&shared.hidden, &shared.low, &energy]);
        let attention = self.softmax(&seen);
        // If no slot is visible, the output is zero.
        let attention = self.graph.op("Where", &[&shared.hidden, &shared.zero, &attention]);
        let out = self.graph.op("MatMul", &[&attention, &value]);
        let out = self.graph.transpose(&out, &[0, 1, 3, 2, 4]);
        self.joined(&out, path)
    }

    /// Attention of every slot over all its instants; heads and instants are moved last, `[batch,
    /// slot, head, time, channel]`.
    fn over_time(&mut self, x: &str, path: &str, shared: &Shared) -> String {
        let [query, key, value] =
            self.projected(x, path).map(|x| self.graph.transpose(&x, &[0, 2, 3, 1, 4]));
        let [query, key] = [query, key].map(|x| self.turned(&x, shared));
        let key = self.graph.transpose(&key, &[0, 1, 2, 4, 3]);
        let energy = self.energy(&query, &key, shared);
        let attention = self.softmax(&energy);
        let out = self.graph.op("MatMul", &[&attention, &value]);
        let out = self.graph.transpose(&out, &[0, 3, 1, 2, 4]);
        self.joined(&out, path)
    }

    /// Projects to queries, keys and values, each `[batch, time, slot, head, channel]`.
    fn projected(&mut self, x: &str, path: &str) -> [String; 3] {
        let Size { width, heads, .. } = *self.size;
        let all = self.linear(x, &format!("{path}.joined"));
        let shape = [0, TIMES, SLOTS, heads, width / heads];
        self.graph.split(&all).map(|x| self.graph.reshape(&x, &shape))
    }

    /// Concatenates the heads and applies the output layer.
    fn joined(&mut self, x: &str, path: &str) -> String {
        let x = self.graph.reshape(x, &[0, TIMES, SLOTS, self.size.width]);
        self.linear(&x, &format!("{path}.out"))
    }

    fn energy(&mut self, query: &str, key: &str, shared: &Shared) -> String {
        let energy = self.graph.op("MatMul", &[query, key]);
        self.graph.op("Div", &[&energy, &shared.scale])
    }

    fn softmax(&mut self, energy: &str) -> String {
        self.graph.op_with("Softmax", &[energy], vec![int("axis", -1)])
    }

    /// Applies rotary positions; channel `i` and channel `i + channels / 2` form a pair.
    fn turned(&mut self, x: &str, Shared { cos, sin, .. }: &Shared) -> String {
        let graph = &mut self.graph;
        let [a, b] = graph.split(x);
        let [a_cos, b_sin] = [graph.op("Mul", &[&a, cos]), graph.op("Mul", &[&b, sin])];
        let [a_sin, b_cos] = [graph.op("Mul", &[&a, sin]), graph.op("Mul", &[&b, cos])];
        let [first, second] =
            [graph.op("Sub", &[&a_cos, &b_sin]), graph.op("Add", &[&a_sin, &b_cos])];
        graph.op_with("Concat", &[&first, &second], vec![int("axis", -1)])
    }

    /// Mean and maximum over the visible tokens, `[batch, 2 · width]`.
    fn pool(&mut self, x: &str, hidden: &str) -> String {
        let graph = &mut self.graph;
        let over_tokens = graph.unsqueeze(hidden, &[1, 3]);
        let (zero, low, one, times) =
            (graph.float(0.0), graph.float(-1e4), graph.float(1.0), graph.float(TIMES as f32));
        let seen = graph.op("Where", &[hidden, &zero, &times]);
        let known = graph.sum(&seen, &[1]);
        let known = graph.op("Max", &[&known, &one]);
        let known = graph.unsqueeze(&known, &[1]);
        let masked = graph.op("Where", &[&over_tokens, &zero, x]);
        let sum = graph.sum(&masked, &[1, 2]);
        let mean = graph.op("Div", &[&sum, &known]);
        let masked = graph.op("Where", &[&over_tokens, &low, x]);
        let most = graph.most(&masked, &[1, 2]);
        graph.op_with("Concat", &[&mean, &most], vec![int("axis", -1)])
    }

    /// `x · (1 + erf(x / √2)) / 2`.
    fn gelu(&mut self, x: &str) -> String {
        let graph = &mut self.graph;
        let (root, one, half) =
            (graph.float(std::f32::consts::SQRT_2), graph.float(1.0), graph.float(0.5));
        let scaled = graph.op("Div", &[x, &root]);
        let erf = graph.op("Erf", &[&scaled]);
        let share = graph.op("Add", &[&erf, &one]);
        let share = graph.op("Mul", &[&share, &half]);
        graph.op("Mul", &[x, &share])
    }

    fn linear(&mut self, x: &str, path: &str) -> String {
        let (weight, bias) =
            (self.weight(&format!("{path}.weight")), self.weight(&format!("{path}.bias")));
        let product = self.graph.op("MatMul", &[x, &weight]);
        self.graph.op("Add", &[&product, &bias])
    }

    fn norm(&mut self, x: &str, path: &str) -> String {
        let (gamma, beta) =
            (self.weight(&format!("{path}.gamma")), self.weight(&format!("{path}.beta")));
        let attributes = vec![int("axis", -1), float("epsilon", EPSILON)];
        self.graph.op_with("LayerNormalization", &[x, &gamma, &beta], attributes)
    }

    /// Adds a parameter as a constant named by its path.
    fn weight(&mut self, path: &str) -> String {
        // The encoder has every requested parameter; a missing one would become an empty tensor,
        // which any runtime rejects.
        let (shape, values) =
            self.values.get(path).map_or((&[0][..], &[][..]), |(shape, values)| (shape, values));
        self.graph.floats(path, shape, values)
    }
}

#[cfg(test)]
mod tests {
    use super::super::proto::Node;
    use super::*;
    use crate::Card;
    use crate::encoder::Encoder;
    use burn::tensor::Device;
    use std::collections::BTreeSet;

    /// The file can be decoded; every tensor is defined before it is used, and none twice.
    /// (`bench/onnx_check.py` checks with ONNX Runtime that the graph computes the same.)
    #[test]
    fn the_graph_is_whole() {
        let size = Size { width: 16, heads: 2, blocks: 2, feed_forward: 24, movements: 3 };
        let encoder = weights::seed(Encoder::new(&size, &Device::flex()), 5);
        let card = Card {
            name: "test".to_owned(),
            movements: vec!["any".to_owned(); 3],
            ..Card::default()
        };
        let parameters = weights::collect(&encoder);
        let bytes = onnx(&model::Model::new(encoder, size, card, &[])).unwrap();
        let read = Model::decode(bytes.as_slice()).unwrap();
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
        for Node { input, output, name, .. } in &graph.node {
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
