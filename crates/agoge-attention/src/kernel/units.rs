//! How the tokens of a grid `[time, part]` are shared out as work: each unit is some of the queries of one sequence, and owns their rows.
#![allow(unsafe_code)]

use super::gemm::Spread;
use super::matrix::{Matrix, MatrixMut};
use rayon::prelude::*;

/// Along what tokens attend to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// All times of a part: rows as far apart as there are parts.
    Time,
    /// All parts at a time: rows next to each other.
    Part,
}

/// Rows `from`, `from + step`, … of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The first.
    pub from: usize,
    /// From one to the next.
    pub step: usize,
    /// How many.
    pub count: usize,
}

impl Rows {
    /// These rows of a matrix.
    ///
    /// # Panics
    /// If one lies outside.
    pub fn of<'a>(&self, matrix: Matrix<'a>) -> Matrix<'a> {
        matrix.every(self.from, self.step, self.count)
    }
}

/// The sequences of a grid along an axis, in pieces of at most `tile` queries. Row of a token: `time · parts + part`.
#[derive(Clone, Copy, Debug)]
pub struct Units {
    /// Times of the grid.
    pub times: usize,
    /// Parts of the grid.
    pub parts: usize,
    /// Along what the sequences run.
    pub axis: Axis,
    /// At most so many queries in a unit; at least 1.
    pub tile: usize,
}

/// One unit of work.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    /// Which sequence: the time, or the part.
    pub index: usize,
    /// All rows of the sequence: the keys.
    pub sequence: Rows,
    /// The first query within the sequence.
    pub first: usize,
    /// The rows of the queries, which are the unit's own.
    pub rows: Rows,
}

impl Units {
    /// How many sequences there are.
    pub fn sequences(&self) -> usize {
        match self.axis {
            Axis::Time => self.parts,
            Axis::Part => self.times,
        }
    }

    /// How long each is.
    pub fn length(&self) -> usize {
        match self.axis {
            Axis::Time => self.times,
            Axis::Part => self.parts,
        }
    }

    /// The rows of a sequence.
    pub fn sequence(&self, index: usize) -> Rows {
        match self.axis {
            Axis::Time => Rows { from: index, step: self.parts, count: self.times },
            Axis::Part => Rows { from: index * self.parts, step: 1, count: self.parts },
        }
    }

    fn pieces(&self) -> usize {
        self.length().div_ceil(self.tile.max(1))
    }

    fn unit(&self, number: usize) -> Unit {
        let (index, piece) = (number / self.pieces(), number % self.pieces());
        let sequence = self.sequence(index);
        let first = piece * self.tile;
        let count = self.tile.min(sequence.count - first);
        Unit { index, sequence, first, rows: Rows { from: sequence.from + first * sequence.step, count, ..sequence } }
    }

    /// Does some work for each unit, with the unit's rows of two matrices.
    ///
    /// # Panics
    /// If a matrix has other rows than the grid.
    pub fn each(
        &self,
        spread: Spread,
        a: &mut MatrixMut,
        b: &mut MatrixMut,
        work: impl Fn(Unit, MatrixMut, MatrixMut) + Sync + Send,
    ) {
        let tokens = self.times * self.parts;
        assert!(a.rows() == tokens && b.rows() == tokens, "a matrix of another grid");
        let (a, b) = (&*a, &*b);
        let one = |number: usize| {
            let unit = self.unit(number);
            let rows = unit.rows;
            // SAFETY: a token lies in one sequence along an axis and in one piece of it, and each unit is handed out once: no row is in two hands.
            let mine = unsafe {
                (a.every_shared(rows.from, rows.step, rows.count), b.every_shared(rows.from, rows.step, rows.count))
            };
            work(unit, mine.0, mine.1);
        };
        let units = if tokens == 0 { 0 } else { self.sequences() * self.pieces() };
        match spread {
            Spread::Here => (0..units).for_each(one),
            Spread::Pool => (0..units).into_par_iter().for_each(one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_in_one_unit() {
        for axis in [Axis::Time, Axis::Part] {
            for (times, parts, tile) in [(1, 1, 1), (7, 3, 2), (5, 9, 4), (64, 25, 32), (0, 3, 4)] {
                let units = Units { times, parts, axis, tile };
                for spread in [Spread::Here, Spread::Pool] {
                    let (mut a, mut b) = (vec![0.0; times * parts * 2], vec![0.0; times * parts]);
                    let mut a_view = MatrixMut::new(&mut a, times * parts, 2);
                    let mut b_view = MatrixMut::new(&mut b, times * parts, 1);
                    units.each(spread, &mut a_view, &mut b_view, |unit, mut a, mut b| {
                        for i in 0..unit.rows.count {
                            a.row(i).iter_mut().for_each(|x| *x += 1.0);
                            b.row(i)[0] += (unit.sequence.from + (unit.first + i) * unit.sequence.step) as f32;
                        }
                    });
                    assert!(a.iter().all(|x| *x == 1.0));
                    assert!(b.iter().enumerate().all(|(row, x)| *x == row as f32));
                }
            }
        }
    }
}
