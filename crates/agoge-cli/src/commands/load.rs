//! `agoge load import|show|train` and `agoge risk`

use super::{print, print_json};
use crate::args::{Library, Load, LoadCommand, LoadMethod, Risk, Shared, WarningModel, Weighed};
use crate::outcome::{Exit, Failure};
use agoge::athlete::{ImportOptions, learn_club};
use agoge::attention::warning::Kind;
use agoge::coach::load::{Method, Overview};
use agoge::coach::squad::Club;
use agoge::{Athlete, Store};
use std::path::PathBuf;

/// Runs the chosen action.
pub(crate) fn run(args: &Load, shared: &Shared) -> Result<Exit, Failure> {
    match &args.command {
        LoadCommand::Import { files, athlete, lenient, time_zone, library } => {
            let options = ImportOptions { lenient: *lenient, offset_s: *time_zone };
            let folder = library.folder()?;
            let athlete = Store::open(&folder)?.athlete_or_new(athlete)?;
            import(files, &Athlete::new(&folder, &athlete.name)?, options, shared)
        }
        LoadCommand::Show { athlete, page, days } => {
            let overview = overview(days, athlete)?;
            if let Some(page) = page {
                agoge::write_bytes(page, agoge::report::load_html(&overview).as_bytes())?;
            }
            match shared.json {
                true => print_json(&overview)?,
                false => print(&agoge::report::load_terminal(&overview))?,
            }
            Ok(Exit::Done)
        }
        LoadCommand::Train { model, page, days } => {
            let club = club(days, kind_of(*model))?;
            if let Some(page) = page {
                agoge::write_bytes(page, agoge::report::club_html(&club).as_bytes())?;
            }
            match shared.json {
                true => print_json(&club)?,
                false => print(&agoge::report::club_terminal(&club))?,
            }
            // Too little data to train on is the input's fault; a model whose warnings may not be
            // shown is a valid result.
            Ok(if club.report.is_some() { Exit::Done } else { Exit::InputAtFault })
        }
    }
}

/// Prints the changes in an athlete's load and reports.
pub(crate) fn risk(args: &Risk, shared: &Shared) -> Result<Exit, Failure> {
    let overview = overview(&args.days, &args.athlete)?;
    let club = args.train.then(|| club(&args.days, Kind::Logistic)).transpose()?;
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
            "base_rate": agoge::coach::injury::screening_text(),
        }))?;
    } else {
        print(&agoge::report::risk_terminal(&overview))?;
        if let Some(club) = &club {
            let verdict = match (club.may_speak, warning) {
                (true, Some(warning)) => agoge::report::club_word(warning),
                (true, None) => {
                    "it says nothing of an athlete who is injured, or of whom too few days are known".to_owned()
                }
                (false, _) => "it may not speak".to_owned(),
            };
            print(&format!(
                "\nBy the club's log ({}): {verdict}. Why: {}.\n",
                club.model, club.reason
            ))?;
        }
    }
    Ok(Exit::Done)
}

/// An athlete's days of load.
fn overview(days: &Weighed, athlete: &str) -> Result<Overview, agoge::Error> {
    open(&days.library, athlete)?.overview(days.method.map(method_of))
}

/// Trains a warning model on the logs of all athletes in the library.
fn club(days: &Weighed, kind: Kind) -> Result<Club, agoge::Error> {
    learn_club(&Store::open_existing(&days.library.folder()?)?, days.method.map(method_of), kind)
}

/// The load folder of an athlete in the library.
pub(super) fn open(library: &Library, name: &str) -> Result<Athlete, agoge::Error> {
    let store = Store::open_existing(&library.folder()?)?;
    Athlete::of(&store, &store.find_athlete(name)?)
}

fn import(
    files: &[PathBuf],
    athlete: &Athlete,
    options: ImportOptions,
    shared: &Shared,
) -> Result<Exit, Failure> {
    let waits = || {
        if !shared.quiet {
            eprintln!("waiting: another program writes the log of {}", athlete.name());
        }
    };
    let imported = athlete.import(files, options, waits)?;
    if shared.json {
        print_json(&imported)?;
    } else {
        print(&format!(
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

fn kind_of(model: WarningModel) -> Kind {
    match model {
        WarningModel::Logistic => Kind::Logistic,
        WarningModel::Trees => Kind::Boosted,
        WarningModel::Attention => Kind::Attention,
    }
}

fn method_of(method: LoadMethod) -> Method {
    match method {
        LoadMethod::SessionRpe => Method::SessionRpe,
        LoadMethod::TrimpBanister => Method::TrimpBanister,
        LoadMethod::TrimpEdwards => Method::TrimpEdwards,
        LoadMethod::TrimpLucia => Method::TrimpLucia,
        LoadMethod::Tss => Method::Tss,
        LoadMethod::Pace => Method::Pace,
        LoadMethod::Distance => Method::Distance,
        LoadMethod::StrengthVolume => Method::StrengthVolume,
        LoadMethod::Jumps => Method::Jumps,
        LoadMethod::Throws => Method::Throws,
    }
}
