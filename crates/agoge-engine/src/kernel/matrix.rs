//! Strided matrix views into slices.
#![allow(unsafe_code)]

use std::marker::PhantomData;

/// A read-only matrix view, `[row, column]`, with any strides (in numbers).
///
/// ```
/// use agoge_engine::kernel::Matrix;
/// let matrix = Matrix::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3);
/// assert_eq!(matrix.element_at(1, 0), 4.0);
/// assert_eq!(matrix.transposed().element_at(2, 1), 6.0);
/// assert_eq!(matrix.sub_columns(1, 2).row(0), [2.0, 3.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    data: *const f32,
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
    lifetime: PhantomData<&'a f32>,
}

// SAFETY: it stands for shared references to its elements. (It is not a slice because another
// thread may write to the memory between them.)
unsafe impl Send for Matrix<'_> {}
// SAFETY: as above.
unsafe impl Sync for Matrix<'_> {}

impl<'a> Matrix<'a> {
    /// A contiguous row-major matrix.
    ///
    /// # Panics
    /// If the slice is shorter than `rows · columns`.
    pub fn new(data: &'a [f32], rows: usize, columns: usize) -> Matrix<'a> {
        Matrix::with_strides(data, rows, columns, columns, 1)
    }

    /// A matrix whose element (i, j) is `data[i · row_stride + j · column_stride]`.
    ///
    /// # Panics
    /// If an element would lie outside the slice.
    pub fn with_strides(
        data: &'a [f32],
        rows: usize,
        columns: usize,
        row_stride: usize,
        column_stride: usize,
    ) -> Matrix<'a> {
        assert!(
            slice_extent(rows, columns, row_stride, column_stride) <= data.len(),
            "a matrix reaches past its slice"
        );
        Matrix {
            data: data.as_ptr(),
            rows,
            columns,
            row_stride,
            column_stride,
            lifetime: PhantomData,
        }
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

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Distance between consecutive rows.
    pub fn row_stride(&self) -> usize {
        self.row_stride
    }

    /// Distance between consecutive columns.
    pub fn column_stride(&self) -> usize {
        self.column_stride
    }

    /// The rows `from .. from + rows`.
    ///
    /// # Panics
    /// If the matrix has fewer.
    pub fn sub_rows(self, from: usize, rows: usize) -> Matrix<'a> {
        assert!(from + rows <= self.rows, "rows outside a matrix");
        // The pointer is within the matrix or, for an empty view, never read.
        Matrix { data: self.data.wrapping_add(from * self.row_stride), rows, ..self }
    }

    /// The columns `from .. from + columns`.
    ///
    /// # Panics
    /// If the matrix has fewer.
    pub fn sub_columns(self, from: usize, columns: usize) -> Matrix<'a> {
        assert!(from + columns <= self.columns, "columns outside a matrix");
        Matrix { data: self.data.wrapping_add(from * self.column_stride), columns, ..self }
    }

    /// `rows` of its rows: every `step`-th, starting at `from`.
    ///
    /// # Panics
    /// If a row lies outside the matrix.
    pub fn strided_rows(self, from: usize, step: usize, rows: usize) -> Matrix<'a> {
        assert!(rows == 0 || from + (rows - 1) * step < self.rows, "rows outside a matrix");
        Matrix { row_stride: step * self.row_stride, rows, ..self.sub_rows(from.min(self.rows), 0) }
    }

    /// A row.
    ///
    /// # Panics
    /// If `i` is out of range or the columns are not adjacent.
    pub fn row(&self, i: usize) -> &'a [f32] {
        assert!(i < self.rows && self.column_stride == 1, "a row outside a matrix, or in pieces");
        // SAFETY: row `i` lies within the borrowed slice, for its lifetime.
        unsafe { std::slice::from_raw_parts(self.data.add(i * self.row_stride), self.columns) }
    }

    /// The element (i, j).
    ///
    /// # Panics
    /// If `i` or `j` is out of range.
    pub fn element_at(&self, i: usize, j: usize) -> f32 {
        assert!(i < self.rows && j < self.columns, "an element outside a matrix");
        // SAFETY: the element lies within the borrowed slice.
        unsafe { *self.data.add(i * self.row_stride + j * self.column_stride) }
    }

    /// Pointer to the first element.
    pub fn as_ptr(&self) -> *const f32 {
        self.data
    }
}

/// A mutable matrix view, `[row, column]`: adjacent columns, rows any distance apart. The gaps
/// between its rows do not belong to it.
#[derive(Debug)]
pub struct MatrixMut<'a> {
    data: *mut f32,
    rows: usize,
    columns: usize,
    row_stride: usize,
    lifetime: PhantomData<&'a mut f32>,
}

// SAFETY: it stands for exclusive references to its rows.
unsafe impl Send for MatrixMut<'_> {}
// SAFETY: its elements can only be read through a shared reference.
unsafe impl Sync for MatrixMut<'_> {}

impl<'a> MatrixMut<'a> {
    /// A contiguous row-major matrix.
    ///
    /// # Panics
    /// If the slice is shorter than `rows · columns`.
    pub fn new(data: &'a mut [f32], rows: usize, columns: usize) -> MatrixMut<'a> {
        MatrixMut::with_stride(data, rows, columns, columns)
    }

    /// A matrix whose row i begins at `data[i · row_stride]`.
    ///
    /// # Panics
    /// If it would extend past the slice or its rows would overlap.
    pub fn with_stride(
        data: &'a mut [f32],
        rows: usize,
        columns: usize,
        row_stride: usize,
    ) -> MatrixMut<'a> {
        assert!(
            slice_extent(rows, columns, row_stride, 1) <= data.len(),
            "a matrix reaches past its slice"
        );
        assert!(row_stride >= columns || rows <= 1, "rows of a matrix overlap");
        MatrixMut { data: data.as_mut_ptr(), rows, columns, row_stride, lifetime: PhantomData }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Distance between consecutive rows.
    pub fn row_stride(&self) -> usize {
        self.row_stride
    }

    /// Reborrows the matrix for a shorter lifetime.
    pub fn reborrow(&mut self) -> MatrixMut<'_> {
        MatrixMut { lifetime: PhantomData, ..*self }
    }

    /// A row.
    ///
    /// # Panics
    /// If `i` is out of range.
    pub fn row_mut(&mut self, i: usize) -> &mut [f32] {
        assert!(i < self.rows, "a row outside a matrix");
        // SAFETY: row `i` lies within the borrowed slice, and `&mut self` is held as long as the
        // row.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(i * self.row_stride), self.columns) }
    }

    /// A read-only row.
    ///
    /// # Panics
    /// If `i` is out of range.
    pub fn read_row(&self, i: usize) -> &[f32] {
        assert!(i < self.rows, "a row outside a matrix");
        // SAFETY: as in `row_mut`; the reference is shared like `self`.
        unsafe { std::slice::from_raw_parts(self.data.add(i * self.row_stride), self.columns) }
    }

    /// `rows` of its rows: every `step`-th, starting at `from`. A sequence over time is every
    /// `parts`-th row.
    ///
    /// # Panics
    /// If a row lies outside the matrix.
    pub fn strided_rows(&mut self, from: usize, step: usize, rows: usize) -> MatrixMut<'_> {
        assert!(rows == 0 || from + (rows - 1) * step < self.rows, "rows outside a matrix");
        assert!(step > 0 || rows <= 1, "a row twice");
        // SAFETY: `&mut self` is held as long as the view.
        unsafe { self.strided_rows_shared(from, step, rows) }
    }

    /// As [`MatrixMut::strided_rows`], from a shared reference.
    ///
    /// # Safety
    /// No selected row is accessed through anything else while the view is alive.
    pub unsafe fn strided_rows_shared<'b>(
        &self,
        from: usize,
        step: usize,
        rows: usize,
    ) -> MatrixMut<'b> {
        debug_assert!(rows == 0 || from + (rows - 1) * step < self.rows);
        // SAFETY: the view lies within the same slice, by the assertion above (which `strided_rows`
        // checks in release builds too).
        let data = unsafe { self.data.add(if rows == 0 { 0 } else { from * self.row_stride }) };
        MatrixMut {
            data,
            rows,
            columns: self.columns,
            row_stride: step * self.row_stride,
            lifetime: PhantomData,
        }
    }

    /// The columns `from .. from + columns`.
    ///
    /// # Panics
    /// If the matrix has fewer.
    pub fn sub_columns(&mut self, from: usize, columns: usize) -> MatrixMut<'_> {
        assert!(from + columns <= self.columns, "columns outside a matrix");
        // SAFETY: the view is a part of the same rows.
        let data = unsafe { self.data.add(if self.rows == 0 { 0 } else { from }) };
        MatrixMut { data, columns, lifetime: PhantomData, ..*self }
    }

    /// Pointer to the first element.
    pub fn as_mut_ptr(&mut self) -> *mut f32 {
        self.data
    }

    /// A read-only view of the matrix.
    pub fn as_matrix(&self) -> Matrix<'_> {
        Matrix {
            data: self.data,
            rows: self.rows,
            columns: self.columns,
            row_stride: self.row_stride,
            column_stride: 1,
            lifetime: PhantomData,
        }
    }
}

/// Length of the slice that a matrix spans.
fn slice_extent(rows: usize, columns: usize, row_stride: usize, column_stride: usize) -> usize {
    if rows == 0 || columns == 0 {
        0
    } else {
        (rows - 1) * row_stride + (columns - 1) * column_stride + 1
    }
}
