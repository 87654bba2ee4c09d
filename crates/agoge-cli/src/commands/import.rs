//! `agoge import SET SOURCE DEST`

use super::{print, print_json};
use crate::args::{DataSet, Import, Shared};
use crate::outcome::{Exit, Failure};
use crate::progress;
use agoge::formats::dataset::{self, Dataset};

/// Converts a public data set into recordings and a manifest.
pub(crate) fn run(args: &Import, shared: &Shared) -> Result<Exit, Failure> {
    let set = match args.set {
        DataSet::UiPrmd => Dataset::UiPrmdKinect,
        DataSet::UiPrmdVicon => Dataset::UiPrmdVicon,
        DataSet::UtdMhad => Dataset::UtdMhad,
        DataSet::PoseTrainer => Dataset::PoseTrainer,
    };
    let bar = progress::bar(0, "importing", shared);
    let summary = dataset::import(set, &args.source, &args.dest, &mut |done, of| {
        progress::tell(&bar, done, of)
    });
    bar.finish_and_clear();
    let summary = summary.map_err(agoge::Error::from)?;
    if shared.json {
        print_json(&summary)?;
    } else {
        print(&format!(
            "{} recordings, {} frames, {:.1} MB\n{}\n",
            summary.recordings,
            summary.frames,
            summary.bytes as f64 / 1e6,
            summary.manifest.display()
        ))?;
    }
    Ok(Exit::Done)
}
