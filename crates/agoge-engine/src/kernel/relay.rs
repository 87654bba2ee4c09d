//! Runs stages of work on shared matrices, with one barrier between stages.
//!
//! The thread pool is woken once for all stages rather than once per stage. Between stages the
//! threads spin until the last unit is done, because a unit takes microseconds.
#![allow(unsafe_code)]

use super::gemm::Parallelism;
use super::matrix::{Matrix, MatrixMut};
use super::units::{WorkUnit, WorkUnits};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Progress of a stage; reused between runs to avoid allocating.
#[derive(Debug, Default)]
pub struct StageProgress {
    /// The range of unclaimed units: its start in the upper 32 bits, its end in the lower 32.
    open: AtomicU64,
    done: AtomicUsize,
}

impl StageProgress {
    fn start_stage(&mut self, units: usize) {
        *self.open.get_mut() = units as u64;
        *self.done.get_mut() = 0;
    }

    /// Claims a unit from the front or the back. Two threads meet in the middle, so that each finds
    /// most of its data in its own cache, stage after stage.
    fn claim_unit(&self, front: bool) -> Option<usize> {
        let next = |open: u64| {
            let (first, past) = (open >> 32, open & 0xFFFF_FFFF);
            (first < past)
                .then(|| if front { (first + 1) << 32 | past } else { first << 32 | (past - 1) })
        };
        let before = self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok()?;
        Some(if front { before >> 32 } else { (before & 0xFFFF_FFFF) - 1 } as usize)
    }

    /// Spins until all units are done. A claimed unit is running on another thread and waits for
    /// nobody. The core is yielded only after a time that is long for a unit, because getting it
    /// back takes milliseconds.
    fn wait_for_units(&self, units: usize) {
        let mut looks = 0;
        while self.done.load(Ordering::Acquire) < units {
            looks += 1;
            if looks % 16_384 == 0 { std::thread::yield_now() } else { std::hint::spin_loop() }
        }
    }
}

/// Counts a unit as done on drop, even if it panics, so that nobody waits for it forever.
struct DoneGuard<'a>(&'a AtomicUsize);

impl Drop for DoneGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// The memory a unit of a stage may access.
pub struct UnitMemory<'a> {
    /// The unit's rows of the matrix that persists through all stages.
    pub persistent: MatrixMut<'a>,
    /// The whole output of the previous stage.
    pub read: Matrix<'a>,
    /// The unit's rows of the matrix that the next stage reads.
    pub write: MatrixMut<'a>,
}

/// Runs the stages: `units(stage)` says how a stage is divided and `work(stage, unit, hand)`
/// computes one unit. Stage s writes `turns[s % 2]` and reads the other.
///
/// # Panics
/// If a matrix has a different number of rows than a stage's grid.
pub fn run_stages(
    spread: Parallelism,
    stages: Range<usize>,
    progress: &mut Vec<StageProgress>,
    lasting: &mut MatrixMut,
    turns: &mut [MatrixMut; 2],
    units: impl Fn(usize) -> WorkUnits + Sync,
    work: impl Fn(usize, WorkUnit, UnitMemory) + Sync,
) {
    progress.resize_with(progress.len().max(stages.len()), StageProgress::default);
    for (stage, progress) in stages.clone().zip(progress.iter_mut()) {
        let units = units(stage);
        let tokens = units.times * units.parts;
        let fit = lasting.rows() == tokens && turns.iter().all(|turn| turn.rows() == tokens);
        assert!(fit && tokens < 1 << 32, "matrices of another grid");
        progress.start_stage(if tokens == 0 { 0 } else { units.unit_count() });
    }
    let (progress, lasting, turns) = (&*progress, &*lasting, &*turns);
    let member = |member: usize| {
        for (stage, progress) in stages.clone().zip(progress) {
            let units = units(stage);
            let (write, read) = (&turns[stage % 2], &turns[(stage + 1) % 2]);
            while let Some(number) = progress.claim_unit(member.is_multiple_of(2)) {
                let _done = DoneGuard(&progress.done);
                let unit = units.unit_at(number);
                let rows = unit.rows;
                // SAFETY: a token lies in one sequence along an axis and in one piece of it, and
                // each unit of a stage is claimed once, so no row is in two hands. The matrix being
                // read was written by the previous stage, whose units are all done, and is not
                // written in this one.
                let hand = unsafe {
                    UnitMemory {
                        persistent: lasting.strided_rows_shared(rows.from, rows.step, rows.count),
                        read: read.as_matrix(),
                        write: write.strided_rows_shared(rows.from, rows.step, rows.count),
                    }
                };
                work(stage, unit, hand);
            }
            progress.wait_for_units(if units.times * units.parts == 0 {
                0
            } else {
                units.unit_count()
            });
        }
    };
    match spread {
        Parallelism::Here => member(0),
        Parallelism::Pool => run_team(0..rayon::current_num_threads(), &member),
    }
}

/// Runs each member's work on its own thread if one is free in time; otherwise the other members
/// have already done it.
fn run_team(members: Range<usize>, work: &(impl Fn(usize) + Sync)) {
    if members.len() < 2 {
        return work(members.start);
    }
    let middle = members.start + members.len() / 2;
    rayon::join(|| run_team(members.start..middle, work), || run_team(middle..members.end, work));
}

#[cfg(test)]
mod tests {
    use super::super::units::Axis;
    use super::*;

    #[test]
    fn every_token_is_in_one_unit_of_each_stage() {
        for (times, parts, tile) in
            [(1, 1, 1), (7, 3, 2), (5, 9, 4), (if cfg!(miri) { 6 } else { 64 }, 25, 32), (0, 3, 4)]
        {
            for spread in [Parallelism::Here, Parallelism::Pool] {
                let tokens = times * parts;
                let (mut lasting, mut one, mut two) =
                    (vec![0.0; tokens * 2], vec![0.0; tokens], vec![0.0; tokens]);
                let mut turns =
                    [MatrixMut::new(&mut one, tokens, 1), MatrixMut::new(&mut two, tokens, 1)];
                let axis =
                    |stage: usize| if stage.is_multiple_of(2) { Axis::Time } else { Axis::Part };
                let units = |stage| WorkUnits { times, parts, axis: axis(stage), tile };
                let mut progress = Vec::new();
                let mut view = MatrixMut::new(&mut lasting, tokens, 2);
                run_stages(
                    spread,
                    0..5,
                    &mut progress,
                    &mut view,
                    &mut turns,
                    units,
                    |stage, unit, mut hand| {
                        for i in 0..unit.rows.count {
                            hand.persistent.row_mut(i).iter_mut().for_each(|x| *x += 1.0);
                            let seen: f32 =
                                (0..tokens).map(|row| hand.read.element_at(row, 0)).sum();
                            let token =
                                unit.sequence.from + (unit.first_query + i) * unit.sequence.step;
                            hand.write.row_mut(i)[0] =
                                if stage == 0 { token as f32 } else { seen / tokens as f32 };
                        }
                    },
                );
                assert!(lasting.iter().all(|x| *x == 5.0));
                let mean = (tokens as f32 - 1.0) / 2.0;
                assert!(
                    one.iter().all(|x| (x - mean).abs() < 1e-2),
                    "a stage began before the last had ended"
                );
            }
        }
    }

    #[test]
    fn a_panic_in_a_unit_is_a_panic_not_a_deadlock() {
        let fails = std::panic::catch_unwind(|| {
            let (mut a, mut b, mut c) = ([0.0; 8], [0.0; 8], [0.0; 8]);
            let mut turns = [MatrixMut::new(&mut b, 8, 1), MatrixMut::new(&mut c, 8, 1)];
            let units = |_| WorkUnits { times: 8, parts: 1, axis: Axis::Time, tile: 1 };
            let mut view = MatrixMut::new(&mut a, 8, 1);
            run_stages(
                Parallelism::Pool,
                0..3,
                &mut Vec::new(),
                &mut view,
                &mut turns,
                units,
                |_, unit, _| {
                    assert!(unit.first_query != 3, "planted");
                },
            );
        });
        assert!(fails.is_err());
    }
}
