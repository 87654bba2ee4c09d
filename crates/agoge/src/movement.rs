//! Which movement definition a recording is analysed with.

use crate::Error;
use crate::models::Models;
use agoge_attention::Recognition;
use agoge_coach::analysis::MovementChoice;
use agoge_kinematics::movement::{
    self, Direction, MetricRule, MetricSides, RepetitionRule, Sides, SignalRule, Statistic,
};
use agoge_kinematics::{Curves, Movement, Unit, repetitions};
use agoge_motion::Recording;
use std::borrow::Cow;

/// An angle must swing by this much to be taken for what drives an unknown movement, degrees.
const LEAST_SWING: f64 = 15.0;

/// The definition of a name, an alias or a file, with how it was chosen. `auto` asks the model, if
/// there is one, what the repetitions of whatever swings most are; where it does not know them,
/// that plain description of them is the definition.
pub(crate) fn choose(
    wanted: &str,
    curves: &Curves,
    body: &Recording,
    models: &Models,
) -> Result<(Cow<'static, Movement>, MovementChoice), Error> {
    if wanted == "auto" {
        let general = general(curves);
        // Nothing was seen to move, but a worn sensor felt it.
        let worn = movement::find("worn_sensor").filter(|_| general.repetition.signals.is_empty());
        if let Some(worn) = worn.filter(|_| curves.get("sensor_tilt", None).is_some()) {
            return Ok((Cow::Borrowed(worn), plainly(worn)));
        }
        if let Some(recognised) = recognise(&general, curves, body, models) {
            return Ok(recognised);
        }
        let choice = plainly(&general);
        return Ok((Cow::Owned(general), choice));
    }
    let found = match movement::find(wanted) {
        Some(found) => Cow::Borrowed(found),
        None if wanted.ends_with(".toml") => {
            let text = std::fs::read_to_string(wanted).map_err(Error::io(wanted))?;
            Cow::Owned(Movement::parse(&text, wanted)?)
        }
        None => return Err(Error::NoSuchMovement { name: wanted.to_owned() }),
    };
    let choice = MovementChoice {
        name: found.name.clone(),
        title: found.title.clone(),
        how: "given".to_owned(),
        certainty: 1.0,
        others: Vec::new(),
    };
    Ok((found, choice))
}

/// A definition that describes whatever was done.
fn plainly(movement: &Movement) -> MovementChoice {
    let (name, title) = (movement.name.clone(), movement.title.clone());
    MovementChoice { name, title, how: "unknown".to_owned(), certainty: 0.0, others: Vec::new() }
}

/// The definition of what the model recognises in the repetitions of a plain description, or where
/// there is none that description under the movement's name; such a movement is also recognised by
/// the recording as a whole. Only in three dimensions: on one camera its word was never measured.
fn recognise(
    general: &Movement,
    curves: &Curves,
    body: &Recording,
    models: &Models,
) -> Option<(Cow<'static, Movement>, MovementChoice)> {
    let model = models.model.as_ref().filter(|_| body.space.is_3d())?;
    let found = repetitions(general, curves);
    let spans: Vec<(usize, usize)> =
        found.iter().filter(|repetition| repetition.complete).map(|r| (r.start, r.end)).collect();
    let recognised = |spans: &[(usize, usize)]| {
        let readings = model.read(body, spans);
        model.recognise(&readings.iter().flatten().collect::<Vec<_>>())
    };
    // What has no definition was learned from whole recordings, and what swings most may begin
    // later, end sooner or swing twice in it.
    let is_undefined = |name: &String| movement::find(name).is_none();
    let whole = || {
        if !model.card().movements.iter().any(is_undefined) {
            return None;
        }
        recognised(&[(0, body.frames().saturating_sub(1))])
            .filter(|found| is_undefined(&found.movement))
    };
    let Recognition { movement, certainty, others } = recognised(&spans).or_else(whole)?;
    let definition = match movement::find(&movement) {
        Some(definition) => {
            // A definition that finds nothing in the recording, or whose own angle hardly moves
            // beside another, is not what was done.
            let done = repetitions(definition, curves).iter().any(|repetition| repetition.complete);
            if !done || !drives(definition, general, curves) {
                return None;
            }
            Cow::Borrowed(definition)
        }
        None => Cow::Owned(Movement {
            title: titled(&movement),
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
        how: "recognised".to_owned(),
        certainty,
        others,
    };
    Some((definition, choice))
}

/// A name as a title: `tennis_serve` is "Tennis serve".
fn titled(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The angle that drives a movement must swing by this share of the angle that swings most.
const DRIVING: f64 = 0.45;

/// Whether a definition is about what swings most in a recording (which is what drives the plain
/// description of it). Movements that are driven by a length are not asked: lengths and angles do
/// not compare.
fn drives(definition: &Movement, general: &Movement, curves: &Curves) -> bool {
    let Some(most) = general.repetition.signals.first() else { return true };
    let signals = &definition.repetition.signals;
    let own = signals
        .iter()
        .find_map(|signal| curves.curves.iter().find(|curve| curve.name == signal.curve));
    own.is_none_or(|own| {
        own.unit != Unit::Degree || swing(curves, &own.name) >= DRIVING * swing(curves, &most.curve)
    })
}

/// How far a curve swings, on the side that swings more; 0 if there is no such curve.
fn swing(curves: &Curves, name: &str) -> f64 {
    let sides = curves.curves.iter().filter(|curve| curve.name == name);
    sides.map(|curve| spread(&curve.values)).fold(0.0, f64::max)
}

/// Markers that are described where they make no body.
const MARKERS: usize = 6;
/// A marker must rise and fall by this much to be taken for what drives an unknown movement, m.
const LEAST_RISE: f64 = 0.03;

/// A definition for a movement that nobody named: repetitions of the angle that swings most, ranges
/// of the main angles, no checks. Where there are no angles (markers that make no body) the heights
/// of the markers that rise and fall most take their place.
fn general(curves: &Curves) -> Movement {
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
                let swing = swing(curves, &name);
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
        heights.truncate(MARKERS);
        heights
    };
    let (drivers, least) = if has_angles { (angles, LEAST_SWING) } else { (heights(), LEAST_RISE) };
    let signals = drivers
        .iter()
        .filter(|(_, swing)| *swing >= least)
        .map(|(name, swing)| SignalRule {
            curve: name.clone(),
            sides: Sides::Max,
            direction: Direction::Auto,
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
            kind: movement::Kind::Excursion,
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

/// From the 5th to the 95th percentile of the known values; 0 without any.
fn spread(values: &[f64]) -> f64 {
    let mut known: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    known.sort_by(f64::total_cmp);
    let at = |share: f64| {
        known.get((known.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or(0.0)
    };
    at(0.95) - at(0.05)
}
