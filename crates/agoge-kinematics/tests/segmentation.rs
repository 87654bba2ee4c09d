//! Segmentation of synthetic signals with known ground truth.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // this whole file is test code

use agoge_kinematics::movement::{self, Movement};
use agoge_kinematics::{Curve, Curves, Repetition, Unit, segment_repetitions};
use agoge_motion::Side;
use proptest::prelude::*;

/// A signal built piece by piece, sampled at a rate.
struct Signal {
    rate: f64,
    values: Vec<f64>,
    /// Start and end of each bump, frames.
    truth: Vec<(usize, usize)>,
}

impl Signal {
    fn new(rate: f64) -> Signal {
        Signal { rate, values: Vec::new(), truth: Vec::new() }
    }

    fn rest(mut self, seconds: f64) -> Signal {
        let level = self.values.last().copied().unwrap_or(5.0);
        self.values.extend(std::iter::repeat_n(level, (seconds * self.rate).round() as usize));
        self
    }

    /// Minimum-jerk movement to a level (Flash & Hogan 1985).
    fn to(mut self, level: f64, seconds: f64) -> Signal {
        let from = self.values.last().copied().unwrap_or(5.0);
        let n = (seconds * self.rate).round() as usize;
        self.values.extend((1..=n).map(|k| {
            let s = k as f64 / n as f64;
            from + (level - from) * s.powi(3) * (10.0 - 15.0 * s + 6.0 * s * s)
        }));
        self
    }

    /// An excursion and return, with a pause at the far end.
    fn bump(mut self, height: f64, seconds: f64, pause: f64) -> Signal {
        let base = self.values.last().copied().unwrap_or(5.0);
        let start = self.values.len();
        self = self.to(base + height, seconds / 2.0).rest(pause).to(base, seconds / 2.0);
        self.truth.push((start, self.values.len() - 1));
        self
    }

    /// Uniform noise, seeded.
    fn noise(mut self, size: f64, seed: u64) -> Signal {
        let mut state = seed.wrapping_mul(2).wrapping_add(1);
        for value in &mut self.values {
            *value += size * (2.0 * random(&mut state) - 1.0);
        }
        self
    }

    fn curves(&self) -> Curves {
        self.both(&self.values)
    }

    fn both(&self, right: &[f64]) -> Curves {
        let time = (0..self.values.len()).map(|frame| frame as f64 / self.rate).collect();
        let curve = |side, values: &[f64]| Curve {
            name: "knee_flexion".into(),
            side: Some(side),
            unit: Unit::Degree,
            values: values.to_vec(),
        };
        let curves = vec![curve(Side::Left, &self.values), curve(Side::Right, right)];
        Curves { time, curves, refused: Vec::new() }
    }
}

/// Next number of a linear congruential generator (Knuth's MMIX constants), 0 to 1.
fn random(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*state >> 11) as f64 / (1u64 << 53) as f64
}

fn squat() -> &'static Movement {
    movement::find_movement("squat").expect("bundled")
}

fn one_sided() -> Movement {
    let text = r#"
        name = "bend"
        title = "Bend"
        description = "Bend one knee."
        [repetition]
        [[repetition.signal]]
        curve = "knee_flexion"
        sides = "either"
        min_excursion = 30
    "#;
    Movement::parse(text, "bend").unwrap()
}

fn complete(movement: &Movement, curves: &Curves) -> Vec<Repetition> {
    segment_repetitions(movement, curves)
        .into_iter()
        .filter(|repetition| repetition.complete)
        .collect()
}

/// Checks the count and every boundary against the ground truth. A minimum-jerk movement begins
/// before it is visible: after 5 % of its time it has covered 0.1 % of its path.
fn assert_found(signal: &Signal, movement: &Movement, curves: &Curves) {
    let found = complete(movement, curves);
    assert_eq!(
        found.len(),
        signal.truth.len(),
        "{:?}",
        found.iter().map(|r| (r.start, r.end)).collect::<Vec<_>>()
    );
    for (repetition, (start, end)) in found.iter().zip(&signal.truth) {
        let error = |a: usize, b: usize| a.abs_diff(b) as f64 / signal.rate;
        let longest = 0.2 + 0.1 * (end - start) as f64 / signal.rate;
        assert!(error(repetition.start, *start) < longest, "start {} {start}", repetition.start);
        assert!(error(repetition.end, *end) < longest, "end {} {end}", repetition.end);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn any_set_is_counted_exactly(
        bumps in prop::collection::vec((70.0..110.0f64, 1.0..4.0f64, 0.0..2.0f64, 0.0..3.0f64), 1..12),
        rate in prop::sample::select(vec![20.0, 30.0, 60.0, 120.0]),
        lead in 0.2..3.0f64,
        // White noise as after conditioning: with markers and depth cameras, well under 1° remains
        // after a 6 Hz filter.
        noise in 0.0..1.0f64,
        seed in any::<u64>(),
    ) {
        let mut signal = Signal::new(rate).rest(lead);
        for (height, seconds, bottom, pause) in bumps {
            signal = signal.bump(height, seconds, bottom).rest(pause);
        }
        let signal = signal.rest(lead).noise(noise, seed);
        let curves = signal.curves();
        assert_found(&signal, squat(), &curves);
    }

    #[test]
    fn a_still_person_does_nothing(noise in 0.0..4.0f64, seconds in 0.1..30.0f64, seed in any::<u64>()) {
        let signal = Signal::new(30.0).rest(seconds).noise(noise, seed);
        for movement in movement::bundled_movements() {
            prop_assert!(segment_repetitions(movement, &signal.curves()).is_empty(), "{}", movement.name);
        }
    }

    #[test]
    fn phases_cover_every_repetition_and_nothing_overlaps(
        values in prop::collection::vec(prop_oneof![9 => -200.0..200.0f64, 1 => Just(f64::NAN)], 0..300),
        rate in 1.0..200.0f64,
    ) {
        let signal = Signal { rate, values, truth: Vec::new() };
        for movement in movement::bundled_movements() {
            let found = segment_repetitions(movement, &signal.curves());
            for repetition in &found {
                prop_assert!(repetition.start < repetition.end && repetition.end < signal.values.len());
                if let (Some(first), Some(last)) = (repetition.phases.first(), repetition.phases.last()) {
                    prop_assert_eq!((first.start, last.end), (repetition.start, repetition.end));
                    prop_assert!(repetition.phases.windows(2).all(|pair| pair[0].end == pair[1].start));
                }
            }
            if movement.repetition.kind == movement::MovementKind::Excursion {
                prop_assert!(found.windows(2).all(|pair| pair[0].start <= pair[1].start));
            }
        }
    }
}

#[test]
fn pauses_between_and_inside_do_not_split_or_join() {
    let mut signal = Signal::new(30.0).rest(1.0);
    for bottom in [0.0, 3.0, 0.5, 5.0] {
        signal = signal.bump(100.0, 2.0, bottom).rest(2.0);
    }
    assert_found(&signal, squat(), &signal.curves());
}

#[test]
fn a_bounce_at_the_bottom_and_a_stop_on_the_way_up_are_one_repetition() {
    let mut signal = Signal::new(60.0).rest(1.0);
    for _ in 0..3 {
        let start = signal.values.len();
        signal =
            signal.to(105.0, 1.0).to(75.0, 0.3).to(100.0, 0.3).to(70.0, 0.5).rest(1.0).to(5.0, 0.6);
        signal.truth.push((start, signal.values.len() - 1));
        signal = signal.rest(1.0);
    }
    assert_found(&signal, squat(), &signal.curves());
}

#[test]
fn setting_up_and_walking_away_are_no_repetitions() {
    let mut signal = Signal::new(30.0);
    // Walking, in which the mean of both knees swings by about 30 degrees, then a shuffle of the
    // feet.
    for _ in 0..8 {
        signal = signal.to(35.0, 0.3).to(5.0, 0.3);
    }
    signal = signal.rest(0.8).to(20.0, 0.3).to(5.0, 0.3).rest(0.5);
    for _ in 0..5 {
        signal = signal.bump(95.0, 2.4, 0.2).rest(0.6);
    }
    for _ in 0..6 {
        signal = signal.to(35.0, 0.3).to(5.0, 0.3);
    }
    assert_found(&signal, squat(), &signal.curves());
    assert_eq!(segment_repetitions(squat(), &signal.curves()).len(), 5, "no attempts either");
}

#[test]
fn attempts_are_told_from_repetitions() {
    let signal = Signal::new(30.0)
        .rest(1.0)
        .bump(100.0, 2.0, 0.0)
        .rest(1.0)
        .to(45.0, 0.8)
        .to(5.0, 0.8)
        .rest(1.0);
    let signal = signal.bump(95.0, 2.0, 0.0).rest(1.0).bump(105.0, 2.0, 0.0).rest(1.0);
    let found = segment_repetitions(squat(), &signal.curves());
    assert_eq!(found.iter().map(|r| r.complete).collect::<Vec<_>>(), [true, false, true, true]);
}

#[test]
fn a_repetition_that_the_recording_cuts_is_an_attempt() {
    let signal = Signal::new(30.0)
        .rest(0.5)
        .bump(100.0, 2.0, 0.0)
        .rest(0.5)
        .bump(100.0, 2.0, 0.0)
        .rest(0.5)
        .to(105.0, 1.0);
    let found = segment_repetitions(squat(), &signal.curves());
    assert_eq!(found.iter().map(|r| r.complete).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn one_clip_with_hardly_any_rest_is_one_repetition_to_its_ends() {
    for rate in [10.0, 30.0, 100.0] {
        let signal = Signal::new(rate).rest(0.1).bump(100.0, 2.0, 0.0);
        assert_found(&signal, squat(), &signal.curves());
    }
}

#[test]
fn drift_of_the_rest_level_does_not_matter() {
    let mut signal = Signal::new(30.0).rest(1.0);
    for _ in 0..8 {
        signal = signal.bump(80.0, 2.0, 0.0).rest(1.0);
    }
    let n = signal.values.len() as f64;
    for (frame, value) in signal.values.iter_mut().enumerate() {
        *value += 70.0 * frame as f64 / n;
    }
    assert_eq!(complete(squat(), &signal.curves()).len(), 8);
}

#[test]
fn short_gaps_are_bridged_and_long_ones_cost_only_their_repetition() {
    let mut signal = Signal::new(30.0).rest(1.0);
    for _ in 0..5 {
        signal = signal.bump(100.0, 2.0, 0.0).rest(1.0);
    }
    let (start, end) = signal.truth[1];
    signal.values[(start + end) / 2 - 4..(start + end) / 2 + 4].fill(f64::NAN);
    assert_eq!(complete(squat(), &signal.curves()).len(), 5);
    let (start, end) = signal.truth[3];
    signal.values[start + 10..end - 10].fill(f64::NAN);
    assert_eq!(complete(squat(), &signal.curves()).len(), 4);
}

#[test]
fn alternating_repetitions_know_their_side() {
    let set = |first: bool| {
        let mut signal = Signal::new(30.0).rest(1.0);
        for number in 0..6 {
            let seconds = 1.8;
            signal = if (number % 2 == 0) == first {
                signal.bump(90.0, seconds, 0.0)
            } else {
                signal.rest(seconds)
            };
        }
        signal.rest(1.0)
    };
    let (left, right) = (set(true), set(false));
    let found = complete(&one_sided(), &left.both(&right.values));
    let sides: Vec<_> = found.iter().map(|r| r.side).collect();
    let (l, r) = (Some(Side::Left), Some(Side::Right));
    assert_eq!(sides, [l, r, l, r, l, r]);
}

#[test]
fn both_sides_at_once_have_no_side_and_a_little_help_does_not_count() {
    let signal =
        Signal::new(30.0).rest(1.0).bump(90.0, 2.0, 0.0).rest(1.0).bump(90.0, 2.0, 0.0).rest(1.0);
    let scaled =
        |share: f64| signal.values.iter().map(|v| 5.0 + share * (v - 5.0)).collect::<Vec<_>>();
    let sides = |share: f64| {
        complete(&one_sided(), &signal.both(&scaled(share)))
            .iter()
            .map(|r| r.side)
            .collect::<Vec<_>>()
    };
    assert_eq!(sides(0.95), [None, None]);
    assert_eq!(sides(0.4), [Some(Side::Left), Some(Side::Left)]);
}

#[test]
fn the_next_signal_is_used_when_the_view_refuses_the_first() {
    let signal =
        Signal::new(30.0).rest(1.0).bump(90.0, 2.0, 0.0).rest(1.0).bump(90.0, 2.0, 0.0).rest(1.0);
    let mut curves = signal.curves();
    let values = signal.values.iter().map(|v| 0.9 - 0.004 * v).collect();
    curves.curves =
        vec![Curve { name: "pelvis_height".into(), side: None, unit: Unit::Metre, values }];
    assert_found(&signal, squat(), &curves);
    curves.curves.clear();
    assert!(segment_repetitions(squat(), &curves).is_empty());
}

#[test]
fn measures_of_a_squat_are_those_that_were_planted() {
    let signal = Signal::new(100.0).rest(1.0).bump(90.0, 2.0, 0.5).rest(1.0);
    let right: Vec<f64> = signal.values.iter().map(|v| 5.0 + 0.8 * (v - 5.0)).collect();
    let [repetition] = &segment_repetitions(squat(), &signal.both(&right))[..] else {
        panic!("one repetition")
    };
    let value = |name: &str, side| {
        repetition
            .metrics
            .iter()
            .find(|m| m.name == name && m.side == side)
            .map(|m| (m.value, m.unit))
            .unwrap()
    };
    assert_eq!(value("knee_flexion_peak", Some(Side::Left)), (95.0, Unit::Degree));
    assert_eq!(value("knee_flexion_peak", Some(Side::Right)), (77.0, Unit::Degree));
    assert_eq!(value("depth", None), (86.0, Unit::Degree));
    assert_eq!(value("knee_flexion_difference", None), (-18.0, Unit::Degree));
    let (descent, ascent) = (value("descent_time", None).0, value("ascent_time", None).0);
    assert!((descent + ascent - value("repetition_time", None).0).abs() < 1e-9);
    assert!((descent - 1.25).abs() < 0.3 && (ascent - 1.25).abs() < 0.3, "{descent} {ascent}");
    // There is no curve of the knees' inward movement, so there is no metric of it.
    assert!(repetition.metrics.iter().all(|m| !m.name.contains("valgus")));
}

/// The hip moves like the knee, three frames earlier and with half its range; the trunk moves the
/// other way.
#[test]
fn coordination_of_two_curves_is_that_which_was_planted() {
    let text = r#"
        name = "bend"
        title = "Bend"
        description = "Down and up."
        repetition.signal = [{ curve = "knee_flexion", min_excursion = 30 }]
        event = [{ name = "deepest", at = "maximum" }]
        phase = [{ name = "down", from = "start", to = "deepest" }, { name = "up", from = "deepest", to = "end" }]

        [[metric]]
        name = "gap"
        curve = "hip_flexion"
        with = "knee_flexion"
        statistic = "peak_gap"
        phase = "down"

        [[metric]]
        name = "together"
        curve = "hip_flexion"
        with = "knee_flexion"
        statistic = "relative_phase"

        [[metric]]
        name = "against"
        curve = "trunk_lean"
        with = "knee_flexion"
        statistic = "relative_phase"

        [[metric]]
        name = "regular"
        curve = "knee_flexion"
        side = "both"
        statistic = "sample_entropy"
    "#;
    let movement = Movement::parse(text, "bend.toml").unwrap();
    let signal =
        Signal::new(60.0).rest(1.0).bump(90.0, 2.0, 0.0).rest(1.0).bump(90.0, 2.0, 0.0).rest(1.0);
    let mut curves = signal.curves();
    let early = |frame: usize| signal.values[(frame + 3).min(signal.values.len() - 1)];
    let hip: Vec<f64> = (0..signal.values.len()).map(|frame| 10.0 + 0.5 * early(frame)).collect();
    let trunk = signal.values.iter().map(|value| -value).collect();
    let curve =
        |name: &str, side, values| Curve { name: name.into(), side, unit: Unit::Degree, values };
    curves.curves.extend(Side::BOTH.map(|side| curve("hip_flexion", Some(side), hip.clone())));
    curves.curves.push(curve("trunk_lean", None, trunk));
    for repetition in segment_repetitions(&movement, &curves) {
        let value = |name: &str| {
            let found: Vec<_> =
                repetition.metrics.iter().filter(|metric| metric.name == name).collect();
            assert_eq!(
                found.len(),
                if ["gap", "together"].contains(&name) { 2 } else { 1 },
                "{name}"
            );
            (found[0].value, found[0].unit)
        };
        let (gap, unit) = value("gap");
        // Both sample the same frames of the same curve, so they are equal up to rounding.
        assert!((gap - 0.05).abs() < 1e-6 && unit == Unit::Second, "{gap}");
        let (together, unit) = value("together");
        assert!(
            (2.0..20.0).contains(&together) && unit == Unit::Degree,
            "a twentieth of 2 s is 9°: {together}"
        );
        assert!((value("against").0 - 180.0).abs() < 1e-6);
        let (regular, unit) = value("regular");
        assert!((0.0..0.2).contains(&regular) && unit == Unit::One, "{regular}");
    }
}

#[test]
fn strides_are_counted_on_both_sides() {
    let rate = 60.0;
    let time: Vec<f64> = (0..600).map(|frame| frame as f64 / rate).collect();
    let thigh = |phase: f64| {
        time.iter().map(|t| 30.0 * (std::f64::consts::TAU * (t / 0.7 + phase)).sin()).collect()
    };
    let curve = |side, values| Curve {
        name: "thigh_angle".into(),
        side: Some(side),
        unit: Unit::Degree,
        values,
    };
    let curves = vec![curve(Side::Left, thigh(0.0)), curve(Side::Right, thigh(0.5))];
    let curves = Curves { time: time.clone(), curves, refused: Vec::new() };
    let cyclic = Movement::parse(
        r#"
            name = "cyclic"
            title = "Cyclic"
            description = "Strides by the angle of the thigh."

            [repetition]
            kind = "cycle"
            min_duration_s = 0.35
            max_duration_s = 1.8

            [[repetition.signal]]
            curve = "thigh_angle"
            sides = "both"
            direction = "rises"
            min_excursion = 20
        "#,
        "cyclic.toml",
    )
    .unwrap();
    let found = segment_repetitions(&cyclic, &curves);
    // 10 s contain 14.3 strides; the incomplete ones at the ends do not count.
    for side in Side::BOTH {
        let durations: Vec<f64> = found
            .iter()
            .filter(|r| r.side == Some(side))
            .map(|r| time[r.end] - time[r.start])
            .collect();
        assert!((12..=14).contains(&durations.len()), "{side:?} {}", durations.len());
        assert!(durations.iter().all(|d| (d - 0.7).abs() < 0.03), "{durations:?}");
    }
}

#[test]
fn dip_flight_and_landing_are_one_jump() {
    let jump = |knee: bool| {
        let mut signal = Signal::new(100.0).rest(1.0);
        let (base, dip, top, land) =
            if knee { (5.0, 85.0, 5.0, 65.0) } else { (0.95, 0.65, 1.35, 0.70) };
        signal.values.fill(base);
        for _ in 0..3 {
            let start = signal.values.len();
            signal = signal
                .to(dip, 0.5)
                .to(top, 0.45)
                .to(top, 0.1)
                .to(base, 0.2)
                .to(land, 0.25)
                .to(base, 0.8);
            signal.truth.push((start, signal.values.len() - 1));
            signal = signal.rest(1.5);
        }
        signal
    };
    let (knee, pelvis) = (jump(true), jump(false));
    let mut curves = knee.curves();
    curves.curves.push(Curve {
        name: "pelvis_height".into(),
        side: None,
        unit: Unit::Metre,
        values: pelvis.values,
    });
    let movement = movement::find_movement("cmj").unwrap();
    assert_found(&knee, movement, &curves);
    for repetition in segment_repetitions(movement, &curves) {
        let rise = repetition.metrics.iter().find(|m| m.name == "rise").unwrap().value;
        assert!((rise - 0.4).abs() < 0.01, "{rise}");
        let names: Vec<&str> = repetition.events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(names, ["dip", "apex", "landed"]);
    }
}

#[test]
fn an_hour_is_counted() {
    let mut signal = Signal::new(30.0).rest(1.0);
    for _ in 0..900 {
        signal = signal.bump(90.0, 2.0, 0.0).rest(2.0);
    }
    assert_eq!(complete(squat(), &signal.curves()).len(), 900);
}
