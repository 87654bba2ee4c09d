//! `agoge analyze INPUT…`

use super::{color, models, options_of, print, print_json};
use crate::args::{Analyze, Shared};
use crate::outcome::{Exit, Failure};
use crate::progress;
use agoge::{Analysis, Error, Models, Options};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What became of one input, as `--json` prints it.
#[derive(Serialize)]
#[serde(untagged)]
enum Outcome {
    Analyzed { input: PathBuf, folder: PathBuf, analysis: Box<Analysis> },
    Failed { input: PathBuf, error: String },
}

/// Analyses every input, in parallel; one that fails is reported and does not stop the others.
pub(crate) fn run(args: &Analyze, shared: &Shared) -> Result<Exit, Failure> {
    let options = options_of(&args.reading, &args.movement)?;
    let reference = args.reference.as_deref().map(|path| agoge::read_to_analyze(path, &options, &|_, _| ()));
    let reference = reference.transpose()?.map(|reading| reading.recording);
    let own = models(args.model.as_deref())?;
    let models = own.as_ref().unwrap_or_else(|| Models::bundled());
    let folders = folders(&args.inputs, &args.out);

    let drawings = args.overlay.as_deref().map(|overlay| self::folders(&args.inputs, overlay));
    let bar = progress::bar(args.inputs.len(), "analysing", shared);
    // A single input has the bar to itself: of a video it counts the frames.
    let told = |done, of| {
        if args.inputs.len() == 1 {
            progress::tell(&bar, done, of)
        }
    };
    let outcomes: Vec<Outcome> = args
        .inputs
        .par_iter()
        .enumerate()
        .map(|(index, input)| {
            let folder = &folders[index];
            let done = agoge::read_to_analyze(input, &options, &told).and_then(|reading| {
                let analysis = one(&reading.recording, folder, reference.as_ref(), models, &options)?;
                if let Some(drawings) = &drawings {
                    reading.draw(input, &options, args.blur_faces, &drawings[index], &told)?;
                }
                Ok(analysis)
            });
            bar.inc(1);
            match done {
                Ok(analysis) => {
                    Outcome::Analyzed { input: input.clone(), folder: folder.clone(), analysis: Box::new(analysis) }
                }
                Err(error) => Outcome::Failed { input: input.clone(), error: named(&error, input) },
            }
        })
        .collect();
    bar.finish_and_clear();

    if shared.json {
        print_json(&outcomes)?;
    }
    let mut exit = Exit::Done;
    for outcome in &outcomes {
        match outcome {
            Outcome::Analyzed { folder, analysis, .. } if !shared.json && !shared.quiet => {
                print(&agoge::report::terminal(analysis, color(), 100))?;
                print(&format!("\nReport: {}\n\n", folder.join("report.html").display()))?;
            }
            Outcome::Analyzed { .. } => {}
            Outcome::Failed { error, .. } => {
                eprintln!("error: {error}");
                exit = Exit::InputAtFault;
            }
        }
    }
    Ok(exit)
}

fn one(
    recording: &agoge::motion::Recording,
    folder: &Path,
    reference: Option<&agoge::motion::Recording>,
    models: &Models,
    options: &Options,
) -> Result<Analysis, Error> {
    let analyzed = agoge::analyze(recording, reference, models, options)?;
    agoge::write_results(&analyzed, folder)?;
    Ok(analyzed.analysis)
}

/// The message with the file at its end, for errors that know only the recording.
fn named(error: &Error, input: &Path) -> String {
    match error {
        Error::Recording(_) => format!("{error}; file: {}", input.display()),
        _ => error.to_string(),
    }
}

/// A folder for each input, named after it; inputs of the same name are numbered.
pub(super) fn folders(inputs: &[PathBuf], out: &Path) -> Vec<PathBuf> {
    let mut taken = HashSet::new();
    inputs
        .iter()
        .map(|input| {
            let stem =
                input.file_stem().map_or_else(|| "recording".to_owned(), |stem| stem.to_string_lossy().into_owned());
            let mut name = stem.clone();
            let mut number = 2;
            while !taken.insert(name.clone()) {
                name = format!("{stem}-{number}");
                number += 1;
            }
            out.join(name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_of_one_name_get_folders_of_their_own() {
        let inputs = ["a/x.trc", "b/x.trc", "c/x.c3d"].map(PathBuf::from);
        let folders = folders(&inputs, Path::new("out"));
        assert_eq!(folders, ["out/x", "out/x-2", "out/x-3"].map(PathBuf::from));
    }
}
