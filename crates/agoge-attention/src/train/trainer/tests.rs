use super::super::plan::{Order, cut};
use super::*;
use crate::ops::{layer_norm, linear, linear_gelu};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, TensorData};

#[derive(Module, Debug)]
struct Net {
    wide: Linear,
    norm: LayerNorm,
    narrow: Linear,
}

impl Net {
    fn new() -> Net {
        let device = Device::flex();
        let net = Net {
            wide: LinearConfig::new(3, 20).init(&device),
            norm: LayerNormConfig::new(20).init(&device),
            narrow: LinearConfig::new(20, 1).init(&device),
        };
        let mut rng = fastrand::Rng::with_seed(4);
        let values: Vec<f32> =
            Parameters::of(&net).values.iter().map(|_| rng.f32() - 0.3).collect();
        Parameters::put(net, &values)
    }
}

/// Learns the product of two of three numbers.
struct Products {
    order: Order,
    shards: usize,
    /// Metric returned by each validation, if any.
    metric: Option<f64>,
}

impl Products {
    fn new() -> Products {
        Products { order: Order { count: 50, batch: 21, seed: 5 }, shards: 4, metric: None }
    }
}

impl Task for Products {
    type Model = Net;
    type Shard = (Vec<usize>, usize);

    fn shards(&self, step: usize) -> Vec<Self::Shard> {
        let examples = self.order.examples(step);
        let all = examples.len();
        cut(&examples, self.shards).into_iter().map(|part| (part, all)).collect()
    }

    fn loss(&self, net: &Net, (examples, all): Self::Shard) -> Tensor<1> {
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
        let x = linear(x, net.narrow.weight.val(), bias(&net.narrow));
        (x - y).square().sum().div_scalar(all as f32)
    }

    fn validate(&self, _: &Net) -> Option<f64> {
        self.metric
    }
}

fn plan(steps: usize) -> Plan {
    Plan { average: Some(0.9), validate_every: 2, ..Plan::new(steps, 1e-2) }
}

fn bits(trainer: &Trainer<Net>) -> Vec<u32> {
    trainer.parameters().values.iter().chain(&trainer.average).map(|v| v.to_bits()).collect()
}

/// A killed training resumes as if it had not been: the same losses and weights, to the bit.
#[test]
fn a_broken_off_training_goes_on_as_if_nothing_had_been() {
    let task = Products { metric: Some(0.5), ..Products::new() };
    let mut whole = Trainer::new(&Net::new(), plan(6));
    let losses: Vec<f64> = (0..6).map(|_| whole.step(&task).0).collect();
    let mut first = Trainer::new(&Net::new(), plan(6));
    let mut again: Vec<f64> = (0..3).map(|_| first.step(&task).0).collect();
    let bytes = first.to_bytes().unwrap();
    assert_eq!(bytes, first.to_bytes().unwrap());
    drop(first);
    let mut second = Trainer::from_bytes(&Net::new(), plan(6), &bytes).unwrap();
    assert_eq!(second.steps_done(), 3);
    again.extend((0..3).map(|_| second.step(&task).0));
    assert_eq!(losses, again);
    assert_eq!(bits(&whole), bits(&second));
    assert_eq!(whole.to_bytes().unwrap(), second.to_bytes().unwrap());
}

#[test]
fn weights_do_not_depend_on_the_number_of_threads() {
    let task = Products::new();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut trainer = Trainer::new(&Net::new(), plan(5));
        let losses: Vec<_> = pool.install(|| (0..5).map(|_| trainer.step(&task)).collect());
        assert!(losses.iter().all(|(loss, _)| loss.is_finite()));
        bits(&trainer)
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
        let mut trainer = Trainer::new(&Net::new(), Plan { clip: None, ..Plan::new(1, 1e-2) });
        let (loss, length) = trainer.step(&Products { shards, ..Products::new() });
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
    struct Tell(Vec<Report>, usize);
    impl Watch for Tell {
        fn progress(&mut self, progress: &Report) -> ControlFlow<()> {
            self.0.push(*progress);
            ControlFlow::Continue(())
        }
        fn keep(&mut self, _: &[u8]) -> Result<(), Error> {
            self.1 += 1;
            Ok(())
        }
    }
    let mut observer = Tell(Vec::new(), 0);
    let mut trainer = Trainer::new(&Net::new(), Plan { keep_every: 50, ..Plan::new(150, 2e-2) });
    trainer.run(&Products::new(), &mut observer).unwrap();
    let losses: Vec<f64> = observer.0.iter().map(|progress| progress.loss).collect();
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    assert!(mean(&losses[140..]) < 0.1 * mean(&losses[..10]), "{losses:?}");
    assert_eq!((observer.1, observer.0.len(), observer.0[149].left), (3, 150, Duration::ZERO));
}

#[test]
fn a_metric_that_stays_ends_it_and_the_best_weights_come_out() {
    let task = Products { metric: Some(1.0), ..Products::new() };
    let mut trainer = Trainer::new(&Net::new(), Plan { patience: 3, ..plan(100) });
    let result = trainer.run(&task, &mut ()).unwrap();
    // The first validation is the best; three more do not improve on it.
    assert_eq!(trainer.steps_done(), 8);
    assert_eq!(
        Some(&Parameters::of(&result).values),
        trainer.best.as_ref().map(|(_, weights)| weights)
    );
}

#[test]
fn a_bad_checkpoint_is_refused_with_its_reason() {
    let trainer = Trainer::new(&Net::new(), plan(6));
    let bytes = trainer.to_bytes().unwrap();
    let message_for = |bytes: &[u8], plan: Plan| {
        Trainer::from_bytes(&Net::new(), plan, bytes).unwrap_err().to_string()
    };
    for length in [0, 7, 100, bytes.len() - 1] {
        assert!(message_for(&bytes[..length], plan(6)).contains("not a whole safetensors file"));
    }
    let mut broken = bytes.clone();
    let end = broken.len();
    broken[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(message_for(&broken, plan(6)).contains("is not a number"));
    assert!(message_for(&bytes, Plan { average: None, ..plan(6) }).contains("average"));
    let mut huge = bytes;
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(message_for(&huge, plan(6)).contains("not a whole safetensors file"));
}

#[test]
fn a_loss_that_is_not_a_number_is_an_error() {
    let net = Net::new();
    let count = Parameters::of(&net).values.len();
    let mut trainer = Trainer::new(&Parameters::put(net, &vec![1e38; count]), plan(3));
    assert!(
        trainer.run(&Products::new(), &mut ()).unwrap_err().to_string().contains("not a number")
    );
}
