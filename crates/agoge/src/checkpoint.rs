//! A training that survives being killed: its checkpoints in a file.

use crate::write_bytes;
use agoge_attention::Error;
use agoge_attention::train::{Report, Watch};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Keeps the checkpoints of a training in one file, each whole or not at all and safe on the disk before it takes the name, and passes on how it goes. What it wrote
/// last is what [`agoge_attention::train::Trainer::from_bytes`] goes on from.
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
        write_bytes(&self.path, checkpoint)
            .map_err(|error| Error::Training { what: error.to_string(), hint: "make room or give another file" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_checkpoint_is_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut nothing = |_: &Report| ControlFlow::Continue(());
        let mut kept = Checkpoints { path: folder.path().join("training.safetensors"), progress: &mut nothing };
        kept.keep(b"first").unwrap();
        kept.keep(b"second").unwrap();
        assert_eq!(std::fs::read(&kept.path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        kept.path = folder.path().join("missing/training.safetensors");
        assert!(kept.keep(b"third").unwrap_err().to_string().contains("training ended"));
    }
}
