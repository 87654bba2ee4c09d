//! Follows a stream frame by frame, as from a camera, and reports each repetition and cue at once.
//!
//! `cargo run -p agoge --example follow_stream -- squats.trc` replays a recording; without a path,
//! five squats are simulated.

use agoge::live::{LiveEvent, LiveSession};
use agoge::motion::simulate::{Exercise, SimulatedSet};
use agoge::{AnalysisOptions, Models, read_to_analyze};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (movement, recording) = match std::env::args_os().nth(1) {
        Some(path) => {
            let options = AnalysisOptions::default();
            ("auto", read_to_analyze(path.as_ref(), &options, &|_, _| ())?.recording)
        }
        None => {
            let squats = SimulatedSet { repetitions: 5, ..SimulatedSet::new(Exercise::Squat) };
            ("squat", squats.simulate().recording)
        }
    };

    let (skeleton, space) = (recording.skeleton.clone(), recording.space);
    let mut session = LiveSession::new(movement, skeleton, space, Models::bundled())?;
    for (frame, &time_s) in recording.time.iter().enumerate() {
        let joints = frame * recording.joint_count()..(frame + 1) * recording.joint_count();
        let positions = &recording.position[joints.clone()];
        for event in session.push(time_s, positions, &recording.confidence[joints])? {
            print_event(&event);
        }
    }
    session.end_stream().iter().for_each(print_event);
    Ok(())
}

fn print_event(event: &LiveEvent) {
    match event {
        LiveEvent::Movement { t, title, certainty, .. } => {
            println!("{t:6.2} s  {title} ({:.0} % certain)", 100.0 * certainty);
        }
        LiveEvent::Repetition { t, outcome, completed, .. } => {
            println!("{t:6.2} s  {outcome:?}; {completed} completed so far");
        }
        LiveEvent::Cue { t, cue, .. } => println!("{t:6.2} s  {}", cue.text),
        _ => {}
    }
}
