//! One progress bar on standard error; silent with `--quiet`, `--json` or without a terminal.

use crate::args::GlobalArgs;
use indicatif::{ProgressBar, ProgressStyle};

/// Creates a bar of `steps` steps with a label.
pub(crate) fn progress_bar(steps: usize, label: &'static str, shared: &GlobalArgs) -> ProgressBar {
    if shared.quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(steps as u64).with_message(label);
    match ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Updates a bar: `done` of `of` steps.
pub(crate) fn update_bar(bar: &ProgressBar, done: usize, of: usize) {
    bar.set_length(of as u64);
    bar.set_position(done as u64);
}
