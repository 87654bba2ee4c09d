//! Landings of recordings against what was simulated.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "functions of tests fail by panicking")]

use agoge::coach::analysis::LandingReport;
use agoge::motion::Side;
use agoge::motion::simulate::DropJump;
use agoge::{Analysis, Models, Options, analyze};

fn analysis(recording: &agoge::motion::Recording, options: &Options) -> Analysis {
    analyze(recording, None, Models::bundled(), options).unwrap().analysis
}

fn options() -> Options {
    Options { movement: "drop_jump".to_owned(), ..Options::default() }
}

/// Without a filter: what is wrong then is the measuring, not the smoothing of an impact at 6 Hz.
fn unfiltered() -> Options {
    let mut options = options();
    options.condition.filter = agoge::motion::condition::Filter::None;
    options
}

fn landing(jump: &DropJump) -> LandingReport {
    analysis(&jump.simulate().0.recording, &unfiltered()).landing.unwrap()
}

fn at_fault(landing: &LandingReport) -> Vec<u8> {
    landing.items.iter().filter(|item| item.points.is_some_and(|points| points > 0)).map(|item| item.number).collect()
}

#[test]
fn a_soft_landing_has_no_error_and_leaves_two_items_to_a_person() {
    let own = landing(&DropJump::default());
    assert_eq!((at_fault(&own), own.least, own.most, own.unseen), (vec![], 0, 4, 2), "{own:?}");
    assert_eq!((own.items.len(), own.repetitions.as_slice()), (17, &[1, 2, 3][..]));
}

/// Faults of the rules of Padua (2009), planted one by one: each gives its own items and no other. Feet set wide or turned far out come to lie outside the knees, which
/// is what items 5 and 15 ask.
#[test]
fn each_planted_fault_gives_its_items() {
    type Plant = fn(&mut DropJump);
    let cases: [(&[u8], Plant); 8] = [
        // Less bend at contact than 30°; the hip and trunk stay as they are.
        (&[1], |own| own.contact.knee_flexion = [22.0; 2]),
        (&[3], |own| own.contact.trunk_lean = 0.0),
        (&[4], |own| own.contact.heel_height = [0.0; 2]),
        (&[6], |own| (own.contact.trunk_lateral_lean, own.lowest.trunk_lateral_lean) = (18.0, 18.0)),
        (&[5, 7, 15], |own| (own.contact.leg_abduction, own.lowest.leg_abduction) = ([9.0; 2], [9.0; 2])),
        (&[9], |own| (own.contact.toe_out, own.lowest.toe_out) = ([-40.0; 2], [-40.0; 2])),
        (&[5, 10, 15], |own| (own.contact.toe_out, own.lowest.toe_out) = ([42.0; 2], [42.0; 2])),
        (&[12], |own| own.lowest.knee_flexion = [80.0; 2]),
    ];
    for (expected, plant) in cases {
        let mut own = DropJump::default();
        plant(&mut own);
        let found = landing(&own);
        assert_eq!(at_fault(&found), expected, "{found:?}");
    }
}

/// A knee that comes inside the foot does so at contact and at its largest.
#[test]
fn a_knee_inside_the_foot_is_seen_twice() {
    let mut own = DropJump::default();
    own.contact.knee_valgus[0] = 14.0;
    own.lowest.knee_valgus[0] = 22.0;
    assert_eq!(at_fault(&landing(&own)), [5, 15]);
}

#[test]
fn a_foot_that_comes_late_is_seen() {
    let own = landing(&DropJump { late: Some((Side::Left, 0.1)), ..DropJump::default() });
    assert!(at_fault(&own).contains(&11), "{own:?}");
}

#[test]
fn a_coach_overrules_items() {
    let options = Options { less: vec![[4, 1], [17, 2]], ..unfiltered() };
    options.check().unwrap();
    let own = analysis(&DropJump::default().simulate().0.recording, &options).landing.unwrap();
    assert_eq!((own.least, own.most, own.unseen), (3, 5, 1));
    assert_eq!((own.items[3].by.as_str(), own.items[16].points), ("coach", Some(2)));
    for wrong in [[0, 1], [18, 0], [4, 2]] {
        assert!(Options { less: vec![wrong], ..unfiltered() }.check().unwrap_err().to_string().contains("LESS"));
    }
}

/// Heights within twice the error that is stated (a frame at each end and the centimetres within which a foot counts as on the ground); so is reactive strength.
#[test]
fn heights_and_reactive_strength_are_those_that_were_simulated() {
    for rate_hz in [60.0, 120.0, 240.0] {
        let own = DropJump { rate_hz, ..DropJump::default() };
        let jumps = analysis(&own.simulate().0.recording, &unfiltered()).jumps;
        assert_eq!(jumps.len(), 3);
        for jump in jumps {
            assert!((jump.height_m - 0.3).abs() < 2.0 * jump.height_error_m + 0.02, "{rate_hz} {jump:?}");
            let index = jump.reactive_strength.unwrap();
            assert!(
                (index - 0.3 / 0.5).abs() < 2.0 * jump.reactive_strength_error.unwrap() + 0.04,
                "{rate_hz} {jump:?}"
            );
        }
    }
}

#[test]
fn other_movements_have_no_landing() {
    let squat = agoge::motion::simulate::Set::new(agoge::motion::simulate::Exercise::Squat).simulate().recording;
    let own = analysis(&squat, &Options { movement: "squat".to_owned(), ..Options::default() });
    assert!(own.landing.is_none() && own.jumps.is_empty());
}
