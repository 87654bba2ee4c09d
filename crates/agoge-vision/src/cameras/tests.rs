//! Simulated cameras around a simulated athlete, so that every joint's position is known.

use super::*;
use agoge_motion::simulate::{Corruption, Exercise, SimulatedSet};
use nalgebra::Rotation3;

/// A camera 4 m from the middle of the floor, 1.2 m high, looking at the athlete's middle from an
/// angle around the vertical.
fn camera_at(name: &str, from_deg: f64) -> CalibratedCamera {
    let (sin, cos) = from_deg.to_radians().sin_cos();
    let place = Vector3::new(4.0 * cos, 4.0 * sin, 1.2);
    let away = (Vector3::new(0.0, 0.0, 0.9) - place).normalize();
    let right = away.cross(&Vector3::z()).normalize();
    let rotation = nalgebra::Matrix3::from_rows(&[
        right.transpose(),
        away.cross(&right).transpose(),
        away.transpose(),
    ]);
    let rotation = Rotation3::from_matrix_unchecked(rotation);
    CalibratedCamera {
        name: name.into(),
        size: [1920.0, 1080.0],
        focus: [1100.0, 1100.0, 960.0, 540.0],
        distortion: [-0.12, 0.05, 0.001, -0.0005, 0.0],
        rotation,
        translation: -(rotation * place),
    }
}

/// A camera's view of a recording in space, px with noise and outliers, its clock `late_s` behind.
fn camera_view(
    camera: &CalibratedCamera,
    truth: &Recording,
    late_s: f64,
    spoil: Corruption,
) -> Recording {
    let picture = |p: &[f64; 3]| {
        let [u, v] = camera.project_point(UpAxis::Z.from_y_up(*p).into()).unwrap();
        [u, camera.size[1] - v, f64::NAN]
    };
    let position = truth.position.iter().map(picture).collect();
    let space = Space::Image { width: Some(camera.size[0]), height: Some(camera.size[1]) };
    let time = truth.time.iter().map(|time_s| time_s + late_s).collect();
    let mut out = Recording::new(
        truth.source.clone(),
        truth.skeleton.clone(),
        space,
        time,
        position,
        truth.confidence.clone(),
    )
    .unwrap();
    spoil.apply_to(&mut out);
    out
}

fn true_recording() -> Recording {
    SimulatedSet { repetitions: 3, facing_deg: 30.0, ..SimulatedSet::new(Exercise::Squat) }
        .simulate()
        .recording
}

/// Distances between true and reconstructed joint positions, m.
fn joint_errors(truth: &Recording, found: &Recording) -> Vec<f64> {
    let away = |(a, b): (&[f64; 3], &[f64; 3])| (Vector3::from(*a) - Vector3::from(*b)).norm();
    truth.position.iter().zip(&found.position).map(away).filter(|away| away.is_finite()).collect()
}

#[test]
fn joints_come_out_where_they_are() {
    let truth = true_recording();
    // A pixel is 4 m / 1100 = 3.6 mm at the athlete; 2 % of the positions are wrong; the second
    // clock is 0.217 s behind.
    let spoil = |seed| Corruption { noise: 1.0, outliers: 0.02, seed, ..Corruption::default() };
    let views: Vec<(CalibratedCamera, Recording)> =
        [("a", 0.0, 0.0), ("b", 70.0, 0.217), ("c", 140.0, -0.4)]
            .iter()
            .zip(1..)
            .map(|(&(name, from, late_s), seed)| {
                let camera = camera_at(name, from);
                let recording = camera_view(&camera, &truth, late_s, spoil(seed));
                (camera, recording)
            })
            .collect();
    for (view, late_s) in views[1..].iter().zip([0.217, -0.4]) {
        let (found, _) = find_lag(&views[0].1, &view.1).unwrap();
        // Half a frame of 1/60 s; more would show in the joints.
        assert!((found - late_s).abs() < 0.5 / 60.0, "{found}");
    }
    let found = triangulate(&views, Path::new("views")).unwrap();
    assert!(found.space.is_3d() && found.source.format == "cameras");
    let mut errors = joint_errors(&truth, &found);
    errors.sort_by(f64::total_cmp);
    // At the ends of the recordings nothing is seen twice; elsewhere only observations that agree
    // make a point.
    assert!(errors.len() as f64 > 0.9 * truth.position.len() as f64, "{}", errors.len());
    let (median, most) = (errors[errors.len() / 2], errors[errors.len() * 99 / 100]);
    // Three observations of 3.6 mm, and half a frame at the squat's maximum of 1 m/s.
    assert!(median < 0.006 && most < 0.03, "{median} {most}");
}

#[test]
fn two_cameras_that_contradict_each_other_give_no_point() {
    let truth = true_recording();
    let views: Vec<(CalibratedCamera, Recording)> = [("a", 0.0), ("b", 90.0)]
        .map(|(name, from)| {
            (
                camera_at(name, from),
                camera_view(&camera_at(name, from), &truth, 0.0, Corruption::default()),
            )
        })
        .into();
    let exact = triangulate(&views, Path::new("views")).unwrap();
    // Without noise, what remains is the error of undoing the lens in twenty rounds and of the
    // clocks' parabola.
    assert!(joint_errors(&truth, &exact).into_iter().fold(0.0, f64::max) < 2e-3);
    let mut wrong = views;
    let joints = truth.joint_count();
    wrong[1].1.position.iter_mut().step_by(joints).for_each(|p| p[1] += 100.0);
    let found = triangulate(&wrong, Path::new("views")).unwrap();
    assert!((0..found.frame_count()).all(|frame| !found.is_seen(frame, 0)) && found.is_seen(60, 1));
    assert!(found.source.notes.iter().any(|note| note.contains("% of the sights left out")));
    let alone = triangulate(&wrong[..1], Path::new("views")).unwrap_err().to_string();
    assert!(alone.contains("a single camera sees no depth; hint: "), "{alone}");
}

#[test]
fn a_calibration_is_read_or_refused_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calib.toml");
    let section = |name: &str, fisheye: bool| {
        format!(
            "[{name}]\nname = \"{name}\"\nsize = [ 1088.0, 1920.0]\nmatrix = [ [ 1681.2, 0.0, 540.1], [ 0.0, 1681.2, 959.6], [ 0.0, 0.0, 1.0]]\n\
             distortions = [ -0.05, 0.1, 0.0, 0.001]\nrotation = [ 1.2, -0.3, 0.4]\ntranslation = [ 0.1, 0.9, 4.2]\nfisheye = {fisheye}\n"
        )
    };
    std::fs::write(
        &path,
        section("cam03", false) + &section("cam04", false) + "[metadata]\nadjusted = false\n",
    )
    .unwrap();
    let cameras = read_cameras(&path).unwrap();
    assert_eq!(
        cameras.iter().map(|camera| camera.name.as_str()).collect::<Vec<_>>(),
        ["cam03", "cam04"]
    );
    assert_eq!(
        (cameras[0].focus, cameras[0].distortion),
        ([1681.2, 1681.2, 540.1, 959.6], [-0.05, 0.1, 0.0, 0.001, 0.0])
    );
    // Rodrigues' vector: its length is the angle.
    assert!((cameras[0].rotation.angle() - Vector3::new(1.2f64, -0.3, 0.4).norm()).abs() < 1e-12);
    let videos = [Path::new("x/pose2sim_cam04.mp4"), Path::new("x/pose2sim_cam03.mp4")];
    let names: Vec<String> = assign_cameras(&cameras, &videos, &path)
        .unwrap()
        .into_iter()
        .map(|camera| camera.name)
        .collect();
    assert_eq!(names, ["cam04", "cam03"]);
    assert!(assign_cameras(&cameras, &[Path::new("one.mp4")], &path).is_err());
    let same = [Path::new("a_cam03.mp4"), Path::new("b_cam03.mp4")];
    let line = assign_cameras(&cameras, &same, &path).unwrap_err().to_string();
    assert!(line.contains("two videos are named after camera \"cam03\"; hint:"), "{line}");
    for text in [section("a", true), "[a]\nsize = 3\n".into(), "no toml".into(), String::new()] {
        std::fs::write(&path, &text).unwrap();
        let line = read_cameras(&path).unwrap_err().to_string();
        assert!(line.contains("; hint: ") && line.lines().count() == 1, "{line}");
    }
}
