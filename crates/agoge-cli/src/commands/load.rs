//! `agoge load import|show` and `agoge risk`

use super::{print, print_json};
use crate::args::{Library, Load, LoadCommand, LoadMethod, Risk, Shared};
use crate::outcome::{Exit, Failure};
use agoge::athlete::ImportOptions;
use agoge::coach::load::Method;
use agoge::{Athlete, Store};
use std::path::PathBuf;

/// Brings in files or shows the days.
pub(crate) fn run(args: &Load, shared: &Shared) -> Result<Exit, Failure> {
    match &args.command {
        LoadCommand::Import { files, athlete, lenient, time_zone, library } => {
            let options = ImportOptions { lenient: *lenient, offset_s: *time_zone };
            let folder = library.folder()?;
            let athlete = Store::open(&folder)?.athlete_or_new(athlete)?;
            import(files, &Athlete::new(&folder, &athlete.name)?, options, shared)
        }
        LoadCommand::Show { athlete, method, page, library } => {
            let overview = open(library, athlete)?.overview(method.map(method_of))?;
            if let Some(page) = page {
                agoge::write_bytes(page, agoge::report::load_html(&overview).as_bytes())?;
            }
            match shared.json {
                true => print_json(&overview)?,
                false => print(&agoge::report::load_terminal(&overview))?,
            }
            Ok(Exit::Done)
        }
    }
}

/// Says what changed.
pub(crate) fn risk(args: &Risk, shared: &Shared) -> Result<Exit, Failure> {
    let overview = open(&args.library, &args.athlete)?.overview(args.method.map(method_of))?;
    if shared.json {
        print_json(&serde_json::json!({
            "athlete": overview.athlete,
            "today": overview.today,
            "by": "rules",
            "warnings": overview.warnings,
            "limits": overview.limits,
            "base_rate": agoge::coach::injury::screening_text(),
        }))?;
    } else {
        print(&agoge::report::risk_terminal(&overview))?;
    }
    Ok(Exit::Done)
}

/// The load of an athlete who is in the library.
fn open(library: &Library, name: &str) -> Result<Athlete, agoge::Error> {
    let folder = library.folder()?;
    let athlete = Store::open_existing(&folder)?.find_athlete(name)?;
    Athlete::new(&folder, &athlete.name)
}

fn import(files: &[PathBuf], athlete: &Athlete, options: ImportOptions, shared: &Shared) -> Result<Exit, Failure> {
    let done = athlete.import(files, options)?;
    if shared.json {
        print_json(&done)?;
    } else {
        print(&format!(
            "{} new, {} joined with what another device or the diary knew, {} known already, {} reports\n",
            done.added, done.joined, done.known, done.reports
        ))?;
        if !shared.quiet {
            for (note, count) in &done.notes {
                eprintln!("note: {note} ({count} workouts)");
            }
        }
    }
    for refused in &done.refused {
        eprintln!("error: {}", refused.reason);
    }
    Ok(if done.refused.is_empty() { Exit::Done } else { Exit::InputAtFault })
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
    }
}
