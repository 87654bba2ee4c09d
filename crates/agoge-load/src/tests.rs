use super::*;
use agoge_kinematics::dynamics::Sex;
use agoge_motion::Day;

fn is_close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance
}

/// Weights of a new day from GoldenCheetah and intervals.icu (both agree), and from Williams
/// (2017).
#[test]
fn weights_of_a_new_day() {
    assert!(is_close(exponential_weight(42.0), 0.023_528_3, 5e-8));
    assert!(is_close(exponential_weight(7.0), 0.133_122_1, 5e-8));
    assert!(is_close(ewma_weight(7.0), 0.25, 0.0));
    assert!(is_close(ewma_weight(28.0), 0.068_965_5, 5e-8));
    let (ctl, atl) = (exponential_mean(&[100.0], CTL_DAYS), exponential_mean(&[100.0], ATL_DAYS));
    assert!(is_close(ctl[0], 2.352_83, 5e-6) && is_close(atl[0], 13.312_21, 5e-6));
}

#[test]
fn form_is_shown_the_next_morning_and_can_be_aimed_at() {
    let loads = [100.0, 0.0, 50.0, 80.0];
    let (ctl, atl) = (exponential_mean(&loads, CTL_DAYS), exponential_mean(&loads, ATL_DAYS));
    let tsb = daily_form(&ctl, &atl);
    assert_eq!((tsb[0], tsb[1]), (0.0, ctl[0] - atl[0]));
    // The load that was actually done is the one that leads to the resulting form.
    assert!(is_close(load_for_form(tsb[3], ctl[1], atl[1]), 50.0, 1e-9));
}

#[test]
fn missing_days_are_not_rest() {
    let known = exponential_mean(&[100.0, 0.0], CTL_DAYS);
    let missing = exponential_mean(&[100.0, f64::NAN], CTL_DAYS);
    assert!(missing[1] > known[1] && missing[1] == missing[0]);
    let day = |n: i32| Day(n);
    let daily = DailyLoads::from_entries(&[(day(3), 10.0), (day(1), 5.0), (day(1), 2.0)], false);
    assert_eq!((daily.first, daily.values[0], daily.missing_days()), (day(1), 7.0, 1));
    assert_eq!(
        DailyLoads::from_entries(&[(day(3), 10.0), (day(1), 5.0)], true).values,
        [5.0, 0.0, 10.0]
    );
    assert_eq!(
        DailyLoads::from_entries(&[(day(i32::MIN), 1.0), (day(i32::MAX), 1.0)], true).values.len(),
        40_001
    );
}

/// Foster (1998): mean over SD, with rest as 0. For 6 equal days and one of rest the mean is 6/7·L
/// and the population SD L·√6/7, so the monotony is √6.
#[test]
fn monotony_and_strain() {
    let week = [100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 0.0];
    assert!(is_close(rolling_monotony(&week)[6], 6f64.sqrt(), 1e-12));
    assert!(is_close(rolling_strain(&week)[6], 600.0 * 6f64.sqrt(), 1e-9));
    assert_eq!(rolling_monotony(&[70.0; 7])[6], 10.0);
    assert!(rolling_monotony(&[0.0; 7])[6].is_nan() && rolling_monotony(&week[..6])[5].is_nan());
    assert!(rolling_monotony(&[f64::NAN, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0])[6].is_nan());
}

/// Lolli (2017): the coupled ratio of 1:4 weeks cannot exceed 4; the uncoupled ratio is unbounded.
#[test]
fn ratios_of_a_week_out_of_nothing() {
    let mut loads = vec![0.001; 21];
    loads.extend([100.0; 7]);
    assert!(is_close(acute_chronic_ratio(&loads, AcwrKind::Coupled)[27], 4.0, 1e-3));
    assert!(acute_chronic_ratio(&loads, AcwrKind::Uncoupled)[27] > 1e4);
    let even = vec![50.0; 40];
    for ratio in [AcwrKind::Coupled, AcwrKind::Uncoupled, AcwrKind::Ewma] {
        assert!(
            is_close(acute_chronic_ratio(&even, ratio)[39], 1.0, 1e-12)
                && acute_chronic_ratio(&even, ratio)[26].is_nan()
        );
    }
    loads[22..25].fill(f64::NAN);
    assert!(acute_chronic_ratio(&loads, AcwrKind::Coupled)[27].is_nan());
}

#[test]
fn redi_weighs_known_days_only() {
    let values = redi_series(&[10.0, f64::NAN, 20.0], 0.1);
    let (a, b) = ((-0.2f64).exp(), 1.0);
    assert!(is_close(values[2], (10.0 * a + 20.0 * b) / (a + b), 1e-12));
    assert_eq!(values[1], 10.0);
    assert!(redi_series(&[f64::NAN], 0.1)[0].is_nan());
}

#[test]
fn spikes_against_the_longest_of_thirty_days() {
    let run = |day: i32, km: f64| (Day(day), km * 1000.0);
    let spikes = find_spikes(&[
        run(0, 10.0),
        run(5, 8.0),
        run(30, 10.9),
        run(31, 12.2),
        run(90, 30.0),
        run(95, 70.0),
    ]);
    let ratios: Vec<(i32, Option<f64>)> =
        spikes.iter().map(|spike| (spike.day.0, spike.hazard_ratio())).collect();
    // Day 90 has nothing to compare with; day 30 still sees day 0.
    assert_eq!(ratios, [(5, None), (30, None), (31, Some(1.64)), (95, Some(2.28))]);
    assert!(is_close(spikes[1].relative_excess(), 0.09, 1e-9));
    assert_eq!(Spike { day: Day(0), distance_m: 15.0, longest_m: 10.0 }.hazard_ratio(), Some(1.52));
}

/// Banister (1991): an hour at half of the reserve is 60 · 0.5 · 0.64·e^{0.96} for men.
#[test]
fn heart_rates_weigh_by_the_published_constants() {
    let time: Vec<f64> = (0..=360).map(|i| f64::from(i) * 10.0).collect();
    let rate = vec![125.0; time.len()];
    assert!(is_close(
        banister_trimp(&time, &rate, 50.0, 200.0, Sex::Male),
        30.0 * 0.64 * 0.96f64.exp(),
        1e-9
    ));
    assert!(is_close(
        banister_trimp(&time, &rate, 50.0, 200.0, Sex::Female),
        30.0 * 0.86 * 0.835f64.exp(),
        1e-9
    ));
    // 62.5 % of the maximum is Edwards' second zone; below the first threshold is Lucía's first.
    assert!(is_close(edwards_trimp(&time, &rate, 200.0), 120.0, 1e-9));
    assert!(is_close(lucia_trimp(&time, &rate, 140.0, 170.0), 60.0, 1e-9));
    assert!(banister_trimp(&time, &vec![f64::NAN; time.len()], 50.0, 200.0, Sex::Male).is_nan());
    assert!(banister_trimp(&time, &rate, 60.0, 60.0, Sex::Male).is_nan());
    // A break of an hour counts as half a minute.
    assert!(edwards_trimp(&[0.0, 3600.0], &[125.0, 125.0], 200.0) <= 1.0);
}

/// Coggan (2003): an hour at threshold is 100 points, and even power is its own normalised power.
#[test]
fn an_hour_at_threshold_is_a_hundred() {
    let time: Vec<f64> = (0..=3600).map(f64::from).collect();
    let power = vec![250.0; time.len()];
    let normalized = normalized_power(&time, &power);
    assert!(is_close(normalized, 250.0, 1e-9));
    assert!(is_close(power_load(3600.0, normalized, 250.0), 100.0, 1e-9));
    // Half the time 0, half 300 W, in blocks much longer than 30 s: nearly the fourth root of half
    // of 300⁴.
    let blocks: Vec<f64> = time.iter().map(|t| if *t < 1800.0 { 0.0 } else { 300.0 }).collect();
    assert!(is_close(normalized_power(&time, &blocks), 300.0 * 0.5f64.powf(0.25), 1.5));
    assert!(normalized_power(&time[..20], &power[..20]).is_nan());
    assert!(is_close(pace_load(1800.0, 4.0, 4.0), 50.0, 1e-9));
    assert_eq!(strength_volume(&[(3, 5, 100.0), (2, 10, 40.0)]), 2300.0);
    assert_eq!(session_rpe_load(7.0, 60.0), 420.0);
}

fn rpe_session(day: i32, load: f64) -> LoggedSession {
    LoggedSession {
        day: Day(day),
        loads: [(WorkloadMethod::SessionRpe, load)].into(),
        distance_m: f64::NAN,
        ..LoggedSession::default()
    }
}

#[test]
fn an_overview_has_a_figure_for_each_day_and_says_its_limits() {
    let log = AthleteLog {
        sessions: (0..60).map(|day| rpe_session(day, 100.0)).collect(),
        ..AthleteLog::default()
    };
    assert_eq!(usual_method(&log.sessions), Some(WorkloadMethod::SessionRpe));
    let report = load_overview("A", &log, WorkloadMethod::SessionRpe, false).unwrap();
    assert!(report.trends.iter().all(|trend| trend.values.len() == 60));
    assert_eq!((report.today, report.missing_days), (Day(59), 0));
    assert!(report.limits.iter().any(|limit| limit.contains("cannot be said")));
    assert!(load_overview("A", &log, WorkloadMethod::Tss, false).is_none());
    // JSON has no NaN: unknown values become null.
    assert!(report.trends[6].values[0].is_nan());
}
