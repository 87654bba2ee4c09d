//! Walking and running of real people: told apart, timed for each foot, and never judged by the
//! limits of the other. `--nocapture` prints the figures of docs/results/gait.md.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "functions of tests fail by panicking"
)]

use agoge::analysis::Analysis;
use agoge::formats::dataset::{self, Dataset};
use agoge::formats::{ReadOptions, read_recording};
use agoge::kinematics::gait::{GaitKind, GaitPlace};
use agoge::motion::Recording;
use agoge::motion::simulate::{SimulatedCamera, SimulatedGait};
use agoge::{AnalysisOptions, Models, analyze};
use std::path::PathBuf;

fn analysis(recording: &Recording, movement: &str) -> Analysis {
    let options = AnalysisOptions { movement: movement.to_owned(), ..AnalysisOptions::default() };
    analyze(recording, None, Models::bundled(), &options).unwrap().analysis
}

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("AGOGE_TEST_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: AGOGE_TEST_DATA is not set");
    }
    folder
}

/// Mean stance share over both feet, %.
fn stance_share(analysis: &Analysis) -> Option<f64> {
    let gait = analysis.gait.as_ref()?;
    let values: Vec<f64> =
        gait.values.iter().filter(|v| v.name == "stance_share").map(|v| v.mean).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Walking and jogging on the spot of UTD-MHAD. Rules were chosen on subjects 1 to 4.
#[test]
fn walks_and_jogs_on_the_spot_are_told_apart() {
    let Some(data) = data() else { return };
    let mut clips = Vec::new();
    dataset::read_dataset(Dataset::UtdMhad, &data.join("utd-mhad"), &mut |item, _| {
        let movement = item.row.movement.clone();
        if movement == "walk" || movement == "jog" {
            let chosen = ["s1", "s2", "s3", "s4"].contains(&item.row.athlete.as_str());
            clips.push((movement == "walk", chosen, item.name.clone(), item.recording));
        }
        Ok(())
    })
    .unwrap();
    for (is_walk, chosen) in [(true, true), (false, true), (true, false), (false, false)] {
        let (mut all, mut judged, mut right, mut inside) = (0, 0, 0, 0);
        for (.., name, recording) in
            clips.iter().filter(|clip| (clip.0, clip.1) == (is_walk, chosen))
        {
            all += 1;
            let named = if is_walk { "walking" } else { "running" };
            let analysis = analysis(recording, named);
            let Some(gait) = &analysis.gait else {
                println!("{name}: {:?}", analysis.refused.last());
                continue;
            };
            judged += 1;
            let share = stance_share(&analysis).unwrap();
            right += usize::from((gait.kind == GaitKind::Walking) == is_walk);
            inside +=
                usize::from(if is_walk { (55.0..=68.0).contains(&share) } else { share < 45.0 });
            println!(
                "{name} {named}: {:?}, stance {share:.0} %, strides {:?}",
                gait.kind, gait.strides
            );
            assert_eq!(gait.place, GaitPlace::InPlace, "{name}");
        }
        println!(
            "walk {is_walk}, chosen on {chosen}: {all} clips, {judged} judged, {right} named rightly, {inside} with the expected stance"
        );
        assert!(
            judged * 5 >= all * 4 && right * 5 >= judged * 4,
            "{judged} of {all}, {right} right"
        );
        assert!(inside * 5 >= judged * 3, "{inside} of {judged}");
    }
}

/// Marker recordings of people who walk, as far as their files can be read.
#[test]
fn walks_of_markers_have_ordinary_strides() {
    let Some(data) = data() else { return };
    let cases = data.join("cases/mocap");
    let mut judged = 0;
    for name in [
        "pig_gait_with_centres_cut.c3d",
        "pass/lower_body_zup.trc",
        "opencap_walk_cut.trc",
        "opensim_gait10dof_walk.trc",
        "opensim_rajagopal_walk.trc",
    ] {
        let Ok(recording) = read_recording(&cases.join(name), &ReadOptions::default()) else {
            println!("{name}: not read");
            continue;
        };
        let walked = analysis(&recording, "walking");
        let Some(gait) = &walked.gait else {
            println!("{name}: {:?}", walked.refused.iter().find(|refused| refused.name == "gait"));
            continue;
        };
        judged += 1;
        println!("{name}: {:?} {:?} {}", gait.kind, gait.strides, gait.reason);
        for value in &gait.values {
            println!(
                "    {} {:?} {:.3} {}",
                value.name,
                value.side,
                value.mean,
                value.unit.symbol()
            );
        }
        let share = stance_share(&walked).unwrap();
        assert_eq!(gait.kind, GaitKind::Walking, "{name}");
        assert!((55.0..=70.0).contains(&share), "{name}: {share}");
        // Named as running, it is said plainly, and no limit of running is applied.
        let run = analysis(&recording, "running_gait");
        let mismatch = run.gait.unwrap().mismatch.unwrap();
        assert!(mismatch.starts_with("this is walking: duty factor 0.6"), "{mismatch}");
        assert!(run.findings.is_empty() && run.score.is_none());
        assert_eq!(analysis(&recording, "auto").movement.name, "walking");
    }
    assert!(judged >= 2, "{judged}");
}

#[test]
fn a_front_camera_refuses_lengths_and_a_side_camera_width() {
    let recording = SimulatedGait {
        ground: agoge::motion::simulate::SimulatedGround::Belt,
        ..SimulatedGait::walking()
    }
    .simulate()
    .0;
    let refused = |azimuth_deg: f64| {
        let film = SimulatedCamera::phone(azimuth_deg).film_recording(&recording);
        let analysis = analysis(&film, "walking");
        analysis.refused.into_iter().map(|refused| refused.name).collect::<Vec<_>>()
    };
    let side = refused(90.0);
    assert!(side.contains(&"step_width".to_owned()), "{side:?}");
    assert!(!side.contains(&"gait".to_owned()) && !side.contains(&"step_length".to_owned()));
    let front = refused(0.0);
    assert!(
        front.contains(&"gait".to_owned()) || front.contains(&"step_length".to_owned()),
        "{front:?}"
    );
}
