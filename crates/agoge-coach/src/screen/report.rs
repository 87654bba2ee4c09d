//! Jumps and landings of an analysis, as `analysis.json` has them.

use super::flight::Flight;
use super::item::{Score, Scored, total, trials};
use super::jump::{jump_height, reactive_strength, time_error_s};
use super::less::less;
use super::recorded::Ground;
use crate::Precision;
use crate::analysis::{JumpReport, LandingItem, LandingReport};
use agoge_kinematics::{Curves, Repetition, Unit, View};
use agoge_motion::Recording;
use std::collections::BTreeMap;

/// Each complete repetition (its number from 1) in which the feet were seen to leave the ground and
/// come back. `raw` is the body before any filter, by which the instants are told ([`Flight::of`]).
pub fn jumps(
    body: &Recording,
    raw: &Recording,
    curves: &Curves,
    repetitions: &[Repetition],
) -> Vec<JumpReport> {
    let position_error_m = Precision::of(body).of_unit(Unit::Metre).half_width;
    let jump = |(index, repetition): (usize, &Repetition)| {
        let ground = Ground::of(body, curves, repetition).filter(|_| repetition.complete)?;
        // Without a scale there is a time in the air all the same, and the height follows from it.
        let Flight { flight_s, contact_s } = Flight::of(raw, &ground)?;
        let error_s = time_error_s(flight_s, position_error_m, body.rate_hz());
        let height = jump_height(flight_s, error_s);
        let reactive = contact_s.map(|contact_s| reactive_strength(flight_s, contact_s, error_s));
        Some(JumpReport {
            repetition: index + 1,
            height_m: height.value,
            height_error_m: height.error,
            reactive_strength: reactive.map(|own| own.value),
            reactive_strength_error: reactive.map(|own| own.error),
        })
    };
    repetitions.iter().enumerate().filter_map(jump).collect()
}

/// The LESS (Padua 2009) over the complete repetitions: an item of one point is at fault if it is
/// so in two of three. `coach` overrules items by their number. None where no landing was seen.
pub fn landing(
    body: &Recording,
    curves: &Curves,
    view: View,
    repetitions: &[Repetition],
    coach: &BTreeMap<u8, u8>,
) -> Option<LandingReport> {
    let scored = |(index, repetition): (usize, &Repetition)| {
        let ground = Ground::of(body, curves, repetition).filter(|_| repetition.complete)?;
        Some((index + 1, less(&ground.landing(body, curves, view, repetition.end)?)))
    };
    let (numbers, all): (Vec<usize>, Vec<Vec<Scored>>) =
        repetitions.iter().enumerate().filter_map(scored).unzip();
    let items: Vec<Scored> = trials(&all)
        .into_iter()
        .map(|item| coach.get(&item.number).map_or(item, |points| item.overruled(*points)))
        .collect();
    let sum = total(&items);
    let told = |item: &Scored| {
        let (by, confidence) = match item.score {
            Score::Points { confidence, .. } => ("measured", Some(confidence)),
            Score::Coach(_) => ("coach", None),
            Score::Unseen => ("unseen", None),
        };
        LandingItem {
            number: item.number,
            item: item.name.to_owned(),
            points: item.points(),
            most: item.most,
            confidence,
            by: by.to_owned(),
        }
    };
    (!items.is_empty()).then(|| LandingReport {
        screen: "LESS (Padua 2009)".to_owned(),
        repetitions: numbers,
        items: items.iter().map(told).collect(),
        least: sum.least,
        most: sum.most,
        unseen: sum.unseen,
    })
}
