//! `agoge movements list|show|check`

use super::{print_json, print_text};
use crate::args::{GlobalArgs, MovementsArgs, MovementsCommand};
use crate::outcome::{CommandError, Exit};
use agoge::kinematics::movement;

/// Runs the chosen action.
pub(crate) fn run_movements(
    args: &MovementsArgs,
    shared: &GlobalArgs,
) -> Result<Exit, CommandError> {
    match &args.command {
        MovementsCommand::List => list_movements(shared),
        MovementsCommand::Show { name } => show_movement(name, shared),
        MovementsCommand::Check { file } => check_definition(file, shared),
    }
}

/// Prints names and titles of the definitions.
fn list_movements(shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let all = movement::bundled_movements();
    if shared.json {
        print_json(all)?;
        return Ok(Exit::Done);
    }
    let width = all.iter().map(|movement| movement.name.len()).max().unwrap_or(0);
    let lines: String = all
        .iter()
        .map(|movement| format!("{:width$}  {}\n", movement.name, movement.title))
        .collect();
    print_text(&lines)?;
    Ok(Exit::Done)
}

fn show_movement(name: &str, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let definition = movement::find_movement(name)
        .ok_or_else(|| agoge::Error::NoSuchMovement { name: name.to_owned() })?;
    if shared.json {
        print_json(definition)?;
    } else {
        print_text(movement::bundled_text(&definition.name).unwrap_or_default())?;
    }
    Ok(Exit::Done)
}

fn check_definition(file: &std::path::Path, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let text = std::fs::read_to_string(file).map_err(agoge::Error::io_at(file))?;
    let problems = movement::check_definition(&text);
    if shared.json {
        print_json(&problems)?;
    } else if problems.is_empty() {
        print_text(&format!("{}: a good definition\n", file.display()))?;
    } else {
        for problem in &problems {
            eprintln!("error: {}:{problem}", file.display());
        }
    }
    Ok(if problems.is_empty() { Exit::Done } else { Exit::InputAtFault })
}
