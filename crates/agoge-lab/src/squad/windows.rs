//! Turns an athlete's days into the windows that a warning model learns from.

use agoge_load::{ewma_weight, rolling_monotony};
use agoge_train::warning::DayWindow;

/// Number of days that a model looks back over.
pub const LOOK_BACK_DAYS: usize = 28;
/// Number of features of a day: load, its ratio of exponential means, monotony, wellness, movement
/// factor.
pub const DAY_FEATURES: usize = 5;
/// Number of days before the first window, until the slower mean knows what is usual.
const SETTLING_DAYS: usize = 42;

/// Names of the summary's features, in order.
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
pub struct AthleteDays {
    /// Load, AU.
    pub load: Vec<f64>,
    /// Wellness as rated by the athlete; higher is better.
    pub wellness: Vec<f64>,
    /// A movement factor, measured occasionally.
    pub movement: Vec<f64>,
    /// Whether an injury began on the day.
    pub injured: Vec<bool>,
    /// Whether the athlete could be injured: false while an injury lasts.
    pub at_risk: Vec<bool>,
}

/// Builds a window for each day at risk after six weeks whose next day is at risk too; the outcome
/// is an injury on that next day. Returns the windows with their days.
pub fn warning_windows(athlete: usize, days: &AthleteDays) -> Vec<(usize, DayWindow)> {
    let count = days.load.len();
    let (acute, chronic) = (ewma_series(&days.load, 7.0), ewma_series(&days.load, 28.0));
    let monotony = rolling_monotony(&days.load);
    let ratio: Vec<f64> = acute
        .iter()
        .zip(&chronic)
        .map(|(a, c)| if *c > 0.0 { ((a + 1.0) / (c + 1.0)).ln() } else { f64::NAN })
        .collect();
    let features_of = |day: usize| -> Vec<f32> {
        let known = [
            days.load[day] / (chronic[day] + 1.0),
            ratio[day],
            // Not `min`: that would turn a week with a missing day into 4.
            monotony[day].clamp(0.0, 4.0),
            days.wellness[day],
            days.movement[day],
        ];
        // A day without any report is a missing token, whatever follows from the days before it.
        match days.load[day].is_nan() && days.wellness[day].is_nan() {
            true => vec![f32::NAN; DAY_FEATURES],
            false => known.iter().map(|v| *v as f32).collect(),
        }
    };
    let features: Vec<Vec<f32>> = (0..count).map(features_of).collect();
    let window = |day: usize| {
        let mut look_back = features[day + 1 - LOOK_BACK_DAYS..=day].to_vec();
        // The last day knows its trend even if nothing was reported on it.
        if let Some(last) = look_back.last_mut().filter(|last| last.iter().all(|v| v.is_nan())) {
            last[1] = ratio[day] as f32;
        }
        let week = day - 6..=day;
        let summary = [
            ratio[day],
            days.load[day] / (chronic[day] + 1.0),
            monotony[day].clamp(0.0, 4.0),
            known_mean(&days.wellness[week.clone()]),
            days.wellness[day],
            days.movement[day],
            days.load[week].iter().filter(|v| v.is_finite()).count() as f64 / 7.0,
        ];
        let summary = summary.iter().map(|v| *v as f32).collect();
        (day, DayWindow { athlete, days: look_back, summary, outcome: days.injured[day + 1] })
    };
    (SETTLING_DAYS..count.saturating_sub(1))
        .filter(|day| days.at_risk[*day] && days.at_risk[*day + 1])
        .map(window)
        .collect()
}

/// Exponential mean with Williams' (2017) weights; it keeps its value on missing days.
fn ewma_series(loads: &[f64], days: f64) -> Vec<f64> {
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

fn known_mean(values: &[f64]) -> f64 {
    let known: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    known.iter().sum::<f64>() / known.len() as f64
}
