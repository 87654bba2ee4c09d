//! The one pipeline.

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

/// Share of joint positions that must be seen within a repetition for its pose to count as good.
const GOOD_POSE: f64 = 0.7;

/// An analysis with what it was made from, for reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Analyzed {
    /// What a coach acts on.
    pub analysis: Analysis,
    /// The definition of the movement that it was analysed with.
    pub movement: Movement,
    /// The conditioned recording on the body skeleton.
    pub body: Recording,
    /// The conditioned recording with the source's own joints or markers, on the same clock.
    pub source: Recording,
    /// Everything that was measured over time, on the body's clock.
    pub curves: Curves,
}

/// Fewest parts of the body that make a figure.
const FIGURE: usize = 6;

impl Analyzed {
    /// What to draw: the body, or the source's markers where too little of them is a body.
    pub fn figure(&self) -> &Recording {
        if is_body(&self.body) { &self.body } else { &self.source }
    }
}

/// What to draw of a recording, as [`Analyzed::figure`] without an analysis.
///
/// # Errors
/// For options that make no sense.
pub(crate) fn figure(recording: &Recording, options: &Options) -> Result<Recording, Error> {
    let source = condition(recording, &options.condition)?.recording;
    let body = source.to_body().recording;
    Ok(if is_body(&body) { body } else { source })
}

/// Whether enough parts of the body are ever seen to make a figure.
fn is_body(body: &Recording) -> bool {
    let is_seen = |&part: &usize| (0..body.frames()).any(|frame| body.is_seen(frame, part));
    (0..Part::COUNT).filter(is_seen).count() >= FIGURE
}

/// A recording up to its curves: the stages that come before any movement is named.
pub(crate) struct Prepared {
    pub(crate) conditioned: Conditioned,
    pub(crate) body: Body,
    pub(crate) measured: Measured,
    /// What moments of joints rest on, if there are any, and in how many frames a plate's load
    /// belongs to no foot.
    forces: Option<(Origin, usize)>,
    /// How good the data are.
    pub(crate) quality: DataQuality,
    /// The parts that are seen in some frame.
    ever_seen: Vec<usize>,
}

/// Analyses a recording, beside a reference of the same movement if there is one. Pure: the same
/// input, models and options give the same bytes.
///
/// # Errors
/// For options that make no sense, a movement that does not exist, and a height that is not a
/// person's.
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
    let found = repetitions(&movement, &curves);
    let complete: Vec<&Repetition> =
        found.iter().filter(|repetition| repetition.complete).collect();

    let other = reference.map(|recording| prepare(recording, options)).transpose()?;
    let other_found = other.as_ref().map(|other| repetitions(&movement, &other.measured.curves));
    let other_complete: Option<Vec<&Repetition>> = other_found
        .as_ref()
        .map(|found| found.iter().filter(|repetition| repetition.complete).collect());
    let other_curves = other.as_ref().map(|other| &other.measured.curves);

    let is_3d = body.recording.space.is_3d();
    let precision = Precision::of(&body.recording);
    let distorted = complete
        .iter()
        .filter(|r| !r.metrics.iter().all(|metric| movement.is_possible(metric)))
        .count();
    if 2 * distorted > complete.len() {
        quality.verdict = quality.verdict.max(Verdict::Usable);
        let of = complete.len();
        quality.reasons.insert(
            0,
            format!(
                "In {distorted} of {of} repetitions joints bend as no body can: the source's skeleton is distorted."
            ),
        );
    }
    let numbered: Vec<(usize, &Repetition)> = found
        .iter()
        .enumerate()
        .filter(|(_, r)| r.complete)
        .map(|(index, r)| (index + 1, r))
        .collect();
    let evidence = Evidence {
        movement: &movement,
        repetitions: numbered,
        reference: other_complete.clone(),
        precision: &precision,
        data: quality.verdict,
    };
    let mut reports: Vec<RepetitionReport> = found
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
                // One set, one method: where the model counts, a repetition that it cannot judge
                // has no score.
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
    let other_bands = other_curves.zip(other_complete.as_deref());
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
                .map(|made| format!("{}: {}", made.part.name(), made.from))
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
            Some(Counted::Jump) => {
                screen::jumps(&body.recording, &unfiltered(recording, options)?, &curves, &found)
            }
            _ => Vec::new(),
        },
        landing: match movement.screen {
            Some(Screen::Less) => {
                let coach = options.less.iter().map(|[item, points]| (*item, *points)).collect();
                screen::landing(&body.recording, &curves, view, &found, &coach)
            }
            None => None,
        },
        moments: options.mass_kg.zip(forces).map(|(mass_kg, forces)| {
            agoge_coach::moments(&curves, &evidence.repetitions, (mass_kg, options.sex), forces)
        }),
        bands: band::bands(&movement, &curves, &complete, other_bands),
        repetitions: reports,
        quality,
        refused,
    };
    let movement = movement.into_owned();
    Ok(Analyzed { analysis, movement, body: body.recording, source: conditioned.recording, curves })
}

pub(crate) fn prepare(recording: &Recording, options: &Options) -> Result<Prepared, Error> {
    let conditioned = condition(recording, &options.condition)?;
    let mut body = conditioned.recording.to_body();
    if let Some(height_m) = options.height_m {
        body.recording = body.recording.scaled_by_height(height_m)?;
    }
    let mut measured = measure(&body.recording);
    if !is_body(&body.recording) {
        // Markers of a wheel, a bar or one limb: their own heights and speeds are all that can be
        // measured.
        measured.curves.curves.extend(markers(&conditioned.recording));
    }
    measured.curves.curves.extend(sensor::worn(&body.recording));
    let forces = moments::measure(&body.recording, &mut measured.curves, options);
    // To look for a part that is never seen takes the whole recording, so it is done once.
    let is_seen = |&part: &usize| {
        (0..body.recording.frames()).any(|frame| body.recording.is_seen(frame, part))
    };
    let ever_seen: Vec<usize> = (0..Part::COUNT).filter(is_seen).collect();
    let of_positions = conditioned.quality.clone();
    let quality = match measured
        .curves
        .get("sensor_tilt", None)
        .filter(|_| is_felt_only(&conditioned.recording))
    {
        Some(tilt) => {
            let quality = verdict_of_sensor(of_positions, &tilt.values);
            let reason =
                "nothing was seen of the body; a worn sensor tells how it was tilted".to_owned();
            measured.curves.refused =
                vec![Refused { name: "angles of the body".to_owned(), reason }];
            quality
        }
        None => verdict(of_positions, recording.frames(), recording.rate_hz()),
    };
    Ok(Prepared { conditioned, body, measured, forces, quality, ever_seen })
}

/// The body of a recording repaired but not filtered: a filter rounds off when feet leave and touch
/// the ground.
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

/// Whether nothing is ever seen in a recording, but a worn sensor felt something.
pub(crate) fn is_felt_only(recording: &Recording) -> bool {
    let is_known =
        |channel: &&agoge_motion::Channel| channel.values.iter().any(|value| value.is_finite());
    recording.position.iter().all(|position| position[0].is_nan())
        && recording.inertial().is_some_and(|channels| channels.iter().all(is_known))
}

fn report(
    number: usize,
    repetition: &Repetition,
    movement: &Movement,
    precision: &Precision,
    body: &Recording,
    ever: &[usize],
) -> RepetitionReport {
    let Repetition { start, end, .. } = *repetition;
    let seen: usize = (start..=end)
        .map(|frame| ever.iter().filter(|&&part| body.is_seen(frame, part)).count())
        .sum();
    let positions = (end + 1 - start) * ever.len().max(1);
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
        qa_pose: seen as f64 >= GOOD_POSE * positions as f64,
        qa_biomech: repetition.metrics.iter().all(|metric| movement.is_possible(metric)),
    }
}
