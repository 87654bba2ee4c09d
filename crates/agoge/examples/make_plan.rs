//! Makes a training plan and prints it with the reason for every session.
//!
//! `cargo run -p agoge --example make_plan -- request.toml` reads a request
//! (docs/reference/plan.md); without a path, a runner with four free evenings a week is assumed.

use agoge::motion::Day;
use agoge::plan::PlanInput;
use agoge::planning::{
    LoadResponse, PlanRequest, SessionLibrary, TrainingHistory, check_plan, make_plan,
};
use agoge::report::plan_terminal;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let input = match std::env::args_os().nth(1) {
        Some(path) => PlanInput::from_files(path.as_ref(), None, &[] as &[&Path], None)?,
        None => {
            let start: Day = "2026-03-30".parse()?;
            let minutes = [45.0, 0.0, 60.0, 0.0, 45.0, 90.0, 0.0];
            let mut request = PlanRequest::new(start, 2, minutes);
            request.sports.insert("running".to_owned());
            PlanInput {
                request,
                library: SessionLibrary::bundled().clone(),
                past: TrainingHistory::default(),
                response: LoadResponse::from_population(100.0),
                needs: Vec::new(),
            }
        }
    };

    match make_plan(&input.planning_basis(), None) {
        Ok(plan) => {
            print!("{}", plan_terminal(&plan, true));
            let violations = check_plan(&plan, &input.request, &input.past);
            println!("An independent check found {} broken rules.", violations.len());
        }
        Err(clash) => println!("{clash}"),
    }
    Ok(())
}
