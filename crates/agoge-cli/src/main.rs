//! The `agoge` command: parses arguments and sets the exit code; the work is done by the `agoge`
//! library.

mod args;
mod commands;
mod outcome;
mod progress;

use args::{Arguments, Command};
use clap::Parser;
use outcome::{CommandError, Exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A panic is our fault: it is reported in one line, with an exit code of its own.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!(
            "error: Agoge failed: {panic}; hint: this is a mistake of ours, please report it with the command you gave"
        );
    }));
    let result = std::panic::catch_unwind(|| run_command(arguments)).unwrap_or(Ok(Exit::OurFault));
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code().into()
        }
    }
}

fn run_command(arguments: Arguments) -> Result<Exit, CommandError> {
    let shared = &arguments.shared;
    match arguments.command {
        Command::Demo(args) => commands::demo::run_demo(&args, shared),
        Command::Setup(args) => commands::setup::run_setup(&args, shared),
        Command::Analyze(args) => commands::analyze::run_analyze(&args, shared),
        Command::Explain(args) => commands::explain::run_explain(&args, shared),
        Command::Doctor(args) => commands::doctor::run_doctor(&args, shared),
        Command::Movements(args) => commands::movements::run_movements(&args, shared),
        Command::Import(args) => commands::import::run_import(&args, shared),
        Command::Pretrain(args) => commands::pretrain::run_pretrain(&args, shared),
        Command::Train(args) => commands::train::run_train(&args, shared),
        Command::Judge(args) => commands::judge::run_judge(&args, shared),
        Command::Adapt(args) => commands::adapt::run_adapt(&args, shared),
        Command::Evaluate(args) => commands::evaluate::run_evaluate(&args, shared),
        Command::Norm(args) => commands::norm::run_norm(&args, shared),
        Command::Label(args) => commands::label::run_label(&args, shared),
        Command::Model(args) => commands::model::run_model(&args, shared),
        Command::Load(args) => commands::load::run_load(&args, shared),
        Command::Risk(args) => commands::load::run_risk(&args, shared),
        Command::Plan(args) => commands::plan::run_plan(&args, shared),
        Command::Athlete(args) => commands::athlete::run_athlete(&args, shared),
        Command::Library(args) => commands::library::run_library(&args, shared),
        Command::Serve(args) => commands::serve::run_serve(&args, shared),
        Command::Bench(args) => commands::bench::run_bench(&args, shared),
        Command::Completions { shell } => commands::completions::run_completions(shell),
    }
}
