//! `agoge library check|backup|restore`

use super::{print_json, print_text};
use crate::args::{GlobalArgs, LibraryArgs, LibraryCommand};
use crate::outcome::{CommandError, Exit};
use crate::progress;
use agoge::store::StoreCheck;
use agoge::{Error, Store};
use std::io::Write;
use std::path::Path;

/// Runs the chosen action.
pub(crate) fn run_library(args: &LibraryArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    match &args.command {
        LibraryCommand::Check { library } => {
            let check = Store::open_existing(&library.resolve_folder()?)?.check_library()?;
            if shared.json {
                print_json(&check)?;
            } else {
                print_text(&check_text(&check))?;
            }
            Ok(if check.is_clean() { Exit::Done } else { Exit::InputAtFault })
        }
        LibraryCommand::Backup { to, library } => {
            Store::open_existing(&library.resolve_folder()?)?.write_backup(to)?;
            print_folder("backed up into", to, shared)
        }
        LibraryCommand::Restore { from, replace, library } => {
            let folder = library.resolve_folder()?;
            Store::restore_backup(from, &folder, *replace)?;
            print_folder("restored into", &folder, shared)
        }
    }
}

fn print_folder(what: &str, folder: &Path, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    match (shared.json, shared.quiet) {
        (true, _) => print_json(&serde_json::json!({ "folder": folder }))?,
        (false, true) => {}
        (false, false) => print_text(&format!("{what} {}\n", folder.display()))?,
    }
    Ok(Exit::Done)
}

/// One line if all is well; otherwise one more line per fault.
fn check_text(check: &StoreCheck) -> String {
    let StoreCheck { athletes, recordings, analyses, bytes, faults } = check;
    let megabytes = *bytes as f64 / 1e6;
    let contents = format!(
        "{athletes} athletes, {recordings} recordings ({megabytes:.1} MB), {analyses} analyses"
    );
    if faults.is_empty() {
        return format!("clean: {contents}\n");
    }
    let lines: String =
        faults.iter().map(|fault| format!("  {}: {}\n", fault_kind(fault), fault.what)).collect();
    let hint = "orphans and leftovers may be deleted, all else is in a backup";
    format!("not clean: {} faults; {contents}; hint: {hint}\n{lines}", faults.len())
}

fn fault_kind(fault: &agoge::store::StoreFault) -> String {
    serde_json::to_value(fault.kind)
        .ok()
        .and_then(|kind| kind.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// `agoge bench library`
pub(super) fn bench_library(
    folder: &Path,
    (athletes, each): (usize, usize),
    write: Option<usize>,
    shared: &GlobalArgs,
) -> Result<Exit, CommandError> {
    let store = Store::open(folder)?;
    if let Some(threads) = write {
        // Each line is written whole and flushed at once: an acknowledgement must be out before the
        // program is killed.
        let say = |line: String| {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        };
        agoge_lab::bench::library::write_endlessly(&store, threads, &say)?;
        return Ok(Exit::Done);
    }
    let bar = progress::progress_bar(0, "analyses", shared);
    let answers = agoge_lab::bench::library::time_library(&store, athletes, each, &|done, of| {
        progress::update_bar(&bar, done, of)
    });
    bar.finish_and_clear();
    print_json(&answers.map_err(CommandError::from)?)?;
    Ok(Exit::Done)
}

impl From<agoge::store::StoreError> for CommandError {
    fn from(error: agoge::store::StoreError) -> CommandError {
        CommandError::Library(Error::from(error))
    }
}
