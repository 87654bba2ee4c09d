//! `agoge bench`: timings of fixed tasks, for comparison with other engines.

use super::print_text;
use crate::args::{BenchArgs, BenchCommand, GlobalArgs};
use crate::outcome::{CommandError, Exit};
use agoge::vision::VideoOptions;
use agoge::vision::bench::NetworkPasses;
use agoge_engine::kernel::request_short_slices;
use agoge_lab::bench::{self, BenchTask};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

/// Time slice for a task, µs. Tasks of less than a millisecond run in short slices: engines
/// measured in turn may leave threads behind that spin for milliseconds, and such a task would be
/// over before they stop. Longer tasks lose by short slices what they gain, and use ordinary ones
/// (0).
fn task_slices(task: &BenchTask) -> u32 {
    const QUICK_OPERATIONS: f64 = 0.5e9;
    if task.operations < QUICK_OPERATIONS { 400 } else { 0 }
}

/// Runs the chosen benchmark.
pub(crate) fn run_bench(args: &BenchArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    match &args.command {
        BenchCommand::Pose { video, pose, people, passes } => {
            let options =
                VideoOptions { pose: (*pose).into(), people: *people, ..VideoOptions::default() };
            match passes {
                Some(file) => pose_passes(video, &options, file),
                None => pose_speed(video, &options, shared),
            }
        }
        BenchCommand::Stream { streams, seconds } => bench_stream(*streams, *seconds, shared),
        BenchCommand::LiveServer { streams, seconds, in_step } => {
            bench_live_server(*streams, *seconds, *in_step, shared)
        }
        BenchCommand::Serve { threads } => serve_tasks(threads.unwrap_or(0)),
        BenchCommand::Library { folder, athletes, each, write } => {
            super::library::bench_library(folder, (*athletes, *each), *write, shared)
        }
        BenchCommand::Tasks => list_tasks(),
        BenchCommand::Methods { data, model, chain } => bench_methods(data, model, chain),
        BenchCommand::Squads { effect, years, seeds, quick } => {
            bench_squads(*effect, years, *seeds, *quick)
        }
        BenchCommand::Plans { athletes, seed, misled } => bench_plans(*athletes, *seed, *misled),
        BenchCommand::Workouts { files, values } => bench_workouts(files, *values),
    }
}

/// Prints a table of what the methods that judge quality cost: parameters, training time and time
/// per clip.
fn bench_methods(data: &Path, names: &[String], chains: &[usize]) -> Result<Exit, CommandError> {
    use agoge_lab::evaluate::{MethodCost, measure_cost};
    use agoge_lab::learn::{Protocol, build_method};
    let set = Protocol::from_name("ui-prmd").load_clips(data)?;
    print_text(&format!(
        "{:12} {:>11} {:>9} {:>9} {:>11}\n",
        "method", "repetitions", "numbers", "learn, s", "clip, ms"
    ))?;
    for &chain in chains {
        let clips = set.chain_repetitions(chain);
        for name in names {
            let method = build_method(
                name,
                &super::train::training_config(1, None, clips.training_count()),
                None,
            )?;
            let MethodCost { parameters, learning_s, judging_ms } =
                measure_cost(&clips.clips, method.as_ref()).map_err(agoge::Error::from)?;
            print_text(&format!(
                "{name:12} {chain:>11} {parameters:>9} {learning_s:>9.1} {judging_ms:>11.2}\n"
            ))?;
        }
    }
    Ok(Exit::Done)
}

/// Prints one line of JSON per simulated athlete.
fn bench_plans(athletes: usize, seed: u64, misled: bool) -> Result<Exit, CommandError> {
    use agoge::planning::study::{PlannerKnowledge, run_study};
    for outcome in run_study(
        athletes,
        seed,
        if misled { PlannerKnowledge::AnotherLog } else { PlannerKnowledge::OwnLog },
    ) {
        let line = serde_json::to_string(&outcome).map_err(std::io::Error::from)?;
        print_text(&(line + "\n"))?;
    }
    Ok(Exit::Done)
}

/// Prints READY; answers each line `TASK ITERATIONS` with `R` and the wall time of each iteration
/// in milliseconds; ends at `quit` or the end of input.
fn serve_tasks(threads: usize) -> Result<Exit, CommandError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread().build();
    let pool = pool.map_err(std::io::Error::other)?;
    let mut tasks = BTreeMap::<String, BenchTask>::new();
    print_text("READY\n")?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let Some(name) = words.next() else { continue };
        if name == "quit" {
            break;
        }
        let iterations = words.next().map_or(Some(1), |word| word.parse().ok());
        let Some(iterations) = iterations.filter(|n| (1..=1_000_000).contains(n)) else {
            return Err(CommandError::Bench { line });
        };
        let answer = pool.install(|| -> Option<String> {
            if !tasks.contains_key(name) {
                let mut task = bench::prepare_task(name)?;
                // Warm-up run, as in the engines compared with: afterwards memory is allocated.
                task.run_once();
                tasks.insert(name.to_owned(), task);
            }
            let task = tasks.get_mut(name)?;
            let slices = task_slices(task);
            rayon::broadcast(|_| request_short_slices(slices));
            let mut answer = String::from("R");
            for _ in 0..iterations {
                let start = Instant::now();
                task.run_once();
                write!(answer, " {:.4}", start.elapsed().as_secs_f64() * 1e3).ok()?;
            }
            Some(answer + "\n")
        });
        print_text(&answer.ok_or(CommandError::Bench { line })?)?;
    }
    Ok(Exit::Done)
}

/// Number of bodies of a video over which passes are served.
const PASS_BODIES: usize = 64;
/// Number of times a video is read in each mode.
const READ_ROUNDS: usize = 3;

/// Prints how many frames per second of a video are read.
fn pose_speed(
    video: &Path,
    options: &VideoOptions,
    shared: &GlobalArgs,
) -> Result<Exit, CommandError> {
    let speed =
        agoge::vision::bench::measure_speed(video, &agoge::pose_folder()?, options, READ_ROUNDS)
            .map_err(agoge::Error::from)?;
    if shared.json {
        super::print_json(&speed)?;
    } else {
        print_text(&format!(
            "{} frames; frames a second: decoding {:.1}, with pose and tracking on one thread {:.1}, on all {:.1}\n",
            speed.frames, speed.decode_hz, speed.one_thread_hz, speed.all_threads_hz
        ))?;
    }
    Ok(Exit::Done)
}

/// Writes the landmark network's inputs and outputs as little-endian 32-bit floats, 196 608 and 313
/// per body, then serves passes over the bodies in turn, with the protocol of [`serve_tasks`].
fn pose_passes(video: &Path, options: &VideoOptions, file: &Path) -> Result<Exit, CommandError> {
    let passes = NetworkPasses::record_passes(video, &agoge::pose_folder()?, options, PASS_BODIES)
        .map_err(agoge::Error::from);
    let mut passes = passes?;
    let mut bytes = Vec::new();
    for pass in 0..passes.len() {
        let output = passes.run_pass(pass);
        bytes.extend(
            passes.pass_input(pass).iter().chain(&output).flat_map(|value| value.to_le_bytes()),
        );
    }
    agoge::write_bytes(file, &bytes)?;
    print_text("READY\n")?;
    let mut pass = 0;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let iterations = match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["quit"] => break,
            ["pose", iterations] => iterations.parse::<usize>().ok(),
            _ => None,
        };
        let Some(iterations) = iterations else { return Err(CommandError::Bench { line }) };
        let mut answer = String::from("R");
        for _ in 0..iterations {
            let start = Instant::now();
            passes.run_pass(pass);
            // Writing to a string cannot fail.
            let _ = write!(answer, " {:.4}", start.elapsed().as_secs_f64() * 1e3);
            pass += 1;
        }
        print_text(&(answer + "\n"))?;
    }
    Ok(Exit::Done)
}

/// Prints one line per task: its name and its number of operations, to convert times into rates.
fn list_tasks() -> Result<Exit, CommandError> {
    let names = [
        "motion_infer",
        "motion_latency",
        "motion_train",
        "joints_infer",
        "joints_latency",
        "joints_train",
        "peak_gemm",
    ];
    let attention = ["sdpa_1024_32", "sdpa_4096_32", "sdpa_16384_64"];
    for name in names.iter().chain(&attention) {
        if let Some(task) = bench::prepare_task(name) {
            print_text(&format!("{name:16} {:9.3} GFLOP\n", task.operations / 1e9))?;
        }
    }
    Ok(Exit::Done)
}

/// Prints the time per frame on one core, and how late the frames of many streams are on all cores.
fn bench_stream(streams: usize, seconds: u64, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let measured = agoge_lab::bench::live::benchmark_streams(streams, seconds)?;
    if shared.json {
        super::print_json(&measured)?;
    } else {
        print_text(&measured.to_string())?;
    }
    Ok(Exit::Done)
}

/// Prints the latencies of a server that answers live streams.
fn bench_live_server(
    streams: usize,
    seconds: u64,
    in_step: bool,
    shared: &GlobalArgs,
) -> Result<Exit, CommandError> {
    let measured = agoge_server::bench::bench_live_streams(streams, 30.0, seconds, in_step)?;
    if shared.json {
        super::print_json(&measured)?;
    } else {
        print_text(&measured.to_string())?;
    }
    Ok(Exit::Done)
}

/// Reads workout files and prints what `bench/peers/fit.py` compares with another reader.
fn bench_workouts(files: &[std::path::PathBuf], values: bool) -> Result<Exit, CommandError> {
    for file in files {
        let start = Instant::now();
        let read = agoge::formats::workout::read_workouts(file, false);
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        let mut line = serde_json::json!({ "file": file, "ms": milliseconds });
        match read {
            Err(error) => line["error"] = error.to_string().into(),
            Ok(workouts) => {
                line["samples"] =
                    workouts.iter().map(|workout| workout.samples.len()).sum::<usize>().into();
                if values {
                    line["workouts"] = workouts.iter().map(workout_json).collect();
                }
            }
        }
        print_text(&format!("{line}\n"))?;
    }
    Ok(Exit::Done)
}

fn workout_json(workout: &agoge::formats::workout::Workout) -> serde_json::Value {
    let mut columns = serde_json::json!({ "time": workout.samples.time });
    for (name, values) in workout.samples.named_columns() {
        columns[name] = values.into();
    }
    serde_json::json!({ "start_unix_s": workout.start_s(), "sport": workout.sport, "columns": columns })
}

/// Measures on simulated squads how good each warning model becomes; one line of JSON per result.
fn bench_squads(effect: f64, years: &[f64], seeds: u64, quick: bool) -> Result<Exit, CommandError> {
    use agoge_lab::squad::{SimulatedSquad, SquadStudy, run_squad_study};
    use agoge_train::warning::OddsModelKind;
    let kinds: Vec<OddsModelKind> = OddsModelKind::ALL
        .into_iter()
        .filter(|kind| !quick || *kind != OddsModelKind::Attention)
        .collect();
    for years in years {
        for seed in 1..=seeds {
            let settings = SquadStudy {
                squad: SimulatedSquad { effect, seed, ..SimulatedSquad::default() },
                years: *years,
                nominal: 0.05,
            };
            for row in run_squad_study(&settings, &kinds).map_err(agoge::Error::from)? {
                print_text(&format!(
                    "{}\n",
                    serde_json::to_string(&row).map_err(std::io::Error::from)?
                ))?;
            }
        }
    }
    Ok(Exit::Done)
}
