//! Choosing the movement definition a recording is analysed with.

use crate::Error;
use crate::models::Models;
use agoge_analysis::{MovementChoice, MovementOrigin};
use agoge_kinematics::gait::propose_gait;
use agoge_kinematics::movement::{
    self, MetricRule, MetricSides, RepetitionRule, SignalDirection, SignalRule, SignalSides,
    Statistic,
};
use agoge_kinematics::{Curves, Movement, Unit, segment_repetitions};
use agoge_model::Recognition;
use agoge_motion::Recording;
use std::borrow::Cow;

/// Minimum swing of an angle to be taken as the driver of an unknown movement, degrees.
const MIN_SWING_DEG: f64 = 15.0;

/// Finds the definition of a name, an alias or a file, and reports how it was chosen. For `auto`
/// the model, if there is one, recognises the repetitions of whatever swings most; if it does not
/// know them, a generic description of them is the definition.
pub(crate) fn choose_movement(
    wanted: &str,
    curves: &Curves,
    body: &Recording,
    models: &Models,
) -> Result<(Cow<'static, Movement>, MovementChoice), Error> {
    if wanted == "auto" {
        let general = generic_movement(curves);
        // Nothing was seen to move, but a worn sensor recorded data.
        let worn = movement::find_movement("worn_sensor")
            .filter(|_| general.repetition.signals.is_empty());
        if let Some(worn) = worn.filter(|_| curves.get("sensor_tilt", None).is_some()) {
            return Ok((Cow::Borrowed(worn), unknown_choice(worn)));
        }
        if let Some(proposed) = propose_walk_or_run(curves) {
            return Ok(proposed);
        }
        if let Some(recognised) = recognise_movement(&general, curves, body, models) {
            return Ok(recognised);
        }
        let choice = unknown_choice(&general);
        return Ok((Cow::Owned(general), choice));
    }
    let definition = match movement::find_movement(wanted) {
        Some(definition) => Cow::Borrowed(definition),
        None if wanted.ends_with(".toml") => {
            let text = std::fs::read_to_string(wanted).map_err(Error::io_at(wanted))?;
            Cow::Owned(Movement::parse(&text, wanted)?)
        }
        None => return Err(Error::NoSuchMovement { name: wanted.to_owned() }),
    };
    let choice = MovementChoice {
        name: definition.name.clone(),
        title: definition.title.clone(),
        how: MovementOrigin::Given,
        certainty: 1.0,
        others: Vec::new(),
    };
    Ok((definition, choice))
}

/// The choice of a definition that describes an unknown movement.
fn unknown_choice(movement: &Movement) -> MovementChoice {
    let (name, title) = (movement.name.clone(), movement.title.clone());
    MovementChoice { name, title, how: MovementOrigin::Unknown, certainty: 0.0, others: Vec::new() }
}

/// Walking or running, if the recording shows clear strides of it.
fn propose_walk_or_run(curves: &Curves) -> Option<(Cow<'static, Movement>, MovementChoice)> {
    let gait = propose_gait(curves)?;
    let definition = movement::find_movement(gait.verdict.kind.name())?;
    let choice = MovementChoice {
        name: definition.name.clone(),
        title: definition.title.clone(),
        how: MovementOrigin::Recognised,
        certainty: gait.verdict.certainty,
        others: Vec::new(),
    };
    Some((Cow::Borrowed(definition), choice))
}

/// The definition of the movement that the model recognises in the repetitions of the generic
/// description. If that movement has no definition, the generic description under the movement's
/// name; such movements are also recognised from the recording as a whole. Only in three
/// dimensions: the model was never evaluated on a single camera.
fn recognise_movement(
    general: &Movement,
    curves: &Curves,
    body: &Recording,
    models: &Models,
) -> Option<(Cow<'static, Movement>, MovementChoice)> {
    let model = models.model.as_ref().filter(|_| body.space.is_3d())?;
    let candidates = segment_repetitions(general, curves);
    let spans: Vec<(usize, usize)> = candidates
        .iter()
        .filter(|repetition| repetition.complete)
        .map(|r| (r.start, r.end))
        .collect();
    let recognise_spans = |spans: &[(usize, usize)]| {
        let readings = model.read_repetitions(body, spans);
        model.recognise_movement(&readings.iter().flatten().collect::<Vec<_>>())
    };
    // Movements without a definition were learned from whole recordings, and the curve that swings
    // most may begin later, end sooner or swing twice within one.
    let is_undefined = |name: &String| movement::find_movement(name).is_none();
    let whole = || {
        if !model.card().movements.iter().any(is_undefined) {
            return None;
        }
        recognise_spans(&[(0, body.frame_count().saturating_sub(1))])
            .filter(|recognition| is_undefined(&recognition.movement))
    };
    let Recognition { movement, certainty, others } = recognise_spans(&spans).or_else(whole)?;
    let definition = match movement::find_movement(&movement) {
        Some(definition) => {
            // A definition that finds no repetition, or whose own angle hardly moves compared with
            // another, is not what was done.
            let is_found = segment_repetitions(definition, curves)
                .iter()
                .any(|repetition| repetition.complete);
            if !is_found || !has_main_driver(definition, general, curves) {
                return None;
            }
            Cow::Borrowed(definition)
        }
        None => Cow::Owned(Movement {
            title: title_from_name(&movement),
            name: movement,
            description:
                "Repetitions of what moves most; no definition says how this movement is judged."
                    .to_owned(),
            ..general.clone()
        }),
    };
    let choice = MovementChoice {
        name: definition.name.clone(),
        title: definition.title.clone(),
        how: MovementOrigin::Recognised,
        certainty,
        others,
    };
    Some((definition, choice))
}

/// Formats a name as a title: `tennis_serve` becomes "Tennis serve".
fn title_from_name(name: &str) -> String {
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Minimum swing of a movement's driving angle, as a share of the largest swing of any angle.
const MIN_DRIVER_SHARE: f64 = 0.45;

/// Whether a definition's driver is among the angles that swing most in a recording (the drivers of
/// its generic description). Movements driven by a length always pass: lengths and angles do not
/// compare.
fn has_main_driver(definition: &Movement, general: &Movement, curves: &Curves) -> bool {
    let Some(largest) = general.repetition.signals.first() else { return true };
    let signals = &definition.repetition.signals;
    let driver = signals
        .iter()
        .find_map(|signal| curves.curves.iter().find(|curve| curve.name == signal.curve));
    driver.is_none_or(|driver| {
        driver.unit != Unit::Degree
            || curve_swing(curves, &driver.name)
                >= MIN_DRIVER_SHARE * curve_swing(curves, &largest.curve)
    })
}

/// How far a curve swings, on the side that swings more; 0 if there is no such curve.
fn curve_swing(curves: &Curves, name: &str) -> f64 {
    let sides = curves.curves.iter().filter(|curve| curve.name == name);
    sides.map(|curve| percentile_range(&curve.values)).fold(0.0, f64::max)
}

/// Maximum number of markers described if they do not form a body.
const MAX_MARKERS: usize = 6;
/// Minimum rise and fall of a marker to be taken as the driver of an unknown movement, m.
const MIN_RISE_M: f64 = 0.03;

/// A generic definition for an unnamed movement: repetitions of the angle that swings most, ranges
/// of the main angles, no checks. Without angles (markers that do not form a body) the heights of
/// the markers that rise and fall most take their place.
fn generic_movement(curves: &Curves) -> Movement {
    const MAIN: [&str; 6] = [
        "knee_flexion",
        "hip_flexion",
        "shoulder_elevation",
        "elbow_flexion",
        "shoulder_flexion",
        "trunk_lean",
    ];
    let ranked = |names: Vec<String>| {
        let mut swings: Vec<(String, f64)> = names
            .into_iter()
            .map(|name| {
                let swing = curve_swing(curves, &name);
                (name, swing)
            })
            .collect();
        swings.sort_by(|a, b| b.1.total_cmp(&a.1));
        swings
    };
    let angles = ranked(MAIN.iter().map(|name| (*name).to_owned()).collect());
    let has_angles = angles.iter().any(|(_, swing)| *swing > 0.0);
    let heights = || {
        let names = curves.curves.iter().filter(|curve| curve.name.ends_with("_height"));
        let mut heights = ranked(names.map(|curve| curve.name.clone()).collect());
        heights.truncate(MAX_MARKERS);
        heights
    };
    let (drivers, least) =
        if has_angles { (angles, MIN_SWING_DEG) } else { (heights(), MIN_RISE_M) };
    let signals = drivers
        .iter()
        .filter(|(_, swing)| *swing >= least)
        .map(|(name, swing)| SignalRule {
            curve: name.clone(),
            sides: SignalSides::Max,
            direction: SignalDirection::Auto,
            min_excursion: 0.4 * swing,
        })
        .collect();
    let metric = |name: String, curve: Option<&str>, statistic| MetricRule {
        name,
        curve: curve.map(str::to_owned),
        side: MetricSides::Each,
        statistic,
        of: None,
        with: None,
        event: None,
        phase: None,
    };
    let mut metrics = vec![metric("repetition_time".to_owned(), None, Statistic::Duration)];
    if has_angles {
        metrics.extend(
            MAIN.iter().map(|name| metric(format!("{name}_range"), Some(name), Statistic::Range)),
        );
    }
    for (height, _) in drivers.iter().filter(|_| !has_angles) {
        metrics.push(metric(format!("{height}_range"), Some(height), Statistic::Range));
        let speed = height.replace("_height", "_speed");
        metrics.push(metric(format!("{speed}_peak"), Some(&speed), Statistic::Max));
    }
    let what = if has_angles { "angle" } else { "marker" };
    Movement {
        name: "unknown".to_owned(),
        title: "Movement not named".to_owned(),
        aliases: Vec::new(),
        description: format!(
            "Repetitions of the {what} that moves most; without a named movement nothing is judged."
        ),
        sources: Vec::new(),
        counts_as: None,
        screen: None,
        repetition: RepetitionRule {
            kind: movement::MovementKind::Excursion,
            full_share: 0.4,
            min_duration_s: 0.3,
            max_duration_s: 20.0,
            join_s: 0.0,
            side_by: None,
            signals,
        },
        events: Vec::new(),
        phases: Vec::new(),
        metrics,
        checks: Vec::new(),
    }
}

/// Difference between the 95th and the 5th percentile of the finite values; 0 if there are none.
fn percentile_range(values: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| {
        sorted.get((sorted.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or(0.0)
    };
    at(0.95) - at(0.05)
}
