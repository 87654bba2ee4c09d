//! `agoge doctor INPUT`

use super::{options, print, print_json};
use crate::args::{Doctor, Shared};
use crate::outcome::{Exit, Failure};
use crate::progress;

/// Reports what a file contains, how good its data are and what can be measured from it.
pub(crate) fn run(args: &Doctor, shared: &Shared) -> Result<Exit, Failure> {
    let bar = progress::bar(0, "reading", shared);
    let diagnosis = agoge::doctor(&args.input, &options(&args.reading)?, &|done, of| {
        progress::tell(&bar, done, of)
    });
    bar.finish_and_clear();
    let diagnosis = diagnosis?;
    if shared.json {
        print_json(&diagnosis)?;
    } else {
        print(&diagnosis.to_string())?;
    }
    Ok(Exit::Done)
}
