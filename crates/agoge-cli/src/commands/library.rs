//! `agoge library check|backup|restore`

use super::{print, print_json};
use crate::args::{LibraryArgs, LibraryCommand, Shared};
use crate::outcome::{Exit, Failure};
use crate::progress;
use agoge::store::Check;
use agoge::{Error, Store};
use std::io::Write;
use std::path::Path;

/// Runs the chosen action.
pub(crate) fn run(args: &LibraryArgs, shared: &Shared) -> Result<Exit, Failure> {
    match &args.command {
        LibraryCommand::Check { library } => {
            let check = Store::open_existing(&library.folder()?)?.check()?;
            if shared.json {
                print_json(&check)?;
            } else {
                print(&report(&check))?;
            }
            Ok(if check.is_clean() { Exit::Done } else { Exit::InputAtFault })
        }
        LibraryCommand::Backup { to, library } => {
            Store::open_existing(&library.folder()?)?.backup(to)?;
            said("backed up into", to, shared)
        }
        LibraryCommand::Restore { from, replace, library } => {
            let folder = library.folder()?;
            Store::restore(from, &folder, *replace)?;
            said("restored into", &folder, shared)
        }
    }
}

fn said(what: &str, folder: &Path, shared: &Shared) -> Result<Exit, Failure> {
    match (shared.json, shared.quiet) {
        (true, _) => print_json(&serde_json::json!({ "folder": folder }))?,
        (false, true) => {}
        (false, false) => print(&format!("{what} {}\n", folder.display()))?,
    }
    Ok(Exit::Done)
}

/// One line if all is well; otherwise one more line per fault.
fn report(check: &Check) -> String {
    let Check { athletes, recordings, analyses, bytes, faults } = check;
    let megabytes = *bytes as f64 / 1e6;
    let contents = format!(
        "{athletes} athletes, {recordings} recordings ({megabytes:.1} MB), {analyses} analyses"
    );
    if faults.is_empty() {
        return format!("clean: {contents}\n");
    }
    let lines: String =
        faults.iter().map(|fault| format!("  {}: {}\n", kind(fault), fault.what)).collect();
    let hint = "orphans and leftovers may be deleted, all else is in a backup";
    format!("not clean: {} faults; {contents}; hint: {hint}\n{lines}", faults.len())
}

fn kind(fault: &agoge::store::Fault) -> String {
    serde_json::to_value(fault.kind)
        .ok()
        .and_then(|kind| kind.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// `agoge bench library`
pub(super) fn bench(
    folder: &Path,
    (athletes, each): (usize, usize),
    write: Option<usize>,
    shared: &Shared,
) -> Result<Exit, Failure> {
    let store = Store::open(folder)?;
    if let Some(threads) = write {
        // Each line is written whole and flushed at once: an acknowledgement must be out before the
        // program is killed.
        let say = |line: String| {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        };
        agoge::library::bench::write(&store, threads, &say)?;
        return Ok(Exit::Done);
    }
    let bar = progress::bar(0, "analyses", shared);
    let answers = agoge::library::bench::answers(&store, athletes, each, &|done, of| {
        progress::tell(&bar, done, of)
    });
    bar.finish_and_clear();
    print_json(&answers.map_err(Failure::from)?)?;
    Ok(Exit::Done)
}

impl From<agoge::store::Error> for Failure {
    fn from(error: agoge::store::Error) -> Failure {
        Failure::Library(Error::from(error))
    }
}
