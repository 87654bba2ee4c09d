//! `agoge import SET SOURCE DEST`

use super::{print_json, print_text};
use crate::args::{DatasetArg, GlobalArgs, ImportArgs};
use crate::outcome::{CommandError, Exit};
use crate::progress;
use agoge::formats::dataset::{self, Dataset};

/// Converts a public data set into recordings and a manifest.
pub(crate) fn run_import(args: &ImportArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let set = match args.set {
        DatasetArg::UiPrmd => Dataset::UiPrmdKinect,
        DatasetArg::UiPrmdVicon => Dataset::UiPrmdVicon,
        DatasetArg::UtdMhad => Dataset::UtdMhad,
        DatasetArg::PoseTrainer => Dataset::PoseTrainer,
    };
    let bar = progress::progress_bar(0, "importing", shared);
    let summary = dataset::import_dataset(set, &args.source, &args.dest, &mut |done, of| {
        progress::update_bar(&bar, done, of)
    });
    bar.finish_and_clear();
    let summary = summary.map_err(agoge::Error::from)?;
    if shared.json {
        print_json(&summary)?;
    } else {
        print_text(&format!(
            "{} recordings, {} frames, {:.1} MB\n{}\n",
            summary.recordings,
            summary.frames,
            summary.bytes as f64 / 1e6,
            summary.manifest.display()
        ))?;
    }
    Ok(Exit::Done)
}
