//! Choosing the movement definition a recording is analysed with.

use crate::Error;
use crate::models::Models;
use agoge_analysis::{MovementChoice, MovementOrigin};
use agoge_kinematics::gait::propose_gait;
use agoge_kinematics::gate::{GateCandidate, candidate_movements};
use agoge_kinematics::movement::{
    self, MetricRule, MetricSides, RepetitionRule, SignalDirection, SignalRule, SignalSides,
    Statistic,
};
use agoge_kinematics::{Curves, GateJudge, Movement, Unit, percentile_swing, segment_repetitions};
use agoge_model::{Model, Recognition};
use agoge_motion::Recording;
use std::borrow::Cow;

/// Minimum swing of an angle to be taken as the driver of an unknown movement, degrees.
const MIN_SWING_DEG: f64 = 15.0;

/// Finds the definition of a name, an alias or a file, and reports how it was chosen. For `auto`
/// a movement is named whose gate holds ([`recognise_movement`]); if there is none, a generic
/// description of what swings most is the definition.
pub(crate) fn choose_movement(
    wanted: &str,
    curves: &Curves,
    body: &Recording,
    models: &Models,
    judge: &GateJudge,
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
        if let Some(recognised) = recognise_movement(&general, curves, body, models, judge) {
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
    let choice = movement_choice(&definition, MovementOrigin::Given, 1.0, Vec::new());
    Ok((definition, choice))
}

/// How a definition was chosen, for the analysis.
fn movement_choice(
    movement: &Movement,
    how: MovementOrigin,
    certainty: f64,
    others: Vec<(String, f64)>,
) -> MovementChoice {
    let (name, title) = (movement.name.clone(), movement.title.clone());
    MovementChoice { name, title, how, certainty, others }
}

/// The choice of a definition that describes an unknown movement.
fn unknown_choice(movement: &Movement) -> MovementChoice {
    movement_choice(movement, MovementOrigin::Unknown, 0.0, Vec::new())
}

/// A definition that was recognised, and its choice.
fn recognised_movement(
    movement: Cow<'static, Movement>,
    certainty: f64,
    others: Vec<(String, f64)>,
) -> (Cow<'static, Movement>, MovementChoice) {
    let choice = movement_choice(&movement, MovementOrigin::Recognised, certainty, others);
    (movement, choice)
}

/// Walking or running, if the recording shows clear strides of it.
fn propose_walk_or_run(curves: &Curves) -> Option<(Cow<'static, Movement>, MovementChoice)> {
    let gait = propose_gait(curves)?;
    let definition = movement::find_movement(gait.verdict.kind.name())?;
    Some(recognised_movement(Cow::Borrowed(definition), gait.verdict.certainty, Vec::new()))
}

/// Minimum mean probability of a movement, among those that the model knows, for a recording in
/// which its gate holds to be named after it. Good and bad execution differ in how near they are to
/// what the model was trained on; the gate, not nearness, tells that it is this movement.
const MIN_GATED_CERTAINTY: f64 = 0.4;
/// Minimum number of repetitions that pass for a movement to be named from its gate alone: once,
/// almost anything can look like something.
const MIN_GATED_REPETITIONS: usize = 3;

/// The definition of the movement that is recognised: one whose gate holds and that the model takes
/// the repetitions for, a movement without a definition that only the model knows, or one whose
/// gate alone holds in several repetitions.
fn recognise_movement(
    general: &Movement,
    curves: &Curves,
    body: &Recording,
    models: &Models,
    judge: &GateJudge,
) -> Option<(Cow<'static, Movement>, MovementChoice)> {
    let candidates = candidate_movements(judge, curves);
    // Only in three dimensions: the model was never evaluated on a single camera.
    let model = models.model.as_ref().filter(|_| body.space.is_3d());
    if let Some(model) = model {
        let judged = recognise_candidate(&candidates, model, curves, body);
        if judged.is_some() {
            return judged;
        }
    }
    // What a model learned of its own is surer than a gate alone, which it may pass by chance.
    if let Some(learned) = model.and_then(|model| recognise_undefined(general, curves, body, model))
    {
        return Some(learned);
    }
    let is_known = |candidate: &&GateCandidate| {
        model.is_some_and(|model| model.class_index(&candidate.movement.name).is_some())
    };
    // If the gate of a movement that the model knows holds too, the model has just doubted it, and
    // the gates alone cannot tell which it is.
    let is_open = !candidates.iter().any(|candidate| is_known(&candidate));
    let several: Vec<&GateCandidate> = candidates
        .iter()
        .filter(|candidate| is_open && candidate.passed >= MIN_GATED_REPETITIONS)
        .filter(|candidate| has_main_driver(candidate.movement, general, curves))
        .collect();
    let first = several.first()?;
    let certainty = first.passed as f64 / first.found as f64 / several.len() as f64;
    let others = several[1..].iter().take(2);
    let others = others.map(|other| (other.movement.name.clone(), certainty)).collect();
    Some(recognised_movement(Cow::Borrowed(first.movement), certainty, others))
}

/// The candidate that the model takes its own repetitions for.
fn recognise_candidate(
    candidates: &[GateCandidate],
    model: &Model,
    curves: &Curves,
    body: &Recording,
) -> Option<(Cow<'static, Movement>, MovementChoice)> {
    let rank = |candidate: &GateCandidate| {
        model.class_index(&candidate.movement.name)?;
        let spans = complete_spans(candidate.movement, curves);
        let readings = model.read_repetitions(body, &spans);
        let ranked = model.rank_movements(&readings.iter().flatten().collect::<Vec<_>>());
        let certainty = ranked
            .iter()
            .find(|(name, _)| *name == candidate.movement.name)
            .map(|named| named.1)?;
        (certainty >= MIN_GATED_CERTAINTY).then_some((candidate.movement, certainty, ranked))
    };
    let (movement, certainty, ranked) =
        candidates.iter().filter_map(rank).max_by(|a, b| a.1.total_cmp(&b.1))?;
    let others = ranked.into_iter().filter(|(name, _)| *name != movement.name).take(2).collect();
    Some(recognised_movement(Cow::Borrowed(movement), certainty, others))
}

/// The first and last frames of a movement's complete repetitions.
fn complete_spans(movement: &Movement, curves: &Curves) -> Vec<(usize, usize)> {
    segment_repetitions(movement, curves)
        .iter()
        .filter(|repetition| repetition.complete)
        .map(|repetition| (repetition.start, repetition.end))
        .collect()
}

/// The generic description under the name of a movement without a definition that the model
/// recognises, in the repetitions of the generic description or in the recording as a whole: such
/// movements were learned from whole recordings, and the curve that swings most may begin later,
/// end sooner or swing twice within one.
fn recognise_undefined(
    general: &Movement,
    curves: &Curves,
    body: &Recording,
    model: &Model,
) -> Option<(Cow<'static, Movement>, MovementChoice)> {
    let is_undefined = |name: &String| movement::find_movement(name).is_none();
    if !model.card().movements.iter().any(is_undefined) {
        return None;
    }
    let recognise_spans = |spans: &[(usize, usize)]| {
        let readings = model.read_repetitions(body, spans);
        model
            .recognise_movement(&readings.iter().flatten().collect::<Vec<_>>())
            .filter(|recognition| is_undefined(&recognition.movement))
    };
    let whole = || recognise_spans(&[(0, body.frame_count().saturating_sub(1))]);
    let Recognition { movement, certainty, others } =
        recognise_spans(&complete_spans(general, curves)).or_else(whole)?;
    let definition = Movement {
        title: title_from_name(&movement),
        name: movement,
        description:
            "Repetitions of what moves most; no definition says how this movement is judged."
                .to_owned(),
        ..general.clone()
    };
    Some(recognised_movement(Cow::Owned(definition), certainty, others))
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
    sides.map(|curve| percentile_swing(&curve.values)).fold(0.0, f64::max)
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
        frames: None,
        possible: None,
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
        gates: Vec::new(),
    }
}
