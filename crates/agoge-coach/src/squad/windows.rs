//! From an athlete's days to the windows that a warning model learns from.

use crate::load::{ewma_weight, monotony};
use agoge_attention::warning::Window;

/// Days that a model looks back over.
pub const LOOK_BACK: usize = 28;
/// Numbers of a day: load, its ratio of exponential means, monotony, wellness, movement factor.
pub const DAY_NUMBERS: usize = 5;
/// Days before the first window: the slower mean must know what is usual.
const SETTLING: usize = 42;

/// Names of the summary's numbers, in order.
pub const SUMMARY_NAMES: [&str; 7] = [
    "log ratio of EWMA 7:28",
    "load of the day over the mean of 28 days",
    "monotony",
    "wellness, mean of 7 days",
    "wellness, today",
    "movement factor",
    "part of the last 7 days that is known",
];

/// An athlete's days, each list `[day]`; NaN is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Days {
    /// Load, AU.
    pub load: Vec<f64>,
    /// Wellness as the athlete rates it, higher is better.
    pub wellness: Vec<f64>,
    /// A movement factor, as measured now and then.
    pub movement: Vec<f64>,
    /// Whether an injury began on the day.
    pub injured: Vec<bool>,
    /// Whether the athlete could be injured: not while an injury lasts.
    pub at_risk: Vec<bool>,
}

/// One window for each day at risk after six weeks whose next day is at risk too: the outcome is an
/// injury on that next day. Returns the windows with their days.
pub fn windows(athlete: usize, days: &Days) -> Vec<(usize, Window)> {
    let count = days.load.len();
    let (acute, chronic) = (ewma(&days.load, 7.0), ewma(&days.load, 28.0));
    let monotony = monotony(&days.load);
    let ratio: Vec<f64> = acute
        .iter()
        .zip(&chronic)
        .map(|(a, c)| if *c > 0.0 { ((a + 1.0) / (c + 1.0)).ln() } else { f64::NAN })
        .collect();
    let number = |day: usize| -> Vec<f32> {
        let known = [
            days.load[day] / (chronic[day] + 1.0),
            ratio[day],
            // Not `min`: that would make 4 of a week with a missing day.
            monotony[day].clamp(0.0, 4.0),
            days.wellness[day],
            days.movement[day],
        ];
        // A day of which nothing was told is a missing token, whatever follows from the days before
        // it.
        match days.load[day].is_nan() && days.wellness[day].is_nan() {
            true => vec![f32::NAN; DAY_NUMBERS],
            false => known.iter().map(|v| *v as f32).collect(),
        }
    };
    let all: Vec<Vec<f32>> = (0..count).map(number).collect();
    let window = |day: usize| {
        let mut seen = all[day + 1 - LOOK_BACK..=day].to_vec();
        // The day that asks knows its trends even if nobody wrote anything on it.
        if let Some(last) = seen.last_mut().filter(|last| last.iter().all(|v| v.is_nan())) {
            last[1] = ratio[day] as f32;
        }
        let week = day - 6..=day;
        let summary = [
            ratio[day],
            days.load[day] / (chronic[day] + 1.0),
            monotony[day].clamp(0.0, 4.0),
            mean(&days.wellness[week.clone()]),
            days.wellness[day],
            days.movement[day],
            days.load[week].iter().filter(|v| v.is_finite()).count() as f64 / 7.0,
        ];
        let summary = summary.iter().map(|v| *v as f32).collect();
        (day, Window { athlete, days: seen, summary, outcome: days.injured[day + 1] })
    };
    (SETTLING..count.saturating_sub(1))
        .filter(|day| days.at_risk[*day] && days.at_risk[*day + 1])
        .map(window)
        .collect()
}

/// Exponential mean with Williams' (2017) weights; missing days leave it where it is.
fn ewma(loads: &[f64], days: f64) -> Vec<f64> {
    let weight = ewma_weight(days);
    let mut now = f64::NAN;
    loads
        .iter()
        .map(|load| {
            now = match (now.is_nan(), load.is_finite()) {
                (true, _) => *load,
                (false, true) => now + weight * (load - now),
                (false, false) => now,
            };
            now
        })
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    let known: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    known.iter().sum::<f64>() / known.len() as f64
}
