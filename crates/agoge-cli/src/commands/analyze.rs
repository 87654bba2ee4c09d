//! `agoge analyze INPUT…`

use super::{load_models, movement_options, print_json, print_text, use_color};
use crate::args::{AnalyzeArgs, Arguments, GlobalArgs, LibraryFolder};
use crate::outcome::{CommandError, Exit};
use crate::progress;
use agoge::library::local_today;
use agoge::motion::{Day, Recording};
use agoge::provenance::{file_name, hash_file};
use agoge::store::{AnalysisId, AthleteId};
use agoge::{Analysis, AnalysisOptions, Error, Models, Store};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory};
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
    let mut options = movement_options(&args.reading, &args.movement)?;
    options.trust_name |= args.trust_name;
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
    let given = given_options();
    let outcomes: Vec<InputOutcome> = inputs
        .par_iter()
        .enumerate()
        .map(|(index, input)| {
            let folder = &folders[index];
            let result = read(input).and_then(|reading| {
                let mut analyzed =
                    agoge::analyze(&reading.recording, reference.as_ref(), models, &options)?;
                if let Some(provenance) = &mut analyzed.analysis.provenance {
                    provenance.input_sha256 = hash_input(args, input);
                    provenance.command = Some(describe_command(input, &given));
                }
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

/// SHA-256 of an input in hexadecimal; none for a folder and for the videos of several cameras.
fn hash_input(args: &AnalyzeArgs, input: &Path) -> Option<String> {
    args.calibration.is_none().then(|| hash_file(input)).flatten()
}

/// Options that do not change an analysis, and those that name a place or an athlete.
const UNRECORDED_OPTIONS: [&str; 10] = [
    "inputs",
    "out",
    "overlay",
    "blur_faces",
    "athlete",
    "day",
    "library",
    "json",
    "verbose",
    "quiet",
];

/// The options of this command line that an analysis depends on, with their values; of paths only
/// the last component.
fn given_options() -> Vec<String> {
    let matches = Arguments::command().try_get_matches_from(std::env::args_os()).ok();
    let command = Arguments::command();
    let known = command.find_subcommand("analyze");
    let chosen = matches.as_ref().and_then(|matches| matches.subcommand_matches("analyze"));
    known.zip(chosen).map_or_else(Vec::new, |(known, chosen)| recorded_options(known, chosen))
}

/// The options in `chosen` that are recorded, in the order in which the command declares them.
fn recorded_options(command: &clap::Command, chosen: &ArgMatches) -> Vec<String> {
    let is_recorded = |argument: &&clap::Arg| {
        let id = argument.get_id().as_str();
        !UNRECORDED_OPTIONS.contains(&id)
            && chosen.try_contains_id(id).unwrap_or(false)
            && chosen.value_source(id) == Some(ValueSource::CommandLine)
    };
    let mut words = Vec::new();
    for argument in command.get_arguments().filter(is_recorded) {
        words.extend(argument.get_long().map(|name| format!("--{name}")));
        if argument.get_action().takes_values() {
            let values = chosen.get_raw(argument.get_id().as_str()).into_iter().flatten();
            words.extend(values.map(|value| file_name(&value.to_string_lossy())));
        }
    }
    words
}

/// The command that analyses one input, without places and athletes.
fn describe_command(input: &Path, given: &[String]) -> String {
    let input = input.file_name().unwrap_or(input.as_os_str()).to_string_lossy();
    let mut words = vec!["agoge analyze".to_owned(), input.into_owned()];
    words.extend_from_slice(given);
    words.join(" ")
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
        Ok(LibraryTarget { store, athlete, day: day.unwrap_or_else(local_today) })
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
    fn a_recorded_command_names_neither_places_nor_athletes() {
        let words = "agoge analyze /home/ada/monday.trc --movement squat --model none -t 1 2.5 \
            --reference /home/ada/best.trc --athlete Ada --library /home/ada/library --out /tmp/x \
            --json";
        let command = Arguments::command();
        let matches = command.clone().try_get_matches_from(words.split_whitespace()).unwrap();
        let chosen = matches.subcommand_matches("analyze").unwrap();
        let given = recorded_options(command.find_subcommand("analyze").unwrap(), chosen);
        assert_eq!(
            describe_command(Path::new("/home/ada/monday.trc"), &given),
            "agoge analyze monday.trc --movement squat --reference best.trc --model none \
            --time-range 1 2.5"
        );
    }

    #[test]
    fn inputs_of_one_name_get_folders_of_their_own() {
        let inputs = ["a/x.trc", "b/x.trc", "c/x.c3d"].map(PathBuf::from);
        let folders = input_folders(&inputs, Path::new("out"));
        assert_eq!(folders, ["out/x", "out/x-2", "out/x-3"].map(PathBuf::from));
    }
}
