//! `agoge movements list|show|check`

use super::{print, print_json};
use crate::args::{Movements, MovementsCommand, Shared};
use crate::outcome::{Exit, Failure};
use agoge::kinematics::movement;

/// Runs the chosen action.
pub(crate) fn run(args: &Movements, shared: &Shared) -> Result<Exit, Failure> {
    match &args.command {
        MovementsCommand::List => list(shared),
        MovementsCommand::Show { name } => show(name, shared),
        MovementsCommand::Check { file } => check(file, shared),
    }
}

/// Prints names and titles of the definitions.
fn list(shared: &Shared) -> Result<Exit, Failure> {
    let all = movement::bundled();
    if shared.json {
        print_json(all)?;
        return Ok(Exit::Done);
    }
    let width = all.iter().map(|movement| movement.name.len()).max().unwrap_or(0);
    let lines: String = all
        .iter()
        .map(|movement| format!("{:width$}  {}\n", movement.name, movement.title))
        .collect();
    print(&lines)?;
    Ok(Exit::Done)
}

fn show(name: &str, shared: &Shared) -> Result<Exit, Failure> {
    let definition = movement::find(name)
        .ok_or_else(|| agoge::Error::NoSuchMovement { name: name.to_owned() })?;
    if shared.json {
        print_json(definition)?;
    } else {
        print(movement::text(&definition.name).unwrap_or_default())?;
    }
    Ok(Exit::Done)
}

fn check(file: &std::path::Path, shared: &Shared) -> Result<Exit, Failure> {
    let text = std::fs::read_to_string(file).map_err(agoge::Error::io(file))?;
    let problems = movement::check(&text);
    if shared.json {
        print_json(&problems)?;
    } else if problems.is_empty() {
        print(&format!("{}: a good definition\n", file.display()))?;
    } else {
        for problem in &problems {
            eprintln!("error: {}:{problem}", file.display());
        }
    }
    Ok(if problems.is_empty() { Exit::Done } else { Exit::InputAtFault })
}
