//! Evaluation folds stored in a file, so that an interrupted evaluation can be resumed.

use crate::evaluate::Fold;
use agoge::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A fold file with one JSON object per line; without a file nothing is stored.
#[derive(Debug)]
pub struct FoldFile<F = Fold> {
    file: Option<(PathBuf, std::fs::File)>,
    earlier: Vec<F>,
}

impl<F: Serialize + DeserializeOwned> FoldFile<F> {
    /// Opens the file, creating it if it does not exist, and reads its folds. A truncated last line
    /// is discarded.
    ///
    /// # Errors
    /// If the file cannot be read or written, or holds something else.
    pub fn open_or_create(path: Option<&Path>) -> Result<FoldFile<F>, Error> {
        let Some(path) = path else { return Ok(FoldFile { file: None, earlier: Vec::new() }) };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::io_at(path)(error)),
        };
        let complete_lines = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let earlier = complete_lines
            .lines()
            .enumerate()
            .map(|(number, line)| {
                serde_json::from_str(line).map_err(|error| Error::Folds {
                    path: path.to_owned(),
                    what: format!("line {}: {error}", number + 1),
                })
            })
            .collect::<Result<Vec<F>, Error>>()?;
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(Error::io_at(path))?;
        file.set_len(complete_lines.len() as u64).map_err(Error::io_at(path))?;
        Ok(FoldFile { file: Some((path.to_owned(), file)), earlier })
    }

    /// Takes the folds that were in the file when it was opened.
    pub fn take_earlier(&mut self) -> Vec<F> {
        std::mem::take(&mut self.earlier)
    }

    /// Appends a fold to the file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn append_fold(&mut self, fold: &F) -> Result<(), agoge_model::ModelError> {
        let Some((path, file)) = &mut self.file else { return Ok(()) };
        let fail = |what: String| agoge_model::ModelError::Training {
            what,
            hint: "make room or give another file",
        };
        let line = serde_json::to_string(fold).map_err(|error| fail(error.to_string()))? + "\n";
        file.write_all(line.as_bytes())
            .map_err(|error| fail(format!("{}: {error}", path.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_model::methods::ClipPrediction;

    #[test]
    fn folds_come_back_and_a_line_cut_off_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("folds.jsonl");
        let answer = ClipPrediction { movement: vec![0.25, 0.75], quality: -0.5, distance: None };
        let fold = Fold { seed: 1, without: vec!["a".to_owned()], said: vec![(3, answer)] };
        let mut folds = FoldFile::<Fold>::open_or_create(Some(&path)).unwrap();
        folds.append_fold(&fold).unwrap();
        std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"{\"seed\": 2, \"with")
            .unwrap();
        assert_eq!(
            FoldFile::<Fold>::open_or_create(Some(&path)).unwrap().take_earlier(),
            std::slice::from_ref(&fold)
        );
        let mut again = FoldFile::open_or_create(Some(&path)).unwrap();
        again.append_fold(&fold).unwrap();
        assert_eq!(FoldFile::<Fold>::open_or_create(Some(&path)).unwrap().take_earlier().len(), 2);
        std::fs::write(&path, "{}\n").unwrap();
        assert!(
            FoldFile::<Fold>::open_or_create(Some(&path))
                .unwrap_err()
                .to_string()
                .contains("line 1")
        );
    }
}
