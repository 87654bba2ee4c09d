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
pub struct RowStep {
    /// The first row.
    pub from: usize,
    /// Distance between consecutive rows.
    pub step: usize,
    /// The number of rows.
    pub count: usize,
}

impl RowStep {
    /// Selects these rows of a matrix.
    ///
    /// # Panics
    /// If a row lies outside the matrix.
    pub fn select_rows<'a>(&self, matrix: Matrix<'a>) -> Matrix<'a> {
        matrix.strided_rows(self.from, self.step, self.count)
    }
}

/// The sequences of a grid along an axis, in pieces of at most `tile` queries. Row of a token:
/// `time · parts + part`.
#[derive(Clone, Copy, Debug)]
pub struct WorkUnits {
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
pub struct WorkUnit {
    /// Index of the sequence: its part for [`Axis::Time`], its time for [`Axis::Part`].
    pub index: usize,
    /// All rows of the sequence: the keys.
    pub sequence: RowStep,
    /// Position of the first query within the sequence.
    pub first_query: usize,
    /// The rows of the queries, owned by the unit.
    pub rows: RowStep,
}

impl WorkUnits {
    /// The number of sequences.
    pub fn sequence_count(&self) -> usize {
        match self.axis {
            Axis::Time => self.parts,
            Axis::Part => self.times,
        }
    }

    /// The length of each sequence.
    pub fn sequence_length(&self) -> usize {
        match self.axis {
            Axis::Time => self.times,
            Axis::Part => self.parts,
        }
    }

    /// The rows of a sequence.
    pub fn sequence_rows(&self, index: usize) -> RowStep {
        match self.axis {
            Axis::Time => RowStep { from: index, step: self.parts, count: self.times },
            Axis::Part => RowStep { from: index * self.parts, step: 1, count: self.parts },
        }
    }

    /// The number of units.
    pub fn unit_count(&self) -> usize {
        self.sequence_count() * self.sequence_length().div_ceil(self.tile.max(1))
    }

    /// The unit with this number. The first pieces of all sequences come first, then the second
    /// pieces, so that nearby numbers are close in time.
    pub fn unit_at(&self, number: usize) -> WorkUnit {
        let (index, piece) = (number % self.sequence_count(), number / self.sequence_count());
        let sequence = self.sequence_rows(index);
        let first = (piece * self.tile.max(1)).min(sequence.count);
        let count = self.tile.max(1).min(sequence.count - first);
        WorkUnit {
            index,
            sequence,
            first_query: first,
            rows: RowStep { from: sequence.from + first * sequence.step, count, ..sequence },
        }
    }
}
