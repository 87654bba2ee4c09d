//! The response to load on real logs: unseen tests are forecast by the fit with priors, by
//! Banister's model with free parameters, and by the last value.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use agoge_plan::{LoadResponse, PerformanceTest, ResponsePrior};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("AGOGE_TEST_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: AGOGE_TEST_DATA is not set");
    }
    folder.map(|folder| folder.join("load"))
}

/// Banister's model with five free parameters, fitted by Levenberg–Marquardt from the usual start
/// (45, 15), as is common for such fits.
fn banister(loads: &[f64], tests: &[PerformanceTest]) -> impl Fn(usize) -> f64 {
    let loads = loads.to_vec();
    let model = move |p: &[f64; 5], day: usize| {
        let sum = |tau: f64| -> f64 {
            loads[..day]
                .iter()
                .enumerate()
                .map(|(i, w)| w * (-((day - i) as f64) / tau.clamp(1.0, 400.0)).exp())
                .sum()
        };
        p[0] + p[1] * sum(p[3]) - p[2] * sum(p[4])
    };
    let cost = |p: &[f64; 5]| {
        tests.iter().map(|test| (model(p, test.day) - test.value).powi(2)).sum::<f64>()
    };
    let mut p = [tests[0].value, 0.02, 0.04, 45.0, 15.0];
    let mut damping = 1e-3;
    for _ in 0..300 {
        let (mut normal, mut right) =
            (nalgebra::Matrix5::<f64>::zeros(), nalgebra::Vector5::<f64>::zeros());
        for test in tests {
            let at = model(&p, test.day);
            let mut slope = nalgebra::Vector5::<f64>::zeros();
            for k in 0..5 {
                let step = 1e-5 * p[k].abs().max(1e-3);
                let mut other = p;
                other[k] += step;
                slope[k] = (model(&other, test.day) - at) / step;
            }
            normal += slope * slope.transpose();
            right += slope * (test.value - at);
        }
        let mut damped = normal;
        for k in 0..5 {
            damped[(k, k)] += damping * normal[(k, k)].max(1e-12);
        }
        let Some(change) = damped.lu().solve(&right) else { break };
        let mut next = p;
        (0..5).for_each(|k| next[k] += change[k]);
        if cost(&next) < cost(&p) {
            p = next;
            damping = (damping * 0.3).max(1e-12);
        } else {
            damping *= 4.0;
            if damping > 1e12 {
                break;
            }
        }
    }
    move |day| model(&p, day)
}

fn rmse(errors: &[f64]) -> f64 {
    (errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64).sqrt()
}

/// The rows of a table, by column name.
fn rows(path: PathBuf) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).expect("the data are there");
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let clean = |cell: &str| cell.trim().trim_matches('"').to_owned();
    let names: Vec<String> = lines.next().unwrap().split(',').map(clean).collect();
    lines.map(|line| names.iter().cloned().zip(line.split(',').map(clean)).collect()).collect()
}

#[test]
fn five_minute_power_is_forecast_no_worse_than_by_free_parameters() {
    let Some(folder) = data() else { return };
    let rows = rows(folder.join("bike-score.csv"));
    let loads: Vec<f64> = rows.iter().map(|row| row["BikeScore"].parse().unwrap_or(0.0)).collect();
    let tests: Vec<PerformanceTest> = rows
        .iter()
        .enumerate()
        .filter_map(|(day, row)| {
            Some(PerformanceTest { day, value: row["Test_5min_Power"].parse().ok()? })
        })
        .collect();
    assert!(tests.len() >= 8);
    let (mut ours, mut free, mut last) = (Vec::new(), Vec::new(), Vec::new());
    // Predict each of the last tests from those before it.
    for n in 6..tests.len() {
        let (before, now) = (&tests[..n], tests[n]);
        ours.push(
            LoadResponse::fit(&loads[..now.day], before, &ResponsePrior::default())
                .predict(&loads[..now.day])
                .value
                - now.value,
        );
        free.push(banister(&loads, before)(now.day) - now.value);
        last.push(before[n - 1].value - now.value);
    }
    eprintln!(
        "{} tests, {} forecasts: with priors {:.2} W, free parameters {:.2} W, last value {:.2} W",
        tests.len(),
        ours.len(),
        rmse(&ours),
        rmse(&free),
        rmse(&last)
    );
    assert!(rmse(&ours) <= rmse(&free) && rmse(&ours) <= rmse(&last));
}

/// Strength grows faster in the last weeks here than before: neither model captures that, but the
/// drift follows it.
#[test]
fn strength_is_forecast_no_worse_than_by_free_parameters() {
    let Some(folder) = data() else { return };
    let mut squad: BTreeMap<String, (Vec<f64>, Vec<PerformanceTest>)> = BTreeMap::new();
    for row in rows(folder.join("strength-training.csv")) {
        let own = squad.entry(row["athlete"].clone()).or_default();
        let load = |name: &str| row[name].parse::<f64>().unwrap_or(0.0);
        if let Ok(value) = row["est1RM"].parse() {
            own.1.push(PerformanceTest { day: own.0.len(), value });
        }
        own.0.push(load("UBNL") + load("LBNL"));
    }
    assert_eq!(squad.len(), 10);
    // Predict the last fifth of each athlete's tests from the first four fifths.
    let (mut ours, mut free, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for (loads, tests) in squad.values() {
        let (before, after) = tests.split_at(tests.len() * 4 / 5);
        let own = LoadResponse::fit(loads, before, &ResponsePrior::default());
        let peer = banister(loads, before);
        for test in after {
            ours.push(own.predict(&loads[..test.day]).value - test.value);
            free.push(peer(test.day) - test.value);
            last.push(before[before.len() - 1].value - test.value);
        }
    }
    eprintln!(
        "{} forecasts: with priors {:.2}, free parameters {:.2}, last value {:.2}",
        ours.len(),
        rmse(&ours),
        rmse(&free),
        rmse(&last)
    );
    assert!(rmse(&ours) <= rmse(&free) && rmse(&ours) <= rmse(&last));
}
