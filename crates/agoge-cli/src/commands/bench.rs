//! `agoge bench`: timings of fixed tasks, for comparison with other engines.

use super::print;
use crate::args::{Bench, BenchCommand, Shared};
use crate::outcome::{Exit, Failure};
use agoge::attention::bench::{self, Task};
use agoge::attention::kernel::short_slices;
use agoge::vision::Options;
use agoge::vision::bench::Passes;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

/// Time slice for a task, µs. Tasks of less than a millisecond run in short slices: engines
/// measured in turn may leave threads behind that spin for milliseconds, and such a task would be
/// over before they stop. Longer tasks lose by short slices what they gain, and use ordinary ones
/// (0).
fn slices(task: &Task) -> u32 {
    const QUICK: f64 = 0.5e9;
    if task.operations < QUICK { 400 } else { 0 }
}

/// Runs the chosen benchmark.
pub(crate) fn run(args: &Bench, shared: &Shared) -> Result<Exit, Failure> {
    match &args.command {
        BenchCommand::Pose { video, pose, people, passes } => {
            let options = Options { pose: (*pose).into(), people: *people, ..Options::default() };
            match passes {
                Some(file) => pose_passes(video, &options, file),
                None => pose_speed(video, &options, shared),
            }
        }
        BenchCommand::Stream { streams, seconds } => stream(*streams, *seconds, shared),
        BenchCommand::LiveServer { streams, seconds, in_step } => {
            live_server(*streams, *seconds, *in_step, shared)
        }
        BenchCommand::Serve { threads } => serve(threads.unwrap_or(0)),
        BenchCommand::Library { folder, athletes, each, write } => {
            super::library::bench(folder, (*athletes, *each), *write, shared)
        }
        BenchCommand::Tasks => tasks(),
        BenchCommand::Methods { data, model, chain } => methods(data, model, chain),
        BenchCommand::Squads { effect, years, seeds, quick } => {
            squads(*effect, years, *seeds, *quick)
        }
        BenchCommand::Plans { athletes, seed, misled } => plans(*athletes, *seed, *misled),
        BenchCommand::Workouts { files, values } => workouts(files, *values),
    }
}

/// Prints a table of what the methods that judge quality cost: parameters, training time and time
/// per clip.
fn methods(data: &Path, names: &[String], chains: &[usize]) -> Result<Exit, Failure> {
    use agoge::attention::evaluate::{Cost, cost};
    use agoge::learn::{Protocol, method};
    let set = Protocol::from_name("ui-prmd").clips(data)?;
    print(&format!(
        "{:12} {:>11} {:>9} {:>9} {:>11}\n",
        "method", "repetitions", "numbers", "learn, s", "clip, ms"
    ))?;
    for &chain in chains {
        let clips = set.chained(chain);
        for name in names {
            let method = method(name, &super::train::config(1, None, clips.learned()), None)?;
            let Cost { parameters, learning_s, judging_ms } =
                cost(&clips.clips, method.as_ref()).map_err(agoge::Error::from)?;
            print(&format!(
                "{name:12} {chain:>11} {parameters:>9} {learning_s:>9.1} {judging_ms:>11.2}\n"
            ))?;
        }
    }
    Ok(Exit::Done)
}

/// Prints one line of JSON per simulated athlete.
fn plans(athletes: usize, seed: u64, misled: bool) -> Result<Exit, Failure> {
    use agoge::coach::plan::study::{Knows, study};
    for outcome in study(athletes, seed, if misled { Knows::Another } else { Knows::Own }) {
        let line = serde_json::to_string(&outcome).map_err(std::io::Error::from)?;
        print(&(line + "\n"))?;
    }
    Ok(Exit::Done)
}

/// Prints READY; answers each line `TASK ITERATIONS` with `R` and the wall time of each iteration
/// in milliseconds; ends at `quit` or the end of input.
fn serve(threads: usize) -> Result<Exit, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread().build();
    let pool = pool.map_err(std::io::Error::other)?;
    let mut tasks = BTreeMap::<String, Task>::new();
    print("READY\n")?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let Some(name) = words.next() else { continue };
        if name == "quit" {
            break;
        }
        let iterations = words.next().map_or(Some(1), |word| word.parse().ok());
        let Some(iterations) = iterations.filter(|n| (1..=1_000_000).contains(n)) else {
            return Err(Failure::Bench { line });
        };
        let answer = pool.install(|| -> Option<String> {
            if !tasks.contains_key(name) {
                let mut task = bench::task(name)?;
                // Warm-up run, as in the engines compared with: afterwards memory is allocated.
                task.run();
                tasks.insert(name.to_owned(), task);
            }
            let task = tasks.get_mut(name)?;
            let slices = slices(task);
            rayon::broadcast(|_| short_slices(slices));
            let mut answer = String::from("R");
            for _ in 0..iterations {
                let start = Instant::now();
                task.run();
                write!(answer, " {:.4}", start.elapsed().as_secs_f64() * 1e3).ok()?;
            }
            Some(answer + "\n")
        });
        print(&answer.ok_or(Failure::Bench { line })?)?;
    }
    Ok(Exit::Done)
}

/// Number of bodies of a video over which passes are served.
const PASSES: usize = 64;
/// Number of times a video is read in each mode.
const ROUNDS: usize = 3;

/// Prints how many frames per second of a video are read.
fn pose_speed(video: &Path, options: &Options, shared: &Shared) -> Result<Exit, Failure> {
    let speed = agoge::vision::bench::speed(video, &agoge::pose_folder()?, options, ROUNDS)
        .map_err(agoge::Error::from)?;
    if shared.json {
        super::print_json(&speed)?;
    } else {
        print(&format!(
            "{} frames; frames a second: decoding {:.1}, with pose and tracking on one thread {:.1}, on all {:.1}\n",
            speed.frames, speed.decode_hz, speed.one_thread_hz, speed.all_threads_hz
        ))?;
    }
    Ok(Exit::Done)
}

/// Writes the landmark network's inputs and outputs as little-endian 32-bit floats, 196 608 and 313
/// per body, then serves passes over the bodies in turn, with the protocol of [`serve_tasks`].
fn pose_passes(video: &Path, options: &Options, file: &Path) -> Result<Exit, Failure> {
    let passes =
        Passes::record(video, &agoge::pose_folder()?, options, PASSES).map_err(agoge::Error::from);
    let mut passes = passes?;
    let mut bytes = Vec::new();
    for pass in 0..passes.len() {
        let output = passes.run(pass);
        bytes.extend(passes.crop(pass).iter().chain(&output).flat_map(|value| value.to_le_bytes()));
    }
    agoge::write_bytes(file, &bytes)?;
    print("READY\n")?;
    let mut pass = 0;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let iterations = match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["quit"] => break,
            ["pose", iterations] => iterations.parse::<usize>().ok(),
            _ => None,
        };
        let Some(iterations) = iterations else { return Err(Failure::Bench { line }) };
        let mut answer = String::from("R");
        for _ in 0..iterations {
            let start = Instant::now();
            passes.run(pass);
            // Writing to a string cannot fail.
            let _ = write!(answer, " {:.4}", start.elapsed().as_secs_f64() * 1e3);
            pass += 1;
        }
        print(&(answer + "\n"))?;
    }
    Ok(Exit::Done)
}

/// Prints one line per task: its name and its number of operations, to convert times into rates.
fn tasks() -> Result<Exit, Failure> {
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
        if let Some(task) = bench::task(name) {
            print(&format!("{name:16} {:9.3} GFLOP\n", task.operations / 1e9))?;
        }
    }
    Ok(Exit::Done)
}

/// Prints the time per frame on one core, and how late the frames of many streams are on all cores.
fn stream(streams: usize, seconds: u64, shared: &Shared) -> Result<Exit, Failure> {
    let measured = agoge::live::measure(streams, seconds)?;
    if shared.json {
        super::print_json(&measured)?;
    } else {
        print(&measured.to_string())?;
    }
    Ok(Exit::Done)
}

/// Prints the latencies of a server that answers live streams.
fn live_server(
    streams: usize,
    seconds: u64,
    in_step: bool,
    shared: &Shared,
) -> Result<Exit, Failure> {
    let measured = agoge_server::bench::live(streams, 30.0, seconds, in_step)?;
    if shared.json {
        super::print_json(&measured)?;
    } else {
        print(&measured.to_string())?;
    }
    Ok(Exit::Done)
}

/// Reads workout files and prints what `bench/peers/fit.py` compares with another reader.
fn workouts(files: &[std::path::PathBuf], values: bool) -> Result<Exit, Failure> {
    for file in files {
        let start = Instant::now();
        let read = agoge::formats::workout::read(file, false);
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
        print(&format!("{line}\n"))?;
    }
    Ok(Exit::Done)
}

fn workout_json(workout: &agoge::formats::workout::Workout) -> serde_json::Value {
    let mut columns = serde_json::json!({ "time": workout.samples.time });
    for (name, values) in workout.samples.columns() {
        columns[name] = values.into();
    }
    serde_json::json!({ "start_unix_s": workout.start_s(), "sport": workout.sport, "columns": columns })
}

/// Measures on simulated squads how good each warning model becomes; one line of JSON per result.
fn squads(effect: f64, years: &[f64], seeds: u64, quick: bool) -> Result<Exit, Failure> {
    use agoge::attention::warning::Kind;
    use agoge::coach::squad::{Squad, Study, study};
    let kinds: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| !quick || *kind != Kind::Attention).collect();
    for years in years {
        for seed in 1..=seeds {
            let settings = Study {
                squad: Squad { effect, seed, ..Squad::default() },
                years: *years,
                nominal: 0.05,
            };
            for row in study(&settings, &kinds).map_err(agoge::Error::from)? {
                print(&format!(
                    "{}\n",
                    serde_json::to_string(&row).map_err(std::io::Error::from)?
                ))?;
            }
        }
    }
    Ok(Exit::Done)
}
