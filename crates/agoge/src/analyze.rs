//! The analysis pipeline: condition a recording, measure its curves, segment repetitions, score
//! them and derive findings.

use crate::models::Models;
use crate::{Error, Options, moments, movement};
use agoge_coach::analysis::{DataQuality, Input, RepetitionReport, SCHEMA, Verdict};
use agoge_coach::findings::{Evidence, findings};
use agoge_coach::{
    Analysis, Precision, band, learned, score, screen, summary, verdict, verdict_of_sensor,
};
use agoge_kinematics::dynamics::Origin;
use agoge_kinematics::movement::{Counted, Screen};
use agoge_kinematics::{
    Curves, Measured, Movement, Refused, Repetition, markers, measure, repetitions, sensor,
};
use agoge_motion::condition::{self, Conditioned, Filter, condition};
use agoge_motion::skeleton::Body;
use agoge_motion::{Part, Recording};
use std::collections::BTreeSet;

/// Minimum share of joint positions visible during a repetition for its pose to count as good.
const GOOD_POSE: f64 = 0.7;

/// An analysis together with the data it was computed from, for reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Analyzed {
    /// The results a coach acts on.
    pub analysis: Analysis,
    /// The movement definition it was analysed with.
    pub movement: Movement,
    /// The conditioned recording on the body skeleton.
    pub body: Recording,
    /// The conditioned recording with the source's own joints or markers, on the same clock.
    pub source: Recording,
    /// All curves measured over time, on the body recording's clock.
    pub curves: Curves,
}

/// Minimum number of visible body parts needed to draw the body.
const FIGURE: usize = 6;

impl Analyzed {
    /// The recording to draw: the body, or the source's markers if too few of them are body parts.
    pub fn figure(&self) -> &Recording {
        if is_body(&self.body) { &self.body } else { &self.source }
    }
}

/// Conditions a recording and returns the version to draw, like [`Analyzed::figure`] but without an
/// analysis.
///
/// # Errors
/// If the options are invalid.
pub(crate) fn figure(recording: &Recording, options: &Options) -> Result<Recording, Error> {
    let source = condition(recording, &options.condition)?.recording;
    let body = source.to_body().recording;
    Ok(if is_body(&body) { body } else { source })
}

/// Whether enough body parts are visible in some frame to draw the body.
fn is_body(body: &Recording) -> bool {
    let is_seen = |&part: &usize| (0..body.frames()).any(|frame| body.is_seen(frame, part));
    (0..Part::COUNT).filter(is_seen).count() >= FIGURE
}

/// A recording processed up to its curves: all stages that do not depend on the movement.
pub(crate) struct Prepared {
    pub(crate) conditioned: Conditioned,
    pub(crate) body: Body,
    pub(crate) measured: Measured,
    /// Where the ground forces behind the joint moments come from, if there are moments, and the
    /// number of frames in which a plate's load could not be assigned to a foot.
    forces: Option<(Origin, usize)>,
    /// Quality of the data.
    pub(crate) quality: DataQuality,
    /// Indices of the parts seen in at least one frame.
    ever_seen: Vec<usize>,
}

/// Analyses a recording, optionally compared with a reference recording of the same movement. Pure:
/// the same input, models and options give the same bytes.
///
/// # Errors
/// If the options are invalid, the movement does not exist, or the height is not a plausible human
/// height.
pub fn analyze(
    recording: &Recording,
    reference: Option<&Recording>,
    models: &Models,
    options: &Options,
) -> Result<Analyzed, Error> {
    let Prepared { conditioned, body, measured, forces, mut quality, ever_seen } =
        prepare(recording, options)?;
    let Measured { curves, view, view_certainty } = measured;
    let (movement, choice) = movement::choose(&options.movement, &curves, &body.recording, models)?;
    let all_repetitions = repetitions(&movement, &curves);
    let complete: Vec<&Repetition> =
        all_repetitions.iter().filter(|repetition| repetition.complete).collect();

    let prepared_reference = reference.map(|recording| prepare(recording, options)).transpose()?;
    let reference_repetitions = prepared_reference
        .as_ref()
        .map(|prepared_reference| repetitions(&movement, &prepared_reference.measured.curves));
    let complete_reference: Option<Vec<&Repetition>> =
        reference_repetitions.as_ref().map(|all_repetitions| {
            all_repetitions.iter().filter(|repetition| repetition.complete).collect()
        });
    let reference_curves =
        prepared_reference.as_ref().map(|prepared_reference| &prepared_reference.measured.curves);

    let is_3d = body.recording.space.is_3d();
    let precision = Precision::of(&body.recording);
    let distorted = complete
        .iter()
        .filter(|r| !r.metrics.iter().all(|metric| movement.is_possible(metric)))
        .count();
    if 2 * distorted > complete.len() {
        quality.verdict = quality.verdict.max(Verdict::Usable);
        let total = complete.len();
        quality.reasons.insert(
            0,
            format!(
                "In {distorted} of {total} repetitions joints bend as no body can: the source's skeleton is distorted."
            ),
        );
    }
    let numbered: Vec<(usize, &Repetition)> = all_repetitions
        .iter()
        .enumerate()
        .filter(|(_, r)| r.complete)
        .map(|(index, r)| (index + 1, r))
        .collect();
    let evidence = Evidence {
        movement: &movement,
        repetitions: numbered,
        reference: complete_reference.clone(),
        precision: &precision,
        data: quality.verdict,
    };
    let mut reports: Vec<RepetitionReport> = all_repetitions
        .iter()
        .enumerate()
        .map(|(index, repetition)| {
            report(index + 1, repetition, &movement, &precision, &body.recording, &ever_seen)
        })
        .collect();
    let model =
        models.model.as_ref().filter(|_| !complete.is_empty() && !movement.checks.is_empty()).map(
            |model| {
                let spans: Vec<(usize, usize)> =
                    complete.iter().map(|repetition| (repetition.start, repetition.end)).collect();
                let readings = model.read(&body.recording, &spans);
                let (scores, note) = learned::judge(model, &movement.name, &readings, is_3d);
                // One set, one method: if the model counts, a repetition it cannot judge has no
                // score.
                if note.counts {
                    reports
                        .iter_mut()
                        .filter(|report| report.complete)
                        .zip(scores)
                        .for_each(|(report, score)| report.score = score);
                }
                note
            },
        );
    let mut refused = curves.refused.clone();
    if quality.verdict == Verdict::Poor {
        let reason = "the data are too poor; see the quality of the data".to_owned();
        refused.push(Refused { name: "findings".to_owned(), reason });
    }
    let impossible: BTreeSet<&str> = complete
        .iter()
        .flat_map(|repetition| &repetition.metrics)
        .filter(|metric| !movement.is_possible(metric))
        .map(|metric| metric.name.as_str())
        .collect();
    for name in impossible {
        let reason =
            "no body can do what was measured: the recording's skeleton is wrong there".to_owned();
        refused.push(Refused { name: name.to_owned(), reason });
    }
    if movement.checks.is_empty() {
        let reason = match choice.how.as_str() {
            "unknown" => "no movement was named, so nothing can be judged; name it with --movement",
            "recognised" => {
                "the model knows this movement, but no definition says how it is judged; name one with --movement"
            }
            _ => "the definition of this movement measures and judges nothing",
        };
        let reason = reason.to_owned();
        refused.push(Refused { name: "score and findings".to_owned(), reason });
    }
    let scores: Vec<_> = reports
        .iter()
        .filter(|report| report.complete)
        .filter_map(|report| report.score.clone())
        .collect();
    let reference_bands = reference_curves.zip(complete_reference.as_deref());
    let analysis = Analysis {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        input: Input {
            source: recording.source.clone(),
            skeleton: recording.skeleton.name.clone(),
            space: body.recording.space,
            view,
            view_certainty: Some(view_certainty),
            frames: recording.frames(),
            rate_hz: recording.rate_hz(),
            duration_s: recording.duration_s(),
            height_m: options.height_m,
            invented: body
                .invented
                .iter()
                .map(|invented| format!("{}: {}", invented.part.name(), invented.from))
                .collect(),
        },
        repairs: conditioned.repairs,
        movement: choice,
        metrics: summary::metrics(&movement, &complete, &precision),
        score: if quality.verdict == Verdict::Poor { None } else { score::set(&scores) },
        model,
        findings: findings(&evidence),
        explanation: None,
        jumps: match movement.counts_as {
            Some(Counted::Jump) => screen::jumps(
                &body.recording,
                &unfiltered(recording, options)?,
                &curves,
                &all_repetitions,
            ),
            _ => Vec::new(),
        },
        landing: match movement.screen {
            Some(Screen::Less) => {
                let coach = options.less.iter().map(|[item, points]| (*item, *points)).collect();
                screen::landing(&body.recording, &curves, view, &all_repetitions, &coach)
            }
            None => None,
        },
        moments: options.mass_kg.zip(forces).map(|(mass_kg, forces)| {
            agoge_coach::moments(&curves, &evidence.repetitions, (mass_kg, options.sex), forces)
        }),
        bands: band::bands(&movement, &curves, &complete, reference_bands),
        repetitions: reports,
        quality,
        refused,
    };
    let movement = movement.into_owned();
    Ok(Analyzed { analysis, movement, body: body.recording, source: conditioned.recording, curves })
}

/// Conditions a recording, maps it to the body skeleton, and measures its curves and the quality of
/// its data.
pub(crate) fn prepare(recording: &Recording, options: &Options) -> Result<Prepared, Error> {
    let conditioned = condition(recording, &options.condition)?;
    let mut body = conditioned.recording.to_body();
    if let Some(height_m) = options.height_m {
        body.recording = body.recording.scaled_by_height(height_m)?;
    }
    let mut measured = measure(&body.recording);
    if !is_body(&body.recording) {
        // Markers of a wheel, a bar or a single limb: only their own heights and speeds can be
        // measured.
        measured.curves.curves.extend(markers(&conditioned.recording));
    }
    measured.curves.curves.extend(sensor::worn(&body.recording));
    let forces = moments::measure(&body.recording, &mut measured.curves, options);
    // Finding the parts that are never seen scans the whole recording, so it is done once.
    let is_seen = |&part: &usize| {
        (0..body.recording.frames()).any(|frame| body.recording.is_seen(frame, part))
    };
    let ever_seen: Vec<usize> = (0..Part::COUNT).filter(is_seen).collect();
    let position_quality = conditioned.quality.clone();
    let quality = match measured
        .curves
        .get("sensor_tilt", None)
        .filter(|_| is_felt_only(&conditioned.recording))
    {
        Some(tilt) => {
            let quality = verdict_of_sensor(position_quality, &tilt.values);
            let reason =
                "nothing was seen of the body; a worn sensor tells how it was tilted".to_owned();
            measured.curves.refused =
                vec![Refused { name: "angles of the body".to_owned(), reason }];
            quality
        }
        None => verdict(position_quality, recording.frames(), recording.rate_hz()),
    };
    Ok(Prepared { conditioned, body, measured, forces, quality, ever_seen })
}

/// The body recording, repaired but not filtered: a filter blurs the instants at which the feet
/// leave and touch the ground.
fn unfiltered(recording: &Recording, options: &Options) -> Result<Recording, Error> {
    let body = condition(
        recording,
        &condition::Options { filter: Filter::None, ..options.condition.clone() },
    )?;
    let body = body.recording.to_body().recording;
    Ok(match options.height_m {
        Some(height_m) => body.scaled_by_height(height_m)?,
        None => body,
    })
}

/// Whether no position is ever seen in a recording but a worn sensor recorded data.
pub(crate) fn is_felt_only(recording: &Recording) -> bool {
    let is_known =
        |channel: &&agoge_motion::Channel| channel.values.iter().any(|value| value.is_finite());
    recording.position.iter().all(|position| position[0].is_nan())
        && recording.inertial().is_some_and(|channels| channels.iter().all(is_known))
}

/// Builds the report of one repetition; `ever_seen` lists the parts seen anywhere in the recording.
fn report(
    number: usize,
    repetition: &Repetition,
    movement: &Movement,
    precision: &Precision,
    body: &Recording,
    ever_seen: &[usize],
) -> RepetitionReport {
    let Repetition { start, end, .. } = *repetition;
    let seen_positions: usize = (start..=end)
        .map(|frame| ever_seen.iter().filter(|&&part| body.is_seen(frame, part)).count())
        .sum();
    let positions = (end + 1 - start) * ever_seen.len().max(1);
    RepetitionReport {
        number,
        side: repetition.side,
        complete: repetition.complete,
        frames: [start, end],
        start_s: body.time[start],
        end_s: body.time[end],
        phases: repetition.phases.clone(),
        events: repetition.events.clone(),
        metrics: repetition.metrics.clone(),
        score: score::repetition(movement, repetition, precision),
        qa_pose: seen_positions as f64 >= GOOD_POSE * positions as f64,
        qa_biomech: repetition.metrics.iter().all(|metric| movement.is_possible(metric)),
    }
}
