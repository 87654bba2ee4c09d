//! Net joint moments, from a file with force plates to the analysis, compared with a leg whose
//! moments are known.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "functions of tests fail by panicking"
)]

#[path = "../../agoge-formats/tests/common/c3d.rs"]
mod c3d;

use agoge::kinematics::dynamics::{GroundForceSource, LEG_MOMENTS, Sex};
use agoge::motion::condition::LowPassFilter;
use agoge::motion::simulate::{DropJump, Exercise, SimulatedSet};
use agoge::motion::{Recording, Side, UpAxis};
use agoge::{AnalysisOptions, Analyzed, Models, analyze};
use c3d::{Analog, File, Values};

const G: f64 = 9.80665;
const MASS_KG: f64 = 75.0;
const RATE_HZ: f64 = 200.0;
const FRAMES: usize = 300;
/// Analog samples per frame.
const SAMPLES: usize = 5;
/// Lengths of shank and thigh, m; positions of ankle, heel and toe as (forward, up), m; and the
/// lateral offset of each foot, m.
const SHANK: f64 = 0.41;
const THIGH: f64 = 0.43;
const ANKLE: [f64; 2] = [0.0, 0.08];
const HEEL: [f64; 2] = [-0.05, 0.03];
const TOE: [f64; 2] = [0.17, 0.02];
const ASIDE: f64 = 0.15;

/// An angle from the vertical with its first and second derivatives: rad, rad/s, rad/s².
fn swing(t: f64, middle: f64, size: f64, speed: f64) -> [f64; 3] {
    let (sin, cos) = (speed * t).sin_cos();
    [middle + size * sin, size * speed * cos, -size * speed * speed * sin]
}

fn shank(t: f64) -> [f64; 3] {
    swing(t, 0.35, 0.25, 4.0)
}

fn thigh(t: f64) -> [f64; 3] {
    swing(t, -0.6, 0.45, 4.0)
}

/// The end of a rod relative to its lower end, and that end's relative acceleration.
fn rod(length: f64, [angle, speed, acceleration]: [f64; 3]) -> [[f64; 2]; 2] {
    let (sin, cos) = angle.sin_cos();
    let along = |a: f64, b: f64| length * (a - b);
    [
        [length * sin, length * cos],
        [
            along(acceleration * cos, speed * speed * sin),
            along(-acceleration * sin, speed * speed * cos),
        ],
    ]
}

/// The load of the ground on a foot: force forward, up and right, N; the point of application
/// forward of the ankle, m; free moment about the vertical, N·m.
struct Load {
    force: [f64; 3],
    forward: f64,
    free: f64,
}

fn load(side: Side, t: f64) -> Load {
    let own = if side == Side::Left { 0.8 } else { 1.1 };
    Load {
        force: [40.0 * own * (3.0 * t).sin(), 380.0 * own + 90.0 * (4.0 * t).sin(), 25.0 * own],
        forward: 0.05 + 0.06 * (2.5 * t).sin(),
        free: 4.0 * own * (5.0 * t).cos(),
    }
}

fn cross(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[1] - a[1] * b[0]
}

/// Masses of foot, shank and thigh as fractions of body mass, centres and radii of gyration as
/// fractions of the length (de Leva 1996, table 4; radii the mean of the sagittal and the
/// transverse; the foot's centre is its middle, Winter 2009).
struct Table {
    foot: f64,
    shank: [f64; 3],
    thigh: [f64; 3],
}

const MEN: Table =
    Table { foot: 0.0137, shank: [0.0433, 0.4459, 0.252], thigh: [0.1416, 0.4095, 0.329] };
const WOMEN: Table =
    Table { foot: 0.0129, shank: [0.0481, 0.4416, 0.269], thigh: [0.1478, 0.3612, 0.3665] };

/// The moments at ankle, knee and hip at an instant, N·m, flexion and dorsiflexion positive: the
/// rate of change of the angular momentum of everything below a joint about that joint, minus the
/// moments of ground force and weight. Accelerations are derived by hand.
fn truth(table: &Table, side: Side, t: f64) -> [f64; 3] {
    let plus = |a: [f64; 2], b: [f64; 2], part: f64| [a[0] + part * b[0], a[1] + part * b[1]];
    let ([to_knee, a_knee], [to_hip, a_hip]) = (rod(SHANK, shank(t)), rod(THIGH, thigh(t)));
    let knee = plus(ANKLE, to_knee, 1.0);
    let hip = plus(knee, to_hip, 1.0);
    // Mass, centre, acceleration of the centre, inertia × angular acceleration (anticlockwise seen
    // from the right: from forward to up).
    let part = |mass: f64| mass * MASS_KG;
    let foot =
        (part(table.foot), [0.5 * (ANKLE[0] + TOE[0]), 0.5 * (ANKLE[1] + TOE[1])], [0.0; 2], 0.0);
    let inertia = |mass: f64, radius: f64, length: f64| part(mass) * (radius * length).powi(2);
    let [mass, centre, radius] = table.shank;
    let shank_own = (
        part(mass),
        plus(ANKLE, to_knee, 1.0 - centre),
        plus([0.0; 2], a_knee, 1.0 - centre),
        -inertia(mass, radius, SHANK) * shank(t)[2],
    );
    let [mass, centre, radius] = table.thigh;
    let thigh_own = (
        part(mass),
        plus(knee, to_hip, 1.0 - centre),
        plus(a_knee, a_hip, 1.0 - centre),
        -inertia(mass, radius, THIGH) * thigh(t)[2],
    );
    let Load { force, forward, .. } = load(side, t);
    let about = |joint: [f64; 2], below: &[(f64, [f64; 2], [f64; 2], f64)]| {
        let arm = [ANKLE[0] + forward - joint[0], -joint[1]];
        let change = below.iter().map(|(mass, centre, a, turning)| {
            cross([centre[0] - joint[0], centre[1] - joint[1]], [mass * a[0], mass * (a[1] + G)])
                + turning
        });
        change.sum::<f64>() - cross(arm, [force[0], force[1]])
    };
    [
        about(ANKLE, &[foot]),
        -about(knee, &[foot, shank_own]),
        about(hip, &[foot, shank_own, thigh_own]),
    ]
}

/// Positions of the joints at an instant: forward, up, right.
fn joints(t: f64) -> Vec<(String, [f64; 3])> {
    let (to_knee, to_hip) = (rod(SHANK, shank(t))[0], rod(THIGH, thigh(t))[0]);
    let knee = [ANKLE[0] + to_knee[0], ANKLE[1] + to_knee[1]];
    let hip = [knee[0] + to_hip[0], knee[1] + to_hip[1]];
    let up = |height: f64| [hip[0], hip[1] + height];
    let mut all = Vec::new();
    for (side, right) in [("left", -1.0), ("right", 1.0)] {
        let places = [
            ("hip", hip, 0.1),
            ("knee", knee, ASIDE),
            ("ankle", ANKLE, ASIDE),
            ("heel", HEEL, ASIDE),
            ("big_toe", TOE, ASIDE),
            ("shoulder", up(0.5), 0.2),
            ("elbow", up(0.2), 0.2),
            ("wrist", up(0.0), 0.2),
        ];
        all.extend(
            places.map(|(name, [x, y], aside)| (format!("{side}_{name}"), [x, y, right * aside])),
        );
    }
    let middle = [("pelvis", 0.0), ("neck", 0.5), ("head", 0.7)];
    all.extend(middle.map(|(name, height)| (name.to_owned(), [hip[0], hip[1] + height, 0.0])));
    all
}

/// The channels of a plate of a given type (400 × 600 mm, z down, sensors 40 mm deep) under a foot,
/// at each sample.
fn channels(kind: u8, side: Side) -> Vec<Vec<f64>> {
    let sample = |k: usize| {
        let Load { force: [ahead, up, right], forward, free } =
            load(side, k as f64 / (RATE_HZ * SAMPLES as f64));
        // The load of the foot on the plate, in the plate's axes: x ahead, y to the right, z down.
        // The plate's centre is 40 mm in front of the ankle and 15 mm beside it.
        let f = [-ahead, -right, up];
        let (x, y) = (1e3 * (ANKLE[0] + forward) - 40.0, 15.0);
        let turn = 1e3 * free;
        let m = [y * f[2], -x * f[2], turn + x * f[1] - y * f[0]];
        // About the sensors: plus r × f, r = (0, 0, −40).
        let s = [m[0] + 40.0 * f[1], m[1] - 40.0 * f[0], m[2]];
        match kind {
            1 => vec![f[0], f[1], f[2], x, y, turn],
            2 => vec![f[0], f[1], f[2], s[0], s[1], s[2]],
            3 => {
                let (a, b) = (120.0, 200.0);
                let (mx, my) = (s[0] / b, s[1] / a);
                let thirds = [f[2] + mx - my, f[2] + mx + my, f[2] - mx + my, f[2] - mx - my]
                    .map(|v| 0.25 * v);
                let skew = s[2] / (2.0 * b);
                [&[0.5 * f[0] - skew, 0.5 * f[0] + skew, 0.5 * f[1], 0.5 * f[1]], &thirds[..]]
                    .concat()
            }
            // The inverse of the matrix that `file` writes.
            _ => {
                let y = f[1] / 150.0;
                vec![(f[0] - 5.0 * y) / 150.0, y, f[2] / 600.0, s[0] / 6e4, s[1] / 4e4, s[2] / 3e4]
            }
        }
    };
    let all: Vec<Vec<f64>> = (0..FRAMES * SAMPLES).map(sample).collect();
    (0..all[0].len()).map(|channel| all.iter().map(|sample| sample[channel]).collect()).collect()
}

/// A file with z up and a plate of the given type under each foot.
fn file(kind: u8) -> File {
    let to_file = |[x, y, z]: [f64; 3]| UpAxis::Z.from_y_up([x, y, z]).map(|v| 1e3 * v);
    let at = |frame: usize| joints(frame as f64 / RATE_HZ);
    let mut analogs = Vec::new();
    let mut corners = Vec::new();
    let each = if kind == 3 { 8 } else { 6 };
    for side in Side::BOTH {
        for (k, values) in channels(kind, side).into_iter().enumerate() {
            let unit = match kind {
                4 => "V",
                1 if k == 3 || k == 4 => "mm",
                1 | 2 if k > 2 => "Nmm",
                _ => "N",
            };
            let values = values.into_iter().map(|v| v as f32).collect();
            analogs.push(Analog {
                label: format!("{}{k}", side.name()),
                unit: unit.to_owned(),
                values,
            });
        }
        // Right is −y of the file, the direction of the plate's y axis.
        let middle = -1e3 * ASIDE * if side == Side::Left { -1.0 } else { 1.0 } + 15.0;
        for (x, y) in [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)] {
            corners.extend([40.0 + 200.0 * x, (middle - 300.0 * y) as f32, 0.0]);
        }
    }
    let mut matrix: Vec<f32> = (0..36).map(|_| 0.0).collect();
    for (k, own) in [150.0, 150.0, 600.0, 6e4, 4e4, 3e4].into_iter().enumerate() {
        matrix[k + 6 * k] = own;
    }
    // First row, second column.
    matrix[6] = 5.0;
    let origin = if kind == 3 { [120.0, 200.0, -40.0] } else { [0.0, 0.0, -40.0] };
    let group = "FORCE_PLATFORM";
    File {
        rate_hz: RATE_HZ as f32,
        labels: at(0).into_iter().map(|(name, _)| name).collect(),
        points: (0..FRAMES)
            .map(|frame| at(frame).into_iter().map(|(_, place)| to_file(place)).collect())
            .collect(),
        analogs,
        parameters: vec![
            (group, "USED", Values::Integers(vec![], vec![2])),
            (group, "TYPE", Values::Integers(vec![2], vec![i16::from(kind); 2])),
            (group, "ZERO", Values::Integers(vec![2], vec![1, 0])),
            (group, "CORNERS", Values::Floats(vec![3, 4, 2], corners)),
            (group, "ORIGIN", Values::Floats(vec![3, 2], [origin, origin].concat())),
            (
                group,
                "CHANNEL",
                Values::Integers(vec![each, 2], (1..=2 * i16::from(each)).collect()),
            ),
            (group, "CAL_MATRIX", Values::Floats(vec![6, 6, 2], [matrix.clone(), matrix].concat())),
        ],
    }
}

fn read(file: &File) -> Recording {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leg.c3d");
    std::fs::write(&path, file.bytes()).unwrap();
    agoge::formats::read_recording(&path, &agoge::formats::ReadOptions::default()).unwrap()
}

fn options() -> AnalysisOptions {
    let mut options = AnalysisOptions { mass_kg: Some(MASS_KG), ..AnalysisOptions::default() };
    options.condition.filter = LowPassFilter::None;
    options.condition.hampel_half_window = 0;
    options
}

fn analyzed(recording: &Recording, options: &AnalysisOptions) -> Analyzed {
    analyze(recording, None, Models::bundled(), options).unwrap()
}

fn moment<'a>(analyzed: &'a Analyzed, name: &str, side: Side) -> &'a [f64] {
    &analyzed
        .curves
        .get(name, Some(side))
        .unwrap_or_else(|| panic!("{:?}", analyzed.analysis.refused))
        .values
}

fn refusal(analyzed: &Analyzed) -> &str {
    let own = analyzed.analysis.refused.iter().find(|own| own.name == "joint moments");
    &own.unwrap_or_else(|| panic!("nothing refused: {:?}", analyzed.analysis.moments)).reason
}

/// Files with all four plate types: within 1 % of the largest moment of each joint in every frame,
/// without filtering. The remaining error is single precision and differences over four frames.
#[test]
fn planted_moments_are_found_from_a_file_with_plates() {
    let (men, women) =
        ((None, &MEN, "men say, since"), (Some(Sex::Female), &WOMEN, "of women say"));
    for (kind, (sex, table, said)) in [(1, men), (2, men), (3, men), (4, men), (2, women)] {
        let found = analyzed(&read(&file(kind)), &AnalysisOptions { sex, ..options() });
        for side in Side::BOTH {
            let known: Vec<[f64; 3]> =
                (0..FRAMES).map(|frame| truth(table, side, frame as f64 / RATE_HZ)).collect();
            for (joint, name) in LEG_MOMENTS.into_iter().enumerate() {
                let most = known.iter().map(|own| own[joint].abs()).fold(0.0, f64::max);
                let own = moment(&found, name, side);
                let off = |frame: usize| (own[frame] - known[frame][joint]).abs();
                let worst = (2..FRAMES - 2)
                    .map(off)
                    .fold(0.0, |worst: f64, own| if own.is_nan() { own } else { worst.max(own) });
                println!("type {kind} {name} {}: {worst:.4} of {most:.1} N·m", side.name());
                assert!(
                    worst < 0.01 * most,
                    "type {kind} {name} {}: {worst} of {most}",
                    side.name()
                );
            }
        }
        let report = found.analysis.moments.unwrap();
        assert_eq!(
            (report.forces, report.mass_kg, report.peaks.len() % 6),
            (GroundForceSource::Plates, MASS_KG, 0)
        );
        assert!(!report.peaks.is_empty() && report.limits.iter().any(|limit| limit.contains(said)));
        for peak in report.peaks {
            assert!(
                (peak.flexion_nm_kg - peak.flexion_nm / MASS_KG).abs() < 1e-12
                    && peak.flexion_nm >= peak.extension_nm
            );
            // 2 cm times at most 1.1 · 380 + 90 N; two frames at each end are unknown.
            assert!(peak.error_nm > 5.0 && peak.error_nm < 10.5 && peak.known > 0.98, "{peak:?}");
        }
    }
}

/// Forces are filtered like positions: with the usual 6 Hz filter, moments of at most 1 Hz stay
/// within 5 %, except at the ends.
#[test]
fn the_usual_filter_leaves_slow_moments_as_they_are() {
    let options = AnalysisOptions { mass_kg: Some(MASS_KG), ..AnalysisOptions::default() };
    let found = analyzed(&read(&file(2)), &options);
    for (joint, name) in LEG_MOMENTS.into_iter().enumerate() {
        let known: Vec<f64> = (0..FRAMES)
            .map(|frame| truth(&MEN, Side::Right, frame as f64 / RATE_HZ)[joint])
            .collect();
        let most = known.iter().map(|own| own.abs()).fold(0.0, f64::max);
        let own = moment(&found, name, Side::Right);
        assert!(
            (40..FRAMES - 40).all(|frame| (own[frame] - known[frame]).abs() < 0.05 * most),
            "{name}"
        );
    }
}

/// Without the left plate's force the right leg is still known, but nothing of the left: the centre
/// of mass would need more measurements.
#[test]
fn a_foot_beside_the_plates_is_not_known() {
    let mut own = file(2);
    own.analogs[..6].iter_mut().for_each(|analog| analog.values.fill(0.0));
    let found = analyzed(&read(&own), &options());
    assert!(moment(&found, LEG_MOMENTS[1], Side::Left).iter().all(|value| value.is_nan()));
    assert!(
        moment(&found, LEG_MOMENTS[1], Side::Right)[2..FRAMES - 2]
            .iter()
            .all(|value| value.is_finite())
    );
}

/// Both feet on one plate: its force belongs to neither.
#[test]
fn a_force_between_the_feet_belongs_to_none() {
    let mut own = file(2);
    // Moved by half the distance between the feet.
    let corners = own.parameters.iter_mut().find(|own| own.1 == "CORNERS").unwrap();
    let Values::Floats(_, corners) = &mut corners.2 else { panic!("corners") };
    corners.iter_mut().skip(1).step_by(3).take(4).for_each(|y| *y -= 150.0);
    let found = analyzed(&read(&own), &options());
    for side in Side::BOTH {
        assert!(moment(&found, LEG_MOMENTS[2], side).iter().all(|value| value.is_nan()));
    }
    let report = found.analysis.moments.unwrap();
    assert!(
        report.peaks.is_empty() && report.limits.last().unwrap().starts_with("In 300 frames"),
        "{report:?}"
    );
}

#[test]
fn plates_without_a_mass_say_what_is_missing() {
    let found = analyzed(&read(&file(2)), &AnalysisOptions { mass_kg: None, ..options() });
    assert!(refusal(&found).contains("--mass") && found.analysis.moments.is_none());
    let unseen =
        agoge::motion::simulate::SimulatedCamera::phone(90.0).film_recording(&read(&file(2)));
    assert!(refusal(&analyzed(&unseen, &options())).contains("three dimensions"));
    for mass_kg in [0.0, -70.0, 7000.0, f64::NAN] {
        let fault = AnalysisOptions { mass_kg: Some(mass_kg), ..AnalysisOptions::default() }
            .check_values()
            .unwrap_err()
            .to_string();
        assert!(fault.contains("is not a person's; hint: "), "{fault}");
    }
}

/// A person of 80 kg standing still, all joints above the ankles except for a trunk leaning so that
/// neck, head and arms are 10 cm in front of them. By hand with de Leva's table: the centre of mass
/// is 0.0694·0.1 + 0.4346·0.5514·0.1 + 2·0.0494·0.1 + 2·0.0137·(−0.05 + 0.4415·0.22) m in front of
/// the ankles, each foot carries 392.3 N there, and its own 1.096 kg are 0.085 m in front of the
/// ankle. The moment is the same at all three joints, since shank and thigh stand upright over the
/// ankle.
#[test]
fn a_still_stance_is_what_is_found_by_hand() {
    let lean = |name: &str, [_, y, z]: [f64; 3]| {
        let x = match name {
            "neck" | "head" => 0.1,
            own if ["shoulder", "elbow", "wrist"].iter().any(|arm| own.ends_with(arm)) => 0.1,
            own if own.ends_with("heel") => HEEL[0],
            own if own.ends_with("toe") => TOE[0],
            _ => 0.0,
        };
        [x, y, z]
    };
    let pose: Vec<[f64; 3]> =
        joints(0.3).into_iter().map(|(name, place)| lean(&name, place)).collect();
    let own = File {
        points: vec![pose.iter().map(|p| UpAxis::Z.from_y_up(*p).map(|v| 1e3 * v)).collect(); 100],
        analogs: vec![],
        parameters: vec![],
        ..file(2)
    };
    let found = analyzed(&read(&own), &AnalysisOptions { mass_kg: Some(80.0), ..options() });
    let centre = 0.00694 + 0.4346 * 0.05514 + 0.00988 + 0.0274 * (-0.05 + 0.4415 * 0.22);
    let by_hand = 0.085 * 0.0137 * 80.0 * G - centre * 40.0 * G;
    assert!((by_hand + 15.59).abs() < 0.01, "{by_hand}");
    for (name, sign) in LEG_MOMENTS.into_iter().zip([1.0, -1.0, 1.0]) {
        for side in Side::BOTH {
            let own = moment(&found, name, side)[50];
            // Tolerance for the single precision of the file's positions, differentiated twice.
            assert!((own - sign * by_hand).abs() < 0.02, "{name} {}: {own}", side.name());
        }
    }
    let report = found.analysis.moments.unwrap();
    assert_eq!(report.forces, GroundForceSource::Standing);
    assert!(report.limits.iter().any(|limit| limit.contains("not measured")));
}

/// A movement that is not a stance is refused with the reason; a slow squat is one.
#[test]
fn without_plates_only_a_stance_has_moments() {
    let options = AnalysisOptions { mass_kg: Some(75.0), ..AnalysisOptions::default() };
    let jump = analyzed(&DropJump::default().simulate().0.recording, &options);
    assert!(refusal(&jump).contains("cannot be known without a force plate"), "{}", refusal(&jump));
    let mut guessed = SimulatedSet::new(Exercise::Squat).simulate().recording;
    assert_eq!(
        analyzed(&guessed, &options).analysis.moments.unwrap().forces,
        GroundForceSource::Standing
    );
    guessed.source.format = "video".to_owned();
    assert!(refusal(&analyzed(&guessed, &options)).contains("a network's guess"));
}
