//! Training checkpoints in a file, so that a killed training run can be resumed.

use agoge::write_bytes;
use agoge_model::ModelError;
use agoge_train::train::{Checkpoint, StepReport, TrainingObserver};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Stores the latest checkpoint of a training run in one file and forwards progress reports. Each
/// checkpoint is written atomically and synced to disk before it takes the file's name. Resume from
/// it with [`agoge_train::train::Trainer::from_bytes`].
pub struct CheckpointFile<'a> {
    /// Path of the checkpoint file.
    pub path: PathBuf,
    /// Called after each step; may stop the training.
    pub progress: &'a mut (dyn FnMut(&StepReport) -> ControlFlow<()> + Send),
}

impl TrainingObserver for CheckpointFile<'_> {
    fn on_step(&mut self, report: &StepReport) -> ControlFlow<()> {
        (self.progress)(report)
    }

    fn save_checkpoint(&mut self, checkpoint: &[u8]) -> Result<(), ModelError> {
        write_checkpoint(&self.path, checkpoint)
    }
}

/// Writes a checkpoint atomically.
fn write_checkpoint(path: &Path, checkpoint: &[u8]) -> Result<(), ModelError> {
    write_bytes(path, checkpoint).map_err(|error| ModelError::Training {
        what: error.to_string(),
        hint: "make room or give another file",
    })
}

/// Runs `train` with checkpoints written to the file at `path`, if given, resuming from that file's
/// contents if it exists.
pub(crate) fn resume_training<T>(
    path: Option<&Path>,
    train: impl FnOnce(Option<Checkpoint>) -> Result<T, ModelError>,
) -> Result<T, agoge::Error> {
    let Some(path) = path else { return Ok(train(None)?) };
    let saved = match std::fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(agoge::Error::io_at(path)(error)),
    };
    let mut keep = |checkpoint: &[u8]| write_checkpoint(path, checkpoint);
    train(Some(Checkpoint { saved: saved.as_deref(), save: &mut keep })).map_err(
        |error| match error {
            // Invalid weights can only come from the checkpoint, which does not know its file name.
            ModelError::Weights { what, hint, .. } => {
                ModelError::Weights { name: path.display().to_string(), what, hint }.into()
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
        let mut nothing = |_: &StepReport| ControlFlow::Continue(());
        let mut checkpoints = CheckpointFile {
            path: folder.path().join("training.safetensors"),
            progress: &mut nothing,
        };
        checkpoints.save_checkpoint(b"first").unwrap();
        checkpoints.save_checkpoint(b"second").unwrap();
        assert_eq!(std::fs::read(&checkpoints.path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        checkpoints.path = folder.path().join("missing/training.safetensors");
        assert!(
            checkpoints
                .save_checkpoint(b"third")
                .unwrap_err()
                .to_string()
                .contains("training ended")
        );
    }
}
