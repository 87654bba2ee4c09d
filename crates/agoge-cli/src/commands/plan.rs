//! `agoge plan`

use super::load::open_load_folder;
use super::{print_json, print_text};
use crate::args::{GlobalArgs, PlanArgs as Args, PlanCommand, PlanInputArgs};
use crate::outcome::{CommandError, Exit};
use agoge::plan::{PlanInput, read_plan};
use agoge::planning::{
    EventPriority, Plan, PlanEvent, RuleClash, advise_today, check_plan, make_plan,
};
use agoge::{Store, report};
use std::path::Path;

/// Runs the chosen action.
pub(crate) fn run_plan(args: &Args, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    match &args.command {
        PlanCommand::Make { known, from, explain, workouts, out } => {
            make_and_write_plan(known, from.as_deref(), [*explain, *workouts], out, shared)
        }
        PlanCommand::Today { known } => {
            let answer = advise_today(&read_input(known)?.planning_basis());
            match shared.json {
                true => print_json(&answer)?,
                false => print_text(&report::today_terminal(&answer))?,
            }
            Ok(Exit::Done)
        }
        PlanCommand::Race { known, on, minutes, sport, rpe } => {
            let event = PlanEvent {
                day: *on,
                title: "the new event".into(),
                priority: EventPriority::C,
                sport: sport.clone(),
                minutes: *minutes,
                rpe: *rpe,
                regions: None,
                recover: None,
            };
            try_race(known, event, shared)
        }
        PlanCommand::Check { plan, known } => {
            let (checked, input) = (read_plan(plan)?, read_input(known)?);
            let violations: Vec<String> = check_plan(&checked, &input.request, &input.past)
                .into_iter()
                .map(|violation| violation.0)
                .collect();
            match shared.json {
                true => print_json(&violations)?,
                false if violations.is_empty() => print_text("The plan keeps every rule.\n")?,
                false => print_text(&(violations.join("\n") + "\n"))?,
            }
            Ok(if violations.is_empty() { Exit::Done } else { Exit::InputAtFault })
        }
        PlanCommand::Effects { athlete, sessions, library } => {
            let effects = agoge::plan::factor_changes(
                &open_load_folder(library, athlete)?,
                sessions.as_deref(),
            )?;
            match shared.json {
                true => print_json(&effects)?,
                false => print_text(&report::drill_effects_terminal(&effects))?,
            }
            Ok(Exit::Done)
        }
        PlanCommand::Compare { a, b } => {
            let (a, b) = (read_plan(a)?, read_plan(b)?);
            match shared.json {
                true => print_json(&serde_json::json!({ "a": a, "b": b }))?,
                false => print_text(&report::plan_comparison_terminal(&a, &b))?,
            }
            Ok(Exit::Done)
        }
    }
}

fn read_input(known: &PlanInputArgs) -> Result<PlanInput, CommandError> {
    let athlete =
        known.athlete.as_ref().map(|name| open_load_folder(&known.library, name)).transpose()?;
    Ok(PlanInput::from_files(
        &known.request,
        athlete.as_ref(),
        &known.findings,
        known.sessions.as_deref(),
    )?)
}

fn make_and_write_plan(
    known: &PlanInputArgs,
    from: Option<&Path>,
    [explain, workouts]: [bool; 2],
    out: &Path,
    shared: &GlobalArgs,
) -> Result<Exit, CommandError> {
    let input = read_input(known)?;
    let earlier = from.map(read_plan).transpose()?;
    let new_plan = match make_plan(&input.planning_basis(), earlier.as_ref()) {
        Ok(new_plan) => new_plan,
        Err(clash) => return print_clash(&clash, shared),
    };
    std::fs::create_dir_all(out).map_err(agoge::Error::io_at(out))?;
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
        std::fs::create_dir_all(&folder).map_err(agoge::Error::io_at(&folder))?;
        for (name, bytes) in agoge::plan::workout_files(&new_plan) {
            agoge::write_bytes(&folder.join(name), &bytes)?;
        }
    }
    if let Some(name) = &known.athlete {
        // Stored for the athlete's page; older plans are kept.
        let store = Store::open_existing(&known.library.resolve_folder()?)?;
        let value = serde_json::to_value(&new_plan).map_err(std::io::Error::from)?;
        store.save_plan(store.find_athlete(name)?.id, new_plan.start, &value)?;
    }
    match shared.json {
        true => print_json(&new_plan)?,
        false => print_text(&report::plan_terminal(&new_plan, explain))?,
    }
    if !shared.quiet {
        let also = if workouts { " and workouts" } else { "" };
        eprintln!("plan.html, plan.json, plan.csv, plan.ics{also} are in {}", out.display());
    }
    Ok(Exit::Done)
}

fn print_clash(clash: &RuleClash, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    if shared.json {
        print_json(clash)?;
    }
    eprintln!("error: {clash}");
    Ok(Exit::InputAtFault)
}

fn try_race(
    known: &PlanInputArgs,
    event: PlanEvent,
    shared: &GlobalArgs,
) -> Result<Exit, CommandError> {
    let mut input = read_input(known)?;
    let before = match make_plan(&input.planning_basis(), None) {
        Ok(new_plan) => new_plan,
        Err(clash) => return print_clash(&clash, shared),
    };
    input.request.events.push(event);
    if let Some(what) = input.request.find_fault() {
        return Err(agoge::Error::Plan { path: known.request.clone(), what }.into());
    }
    match make_plan(&input.planning_basis(), Some(&before)) {
        Ok(after) => print_race(&before, &after, shared),
        Err(clash) => print_clash(&clash, shared),
    }
}

fn print_race(before: &Plan, after: &Plan, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    match shared.json {
        true => print_json(&serde_json::json!({ "without": before, "with": after }))?,
        false => print_text(&format!(
            "It fits in. A is the plan without it, B with it.\n{}",
            report::plan_comparison_terminal(before, after)
        ))?,
    }
    Ok(Exit::Done)
}
