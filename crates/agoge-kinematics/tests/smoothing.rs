//! Residual error and lag of each filter on a pose network's noise, measured on simulated athletes
//! whose movement is known (docs/results/video.md, "Smoothing").
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // this whole file is test code

use agoge_kinematics::{Curves, measure_curves};
use agoge_motion::Recording;
use agoge_motion::filter::{Butterworth, CutoffCorrection, OneEuro, smooth_whittaker};
use agoge_motion::simulate::{Exercise, SimulatedCamera, SimulatedSet};
use agoge_motion::statistics::normal_deviate;

/// Angles that are visible from the side.
const ANGLES: [&str; 4] = ["knee_flexion", "hip_flexion", "elbow_flexion", "trunk_lean"];

/// Corrupts a film like a pose network does, px: with slow errors (an autoregressive process with a
/// time constant of 1/8 s, standard deviation `slow`) and errors that are independent in each frame
/// (`fast`). Both are scaled by 1 / confidence, and the confidence, which the network reports,
/// drifts between 0.35 and 1.
fn spoil(film: &mut Recording, slow: f64, fast: f64, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let (joints, rate_hz) = (film.joint_count(), film.rate_hz());
    let keeps = (-8.0 / rate_hz).exp();
    for joint in 0..joints {
        let mut error = [0, 1].map(|_| slow * normal_deviate(&mut rng));
        let (phase, period_s) = (rng.f64() * std::f64::consts::TAU, 1.0 + 3.0 * rng.f64());
        for frame in 0..film.frame_count() {
            let at = frame * joints + joint;
            let turn = phase + film.time[frame] / period_s * std::f64::consts::TAU;
            let confidence = 0.675 + 0.325 * turn.sin();
            film.confidence[at] = confidence as f32;
            for (error, value) in error.iter_mut().zip(&mut film.position[at]) {
                *error =
                    keeps * *error + (1.0 - keeps * keeps).sqrt() * slow * normal_deviate(&mut rng);
                *value += (*error + fast * normal_deviate(&mut rng)) / confidence;
            }
        }
    }
}

/// A Kalman filter for a point that moves with constant velocity (`N` = 2) or acceleration (3),
/// with white noise in the next derivative, followed by the Rauch–Tung–Striebel smoother (1965).
/// The noise of a measurement has the variance 1 / weight; a signal at `cutoff_hz` is attenuated to
/// half its amplitude.
fn kalman_rts<const N: usize>(
    x: &[f64],
    weights: &[f64],
    rate_hz: f64,
    cutoff_hz: f64,
) -> Vec<f64> {
    type Square<const N: usize> = [[f64; N]; N];
    let t = 1.0 / rate_hz;
    let factorial = |n: usize| (1..=n).product::<usize>() as f64;
    let over = |n: i32| -> f64 { t.powi(n) };
    let f: Square<N> = std::array::from_fn(|i| {
        std::array::from_fn(|j| if j < i { 0.0 } else { over((j - i) as i32) / factorial(j - i) })
    });
    let w = std::f64::consts::TAU * cutoff_hz;
    let density = t * w.powi(2 * N as i32);
    let q: Square<N> = std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let (a, b) = (N - 1 - i, N - 1 - j);
            density * over((a + b + 1) as i32) / ((a + b + 1) as f64 * factorial(a) * factorial(b))
        })
    });
    let times = |a: &Square<N>, b: &Square<N>| -> Square<N> {
        std::array::from_fn(|i| std::array::from_fn(|j| (0..N).map(|k| a[i][k] * b[k][j]).sum()))
    };
    let turned =
        |a: &Square<N>| -> Square<N> { std::array::from_fn(|i| std::array::from_fn(|j| a[j][i])) };
    let of = |a: &Square<N>, v: &[f64; N]| -> [f64; N] {
        std::array::from_fn(|i| (0..N).map(|k| a[i][k] * v[k]).sum())
    };
    let mut steps = Vec::new();
    let mut m: [f64; N] = std::array::from_fn(|i| if i == 0 { x[0] } else { 0.0 });
    let mut p: Square<N> = std::array::from_fn(|i| {
        std::array::from_fn(|j| if i == j { 1e6 * w.powi(2 * i as i32) } else { 0.0 })
    });
    for (k, (&z, &weight)) in x.iter().zip(weights).enumerate() {
        let (before, spread) = if k == 0 {
            (m, p)
        } else {
            let mut next = times(&times(&f, &p), &turned(&f));
            (0..N).for_each(|i| (0..N).for_each(|j| next[i][j] += q[i][j]));
            (of(&f, &m), next)
        };
        let gain: [f64; N] = std::array::from_fn(|i| spread[i][0] / (spread[0][0] + 1.0 / weight));
        m = std::array::from_fn(|i| before[i] + gain[i] * (z - before[0]));
        p = std::array::from_fn(|i| std::array::from_fn(|j| spread[i][j] - gain[i] * spread[0][j]));
        steps.push((before, spread, m, p));
    }
    let mut smooth = vec![0.0; x.len()];
    let mut later = m;
    for k in (0..x.len()).rev() {
        let (_, _, own, p) = &steps[k];
        if let Some((before, spread, ..)) = steps.get(k + 1) {
            // Filtered state + P Fᵀ S⁻¹ (later − before); S v = later − before is solved by
            // Gaussian elimination.
            let mut rows: Vec<Vec<f64>> =
                (0..N).map(|i| [&spread[i][..], &[later[i] - before[i]]].concat()).collect();
            for i in 0..N {
                for j in i + 1..N {
                    let share = rows[j][i] / rows[i][i];
                    (i..=N).for_each(|c| rows[j][c] -= share * rows[i][c]);
                }
            }
            let mut v = [0.0; N];
            for i in (0..N).rev() {
                v[i] =
                    (rows[i][N] - (i + 1..N).map(|j| rows[i][j] * v[j]).sum::<f64>()) / rows[i][i];
            }
            let back = of(&times(p, &turned(&f)), &v);
            later = std::array::from_fn(|i| own[i] + back[i]);
        }
        smooth[k] = later[0];
    }
    smooth
}

/// A function that smooths one coordinate, given the weight of each value and the frame rate, Hz.
type Smooth = Box<dyn Fn(&[f64], &[f64], f64) -> Vec<f64>>;

fn smoothed(film: &Recording, smooth: &Smooth) -> Recording {
    let mut out = film.clone();
    let joints = film.joint_count();
    for joint in 0..joints {
        let variances = (0..film.frame_count())
            .map(|frame| f64::from(film.confidence[frame * joints + joint]).powi(-2));
        let mean = variances.clone().sum::<f64>() / film.frame_count() as f64;
        // Scaled to a mean variance of 1, so that the cut-off has the same meaning with and without
        // weights.
        let weights: Vec<f64> = variances.map(|variance| mean / variance).collect();
        for axis in 0..2 {
            let x: Vec<f64> = film.joint_track(joint).map(|p| p[axis]).collect();
            for (frame, value) in smooth(&x, &weights, film.rate_hz()).into_iter().enumerate() {
                out.position[frame * joints + joint][axis] = value;
            }
        }
    }
    out
}

fn angles(recording: &Recording) -> Curves {
    measure_curves(&recording.to_body().recording).curves
}

/// The lag of one signal behind another, s: the least-squares shift, interpolated between frames by
/// a parabola.
fn lag_s(truth: &[f64], found: &[f64], rate_hz: f64) -> f64 {
    let reach = (0.3 * rate_hz) as isize;
    let off = |shift: isize| {
        let pairs = (reach..truth.len() as isize - reach)
            .map(|k| (truth[k as usize], found[(k + shift) as usize]));
        pairs.map(|(a, b)| (a - b).powi(2)).filter(|square| square.is_finite()).sum::<f64>()
    };
    let best = (-reach + 1..reach).min_by(|&a, &b| off(a).total_cmp(&off(b))).unwrap();
    let [a, b, c] = [off(best - 1), off(best), off(best + 1)];
    (best as f64 + 0.5 * (a - c) / (a - 2.0 * b + c)) / rate_hz
}

/// Residual errors of a filter, root mean squares over all films: distance, px; error of the angles
/// visible from the side, degrees; lag of the angles, ms; and change of the angles from frame to
/// frame at rest, degrees.
#[derive(Default)]
struct Left {
    px: f64,
    degrees: f64,
    lag_ms: f64,
    jitter: f64,
}

/// The mean over known values: unfiltered noise sometimes makes a forearm look too short for its
/// angle to be measured.
fn root_mean(squares: &[f64]) -> f64 {
    let known: Vec<f64> = squares.iter().copied().filter(|square| square.is_finite()).collect();
    assert!(known.len() * 100 > squares.len() * 99, "{} of {}", known.len(), squares.len());
    (known.iter().sum::<f64>() / known.len() as f64).sqrt()
}

fn left_by(smooth: &Smooth) -> Left {
    let (mut px, mut degrees, mut lags, mut jitter) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for exercise in [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl] {
        for (seed, rate_hz, tempo_s) in
            [(1, 30.0, [1.2, 1.1]), (2, 30.0, [0.6, 0.5]), (3, 60.0, [1.2, 1.1])]
        {
            let set = SimulatedSet {
                repetitions: 5,
                rate_hz,
                seed,
                tempo_s,
                ..SimulatedSet::new(exercise)
            };
            let clean = SimulatedCamera::phone(90.0).film_recording(&set.simulate().recording);
            let mut film = clean.clone();
            spoil(&mut film, 2.0, 2.0, seed);
            let smooth = smoothed(&film, smooth);
            let pairs =
                clean.position.iter().zip(&smooth.position).filter(|(a, _)| a[0].is_finite());
            px.extend(pairs.map(|(a, b)| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)));
            let (truth, found) = (angles(&clean), angles(&smooth));
            for curve in truth.curves.iter().filter(|curve| ANGLES.contains(&curve.name.as_str())) {
                let values = &found.get(&curve.name, curve.side).unwrap().values;
                degrees.extend(curve.values.iter().zip(values).map(|(a, b)| (a - b).powi(2)));
                let range = curve.values.iter().copied().fold(f64::MIN, f64::max)
                    - curve.values.iter().copied().fold(f64::MAX, f64::min);
                if range > 60.0 {
                    lags.push(1000.0 * lag_s(&curve.values, values, rate_hz));
                } else if range < 5.0 {
                    jitter.extend(values.windows(2).map(|w| (w[1] - w[0]).powi(2)));
                }
            }
        }
    }
    let lag_ms = lags.iter().sum::<f64>() / lags.len() as f64;
    Left { px: root_mean(&px), degrees: root_mean(&degrees), lag_ms, jitter: root_mean(&jitter) }
}

/// The λ with which a Whittaker smoother halves a signal at the cut-off, like a Butterworth filter
/// run in both directions: both keep 1 / (1 + (f / cut-off)⁴) of it.
fn lambda(cutoff_hz: f64, rate_hz: f64) -> f64 {
    (rate_hz / (std::f64::consts::TAU * cutoff_hz)).powi(4)
}

#[test]
fn a_kalman_smoother_is_no_better_than_the_filter_that_is_there_and_one_euro_is_little_late() {
    const CUTOFF_HZ: f64 = 6.0;
    let filters: [(&str, Smooth); 7] = [
        ("none", Box::new(|x, _, _| x.to_vec())),
        (
            "Butterworth, both ways",
            Box::new(|x, _, rate_hz| {
                let mut x = x.to_vec();
                Butterworth::new(4, CUTOFF_HZ, rate_hz, CutoffCorrection::None)
                    .unwrap()
                    .filter_zero_phase(&mut x);
                x
            }),
        ),
        ("Whittaker", Box::new(|x, _, rate_hz| smooth_whittaker(x, lambda(CUTOFF_HZ, rate_hz)))),
        (
            "Kalman-RTS, velocity",
            Box::new(|x, w, rate_hz| kalman_rts::<2>(x, &vec![1.0; w.len()], rate_hz, CUTOFF_HZ)),
        ),
        ("… by confidence", Box::new(|x, w, rate_hz| kalman_rts::<2>(x, w, rate_hz, CUTOFF_HZ))),
        (
            "Kalman-RTS, acceleration, by confidence",
            Box::new(|x, w, rate_hz| kalman_rts::<3>(x, w, rate_hz, CUTOFF_HZ)),
        ),
        (
            "One-Euro, live",
            Box::new(|x, _, rate_hz| {
                // As in agoge::live: 2 Hz, plus 1.25 Hz for each trunk length (126 px here) per
                // second.
                let mut filter = OneEuro::new(2.0, 1.25 / 126.0);
                x.iter().enumerate().map(|(k, &x)| filter.push(k as f64 / rate_hz, x)).collect()
            }),
        ),
    ];
    let left = filters.map(|(name, smooth)| {
        let left = left_by(&smooth);
        let Left { px, degrees, lag_ms, jitter } = left;
        println!("{name:40} {px:.2} px, {degrees:.2}°, {lag_ms:+.0} ms late, at rest {jitter:.2}° from frame to frame");
        left
    });
    let [none, butterworth, whittaker, velocity, by_confidence, acceleration, one_euro] = left;
    // These three filters are equivalent except at the ends, and except for an effect of the time
    // step if it is not small compared with 1 / cut-off (30 frames per second: 2 % of the
    // frequency).
    for other in [&whittaker, &velocity] {
        assert!((other.degrees / butterworth.degrees - 1.0).abs() < 0.05, "{}", other.degrees);
    }
    // Using the confidence gains less than a tenth, even though the noise follows it exactly.
    for other in [&by_confidence, &acceleration] {
        assert!(other.degrees > 0.9 * butterworth.degrees, "{}", other.degrees);
    }
    assert!(
        one_euro.degrees < 0.8 * none.degrees
            && one_euro.jitter < 0.4 * none.jitter
            && one_euro.lag_ms < 45.0
    );
}
