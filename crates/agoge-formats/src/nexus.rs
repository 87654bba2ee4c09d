//! The CSV export of Vicon Nexus: a section `Trajectories` with the rate, marker names, axes and
//! units, then one row per frame.

use crate::error::{FileLocation, quote_text};
use crate::options::check_size;
use crate::text::{self, LineReader, TextStart};
use crate::trc::marker_recording;
use crate::{Format, ReadError, ReadOptions, skeletons, up};
use agoge_motion::{Recording, Space, UpAxis};
use std::io::BufRead;
use std::path::Path;

/// First words of the sections of an export.
const SECTIONS: [&str; 4] = ["Trajectories", "Devices", "Model Outputs", "Joints"];

/// Whether a text begins like an export of Nexus.
pub(crate) fn is_nexus(start: &TextStart) -> bool {
    SECTIONS.contains(&start.first_cell)
}

/// Reads the trajectories section; other sections are left out, with a note.
pub(crate) fn read_nexus(
    path: &Path,
    reader: &mut dyn BufRead,
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    let mut lines = LineReader::new(path, reader);
    let mut notes = Vec::new();
    loop {
        let Some(line) = lines.next_filled()? else {
            let hint = "export the trajectories too: joint positions are needed";
            return Err(ReadError::bad_format(
                path,
                FileLocation::Whole,
                "no section Trajectories",
                hint,
            ));
        };
        let first = text::split_cells(line, ',').next().unwrap_or("");
        match SECTIONS.iter().find(|section| **section == first) {
            Some(&"Trajectories") => break,
            Some(other) => notes.push(format!("section {other} left out")),
            None => {}
        }
    }
    let mut header = Vec::new();
    for what in ["rate", "marker names", "axes", "units"] {
        match lines.next_line()? {
            Some(line) => header.push(line.to_owned()),
            None => {
                return Err(lines.error_at_line(
                    format!("the section ends before its {what}"),
                    "the file was cut off",
                ));
            }
        }
    }
    let rate = text::split_cells(&header[0], ',')
        .next()
        .and_then(|cell| cell.parse::<f64>().ok())
        .filter(|v| v.is_finite() && *v > 0.0);
    let mut names: Vec<String> =
        text::split_cells(&header[1], ',').skip(2).step_by(3).map(str::to_owned).collect();
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    let unit = text::split_cells(&header[3], ',').nth(2).unwrap_or("").to_owned();
    let scale = text::metres_per_unit(&unit).ok().flatten();
    let Some(scale) = scale.filter(|_| !names.is_empty()) else {
        let what =
            format!("no marker names, or unit {} is not one of m, cm, mm", quote_text(&unit));
        return Err(lines.error_at_line(what, "export the trajectories again"));
    };
    check_size(path, 1, names.len())?;
    let names = text::unique_names(names);
    let width = 2 + 3 * names.len();
    let (mut numbers, mut position) = (Vec::new(), Vec::new());
    while let Some(line) = lines.next_line()?.filter(|line| !text::is_blank(line)) {
        let row: Result<Vec<f64>, String> =
            text::split_cells(line, ',').map(|cell| text::parse_number(cell, ',')).collect();
        let row = row.map_err(|what| lines.error_at_line(what, "leave a missing value empty"))?;
        if row.len() < width {
            let what = format!("{} cells where {} markers need {width}", row.len(), names.len());
            return Err(lines.error_at_line(what, "the file was cut off or a delimiter is missing"));
        }
        check_size(path, numbers.len() + 1, names.len())?;
        numbers.push(row[0]);
        position.extend(
            row[2..width].chunks_exact(3).map(|p| [p[0] * scale, p[1] * scale, p[2] * scale]),
        );
    }
    let rate = rate.unwrap_or_else(|| options.rate_or_default(&mut notes));
    let first = numbers.first().copied().unwrap_or(0.0);
    let time = numbers.iter().map(|frame| (frame - first) / rate).collect();
    let skeleton = skeletons::skeleton_from_names("Nexus markers", &names);
    let stated = Some((UpAxis::Z, "usual in Vicon laboratories"));
    let up_axis = up::find_up_axis(&skeleton, &position, options.up_axis, stated, &mut notes);
    position.iter_mut().for_each(|p| *p = up_axis.to_y_up(*p));
    marker_recording(path, Format::NexusCsv, skeleton, Space::World, up_axis, time, position, notes)
}
