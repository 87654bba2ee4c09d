//! Working memory of a forward pass, reused from call to call.

use crate::kernel::StageProgress;
use rayon::current_thread_index;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Row stride of a buffer: an odd number of whole cache lines, so that the same column of many rows
/// does not map to only a few cache sets.
pub fn padded_stride(columns: usize) -> usize {
    let lines = columns.div_ceil(16);
    (lines + (1 - lines % 2)) * 16
}

/// Working memory for forward passes. Create one and pass it to each call; it grows to fit the
/// largest shape so far and never shrinks.
#[derive(Debug, Default)]
pub struct Workspace {
    grids: Vec<Mutex<ElementState>>,
    scratches: Vec<Mutex<UnitScratch>>,
}

/// State of a batch element while it goes through the network.
#[derive(Debug, Default)]
pub struct ElementState {
    /// The residual stream, `[token, width]`.
    pub x: Vec<f32>,
    /// Queries, keys and values of this attention and of the next, `[token, 3 · width]`.
    pub projected: [Vec<f32>; 2],
    /// Cosines and sines, one table per attention.
    pub angles: Vec<Vec<f32>>,
    /// 0 or −∞ per token, `[time, part]` and `[part, time]`.
    pub bias: [Vec<f32>; 2],
    /// Scratch for attention maps.
    pub map: Vec<f32>,
    /// Progress of each stage.
    pub progress: Vec<StageProgress>,
}

/// Scratch memory of a unit of work.
#[derive(Debug, Default)]
pub struct UnitScratch {
    normed: Vec<f32>,
    joined: Vec<f32>,
    flash: Vec<f32>,
    inner: Vec<f32>,
}

/// Buffer sizes that a call needs.
pub struct BufferSizes {
    /// Tokens per batch element.
    pub tokens: usize,
    /// Maximum rows of a unit.
    pub rows: usize,
    /// Width of the embedding.
    pub width: usize,
    /// Number of attentions in all blocks.
    pub attentions: usize,
    /// Scratch length of the attention kernel.
    pub flash: usize,
    /// Scratch length of a feed-forward.
    pub inner: usize,
}

fn grow_to(memory: &mut Vec<f32>, numbers: usize) -> &mut [f32] {
    if memory.len() < numbers {
        memory.resize(numbers, 0.0);
    }
    &mut memory[..numbers]
}

impl UnitScratch {
    /// Takes out the memory for normalised rows; return it with [`UnitScratch::give_normed`].
    pub fn take_normed(&mut self, numbers: usize) -> Vec<f32> {
        grow_to(&mut self.normed, numbers);
        std::mem::take(&mut self.normed)
    }

    /// Returns the memory for normalised rows.
    pub fn give_normed(&mut self, normed: Vec<f32>) {
        self.normed = normed;
    }

    /// Memory for the joined heads and for the attention kernel.
    pub fn attention_buffers(&mut self, joined: usize, flash: usize) -> (&mut [f32], &mut [f32]) {
        (grow_to(&mut self.joined, joined), grow_to(&mut self.flash, flash))
    }

    /// Memory for the hidden layer of a feed-forward.
    pub fn inner_buffer(&mut self, numbers: usize) -> &mut [f32] {
        grow_to(&mut self.inner, numbers)
    }
}

impl Workspace {
    /// An empty workspace; the first call with a shape allocates.
    pub fn new() -> Workspace {
        Workspace::default()
    }

    /// Allocates buffers for each thread of the current pool. Which thread does what is not
    /// deterministic, so each gets everything a call may need.
    pub fn prepare_buffers(&mut self, needs: &BufferSizes) {
        let threads = rayon::current_num_threads();
        self.grids.resize_with(threads.max(self.grids.len()), Mutex::default);
        self.scratches.resize_with(threads.max(self.scratches.len()), Mutex::default);
        for grid in &mut self.grids {
            let grid = grid.get_mut().unwrap_or_else(PoisonError::into_inner);
            grow_to(&mut grid.x, needs.tokens * padded_stride(needs.width));
            for projected in &mut grid.projected {
                grow_to(projected, needs.tokens * padded_stride(3 * needs.width));
            }
            grid.bias.iter_mut().for_each(|bias| _ = grow_to(bias, needs.tokens));
            grid.angles.resize_with(needs.attentions, Vec::new);
            grid.progress
                .resize_with(grid.progress.len().max(needs.attentions + 1), StageProgress::default);
        }
        for scratch in &mut self.scratches {
            let scratch = scratch.get_mut().unwrap_or_else(PoisonError::into_inner);
            grow_to(&mut scratch.normed, needs.rows * padded_stride(needs.width));
            grow_to(&mut scratch.joined, needs.rows * padded_stride(needs.width));
            grow_to(&mut scratch.flash, needs.flash);
            grow_to(&mut scratch.inner, needs.inner);
        }
    }

    /// This thread's grid.
    pub fn lock_grid(&self) -> MutexGuard<'_, ElementState> {
        lock_own(&self.grids)
    }

    /// This thread's scratch.
    pub fn lock_scratch(&self) -> MutexGuard<'_, UnitScratch> {
        lock_own(&self.scratches)
    }
}

/// Locks this thread's element. No holder waits for another thread's work of the same kind, so the
/// lock is free.
fn lock_own<T>(per_thread: &[Mutex<T>]) -> MutexGuard<'_, T> {
    let index = current_thread_index().unwrap_or(0) % per_thread.len().max(1);
    per_thread[index].lock().unwrap_or_else(PoisonError::into_inner)
}
