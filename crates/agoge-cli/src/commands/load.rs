//! `agoge load import|show|train` and `agoge risk`

use super::{print_json, print_text};
use crate::args::{
    GlobalArgs, LibraryFolder, LoadArgs, LoadCommand, LoadDaysArgs, LoadMethodArg, RiskArgs,
    WarningModelArg,
};
use crate::outcome::{CommandError, Exit};
use agoge::athlete::ImportOptions;
use agoge::load::club::ClubResult;
use agoge::load::{LoadOverview, WorkloadMethod};
use agoge::{LoadFolder, Store};
use agoge_lab::learn_club;
use agoge_train::warning::OddsModelKind;
use std::path::PathBuf;

/// Runs the chosen action.
pub(crate) fn run_load(args: &LoadArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    match &args.command {
        LoadCommand::Import { files, athlete, lenient, time_zone, library } => {
            let options = ImportOptions { lenient: *lenient, offset_s: *time_zone };
            let folder = library.resolve_folder()?;
            let athlete = Store::open(&folder)?.athlete_or_new(athlete)?;
            import_files(files, &LoadFolder::new(&folder, &athlete.name)?, options, shared)
        }
        LoadCommand::Show { athlete, page, days } => {
            let overview = athlete_overview(days, athlete)?;
            if let Some(page) = page {
                agoge::write_bytes(page, agoge::report::load_html(&overview).as_bytes())?;
            }
            match shared.json {
                true => print_json(&overview)?,
                false => print_text(&agoge::report::load_terminal(&overview))?,
            }
            Ok(Exit::Done)
        }
        LoadCommand::Train { model, page, days } => {
            let club = train_club(days, model_kind(*model))?;
            if let Some(page) = page {
                agoge::write_bytes(page, agoge::report::club_html(&club).as_bytes())?;
            }
            match shared.json {
                true => print_json(&club)?,
                false => print_text(&agoge::report::club_terminal(&club))?,
            }
            // Too little data to train on is the input's fault; a model whose warnings may not be
            // shown is a valid result.
            Ok(if club.report.is_some() { Exit::Done } else { Exit::InputAtFault })
        }
    }
}

/// Prints the changes in an athlete's load and reports.
pub(crate) fn run_risk(args: &RiskArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let overview = athlete_overview(&args.days, &args.athlete)?;
    let club = args.train.then(|| train_club(&args.days, OddsModelKind::Logistic)).transpose()?;
    let warning = club
        .as_ref()
        .and_then(|club| club.words.iter().find(|warning| warning.athlete == overview.athlete));
    if shared.json {
        print_json(&serde_json::json!({
            "athlete": overview.athlete,
            "today": overview.today,
            "by": if warning.is_some() { "rules and model" } else { "rules" },
            "model": club.as_ref().map(|club| serde_json::json!({
                "name": club.model, "may_speak": club.may_speak, "reason": club.reason, "report": club.report, "word": warning,
            })),
            "warnings": overview.warnings,
            "limits": overview.limits,
            "base_rate": agoge::load::injury::screening_text(),
        }))?;
    } else {
        print_text(&agoge::report::risk_terminal(&overview))?;
        if let Some(club) = &club {
            let verdict = match (club.may_speak, warning) {
                (true, Some(warning)) => agoge::report::club_word(warning),
                (true, None) => {
                    "it says nothing of an athlete who is injured, or of whom too few days are known".to_owned()
                }
                (false, _) => "it may not speak".to_owned(),
            };
            print_text(&format!(
                "\nBy the club's log ({}): {verdict}. Why: {}.\n",
                club.model, club.reason
            ))?;
        }
    }
    Ok(Exit::Done)
}

/// An athlete's days of load.
fn athlete_overview(days: &LoadDaysArgs, athlete: &str) -> Result<LoadOverview, agoge::Error> {
    open_load_folder(&days.library, athlete)?.load_overview(days.method.map(load_method))
}

/// Trains a warning model on the logs of all athletes in the library.
fn train_club(days: &LoadDaysArgs, kind: OddsModelKind) -> Result<ClubResult, agoge::Error> {
    learn_club(
        &Store::open_existing(&days.library.resolve_folder()?)?,
        days.method.map(load_method),
        kind,
    )
}

/// The load folder of an athlete in the library.
pub(super) fn open_load_folder(
    library: &LibraryFolder,
    name: &str,
) -> Result<LoadFolder, agoge::Error> {
    let store = Store::open_existing(&library.resolve_folder()?)?;
    LoadFolder::from_store(&store, &store.find_athlete(name)?)
}

fn import_files(
    files: &[PathBuf],
    athlete: &LoadFolder,
    options: ImportOptions,
    shared: &GlobalArgs,
) -> Result<Exit, CommandError> {
    let waits = || {
        if !shared.quiet {
            eprintln!("waiting: another program writes the log of {}", athlete.name());
        }
    };
    let imported = athlete.import_files(files, options, waits)?;
    if shared.json {
        print_json(&imported)?;
    } else {
        print_text(&format!(
            "{} new, {} joined with what another device or the diary knew, {} known already, {} reports\n",
            imported.added, imported.joined, imported.known, imported.reports
        ))?;
        if !shared.quiet {
            for (note, count) in &imported.notes {
                eprintln!("note: {note} ({count} workouts)");
            }
        }
    }
    for refused in &imported.refused {
        eprintln!("error: {}", refused.reason);
    }
    Ok(if imported.refused.is_empty() { Exit::Done } else { Exit::InputAtFault })
}

fn model_kind(model: WarningModelArg) -> OddsModelKind {
    match model {
        WarningModelArg::Logistic => OddsModelKind::Logistic,
        WarningModelArg::Trees => OddsModelKind::Boosted,
        WarningModelArg::Attention => OddsModelKind::Attention,
    }
}

fn load_method(method: LoadMethodArg) -> WorkloadMethod {
    match method {
        LoadMethodArg::SessionRpe => WorkloadMethod::SessionRpe,
        LoadMethodArg::TrimpBanister => WorkloadMethod::TrimpBanister,
        LoadMethodArg::TrimpEdwards => WorkloadMethod::TrimpEdwards,
        LoadMethodArg::TrimpLucia => WorkloadMethod::TrimpLucia,
        LoadMethodArg::Tss => WorkloadMethod::Tss,
        LoadMethodArg::Pace => WorkloadMethod::Pace,
        LoadMethodArg::Distance => WorkloadMethod::Distance,
        LoadMethodArg::StrengthVolume => WorkloadMethod::StrengthVolume,
        LoadMethodArg::Jumps => WorkloadMethod::Jumps,
        LoadMethodArg::Throws => WorkloadMethod::Throws,
    }
}
