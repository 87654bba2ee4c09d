//! Analyses a recording and prints what a coach would act on.
//!
//! `cargo run -p agoge --example analyse_file -- squats.mp4` reads a video or any supported file;
//! without a path, ten squats with one fault are simulated.

use agoge::motion::Side;
use agoge::motion::simulate::{Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet};
use agoge::report::analysis_terminal;
use agoge::{AnalysisOptions, Error, Models, analyze, read_to_analyze};

fn main() -> Result<(), Error> {
    let mut options = AnalysisOptions::default();
    let recording = match std::env::args_os().nth(1) {
        Some(path) => read_to_analyze(path.as_ref(), &options, &|_, _| ())?.recording,
        None => {
            options.movement = "squat".to_owned();
            let left_knee_inward = SimulatedFault {
                kind: SimulatedFaultKind::KneeInwardUp,
                side: Some(Side::Left),
                repetitions: 6..=10,
                size: 18.0,
            };
            let squats = SimulatedSet::new(Exercise::Squat);
            SimulatedSet { faults: vec![left_knee_inward], ..squats }.simulate().recording
        }
    };

    let analyzed = analyze(&recording, None, Models::bundled(), &options)?;
    print!("{}", analysis_terminal(&analyzed.analysis, false, 100));
    Ok(())
}
