//! Writing the results of an analysis to a folder.

use crate::{Analyzed, Error};
use agoge_formats::{write_mot, write_text, write_trc};
use agoge_report::{Scene, Still};
use std::path::Path;

/// Writes a file atomically.
///
/// # Errors
/// If the file cannot be written.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    use std::io::Write;
    Ok(agoge_formats::write_atomic(path, |out| {
        out.write_all(bytes).map_err(|error| agoge_formats::ReadError::cannot_write(path, error))
    })?)
}

/// Writes `report.html`, `analysis.json`, `repetitions.csv`, `angles.mot` (if there are angles that
/// OpenSim knows, without missing values) and, for recordings in metres, `body.trc` to a folder,
/// creating it if necessary. Each file is written atomically. `stills` are shown in the report
/// ([`crate::InputRecording::extract_stills`]).
///
/// # Errors
/// If the folder cannot be created or written to.
pub fn write_results(analyzed: &Analyzed, stills: &[Still], folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(Error::io_at(folder))?;
    let scene = Scene { figure: analyzed.figure_recording(), curves: &analyzed.curves, stills };
    write_text(
        &folder.join("report.html"),
        &agoge_report::report_html(&analyzed.analysis, &scene),
    )?;
    write_text(&folder.join("analysis.json"), &agoge_report::analysis_json(&analyzed.analysis))?;
    write_text(
        &folder.join("repetitions.csv"),
        &agoge_report::repetitions_csv(&analyzed.analysis),
    )?;
    let whole: Vec<(&str, &[f64])> = agoge_report::opensim_angles(&analyzed.curves)
        .into_iter()
        .filter(|(_, values)| values.iter().all(|value| value.is_finite()))
        .collect();
    if !whole.is_empty() {
        write_mot(&folder.join("angles.mot"), &analyzed.curves.time, &whole)?;
    }
    if analyzed.body.space.length_unit() == "m" {
        write_trc(&folder.join("body.trc"), &analyzed.body)?;
    }
    Ok(())
}
