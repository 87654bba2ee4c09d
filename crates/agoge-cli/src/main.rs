//! The `agoge` command: parses arguments and sets the exit code; the work is done by the `agoge`
//! library.

mod args;
mod commands;
mod outcome;
mod progress;

use args::{Arguments, Command};
use clap::Parser;
use outcome::{Exit, Failure};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A panic is our fault: it is reported in one line, with an exit code of its own.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!(
            "error: Agoge failed: {panic}; hint: this is a mistake of ours, please report it with the command you gave"
        );
    }));
    let result = std::panic::catch_unwind(|| run(arguments)).unwrap_or(Ok(Exit::OurFault));
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit().into()
        }
    }
}

fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let shared = &arguments.shared;
    match arguments.command {
        Command::Demo(args) => commands::demo::run(&args, shared),
        Command::Setup(args) => commands::setup::run(&args, shared),
        Command::Analyze(args) => commands::analyze::run(&args, shared),
        Command::Explain(args) => commands::explain::run(&args, shared),
        Command::Doctor(args) => commands::doctor::run(&args, shared),
        Command::Movements(args) => commands::movements::run(&args, shared),
        Command::Import(args) => commands::import::run(&args, shared),
        Command::Pretrain(args) => commands::pretrain::run(&args, shared),
        Command::Train(args) => commands::train::run(&args, shared),
        Command::Adapt(args) => commands::adapt::run(&args, shared),
        Command::Evaluate(args) => commands::evaluate::run(&args, shared),
        Command::Norm(args) => commands::norm::run(&args, shared),
        Command::Label(args) => commands::label::run(&args, shared),
        Command::Model(args) => commands::model::run(&args, shared),
        Command::Load(args) => commands::load::run(&args, shared),
        Command::Risk(args) => commands::load::risk(&args, shared),
        Command::Plan(args) => commands::plan::run(&args, shared),
        Command::Athlete(args) => commands::athlete::run(&args, shared),
        Command::Library(args) => commands::library::run(&args, shared),
        Command::Serve(args) => commands::serve::run(&args, shared),
        Command::Bench(args) => commands::bench::run(&args, shared),
        Command::Completions { shell } => commands::completions::run(shell),
    }
}
