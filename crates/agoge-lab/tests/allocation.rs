//! After the first call with a shape, a forward pass allocates nothing. (This test has its own file
//! because the allocator counts for the whole process.)
#![allow(unsafe_code, clippy::unwrap_used)]

use agoge_engine::kernel::Isa;
use agoge_engine::runtime::Workspace;
use agoge_lab::bench::{FrameNetwork, JointNetwork, random_weights};
use agoge_model::EncoderSize;
use agoge_model::{Card, LiveConfig, LiveStream, Model, weights};
use agoge_motion::simulate::{Exercise, SimulatedSet};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is forwarded to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: guaranteed by the caller.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: guaranteed by the caller.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Number of allocations of a live stream whose window is full.
fn warm_stream() -> usize {
    let size = EncoderSize { width: 48, heads: 4, blocks: 2, feed_forward: 96, movements: 2 };
    let card = Card { movements: vec!["a".to_owned(), "b".to_owned()], ..Card::default() };
    let model = Model::new(weights::seed_values(&size, 3), size, card, &[]);
    let recording =
        SimulatedSet { rate_hz: 30.0, ..SimulatedSet::new(Exercise::Squat) }.simulate().recording;
    let live = LiveConfig { window_s: 1.0, most_frames: 32, step_s: 0.0 };
    let mut stream =
        LiveStream::new(model.start_stream(live), &recording.skeleton, recording.space);
    let mut push = |frame: usize| {
        let row = frame * recording.joint_count()..(frame + 1) * recording.joint_count();
        stream
            .push(
                &recording.position[row.clone()],
                &recording.confidence[row],
                recording.time[frame],
            )
            .unwrap();
    };
    (0..60).for_each(&mut push);
    let before = COUNT.load(Ordering::Relaxed);
    (60..200).for_each(&mut push);
    COUNT.load(Ordering::Relaxed) - before
}

#[test]
fn a_warm_engine_allocates_nothing() {
    assert_eq!(warm_stream(), 0, "a live stream");
    let (motion, joints) = (
        FrameNetwork::new(Isa::best_supported(), &mut random_weights(1)),
        JointNetwork::new(Isa::best_supported(), &mut random_weights(1)),
    );
    let (x, y) = (vec![0.5; 4 * 128 * 99], vec![0.5; 4 * 64 * 25 * 3]);
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (mut a, mut b) = (Workspace::new(), Workspace::new());
            let (mut out, mut other) = ([0.0; 4 * 16], vec![0.0; y.len()]);
            let mut run = || {
                for batch in [4, 1] {
                    motion.infer_batch(
                        &x[..batch * 128 * 99],
                        batch,
                        &mut a,
                        &mut out[..batch * 16],
                    );
                    let joints_of = batch * 64 * 25 * 3;
                    joints.infer_batch(&y[..joints_of], batch, &mut b, &mut other[..joints_of]);
                }
            };
            // Which thread takes which work is not deterministic: make a few calls until each has
            // had every kind.
            for _ in 0..20 {
                run();
            }
            let before = COUNT.load(Ordering::Relaxed);
            for _ in 0..10 {
                run();
            }
            let allocated = COUNT.load(Ordering::Relaxed) - before;
            assert_eq!(allocated, 0, "on {threads} threads");
        });
    }
}
