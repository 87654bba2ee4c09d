//! The data that the page's script draws: positions and curves, thinned out and rounded.

use super::Scene;
use agoge_analysis::Analysis;
use agoge_motion::Recording;
use serde_json::{Value, json};

/// Frame rate that the eye needs, Hz.
const SHOWN_HZ: f64 = 30.0;
/// Most frames on a page; longer recordings are thinned out further.
const MOST_FRAMES: usize = 5000;

/// A moving figure, with the frames that are shown.
struct FigureData {
    shown_frames: Vec<usize>,
    value: serde_json::Map<String, Value>,
}

/// JSON of a moving figure: whether it is in three dimensions (`three`); `time` in s; `positions`
/// with one row per time of `x, y(, z)` per part in mm or tenths of a pixel, Y up; `parts` by name;
/// `bones` as pairs of indices into `parts`. Unknown values are `null`.
///
/// ```
/// use agoge_motion::simulate::{Exercise, SimulatedSet};
/// use agoge_report::figure_json;
/// let body = SimulatedSet::new(Exercise::Squat).simulate().recording.to_body().recording;
/// let figure = figure_json(&body);
/// assert_eq!(figure["three"], true);
/// // Parts that are never seen, such as the hands here, are left out.
/// assert_eq!(figure["parts"].as_array().map(Vec::len), Some(26));
/// // 60 frames per second are thinned out to 30.
/// assert!(2 * figure["time"].as_array().unwrap().len() <= body.frame_count() + 1);
/// ```
pub fn figure_json(body: &Recording) -> Value {
    Value::Object(FigureData::from_recording(body).value)
}

/// JSON of a moving figure ([`figure_json`]), its `curves`, and its `repetitions` with their phases
/// in s, escaped for use inside a script element.
pub fn scene_json(analysis: &Analysis, scene: &Scene) -> String {
    let curve_time = &scene.curves.time;
    let FigureData { shown_frames: shown, mut value } = FigureData::from_recording(scene.figure);
    let curves: Vec<Value> = scene
        .curves
        .curves
        .iter()
        .filter(|curve| analysis.bands.is_empty() || analysis.bands.iter().any(|band| band.name == curve.name))
        .map(|curve| {
            let digits = if curve.unit.symbol().starts_with("deg") { 10.0 } else { 1000.0 };
            let values: Vec<Value> = shown.iter().map(|&frame| rounded_number(curve.values[frame], digits)).collect();
            json!({ "name": curve.name, "side": curve.side, "unit": crate::text::unit_symbol(curve.unit), "values": values })
        })
        .collect();
    let repetitions: Vec<Value> = analysis
        .repetitions
        .iter()
        .map(|repetition| {
            let time_of = |frame: usize| curve_time.get(frame).map_or(Value::Null, |&t| rounded_number(t, 1000.0));
            let phases: Vec<Value> = repetition
                .phases
                .iter()
                .map(|phase| json!({ "name": phase.name, "from": time_of(phase.start), "to": time_of(phase.end) }))
                .collect();
            json!({ "number": repetition.number, "from": repetition.start_s, "to": repetition.end_s, "complete": repetition.complete, "phases": phases })
        })
        .collect();
    value.insert("curves".to_owned(), curves.into());
    value.insert("repetitions".to_owned(), repetitions.into());
    // No user text may end the script element.
    Value::Object(value).to_string().replace('<', "\\u003c")
}

impl FigureData {
    fn from_recording(body: &Recording) -> FigureData {
        let frames = body.frame_count();
        let by_rate = (body.rate_hz() / SHOWN_HZ).round();
        let step = (if by_rate.is_finite() { by_rate as usize } else { 1 })
            .max(frames.div_ceil(MOST_FRAMES))
            .max(1);
        let shown_frames: Vec<usize> = (0..frames).step_by(step).collect();
        let joints: Vec<usize> = (0..body.joint_count())
            .filter(|&joint| shown_frames.iter().any(|&frame| body.is_seen(frame, joint)))
            .collect();
        let is_3d = body.space.is_3d();
        // Whole millimetres or tenths of a pixel.
        let factor = if body.space.length_unit() == "m" { 1000.0 } else { 10.0 };
        let row = |&frame: &usize| -> Value {
            let positions = joints.iter().map(|&joint| body.position_at(frame, joint));
            positions
                .flat_map(|p| p.into_iter().take(if is_3d { 3 } else { 2 }))
                .map(|v| rounded_integer(v * factor))
                .collect()
        };
        // Each joint connects to the nearest shown joint up its limb.
        let parent_of = |joint: usize| body.skeleton.joints[joint].parent;
        let bone = |(index, &joint): (usize, &usize)| {
            let mut limb = std::iter::successors(parent_of(joint), |&above| parent_of(above));
            limb.find_map(|above| joints.iter().position(|&other| other == above))
                .map(|to| [to, index])
        };
        let bones: Vec<[usize; 2]> = joints.iter().enumerate().filter_map(bone).collect();
        let parts: Vec<&str> =
            joints.iter().map(|&joint| body.skeleton.joints[joint].name.as_str()).collect();
        let value = [
            ("three", is_3d.into()),
            (
                "time",
                shown_frames
                    .iter()
                    .map(|&frame| rounded_number(body.time[frame], 1000.0))
                    .collect(),
            ),
            ("parts", parts.into()),
            ("bones", json!(bones)),
            ("positions", shown_frames.iter().map(row).collect()),
        ];
        let value = value.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        FigureData { shown_frames, value }
    }
}

fn rounded_integer(value: f64) -> Value {
    if value.is_finite() { Value::from(value.round() as i64) } else { Value::Null }
}

fn rounded_number(value: f64, digits: f64) -> Value {
    if value.is_finite() { Value::from((value * digits).round() / digits) } else { Value::Null }
}
