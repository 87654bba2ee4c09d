//! Accuracy of joint angles measured by cameras, on the Keraal dataset, whose trials were recorded
//! at the same time by pose networks, a depth camera and optical markers.

use agoge::analyze::{PreparedRecording, prepare_recording};
use agoge::{AnalysisOptions, Error};

use agoge_formats::keraal::read_json_with_depth;
use agoge_kinematics::{Curve, RELIABLE_SHOWN_SHARE, Unit, visible_share};
use agoge_motion::Side;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The dataset's name of each sensor, its name here, and whether the sensor's estimated depth is
/// read.
const SENSORS: [(&str, &str, bool); 5] = [
    ("BP", "BlazePose, picture", false),
    ("BP", "BlazePose, depth guessed", true),
    ("OP", "OpenPose, picture", false),
    ("AP", "AlphaPose, picture", false),
    ("Kinect", "Kinect", false),
];
/// Maximum lag between the clocks of two sensors, s.
const LAG_S: f64 = 1.5;
/// Step of the lag search, s: one marker frame.
const STEP_S: f64 = 1.0 / 60.0;
/// Minimum share of a sensor's frames that must lie within the markers' recording.
const MIN_OVERLAP: f64 = 0.8;
/// Minimum number of frames for an error to be reported.
const MIN_FRAMES: usize = 30;

/// Agreement of the dataset's sensors with its markers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SensorAgreement {
    /// Number of trials with markers and another sensor.
    pub trials: usize,
    /// One row per angle and sensor.
    pub rows: Vec<AngleAgreement>,
}

/// Agreement of one angle of one sensor with the markers, over all trials and both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AngleAgreement {
    /// The sensor and how it was read.
    pub sensor: String,
    /// Name of the angle, without its side.
    pub curve: String,
    /// The frames included: `all`, or `in plane` for those in which the picture shows the arm at
    /// 0.7 or more of its length ([`agoge_kinematics::visible_share`]).
    pub frames: String,
    /// Number of frames, over all sides and trials.
    pub n: usize,
    /// Root mean square of the angle's variation according to the markers (standard deviation
    /// within a trial), degrees: an angle at rest is easy to get right.
    pub moves_deg: f64,
    /// Root mean square error, degrees.
    pub rmse_deg: f64,
    /// Root mean square error after subtracting the mean error of each side and trial, degrees: the
    /// error that remains when comparing two recordings by the same camera.
    pub rmse_without_offset_deg: f64,
}

/// Compares every sensor of the trials in the folder with the markers of the same trial. The clocks
/// are aligned once per trial and sensor, at the lag that minimises the variance of all angles'
/// differences.
///
/// # Errors
/// If the folder has no trial with markers and another sensor, or a file cannot be read.
pub fn measure_agreement(folder: &Path) -> Result<SensorAgreement, Error> {
    let mut sums: BTreeMap<(usize, String, bool), ErrorSums> = BTreeMap::new();
    let mut trials = 0;
    for (markers, trial) in list_trials(folder)? {
        let truth = read_prepared(&markers, false)?;
        let others: Vec<(usize, PathBuf)> = (0..SENSORS.len())
            .filter_map(|sensor| {
                let name = |extension| {
                    folder.join(format!("G3-{}-{trial}.{extension}", SENSORS[sensor].0))
                };
                ["json", "txt"]
                    .map(name)
                    .into_iter()
                    .find(|path| path.is_file())
                    .map(|path| (sensor, path))
            })
            .collect();
        trials += usize::from(!others.is_empty());
        for (sensor, path) in others {
            let sensor_data = read_prepared(&path, SENSORS[sensor].2)?;
            compare_curves(&sensor_data, &truth, |curve, well_shown, errors| {
                sums.entry((sensor, curve.to_owned(), well_shown)).or_default().add_pairs(errors)
            });
        }
    }
    if trials == 0 {
        let hint = "files are named as G3-BP-CTK-P1T1-Unknown-C-0.json and G3-Vicon-CTK-P1T1-Unknown-C-0.txt";
        let what = "no trial with markers and another sensor".to_owned();
        return Err(Error::NothingToAnalyze { path: folder.to_owned(), what, hint });
    }
    let rows = sums.into_iter().filter(|(_, sum)| sum.n >= MIN_FRAMES).map(
        |((sensor, curve, well_shown), sum)| {
            let root = |squares: f64| (squares / sum.n as f64).sqrt();
            AngleAgreement {
                sensor: SENSORS[sensor].1.to_owned(),
                curve,
                frames: if well_shown { "in plane" } else { "all" }.to_owned(),
                n: sum.n,
                moves_deg: root(sum.moves),
                rmse_deg: root(sum.squares),
                rmse_without_offset_deg: root(sum.about_mean),
            }
        },
    );
    Ok(SensorAgreement { trials, rows: rows.collect() })
}

/// The marker files with the names of their trials, sorted.
fn list_trials(folder: &Path) -> Result<Vec<(PathBuf, String)>, Error> {
    let mut trials = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io_at(folder))? {
        let name = entry.map_err(Error::io_at(folder))?.file_name().to_string_lossy().into_owned();
        if let Some(trial) =
            name.strip_prefix("G3-Vicon-").and_then(|name| name.strip_suffix(".txt"))
        {
            trials.push((folder.join(&name), trial.to_owned()));
        }
    }
    trials.sort();
    Ok(trials)
}

/// Reads a file and prepares it like every other recording.
fn read_prepared(path: &Path, deep: bool) -> Result<PreparedRecording, Error> {
    let options = AnalysisOptions::default();
    let recording = if deep {
        read_json_with_depth(path, &options.read)?
    } else {
        agoge_formats::read_recording(path, &options.read)?
    };
    prepare_recording(&recording, &options)
}

/// Running sums over frames.
#[derive(Default)]
struct ErrorSums {
    n: usize,
    squares: f64,
    about_mean: f64,
    moves: f64,
}

impl ErrorSums {
    /// Adds the `(error, truth)` pairs of one side of one trial.
    fn add_pairs(&mut self, pairs: &[(f64, f64)]) {
        let squares_about_mean = |component: fn(&(f64, f64)) -> f64| {
            let mean = pairs.iter().map(component).sum::<f64>() / pairs.len() as f64;
            pairs.iter().map(|pair| (component(pair) - mean).powi(2)).sum::<f64>()
        };
        if !pairs.is_empty() {
            self.n += pairs.len();
            self.squares += pairs.iter().map(|(error, _)| error.powi(2)).sum::<f64>();
            self.about_mean += squares_about_mean(|pair| pair.0);
            self.moves += squares_about_mean(|pair| pair.1);
        }
    }
}

/// Calls `take` with the `(error, truth)` pairs, degrees, of each angle that both recordings have,
/// per side: first for all frames, then, where visibility matters, for those in which the limb is
/// well shown.
fn compare_curves(
    sensor_data: &PreparedRecording,
    truth: &PreparedRecording,
    mut take: impl FnMut(&str, bool, &[(f64, f64)]),
) {
    let (curves, truth_curves) = (&sensor_data.measured.curves, &truth.measured.curves);
    let pairs: Vec<(&Curve, &Curve)> = curves
        .curves
        .iter()
        .filter(|curve| curve.unit == Unit::Degree)
        .filter_map(|curve| Some((curve, truth_curves.get(&curve.name, curve.side)?)))
        .collect();
    let steps = (LAG_S / STEP_S) as i32;
    let lags = (-steps..=steps).map(|step| f64::from(step) * STEP_S);
    let Some(lag_s) = lags
        .filter_map(|lag_s| Some((lag_s, lag_variance(&pairs, curves, truth_curves, lag_s)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
    else {
        return;
    };
    let shown_shares =
        |side: Option<Side>, name: &str| visible_share(&sensor_data.body.recording, name, side);
    for (curve, truth_curve) in pairs {
        let errors = curve_errors(curve, &curves.time, truth_curve, &truth_curves.time, lag_s.0);
        let all: Vec<(f64, f64)> = errors.iter().map(|(_, pair)| *pair).collect();
        take(&curve.name, false, &all);
        if let Some(shares) = shown_shares(curve.side, &curve.name) {
            let shown_pairs: Vec<(f64, f64)> = errors
                .iter()
                .filter(|(frame, _)| shares[*frame] >= RELIABLE_SHOWN_SHARE)
                .map(|(_, pair)| *pair)
                .collect();
            take(&curve.name, true, &shown_pairs);
        }
    }
}

/// Mean variance of the differences of all pairs at a lag; none if too few frames overlap.
fn lag_variance(
    pairs: &[(&Curve, &Curve)],
    curves: &agoge_kinematics::Curves,
    truth: &agoge_kinematics::Curves,
    lag_s: f64,
) -> Option<f64> {
    let inside = curves
        .time
        .iter()
        .filter(|time| (truth.time.first()..=truth.time.last()).contains(&Some(&(*time + lag_s))))
        .count();
    if (inside as f64) < MIN_OVERLAP * curves.time.len() as f64 {
        return None;
    }
    let mut sum = ErrorSums::default();
    for (curve, truth_curve) in pairs {
        let errors = curve_errors(curve, &curves.time, truth_curve, &truth.time, lag_s);
        sum.add_pairs(&errors.into_iter().map(|(_, pair)| pair).collect::<Vec<_>>());
    }
    (sum.n > 0).then(|| sum.about_mean / sum.n as f64)
}

/// The frame, and error and truth in degrees, wherever both are known; the truth is interpolated
/// linearly between its frames.
pub(super) fn curve_errors(
    curve: &Curve,
    time: &[f64],
    truth: &Curve,
    truth_time: &[f64],
    lag_s: f64,
) -> Vec<(usize, (f64, f64))> {
    let error_at = |(frame, (&value, &time)): (usize, (&f64, &f64))| {
        let after = truth_time.partition_point(|&truth_s| truth_s < time + lag_s);
        let (before, after) = (after.checked_sub(1)?, (after < truth_time.len()).then_some(after)?);
        let share = (time + lag_s - truth_time[before]) / (truth_time[after] - truth_time[before]);
        let expected = truth.values[before] + share * (truth.values[after] - truth.values[before]);
        let error = (value - expected + 180.0).rem_euclid(360.0) - 180.0;
        error.is_finite().then_some((frame, (error, expected)))
    };
    curve.values.iter().zip(time).enumerate().filter_map(error_at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elbow_curve(values: Vec<f64>) -> Curve {
        Curve { name: "elbow_flexion".into(), side: Some(Side::Left), unit: Unit::Degree, values }
    }

    #[test]
    fn errors_are_read_at_the_lag_and_around_the_circle() {
        let truth_time: Vec<f64> = (0..200).map(|k| f64::from(k) / 60.0).collect();
        let truth =
            elbow_curve(truth_time.iter().map(|t| 170.0 + 20.0 * (2.0 * t).sin()).collect());
        let time: Vec<f64> = (0..60).map(|k| f64::from(k) / 30.0).collect();
        // The same angle half a second later on the other clock, with 3° added and wrapped below
        // 180°.
        let measured = elbow_curve(
            time.iter().map(|t| 173.0 + 20.0 * (2.0 * (t + 0.5)).sin() - 360.0).collect(),
        );
        let pairs = curve_errors(&measured, &time, &truth, &truth_time, 0.5);
        // Linear interpolation between frames 1/60 s apart misses the sine by (1/60)²/8 · 80 ≈
        // 0.003°.
        assert!(
            pairs.len() >= 59 && pairs.iter().all(|(_, (error, _))| (error - 3.0).abs() < 0.005),
            "{pairs:?}"
        );
        let mut sum = ErrorSums::default();
        sum.add_pairs(&pairs.into_iter().map(|(_, pair)| pair).collect::<Vec<_>>());
        let n = sum.n as f64;
        assert!(
            ((sum.squares / n).sqrt() - 3.0).abs() < 0.005 && (sum.about_mean / n).sqrt() < 0.005
        );
    }
}
