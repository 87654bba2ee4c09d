//! Expected values were computed with NumPy 2.4 and SciPy 1.17. The signals are, with i =
//! np.arange(80), `p = 20 + 30*sin(2πi/40) + 4*cos(2πi/16)` and `d = -5 + 15*sin(2πi/40 - 0.9) +
//! 3*sin(2πi/10)`; the repetitions are `(p, d)`, `(1.1*p + cos(i/3), d + 2*sin(i/5))`, `(p +
//! 3*sin(i/7), 0.8*d)`.

use super::*;
use crate::normalise::CYCLE_POINTS;
use proptest::prelude::*;
use std::f64::consts::TAU;

const N: usize = 80;

fn over(value: impl Fn(f64) -> f64) -> Vec<f64> {
    (0..N).map(|i| value(i as f64)).collect()
}

fn proximal() -> Vec<f64> {
    over(|i| 20.0 + 30.0 * (TAU * i / 40.0).sin() + 4.0 * (TAU * i / 16.0).cos())
}

fn distal() -> Vec<f64> {
    over(|i| -5.0 + 15.0 * (TAU * i / 40.0 - 0.9).sin() + 3.0 * (TAU * i / 10.0).sin())
}

fn repetitions() -> Vec<(Vec<f64>, Vec<f64>)> {
    let add = |a: Vec<f64>, b: Vec<f64>, share: f64| {
        a.iter().zip(b).map(|(a, b)| share * a + b).collect()
    };
    vec![
        (proximal(), distal()),
        (
            add(proximal(), over(|i| (i / 3.0).cos()), 1.1),
            add(distal(), over(|i| 2.0 * (i / 5.0).sin()), 1.0),
        ),
        (add(proximal(), over(|i| 3.0 * (i / 7.0).sin()), 1.0), add(distal(), vec![0.0; N], 0.8)),
    ]
}

fn assert_at(values: &[f64], expected: &[(usize, f64)]) {
    for &(index, expected) in expected {
        // Both use double precision; different FFT lengths differ only by rounding.
        assert!((values[index] - expected).abs() < 1e-9, "{index}: {} {expected}", values[index]);
    }
}

/// `c = x - (x.min() + x.max())/2; degrees(angle(hilbert(pad(c, n-1,
/// mode='reflect'))[n-1:2*n-1]))`; CRP wrapped to (−180, 180].
#[test]
fn phase_and_relative_phase_equal_scipy() {
    assert_at(
        &phase_angle(&proximal()),
        &[
            (0, 12.93544278449938),
            (1, -31.35479280888041),
            (25, 134.0582282144816),
            (40, -99.2144423322544),
            (79, 137.5673929643257),
        ],
    );
    assert_at(
        &phase_angle(&proximal()[..79]),
        &[(0, 13.523109536324267), (40, -99.24486981533721), (78, 171.47550908266217)],
    );
    let relative = relative_phase(&proximal(), &distal());
    assert_at(
        &relative,
        &[
            (0, -165.83704780134866),
            (1, 115.09247594545377),
            (25, 50.52720230797678),
            (40, 37.08506535671131),
            (63, 46.58275739889618),
            (79, -41.21598410020326),
        ],
    );
    assert!((mean_absolute_relative_phase(&relative) - 54.7064155303097).abs() < 1e-9);
}

/// `g = degrees(arctan2(diff(d), diff(p))) % 360; z = exp(1j*radians(g)).mean(0); degrees(angle(z))
/// % 360; degrees(sqrt(2*(1-abs(z))))`.
#[test]
fn vector_coding_equals_numpy() {
    assert_at(
        &coupling_angles(&proximal(), &distal()),
        &[
            (0, 37.49326491081741),
            (20, 178.52666543191117),
            (45, 7.7008747256835175),
            (78, 20.927710908179876),
        ],
    );
    let coding = vector_coding(&repetitions());
    assert_at(
        &coding.mean,
        &[(0, 34.99360714399564), (20, 179.32970167827384), (70, 172.9956125824279)],
    );
    assert_at(
        &coding.variability,
        &[(0, 4.093442297385071), (20, 0.8877445137383473), (70, 5.203485395169806)],
    );
    assert!((coding.pattern_shares().iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

/// The bins of Chang et al. 2008, table 1.
#[test]
fn patterns_are_bins_of_forty_five_degrees() {
    use CouplingPattern::{AntiPhase, Distal, InPhase, Proximal};
    let bins = [
        (0.0, Proximal),
        (22.4, Proximal),
        (22.5, InPhase),
        (67.4, InPhase),
        (90.0, Distal),
        (135.0, AntiPhase),
    ];
    let opposite = bins.map(|(angle, pattern)| (angle + 180.0, pattern));
    for (angle, pattern) in
        bins.into_iter().chain(opposite).chain([(337.4, AntiPhase), (337.5, Proximal)])
    {
        assert_eq!(CouplingPattern::from_angle(angle), Some(pattern), "{angle}");
    }
    assert_eq!(CouplingPattern::from_angle(f64::NAN), None);
    let main = |mean: &[f64]| {
        VectorCoding { mean: mean.to_vec(), variability: vec![0.0; mean.len()] }.main_pattern()
    };
    assert_eq!(main(&[90.0, 0.0, 90.0, f64::NAN]), Distal);
    assert_eq!(main(&[45.0, 0.0]), InPhase, "the later of equal ones");
}

/// Templates of `x = sin(0.3 i) + 0.5 sin(0.37 i²)` counted pair by pair with `max(abs(a - b)) <=
/// 0.2*std(x, ddof=1)`: B = 60, A = 12.
#[test]
fn sample_entropy_counts_templates() {
    let x = over(|i| (0.3 * i).sin() + 0.5 * (0.37 * i * i).sin());
    assert!((sample_entropy(&x, 2, 0.2) - (60.0f64 / 12.0).ln()).abs() < 1e-12);
    assert!(sample_entropy(&[1.0, f64::NAN, 1.0, 2.0, 3.0], 2, 0.2).is_nan());
    // A period of 8 samples is regular: every stretch that matches continues to match.
    assert_eq!(sample_entropy(&over(|i| f64::from((i as u32) % 8)), 2, 0.2), 0.0);
}

#[test]
fn asymmetry_by_hand() {
    assert_eq!(bilateral_asymmetry(40.0, 60.0), 20.0);
    assert!(bilateral_asymmetry(0.0, 0.0).is_nan());
}

/// Logistic curves are fastest in their middle, which is planted at 0.50, 0.56 and 0.585 s, at 60
/// frames per second.
#[test]
fn peaks_come_in_the_planted_order() {
    let time: Vec<f64> = (0..61).map(|frame| f64::from(frame) / 60.0).collect();
    let step = |middle: f64| -> Vec<f64> {
        time.iter().map(|t| 90.0 / (1.0 + (-(t - middle) / 0.05).exp())).collect()
    };
    let curves = [step(0.50), step(0.56), step(0.585)];
    let peaks = peak_speeds(&curves.each_ref().map(Vec::as_slice), &time);
    // Central differences over two frames widen the peak slightly and symmetrically; the parabola
    // finds its middle to a twentieth of a frame.
    for (peak, planted) in peaks.iter().zip([0.50, 0.56, 0.585]) {
        assert!((peak.unwrap().time_s - planted).abs() < 0.001, "{peak:?} {planted}");
    }
    assert!((peak_gaps(&peaks)[0] - 0.06).abs() < 0.002);
    let still = peak_speeds(&[&[3.0; 61], &[f64::NAN; 61]], &time);
    assert_eq!(still, vec![None, None]);
}

#[test]
fn next_to_nothing_breaks_nothing() {
    for values in [&[][..], &[1.0], &[1.0, 2.0], &[1.0; 10], &[1.0, f64::NAN, 2.0, 3.0, 4.0]] {
        assert!(
            phase_angle(values).iter().all(|v| v.is_nan())
                && phase_angle(values).len() == values.len()
        );
        assert!(sample_entropy(&values[..values.len().min(3)], 2, 0.2).is_nan());
        coupling_angles(values, values);
    }
    assert!(circular_mean(&[]).0.is_nan() && vector_coding(&[]).mean.is_empty());
    assert!(mean_absolute_relative_phase(&[]).is_nan());
}

/// Smooth, moving curves: a sum of three waves over a cycle.
fn curve() -> impl Strategy<Value = Vec<f64>> {
    (-50.0..50.0f64, prop::array::uniform3((1.0..40.0f64, 0.0..TAU))).prop_map(|(offset, waves)| {
        (0..CYCLE_POINTS)
            .map(|i| {
                let wave = |(k, (size, phase)): (usize, &(f64, f64))| {
                    size / (k + 1) as f64 * (TAU * (k + 1) as f64 * i as f64 / 100.0 + phase).sin()
                };
                offset + waves.iter().enumerate().map(wave).sum::<f64>()
            })
            .collect()
    })
}

/// The distance between two angles, degrees.
fn apart(a: f64, b: f64) -> f64 {
    let difference = (a - b).rem_euclid(360.0);
    difference.min(360.0 - difference)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// A curve is in phase with itself however it is shifted or scaled, and in anti-phase with its
    /// mirror image.
    #[test]
    fn relative_phase_knows_no_size(x in curve(), size in 0.1..10.0f64, shift in -100.0..100.0f64) {
        let other: Vec<f64> = x.iter().map(|v| size * v + shift).collect();
        let mirror: Vec<f64> = x.iter().map(|v| shift - size * v).collect();
        for (same, opposite) in relative_phase(&x, &other).into_iter().zip(relative_phase(&x, &mirror)) {
            prop_assert!(same.abs() < 1e-6 && apart(opposite, 180.0) < 1e-6);
            prop_assert!(opposite > -180.0 && opposite <= 180.0);
        }
    }

    /// The relative phase of a wave with a known lag equals the lag in the middle, away from the
    /// ends.
    #[test]
    fn a_planted_lag_is_found(lag in -170.0..170.0f64) {
        let wave = |lag: f64| over(|i| (TAU * i / 10.0 - lag.to_radians()).cos());
        let relative = relative_phase(&wave(0.0), &wave(lag));
        prop_assert!(apart(relative[40], lag) < 3.0, "{} {lag}", relative[40]);
    }

    #[test]
    fn coupling_is_a_right_angle_when_exchanged(x in curve(), y in curve()) {
        // Exchanging the axes of the angle-angle plot mirrors it about the 45° line.
        for (a, b) in coupling_angles(&x, &y).into_iter().zip(coupling_angles(&y, &x)) {
            prop_assert!((0.0..360.0).contains(&a) && apart(a, 90.0 - b) < 1e-9);
        }
    }

    #[test]
    fn variability_is_bounded_and_zero_for_the_same(x in curve(), y in curve(), z in curve()) {
        let same = vector_coding(&[(x.clone(), y.clone()), (x.clone(), y.clone())]);
        // √(2(1 − r)) turns a rounding of 1e-16 in r into 1e-8 rad.
        prop_assert!(same.variability.iter().all(|v| *v < 1e-5));
        let other = vector_coding(&[(x.clone(), y.clone()), (y, z.clone()), (z, x)]);
        prop_assert!(other.variability.iter().all(|v| (0.0..=81.03).contains(v)));
    }

    #[test]
    fn sample_entropy_knows_no_size(x in curve(), size in 0.1..10.0f64) {
        let other: Vec<f64> = x.iter().map(|v| size * v).collect();
        let (a, b) = (sample_entropy(&x, 2, 0.2), sample_entropy(&other, 2, 0.2));
        // A pair exactly at the tolerance may fall on either side of it by rounding; that affects
        // one pair in thousands.
        prop_assert!((a - b).abs() < 0.01 && a >= 0.0);
    }

    #[test]
    fn exchanging_the_sides_turns_the_sign(left in 0.1..100.0f64, right in 0.1..100.0f64) {
        prop_assert!((bilateral_asymmetry(left, right) + bilateral_asymmetry(right, left)).abs() < 1e-9);
    }
}
