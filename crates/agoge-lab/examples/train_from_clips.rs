//! Trains a small encoder from labelled clips and judges athletes that it has never seen.
//!
//! `cargo run -p agoge-lab --example train_from_clips -- manifest.csv` takes the recordings of a
//! manifest; without a path, twelve simulated athletes squat and reach.

use agoge_lab::evaluate::{Evaluation, Fold, leave_athletes_out};
use agoge_lab::learn::ClipSet;
use agoge_lab::methods::AttentionMethod;
use agoge_model::methods::LearningTask;
use agoge_model::simulated::simulated_set_clips;
use agoge_train::TrainingConfig;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let clips = match std::env::args_os().nth(1) {
        Some(path) => ClipSet::from_manifest(path.as_ref(), |_| true)?.clips,
        None => simulated_set_clips(0..12),
    };
    println!("{} clips", clips.len());

    let config = TrainingConfig { width: 16, blocks: 1, epochs: 8, ..TrainingConfig::default() };
    let method = AttentionMethod { config, base: None };
    let mut report = |fold: &Fold, done: usize, all: usize| {
        println!("{done} of {all}: trained without {}", fold.without.join(" and "));
        Ok(())
    };
    let folds = leave_athletes_out(
        &clips,
        &method,
        LearningTask::Quality,
        false,
        1,
        Vec::new(),
        &mut report,
    )?;
    for row in Evaluation::from_folds(&clips, &folds).movements {
        println!("{}: area under the ROC curve {:.2}", row.movement, row.auc.0);
    }
    Ok(())
}
