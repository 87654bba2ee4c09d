//! Jump and landing reports of an analysis, in the form that `analysis.json` stores.

use super::contacts::JumpContacts;
use super::flight::JumpTimes;
use super::item::{ItemScore, ScoredItem, combine_trials, sum_items};
use super::jump::{jump_height, reactive_strength, time_error_s};
use super::less::score_less;
use crate::Precision;
use agoge_analysis::{ItemScorer, JumpReport, LandingItem, LandingReport};
use agoge_kinematics::{CameraView, Curves, Repetition, Unit};
use agoge_motion::Recording;
use std::collections::BTreeMap;

/// Reports each complete repetition (numbered from 1) in which the feet were seen to leave the
/// ground and come back. `raw` is the body before filtering, which determines the instants
/// ([`JumpTimes::from_recording`]).
pub fn jump_reports(
    body: &Recording,
    raw: &Recording,
    curves: &Curves,
    repetitions: &[Repetition],
) -> Vec<JumpReport> {
    let position_error_m = Precision::from_recording(body).unit_error(Unit::Metre).half_width;
    let jump = |(index, repetition): (usize, &Repetition)| {
        let ground = JumpContacts::from_repetition(body, curves, repetition)
            .filter(|_| repetition.complete)?;
        // Without a scale there is still a flight time, and the height follows from it.
        let JumpTimes { flight_s, contact_s } = JumpTimes::from_recording(raw, &ground)?;
        let error_s = time_error_s(flight_s, position_error_m, body.rate_hz());
        let height = jump_height(flight_s, error_s);
        let reactive = contact_s.map(|contact_s| reactive_strength(flight_s, contact_s, error_s));
        Some(JumpReport {
            repetition: index + 1,
            height_m: height.value,
            height_error_m: height.error,
            reactive_strength: reactive.map(|index| index.value),
            reactive_strength_error: reactive.map(|index| index.error),
        })
    };
    repetitions.iter().enumerate().filter_map(jump).collect()
}

/// Reports the LESS (Padua 2009) over the complete repetitions: a one-point item is at fault if it
/// is so in two of three. `coach` overrides items by their number. `None` if no landing was seen.
pub fn landing_report(
    body: &Recording,
    curves: &Curves,
    view: CameraView,
    repetitions: &[Repetition],
    coach: &BTreeMap<u8, u8>,
) -> Option<LandingReport> {
    let score_repetition = |(index, repetition): (usize, &Repetition)| {
        let ground = JumpContacts::from_repetition(body, curves, repetition)
            .filter(|_| repetition.complete)?;
        Some((index + 1, score_less(&ground.measure_landing(body, curves, view, repetition.end)?)))
    };
    let (numbers, all): (Vec<usize>, Vec<Vec<ScoredItem>>) =
        repetitions.iter().enumerate().filter_map(score_repetition).unzip();
    let items: Vec<ScoredItem> = combine_trials(&all)
        .into_iter()
        .map(|item| coach.get(&item.number).map_or(item, |points| item.with_coach_points(*points)))
        .collect();
    let sum = sum_items(&items);
    let to_report_item = |item: &ScoredItem| {
        let (by, confidence) = match item.score {
            ItemScore::Points { confidence, .. } => (ItemScorer::Measured, Some(confidence)),
            ItemScore::Coach(_) => (ItemScorer::Coach, None),
            ItemScore::Unseen => (ItemScorer::Unseen, None),
        };
        LandingItem {
            number: item.number,
            item: item.name.to_owned(),
            points: item.known_points(),
            most: item.most,
            confidence,
            by,
        }
    };
    (!items.is_empty()).then(|| LandingReport {
        screen: "LESS (Padua 2009)".to_owned(),
        repetitions: numbers,
        items: items.iter().map(to_report_item).collect(),
        least: sum.least,
        most: sum.most,
        unseen: sum.unseen,
    })
}
