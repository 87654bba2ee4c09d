//! Figures that accumulate over days. Each function takes loads `[day]` (NaN is missing, 0 is rest)
//! and returns one value per day, NaN where too few days are known.

use serde::Serialize;

/// Time constant of CTL, days.
pub const CTL_DAYS: f64 = 42.0;
/// Time constant of ATL, days.
pub const ATL_DAYS: f64 = 7.0;
/// Share of a window's days that must be known to compute a ratio.
const MIN_KNOWN_SHARE: f64 = 0.75;
/// Upper bound of monotony, which grows without limit for equal days.
const MAX_MONOTONY: f64 = 10.0;

/// Weight of a new day's load in an exponential mean with a time constant in days: 1 − e^{−1/τ};
/// 0.0235283 for 42 days, 0.1331221 for 7 days.
pub fn exponential_weight(days: f64) -> f64 {
    -(-1.0 / days).exp_m1()
}

/// Weight of a new day in Williams' (2017) mean over N days: 2/(N+1); 0.25 for 7 days, 0.0689655
/// for 28 days.
///
/// ```
/// assert_eq!(agoge_load::ewma_weight(7.0), 0.25);
/// ```
pub fn ewma_weight(days: f64) -> f64 {
    2.0 / (days + 1.0)
}

/// Exponential mean: x = x·e^{−1/τ} + load·(1 − e^{−1/τ}), starting from 0 on the day before the
/// first (Banister 1975; CTL and ATL of training platforms). It keeps its value on a missing day:
/// an unknown load is assumed to be the usual one, not zero.
///
/// ```
/// use agoge_load::exponential_mean;
/// // One load of 100, then rest: 100 · (1 − e^{−1/7}) = 13.31221, then · e^{−1/7}.
/// let atl = exponential_mean(&[100.0, 0.0], 7.0);
/// assert!((atl[0] - 13.31221).abs() < 1e-5);
/// assert!((atl[1] - 11.54006).abs() < 1e-5);
/// ```
pub fn exponential_mean(loads: &[f64], days: f64) -> Vec<f64> {
    weighted_mean(loads, exponential_weight(days), 0.0)
}

fn weighted_mean(loads: &[f64], weight: f64, start: f64) -> Vec<f64> {
    let mut now = start;
    let step = |load: &f64| {
        if load.is_finite() {
            now += (load - now) * weight;
        }
        now
    };
    loads.iter().map(step).collect()
}

/// TSB of each morning: CTL − ATL of the previous evening; 0 on the first day.
///
/// ```
/// use agoge_load::daily_form;
/// assert_eq!(daily_form(&[50.0, 52.0], &[60.0, 70.0]), [0.0, -10.0]);
/// ```
pub fn daily_form(ctl: &[f64], atl: &[f64]) -> Vec<f64> {
    let evenings = ctl.iter().zip(atl).map(|(ctl, atl)| ctl - atl);
    std::iter::once(0.0).chain(evenings).take(ctl.len()).collect()
}

/// Load today that makes tomorrow's TSB equal `target`, given yesterday evening's CTL and ATL: the
/// inverse of one step of both means. Negative if even rest does not reach it.
///
/// ```
/// use agoge_load::{ATL_DAYS, CTL_DAYS, exponential_weight, load_for_form};
/// let load = load_for_form(5.0, 60.0, 62.0);
/// let evening = |mean: f64, days: f64| mean + (load - mean) * exponential_weight(days);
/// assert!((evening(60.0, CTL_DAYS) - evening(62.0, ATL_DAYS) - 5.0).abs() < 1e-9);
/// ```
pub fn load_for_form(target: f64, ctl: f64, atl: f64) -> f64 {
    let (slow, fast) = (exponential_weight(CTL_DAYS), exponential_weight(ATL_DAYS));
    (ctl * (1.0 - slow) - atl * (1.0 - fast) - target) / (fast - slow)
}

/// Kinds of ratio between the last week and the weeks before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AcwrKind {
    /// 7 days : the 28 days that contain them (Gabbett 2016).
    Coupled,
    /// 7 days : the 21 days before them (Windt & Gabbett 2019).
    Uncoupled,
    /// Exponential means over 7 and 28 days, weights 2/(N+1), from the first load on (Williams
    /// 2017).
    Ewma,
}

/// Acute:chronic workload ratio of each day. It describes load and is not a risk: its coupling
/// alone correlates numerator and denominator (Lolli 2017), and it predicts injuries no better than
/// the acute load alone (Impellizzeri 2020). NaN before 28 days, where a quarter of a window is
/// missing, and where the chronic load is 0.
///
/// ```
/// use agoge_load::{AcwrKind, acute_chronic_ratio};
/// // Three weeks of 100 a day, then one of 200: 200 / 125 with the week itself, 200 / 100 without.
/// let loads = [[100.0; 21].as_slice(), &[200.0; 7]].concat();
/// assert_eq!(acute_chronic_ratio(&loads, AcwrKind::Coupled)[27], 1.6);
/// assert_eq!(acute_chronic_ratio(&loads, AcwrKind::Uncoupled)[27], 2.0);
/// ```
pub fn acute_chronic_ratio(loads: &[f64], ratio: AcwrKind) -> Vec<f64> {
    let ewma = |days: f64| {
        weighted_mean(
            loads,
            ewma_weight(days),
            loads.iter().copied().find(|load| load.is_finite()).unwrap_or(0.0),
        )
    };
    let (fast, slow) = (ewma(7.0), ewma(28.0));
    let ratio_on = |day: usize| {
        if day + 1 < 28 {
            return f64::NAN;
        }
        let window = |from: usize, to: usize| {
            let days = &loads[day + 1 - from..day + 1 - to];
            let known_loads: Vec<f64> =
                days.iter().copied().filter(|load| load.is_finite()).collect();
            let enough = known_loads.len() as f64 >= MIN_KNOWN_SHARE * days.len() as f64;
            if enough {
                known_loads.iter().sum::<f64>() / known_loads.len() as f64
            } else {
                f64::NAN
            }
        };
        let (acute, chronic) = match ratio {
            AcwrKind::Coupled => (window(7, 0), window(28, 0)),
            AcwrKind::Uncoupled => (window(7, 0), window(28, 7)),
            AcwrKind::Ewma if window(28, 0).is_nan() => (f64::NAN, f64::NAN),
            AcwrKind::Ewma => (fast[day], slow[day]),
        };
        if chronic > 0.0 { acute / chronic } else { f64::NAN }
    };
    (0..loads.len()).map(ratio_on).collect()
}

/// Monotony of the 7 days ending with each day: mean / population standard deviation, at most 10
/// (Foster 1998). NaN for a week without any load, and unless all seven days are known.
pub fn rolling_monotony(loads: &[f64]) -> Vec<f64> {
    map_trailing_weeks(loads, |week, _| week_monotony(week))
}

/// Monotony of one week of seven days; NaN for a week without any load.
///
/// ```
/// use agoge_load::week_monotony;
/// // Mean 100, population standard deviation √(60 000 / 7) = 92.58.
/// let monotony = week_monotony(&[200.0, 0.0, 200.0, 0.0, 200.0, 0.0, 100.0]);
/// assert!((monotony - 1.0801).abs() < 1e-4);
/// ```
pub fn week_monotony(week: &[f64]) -> f64 {
    let mean = week.iter().sum::<f64>() / 7.0;
    let sd = (week.iter().map(|load| (load - mean).powi(2)).sum::<f64>() / 7.0).sqrt();
    if mean > 0.0 { (mean / sd).min(MAX_MONOTONY) } else { f64::NAN }
}

/// Strain of the 7 days ending with each day, AU: their sum × their monotony (Foster 1998).
///
/// ```
/// use agoge_load::rolling_strain;
/// // Sum 700 × monotony 1.0801.
/// let strain = rolling_strain(&[200.0, 0.0, 200.0, 0.0, 200.0, 0.0, 100.0]);
/// assert!(strain[5].is_nan() && (strain[6] - 756.09).abs() < 0.01);
/// ```
pub fn rolling_strain(loads: &[f64]) -> Vec<f64> {
    let sums = map_trailing_weeks(loads, |_, mean| 7.0 * mean);
    rolling_monotony(loads).iter().zip(sums).map(|(monotony, sum)| monotony * sum).collect()
}

fn map_trailing_weeks(loads: &[f64], weekly: impl Fn(&[f64], f64) -> f64) -> Vec<f64> {
    let week = |day: usize| {
        let week = loads.get((day + 1).checked_sub(7)?..=day)?;
        let mean = week.iter().sum::<f64>() / 7.0;
        Some(weekly(week, mean))
    };
    (0..loads.len()).map(|day| week(day).unwrap_or(f64::NAN)).collect()
}

/// Robust exponential decreasing index: Σ e^{−λi}·load_{t−i} / Σ e^{−λi} over the known days
/// (Moussa 2019). Missing days have no weight and are not imputed. `decay` is λ per day.
///
/// ```
/// use agoge_load::redi_series;
/// // With a weight that halves each day: (0.25 · 90 + 1 · 30) / 1.25, without the missing day.
/// let redi = redi_series(&[90.0, f64::NAN, 30.0], std::f64::consts::LN_2);
/// assert!((redi[2] - 42.0).abs() < 1e-12);
/// ```
pub fn redi_series(loads: &[f64], decay: f64) -> Vec<f64> {
    let retention = (-decay).exp();
    let (mut load_sum, mut weight_sum) = (0.0, 0.0);
    let step = |load: &f64| {
        (load_sum, weight_sum) = (load_sum * retention, weight_sum * retention);
        if load.is_finite() {
            (load_sum, weight_sum) = (load_sum + load, weight_sum + 1.0);
        }
        // Never known, or known so long ago that nothing of it is left.
        if weight_sum > 1e-12 { load_sum / weight_sum } else { f64::NAN }
    };
    loads.iter().map(step).collect()
}
