//! `agoge explain INPUT`

use super::{color, models, options_of, print, print_json};
use crate::args::{Explain, Shared};
use crate::outcome::{Exit, Failure};
use crate::progress;
use agoge::report::Language;
use agoge::{Models, Reference};

/// Analyses a recording and explains it: what differs from the reference, what a change would
/// bring, and whether that explanation is stable.
pub(crate) fn run(args: &Explain, shared: &Shared) -> Result<Exit, Failure> {
    let options = options_of(&args.reading, &args.movement)?;
    let custom_models = models(args.model.as_deref())?;
    let models = custom_models.as_ref().unwrap_or_else(|| Models::bundled());
    let bar = progress::bar(1, "reading", shared);
    let show_progress = |done, of| progress::tell(&bar, done, of);
    let reading = agoge::read_to_analyze(&args.input, &options, &show_progress)?;
    let mut analyzed = agoge::analyze(&reading.recording, None, models, &options)?;
    let movement = analyzed.analysis.movement.name.clone();
    let reference = Reference::from_files(&args.reference, &movement, &options, &show_progress)?;
    bar.finish_and_clear();
    analyzed.analysis.explanation = agoge::explain(&analyzed, &reference, models, &options)?;
    let folder = super::analyze::folders(std::slice::from_ref(&args.input), &args.out).remove(0);
    let stills = reading.stills(&args.input, &options, &analyzed)?;
    agoge::write_results(&analyzed, &stills, &folder)?;
    if shared.json {
        print_json(&analyzed.analysis.explanation)?;
    } else if !shared.quiet {
        let language = if args.lang == "zh" { Language::Chinese } else { Language::English };
        print(&agoge::report::explanation(&analyzed.analysis, language, color()))?;
        print(&format!("\n{}\n", folder.join("report.html").display()))?;
    }
    Ok(Exit::Done)
}
