//! Views of matrices in slices, with strides.
#![allow(unsafe_code)]

use std::marker::PhantomData;

/// A matrix that is read, `[row, column]`, with any strides (in numbers).
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    data: *const f32,
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
    lives: PhantomData<&'a f32>,
}

// SAFETY: it stands for shared references to its elements. (It is no slice because what lies
// between them may be another thread's to write.)
unsafe impl Send for Matrix<'_> {}
// SAFETY: as above.
unsafe impl Sync for Matrix<'_> {}

impl<'a> Matrix<'a> {
    /// A matrix row by row without gaps.
    ///
    /// # Panics
    /// If the slice is shorter than `rows · columns`.
    pub fn new(data: &'a [f32], rows: usize, columns: usize) -> Matrix<'a> {
        Matrix::strided(data, rows, columns, columns, 1)
    }

    /// A matrix whose element (i, j) is `data[i · row_stride + j · column_stride]`.
    ///
    /// # Panics
    /// If one of them would lie outside the slice.
    pub fn strided(
        data: &'a [f32],
        rows: usize,
        columns: usize,
        row_stride: usize,
        column_stride: usize,
    ) -> Matrix<'a> {
        assert!(
            extent(rows, columns, row_stride, column_stride) <= data.len(),
            "a matrix reaches past its slice"
        );
        Matrix { data: data.as_ptr(), rows, columns, row_stride, column_stride, lives: PhantomData }
    }

    /// Its transpose, without a copy.
    pub fn transposed(self) -> Matrix<'a> {
        Matrix {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// From a row to the next.
    pub fn row_stride(&self) -> usize {
        self.row_stride
    }

    /// From a column to the next.
    pub fn column_stride(&self) -> usize {
        self.column_stride
    }

    /// Some of its rows.
    ///
    /// # Panics
    /// If it has fewer.
    pub fn sub_rows(self, from: usize, rows: usize) -> Matrix<'a> {
        assert!(from + rows <= self.rows, "rows outside a matrix");
        // Within the matrix, or, if nothing is taken, never read.
        Matrix { data: self.data.wrapping_add(from * self.row_stride), rows, ..self }
    }

    /// Some of its columns.
    ///
    /// # Panics
    /// If it has fewer.
    pub fn sub_columns(self, from: usize, columns: usize) -> Matrix<'a> {
        assert!(from + columns <= self.columns, "columns outside a matrix");
        Matrix { data: self.data.wrapping_add(from * self.column_stride), columns, ..self }
    }

    /// Some of its rows, every `step`-th from `from` on.
    ///
    /// # Panics
    /// If one lies outside.
    pub fn every(self, from: usize, step: usize, rows: usize) -> Matrix<'a> {
        assert!(rows == 0 || from + (rows - 1) * step < self.rows, "rows outside a matrix");
        Matrix { row_stride: step * self.row_stride, rows, ..self.sub_rows(from.min(self.rows), 0) }
    }

    /// A row.
    ///
    /// # Panics
    /// If there is none of that number, or its columns are not next to each other.
    pub fn row(&self, i: usize) -> &'a [f32] {
        assert!(i < self.rows && self.column_stride == 1, "a row outside a matrix, or in pieces");
        // SAFETY: row `i` lies in what this was made of, for as long.
        unsafe { std::slice::from_raw_parts(self.data.add(i * self.row_stride), self.columns) }
    }

    /// An element.
    ///
    /// # Panics
    /// If there is none.
    pub fn at(&self, i: usize, j: usize) -> f32 {
        assert!(i < self.rows && j < self.columns, "an element outside a matrix");
        // SAFETY: it lies in what this was made of.
        unsafe { *self.data.add(i * self.row_stride + j * self.column_stride) }
    }

    /// Where it begins.
    pub(crate) fn as_ptr(&self) -> *const f32 {
        self.data
    }
}

/// A matrix that is written, `[row, column]`: columns next to each other, rows any distance apart.
/// What lies between its rows is not its own.
#[derive(Debug)]
pub struct MatrixMut<'a> {
    data: *mut f32,
    rows: usize,
    columns: usize,
    row_stride: usize,
    lives: PhantomData<&'a mut f32>,
}

// SAFETY: it stands for exclusive references to its rows.
unsafe impl Send for MatrixMut<'_> {}
// SAFETY: through a shared reference its numbers can only be read.
unsafe impl Sync for MatrixMut<'_> {}

impl<'a> MatrixMut<'a> {
    /// A matrix row by row without gaps.
    ///
    /// # Panics
    /// If the slice is shorter than `rows · columns`.
    pub fn new(data: &'a mut [f32], rows: usize, columns: usize) -> MatrixMut<'a> {
        MatrixMut::strided(data, rows, columns, columns)
    }

    /// A matrix whose row i begins at `data[i · row_stride]`.
    ///
    /// # Panics
    /// If it would reach past the slice, or its rows would overlap.
    pub fn strided(
        data: &'a mut [f32],
        rows: usize,
        columns: usize,
        row_stride: usize,
    ) -> MatrixMut<'a> {
        assert!(
            extent(rows, columns, row_stride, 1) <= data.len(),
            "a matrix reaches past its slice"
        );
        assert!(row_stride >= columns || rows <= 1, "rows of a matrix overlap");
        MatrixMut { data: data.as_mut_ptr(), rows, columns, row_stride, lives: PhantomData }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// From a row to the next.
    pub fn row_stride(&self) -> usize {
        self.row_stride
    }

    /// The same matrix for a shorter time.
    pub fn reborrow(&mut self) -> MatrixMut<'_> {
        MatrixMut { lives: PhantomData, ..*self }
    }

    /// A row.
    ///
    /// # Panics
    /// If there is none of that number.
    pub fn row(&mut self, i: usize) -> &mut [f32] {
        assert!(i < self.rows, "a row outside a matrix");
        // SAFETY: row `i` lies in the slice that this was made of, and `&mut self` is held as long
        // as the row.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(i * self.row_stride), self.columns) }
    }

    /// A row, to read.
    ///
    /// # Panics
    /// If there is none of that number.
    pub fn read_row(&self, i: usize) -> &[f32] {
        assert!(i < self.rows, "a row outside a matrix");
        // SAFETY: as in `row`, shared as `self` is.
        unsafe { std::slice::from_raw_parts(self.data.add(i * self.row_stride), self.columns) }
    }

    /// Some of its rows, every `step`-th from `from` on: a sequence over time is every `parts`-th
    /// row.
    ///
    /// # Panics
    /// If one lies outside.
    pub fn every(&mut self, from: usize, step: usize, rows: usize) -> MatrixMut<'_> {
        assert!(rows == 0 || from + (rows - 1) * step < self.rows, "rows outside a matrix");
        assert!(step > 0 || rows <= 1, "a row twice");
        // SAFETY: `&mut self` is held as long as the part.
        unsafe { self.every_shared(from, step, rows) }
    }

    /// As [`MatrixMut::every`], from a shared reference.
    ///
    /// # Safety
    /// No row that is taken is used by anyone else while the part lives.
    pub(crate) unsafe fn every_shared<'b>(
        &self,
        from: usize,
        step: usize,
        rows: usize,
    ) -> MatrixMut<'b> {
        debug_assert!(rows == 0 || from + (rows - 1) * step < self.rows);
        // SAFETY: a part of the same slice, by the assertion above (which `every` makes in
        // earnest).
        let data = unsafe { self.data.add(if rows == 0 { 0 } else { from * self.row_stride }) };
        MatrixMut {
            data,
            rows,
            columns: self.columns,
            row_stride: step * self.row_stride,
            lives: PhantomData,
        }
    }

    /// Some of its columns.
    ///
    /// # Panics
    /// If it has fewer.
    pub fn sub_columns(&mut self, from: usize, columns: usize) -> MatrixMut<'_> {
        assert!(from + columns <= self.columns, "columns outside a matrix");
        // SAFETY: a part of the same rows.
        let data = unsafe { self.data.add(if self.rows == 0 { 0 } else { from }) };
        MatrixMut { data, columns, lives: PhantomData, ..*self }
    }

    /// Where it begins.
    pub(crate) fn as_mut_ptr(&mut self) -> *mut f32 {
        self.data
    }

    /// To read it as a matrix.
    pub fn as_matrix(&self) -> Matrix<'_> {
        Matrix {
            data: self.data,
            rows: self.rows,
            columns: self.columns,
            row_stride: self.row_stride,
            column_stride: 1,
            lives: PhantomData,
        }
    }
}

/// How far a matrix reaches.
fn extent(rows: usize, columns: usize, row_stride: usize, column_stride: usize) -> usize {
    if rows == 0 || columns == 0 {
        0
    } else {
        (rows - 1) * row_stride + (columns - 1) * column_stride + 1
    }
}
