//! Writing the results of an analysis to a folder.

use crate::{Analyzed, Error};
use agoge_formats::write_atomic;
use agoge_report::Scene;
use std::path::Path;

/// Writes `report.html`, `analysis.json`, `repetitions.csv`, `angles.mot` and, for recordings in metres, `body.trc` into a folder, which is
/// made if it is not there. Each file is written whole or not at all.
pub fn write_results(analyzed: &Analyzed, folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let scene = Scene { body: &analyzed.body, curves: &analyzed.curves };
    write_atomic(&folder.join("report.html"), agoge_report::html(&analyzed.analysis, &scene).as_bytes())?;
    write_atomic(&folder.join("analysis.json"), agoge_report::json(&analyzed.analysis).as_bytes())?;
    write_atomic(&folder.join("repetitions.csv"), agoge_report::repetitions_csv(&analyzed.analysis).as_bytes())?;
    let angles = agoge_report::angles(&analyzed.curves);
    if !angles.is_empty() {
        agoge_formats::write_mot(&folder.join("angles.mot"), &analyzed.curves.time, &angles)?;
    }
    if analyzed.body.space.unit() == "m" {
        agoge_formats::write_trc(&folder.join("body.trc"), &analyzed.body)?;
    }
    Ok(())
}
