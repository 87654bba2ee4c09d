//! `agoge explain INPUT`

use super::{load_models, movement_options, print_json, print_text, use_color};
use crate::args::{ExplainArgs, GlobalArgs};
use crate::outcome::{CommandError, Exit};
use crate::progress;
use agoge::report::Language;
use agoge::{Models, Reference};

/// Analyses a recording and explains it: what differs from the reference, what a change would
/// bring, and whether that explanation is stable.
pub(crate) fn run_explain(args: &ExplainArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let options = movement_options(&args.reading, &args.movement)?;
    let custom_models = load_models(args.model.as_deref())?;
    let models = custom_models.as_ref().unwrap_or_else(|| Models::bundled());
    let bar = progress::progress_bar(1, "reading", shared);
    let show_progress = |done, of| progress::update_bar(&bar, done, of);
    let reading = agoge::read_to_analyze(&args.input, &options, &show_progress)?;
    let mut analyzed = agoge::analyze(&reading.recording, None, models, &options)?;
    let movement = analyzed.analysis.movement.name.clone();
    let reference = Reference::from_files(&args.reference, &movement, &options, &show_progress)?;
    bar.finish_and_clear();
    analyzed.analysis.explanation = agoge::explain(&analyzed, &reference, models, &options)?;
    let folder =
        super::analyze::input_folders(std::slice::from_ref(&args.input), &args.out).remove(0);
    let stills = reading.extract_stills(&args.input, &options, &analyzed)?;
    agoge::write_results(&analyzed, &stills, &folder)?;
    if shared.json {
        print_json(&analyzed.analysis.explanation)?;
    } else if !shared.quiet {
        let language = if args.lang == "zh" { Language::Chinese } else { Language::English };
        print_text(&agoge::report::explanation_terminal(
            &analyzed.analysis,
            language,
            use_color(),
        ))?;
        print_text(&format!("\n{}\n", folder.join("report.html").display()))?;
    }
    Ok(Exit::Done)
}
