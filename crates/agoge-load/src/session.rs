//! The load of one session. Sample times are increasing seconds, values are NaN where missing, both
//! `[sample]`.

use agoge_kinematics::dynamics::Sex;

/// Longest time that one sample represents: devices with smart recording write one at least every
/// 10 s; longer gaps are breaks.
const LONGEST_STEP_S: f64 = 30.0;

/// Session load, AU: RPE (CR-10) × minutes (Foster 1998, 2001).
///
/// ```
/// use agoge_load::session_rpe_load;
/// assert_eq!(session_rpe_load(6.0, 45.0), 270.0);
/// ```
pub fn session_rpe_load(rpe: f64, minutes: f64) -> f64 {
    rpe * minutes
}

/// Yields minutes and value of each sample, which lasts until the next one. Missing values are
/// skipped.
fn sample_minutes<'a>(time: &'a [f64], values: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
    let steps = time.windows(2).map(|pair| pair[1] - pair[0]);
    steps
        .zip(values)
        .filter(|(step, value)| *step > 0.0 && value.is_finite())
        .map(|(step, value)| (step.min(LONGEST_STEP_S) / 60.0, *value))
}

/// Banister's TRIMP, AU: Σ minutes · x · a·e^{b·x}, where x is the share of the heart-rate reserve
/// and a, b are 0.64, 1.92 for men and 0.86, 1.67 for women (Banister 1991; Morton, Fitz-Clarke &
/// Banister 1990). NaN if no heart rate is known or the reserve is not positive.
///
/// ```
/// use agoge_kinematics::dynamics::Sex;
/// use agoge_load::banister_trimp;
/// // One minute at half of the reserve from 50 to 190: 0.5 · 0.64 · e^0.96 = 0.8357.
/// let trimp = banister_trimp(&[0.0, 30.0, 60.0], &[120.0; 3], 50.0, 190.0, Sex::Male);
/// assert!((trimp - 0.5 * 0.64 * 0.96f64.exp()).abs() < 1e-12);
/// ```
pub fn banister_trimp(
    time: &[f64],
    heart_rate: &[f64],
    resting: f64,
    maximum: f64,
    sex: Sex,
) -> f64 {
    let (a, b) = match sex {
        Sex::Male => (0.64, 1.92),
        Sex::Female => (0.86, 1.67),
    };
    let reserve = maximum - resting;
    if reserve.is_nan() || reserve <= 0.0 {
        return f64::NAN;
    }
    sum_or_nan(sample_minutes(time, heart_rate).map(|(minutes, rate)| {
        let x = ((rate - resting) / reserve).clamp(0.0, 1.0);
        minutes * x * a * (b * x).exp()
    }))
}

/// Edwards' TRIMP, AU: minutes in five zones of the maximum heart rate (50, 60, 70, 80, 90 % and
/// above) × 1 to 5 (Edwards 1993).
///
/// ```
/// use agoge_load::edwards_trimp;
/// // One minute at 75 % of 200 beats per minute counts three times.
/// let trimp = edwards_trimp(&[0.0, 30.0, 60.0], &[150.0; 3], 200.0);
/// assert!((trimp - 3.0).abs() < 1e-12);
/// ```
pub fn edwards_trimp(time: &[f64], heart_rate: &[f64], maximum: f64) -> f64 {
    let limits = [0.5, 0.6, 0.7, 0.8, 0.9].map(|share| share * maximum);
    zone_weighted_load(time, heart_rate, &limits, 0.0)
}

/// Lucía's TRIMP, AU: minutes below the first ventilatory threshold × 1, between both × 2, above
/// the second × 3 (Lucía 2003).
///
/// ```
/// use agoge_load::lucia_trimp;
/// // Half a minute below both thresholds and half a minute between them: 0.5 · 1 + 0.5 · 2.
/// let trimp = lucia_trimp(&[0.0, 30.0, 60.0], &[130.0, 155.0, 155.0], 140.0, 170.0);
/// assert!((trimp - 1.5).abs() < 1e-12);
/// ```
pub fn lucia_trimp(
    time: &[f64],
    heart_rate: &[f64],
    first_threshold: f64,
    second_threshold: f64,
) -> f64 {
    zone_weighted_load(time, heart_rate, &[first_threshold, second_threshold], 1.0)
}

fn zone_weighted_load(time: &[f64], heart_rate: &[f64], limits: &[f64], lowest_weight: f64) -> f64 {
    let zones = zone_minutes(time, heart_rate, limits);
    match heart_rate.iter().any(|rate| rate.is_finite()) && limits.iter().all(|limit| *limit > 0.0)
    {
        true => zones
            .iter()
            .enumerate()
            .map(|(zone, minutes)| (zone as f64 + lowest_weight) * minutes)
            .sum(),
        false => f64::NAN,
    }
}

/// Minutes below the first limit, between each pair of limits, and from the last one up: `[limits +
/// 1]`.
///
/// ```
/// use agoge_load::zone_minutes;
/// let minutes = zone_minutes(&[0.0, 30.0, 60.0], &[90.0, 130.0, 130.0], &[100.0, 150.0]);
/// assert_eq!(minutes, [0.5, 0.5, 0.0]);
/// ```
pub fn zone_minutes(time: &[f64], values: &[f64], limits: &[f64]) -> Vec<f64> {
    let mut zones = vec![0.0; limits.len() + 1];
    for (minutes, value) in sample_minutes(time, values) {
        zones[limits.iter().filter(|limit| value >= **limit).count()] += minutes;
    }
    zones
}

/// Normalised power, W: fourth root of the mean fourth power of the 30 s rolling mean (Coggan
/// 2003). The first 30 s only fill the window. NaN if less than 30 s of power are known.
///
/// ```
/// use agoge_load::normalized_power;
/// let time: Vec<f64> = (0..=60).map(f64::from).collect();
/// // At a constant power, the normalised power is that power.
/// assert!((normalized_power(&time, &[200.0; 61]) - 200.0).abs() < 1e-9);
/// assert!(normalized_power(&time[..20], &[200.0; 20]).is_nan());
/// ```
pub fn normalized_power(time: &[f64], power: &[f64]) -> f64 {
    // Resample to a grid of seconds: each sample holds until the next, breaks are cut out.
    let mut seconds = Vec::new();
    let mut pending_s = 0.0;
    for (minutes, watts) in sample_minutes(time, power) {
        pending_s += minutes * 60.0;
        while pending_s >= 0.5 {
            seconds.push(watts);
            pending_s -= 1.0;
        }
    }
    let mut rolling = 0.0;
    let (mut fourth_power_sum, mut count) = (0.0, 0u32);
    for (second, watts) in seconds.iter().enumerate() {
        rolling += watts;
        if second >= 30 {
            rolling -= seconds[second - 30];
        }
        if second >= 29 {
            fourth_power_sum += (rolling / 30.0).max(0.0).powi(4);
            count += 1;
        }
    }
    if count == 0 { f64::NAN } else { (fourth_power_sum / f64::from(count)).powf(0.25) }
}

/// TSS, points: seconds · NP · IF / (FTP · 3600) · 100 with IF = NP / FTP (Coggan 2003). An hour at
/// threshold scores 100.
///
/// ```
/// use agoge_load::power_load;
/// assert!((power_load(3600.0, 250.0, 250.0) - 100.0).abs() < 1e-12);
/// // Half an hour at 80 % of the threshold: 0.5 · 0.8² · 100 = 32.
/// assert!((power_load(1800.0, 200.0, 250.0) - 32.0).abs() < 1e-12);
/// ```
pub fn power_load(seconds: f64, normalized: f64, threshold: f64) -> f64 {
    seconds * normalized * (normalized / threshold) / (threshold * 3600.0) * 100.0
}

/// Pace load, points: as [`power_load`] with the mean speed and the speed that can be held for an
/// hour, m/s, on level ground.
///
/// ```
/// use agoge_load::pace_load;
/// // Two hours at half of the threshold speed: 2 · 0.5² · 100 = 50.
/// assert!((pace_load(7200.0, 2.0, 4.0) - 50.0).abs() < 1e-12);
/// ```
pub fn pace_load(seconds: f64, speed: f64, threshold: f64) -> f64 {
    power_load(seconds, speed, threshold)
}

/// Strength volume, kg: Σ sets × repetitions × mass; each item is (sets, repetitions, kg).
///
/// ```
/// use agoge_load::strength_volume;
/// // 3 × 5 at 100 kg and 2 × 10 at 40 kg.
/// assert_eq!(strength_volume(&[(3, 5, 100.0), (2, 10, 40.0)]), 2300.0);
/// ```
pub fn strength_volume(lifts: &[(u32, u32, f64)]) -> f64 {
    lifts
        .iter()
        .map(|(sets, repetitions, mass)| f64::from(*sets) * f64::from(*repetitions) * mass)
        .sum()
}

/// The sum, or NaN for no parts, because "nothing measured" is not "no load".
fn sum_or_nan(parts: impl Iterator<Item = f64>) -> f64 {
    parts.fold(f64::NAN, |sum, part| if sum.is_nan() { part } else { sum + part })
}
