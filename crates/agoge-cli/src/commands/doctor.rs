//! `agoge doctor INPUT`

use super::{print_json, print_text, reading_options};
use crate::args::{DoctorArgs, GlobalArgs};
use crate::outcome::{CommandError, Exit};
use crate::progress;

/// Reports what a file contains, how good its data are and what can be measured from it.
pub(crate) fn run_doctor(args: &DoctorArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let bar = progress::progress_bar(0, "reading", shared);
    let diagnosis =
        agoge::diagnose_file(&args.input, &reading_options(&args.reading)?, &|done, of| {
            progress::update_bar(&bar, done, of)
        });
    bar.finish_and_clear();
    let diagnosis = diagnosis?;
    if shared.json {
        print_json(&diagnosis)?;
    } else {
        print_text(&diagnosis.to_string())?;
    }
    Ok(Exit::Done)
}
