//! Reads the columns of any Parquet file as vectors.

use crate::ReadError;
use crate::error::{FileLocation, quote_text};
use crate::options::MAX_VALUES;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::path::Path;

/// An open Parquet file whose columns can be read one by one.
pub(crate) struct ParquetColumns<'a> {
    path: &'a Path,
    reader: Box<dyn FileReader>,
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl<'a> ParquetColumns<'a> {
    /// Opens a file, or bytes in memory.
    pub(crate) fn open_source(
        path: &'a Path,
        source: impl ChunkReader + 'static,
    ) -> Result<ParquetColumns<'a>, ReadError> {
        let length = source.len();
        let reader = catch_panic(|| SerializedFileReader::new(source))
            .map_err(|e| parquet_error(path, FileLocation::Whole, &e))?;
        check_bounds(path, reader.metadata(), length)?;
        let schema = reader.metadata().file_metadata().schema_descr();
        let names: Vec<String> = schema
            .columns()
            .iter()
            .map(|column| column.path().parts().first().cloned().unwrap_or_default())
            .collect();
        let places = names.iter().cloned().enumerate().map(|(place, name)| (name, place)).collect();
        Ok(ParquetColumns { path, reader: Box::new(reader), names, places })
    }

    /// The top-level name of each column, in order.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The file's metadata under a key.
    pub(crate) fn metadata_value(&self, key: &str) -> Option<&str> {
        let all = self.reader.metadata().file_metadata().key_value_metadata()?;
        all.iter().find(|entry| entry.key == key)?.value.as_deref()
    }

    /// The number of rows in each row group.
    pub(crate) fn group_rows(&self) -> Result<Vec<usize>, ReadError> {
        let groups = self
            .reader
            .metadata()
            .row_groups()
            .iter()
            .map(|group| usize::try_from(group.num_rows()));
        groups.collect::<Result<_, _>>().map_err(|_| {
            let hint = "the file is damaged: copy or export it again";
            ReadError::bad_format(self.path, FileLocation::Whole, "a negative number of rows", hint)
        })
    }

    /// The index of the column with this name.
    pub(crate) fn find_column(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The index of the column with this name, or an error if there is none.
    pub(crate) fn require_column(&self, name: &str) -> Result<usize, ReadError> {
        self.find_column(name).ok_or_else(|| {
            let hint = "the file was written by another program, or damaged";
            ReadError::bad_format(
                self.path,
                FileLocation::Whole,
                format!("no column {}", quote_text(name)),
                hint,
            )
        })
    }

    /// The numbers of a column in a row group, one per row; null becomes NaN.
    pub(crate) fn read_numbers(&self, group: usize, column: usize) -> Result<Vec<f64>, ReadError> {
        let rows = self.rows_in_group(group)?;
        let reader = self.column_reader(group, column)?;
        let all = catch_panic(|| match reader {
            ColumnReader::BoolColumnReader(r) => {
                read_nullable(r, rows, |v| f64::from(u8::from(*v)))
            }
            ColumnReader::Int32ColumnReader(r) => read_nullable(r, rows, |v| f64::from(*v)),
            ColumnReader::Int64ColumnReader(r) => read_nullable(r, rows, |v| *v as f64),
            ColumnReader::FloatColumnReader(r) => read_nullable(r, rows, |v| f64::from(*v)),
            ColumnReader::DoubleColumnReader(r) => read_nullable(r, rows, |v| *v),
            _ => Err(ParquetError::General("not a column of numbers".into())),
        });
        let all = all.map_err(|e| parquet_error(self.path, self.column_location(column), &e))?;
        let whole =
            |values: Vec<Option<f64>>| values.into_iter().map(|v| v.unwrap_or(f64::NAN)).collect();
        if all.len() == rows {
            Ok(whole(all))
        } else {
            Err(self.column_error(column, "not one value a row"))
        }
    }

    /// The texts of a column in a row group, one per row; null becomes empty.
    pub(crate) fn read_texts(&self, group: usize, column: usize) -> Result<Vec<String>, ReadError> {
        let rows = self.rows_in_group(group)?;
        let ColumnReader::ByteArrayColumnReader(reader) = self.column_reader(group, column)? else {
            return Err(self.column_error(column, "not text"));
        };
        let all = catch_panic(|| {
            read_nullable(reader, rows, |v| String::from_utf8_lossy(v.data()).into_owned())
        });
        let all = all.map_err(|e| parquet_error(self.path, self.column_location(column), &e))?;
        if all.len() == rows {
            Ok(all.into_iter().map(Option::unwrap_or_default).collect())
        } else {
            Err(self.column_error(column, "not one value a row"))
        }
    }

    /// All numbers in the lists of a column in a row group, concatenated.
    pub(crate) fn read_lists(&self, group: usize, column: usize) -> Result<Vec<f64>, ReadError> {
        let ColumnReader::DoubleColumnReader(mut reader) = self.column_reader(group, column)?
        else {
            return Err(self.column_error(column, "not a list of doubles"));
        };
        let (mut values, mut definition, mut repetition) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            definition.clear();
            repetition.clear();
            let batch = catch_panic(|| {
                reader.read_records(1024, Some(&mut definition), Some(&mut repetition), &mut values)
            });
            let (records, _, _) =
                batch.map_err(|e| parquet_error(self.path, self.column_location(column), &e))?;
            if values.len() > MAX_VALUES {
                let what = format!("more than {MAX_VALUES} samples");
                return Err(ReadError::TooLarge { path: self.path.to_owned(), what });
            }
            if records == 0 {
                return Ok(values);
            }
        }
    }

    fn rows_in_group(&self, group: usize) -> Result<usize, ReadError> {
        Ok(self.group_rows()?.get(group).copied().unwrap_or(0))
    }

    fn column_reader(&self, group: usize, column: usize) -> Result<ColumnReader, ReadError> {
        catch_panic(|| self.reader.get_row_group(group)?.get_column_reader(column))
            .map_err(|e| parquet_error(self.path, self.column_location(column), &e))
    }

    fn column_location(&self, column: usize) -> FileLocation {
        self.names.get(column).map_or(FileLocation::Whole, |name| FileLocation::Field(name.clone()))
    }

    /// An error located at a column.
    fn column_error(&self, column: usize, what: &str) -> ReadError {
        ReadError::bad_format(
            self.path,
            self.column_location(column),
            what,
            "the file was written by another program, or damaged",
        )
    }
}

/// Reads up to `rows` values of a column without lists; null becomes none.
fn read_nullable<T: DataType, V>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
    value: impl Fn(&T::T) -> V,
) -> Result<Vec<Option<V>>, ParquetError> {
    let (mut all, mut values, mut definition, mut repetition) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    while all.len() < rows {
        values.clear();
        definition.clear();
        repetition.clear();
        let left = (rows - all.len()).min(1 << 16);
        let (records, ..) =
            reader.read_records(left, Some(&mut definition), Some(&mut repetition), &mut values)?;
        if records == 0 {
            break;
        }
        match definition.is_empty() {
            true => all.extend(values.iter().map(|v| Some(value(v)))),
            false => {
                let deepest = definition.iter().copied().max().unwrap_or(0).max(1);
                let mut present = values.iter();
                all.extend(definition.iter().map(|&level| {
                    if level == deepest { present.next().map(&value) } else { None }
                }));
            }
        }
    }
    Ok(all)
}

/// Refuses metadata that points outside the file, because the Parquet library does not check it.
fn check_bounds(path: &Path, metadata: &ParquetMetaData, length: u64) -> Result<(), ReadError> {
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    let is_inside = |column: &ColumnChunkMetaData| {
        let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
        let end = start.checked_add(column.compressed_size());
        let numbers = [
            start,
            column.data_page_offset(),
            column.compressed_size(),
            column.uncompressed_size(),
            column.num_values(),
        ];
        numbers.iter().all(|&v| v >= 0)
            && end.and_then(|end| u64::try_from(end).ok()).is_some_and(|end| end <= length)
    };
    match columns.into_iter().all(is_inside) {
        true => Ok(()),
        false => Err(parquet_error(
            path,
            FileLocation::Whole,
            &ParquetError::General("a column lies outside the file".into()),
        )),
    }
}

/// Calls the Parquet library and turns panics into errors, because it still panics on some damaged
/// files.
fn catch_panic<T>(run: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    std::panic::catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err(ParquetError::General("not to be decoded".into())))
}

/// Turns an error of the Parquet library into ours.
fn parquet_error(path: &Path, place: FileLocation, error: &ParquetError) -> ReadError {
    let what = format!("damaged Parquet: {}", error.to_string().replace(['\n', '\r'], " "));
    ReadError::bad_format(path, place, what, "copy the file again, or make it anew from its source")
}
