//! Attention against its definition in double precision.

use super::*;

struct AttentionCase {
    queries: usize,
    keys: usize,
    channels: usize,
    hidden: bool,
    window: Option<KeyWindow>,
}

fn attention_cases() -> Vec<AttentionCase> {
    let mut cases = Vec::new();
    let causal = Some(KeyWindow { first: 0, back: usize::MAX, ahead: 0 });
    for (queries, keys, channels) in [
        (1, 1, 1),
        (3, 5, 7),
        (25, 25, 16),
        (32, 33, 16),
        (33, 64, 20),
        (64, 130, 33),
        (140, 300, 64),
        (1, 257, 32),
    ] {
        if cfg!(miri) && queries * keys * channels > 20_000 {
            continue;
        }
        for hidden in [false, true] {
            for window in [None, causal, Some(KeyWindow { first: 4, back: 9, ahead: 2 })] {
                cases.push(AttentionCase { queries, keys, channels, hidden, window });
            }
        }
    }
    cases
}

/// The definition in double precision: output, attention, logarithm of the sum.
fn exact_attention(a: &AttentionInputs) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let (mut out, mut map, mut sums) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..a.query.rows() {
        let weights: Vec<f64> = (0..a.key.rows())
            .map(|j| {
                let place = |w: KeyWindow| w.first + i;
                let seen = a.window.is_none_or(|w| {
                    j <= place(w).saturating_add(w.ahead) && j.saturating_add(w.back) >= place(w)
                }) && a.key_bias.is_none_or(|bias| bias[j] == 0.0);
                let energy: f64 = a
                    .query
                    .row(i)
                    .iter()
                    .zip(a.key.row(j))
                    .map(|(q, k)| f64::from(*q) * f64::from(*k))
                    .sum();
                if seen { (energy * f64::from(a.scale)).exp() } else { 0.0 }
            })
            .collect();
        let sum: f64 = weights.iter().sum();
        let share = |w: f64| if sum == 0.0 { 0.0 } else { w / sum };
        for c in 0..a.value.columns() {
            out.push(
                weights
                    .iter()
                    .enumerate()
                    .map(|(j, w)| share(*w) * f64::from(a.value.row(j)[c]))
                    .sum(),
            );
        }
        map.extend(weights.iter().map(|w| share(*w)));
        sums.push(sum.ln());
    }
    (out, map, sums)
}

#[test]
fn every_path_gives_the_definition() {
    let mut random = fastrand::Rng::with_seed(5);
    for case in attention_cases() {
        let (n, keys, d) = (case.queries, case.keys, case.channels);
        let stride = d + 3;
        let mut draw = |n: usize| (0..n).map(|_| random.f32() * 4.0 - 2.0).collect::<Vec<f32>>();
        let (q, k, v) = (draw(n * stride), draw(keys * stride), draw(keys * (stride + 2)));
        let bias: Vec<f32> = (0..keys)
            .map(|j| if case.hidden && j % 3 == 1 { f32::NEG_INFINITY } else { 0.0 })
            .collect();
        let a = AttentionInputs {
            query: Matrix::with_strides(&q, n, d, stride, 1),
            key: Matrix::with_strides(&k, keys, d, stride, 1),
            value: Matrix::with_strides(&v, keys, d + 2, stride + 2, 1),
            scale: 1.0 / (d as f32).sqrt(),
            key_bias: case.hidden.then_some(&bias),
            window: case.window,
        };
        let (out, map, log_sums) = exact_attention(&a);
        for isa in Isa::all_supported() {
            let what =
                format!("{} {n}×{keys}×{d} {:?} hidden {}", isa.name(), case.window, case.hidden);
            let mut got = vec![f32::NAN; n * (d + 2)];
            let mut sums = vec![0.0; n];
            let mut memory = vec![f32::NAN; scratch_len(d)];
            attend_head(
                isa,
                a,
                &mut MatrixMut::new(&mut got, n, d + 2),
                Some(&mut sums),
                &mut memory,
            );
            let mut seen = vec![f32::NAN; n * keys];
            attention_map(isa, a, &mut MatrixMut::new(&mut seen, n, keys), &mut memory);
            for (got, exact) in got.iter().chain(&seen).zip(out.iter().chain(&map)) {
                assert!((f64::from(*got) - exact).abs() < 1e-5, "{what}: {got} instead of {exact}");
            }
            for (got, exact) in sums.iter().zip(&log_sums) {
                let alike =
                    (f64::from(*got) - exact).abs() < 1e-4 || (exact.is_infinite() && *got < -1e20);
                assert!(alike, "{what}: log sum {got} instead of {exact}");
            }
        }
    }
}

#[test]
fn a_query_does_not_depend_on_its_neighbours() {
    let mut random = fastrand::Rng::with_seed(6);
    let (n, d) = (if cfg!(miri) { 50 } else { 150 }, 16);
    let x: Vec<f32> = (0..n * d).map(|_| random.f32() * 8.0 - 4.0).collect();
    let x = Matrix::new(&x, n, d);
    for isa in Isa::all_supported() {
        let mut memory = vec![0.0; scratch_len(d)];
        let mut run = |from: usize, rows: usize| {
            let a = AttentionInputs {
                query: x.sub_rows(from, rows),
                key: x,
                value: x,
                scale: 0.25,
                key_bias: None,
                window: None,
            };
            let mut out = vec![0.0; rows * d];
            attend_head(isa, a, &mut MatrixMut::new(&mut out, rows, d), None, &mut memory);
            out
        };
        let all = run(0, n);
        for (from, rows) in [(0, 1), (7, 30), (n - 10, 10)] {
            assert_eq!(&all[from * d..(from + rows) * d], run(from, rows), "{}", isa.name());
        }
    }
}
