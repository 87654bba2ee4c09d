//! The memory that a forward pass works in, kept from call to call.

use crate::kernel::Progress;
use rayon::current_thread_index;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Numbers from row to row of a buffer: whole cache lines, and an odd number of them, so that the
/// same column of many rows does not fall into few sets of the cache.
pub(crate) fn padded(columns: usize) -> usize {
    let lines = columns.div_ceil(16);
    (lines + (1 - lines % 2)) * 16
}

/// Memory for forward passes; make one, and give it to each call. It grows with the largest shape
/// it has seen and never shrinks.
#[derive(Debug, Default)]
pub struct Workspace {
    grids: Vec<Mutex<Grid>>,
    scratches: Vec<Mutex<Scratch>>,
}

/// What a batch element is while it goes through the network.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    /// The residual stream, `[token, width]`.
    pub(crate) x: Vec<f32>,
    /// Queries, keys and values of this attention and of the next, `[token, 3 · width]`.
    pub(crate) projected: [Vec<f32>; 2],
    /// Cosines and sines, one table an attention.
    pub(crate) angles: Vec<Vec<f32>>,
    /// 0 or −∞ a token, `[time, part]` and `[part, time]`.
    pub(crate) bias: [Vec<f32>; 2],
    /// For maps.
    pub(crate) map: Vec<f32>,
    /// How far each pass is.
    pub(crate) progress: Vec<Progress>,
}

/// What a unit of work needs while it runs.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    normed: Vec<f32>,
    joined: Vec<f32>,
    flash: Vec<f32>,
    inner: Vec<f32>,
}

/// How much a call needs of everything.
pub(crate) struct Needs {
    /// Tokens of a batch element.
    pub(crate) tokens: usize,
    /// Rows of a unit at most.
    pub(crate) rows: usize,
    /// Width of the embedding.
    pub(crate) width: usize,
    /// Attentions of all blocks.
    pub(crate) attentions: usize,
    /// Scratch of the attention kernel.
    pub(crate) flash: usize,
    /// Scratch of a feed-forward.
    pub(crate) inner: usize,
}

fn at_least(memory: &mut Vec<f32>, numbers: usize) -> &mut [f32] {
    if memory.len() < numbers {
        memory.resize(numbers, 0.0);
    }
    &mut memory[..numbers]
}

impl Scratch {
    /// Takes the normalised rows' memory out, to be given back.
    pub(crate) fn take_normed(&mut self, numbers: usize) -> Vec<f32> {
        at_least(&mut self.normed, numbers);
        std::mem::take(&mut self.normed)
    }

    /// Gives it back.
    pub(crate) fn give_normed(&mut self, normed: Vec<f32>) {
        self.normed = normed;
    }

    /// Memory for the joined heads and for the attention kernel.
    pub(crate) fn attention(&mut self, joined: usize, flash: usize) -> (&mut [f32], &mut [f32]) {
        (at_least(&mut self.joined, joined), at_least(&mut self.flash, flash))
    }

    /// Memory for the wide side of a feed-forward.
    pub(crate) fn inner(&mut self, numbers: usize) -> &mut [f32] {
        at_least(&mut self.inner, numbers)
    }
}

impl Workspace {
    /// Empty; the first call with a shape allocates.
    pub fn new() -> Workspace {
        Workspace::default()
    }

    /// A place for each thread of the current pool, with all that a call will need: which thread
    /// does what is chance, so each gets everything.
    pub(crate) fn prepare(&mut self, needs: &Needs) {
        let threads = rayon::current_num_threads();
        self.grids.resize_with(threads.max(self.grids.len()), Mutex::default);
        self.scratches.resize_with(threads.max(self.scratches.len()), Mutex::default);
        for grid in &mut self.grids {
            let grid = grid.get_mut().unwrap_or_else(PoisonError::into_inner);
            at_least(&mut grid.x, needs.tokens * padded(needs.width));
            for projected in &mut grid.projected {
                at_least(projected, needs.tokens * padded(3 * needs.width));
            }
            grid.bias.iter_mut().for_each(|bias| _ = at_least(bias, needs.tokens));
            grid.angles.resize_with(needs.attentions, Vec::new);
            grid.progress
                .resize_with(grid.progress.len().max(needs.attentions + 1), Progress::default);
        }
        for scratch in &mut self.scratches {
            let scratch = scratch.get_mut().unwrap_or_else(PoisonError::into_inner);
            at_least(&mut scratch.normed, needs.rows * padded(needs.width));
            at_least(&mut scratch.joined, needs.rows * padded(needs.width));
            at_least(&mut scratch.flash, needs.flash);
            at_least(&mut scratch.inner, needs.inner);
        }
    }

    /// This thread's grid.
    pub(crate) fn grid(&self) -> MutexGuard<'_, Grid> {
        mine(&self.grids)
    }

    /// This thread's scratch.
    pub(crate) fn scratch(&self) -> MutexGuard<'_, Scratch> {
        mine(&self.scratches)
    }
}

/// The element of this thread. Nothing that holds one waits for other threads' work of the same
/// kind, so the lock is free.
fn mine<T>(of: &[Mutex<T>]) -> MutexGuard<'_, T> {
    let index = current_thread_index().unwrap_or(0) % of.len().max(1);
    of[index].lock().unwrap_or_else(PoisonError::into_inner)
}
