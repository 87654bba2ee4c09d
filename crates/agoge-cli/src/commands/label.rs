//! `agoge label suggest|export`

use super::evaluate::mean_sd_cell;
use super::{print_json, print_text};
use crate::args::{GlobalArgs, LabelArgs, LabelCommand};
use crate::outcome::{CommandError, Exit};
use crate::progress;
use agoge::Store;
use agoge::library::training_set::{CONSENT_PURPOSE, TrainingSetSummary, export_training_set};
use agoge::report::count_noun;
use agoge_lab::evaluate::{LabelCountScore, LabellingEvaluation, evaluate_labelling};
use agoge_lab::learn::{ClipSet, suggest_labels};
use std::path::Path;

/// Suggests which recordings to label next, or exports judged repetitions.
pub(crate) fn run_label(args: &LabelArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    match &args.command {
        LabelCommand::Suggest { manifest, count } => suggest_recordings(manifest, *count, shared),
        LabelCommand::Export { folder, movement, library } => {
            let store = Store::open_existing(&library.resolve_folder()?)?;
            let summary = export_training_set(&store, movement.as_deref(), folder)?;
            if shared.json {
                print_json(&summary)?;
            } else {
                print_text(&export_text(&summary, folder))?;
            }
            Ok(Exit::Done)
        }
    }
}

fn export_text(summary: &TrainingSetSummary, folder: &Path) -> String {
    let TrainingSetSummary { repetitions, inferred, pairs, without_consent } = *summary;
    let mut text = format!(
        "{}: {}, {}\n",
        folder.display(),
        count_noun(repetitions, "repetition"),
        count_noun(pairs, "comparison")
    );
    if inferred > 0 {
        text += &format!("{} from comparisons\n", count_noun(inferred, "label"));
    }
    if without_consent > 0 {
        text += &format!(
            "left out: {}, by whom consent to \"{CONSENT_PURPOSE}\" was refused or withdrawn\n",
            count_noun(without_consent, "athlete")
        );
    }
    text += &format!("Next: agoge adapt --clips {}\n", folder.display());
    text
}

fn suggest_recordings(
    manifest: &Path,
    count: usize,
    shared: &GlobalArgs,
) -> Result<Exit, CommandError> {
    let suggestions = suggest_labels(manifest, count)?;
    if shared.json {
        print_json(&suggestions)?;
        return Ok(Exit::Done);
    }
    if suggestions.is_empty() {
        print_text("Every recording that can be judged has a label.\n")?;
        return Ok(Exit::Done);
    }
    let mut text =
        "Judge these next: 1 (correct) or 0 (not) in the column label of the manifest, then ask again.\n".to_owned();
    let mut movement = "";
    for suggestion in &suggestions {
        if suggestion.movement != movement {
            movement = &suggestion.movement;
            text += &format!("\n{movement}\n");
        }
        text += &format!(
            "  {:50} doubt {:.2}  gain {:.1} %\n",
            suggestion.file.display().to_string(),
            suggestion.doubt,
            100.0 * suggestion.gain
        );
    }
    print_text(&text)?;
    Ok(Exit::Done)
}

/// Measures how many labels the suggestions save.
pub(crate) fn measure_suggestions(
    clips: &ClipSet,
    seeds: u64,
    shared: &GlobalArgs,
) -> Result<Exit, CommandError> {
    let bar = progress::progress_bar(0, "athletes left out", shared);
    let measured =
        evaluate_labelling(&clips.clips, seeds, &|done, of| progress::update_bar(&bar, done, of));
    bar.finish_and_clear();
    let measured = measured.map_err(agoge::Error::from)?;
    if shared.json {
        print_json(&measured)?;
    } else {
        print_text(&suggestions_table(&measured))?;
    }
    Ok(Exit::Done)
}

fn suggestions_table(measured: &LabellingEvaluation) -> String {
    let LabellingEvaluation { all, movements, athletes, seeds, .. } = measured;
    let mut text = format!(
        "{movements} movements, each of {athletes} athletes left out once, {seeds} seed(s); AUC, mean ± SD\n\n{:>6}  {:>13}  {:>13}\n",
        "labels", "suggested", "random"
    );
    for LabelCountScore { labels, suggested, random } in &measured.curve {
        text += &format!(
            "{labels:>6}  {:>13}  {:>13}\n",
            mean_sd_cell(*suggested),
            mean_sd_cell(*random)
        );
    }
    let enough = |labels: Option<usize>| {
        labels.map_or("–".to_owned(), |labels| {
            format!("{labels} ({:.0} %)", 100.0 * labels as f64 / *all as f64)
        })
    };
    text += &format!(
        "\nwithin 0.01 of the AUC with all {all} labels of a movement: suggested {}, random {}\n",
        enough(measured.suggested_enough),
        enough(measured.random_enough)
    );
    text
}
