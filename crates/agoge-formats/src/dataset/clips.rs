//! Reads a Parquet table of many clips, one row per frame, clip by clip.

use crate::ReadError;
use crate::error::{FileLocation, quote_text};
use crate::parquet::ParquetColumns;
use std::fs::File;
use std::path::Path;

/// One clip: its key and its frames.
pub(super) struct DatasetClip {
    /// Values of the key columns, as text (`true`, `3`, `frontraise_good_1`).
    pub(super) key: Vec<String>,
    /// Values of the other columns, `[frame, column]`; NaN means missing.
    pub(super) values: Vec<f32>,
}

impl DatasetClip {
    /// The value of a key column as a number.
    pub(super) fn key_number(&self, path: &Path, key: usize) -> Result<usize, ReadError> {
        let text = self.key.get(key).map_or("", String::as_str);
        text.parse().map_err(|_| {
            let hint = "is this the set's own file?";
            ReadError::bad_format(
                path,
                FileLocation::Whole,
                format!("{} where a number was expected", quote_text(text)),
                hint,
            )
        })
    }
}

/// An open file of clips.
pub(super) struct ClipTable<'a> {
    columns: ParquetColumns<'a>,
    keys: Vec<usize>,
    others: Vec<usize>,
    /// Names of the other columns.
    pub(super) names: Vec<String>,
}

impl<'a> ClipTable<'a> {
    /// Opens a file. The columns in `keys` identify a clip, `frame` is skipped, and all others are
    /// values.
    pub(super) fn open_file(path: &'a Path, keys: &[&str]) -> Result<ClipTable<'a>, ReadError> {
        let file = File::open(path).map_err(|e| ReadError::cannot_read(path, e))?;
        let columns = ParquetColumns::open_source(path, file)?;
        let keys =
            keys.iter().map(|key| columns.require_column(key)).collect::<Result<Vec<_>, _>>()?;
        let frame = columns.require_column("frame")?;
        let others: Vec<usize> =
            (0..columns.names().len()).filter(|c| !keys.contains(c) && *c != frame).collect();
        let names = others.iter().map(|&c| columns.names()[c].clone()).collect();
        Ok(ClipTable { columns, keys, others, names })
    }

    /// Counts the clips.
    pub(super) fn count_clips(&self) -> Result<usize, ReadError> {
        let (mut count, mut last) = (0, None);
        for group in 0..self.columns.group_rows()?.len() {
            for key in self.row_keys(group)? {
                if last.as_ref() != Some(&key) {
                    count += 1;
                    last = Some(key);
                }
            }
        }
        Ok(count)
    }

    /// Passes the clips to `take` in order, one at a time, holding one row group in memory rather
    /// than the whole file.
    pub(super) fn for_each_clip(
        &self,
        mut take: impl FnMut(DatasetClip) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let mut open: Option<DatasetClip> = None;
        for group in 0..self.columns.group_rows()?.len() {
            let keys = self.row_keys(group)?;
            let mut values = Vec::with_capacity(self.others.len());
            for &column in &self.others {
                values.push(
                    self.columns
                        .read_numbers(group, column)?
                        .into_iter()
                        .map(|v| v as f32)
                        .collect::<Vec<f32>>(),
                );
            }
            for (row, key) in keys.into_iter().enumerate() {
                if let Some(finished) = open.take_if(|clip| clip.key != key) {
                    take(finished)?;
                }
                let clip = open.get_or_insert_with(|| DatasetClip { key, values: Vec::new() });
                clip.values.extend(values.iter().map(|column| column[row]));
            }
        }
        open.map_or(Ok(()), take)
    }

    /// The clip key of each row in a row group.
    fn row_keys(&self, group: usize) -> Result<Vec<Vec<String>>, ReadError> {
        let rows = self.columns.group_rows()?[group];
        let mut keys = vec![Vec::with_capacity(self.keys.len()); rows];
        for &column in &self.keys {
            let texts = match self.columns.read_texts(group, column) {
                Ok(texts) => texts,
                Err(_) => self
                    .columns
                    .read_numbers(group, column)?
                    .into_iter()
                    .map(|v| v.to_string())
                    .collect(),
            };
            for (key, text) in keys.iter_mut().zip(texts) {
                key.push(text);
            }
        }
        Ok(keys)
    }
}

/// Derives joint names from column names: `left_knee_x`, `left_knee_y`… become `left_knee`.
pub(super) fn joint_names(
    path: &Path,
    columns: &[String],
    per_joint: usize,
) -> Result<Vec<String>, ReadError> {
    let name = |group: &[String]| {
        let name = group.first()?.strip_suffix("_x")?;
        let same = |column: &String| column.strip_prefix(name).is_some_and(|rest| rest.len() == 2);
        group.iter().all(same).then(|| name.to_owned())
    };
    columns.chunks(per_joint.max(1)).map(name).collect::<Option<Vec<String>>>().ok_or_else(|| {
        let hint = "is this the set's own file?";
        ReadError::bad_format(
            path,
            FileLocation::Whole,
            "the columns are not x, y, z (or x, y, c) of one joint after the other",
            hint,
        )
    })
}
