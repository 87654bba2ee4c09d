//! The analysis pipeline: condition a recording, measure its curves, segment repetitions, score
//! them and derive findings.

use crate::models::Models;
use crate::provenance::describe_provenance;
use crate::resemblance::{GatedRepetitions, gate_repetitions};
use crate::{AnalysisOptions, Error, moments, movement};
use agoge_analysis::{ANALYSIS_SCHEMA, DataQuality, DataVerdict, InputSummary, RepetitionReport};
use agoge_analysis::{Analysis, ModelNote, MovementOrigin, ResemblanceVerdict};
use agoge_coach::findings::{FindingsInput, ranked_findings};
use agoge_coach::{
    Precision, assess_data_quality, band, model_score, score, screen, summary, verdict_of_sensor,
};
use agoge_kinematics::dynamics::GroundForceSource;
use agoge_kinematics::gait::measure_gait;
use agoge_kinematics::movement::{CountedAs, LandingScreen};
use agoge_kinematics::{
    Curves, GateJudge, MeasuredCurves, Movement, RefusedQuantity, Repetition, marker_curves,
    measure_curves, segment_repetitions, sensor,
};
use agoge_model::Model;
use agoge_motion::condition::{self, ConditionedRecording, LowPassFilter, condition_recording};
use agoge_motion::skeleton::BodyRecording;
use agoge_motion::{Part, Recording};
use std::collections::BTreeSet;

/// Minimum share of joint positions visible during a repetition for its pose to count as good.
const MIN_POSE_SHARE: f64 = 0.7;

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
const MIN_FIGURE_PARTS: usize = 6;

impl Analyzed {
    /// The recording to draw: the body, or the source's markers if too few of them are body parts.
    pub fn figure_recording(&self) -> &Recording {
        if is_body(&self.body) { &self.body } else { &self.source }
    }
}

/// Conditions a recording and returns the version to draw, like [`Analyzed::figure_recording`] but
/// without an analysis.
///
/// # Errors
/// If the options are invalid.
pub(crate) fn condition_figure(
    recording: &Recording,
    options: &AnalysisOptions,
) -> Result<Recording, Error> {
    let source = condition_recording(recording, &options.condition)?.recording;
    let body = source.to_body().recording;
    Ok(if is_body(&body) { body } else { source })
}

/// Whether enough body parts are visible in some frame to draw the body.
fn is_body(body: &Recording) -> bool {
    let is_seen = |&part: &usize| (0..body.frame_count()).any(|frame| body.is_seen(frame, part));
    (0..Part::COUNT).filter(is_seen).count() >= MIN_FIGURE_PARTS
}

/// A recording processed up to its curves: all stages that do not depend on the movement.
pub struct PreparedRecording {
    /// The recording after its repairs.
    pub conditioned: ConditionedRecording,
    /// The same on the body skeleton.
    pub body: BodyRecording,
    /// Its curves.
    pub measured: MeasuredCurves,
    /// Where the ground forces behind the joint moments come from, if there are moments, and the
    /// number of frames in which a plate's load could not be assigned to a foot.
    forces: Option<(GroundForceSource, usize)>,
    /// Quality of the data.
    pub quality: DataQuality,
    /// Indices of the parts seen in at least one frame.
    seen_parts: Vec<usize>,
}

impl PreparedRecording {
    /// The recording to draw, as [`Analyzed::figure_recording`], and the curves on its clock.
    pub(crate) fn into_figure(self) -> (Recording, Curves) {
        let body = self.body.recording;
        let figure = if is_body(&body) { body } else { self.conditioned.recording };
        (figure, self.measured.curves)
    }
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
    options: &AnalysisOptions,
) -> Result<Analyzed, Error> {
    let PreparedRecording {
        conditioned,
        body,
        measured,
        forces,
        mut quality,
        seen_parts: ever_seen,
    } = prepare_recording(recording, options)?;
    let MeasuredCurves { curves, view, view_certainty } = measured;
    let judge = GateJudge::new(&body.recording, &curves, view);
    let (mut movement, choice) =
        movement::choose_movement(&options.movement, &curves, &body.recording, models, &judge)?;
    let gait = movement.repetition.kind.gait().map(|_| measure_gait(&curves));
    let mismatch = match &gait {
        Some(Ok(gait)) => agoge_coach::gait_mismatch(gait, &movement),
        _ => None,
    };
    if mismatch.is_some() {
        movement.to_mut().checks.clear();
    }
    let GatedRepetitions { repetitions: all_repetitions, unlike, resemblance } = gate_repetitions(
        &movement,
        segment_repetitions(&movement, &curves),
        &judge,
        &curves,
        options.trust_name,
    );
    let complete: Vec<&Repetition> =
        all_repetitions.iter().filter(|repetition| repetition.complete).collect();

    let prepared_reference =
        reference.map(|recording| prepare_recording(recording, options)).transpose()?;
    let reference_repetitions = prepared_reference.as_ref().map(|prepared_reference| {
        segment_repetitions(&movement, &prepared_reference.measured.curves)
    });
    let complete_reference: Option<Vec<&Repetition>> =
        reference_repetitions.as_ref().map(|all_repetitions| {
            all_repetitions.iter().filter(|repetition| repetition.complete).collect()
        });
    let reference_curves =
        prepared_reference.as_ref().map(|prepared_reference| &prepared_reference.measured.curves);

    let is_3d = body.recording.space.is_3d();
    let precision = Precision::from_recording(&body.recording);
    note_distortion(&movement, &complete, &mut quality);
    let numbered: Vec<(usize, &Repetition)> = all_repetitions
        .iter()
        .enumerate()
        .filter(|(_, r)| r.complete)
        .map(|(index, r)| (index + 1, r))
        .collect();
    let evidence = FindingsInput {
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
            repetition_report(
                index + 1,
                repetition,
                &movement,
                &precision,
                &body.recording,
                &ever_seen,
            )
        })
        .zip(unlike)
        .map(|(report, unlike)| RepetitionReport { unlike, ..report })
        .collect();
    let model =
        models.model.as_ref().filter(|_| !complete.is_empty() && !movement.checks.is_empty()).map(
            |model| {
                let correct: Vec<bool> = evidence
                    .repetitions
                    .iter()
                    .map(|(number, _)| options.correct_repetitions.contains(number))
                    .collect();
                let from = model_score::ReadRecording {
                    skeleton: &recording.skeleton,
                    is_3d,
                    correct: &correct,
                };
                score_by_model(model, &evidence, &body.recording, from, &mut reports)
            },
        );
    let mut refused = curves.refused.clone();
    refused.extend(refuse_unknown_marks(&evidence, options));
    if quality.verdict == DataVerdict::Poor {
        refused.push(refuse("findings", "the data are too poor; see the quality of the data"));
    }
    refused.extend(refuse_impossible_metrics(&movement, &complete));
    if mismatch.is_none()
        && resemblance.as_ref().is_some_and(|r| r.verdict == ResemblanceVerdict::Unlike)
    {
        let reason = "what was done does not look like this movement; name another, or insist on it with --trust-name";
        refused.push(refuse("score and findings", reason));
    }
    refused.extend(refuse_coarse_metrics(&evidence, &complete, model.as_ref()));
    match &gait {
        Some(Ok(gait)) => refused.extend(gait.refused.iter().cloned()),
        Some(Err(reason)) => refused.push(refuse("gait", reason)),
        None => {}
    }
    if let Some(reason) = &mismatch {
        refused.push(refuse("score and findings", reason));
    } else if movement.checks.is_empty() {
        refused.push(refuse("score and findings", reason_without_checks(choice.how)));
    }
    let findings = ranked_findings(&evidence);
    reports.iter_mut().for_each(|report| {
        if let Some(score) = &mut report.score {
            score::cap_score(score, &findings, Some(report.number));
        }
    });
    let scores: Vec<_> = reports
        .iter()
        .filter(|report| report.complete)
        .filter_map(|report| report.score.clone())
        .collect();
    let reference_bands = reference_curves.zip(complete_reference.as_deref());
    let analysis = Analysis {
        schema: ANALYSIS_SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        provenance: Some(describe_provenance(options, models, &movement)),
        input: InputSummary {
            source: recording.source.clone(),
            skeleton: recording.skeleton.name.clone(),
            space: body.recording.space,
            view,
            view_certainty: Some(view_certainty),
            frames: recording.frame_count(),
            rate_hz: recording.rate_hz(),
            duration_s: recording.duration_s(),
            height_m: options.height_m,
            invented: body
                .derived_parts
                .iter()
                .map(|invented| format!("{}: {}", invented.part.name(), invented.from))
                .collect(),
        },
        repairs: conditioned.repairs,
        movement: choice,
        resemblance,
        metrics: summary::summarize_metrics(&movement, &complete, &precision),
        score: score::score_set(&scores).filter(|_| quality.verdict != DataVerdict::Poor).map(
            |mut score| {
                score::cap_score(&mut score, &findings, None);
                score
            },
        ),
        model,
        findings,
        explanation: None,
        jumps: match movement.counts_as {
            Some(CountedAs::Jump) => screen::jump_reports(
                &body.recording,
                &unfiltered_body(recording, options)?,
                &curves,
                &all_repetitions,
            ),
            _ => Vec::new(),
        },
        landing: match movement.screen {
            Some(LandingScreen::Less) => {
                let coach = options.less.iter().map(|[item, points]| (*item, *points)).collect();
                screen::landing_report(&body.recording, &curves, view, &all_repetitions, &coach)
            }
            None => None,
        },
        moments: options.mass_kg.zip(forces).map(|(mass_kg, forces)| {
            agoge_coach::joint_moment_report(
                &curves,
                &evidence.repetitions,
                (mass_kg, options.sex),
                forces,
            )
        }),
        gait: gait
            .and_then(Result::ok)
            .map(|gait| agoge_coach::gait_report(&gait, &movement, &precision, options.sex)),
        bands: band::curve_bands(&movement, &curves, &complete, reference_bands),
        repetitions: reports,
        quality,
        refused,
    };
    let movement = movement.into_owned();
    Ok(Analyzed { analysis, movement, body: body.recording, source: conditioned.recording, curves })
}

/// Lowers the verdict on the data, with the reason, if most repetitions hold values that no body
/// can reach.
fn note_distortion(movement: &Movement, complete: &[&Repetition], quality: &mut DataQuality) {
    let distorted = complete
        .iter()
        .filter(|r| !r.metrics.iter().all(|metric| movement.is_possible(metric)))
        .count();
    let total = complete.len();
    if 2 * distorted > total {
        quality.verdict = quality.verdict.max(DataVerdict::Usable);
        let reason = format!(
            "In {distorted} of {total} repetitions joints bend as no body can: the source's skeleton is distorted."
        );
        quality.reasons.insert(0, reason);
    }
}

/// Asks the model about the complete repetitions. One set, one method: if its scores count, a
/// repetition it cannot judge has none.
fn score_by_model(
    model: &Model,
    evidence: &FindingsInput,
    body: &Recording,
    from: model_score::ReadRecording,
    reports: &mut [RepetitionReport],
) -> ModelNote {
    let spans: Vec<(usize, usize)> = evidence
        .repetitions
        .iter()
        .map(|(_, repetition)| (repetition.start, repetition.end))
        .collect();
    let readings = model.read_repetitions(body, &spans);
    let (scores, note) =
        model_score::score_with_model(model, &evidence.movement.name, &readings, from);
    if note.counts {
        reports
            .iter_mut()
            .filter(|report| report.complete)
            .zip(scores)
            .for_each(|(report, score)| report.score = score);
    }
    note
}

/// A quantity that is not told, and why.
fn refuse(name: &str, reason: &str) -> RefusedQuantity {
    RefusedQuantity { name: name.to_owned(), reason: reason.to_owned() }
}

/// The marks of correct repetitions that no complete repetition has.
fn refuse_unknown_marks(
    evidence: &FindingsInput,
    options: &AnalysisOptions,
) -> Option<RefusedQuantity> {
    let is_complete = |number: &&usize| evidence.repetitions.iter().any(|(n, _)| n == *number);
    let unknown: Vec<String> = options
        .correct_repetitions
        .iter()
        .filter(|number| !is_complete(number))
        .map(usize::to_string)
        .collect();
    (!unknown.is_empty()).then(|| {
        let reason = format!("no complete repetition has the number {}", unknown.join(", "));
        refuse("marks of correct repetitions", &reason)
    })
}

/// The metrics of which some repetition has a value that no body can reach.
fn refuse_impossible_metrics(
    movement: &Movement,
    complete: &[&Repetition],
) -> Vec<RefusedQuantity> {
    let impossible: BTreeSet<&str> = complete
        .iter()
        .flat_map(|repetition| &repetition.metrics)
        .filter(|metric| !movement.is_possible(metric))
        .map(|metric| metric.name.as_str())
        .collect();
    let reason = "no body can do what was measured: the recording's skeleton is wrong there";
    impossible.into_iter().map(|name| refuse(name, reason)).collect()
}

/// The metrics that the sensor knows too coarsely for their limits, and whether nothing is left to
/// judge by.
fn refuse_coarse_metrics(
    evidence: &FindingsInput,
    complete: &[&Repetition],
    model: Option<&ModelNote>,
) -> Vec<RefusedQuantity> {
    let (movement, precision) = (evidence.movement, evidence.precision);
    let (unjudged, any_judged) = agoge_coach::unjudged_metrics(movement, complete, precision);
    let mut refused: Vec<RefusedQuantity> = unjudged
        .into_iter()
        .map(|(name, error, unit)| {
            let reason = format!(
                "by {} it is known to ± {} only, too coarsely to be held against its limit",
                precision.sensor_class().class_title(),
                agoge_coach::findings::format_value(error, unit)
            );
            refuse(&name, &reason)
        })
        .collect();
    if !movement.checks.is_empty() && !complete.is_empty() && !any_judged {
        let is_scored = model.is_some_and(|note| note.counts);
        let name = if is_scored { "findings" } else { "score and findings" };
        let reason = "nothing could be judged: no limit of this movement can be held against what was measured";
        refused.push(refuse(name, reason));
    }
    refused
}

/// Why a definition without checks judges nothing.
fn reason_without_checks(how: MovementOrigin) -> &'static str {
    match how {
        MovementOrigin::Unknown => {
            "no movement was named, so nothing can be judged; name it with --movement"
        }
        MovementOrigin::Recognised => {
            "the model knows this movement, but no definition says how it is judged; name one with --movement"
        }
        MovementOrigin::Given => "the definition of this movement measures and judges nothing",
    }
}

/// Conditions a recording, maps it to the body skeleton, and measures its curves and the quality of
/// its data.
pub fn prepare_recording(
    recording: &Recording,
    options: &AnalysisOptions,
) -> Result<PreparedRecording, Error> {
    let conditioned = condition_recording(recording, &options.condition)?;
    let mut body = conditioned.recording.to_body();
    if let Some(height_m) = options.height_m {
        body.recording = body.recording.scaled_by_height(height_m)?;
    }
    let mut measured = measure_curves(&body.recording);
    if !is_body(&body.recording) {
        // Markers of a wheel, a bar or a single limb: only their own heights and speeds can be
        // measured.
        measured.curves.curves.extend(marker_curves(&conditioned.recording));
    }
    measured.curves.curves.extend(sensor::sensor_curves(&body.recording));
    let forces = moments::add_leg_moments(&body.recording, &mut measured.curves, options);
    // Finding the parts that are never seen scans the whole recording, so it is done once.
    let is_seen = |&part: &usize| {
        (0..body.recording.frame_count()).any(|frame| body.recording.is_seen(frame, part))
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
                vec![RefusedQuantity { name: "angles of the body".to_owned(), reason }];
            quality
        }
        None => assess_data_quality(position_quality, recording.frame_count(), recording.rate_hz()),
    };
    Ok(PreparedRecording { conditioned, body, measured, forces, quality, seen_parts: ever_seen })
}

/// The body recording, repaired but not filtered: a filter blurs the instants at which the feet
/// leave and touch the ground.
fn unfiltered_body(recording: &Recording, options: &AnalysisOptions) -> Result<Recording, Error> {
    let body = condition_recording(
        recording,
        &condition::ConditioningOptions {
            filter: LowPassFilter::None,
            ..options.condition.clone()
        },
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
        && recording.inertial_channels().is_some_and(|channels| channels.iter().all(is_known))
}

/// Builds the report of one repetition; `ever_seen` lists the parts seen anywhere in the recording.
fn repetition_report(
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
        unlike: Vec::new(),
        frames: [start, end],
        start_s: body.time[start],
        end_s: body.time[end],
        phases: repetition.phases.clone(),
        events: repetition.events.clone(),
        metrics: repetition.metrics.clone(),
        // What is not complete is an attempt or another movement: neither has a score.
        score: repetition
            .complete
            .then(|| score::score_repetition(movement, repetition, precision))
            .flatten(),
        qa_pose: seen_positions as f64 >= MIN_POSE_SHARE * positions as f64,
        qa_biomech: repetition.metrics.iter().all(|metric| movement.is_possible(metric)),
    }
}
