//! Worker threads for the slow computations of live sessions, so that frames need not wait for
//! them.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One worker per core.
pub(crate) struct WorkerPool {
    workers: Vec<Worker>,
    next: AtomicUsize,
}

/// A single thread that runs its jobs in order. It is a Rayon pool of one thread, so that code
/// which could spread over all cores stays on it: with many sessions that is cheaper.
#[derive(Clone)]
pub(crate) struct Worker(Arc<ThreadPool>);

impl WorkerPool {
    /// # Errors
    /// If the threads cannot be started.
    pub(crate) fn new() -> std::io::Result<WorkerPool> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let start_worker = |_| {
            let pool = ThreadPoolBuilder::new()
                .num_threads(1)
                .thread_name(|_| "live-desk".to_owned())
                .build();
            pool.map(|pool| Worker(Arc::new(pool))).map_err(std::io::Error::other)
        };
        Ok(WorkerPool {
            workers: (0..cores).map(start_worker).collect::<std::io::Result<_>>()?,
            next: AtomicUsize::new(0),
        })
    }

    /// The worker for a new session, assigned round-robin.
    pub(crate) fn next_worker(&self) -> Worker {
        self.workers[self.next.fetch_add(1, Ordering::Relaxed) % self.workers.len()].clone()
    }
}

impl Worker {
    pub(crate) fn spawn_job(&self, work: impl FnOnce() + Send + 'static) {
        self.0.spawn_fifo(work);
    }
}
