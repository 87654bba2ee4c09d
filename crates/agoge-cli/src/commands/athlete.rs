//! `agoge athlete add|consent|list|show|export|delete`

use super::{print_json, print_text};
use crate::args::{AthleteArgs, AthleteCommand, GlobalArgs, LibraryFolder};
use crate::outcome::{CommandError, Exit};
use agoge::Store;
use agoge::library::local_today;
use agoge::report::count_noun;
use agoge::store::{AnalysisRow, Athlete, AthleteStanding, Consent};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the library holds about an athlete, as `--json` prints it.
#[derive(Serialize)]
struct AthleteSummary {
    athlete: Athlete,
    consents: Vec<Consent>,
    sessions: usize,
    recordings: usize,
    /// The newest analyses.
    analyses: Vec<AnalysisRow>,
    plans: usize,
    workouts: usize,
    injuries: usize,
}

/// Runs the chosen action.
pub(crate) fn run_athlete(args: &AthleteArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    match &args.command {
        AthleteCommand::Add { name, note, consent, library } => {
            let store = Store::open(&library.resolve_folder()?)?;
            let id = store.add_athlete(name, note)?;
            for purpose in consent {
                let (purpose, note) = (purpose.clone(), String::new());
                store
                    .add_consent(id, &Consent { day: local_today(), purpose, given: true, note })?;
            }
            print_done(&store.load_athlete(id)?, &format!("added {name}"), shared)
        }
        AthleteCommand::Consent { name, purpose, withdraw, note, day, library } => {
            let (store, athlete) = open_athlete(library, name)?;
            let day = day.unwrap_or_else(local_today);
            let consent =
                Consent { day, purpose: purpose.clone(), given: !withdraw, note: note.clone() };
            store.add_consent(athlete.id, &consent)?;
            print_done(&consent, "written down", shared)
        }
        AthleteCommand::List { search, library } => list_athletes(library, search, shared),
        AthleteCommand::Show { name, count, library } => {
            let (store, athlete) = open_athlete(library, name)?;
            let summary = load_summary(&store, athlete, *count)?;
            match shared.json {
                true => print_json(&summary)?,
                false => print_text(&summary_text(&summary))?,
            }
            Ok(Exit::Done)
        }
        AthleteCommand::Export { name, out, library } => {
            let (store, athlete) = open_athlete(library, name)?;
            let out =
                out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.tar.gz", athlete.name)));
            store.export_athlete(athlete.id, &out)?;
            print_done(
                &serde_json::json!({ "file": out }),
                &format!("written: {}", out.display()),
                shared,
            )
        }
        AthleteCommand::Delete { name, yes: _, library } => {
            let (store, athlete) = open_athlete(library, name)?;
            store.delete_athlete(athlete.id)?;
            print_done(&athlete, "deleted", shared)
        }
    }
}

fn open_athlete(library: &LibraryFolder, name: &str) -> Result<(Store, Athlete), CommandError> {
    let store = Store::open_existing(&library.resolve_folder()?)?;
    let athlete = store.find_athlete(name)?;
    Ok((store, athlete))
}

fn print_done(
    value: &impl Serialize,
    text: &str,
    shared: &GlobalArgs,
) -> Result<Exit, CommandError> {
    match (shared.json, shared.quiet) {
        (true, _) => print_json(value)?,
        (false, true) => {}
        (false, false) => print_text(&format!("{text}\n"))?,
    }
    Ok(Exit::Done)
}

fn list_athletes(
    library: &LibraryFolder,
    search: &str,
    shared: &GlobalArgs,
) -> Result<Exit, CommandError> {
    let store = Store::open_existing(&library.resolve_folder()?)?;
    let matches = store.search_athletes(search)?;
    let mut standings = store.squad_overview()?;
    standings.retain(|standing| matches.contains(&standing.athlete));
    if shared.json {
        print_json(&standings)?;
        return Ok(Exit::Done);
    }
    let text: String = standings.iter().map(athlete_line).collect();
    print_text(if text.is_empty() { "no athletes\n" } else { &text })?;
    Ok(Exit::Done)
}

fn athlete_line(standing: &AthleteStanding) -> String {
    let last = standing.last.as_ref().map_or_else(|| "–".to_owned(), analysis_line);
    format!("{:30} {:4} recordings  {last}\n", standing.athlete.name, standing.recordings)
}

/// One line: day, movement, score and what to change first.
fn analysis_line(row: &AnalysisRow) -> String {
    let score = row.score.map_or_else(|| "  –".to_owned(), |score| format!("{score:3.0}"));
    format!("{}  {:20} {score}  {}", row.day, row.movement, row.finding.as_deref().unwrap_or("–"))
}

fn load_summary(
    store: &Store,
    athlete: Athlete,
    count: usize,
) -> Result<AthleteSummary, CommandError> {
    let log = agoge::LoadFolder::new(store.folder(), &athlete.name)?.read_log()?;
    let id = athlete.id;
    Ok(AthleteSummary {
        consents: store.list_consents(id)?,
        sessions: store.list_sessions(id)?.len(),
        recordings: store.list_recordings(id)?.len(),
        analyses: store.list_analyses(id, count)?,
        plans: store.list_plans(id)?.len(),
        workouts: log.sessions.len(),
        injuries: log.injuries.len(),
        athlete,
    })
}

fn summary_text(summary: &AthleteSummary) -> String {
    let AthleteSummary { athlete, sessions, recordings, plans, workouts, injuries, .. } = summary;
    let mut text = format!("{}\n", athlete.name);
    if !athlete.note.is_empty() {
        text += &format!("{}\n", athlete.note.replace(char::is_control, " "));
    }
    text += &format!(
        "{}, {}, {}; {} and {injuries} {} (`agoge load show`)\n",
        count_noun(*sessions, "session"),
        count_noun(*recordings, "recording"),
        count_noun(*plans, "plan"),
        count_noun(*workouts, "workout"),
        if *injuries == 1 { "injury" } else { "injuries" },
    );
    // The newest statement about each purpose applies.
    let current: BTreeMap<&str, &Consent> =
        summary.consents.iter().map(|consent| (consent.purpose.as_str(), consent)).collect();
    for (purpose, consent) in current {
        let given = if consent.given { "agrees to" } else { "does not agree to" };
        text +=
            &format!("{given} {}, since {}\n", purpose.replace(char::is_control, " "), consent.day);
    }
    for row in &summary.analyses {
        text += &format!("  {}\n", analysis_line(row));
    }
    text
}
