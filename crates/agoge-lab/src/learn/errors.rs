//! Errors of sensors and ranges of correct repetitions, from repetitions that two sensors recorded
//! at the same time, and how often findings by them are true.

use agoge::analyze::{Analyzed, analyze, prepare_recording};
use agoge::{AnalysisOptions, Error, Models};
use agoge_analysis::{Certainty, Finding};
use agoge_coach::findings::{FindingsInput, ranked_findings};
use agoge_coach::{ErrorRow, ErrorView, MeasuredTables, PopulationRow, Precision};
use agoge_formats::SensorClass;
use agoge_formats::dataset::{self, Dataset, DatasetItem};
use agoge_kinematics::movement::Statistic;
use agoge_kinematics::{Metric, Repetition, Unit, segment_repetitions};
use agoge_motion::statistics::{finite_mean, sample_sd};
use agoge_motion::{Recording, Side};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::keraal::{SensorAgreement, curve_errors, measure_agreement};

/// Where the pairs of UI-PRMD come from.
const PAIRED_SOURCE: &str = "UI-PRMD, Kinect beside Vicon (Vakanski 2018)";
/// Where the populations come from.
const POPULATION_SOURCE: &str = "UI-PRMD, Vakanski 2018";
/// Where the errors of single cameras come from.
const KERAAL_SOURCE: &str = "BlazePose against markers, Keraal set (docs/results/video.md)";
/// Where the errors of Keraal's depth camera come from.
const KERAAL_KINECT_SOURCE: &str = "Kinect against markers, Keraal set (docs/results/video.md)";
/// Where the errors of several cameras come from.
const MODEL_SOURCE: &str = "joints of OpenCap and Pose2Sim against OpenSim's inverse kinematics";
/// Fewest athletes behind an error.
const MIN_ATHLETES: usize = 3;
/// Fewest athletes behind a population; of fewer, those whose values are possible are a selection.
const MIN_POPULATION: usize = 5;
/// Fewest frames of a repetition's file; two files hold a single frame.
const MIN_FRAMES: usize = 6;

/// All repetitions of one athlete, movement and label by one sensor, one after the other as in a
/// set, with its analysis.
struct MeasuredSet {
    athlete: String,
    movement: String,
    is_correct: bool,
    sensor: SensorClass,
    analyzed: Analyzed,
    /// The set's own repetitions with the number of the file that each lies in.
    repetitions: Vec<(usize, Repetition)>,
}

/// A value of one metric that both sensors measured in the same repetition.
struct PairedValue<'a> {
    athlete: &'a str,
    movement: &'a str,
    metric: &'a Metric,
    curve: Option<&'a str>,
    statistic: Option<Statistic>,
    /// Depth camera.
    depth: f64,
    /// Markers.
    markers: f64,
    set: [&'a MeasuredSet; 2],
}

/// Reads a data set and joins the repetitions of each athlete, movement and label.
fn chained_sets(kind: Dataset, folder: &Path) -> Result<Vec<MeasuredSet>, Error> {
    let mut groups: BTreeMap<(String, String, bool), Vec<DatasetItem>> = BTreeMap::new();
    dataset::read_dataset(kind, folder, &mut |item, _| {
        let key = (
            item.row.movement.clone(),
            item.row.athlete.clone(),
            item.row.is_correct() == Some(true),
        );
        if item.recording.frame_count() >= MIN_FRAMES {
            groups.entry(key).or_default().push(item);
        }
        Ok(())
    })?;
    let models = Models::without_model();
    groups
        .into_par_iter()
        .map(|((movement, athlete, is_correct), items)| {
            let (recording, ends) = chain_items(&items);
            let options =
                AnalysisOptions { movement: movement.clone(), ..AnalysisOptions::default() };
            let analyzed = analyze(&recording, None, &models, &options)?;
            let found = segment_repetitions(&analyzed.movement, &analyzed.curves);
            let file_of = |repetition: &Repetition| {
                let time = &analyzed.curves.time;
                let middle = 0.5 * (time[repetition.start] + time[repetition.end]);
                ends.iter().find(|(_, end_s)| middle <= *end_s).map_or(0, |(number, _)| *number)
            };
            let repetitions = found
                .into_iter()
                .filter(|repetition| repetition.complete)
                .map(|repetition| (file_of(&repetition), repetition))
                .collect();
            let sensor = SensorClass::from_recording(&analyzed.body);
            Ok(MeasuredSet { athlete, movement, is_correct, sensor, analyzed, repetitions })
        })
        .collect()
}

/// Joins recordings without a break; also the number of each and the time at which it ends.
fn chain_items(items: &[DatasetItem]) -> (Recording, Vec<(usize, f64)>) {
    let mut chained = items[0].recording.clone();
    chained.position.clear();
    chained.confidence.clear();
    chained.time.clear();
    let mut ends = Vec::new();
    for item in items {
        let step = 1.0 / item.recording.rate_hz();
        let begin = chained.time.last().map_or(0.0, |time| time + step);
        let first = item.recording.time.first().copied().unwrap_or(0.0);
        chained.time.extend(item.recording.time.iter().map(|time| begin + time - first));
        chained.position.extend_from_slice(&item.recording.position);
        chained.confidence.extend_from_slice(&item.recording.confidence);
        let number = item.name.split("_r").nth(1).and_then(|text| text.get(..2)?.parse().ok());
        ends.push((number.unwrap_or(0), chained.time.last().copied().unwrap_or(0.0)));
    }
    (chained, ends)
}

/// The values that both sensors measured in the same repetition. A file in which a sensor finds two
/// repetitions is left out.
fn paired_values<'a>(depth: &'a [MeasuredSet], markers: &'a [MeasuredSet]) -> Vec<PairedValue<'a>> {
    let mut pairs = Vec::new();
    for a in depth {
        let same = |b: &&MeasuredSet| {
            (&b.athlete, &b.movement, b.is_correct) == (&a.athlete, &a.movement, a.is_correct)
        };
        let Some(b) = markers.iter().find(same) else { continue };
        let only = |set: &'a MeasuredSet, number: usize| -> Option<&'a Repetition> {
            let mut found = set.repetitions.iter().filter(|(file, _)| *file == number);
            found.next().filter(|_| found.next().is_none()).map(|(_, repetition)| repetition)
        };
        for (number, repetition) in &a.repetitions {
            let (Some(_), Some(other)) = (only(a, *number), only(b, *number)) else { continue };
            for metric in repetition.metrics.iter().filter(|metric| metric.value.is_finite()) {
                let is_same = |m: &&Metric| m.name == metric.name && m.side == metric.side;
                let Some(truth) = other.metrics.iter().find(is_same) else { continue };
                let rule = a.analyzed.movement.metric_rule(&metric.name);
                if truth.value.is_finite() && truth.unit == metric.unit {
                    pairs.push(PairedValue {
                        athlete: &a.athlete,
                        movement: &a.movement,
                        metric,
                        curve: rule.and_then(|rule| rule.curve.as_deref()),
                        statistic: rule.map(|rule| rule.statistic),
                        depth: metric.value,
                        markers: truth.value,
                        set: [a, b],
                    });
                }
            }
        }
    }
    pairs
}

/// One athlete's set of a movement, done correctly or not, and the metric compared in it.
type SetKey<'a> = (&'a str, &'a str, bool, &'a str, Option<Side>);

/// The error row of a group of pairs, every athlete weighted alike; none of fewer than
/// [`MIN_ATHLETES`].
fn error_row(pairs: &[&PairedValue], sensor: SensorClass, unit: Unit) -> Option<ErrorRow> {
    let mut by_athlete: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut by_set: BTreeMap<SetKey, Vec<f64>> = BTreeMap::new();
    for pair in pairs {
        let difference = pair.depth - pair.markers;
        by_athlete.entry(pair.athlete).or_default().push(difference);
        let metric = pair.metric;
        let key = (pair.athlete, pair.movement, pair.set[0].is_correct, &*metric.name, metric.side);
        by_set.entry(key).or_default().push(difference);
    }
    let mean = |values: Vec<f64>| finite_mean(&values);
    let squares = |values: &Vec<f64>| mean(values.iter().map(|value| value.powi(2)).collect());
    let variances: Vec<f64> =
        by_set.values().filter(|v| v.len() >= 3).map(|v| sample_sd(v).powi(2)).collect();
    let rms = mean(by_athlete.values().map(squares).collect()).sqrt();
    let repeated = finite_mean(&variances).sqrt();
    (by_athlete.len() >= MIN_ATHLETES).then(|| ErrorRow {
        sensor,
        movement: None,
        metric: None,
        curve: None,
        statistic: None,
        view: ErrorView::Any,
        unit,
        bias: round_figure(mean(by_athlete.values().map(|values| finite_mean(values)).collect())),
        rms: round_up(rms),
        repeated: round_figure(if repeated.is_finite() { repeated } else { rms }),
        n: pairs.len(),
        people: by_athlete.len(),
        source: PAIRED_SOURCE.to_owned(),
    })
}

/// Rounds to four significant digits or so.
fn round_figure(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Rounds up, so that the root mean square stays at least the bias.
fn round_up(value: f64) -> f64 {
    (value * 1e4).ceil() / 1e4
}

/// The rows of the depth camera: of every metric, of every statistic of a curve, of every unit.
fn paired_rows(pairs: &[&PairedValue]) -> Vec<ErrorRow> {
    const SENSOR: SensorClass = SensorClass::DepthCameraAngles;
    let mut of_metric: BTreeMap<(&str, &str), Vec<&PairedValue>> = BTreeMap::new();
    let mut of_curve: BTreeMap<(&str, String, String), Vec<&PairedValue>> = BTreeMap::new();
    let mut of_unit: BTreeMap<String, Vec<&PairedValue>> = BTreeMap::new();
    for pair in pairs {
        let unit = pair.metric.unit.symbol().to_owned();
        of_metric.entry((pair.movement, &pair.metric.name)).or_default().push(pair);
        if let Some((curve, statistic)) = pair.curve.zip(pair.statistic) {
            let key = (curve, format!("{statistic:?}"), unit.clone());
            of_curve.entry(key).or_default().push(pair);
        }
        of_unit.entry(unit).or_default().push(pair);
    }
    let metric_rows = of_metric.into_iter().filter_map(|((movement, metric), pairs)| {
        let (movement, metric) = (Some(movement.to_owned()), Some(metric.to_owned()));
        Some(ErrorRow { movement, metric, ..error_row(&pairs, SENSOR, pairs[0].metric.unit)? })
    });
    let curve_rows = of_curve.into_iter().filter_map(|((curve, ..), pairs)| {
        let (curve, statistic) = (Some(curve.to_owned()), pairs[0].statistic);
        Some(ErrorRow { curve, statistic, ..error_row(&pairs, SENSOR, pairs[0].metric.unit)? })
    });
    let unit_rows =
        of_unit.into_values().filter_map(|pairs| error_row(&pairs, SENSOR, pairs[0].metric.unit));
    metric_rows.chain(curve_rows).chain(unit_rows).collect()
}

/// The populations of correct repetitions, by sensor, movement and metric.
fn population_rows<'a>(sets: impl Iterator<Item = &'a MeasuredSet>) -> Vec<PopulationRow> {
    type Values<'a> = BTreeMap<&'a str, Vec<f64>>;
    let mut groups: BTreeMap<(SensorClass, &str, &str), (Unit, Values)> = BTreeMap::new();
    for set in sets.filter(|set| set.is_correct) {
        for metric in set.repetitions.iter().flat_map(|(_, repetition)| &repetition.metrics) {
            if metric.value.is_finite() && set.analyzed.movement.is_possible(metric) {
                let key = (set.sensor, set.movement.as_str(), metric.name.as_str());
                let group = groups.entry(key).or_insert((metric.unit, BTreeMap::new()));
                group.1.entry(&set.athlete).or_default().push(metric.value);
            }
        }
    }
    let row = |((sensor, movement, metric), (unit, by_athlete)): (_, (Unit, Values))| {
        let means: Vec<f64> = by_athlete.values().map(|values| finite_mean(values)).collect();
        let variances: Vec<f64> = by_athlete
            .values()
            .filter(|values| values.len() >= 3)
            .map(|values| sample_sd(values).powi(2))
            .collect();
        let within = finite_mean(&variances).sqrt();
        (means.len() >= MIN_POPULATION).then(|| PopulationRow {
            sensor,
            movement: str::to_owned(movement),
            metric: str::to_owned(metric),
            unit,
            mean: round_figure(finite_mean(&means)),
            sd_between: round_up(sample_sd(&means)),
            sd_within: round_up(if within.is_finite() { within } else { 0.0 }),
            people: means.len(),
            n: by_athlete.values().map(Vec::len).sum(),
            source: POPULATION_SOURCE.to_owned(),
        })
    };
    groups.into_iter().filter_map(row).collect()
}

/// Rows of single cameras and of Keraal's depth camera, from frames.
fn keraal_rows(agreement: &SensorAgreement) -> Vec<ErrorRow> {
    // In the sagittal plane the mean error holds the camera's tilt and the target on the belt.
    const TILTED: [&str; 2] = ["trunk_lean", "head_lean"];
    let row = |row: &super::keraal::AngleAgreement| {
        let sensor = match row.sensor.as_str() {
            "BlazePose, picture" => SensorClass::Picture,
            "BlazePose, depth guessed" => SensorClass::GuessedDepth,
            "Kinect" => SensorClass::DepthCamera,
            _ => return None,
        };
        let rms = if TILTED.contains(&row.curve.as_str()) {
            row.rmse_without_offset_deg
        } else {
            row.rmse_deg
        };
        Some(ErrorRow {
            sensor,
            movement: None,
            metric: None,
            curve: Some(row.curve.clone()),
            statistic: None,
            view: if row.frames == "in plane" { ErrorView::InPlane } else { ErrorView::Any },
            unit: Unit::Degree,
            bias: 0.0,
            rms: round_up(rms),
            repeated: round_figure(row.rmse_without_offset_deg),
            n: row.n,
            people: 1,
            source: match sensor {
                SensorClass::DepthCamera => KERAAL_KINECT_SOURCE,
                _ => KERAAL_SOURCE,
            }
            .to_owned(),
        })
    };
    let mut rows: Vec<ErrorRow> = agreement.rows.iter().filter_map(row).collect();
    // A row of the picture's plane is used where the limb lies in it, so it comes first.
    rows.sort_by_key(|row| row.view == ErrorView::Any);
    rows
}

/// Files of joints with the angles that OpenSim's inverse kinematics made from them.
const MODEL_PAIRS: [[&str; 2]; 2] = [
    ["cases/mocap/opencap_walk_cut.trc", "cases/mocap/opencap_walk_ik.mot"],
    ["cases/mocap/pose2sim_balancing.trc", "cases/mocap/pose2sim_balancing_ik.mot"],
];
/// Curves with the coordinate of OpenSim's models, and the sign of the coordinate.
const MODEL_ANGLES: [(&str, &str, f64); 4] = [
    ("knee_flexion", "knee_angle", 1.0),
    ("hip_flexion", "hip_flexion", 1.0),
    ("ankle_dorsiflexion", "ankle_angle", 1.0),
    ("elbow_flexion", "elbow_flex", 1.0),
];

/// Rows of several cameras: angles by our formulas from joints, against those of a fitted model.
fn model_rows(data: &Path) -> Result<Vec<ErrorRow>, Error> {
    let mut errors: BTreeMap<&str, Vec<Vec<f64>>> = BTreeMap::new();
    let mut people = 0;
    let options = AnalysisOptions::default();
    for [joints, angles] in MODEL_PAIRS {
        let (joints, angles) = (data.join(joints), data.join(angles));
        if !joints.is_file() || !angles.is_file() {
            continue;
        }
        // A file that cannot be read measures nothing.
        let Ok(recording) = agoge_formats::read_recording(&joints, &options.read) else {
            continue;
        };
        people += 1;
        let table = agoge_formats::read_table(&angles)?;
        let prepared = prepare_recording(&recording, &options)?;
        let curves = &prepared.measured.curves;
        for (name, coordinate, sign) in MODEL_ANGLES {
            for (side, letter) in [(Side::Left, "l"), (Side::Right, "r")] {
                let column = table.column(&format!("{coordinate}_{letter}"));
                let (Some(curve), Some(column)) = (curves.get(name, Some(side)), column) else {
                    continue;
                };
                let truth = agoge_kinematics::Curve {
                    values: column.iter().map(|value| sign * value).collect(),
                    ..curve.clone()
                };
                let pairs = curve_errors(curve, &curves.time, &truth, &table.time, 0.0);
                errors
                    .entry(name)
                    .or_default()
                    .push(pairs.into_iter().map(|(_, (error, _))| error).collect());
            }
        }
    }
    let row = |(curve, legs): (&str, Vec<Vec<f64>>)| {
        let mean =
            |of: &dyn Fn(&Vec<f64>) -> f64| finite_mean(&legs.iter().map(of).collect::<Vec<f64>>());
        ErrorRow {
            sensor: SensorClass::SeveralCameras,
            movement: None,
            metric: None,
            curve: Some(curve.to_owned()),
            statistic: None,
            view: ErrorView::Any,
            unit: Unit::Degree,
            bias: round_figure(mean(&|errors| finite_mean(errors))),
            rms: round_up(
                mean(&|errors| finite_mean(&errors.iter().map(|e| e * e).collect::<Vec<_>>()))
                    .sqrt(),
            ),
            repeated: round_figure(mean(&|errors| sample_sd(errors).powi(2)).sqrt()),
            n: legs.iter().map(Vec::len).sum(),
            people,
            source: MODEL_SOURCE.to_owned(),
        }
    };
    Ok(errors.into_iter().map(row).collect())
}

/// The measured tables, how often their intervals hold for athletes left out, and how often the
/// findings by them are true.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorEvaluation {
    /// The tables of all athletes, as Agoge ships them.
    pub tables: MeasuredTables,
    /// Share of the values of athletes left out that lie within the stated 95 % of both sensors, by
    /// movement.
    pub coverage: Vec<CoverageRow>,
    /// What is told of sets of athletes left out, by sensor and label.
    pub sets: Vec<SetSummary>,
    /// Findings by certainty: how many of them are true.
    pub certainty: Vec<CertaintyRow>,
    /// Every finding, for a closer look.
    pub findings: Vec<JudgedFinding>,
}

/// How often a stated interval holds.
#[derive(Clone, Debug, Serialize)]
pub struct CoverageRow {
    /// Name of the movement.
    pub movement: String,
    /// Share of all values within the stated 95 % of both sensors.
    pub share: f64,
    /// The same of the angles.
    pub angles: f64,
    /// Number of values.
    pub n: usize,
}

/// What is told of a kind of sets.
#[derive(Clone, Debug, Serialize)]
pub struct SetSummary {
    /// The sensor.
    pub sensor: SensorClass,
    /// Whether the sets were done correctly.
    pub is_correct: bool,
    /// Number of sets.
    pub sets: usize,
    /// Share of the sets with a finding.
    pub any: f64,
    /// Share of the sets with a finding of high certainty.
    pub high: f64,
    /// Share of the sets with a finding that names what was done wrong.
    pub fitting: f64,
    /// Share of the sets with such a finding of high certainty.
    pub fitting_high: f64,
}

/// How many findings of a certainty are true.
#[derive(Clone, Debug, Serialize)]
pub struct CertaintyRow {
    /// The certainty.
    pub certainty: Certainty,
    /// Number of findings.
    pub findings: usize,
    /// Share that is true: of an incorrect set, naming what was done wrong.
    pub is_true: f64,
}

/// One finding of a set of an athlete left out.
#[derive(Clone, Debug, Serialize)]
pub struct JudgedFinding {
    /// The sensor.
    pub sensor: SensorClass,
    /// Name of the movement.
    pub movement: String,
    /// The athlete.
    pub athlete: String,
    /// Whether the set was done correctly.
    pub is_correct: bool,
    /// Whether the finding is true.
    pub is_true: bool,
    /// The finding.
    pub finding: Finding,
}

/// The metrics that show what was done wrong in UI-PRMD's incorrect repetitions (after Vakanski et
/// al. 2018; docs/results/findings.md quotes the wording).
const FAULT_METRICS: [(&str, &[&str]); 10] = [
    ("deep_squat", &["trunk_lean_peak", "depth", "knee_valgus_descent", "knee_valgus_ascent"]),
    (
        "hurdle_step",
        &[
            "trunk_lean_drift",
            "trunk_lateral_lean_drift",
            "hip_flexion_range",
            "hip_adduction_drift",
        ],
    ),
    (
        "inline_lunge",
        &["trunk_lean_peak", "trunk_lateral_lean_drift", "rear_knee_flexion", "front_knee_valgus"],
    ),
    ("side_lunge", &["bent_knee_valgus", "pelvis_list_drift", "trunk_lean_peak"]),
    ("sit_to_stand", &["trunk_lean_peak", "pelvis_shift", "knee_valgus_peak"]),
    ("straight_leg_raise", &["raised_knee_flexion", "hip_flexion_range", "trunk_lean_drift"]),
    (
        "shoulder_abduction",
        &[
            "trunk_lateral_lean_drift",
            "trunk_lean_drift",
            "head_lean_drift",
            "elevation_peak",
            "wrist_forward_top",
        ],
    ),
    ("shoulder_extension", &["trunk_lean_drift", "extension_range", "abduction_furthest"]),
    ("shoulder_rotation", &["elbow_flexion_mean", "elevation_range", "rotation_range"]),
    ("shoulder_scaption", &["trunk_lateral_lean_drift", "trunk_lean_drift", "elevation_peak"]),
];

/// Measures the errors of the sensors and the populations on the public sets in the folder, and
/// tries them on athletes who had no part in them.
///
/// # Errors
/// If a set cannot be read.
pub fn evaluate_errors(
    data: &Path,
    tell: &(dyn Fn(usize, usize) + Sync),
) -> Result<ErrorEvaluation, Error> {
    let folder = data.join("ui-prmd");
    let depth = chained_sets(Dataset::UiPrmdKinect, &folder)?;
    tell(1, 3);
    let markers = chained_sets(Dataset::UiPrmdVicon, &folder)?;
    tell(2, 3);
    let pairs = paired_values(&depth, &markers);
    let mut single = keraal_rows(&measure_agreement(&data.join("keraal"))?);
    single.extend(model_rows(data)?);
    let sets = || depth.iter().chain(&markers);
    let tables_without = |left_out: Option<&str>| {
        let remaining: Vec<&PairedValue> =
            pairs.iter().filter(|pair| Some(pair.athlete) != left_out).collect();
        MeasuredTables {
            errors: [paired_rows(&remaining), single.clone()].concat(),
            populations: population_rows(
                sets().filter(|set| Some(set.athlete.as_str()) != left_out),
            ),
        }
    };
    let athletes: BTreeSet<&str> = sets().map(|set| set.athlete.as_str()).collect();
    let folds: Vec<(&str, Arc<MeasuredTables>)> = athletes
        .par_iter()
        .map(|&athlete| (athlete, Arc::new(tables_without(Some(athlete)))))
        .collect();
    let findings = judge_left_out(&folds, &sets().collect::<Vec<_>>());
    tell(3, 3);
    Ok(ErrorEvaluation {
        coverage: measure_coverage(&folds, &pairs),
        sets: summarize_sets(&sets().collect::<Vec<_>>(), &findings),
        certainty: certainty_rows(&findings),
        findings,
        tables: tables_without(None),
    })
}

/// Writes the tables, one row a line, as agoge-coach has them built in.
///
/// # Errors
/// If the file cannot be written.
pub fn write_tables(path: &Path, tables: &MeasuredTables) -> Result<(), Error> {
    let errors = row_lines(&tables.errors);
    let populations = row_lines(&tables.populations);
    let text = format!(
        "{{\n\"errors\": [\n{}\n],\n\"populations\": [\n{}\n]\n}}\n",
        errors.join(",\n"),
        populations.join(",\n")
    );
    Ok(agoge_formats::write_text(path, &text)?)
}

/// Each row as JSON.
fn row_lines<T: Serialize>(rows: &[T]) -> Vec<String> {
    rows.iter().map(|row| serde_json::to_string(row).unwrap_or_default()).collect()
}

/// The findings of every set by the tables of the other athletes.
fn judge_left_out(
    folds: &[(&str, Arc<MeasuredTables>)],
    sets: &[&MeasuredSet],
) -> Vec<JudgedFinding> {
    let judge = |set: &&MeasuredSet| {
        let tables = folds.iter().find(|(athlete, _)| *athlete == set.athlete);
        let Some((_, tables)) = tables else { return Vec::new() };
        let precision = Precision::with_tables(&set.analyzed.body, tables.clone());
        let repetitions: Vec<&Repetition> =
            set.repetitions.iter().map(|(_, repetition)| repetition).collect();
        let input = FindingsInput {
            movement: &set.analyzed.movement,
            repetitions: (1..).zip(repetitions).collect(),
            reference: None,
            precision: &precision,
            data: set.analyzed.analysis.quality.verdict,
        };
        let fitting = FAULT_METRICS.iter().find(|(movement, _)| *movement == set.movement);
        let is_fitting = |finding: &Finding| {
            fitting.is_some_and(|(_, metrics)| metrics.contains(&finding.metric.as_str()))
        };
        ranked_findings(&input)
            .into_iter()
            .map(|finding| JudgedFinding {
                sensor: set.sensor,
                movement: set.movement.clone(),
                athlete: set.athlete.clone(),
                is_correct: set.is_correct,
                is_true: !set.is_correct && is_fitting(&finding),
                finding,
            })
            .collect()
    };
    sets.par_iter().flat_map_iter(judge).collect()
}

/// How often both sensors agree within their stated errors.
fn measure_coverage(
    folds: &[(&str, Arc<MeasuredTables>)],
    pairs: &[PairedValue],
) -> Vec<CoverageRow> {
    let mut hits: BTreeMap<&str, Vec<(bool, bool)>> = BTreeMap::new();
    let mut precisions: BTreeMap<(*const MeasuredSet, usize), Precision> = BTreeMap::new();
    for pair in pairs {
        let Some((_, tables)) = folds.iter().find(|(athlete, _)| *athlete == pair.athlete) else {
            continue;
        };
        let mut half_width = |index: usize| {
            let set = pair.set[index];
            precisions
                .entry((set as *const MeasuredSet, index))
                .or_insert_with(|| Precision::with_tables(&set.analyzed.body, tables.clone()))
                .metric_error(&set.analyzed.movement, pair.metric)
                .half_width
        };
        let stated = half_width(0).hypot(half_width(1));
        let holds = (pair.depth - pair.markers).abs() <= stated;
        hits.entry(pair.movement).or_default().push((holds, pair.metric.unit == Unit::Degree));
    }
    let share =
        |hits: &[bool]| hits.iter().filter(|hit| **hit).count() as f64 / hits.len().max(1) as f64;
    hits.into_iter()
        .map(|(movement, hits)| {
            let all: Vec<bool> = hits.iter().map(|hit| hit.0).collect();
            let angles: Vec<bool> = hits.iter().filter(|hit| hit.1).map(|hit| hit.0).collect();
            CoverageRow {
                movement: movement.to_owned(),
                share: share(&all),
                angles: share(&angles),
                n: hits.len(),
            }
        })
        .collect()
}

/// What is told of the sets, by sensor and label.
fn summarize_sets(sets: &[&MeasuredSet], findings: &[JudgedFinding]) -> Vec<SetSummary> {
    let kinds: BTreeSet<(SensorClass, bool)> =
        sets.iter().map(|set| (set.sensor, set.is_correct)).collect();
    let row = |(sensor, is_correct): (SensorClass, bool)| {
        let count =
            sets.iter().filter(|set| set.sensor == sensor && set.is_correct == is_correct).count();
        let share = |counts: &dyn Fn(&JudgedFinding) -> bool| {
            let named: BTreeSet<(&str, &str)> = findings
                .iter()
                .filter(|judged| judged.sensor == sensor && judged.is_correct == is_correct)
                .filter(|judged| counts(judged))
                .map(|judged| (judged.movement.as_str(), judged.athlete.as_str()))
                .collect();
            named.len() as f64 / count.max(1) as f64
        };
        let is_high = |judged: &JudgedFinding| judged.finding.certainty == Certainty::High;
        SetSummary {
            sensor,
            is_correct,
            sets: count,
            any: share(&|_| true),
            high: share(&is_high),
            fitting: share(&|judged| judged.is_true),
            fitting_high: share(&|judged| judged.is_true && is_high(judged)),
        }
    };
    kinds.into_iter().map(row).collect()
}

/// How many findings of each certainty are true.
fn certainty_rows(findings: &[JudgedFinding]) -> Vec<CertaintyRow> {
    [Certainty::High, Certainty::Moderate, Certainty::Low]
        .into_iter()
        .map(|certainty| {
            let of_it = || findings.iter().filter(move |f| f.finding.certainty == certainty);
            let count = of_it().count();
            CertaintyRow {
                certainty,
                findings: count,
                is_true: of_it().filter(|judged| judged.is_true).count() as f64
                    / count.max(1) as f64,
            }
        })
        .collect()
}
