//! Work on one thread.

use rayon::ThreadPoolBuilder;

/// Runs something with one thread at its disposal. Burn's matrix products and sums split their work by the number of threads, and a sum in another order is
/// another number: on one thread the result is the same on every machine. Where there are several trainings or files, they run side by side.
pub(crate) fn alone<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    match ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(pool) => pool.install(work),
        // Without a thread of its own the work is done all the same.
        Err(_) => work(),
    }
}
