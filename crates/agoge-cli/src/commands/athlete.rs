//! `agoge athlete add|consent|list|show|export|delete`

use super::{print, print_json};
use crate::args::{AthleteArgs, AthleteCommand, Library, Shared};
use crate::outcome::{Exit, Failure};
use agoge::Store;
use agoge::library::today;
use agoge::report::count;
use agoge::store::{AnalysisRow, Athlete, Consent, Standing};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the library holds about an athlete, as `--json` prints it.
#[derive(Serialize)]
struct Portrait {
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
pub(crate) fn run(args: &AthleteArgs, shared: &Shared) -> Result<Exit, Failure> {
    match &args.command {
        AthleteCommand::Add { name, note, consent, library } => {
            let store = Store::open(&library.folder()?)?;
            let id = store.add_athlete(name, note)?;
            for purpose in consent {
                let (purpose, note) = (purpose.clone(), String::new());
                store.add_consent(id, &Consent { day: today(), purpose, given: true, note })?;
            }
            done(&store.athlete(id)?, &format!("added {name}"), shared)
        }
        AthleteCommand::Consent { name, purpose, withdraw, note, day, library } => {
            let (store, athlete) = open(library, name)?;
            let day = day.unwrap_or_else(today);
            let consent =
                Consent { day, purpose: purpose.clone(), given: !withdraw, note: note.clone() };
            store.add_consent(athlete.id, &consent)?;
            done(&consent, "written down", shared)
        }
        AthleteCommand::List { search, library } => list(library, search, shared),
        AthleteCommand::Show { name, count, library } => {
            let (store, athlete) = open(library, name)?;
            let summary = portrait(&store, athlete, *count)?;
            match shared.json {
                true => print_json(&summary)?,
                false => print(&page(&summary))?,
            }
            Ok(Exit::Done)
        }
        AthleteCommand::Export { name, out, library } => {
            let (store, athlete) = open(library, name)?;
            let out =
                out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.tar.gz", athlete.name)));
            store.export_athlete(athlete.id, &out)?;
            done(
                &serde_json::json!({ "file": out }),
                &format!("written: {}", out.display()),
                shared,
            )
        }
        AthleteCommand::Delete { name, yes: _, library } => {
            let (store, athlete) = open(library, name)?;
            store.delete_athlete(athlete.id)?;
            done(&athlete, "deleted", shared)
        }
    }
}

fn open(library: &Library, name: &str) -> Result<(Store, Athlete), Failure> {
    let store = Store::open_existing(&library.folder()?)?;
    let athlete = store.find_athlete(name)?;
    Ok((store, athlete))
}

fn done(value: &impl Serialize, text: &str, shared: &Shared) -> Result<Exit, Failure> {
    match (shared.json, shared.quiet) {
        (true, _) => print_json(value)?,
        (false, true) => {}
        (false, false) => print(&format!("{text}\n"))?,
    }
    Ok(Exit::Done)
}

fn list(library: &Library, search: &str, shared: &Shared) -> Result<Exit, Failure> {
    let store = Store::open_existing(&library.folder()?)?;
    let matches = store.search_athletes(search)?;
    let mut standings = store.overview()?;
    standings.retain(|standing| matches.contains(&standing.athlete));
    if shared.json {
        print_json(&standings)?;
        return Ok(Exit::Done);
    }
    let text: String = standings.iter().map(line).collect();
    print(if text.is_empty() { "no athletes\n" } else { &text })?;
    Ok(Exit::Done)
}

fn line(standing: &Standing) -> String {
    let last = standing.last.as_ref().map_or_else(|| "–".to_owned(), in_short);
    format!("{:30} {:4} recordings  {last}\n", standing.athlete.name, standing.recordings)
}

/// One line: day, movement, score and what to change first.
fn in_short(row: &AnalysisRow) -> String {
    let score = row.score.map_or_else(|| "  –".to_owned(), |score| format!("{score:3.0}"));
    format!("{}  {:20} {score}  {}", row.day, row.movement, row.finding.as_deref().unwrap_or("–"))
}

fn portrait(store: &Store, athlete: Athlete, count: usize) -> Result<Portrait, Failure> {
    let log = agoge::Athlete::new(store.folder(), &athlete.name)?.log()?;
    let id = athlete.id;
    Ok(Portrait {
        consents: store.consents(id)?,
        sessions: store.sessions(id)?.len(),
        recordings: store.recordings(id)?.len(),
        analyses: store.analyses(id, count)?,
        plans: store.plans(id)?.len(),
        workouts: log.sessions.len(),
        injuries: log.injuries.len(),
        athlete,
    })
}

fn page(summary: &Portrait) -> String {
    let Portrait { athlete, sessions, recordings, plans, workouts, injuries, .. } = summary;
    let mut text = format!("{}\n", athlete.name);
    if !athlete.note.is_empty() {
        text += &format!("{}\n", athlete.note.replace(char::is_control, " "));
    }
    text += &format!(
        "{}, {}, {}; {} and {injuries} {} (`agoge load show`)\n",
        count(*sessions, "session"),
        count(*recordings, "recording"),
        count(*plans, "plan"),
        count(*workouts, "workout"),
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
        text += &format!("  {}\n", in_short(row));
    }
    text
}
