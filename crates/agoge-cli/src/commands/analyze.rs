//! `agoge analyze INPUT…`

use super::{load_models, movement_options, print_json, print_text, use_color};
use crate::args::{AnalyzeArgs, GlobalArgs, LibraryFolder};
use crate::outcome::{CommandError, Exit};
use crate::progress;
use agoge::motion::{Day, Recording};
use agoge::store::{AnalysisId, AthleteId};
use agoge::{Analysis, AnalysisOptions, Error, Models, Store};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Result of one input, as `--json` prints it.
#[derive(Serialize)]
#[serde(untagged)]
enum InputOutcome {
    Analyzed {
        input: PathBuf,
        folder: PathBuf,
        /// Id of the analysis in the library.
        #[serde(skip_serializing_if = "Option::is_none")]
        stored: Option<AnalysisId>,
        analysis: Box<Analysis>,
    },
    Failed {
        input: PathBuf,
        error: String,
    },
}

/// Analyses every input, in parallel; one that fails is reported and does not stop the others.
pub(crate) fn run_analyze(args: &AnalyzeArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let options = movement_options(&args.reading, &args.movement)?;
    // A missing athlete is reported before hours of work.
    let target = args
        .athlete
        .as_deref()
        .map(|name| LibraryTarget::open_library(&args.library, name, args.day))
        .transpose()?;
    let reference =
        args.reference.as_deref().map(|path| agoge::read_to_analyze(path, &options, &|_, _| ()));
    let reference = reference.transpose()?.map(|reading| reading.recording);
    let custom_models = load_models(args.model.as_deref())?;
    let models = custom_models.as_ref().unwrap_or_else(|| Models::bundled());
    // Videos of several cameras are one recording, named after the first.
    let inputs = if args.calibration.is_some() { &args.inputs[..1] } else { &args.inputs[..] };
    let folders = input_folders(inputs, &args.out);

    let drawings = args
        .overlay
        .as_deref()
        .map(|overlay| self::drawing_paths(&args.inputs, overlay))
        .transpose()?;
    let bar = progress::progress_bar(inputs.len(), "analysing", shared);
    // With a single input, the bar shows the input's own progress: frames, for a video.
    let show_progress = |done, of| {
        if inputs.len() == 1 {
            progress::update_bar(&bar, done, of)
        }
    };
    let read = |input: &Path| match &args.calibration {
        Some(calibration) => {
            agoge::read_cameras(&args.inputs, calibration, &options, &show_progress)
        }
        None => agoge::read_to_analyze(input, &options, &show_progress),
    };
    let outcomes: Vec<InputOutcome> = inputs
        .par_iter()
        .enumerate()
        .map(|(index, input)| {
            let folder = &folders[index];
            let result = read(input).and_then(|reading| {
                let analyzed =
                    agoge::analyze(&reading.recording, reference.as_ref(), models, &options)?;
                let stills = reading.extract_stills(input, &options, &analyzed)?;
                agoge::write_results(&analyzed, &stills, folder)?;
                let stored = target.as_ref().map(|target| {
                    target.save_analysis(&reading.recording, &analyzed.analysis, models, &options)
                });
                let stored = stored.transpose()?;
                if let Some(drawings) = &drawings {
                    reading.draw_overlay(
                        (input, &options),
                        &analyzed,
                        args.blur_faces,
                        &drawings[index],
                        &show_progress,
                    )?;
                }
                Ok((stored, analyzed.analysis))
            });
            bar.inc(1);
            match result {
                Ok((stored, analysis)) => {
                    let (input, folder, analysis) =
                        (input.clone(), folder.clone(), Box::new(analysis));
                    InputOutcome::Analyzed { input, folder, stored, analysis }
                }
                Err(error) => InputOutcome::Failed {
                    input: input.clone(),
                    error: error_with_file(&error, input),
                },
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
            InputOutcome::Analyzed { folder, analysis, stored, .. }
                if !shared.json && !shared.quiet =>
            {
                print_text(&agoge::report::analysis_terminal(analysis, use_color(), 100))?;
                if let Some(AnalysisId(number)) = stored {
                    print_text(&format!("\nStored in the library: analysis {number}"))?;
                }
                print_text(&format!("\nReport: {}\n\n", folder.join("report.html").display()))?;
            }
            InputOutcome::Analyzed { .. } => {}
            InputOutcome::Failed { error, .. } => {
                eprintln!("error: {error}");
                exit = Exit::InputAtFault;
            }
        }
    }
    Ok(exit)
}

/// Where in the library results are stored.
struct LibraryTarget {
    store: Store,
    athlete: AthleteId,
    day: Day,
}

impl LibraryTarget {
    fn open_library(
        library: &LibraryFolder,
        name: &str,
        day: Option<Day>,
    ) -> Result<LibraryTarget, Error> {
        let store = Store::open_existing(&library.resolve_folder()?)?;
        let athlete = store.find_athlete(name)?.id;
        Ok(LibraryTarget { store, athlete, day: day.unwrap_or_else(agoge::library::current_day) })
    }

    fn save_analysis(
        &self,
        recording: &Recording,
        analysis: &Analysis,
        models: &Models,
        options: &AnalysisOptions,
    ) -> Result<AnalysisId, Error> {
        agoge::library::save_analysis(
            &self.store,
            (self.athlete, self.day),
            recording,
            analysis,
            models,
            options,
        )
    }
}

/// The error message, with the file appended for errors that know only the recording.
fn error_with_file(error: &Error, input: &Path) -> String {
    match error {
        Error::Recording(_) => format!("{error}; file: {}", input.display()),
        _ => error.to_string(),
    }
}

/// Where each input is drawn: the film for a single video, or a folder per input.
fn drawing_paths(inputs: &[PathBuf], overlay: &Path) -> Result<Vec<PathBuf>, Error> {
    match (agoge::is_film(overlay), inputs) {
        (false, _) => Ok(input_folders(inputs, overlay)),
        (true, [_]) => Ok(vec![overlay.to_owned()]),
        (true, _) => Err(Error::NothingToAnalyze {
            path: overlay.to_owned(),
            what: format!("one film for {} videos", inputs.len()),
            hint: "name a folder, or give one video",
        }),
    }
}

/// A folder for each input, named after it; inputs of the same name are numbered.
pub(super) fn input_folders(inputs: &[PathBuf], out: &Path) -> Vec<PathBuf> {
    let mut taken = HashSet::new();
    inputs
        .iter()
        .map(|input| {
            let stem = input
                .file_stem()
                .map_or_else(|| "recording".to_owned(), |stem| stem.to_string_lossy().into_owned());
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
        let folders = input_folders(&inputs, Path::new("out"));
        assert_eq!(folders, ["out/x", "out/x-2", "out/x-3"].map(PathBuf::from));
    }
}
