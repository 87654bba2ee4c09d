use super::super::plan::{BatchOrder, split_evenly};
use super::*;
use crate::ops::{layer_norm, linear_gelu, linear_map};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, TensorData};

#[derive(Module, Debug)]
struct ProductNet {
    wide: Linear,
    norm: LayerNorm,
    narrow: Linear,
}

impl ProductNet {
    fn new() -> ProductNet {
        let device = Device::flex();
        let net = ProductNet {
            wide: LinearConfig::new(3, 20).init(&device),
            norm: LayerNormConfig::new(20).init(&device),
            narrow: LinearConfig::new(20, 1).init(&device),
        };
        let mut rng = fastrand::Rng::with_seed(4);
        let values: Vec<f32> =
            ModelParameters::from_model(&net).values.iter().map(|_| rng.f32() - 0.3).collect();
        ModelParameters::replace_values(net, &values)
    }
}

/// Learns the product of two of three numbers.
struct ProductTask {
    order: BatchOrder,
    shards: usize,
    /// Metric returned by each validation, if any.
    metric: Option<f64>,
}

impl ProductTask {
    fn new() -> ProductTask {
        ProductTask { order: BatchOrder { count: 50, batch: 21, seed: 5 }, shards: 4, metric: None }
    }
}

impl TrainingTask for ProductTask {
    type Model = ProductNet;
    type Shard = (Vec<usize>, usize);

    fn batch_shards(&self, step: usize) -> Vec<Self::Shard> {
        let examples = self.order.step_examples(step);
        let all = examples.len();
        split_evenly(&examples, self.shards).into_iter().map(|part| (part, all)).collect()
    }

    fn shard_loss(&self, net: &ProductNet, (examples, all): Self::Shard) -> Tensor<1> {
        let device = Device::flex().autodiff();
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for &i in &examples {
            let values: Vec<f32> =
                (0..3).map(|j| ((i * 7 + j * 3) % 11) as f32 * 0.2 - 1.0).collect();
            y.push(values[0] * values[1]);
            x.extend(values);
        }
        let n = examples.len();
        let x = Tensor::<2>::from_data(TensorData::new(x, [n, 3]), &device);
        let y = Tensor::<2>::from_data(TensorData::new(y, [n, 1]), &device);
        let bias = |map: &Linear| map.bias.as_ref().map(|bias| bias.val());
        let x = linear_gelu(x, net.wide.weight.val(), bias(&net.wide));
        let x = layer_norm(x, net.norm.gamma.val(), net.norm.beta.as_ref().unwrap().val(), 1e-5);
        let x = linear_map(x, net.narrow.weight.val(), bias(&net.narrow));
        (x - y).square().sum().div_scalar(all as f32)
    }

    fn validation_metric(&self, _: &ProductNet) -> Option<f64> {
        self.metric
    }
}

fn averaged_plan(steps: usize) -> TrainingPlan {
    TrainingPlan { average_decay: Some(0.9), validate_every: 2, ..TrainingPlan::new(steps, 1e-2) }
}

fn weight_bits(trainer: &Trainer<ProductNet>) -> Vec<u32> {
    trainer.parameters().values.iter().chain(&trainer.average).map(|v| v.to_bits()).collect()
}

/// A killed training resumes as if it had not been: the same losses and weights, to the bit.
#[test]
fn a_broken_off_training_goes_on_as_if_nothing_had_been() {
    let task = ProductTask { metric: Some(0.5), ..ProductTask::new() };
    let mut whole = Trainer::new(&ProductNet::new(), averaged_plan(6));
    let losses: Vec<f64> = (0..6).map(|_| whole.run_step(&task).0).collect();
    let mut first = Trainer::new(&ProductNet::new(), averaged_plan(6));
    let mut again: Vec<f64> = (0..3).map(|_| first.run_step(&task).0).collect();
    let bytes = first.to_bytes().unwrap();
    assert_eq!(bytes, first.to_bytes().unwrap());
    drop(first);
    let mut second = Trainer::from_bytes(&ProductNet::new(), averaged_plan(6), &bytes).unwrap();
    assert_eq!(second.steps_done(), 3);
    again.extend((0..3).map(|_| second.run_step(&task).0));
    assert_eq!(losses, again);
    assert_eq!(weight_bits(&whole), weight_bits(&second));
    assert_eq!(whole.to_bytes().unwrap(), second.to_bytes().unwrap());
}

#[test]
fn weights_do_not_depend_on_the_number_of_threads() {
    let task = ProductTask::new();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut trainer = Trainer::new(&ProductNet::new(), averaged_plan(5));
        let losses: Vec<_> = pool.install(|| (0..5).map(|_| trainer.run_step(&task)).collect());
        assert!(losses.iter().all(|(loss, _)| loss.is_finite()));
        weight_bits(&trainer)
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(3));
}

/// One step in four shards and in one: the same but for rounding, a hundred times smaller than the
/// step.
#[test]
fn parts_of_a_batch_add_up_to_it() {
    let step = |shards: usize| {
        let mut trainer = Trainer::new(
            &ProductNet::new(),
            TrainingPlan { gradient_clip: None, ..TrainingPlan::new(1, 1e-2) },
        );
        let (loss, length) = trainer.run_step(&ProductTask { shards, ..ProductTask::new() });
        (loss, length, trainer.parameters().values.clone())
    };
    let (a, b) = (step(1), step(4));
    assert!(
        (a.0 - b.0).abs() < 1e-5 && (a.1 - b.1).abs() < 1e-4,
        "{} {} {} {}",
        a.0,
        b.0,
        a.1,
        b.1
    );
    assert!(a.2.iter().zip(&b.2).all(|(a, b)| (a - b).abs() < 1e-4));
}

#[test]
fn it_learns_and_tells_how_it_goes() {
    struct ReportRecorder(Vec<StepReport>, usize);
    impl TrainingObserver for ReportRecorder {
        fn on_step(&mut self, progress: &StepReport) -> ControlFlow<()> {
            self.0.push(*progress);
            ControlFlow::Continue(())
        }
        fn save_checkpoint(&mut self, _: &[u8]) -> Result<(), ModelError> {
            self.1 += 1;
            Ok(())
        }
    }
    let mut observer = ReportRecorder(Vec::new(), 0);
    let mut trainer = Trainer::new(
        &ProductNet::new(),
        TrainingPlan { checkpoint_every: 50, ..TrainingPlan::new(150, 2e-2) },
    );
    trainer.run_steps(&ProductTask::new(), &mut observer).unwrap();
    let losses: Vec<f64> = observer.0.iter().map(|progress| progress.loss).collect();
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    assert!(mean(&losses[140..]) < 0.1 * mean(&losses[..10]), "{losses:?}");
    assert_eq!((observer.1, observer.0.len(), observer.0[149].time_left), (3, 150, Duration::ZERO));
}

#[test]
fn a_metric_that_stays_ends_it_and_the_best_weights_come_out() {
    let task = ProductTask { metric: Some(1.0), ..ProductTask::new() };
    let mut trainer =
        Trainer::new(&ProductNet::new(), TrainingPlan { patience: 3, ..averaged_plan(100) });
    let result = trainer.run_steps(&task, &mut ()).unwrap();
    // The first validation is the best; three more do not improve on it.
    assert_eq!(trainer.steps_done(), 8);
    assert_eq!(
        Some(&ModelParameters::from_model(&result).values),
        trainer.best.as_ref().map(|(_, weights)| weights)
    );
}

#[test]
fn a_bad_checkpoint_is_refused_with_its_reason() {
    let trainer = Trainer::new(&ProductNet::new(), averaged_plan(6));
    let bytes = trainer.to_bytes().unwrap();
    let message_for = |bytes: &[u8], plan: TrainingPlan| {
        Trainer::from_bytes(&ProductNet::new(), plan, bytes).unwrap_err().to_string()
    };
    for length in [0, 7, 100, bytes.len() - 1] {
        assert!(
            message_for(&bytes[..length], averaged_plan(6))
                .contains("not a whole safetensors file")
        );
    }
    let mut broken = bytes.clone();
    let end = broken.len();
    broken[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(message_for(&broken, averaged_plan(6)).contains("is not a number"));
    assert!(
        message_for(&bytes, TrainingPlan { average_decay: None, ..averaged_plan(6) })
            .contains("average")
    );
    let mut huge = bytes;
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(message_for(&huge, averaged_plan(6)).contains("not a whole safetensors file"));
}

#[test]
fn a_loss_that_is_not_a_number_is_an_error() {
    let net = ProductNet::new();
    let count = ModelParameters::from_model(&net).values.len();
    let mut trainer =
        Trainer::new(&ModelParameters::replace_values(net, &vec![1e38; count]), averaged_plan(3));
    assert!(
        trainer
            .run_steps(&ProductTask::new(), &mut ())
            .unwrap_err()
            .to_string()
            .contains("not a number")
    );
}
