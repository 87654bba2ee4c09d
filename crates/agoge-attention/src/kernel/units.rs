//! Divides the tokens of a grid `[time, part]` into units of work: each unit is a run of queries of
//! one sequence and owns their rows.

use super::matrix::Matrix;

/// The axis along which tokens attend to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Over all times of a part: rows are `parts` apart.
    Time,
    /// Over all parts at one time: adjacent rows.
    Part,
}

/// Rows `from`, `from + step`, … of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The first row.
    pub from: usize,
    /// Distance between consecutive rows.
    pub step: usize,
    /// The number of rows.
    pub count: usize,
}

impl Rows {
    /// Selects these rows of a matrix.
    ///
    /// # Panics
    /// If a row lies outside the matrix.
    pub fn of<'a>(&self, matrix: Matrix<'a>) -> Matrix<'a> {
        matrix.every(self.from, self.step, self.count)
    }
}

/// The sequences of a grid along an axis, in pieces of at most `tile` queries. Row of a token:
/// `time · parts + part`.
#[derive(Clone, Copy, Debug)]
pub struct Units {
    /// Times of the grid.
    pub times: usize,
    /// Parts of the grid.
    pub parts: usize,
    /// The axis the sequences run along.
    pub axis: Axis,
    /// Maximum queries per unit; at least 1.
    pub tile: usize,
}

/// One unit of work.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    /// Index of the sequence: its part for [`Axis::Time`], its time for [`Axis::Part`].
    pub index: usize,
    /// All rows of the sequence: the keys.
    pub sequence: Rows,
    /// Position of the first query within the sequence.
    pub first: usize,
    /// The rows of the queries, owned by the unit.
    pub rows: Rows,
}

impl Units {
    /// The number of sequences.
    pub fn sequences(&self) -> usize {
        match self.axis {
            Axis::Time => self.parts,
            Axis::Part => self.times,
        }
    }

    /// The length of each sequence.
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

    /// The number of units.
    pub fn count(&self) -> usize {
        self.sequences() * self.length().div_ceil(self.tile.max(1))
    }

    /// The unit with this number. The first pieces of all sequences come first, then the second
    /// pieces, so that nearby numbers are close in time.
    pub fn unit(&self, number: usize) -> Unit {
        let (index, piece) = (number % self.sequences(), number / self.sequences());
        let sequence = self.sequence(index);
        let first = (piece * self.tile.max(1)).min(sequence.count);
        let count = self.tile.max(1).min(sequence.count - first);
        Unit {
            index,
            sequence,
            first,
            rows: Rows { from: sequence.from + first * sequence.step, count, ..sequence },
        }
    }
}
