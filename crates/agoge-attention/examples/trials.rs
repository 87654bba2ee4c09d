//! A line server for paired measurements: "TASK COUNT" is answered by "R MS MS …", the wall time of each step of a trial; "quit" ends it.
//!
//! `cargo run --release -p agoge-attention --example trials -- THREADS`

use agoge_attention::train::trial::{Step, trial};
use std::collections::HashMap;
use std::io::Write;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let threads = std::env::args().nth(1).map_or(Ok(2), |threads| threads.parse())?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let mut trials: HashMap<String, Step> = HashMap::new();
    println!("READY");
    for line in std::io::stdin().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let Some(name) = words.next().filter(|name| *name != "quit") else { break };
        let count: usize = words.next().map_or(Ok(1), str::parse)?;
        if !trials.contains_key(name) {
            trials.insert(name.to_owned(), trial(name).ok_or("no such trial")?);
        }
        print!("R");
        if let Some(step) = trials.get_mut(name) {
            for _ in 0..count {
                let start = Instant::now();
                pool.install(&mut *step);
                print!(" {:.4}", start.elapsed().as_secs_f64() * 1e3);
            }
        }
        println!();
        std::io::stdout().flush()?;
    }
    Ok(())
}
