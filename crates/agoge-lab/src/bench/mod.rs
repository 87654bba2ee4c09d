//! The tasks of `agoge bench serve`: networks of fixed shape with random weights, whose times are
//! compared with those of other engines on the same machine.
//!
//! | task | input → output | network |
//! |---|---|---|
//! | `motion_infer` | `(32, 128, 99)` → 16 | pre-norm encoder over frames: width 128, 4 blocks, 8 heads, feed-forward 512, mean over time |
//! | `motion_latency` | `(1, 128, 99)` → 16 | the same |
//! | `joints_infer` | `(8, 64, 25, 3)` → 3 | attention over 25 joints, then over 64 frames, then feed-forward 256; width 64, 4 blocks, 4 heads |
//! | `joints_latency` | `(1, 64, 25, 3)` → 3 | the same |
//! | `motion_train`, `joints_train` | as for `_infer` | a step of training on the whole batch: forward, mean squared error, backward, AdamW |
//! | `sdpa_T_D` | 8 heads, T tokens, D channels | attention alone |
//! | `peak_gemm` | – | 8 GFLOP of matrix products within the first-level cache on all threads at once: what the machine can do |

pub mod library;
pub mod live;
mod network;

pub use network::{FrameNetwork, JointNetwork, random_weights};

use agoge_engine::kernel::{
    AttentionInputs, Epilogue, Isa, Matrix, MatrixMut, PackedMatrix, attend_head, attention,
    linear_layer,
};
use agoge_engine::runtime::Workspace;
use agoge_train::train::trial::training_trial;
use rayon::prelude::*;

/// A task ready to be timed.
pub struct BenchTask {
    /// Floating-point operations of one run: two per multiply-add in matrix products and attention;
    /// nothing else is counted.
    pub operations: f64,
    run: Box<dyn FnMut() + Send>,
}

impl BenchTask {
    /// Runs the task once.
    pub fn run_once(&mut self) {
        (self.run)();
    }

    fn new(operations: f64, run: impl FnMut() + Send + 'static) -> BenchTask {
        BenchTask { operations, run: Box::new(run) }
    }
}

/// Prepares a task; `None` if there is no task of that name. It runs on the rayon pool it is called
/// from.
pub fn prepare_task(name: &str) -> Option<BenchTask> {
    match name {
        "motion_infer" => Some(motion_task(32)),
        "motion_latency" => Some(motion_task(1)),
        "joints_infer" => Some(joints_task(8)),
        "joints_latency" => Some(joints_task(1)),
        "peak_gemm" => Some(peak_task()),
        "motion_train" => training_task(name, motion_task(32).operations),
        "joints_train" => training_task(name, joints_task(8).operations),
        _ => {
            let (tokens, channels) = name.strip_prefix("sdpa_")?.split_once('_')?;
            let (tokens, channels) = (tokens.parse().ok()?, channels.parse().ok()?);
            ((1..=1 << 20).contains(&tokens) && (1..=1024).contains(&channels))
                .then(|| attention_task(tokens, channels))
        }
    }
}

fn normal_values(n: usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(1);
    // The sum of twelve uniform numbers is nearly normal, like the inputs of the other engines.
    (0..n).map(|_| (0..12).map(|_| random.f32()).sum::<f32>() - 6.0).collect()
}

fn motion_task(batch: usize) -> BenchTask {
    let network = FrameNetwork::new(Isa::best_supported(), &mut network::random_weights(0));
    let (x, mut out, mut workspace) =
        (normal_values(batch * 128 * 99), vec![0.0; batch * 16], Workspace::new());
    let token = 99 * 128 + 4 * (4 * 128 * 128 + 2 * 128 * 512 + 2 * 128 * 128);
    BenchTask::new(2.0 * (batch * 128 * token) as f64, move || {
        network.infer_batch(&x, batch, &mut workspace, &mut out)
    })
}

fn joints_task(batch: usize) -> BenchTask {
    let network = JointNetwork::new(Isa::best_supported(), &mut network::random_weights(0));
    let tokens = batch * 64 * 25;
    let (x, mut out, mut workspace) =
        (normal_values(tokens * 3), vec![0.0; tokens * 3], Workspace::new());
    let token = 2 * 3 * 64 + 4 * (8 * 64 * 64 + 2 * 64 * 256 + 2 * 64 * (25 + 64));
    BenchTask::new(2.0 * (tokens * token) as f64, move || {
        network.infer_batch(&x, batch, &mut workspace, &mut out)
    })
}

/// Counts the backward pass as two products for each product of the forward pass; recomputed
/// attention is not counted.
fn training_task(name: &str, forward: f64) -> Option<BenchTask> {
    let mut step = training_trial(name)?;
    Some(BenchTask::new(3.0 * forward, move || {
        std::hint::black_box(step());
    }))
}

/// Heads, and pieces of their queries, are distributed over the threads; keys and values are read
/// in place.
fn attention_task(tokens: usize, channels: usize) -> BenchTask {
    const HEADS: usize = 8;
    const PIECE: usize = 128;
    let each = tokens * channels;
    let all = normal_values(3 * HEADS * each);
    let mut out = vec![0.0; HEADS * each];
    let threads = rayon::current_num_threads();
    let scratch: Vec<_> = (0..threads)
        .map(|_| std::sync::Mutex::new(vec![0.0; attention::scratch_len(channels)]))
        .collect();
    BenchTask::new(4.0 * (HEADS * tokens * each) as f64, move || {
        out.par_chunks_mut(each).zip(all.par_chunks(3 * each)).for_each(|(out, head)| {
            let matrix = |which: usize| Matrix::new(&head[which * each..], tokens, channels);
            out.par_chunks_mut(PIECE * channels).enumerate().for_each(|(i, out)| {
                let rows = out.len() / channels;
                let slot = &scratch[rayon::current_thread_index().unwrap_or(0) % threads];
                let mut scratch = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let inputs = AttentionInputs {
                    query: matrix(0).sub_rows(i * PIECE, rows),
                    key: matrix(1),
                    value: matrix(2),
                    scale: 1.0 / (channels as f32).sqrt(),
                    key_bias: None,
                    window: None,
                };
                attend_head(
                    Isa::best_supported(),
                    inputs,
                    &mut MatrixMut::new(out, rows, channels),
                    None,
                    &mut scratch,
                );
            });
        });
    })
}

fn peak_task() -> BenchTask {
    const ROWS: usize = 48;
    const DEPTH: usize = 96;
    const TIMES: usize = 8_000_000_000 / (2 * ROWS * 32 * DEPTH);
    let isa = Isa::best_supported();
    let (a, b) = (normal_values(ROWS * DEPTH), normal_values(DEPTH * 32));
    let b = PackedMatrix::new(isa, Matrix::new(&b, DEPTH, 32));
    BenchTask::new((2 * ROWS * 32 * DEPTH * TIMES) as f64, move || {
        (0..TIMES.div_ceil(256)).into_par_iter().for_each(|part| {
            let mut out = [0.0; ROWS * 32];
            for _ in 0..256.min(TIMES - part * 256) {
                let x = Matrix::new(&a, ROWS, DEPTH);
                linear_layer(
                    isa,
                    x,
                    &b,
                    None,
                    Epilogue::Write,
                    &mut MatrixMut::new(&mut out, ROWS, 32),
                );
            }
            std::hint::black_box(&mut out);
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_found_by_name_and_run() {
        for name in ["motion_latency", "joints_latency", "sdpa_40_16"] {
            let mut task = prepare_task(name).unwrap();
            task.run_once();
            assert!(task.operations > 0.0);
        }
        for name in ["", "sdpa", "sdpa_", "sdpa_0_1", "sdpa_1_x", "sdpa_99999999999_1", "motion"] {
            assert!(prepare_task(name).is_none(), "{name}");
        }
    }
}
