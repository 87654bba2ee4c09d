use super::*;
use crate::{DailyLoads, WorkloadMethod};
use agoge_analysis::Certainty;
use agoge_motion::Day;

/// By hand from Padua (2015): 0.86 · 7 / (0.86 · 7 + 0.36 · 822) = 1.99 %.
#[test]
fn a_flag_means_two_in_a_hundred() {
    let test = ScreeningTest::LESS;
    assert!((100.0 * test.positive_predictive_value() - 2.0).abs() < 0.05);
    assert!((100.0 * test.negative_predictive_value() - 99.8).abs() < 0.05);
    let text = screening_text();
    assert!(
        text.contains("2.0 % of the flagged were: 1 in 50") && text.contains("99.8 %"),
        "{text}"
    );
}

#[test]
fn the_questionnaire_is_scored_as_published() {
    let week = |participation, volume, performance, pain| WeeklyQuestionnaire {
        day: Day(0),
        participation,
        volume,
        performance,
        pain,
    };
    assert_eq!(week(25, 25, 25, 25).severity_score(), 100);
    assert_eq!(
        (week(8, 8, 8, 17).severity_score(), week(8, 8, 8, 17).is_substantial()),
        (41, false)
    );
    assert!(week(8, 17, 0, 8).is_substantial() && week(25, 0, 0, 0).is_substantial());
    assert!(week(8, 8, 9, 0).invalid_answer().is_some_and(|why| why.contains("performance is 9")));
}

#[test]
fn areas_are_found_by_code_name_and_everyday_word() {
    assert_eq!(Area::find("q"), Some(Area::LowerLeg));
    assert_eq!(Area::find("hip/groin"), Some(Area::HipGroin));
    assert_eq!(Area::from_everyday_word("Stress - Achilles"), Area::Ankle);
    assert_eq!(Area::from_everyday_word("Hamstring"), Area::Thigh);
    assert_eq!(Area::from_everyday_word("Contact"), Area::Unspecified);
    assert_eq!(Onset::find("repetitive_gradual"), Some(Onset::RepetitiveGradual));
    assert_eq!(Tissue::find("muscle/tendon"), Some(Tissue::MuscleTendon));
    assert!(Area::ALL.iter().all(|area| Area::find(area.code()) == Some(*area)
        && Area::find(&area.label().replace(' ', "_")) == Some(*area)));
    let codes: std::collections::BTreeSet<&str> =
        Area::ALL.iter().map(|area| area.code()).collect();
    assert_eq!(codes.len(), Area::ALL.len());
}

fn test_history<'a>(
    loads: &'a DailyLoads,
    runs: &'a [(Day, f64)],
    pains: &'a [Pain],
    changes: &'a [FactorChange],
) -> AthleteHistory<'a> {
    AthleteHistory {
        today: loads.day_at(loads.values.len() - 1),
        loads,
        method: WorkloadMethod::SessionRpe,
        runs,
        pains,
        weeks: &[],
        changes,
    }
}

#[test]
fn each_rule_speaks_when_it_should_and_no_other() {
    // The weeks repeat, so the last one is no harder than the others and stays within the personal
    // limit.
    let usual = DailyLoads {
        first: Day(0),
        values: (0..200).map(|day| f64::from((day % 7) * 60)).collect(),
    };
    assert!(rule_warnings(&test_history(&usual, &[], &[], &[])).is_empty());

    let mut hard = usual.clone();
    hard.values[193..].fill(600.0);
    let hard_week = rule_warnings(&test_history(&hard, &[], &[], &[]));
    assert_eq!(
        hard_week.iter().map(|warning| warning.rule).collect::<Vec<_>>(),
        [WarningRule::OwnLimit]
    );
    assert!(hard_week[0].what.contains("strain") && hard_week[0].certainty == Certainty::Low);

    let runs = [(Day(180), 10_000.0), (Day(198), 16_000.0)];
    let after_long_run = rule_warnings(&test_history(&usual, &runs, &[], &[]));
    assert!(
        after_long_run[0].what.contains("60 % more") && after_long_run[0].why.contains("1.52"),
        "{}",
        after_long_run[0].what
    );

    let pain = |day: i32, score: f64| Pain {
        day: Day(day),
        area: Area::Knee,
        side: BodySide::Left,
        score,
    };
    assert!(rule_warnings(&test_history(&usual, &[], &[pain(199, 2.0)], &[])).is_empty());
    assert_eq!(
        rule_warnings(&test_history(&usual, &[], &[pain(199, 2.0), pain(197, 1.0)], &[]))[0].rule,
        WarningRule::Pain
    );
    assert!(rule_warnings(&test_history(&usual, &[], &[pain(150, 9.0)], &[])).is_empty());

    let change = |now: f64| FactorChange {
        name: "knee valgus, left".into(),
        unit: "°".into(),
        before: 5.0,
        now,
        detectable: 4.0,
    };
    assert!(rule_warnings(&test_history(&usual, &[], &[], &[change(8.0)])).is_empty());
    assert_eq!(
        rule_warnings(&test_history(&usual, &[], &[], &[change(10.0)]))[0].rule,
        WarningRule::Movement
    );
}

#[test]
fn no_word_of_a_warning_is_a_probability_or_a_diagnosis() {
    let mut loads = DailyLoads { first: Day(0), values: vec![100.0; 200] };
    loads.values.iter_mut().step_by(3).for_each(|load| *load = 0.0);
    loads.values[193..].fill(900.0);
    let runs = [(Day(180), 10_000.0), (Day(199), 30_000.0)];
    let pains = [Pain { day: Day(199), area: Area::Knee, side: BodySide::Left, score: 6.0 }];
    let warnings = rule_warnings(&test_history(&loads, &runs, &pains, &[]));
    assert_eq!(warnings.len(), 3);
    for warning in warnings {
        let text = format!("{} {} {}", warning.what, warning.why, warning.action).to_lowercase();
        assert!(
            !["probability", "will be injured", "diagnos", "% risk"]
                .iter()
                .any(|word| text.contains(word)),
            "{text}"
        );
    }
}

/// Independent days exceed their own 95 % limit on one day in twenty, whatever their distribution.
#[test]
fn the_own_limit_is_passed_as_often_as_it_says() {
    let mut seed = 1u64;
    let mut uniform = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1u64 << 53) as f64
    };
    let values: Vec<f64> = (0..20_000).map(|_| uniform().powi(3)).collect();
    let days = PAST..values.len();
    let above = days
        .clone()
        .filter(|day| personal_limit(&values, *day).is_some_and(|limit| values[*day] > limit))
        .count();
    let rate = above as f64 / days.len() as f64;
    // The standard error of 20 000 dependent decisions is about 0.2 %.
    assert!((rate - 0.05).abs() < 0.008, "{rate}");
}

const PAST: usize = 182;
