//! Which movement definition a recording is analysed with.

use crate::Error;
use agoge_coach::analysis::MovementChoice;
use agoge_kinematics::movement::{
    self, Direction, MetricRule, MetricSides, RepetitionRule, Sides, SignalRule, Statistic,
};
use agoge_kinematics::{Curves, Movement, Unit};
use std::borrow::Cow;

/// An angle must swing by this much to be taken for what drives an unknown movement, degrees.
const LEAST_SWING: f64 = 15.0;

/// The definition of a name, an alias or a file, with how it was chosen; `auto` gives a plain description of whatever swings most.
pub(crate) fn choose(wanted: &str, curves: &Curves) -> Result<(Cow<'static, Movement>, MovementChoice), Error> {
    if wanted == "auto" {
        let general = general(curves);
        let choice = MovementChoice {
            name: "unknown".to_owned(),
            title: general.title.clone(),
            how: "unknown".to_owned(),
            certainty: 0.0,
            others: Vec::new(),
        };
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

/// A definition for a movement that nobody named: repetitions of the angle that swings most, ranges of the main angles, no checks.
fn general(curves: &Curves) -> Movement {
    const MAIN: [&str; 6] =
        ["knee_flexion", "hip_flexion", "shoulder_elevation", "elbow_flexion", "shoulder_flexion", "trunk_lean"];
    let swing = |name: &str| {
        let of = |values: &[f64]| {
            let mut known: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
            known.sort_by(f64::total_cmp);
            let at =
                |share: f64| known.get((known.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or(0.0);
            at(0.95) - at(0.05)
        };
        let sides = curves.curves.iter().filter(|curve| curve.name == name && curve.unit == Unit::Degree);
        sides.map(|curve| of(&curve.values)).fold(0.0, f64::max)
    };
    let mut swings: Vec<(&str, f64)> = MAIN.iter().map(|name| (*name, swing(name))).collect();
    swings.sort_by(|a, b| b.1.total_cmp(&a.1));
    let signals = swings
        .iter()
        .filter(|(_, swing)| *swing >= LEAST_SWING)
        .map(|(name, swing)| SignalRule {
            curve: (*name).to_owned(),
            sides: Sides::Max,
            direction: Direction::Auto,
            min_excursion: 0.4 * swing,
        })
        .collect();
    let metric = |name: &str, curve: Option<&str>, statistic| MetricRule {
        name: name.to_owned(),
        curve: curve.map(str::to_owned),
        side: MetricSides::Each,
        statistic,
        of: None,
        with: None,
        event: None,
        phase: None,
    };
    let mut metrics = vec![metric("repetition_time", None, Statistic::Duration)];
    metrics.extend(MAIN.iter().map(|name| metric(&format!("{name}_range"), Some(name), Statistic::Range)));
    Movement {
        name: "unknown".to_owned(),
        title: "Movement not named".to_owned(),
        aliases: Vec::new(),
        description: "Repetitions of the angle that swings most; without a named movement nothing is judged."
            .to_owned(),
        sources: Vec::new(),
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
