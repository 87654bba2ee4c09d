//! How the tokens of a grid `[time, part]` are shared out as work: each unit is some of the queries
//! of one sequence, and owns their rows.

use super::matrix::Matrix;

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

/// The sequences of a grid along an axis, in pieces of at most `tile` queries. Row of a token:
/// `time · parts + part`.
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

    /// How many units there are.
    pub fn count(&self) -> usize {
        self.sequences() * self.length().div_ceil(self.tile.max(1))
    }

    /// A unit by its number: first pieces of all sequences, then second pieces, so that numbers
    /// that are near each other are near in time.
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
