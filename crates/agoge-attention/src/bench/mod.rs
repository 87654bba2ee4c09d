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

mod network;

pub use network::{Joints, Motion, random};

use crate::kernel::{After, Attend, Isa, Matrix, MatrixMut, Packed, attend, attention, linear};
use crate::runtime::Workspace;
use crate::train::trial::trial;
use rayon::prelude::*;

/// A task ready to be timed.
pub struct Task {
    /// Floating-point operations of one run: two per multiply-add in matrix products and attention;
    /// nothing else is counted.
    pub operations: f64,
    run: Box<dyn FnMut() + Send>,
}

impl Task {
    /// Runs the task once.
    pub fn run(&mut self) {
        (self.run)();
    }

    fn new(operations: f64, run: impl FnMut() + Send + 'static) -> Task {
        Task { operations, run: Box::new(run) }
    }
}

/// Prepares a task; `None` if there is no task of that name. It runs on the rayon pool it is called
/// from.
pub fn task(name: &str) -> Option<Task> {
    match name {
        "motion_infer" => Some(motion(32)),
        "motion_latency" => Some(motion(1)),
        "joints_infer" => Some(joints(8)),
        "joints_latency" => Some(joints(1)),
        "peak_gemm" => Some(peak()),
        "motion_train" => training(name, motion(32).operations),
        "joints_train" => training(name, joints(8).operations),
        _ => {
            let (tokens, channels) = name.strip_prefix("sdpa_")?.split_once('_')?;
            let (tokens, channels) = (tokens.parse().ok()?, channels.parse().ok()?);
            ((1..=1 << 20).contains(&tokens) && (1..=1024).contains(&channels))
                .then(|| sdpa(tokens, channels))
        }
    }
}

fn uniform(n: usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(1);
    // The sum of twelve uniform numbers is nearly normal, like the inputs of the other engines.
    (0..n).map(|_| (0..12).map(|_| random.f32()).sum::<f32>() - 6.0).collect()
}

fn motion(batch: usize) -> Task {
    let network = Motion::new(Isa::best(), &mut network::random(0));
    let (x, mut out, mut workspace) =
        (uniform(batch * 128 * 99), vec![0.0; batch * 16], Workspace::new());
    let token = 99 * 128 + 4 * (4 * 128 * 128 + 2 * 128 * 512 + 2 * 128 * 128);
    Task::new(2.0 * (batch * 128 * token) as f64, move || {
        network.forward(&x, batch, &mut workspace, &mut out)
    })
}

fn joints(batch: usize) -> Task {
    let network = Joints::new(Isa::best(), &mut network::random(0));
    let tokens = batch * 64 * 25;
    let (x, mut out, mut workspace) =
        (uniform(tokens * 3), vec![0.0; tokens * 3], Workspace::new());
    let token = 2 * 3 * 64 + 4 * (8 * 64 * 64 + 2 * 64 * 256 + 2 * 64 * (25 + 64));
    Task::new(2.0 * (tokens * token) as f64, move || {
        network.forward(&x, batch, &mut workspace, &mut out)
    })
}

/// Counts the backward pass as two products for each product of the forward pass; recomputed
/// attention is not counted.
fn training(name: &str, forward: f64) -> Option<Task> {
    let mut step = trial(name)?;
    Some(Task::new(3.0 * forward, move || {
        std::hint::black_box(step());
    }))
}

/// Heads, and pieces of their queries, are distributed over the threads; keys and values are read
/// in place.
fn sdpa(tokens: usize, channels: usize) -> Task {
    const HEADS: usize = 8;
    const PIECE: usize = 128;
    let each = tokens * channels;
    let all = uniform(3 * HEADS * each);
    let mut out = vec![0.0; HEADS * each];
    let threads = rayon::current_num_threads();
    let scratch: Vec<_> = (0..threads)
        .map(|_| std::sync::Mutex::new(vec![0.0; attention::scratch(channels)]))
        .collect();
    Task::new(4.0 * (HEADS * tokens * each) as f64, move || {
        out.par_chunks_mut(each).zip(all.par_chunks(3 * each)).for_each(|(out, head)| {
            let matrix = |which: usize| Matrix::new(&head[which * each..], tokens, channels);
            out.par_chunks_mut(PIECE * channels).enumerate().for_each(|(i, out)| {
                let rows = out.len() / channels;
                let slot = &scratch[rayon::current_thread_index().unwrap_or(0) % threads];
                let mut scratch = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let inputs = Attend {
                    query: matrix(0).sub_rows(i * PIECE, rows),
                    key: matrix(1),
                    value: matrix(2),
                    scale: 1.0 / (channels as f32).sqrt(),
                    key_bias: None,
                    window: None,
                };
                attend(
                    Isa::best(),
                    inputs,
                    &mut MatrixMut::new(out, rows, channels),
                    None,
                    &mut scratch,
                );
            });
        });
    })
}

fn peak() -> Task {
    const ROWS: usize = 48;
    const DEPTH: usize = 96;
    const TIMES: usize = 8_000_000_000 / (2 * ROWS * 32 * DEPTH);
    let isa = Isa::best();
    let (a, b) = (uniform(ROWS * DEPTH), uniform(DEPTH * 32));
    let b = Packed::new(isa, Matrix::new(&b, DEPTH, 32));
    Task::new((2 * ROWS * 32 * DEPTH * TIMES) as f64, move || {
        (0..TIMES.div_ceil(256)).into_par_iter().for_each(|part| {
            let mut out = [0.0; ROWS * 32];
            for _ in 0..256.min(TIMES - part * 256) {
                let x = Matrix::new(&a, ROWS, DEPTH);
                linear(isa, x, &b, None, After::Write, &mut MatrixMut::new(&mut out, ROWS, 32));
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
            let mut task = task(name).unwrap();
            task.run();
            assert!(task.operations > 0.0);
        }
        for name in ["", "sdpa", "sdpa_", "sdpa_0_1", "sdpa_1_x", "sdpa_99999999999_1", "motion"] {
            assert!(task(name).is_none(), "{name}");
        }
    }
}
