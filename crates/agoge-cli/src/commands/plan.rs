//! `agoge plan`

use super::load::open;
use super::{print, print_json};
use crate::args::{Known, Plan as Args, PlanCommand, Shared};
use crate::outcome::{Exit, Failure};
use agoge::coach::plan::{Clash, Event, Plan, Priority, check, plan, today};
use agoge::plan::{PlanInput, read_plan};
use agoge::{Store, report};
use std::path::Path;

/// Runs the chosen action.
pub(crate) fn run(args: &Args, shared: &Shared) -> Result<Exit, Failure> {
    match &args.command {
        PlanCommand::Make { known, from, explain, workouts, out } => {
            make(known, from.as_deref(), [*explain, *workouts], out, shared)
        }
        PlanCommand::Today { known } => {
            let answer = today(&read(known)?.basis());
            match shared.json {
                true => print_json(&answer)?,
                false => print(&report::today_terminal(&answer))?,
            }
            Ok(Exit::Done)
        }
        PlanCommand::Race { known, on, minutes, sport, rpe } => {
            let event = Event {
                day: *on,
                title: "the new event".into(),
                priority: Priority::C,
                sport: sport.clone(),
                minutes: *minutes,
                rpe: *rpe,
                regions: None,
                recover: None,
            };
            race(known, event, shared)
        }
        PlanCommand::Check { plan, known } => {
            let (checked, input) = (read_plan(plan)?, read(known)?);
            let violations: Vec<String> = check(&checked, &input.request, &input.past)
                .into_iter()
                .map(|violation| violation.0)
                .collect();
            match shared.json {
                true => print_json(&violations)?,
                false if violations.is_empty() => print("The plan keeps every rule.\n")?,
                false => print(&(violations.join("\n") + "\n"))?,
            }
            Ok(if violations.is_empty() { Exit::Done } else { Exit::InputAtFault })
        }
        PlanCommand::Effects { athlete, sessions, library } => {
            let effects = agoge::plan::moved(&open(library, athlete)?, sessions.as_deref())?;
            match shared.json {
                true => print_json(&effects)?,
                false => print(&report::moved_terminal(&effects))?,
            }
            Ok(Exit::Done)
        }
        PlanCommand::Compare { a, b } => {
            let (a, b) = (read_plan(a)?, read_plan(b)?);
            match shared.json {
                true => print_json(&serde_json::json!({ "a": a, "b": b }))?,
                false => print(&report::compare_terminal(&a, &b))?,
            }
            Ok(Exit::Done)
        }
    }
}

fn read(known: &Known) -> Result<PlanInput, Failure> {
    let athlete = known.athlete.as_ref().map(|name| open(&known.library, name)).transpose()?;
    Ok(PlanInput::read(
        &known.request,
        athlete.as_ref(),
        &known.findings,
        known.sessions.as_deref(),
    )?)
}

fn make(
    known: &Known,
    from: Option<&Path>,
    [explain, workouts]: [bool; 2],
    out: &Path,
    shared: &Shared,
) -> Result<Exit, Failure> {
    let input = read(known)?;
    let earlier = from.map(read_plan).transpose()?;
    let new_plan = match plan(&input.basis(), earlier.as_ref()) {
        Ok(new_plan) => new_plan,
        Err(clash) => return clashed(&clash, shared),
    };
    std::fs::create_dir_all(out).map_err(agoge::Error::io(out))?;
    let json = serde_json::to_string_pretty(&new_plan).map_err(std::io::Error::from)? + "\n";
    let athlete = known.athlete.as_deref().unwrap_or_default();
    for (name, text) in [
        ("plan.json", json),
        ("plan.html", report::plan_html(&new_plan, athlete)),
        ("plan.csv", report::plan_csv(&new_plan)),
        ("plan.ics", report::plan_calendar(&new_plan)),
    ] {
        agoge::write_bytes(&out.join(name), text.as_bytes())?;
    }
    if workouts {
        let folder = out.join("workouts");
        std::fs::create_dir_all(&folder).map_err(agoge::Error::io(&folder))?;
        for (name, bytes) in agoge::plan::workouts(&new_plan) {
            agoge::write_bytes(&folder.join(name), &bytes)?;
        }
    }
    if let Some(name) = &known.athlete {
        // Stored for the athlete's page; older plans are kept.
        let store = Store::open_existing(&known.library.folder()?)?;
        let value = serde_json::to_value(&new_plan).map_err(std::io::Error::from)?;
        store.save_plan(store.find_athlete(name)?.id, new_plan.start, &value)?;
    }
    match shared.json {
        true => print_json(&new_plan)?,
        false => print(&report::plan_terminal(&new_plan, explain))?,
    }
    if !shared.quiet {
        let also = if workouts { " and workouts" } else { "" };
        eprintln!("plan.html, plan.json, plan.csv, plan.ics{also} are in {}", out.display());
    }
    Ok(Exit::Done)
}

fn clashed(clash: &Clash, shared: &Shared) -> Result<Exit, Failure> {
    if shared.json {
        print_json(clash)?;
    }
    eprintln!("error: {clash}");
    Ok(Exit::InputAtFault)
}

fn race(known: &Known, event: Event, shared: &Shared) -> Result<Exit, Failure> {
    let mut input = read(known)?;
    let before = match plan(&input.basis(), None) {
        Ok(new_plan) => new_plan,
        Err(clash) => return clashed(&clash, shared),
    };
    input.request.events.push(event);
    if let Some(what) = input.request.fault() {
        return Err(agoge::Error::Plan { path: known.request.clone(), what }.into());
    }
    match plan(&input.basis(), Some(&before)) {
        Ok(after) => say_race(&before, &after, shared),
        Err(clash) => clashed(&clash, shared),
    }
}

fn say_race(before: &Plan, after: &Plan, shared: &Shared) -> Result<Exit, Failure> {
    match shared.json {
        true => print_json(&serde_json::json!({ "without": before, "with": after }))?,
        false => print(&format!(
            "It fits in. A is the plan without it, B with it.\n{}",
            report::compare_terminal(before, after)
        ))?,
    }
    Ok(Exit::Done)
}
