use super::*;
use agoge_load::club::OddsEvaluation;
use fastrand::Rng;

/// Windows whose outcome depends on the last day's first value with a known slope, or on nothing.
fn simulated_windows(count: usize, slope: f64, seed: u64) -> Vec<DayWindow> {
    let mut rng = Rng::with_seed(seed);
    let mut normal = move || (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
    let mut rng = Rng::with_seed(seed + 1);
    let window = |i: usize| {
        let x = normal();
        let mut days: Vec<Vec<f32>> = (0..6).map(|_| vec![normal() as f32, 1.0]).collect();
        days[2] = vec![f32::NAN; 2];
        days[5][0] = x as f32;
        let p = 1.0 / (1.0 + (2.0 - slope * x).exp());
        DayWindow {
            athlete: i % 20,
            days,
            summary: vec![x as f32, normal() as f32, 1.0],
            outcome: rng.f64() < p,
        }
    };
    (0..count).map(window).collect()
}

fn evaluate_kind(kind: OddsModelKind, slope: f64, seed: u64) -> OddsEvaluation {
    let (known, new) =
        (simulated_windows(3000, slope, seed), simulated_windows(3000, slope, seed + 99));
    let model = learn_odds(kind, &known.iter().collect::<Vec<_>>(), 7).unwrap();
    let new: Vec<&DayWindow> = new.iter().collect();
    evaluate_odds(&model.log_odds(&new), &new, 200, 1)
}

/// A planted effect is found, with calibrated odds; the AUC of the true odds is 0.75 to 0.77 here.
#[test]
fn a_known_effect_is_found_and_calibrated() {
    for kind in OddsModelKind::ALL {
        let evaluation = evaluate_kind(kind, 1.0, 1);
        assert!(evaluation.auc > 0.72 && evaluation.auc < 0.80, "{kind:?} {evaluation:?}");
        assert!((0.75..1.3).contains(&evaluation.calibration_slope), "{kind:?} {evaluation:?}");
        assert!(
            evaluation.brier < evaluation.brier_of_base_rate && evaluation.is_reliable(),
            "{kind:?} {evaluation:?}"
        );
    }
}

/// Without an effect, the interval lies above chance in one draw of forty; more than one of ten is
/// itself a chance of one in forty.
#[test]
fn without_an_effect_almost_none_may_speak() {
    for kind in [OddsModelKind::Logistic, OddsModelKind::Boosted] {
        let evaluations: Vec<OddsEvaluation> =
            (1..=10).map(|seed| evaluate_kind(kind, 0.0, 1000 * seed)).collect();
        let mean = evaluations.iter().map(|evaluation| evaluation.auc).sum::<f64>() / 10.0;
        assert!(
            evaluations.iter().filter(|evaluation| evaluation.is_reliable()).count() <= 1,
            "{kind:?} {evaluations:?}"
        );
        // The standard error of one AUC is 0.017.
        assert!((mean - 0.5).abs() < 0.02, "{kind:?} {mean}");
    }
    let evaluation = evaluate_kind(OddsModelKind::Attention, 0.0, 1);
    assert!(!evaluation.is_reliable() && (evaluation.auc - 0.5).abs() < 0.06, "{evaluation:?}");
}

#[test]
fn one_outcome_alone_teaches_nothing() {
    let mut all = simulated_windows(50, 0.0, 1);
    all.iter_mut().for_each(|window| window.outcome = false);
    assert!(learn_odds(OddsModelKind::Logistic, &all.iter().collect::<Vec<_>>(), 1).is_err());
}

/// Log odds that are twice too large have a slope of one half.
#[test]
fn the_slope_shows_odds_that_are_too_extreme() {
    let all = simulated_windows(20_000, 1.0, 3);
    let twice: Vec<f64> =
        all.iter().map(|window| 2.0 * (f64::from(window.summary[0]) - 2.0)).collect();
    let evaluation = evaluate_odds(&twice, &all.iter().collect::<Vec<_>>(), 20, 1);
    assert!((evaluation.calibration_slope - 0.5).abs() < 0.05, "{evaluation:?}");
}
