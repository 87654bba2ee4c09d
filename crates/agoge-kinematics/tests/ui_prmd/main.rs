//! Segmentation of real movements: UI-PRMD's Kinect clips strung together with pauses (data: `AGOGE_TEST_DATA/ui-prmd`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are tests

mod data;
mod dev;

use agoge_kinematics::{Curves, movement, repetitions};
use data::{RATE_HZ, SetKey, Strung};
use dev::measure;
use std::collections::BTreeMap;

/// The definitions of the set's movements m01 to m10.
const MOVEMENTS: [&str; 10] = [
    "deep_squat",
    "hurdle_step",
    "inline_lunge",
    "side_lunge",
    "sit_to_stand",
    "straight_leg_raise",
    "shoulder_abduction",
    "shoulder_extension",
    "shoulder_rotation",
    "shoulder_scaption",
];

/// What was found against what is true.
#[derive(Clone, Default)]
struct Tally {
    truth: usize,
    found: usize,
    matched: usize,
    /// Distance of every matched boundary from the clip's, s; negative is early.
    starts: Vec<f64>,
    ends: Vec<f64>,
}

impl Tally {
    fn f1(&self) -> f64 {
        2.0 * self.matched as f64 / (self.truth + self.found) as f64
    }

    fn boundary_error(&self) -> f64 {
        median(self.starts.iter().chain(&self.ends).map(|error| error.abs()).collect())
    }

    fn add(&mut self, other: &Tally) {
        self.truth += other.truth;
        self.found += other.found;
        self.matched += other.matched;
        self.starts.extend(&other.starts);
        self.ends.extend(&other.ends);
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Matches by intersection over union of at least a half, which no two repetitions can reach with one clip.
fn tally(found: &[(usize, usize)], truth: &[(usize, usize)]) -> Tally {
    let mut tally = Tally { truth: truth.len(), found: found.len(), ..Tally::default() };
    for &(start, end) in truth {
        let overlap = |&&(a, b): &&(usize, usize)| {
            let common = (end.min(b) + 1).saturating_sub(start.max(a));
            2 * common >= end.max(b) + 1 - start.min(a)
        };
        if let Some(&(a, b)) = found.iter().find(overlap) {
            tally.matched += 1;
            tally.starts.push((a as f64 - start as f64) / RATE_HZ);
            tally.ends.push((b as f64 - end as f64) / RATE_HZ);
        }
    }
    tally
}

fn segment(key: SetKey, strung: &Strung) -> Tally {
    let movement = movement::find(MOVEMENTS[key.0 as usize - 1]).unwrap();
    let curves: Curves = measure(&strung.recording);
    let found: Vec<(usize, usize)> =
        repetitions(movement, &curves).iter().filter(|r| r.complete).map(|r| (r.start, r.end)).collect();
    if std::env::var("SHOW").is_ok() {
        let t = tally(&found, &strung.truth);
        if t.matched < t.truth || t.found > t.truth {
            println!(
                "{key:?} found {} truth {} matched {}\n  {:?}\n  {:?}",
                t.found,
                t.truth,
                t.matched,
                repetitions(movement, &curves).iter().map(|r| (r.start, r.end, r.complete, r.side)).collect::<Vec<_>>(),
                strung.truth
            );
        }
    }
    tally(&found, &strung.truth)
}

#[test]
fn real_sets_are_segmented() {
    let Some(folder) = std::env::var_os("AGOGE_TEST_DATA") else {
        println!("skipped: AGOGE_TEST_DATA is not set");
        return;
    };
    let sets = data::read(&std::path::Path::new(&folder).join("ui-prmd/kinect_positions.parquet"));
    let subjects: Vec<i32> =
        std::env::var("SUBJECTS").unwrap_or("1,3,5".into()).split(',').map(|s| s.parse().unwrap()).collect();
    let mut by_movement: BTreeMap<(i32, bool), Tally> = BTreeMap::new();
    for (key, clips) in &sets {
        if subjects.contains(&key.1) {
            let seed = (key.0 * 100 + key.1 * 10 + i32::from(key.2)) as u64;
            by_movement.entry((key.0, key.2)).or_default().add(&segment(*key, &data::string(clips, seed)));
        }
    }
    let mut all = Tally::default();
    for ((movement, correct), tally) in &by_movement {
        println!(
            "{:20} {correct:5} truth {:4} found {:4} matched {:4} F1 {:.3} boundary {:.3} s (start {:+.3}, end {:+.3})",
            MOVEMENTS[*movement as usize - 1],
            tally.truth,
            tally.found,
            tally.matched,
            tally.f1(),
            tally.boundary_error(),
            median(tally.starts.clone()),
            median(tally.ends.clone())
        );
        all.add(tally);
    }
    println!("all: truth {} F1 {:.3} boundary {:.3} s", all.truth, all.f1(), all.boundary_error());
    assert!(all.f1() >= 0.95, "F1 {}", all.f1());
    assert!(all.boundary_error() <= 0.15, "boundary error {} s", all.boundary_error());
}
