//! Reads a Parquet table of many clips, one row per frame, clip by clip.

use crate::Error;
use crate::error::{Place, quoted};
use crate::parquet::Columns;
use std::fs::File;
use std::path::Path;

/// One clip: its key and its frames.
pub(super) struct Clip {
    /// Values of the key columns, as text (`true`, `3`, `frontraise_good_1`).
    pub(super) key: Vec<String>,
    /// Values of the other columns, `[frame, column]`; NaN means missing.
    pub(super) values: Vec<f32>,
}

impl Clip {
    /// The value of a key column as a number.
    pub(super) fn number(&self, path: &Path, key: usize) -> Result<usize, Error> {
        let text = self.key.get(key).map_or("", String::as_str);
        text.parse().map_err(|_| {
            let hint = "is this the set's own file?";
            Error::format(
                path,
                Place::Whole,
                format!("{} where a number was expected", quoted(text)),
                hint,
            )
        })
    }
}

/// An open file of clips.
pub(super) struct Clips<'a> {
    columns: Columns<'a>,
    keys: Vec<usize>,
    others: Vec<usize>,
    /// Names of the other columns.
    pub(super) names: Vec<String>,
}

impl<'a> Clips<'a> {
    /// Opens a file. The columns in `keys` identify a clip, `frame` is skipped, and all others are
    /// values.
    pub(super) fn open(path: &'a Path, keys: &[&str]) -> Result<Clips<'a>, Error> {
        let file = File::open(path).map_err(|e| Error::read(path, e))?;
        let columns = Columns::open(path, file)?;
        let keys = keys.iter().map(|key| columns.need(key)).collect::<Result<Vec<_>, _>>()?;
        let frame = columns.need("frame")?;
        let others: Vec<usize> =
            (0..columns.names().len()).filter(|c| !keys.contains(c) && *c != frame).collect();
        let names = others.iter().map(|&c| columns.names()[c].clone()).collect();
        Ok(Clips { columns, keys, others, names })
    }

    /// Counts the clips.
    pub(super) fn count(&self) -> Result<usize, Error> {
        let (mut count, mut last) = (0, None);
        for group in 0..self.columns.groups()?.len() {
            for key in self.keys(group)? {
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
    pub(super) fn each(
        &self,
        mut take: impl FnMut(Clip) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut open: Option<Clip> = None;
        for group in 0..self.columns.groups()?.len() {
            let keys = self.keys(group)?;
            let mut values = Vec::with_capacity(self.others.len());
            for &column in &self.others {
                values.push(
                    self.columns
                        .numbers(group, column)?
                        .into_iter()
                        .map(|v| v as f32)
                        .collect::<Vec<f32>>(),
                );
            }
            for (row, key) in keys.into_iter().enumerate() {
                if let Some(finished) = open.take_if(|clip| clip.key != key) {
                    take(finished)?;
                }
                let clip = open.get_or_insert_with(|| Clip { key, values: Vec::new() });
                clip.values.extend(values.iter().map(|column| column[row]));
            }
        }
        open.map_or(Ok(()), take)
    }

    /// The clip key of each row in a row group.
    fn keys(&self, group: usize) -> Result<Vec<Vec<String>>, Error> {
        let rows = self.columns.groups()?[group];
        let mut keys = vec![Vec::with_capacity(self.keys.len()); rows];
        for &column in &self.keys {
            let texts = match self.columns.texts(group, column) {
                Ok(texts) => texts,
                Err(_) => self
                    .columns
                    .numbers(group, column)?
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
pub(super) fn joints(
    path: &Path,
    columns: &[String],
    per_joint: usize,
) -> Result<Vec<String>, Error> {
    let name = |group: &[String]| {
        let name = group.first()?.strip_suffix("_x")?;
        let same = |column: &String| column.strip_prefix(name).is_some_and(|rest| rest.len() == 2);
        group.iter().all(same).then(|| name.to_owned())
    };
    columns.chunks(per_joint.max(1)).map(name).collect::<Option<Vec<String>>>().ok_or_else(|| {
        let hint = "is this the set's own file?";
        Error::format(
            path,
            Place::Whole,
            "the columns are not x, y, z (or x, y, c) of one joint after the other",
            hint,
        )
    })
}
