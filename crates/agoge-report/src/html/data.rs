//! The numbers that the page's script draws: positions and curves, thinned and rounded.

use super::Scene;
use agoge_coach::Analysis;
use serde_json::{Value, json};

/// Frames a second that the eye needs.
const SHOWN_HZ: f64 = 30.0;
/// Most frames on a page; longer recordings are shown coarser.
const MOST_FRAMES: usize = 5000;

/// What the moving figure and its curves are drawn from, as JSON that is safe inside a script element: `time` in s; `positions` a row a time, of `x, y(, z)` a part in mm or
/// tenths of a pixel, Y up; `bones` as pairs of places in `parts`; `curves`; `repetitions` with their phases in s. What is not known is `null`.
pub fn json(analysis: &Analysis, scene: &Scene) -> String {
    let body = scene.figure;
    let curve_time = &scene.curves.time;
    let frames = body.frames();
    let by_rate = (body.rate_hz() / SHOWN_HZ).round();
    let step = (if by_rate.is_finite() { by_rate as usize } else { 1 }).max(frames.div_ceil(MOST_FRAMES)).max(1);
    let shown: Vec<usize> = (0..frames).step_by(step).collect();
    let joints: Vec<usize> =
        (0..body.joints()).filter(|&joint| shown.iter().any(|&frame| body.is_seen(frame, joint))).collect();
    let is_3d = body.space.is_3d();
    // Millimetres or tenths of a pixel as whole numbers.
    let factor = if body.space.unit() == "m" { 1000.0 } else { 10.0 };
    let positions: Vec<Value> = shown
        .iter()
        .map(|&frame| {
            let mut row = Vec::with_capacity(3 * joints.len());
            for &joint in &joints {
                let p = body.at(frame, joint);
                row.extend(p[..if is_3d { 3 } else { 2 }].iter().map(|&v| whole(v * factor)));
            }
            Value::Array(row)
        })
        .collect();
    // Each joint is joined to the nearest joint up its limb that is on the page.
    let bones: Vec<[usize; 2]> = joints
        .iter()
        .enumerate()
        .filter_map(|(index, &joint)| {
            let mut up = body.skeleton.joints[joint].parent;
            while let Some(above) = up {
                if let Some(to) = joints.iter().position(|&other| other == above) {
                    return Some([to, index]);
                }
                up = body.skeleton.joints[above].parent;
            }
            None
        })
        .collect();
    let curves: Vec<Value> = scene
        .curves
        .curves
        .iter()
        .filter(|curve| analysis.bands.is_empty() || analysis.bands.iter().any(|band| band.name == curve.name))
        .map(|curve| {
            let digits = if curve.unit.symbol().starts_with("deg") { 10.0 } else { 1000.0 };
            let values: Vec<Value> = shown.iter().map(|&frame| round(curve.values[frame], digits)).collect();
            json!({ "name": curve.name, "side": curve.side, "unit": crate::words::unit(curve.unit), "values": values })
        })
        .collect();
    let repetitions: Vec<Value> = analysis
        .repetitions
        .iter()
        .map(|repetition| {
            let time = |frame: usize| curve_time.get(frame).map_or(Value::Null, |&t| round(t, 1000.0));
            let phases: Vec<Value> = repetition
                .phases
                .iter()
                .map(|phase| json!({ "name": phase.name, "from": time(phase.start), "to": time(phase.end) }))
                .collect();
            json!({ "number": repetition.number, "from": repetition.start_s, "to": repetition.end_s, "complete": repetition.complete, "phases": phases })
        })
        .collect();
    let data = json!({
        "three": is_3d,
        "time": shown.iter().map(|&frame| round(body.time[frame], 1000.0)).collect::<Vec<_>>(),
        "parts": joints.iter().map(|&joint| body.skeleton.joints[joint].name.as_str()).collect::<Vec<_>>(),
        "bones": bones,
        "positions": positions,
        "curves": curves,
        "repetitions": repetitions,
    });
    // No text of a user may end the script element.
    data.to_string().replace('<', "\\u003c")
}

fn whole(value: f64) -> Value {
    if value.is_finite() { Value::from(value.round() as i64) } else { Value::Null }
}

fn round(value: f64, digits: f64) -> Value {
    if value.is_finite() { Value::from((value * digits).round() / digits) } else { Value::Null }
}
