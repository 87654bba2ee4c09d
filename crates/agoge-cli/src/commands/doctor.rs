//! `agoge doctor INPUT`

use super::{options, print, print_json};
use crate::args::{Doctor, Shared};
use crate::outcome::{Exit, Failure};

/// Says what a file is, how good it is and what can be concluded from it.
pub(crate) fn run(args: &Doctor, shared: &Shared) -> Result<Exit, Failure> {
    let diagnosis = agoge::doctor(&args.input, &options(&args.reading)?)?;
    if shared.json {
        print_json(&diagnosis)?;
    } else {
        print(&diagnosis.to_string())?;
    }
    Ok(Exit::Done)
}
