//! A training that survives being killed: its checkpoints in a file.

use crate::write_bytes;
use agoge_attention::Error;
use agoge_attention::train::{Checkpoint, Report, Watch};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Keeps the checkpoints of a training in one file, each whole or not at all and safe on the disk
/// before it takes the name, and passes on how it goes. What it wrote last is what
/// [`agoge_attention::train::Trainer::from_bytes`] goes on from.
pub struct Checkpoints<'a> {
    /// The file.
    pub path: PathBuf,
    /// Told after each step; may end the training.
    pub progress: &'a mut (dyn FnMut(&Report) -> ControlFlow<()> + Send),
}

impl Watch for Checkpoints<'_> {
    fn progress(&mut self, report: &Report) -> ControlFlow<()> {
        (self.progress)(report)
    }

    fn keep(&mut self, checkpoint: &[u8]) -> Result<(), Error> {
        keep(&self.path, checkpoint)
    }
}

fn keep(path: &Path, checkpoint: &[u8]) -> Result<(), Error> {
    write_bytes(path, checkpoint).map_err(|error| Error::Training {
        what: error.to_string(),
        hint: "make room or give another file",
    })
}

/// Trains with checkpoints in a file, if one is given, and from what it holds, if it is there.
pub(crate) fn resume<T>(
    path: Option<&Path>,
    train: impl FnOnce(Option<Checkpoint>) -> Result<T, Error>,
) -> Result<T, crate::Error> {
    let Some(path) = path else { return Ok(train(None)?) };
    let from = match std::fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(crate::Error::io(path)(error)),
    };
    let mut keep = |checkpoint: &[u8]| keep(path, checkpoint);
    train(Some(Checkpoint { from: from.as_deref(), keep: &mut keep })).map_err(
        |error| match error {
            // The weights at fault can only be those of the checkpoint, which knows no file.
            Error::Weights { what, hint, .. } => {
                Error::Weights { name: path.display().to_string(), what, hint }.into()
            }
            other => other.into(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_checkpoint_is_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut nothing = |_: &Report| ControlFlow::Continue(());
        let mut kept = Checkpoints {
            path: folder.path().join("training.safetensors"),
            progress: &mut nothing,
        };
        kept.keep(b"first").unwrap();
        kept.keep(b"second").unwrap();
        assert_eq!(std::fs::read(&kept.path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        kept.path = folder.path().join("missing/training.safetensors");
        assert!(kept.keep(b"third").unwrap_err().to_string().contains("training ended"));
    }
}
