//! Attention over days: each known day is a token, the last day is the query, and all known days
//! are keys.

use super::{ColumnScaler, DayWindow, OddsModel};
use crate::attention::{SelfAttention, apply_linear};
use crate::ops::AttentionOptions;
use crate::train::{
    self, BatchOrder, ModelParameters, Trainer, TrainingPlan, split_evenly, training_device,
};
use agoge_model::error::ModelError;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::{log_sigmoid, tanh};
use burn::tensor::{Bool, Device, Tensor, TensorData};
use fastrand::Rng;

/// A small network: a club has a few hundred outcomes, not thousands.
const WIDTH: usize = 16;
const HEADS: usize = 2;
const BATCH: usize = 128;
const STEPS: usize = 500;
const RATE: f64 = 3e-3;
/// Windows without the outcome that are used for each window with it; the offset corrects for this
/// afterwards (King & Zeng 2001).
const NEGATIVES_PER_POSITIVE: usize = 12;
/// Values that encode the age of a day: two exponential decays and a linear term.
const AGE_CHANNELS: usize = 3;

/// The network over the days of a window.
#[derive(Module, Debug)]
struct DayNetwork {
    token: Linear,
    attention: SelfAttention,
    /// Reads the attention's output and the last day's own token.
    head: Linear,
}

impl DayNetwork {
    fn new(numbers: usize, device: &Device) -> DayNetwork {
        DayNetwork {
            // Each value, whether it is known, and the age of the day.
            token: LinearConfig::new(2 * numbers + AGE_CHANNELS, WIDTH).init(device),
            attention: SelfAttention::new(WIDTH, HEADS, device),
            head: LinearConfig::new(2 * WIDTH, 1).init(device),
        }
    }

    /// Log odds, `[batch]`, from `[batch, day, channel]`; `hidden` `[batch, day, 1]` is true for
    /// missing days.
    fn predict_log_odds(&self, x: Tensor<3>, hidden: Tensor<3, Bool>) -> Tensor<1> {
        let [batch, days, _] = x.dims();
        let tokens = apply_linear(&self.token, x);
        let sight = AttentionOptions { hidden: Some(hidden), ..AttentionOptions::default() };
        let attended = self
            .attention
            .attend_tokens(tokens.clone().reshape([batch, days, 1, WIDTH]), &sight)
            .reshape([batch, days, WIDTH]);
        let last = |x: Tensor<3>| x.narrow(1, days - 1, 1).reshape([batch, WIDTH]);
        // The last day's own values reach the head linearly, the attended days through tanh: a
        // linear effect needs no attention.
        let joined = Tensor::cat(vec![last(tokens), tanh(last(attended))], 1);
        apply_linear(&self.head, joined).reshape([batch])
    }
}

/// A window as the network's input: the channels of each day, and which days are missing.
type WindowRow = (Vec<f32>, Vec<bool>);

/// The network's input for a window.
fn window_row(window: &DayWindow, scaler: &ColumnScaler) -> WindowRow {
    let days = window.days.len();
    let (mut channels, mut hidden) = (Vec::new(), Vec::with_capacity(days));
    for (place, day) in window.days.iter().enumerate() {
        let age = (days - 1 - place) as f32;
        channels.extend(scaler.scale_row(day).into_iter().map(|v| v as f32));
        channels.extend(day.iter().map(|v| f32::from(u8::from(v.is_finite()))));
        channels.extend([(-age / 3.0).exp(), (-age / 14.0).exp(), age / 28.0]);
        // The last day is never hidden: it is the query.
        hidden.push(place + 1 < days && day.iter().all(|v| v.is_nan()));
    }
    (channels, hidden)
}

/// The rows of a batch as tensors.
fn row_tensors(rows: &[WindowRow], device: &Device) -> (Tensor<3>, Tensor<3, Bool>) {
    let (batch, days) = (rows.len(), rows.first().map_or(0, |row| row.1.len()));
    let channels = rows.first().map_or(0, |row| row.0.len() / days.max(1));
    let x: Vec<f32> = rows.iter().flat_map(|row| row.0.iter().copied()).collect();
    let hidden: Vec<bool> = rows.iter().flat_map(|row| row.1.iter().copied()).collect();
    (
        Tensor::from_data(TensorData::new(x, [batch, days, channels]), device),
        Tensor::from_data(TensorData::new(hidden, [batch, days, 1]), device),
    )
}

/// Learning the outcome of each window.
struct OutcomeTask {
    rows: Vec<(WindowRow, bool)>,
    order: BatchOrder,
}

impl train::TrainingTask for OutcomeTask {
    type Model = DayNetwork;
    type Shard = (Vec<(WindowRow, bool)>, usize);

    fn batch_shards(&self, step: usize) -> Vec<Self::Shard> {
        let rows: Vec<(WindowRow, bool)> =
            self.order.step_examples(step).into_iter().map(|i| self.rows[i].clone()).collect();
        let all = rows.len();
        split_evenly(&rows, train::SHARDS).into_iter().map(|rows| (rows, all)).collect()
    }

    fn shard_loss(&self, network: &DayNetwork, (rows, all): Self::Shard) -> Tensor<1> {
        let (rows, outcomes): (Vec<WindowRow>, Vec<bool>) = rows.into_iter().unzip();
        let device = network.head.weight.val().device();
        let (x, hidden) = row_tensors(&rows, &device);
        let sign: Vec<f32> =
            outcomes.iter().map(|outcome| if *outcome { 1.0 } else { -1.0 }).collect();
        let sign = Tensor::<1>::from_data(TensorData::new(sign, [rows.len()]), &device);
        log_sigmoid(network.predict_log_odds(x, hidden) * sign).sum().neg().div_scalar(all as f64)
    }
}

/// A trained network.
pub(super) struct AttentionOdds {
    network: DayNetwork,
    scaler: ColumnScaler,
    /// Log of the share of windows without the outcome that was used, added to the log odds.
    offset: f64,
}

impl AttentionOdds {
    pub(super) fn fit(windows: &[&DayWindow], seed: u64) -> Result<AttentionOdds, ModelError> {
        let numbers = windows.first().and_then(|window| window.days.last()).map_or(0, Vec::len);
        let scaler = ColumnScaler::from_rows(
            windows.iter().filter_map(|window| window.days.last().map(Vec::as_slice)),
            numbers,
        );
        let mut rng = Rng::with_seed(seed);
        let (happened, mut others): (Vec<&&DayWindow>, Vec<&&DayWindow>) =
            windows.iter().partition(|window| window.outcome);
        let all = others.len();
        rng.shuffle(&mut others);
        others.truncate(happened.len() * NEGATIVES_PER_POSITIVE);
        let offset = (others.len() as f64 / all as f64).ln();
        let rows: Vec<(WindowRow, bool)> = happened
            .into_iter()
            .chain(others)
            .map(|window| (window_row(window, &scaler), window.outcome))
            .collect();
        let order = BatchOrder { count: rows.len(), batch: BATCH.min(rows.len()), seed };
        let mut plan = TrainingPlan { average_decay: Some(0.99), ..TrainingPlan::new(STEPS, RATE) };
        plan.optimiser.decay = 0.1;
        let network = draw_weights(DayNetwork::new(numbers, &training_device()), seed);
        let network =
            Trainer::new(&network, plan).run_steps(&OutcomeTask { rows, order }, &mut ())?;
        Ok(AttentionOdds { network: network.valid(), scaler, offset })
    }
}

/// Random weights, the same on every machine; the head starts at zero, so that initially no
/// prediction is made.
fn draw_weights(network: DayNetwork, seed: u64) -> DayNetwork {
    let mut rng = Rng::with_seed(seed);
    let mut values = Vec::new();
    for (path, shape) in ModelParameters::from_model(&network).layout {
        let bound = if shape.len() > 1 && !path.starts_with("head") {
            (3.0 / shape[0] as f32).sqrt()
        } else {
            0.0
        };
        values.extend((0..shape.iter().product()).map(|_| bound * (2.0 * rng.f32() - 1.0)));
    }
    ModelParameters::replace_values(network, &values)
}

impl OddsModel for AttentionOdds {
    fn log_odds(&self, windows: &[&DayWindow]) -> Vec<f64> {
        let device = self.network.head.weight.val().device();
        let mut odds = Vec::with_capacity(windows.len());
        for chunk in windows.chunks(512) {
            let rows: Vec<WindowRow> =
                chunk.iter().map(|window| window_row(window, &self.scaler)).collect();
            let (x, hidden) = row_tensors(&rows, &device);
            odds.extend(
                self.network
                    .predict_log_odds(x, hidden)
                    .into_data()
                    .iter::<f32>()
                    .map(|v| f64::from(v) + self.offset),
            );
        }
        odds
    }
}
