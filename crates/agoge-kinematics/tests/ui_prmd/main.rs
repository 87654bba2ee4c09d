//! Segmentation of real movements: UI-PRMD's Kinect clips joined with pauses (data:
//! `AGOGE_TEST_DATA/ui-prmd`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // this whole file is test code

mod data;
mod view;

use agoge_kinematics::{measure_curves, movement, segment_repetitions};
use data::{RATE_HZ, SetKey, Strung};
use std::collections::BTreeMap;
use std::fmt;

/// The definitions of the data set's movements m01 to m10.
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

/// Comparison of the found repetitions with the ground truth.
#[derive(Clone, Default)]
struct Tally {
    truth: usize,
    found: usize,
    matched: usize,
    /// Error of every matched boundary, s; negative is early.
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

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { truth, found, matched, starts, ends } = self;
        let (start, end) = (median(starts.clone()), median(ends.clone()));
        let (f1, error) = (self.f1(), self.boundary_error());
        write!(
            f,
            "{matched:3} of {truth:3}, found {found:3}: F1 {f1:.3}, boundaries {error:.3} s ({start:+.3}, {end:+.3})"
        )
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Matches repetitions with clips by an intersection over union of at least one half, which no two
/// repetitions can reach with the same clip.
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

/// Compares the segmentation with the clips, and with the frames in which the body moves.
fn segment(key: SetKey, strung: &Strung) -> (Tally, Tally) {
    let movement = movement::find_movement(MOVEMENTS[key.0 as usize - 1]).unwrap();
    let found: Vec<(usize, usize)> =
        segment_repetitions(movement, &measure_curves(&strung.recording).curves)
            .iter()
            .filter(|repetition| repetition.complete)
            .map(|repetition| (repetition.start, repetition.end))
            .collect();
    (tally(&found, &strung.truth), tally(&found, &strung.onsets))
}

/// `AGOGE_TEST_SUBJECTS=2,4,6,8` selects some of the nine subjects. The definitions and the
/// constants of the segmentation were tuned on the odd subjects.
#[test]
fn real_sets_are_segmented() {
    let Some(folder) = std::env::var_os("AGOGE_TEST_DATA") else {
        println!("skipped: AGOGE_TEST_DATA is not set");
        return;
    };
    let subjects = std::env::var("AGOGE_TEST_SUBJECTS").unwrap_or("1,2,3,4,5,6,7,8,9".into());
    let subjects: Vec<i32> = subjects.split(',').map(|subject| subject.parse().unwrap()).collect();
    let sets = data::read(&std::path::Path::new(&folder).join("ui-prmd/kinect_positions.parquet"));
    let mut by_movement: BTreeMap<i32, (Tally, Tally)> = BTreeMap::new();
    for (key, clips) in sets.iter().filter(|(key, _)| subjects.contains(&key.1)) {
        let seed = (key.0 * 100 + key.1 * 10 + i32::from(key.2)) as u64;
        let (clips, onsets) = segment(*key, &data::string(clips, seed));
        let sum = by_movement.entry(key.0).or_default();
        sum.0.add(&clips);
        sum.1.add(&onsets);
    }
    let mut all = (Tally::default(), Tally::default());
    for (movement, (clips, onsets)) in &by_movement {
        println!(
            "{:20} {clips}; against onset {:.3} s",
            MOVEMENTS[*movement as usize - 1],
            onsets.boundary_error()
        );
        all.0.add(clips);
        all.1.add(onsets);
    }
    println!("{:20} {}; against onset {:.3} s", "all", all.0, all.1.boundary_error());
    assert!(all.0.f1() >= 0.95, "F1 {}", all.0.f1());
    assert!(all.0.boundary_error() <= 0.15, "boundary error {} s", all.0.boundary_error());
}
