//! `agoge label suggest|export`

use super::evaluate::cell;
use super::{print, print_json};
use crate::args::{Label, LabelCommand, Shared};
use crate::outcome::{Exit, Failure};
use crate::progress;
use agoge::Store;
use agoge::attention::evaluate::{Labelling, WithLabels, labelling};
use agoge::learn::{Clips, suggest_labels};
use agoge::library::labelled::{Exported, PURPOSE, export};
use agoge::report::count;
use std::path::Path;

/// Suggests which recordings to label next, or exports judged repetitions.
pub(crate) fn run(args: &Label, shared: &Shared) -> Result<Exit, Failure> {
    match &args.command {
        LabelCommand::Suggest { manifest, count } => suggest(manifest, *count, shared),
        LabelCommand::Export { folder, movement, library } => {
            let store = Store::open_existing(&library.folder()?)?;
            let summary = export(&store, movement.as_deref(), folder)?;
            if shared.json {
                print_json(&summary)?;
            } else {
                print(&exported(&summary, folder))?;
            }
            Ok(Exit::Done)
        }
    }
}

fn exported(summary: &Exported, folder: &Path) -> String {
    let Exported { repetitions, inferred, pairs, without_consent } = *summary;
    let mut text = format!(
        "{}: {}, {}\n",
        folder.display(),
        count(repetitions, "repetition"),
        count(pairs, "comparison")
    );
    if inferred > 0 {
        text += &format!("{} from comparisons\n", count(inferred, "label"));
    }
    if without_consent > 0 {
        text += &format!(
            "left out: {}, by whom consent to \"{PURPOSE}\" was refused or withdrawn\n",
            count(without_consent, "athlete")
        );
    }
    text += &format!("Next: agoge adapt --clips {}\n", folder.display());
    text
}

fn suggest(manifest: &Path, count: usize, shared: &Shared) -> Result<Exit, Failure> {
    let suggestions = suggest_labels(manifest, count)?;
    if shared.json {
        print_json(&suggestions)?;
        return Ok(Exit::Done);
    }
    if suggestions.is_empty() {
        print("Every recording that can be judged has a label.\n")?;
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
    print(&text)?;
    Ok(Exit::Done)
}

/// Measures how many labels the suggestions save.
pub(crate) fn measure(clips: &Clips, seeds: u64, shared: &Shared) -> Result<Exit, Failure> {
    let bar = progress::bar(0, "athletes left out", shared);
    let measured = labelling(&clips.clips, seeds, &|done, of| progress::tell(&bar, done, of));
    bar.finish_and_clear();
    let measured = measured.map_err(agoge::Error::from)?;
    if shared.json {
        print_json(&measured)?;
    } else {
        print(&table(&measured))?;
    }
    Ok(Exit::Done)
}

fn table(measured: &Labelling) -> String {
    let Labelling { all, movements, athletes, seeds, .. } = measured;
    let mut text = format!(
        "{movements} movements, each of {athletes} athletes left out once, {seeds} seed(s); AUC, mean ± SD\n\n{:>6}  {:>13}  {:>13}\n",
        "labels", "suggested", "random"
    );
    for WithLabels { labels, suggested, random } in &measured.curve {
        text += &format!("{labels:>6}  {:>13}  {:>13}\n", cell(*suggested), cell(*random));
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
