//! Explanations of a set, compared with a chosen recording, a squad, the usual execution, or the
//! athlete's own best repetitions.

use crate::analyze::Analyzed;
use crate::models::Models;
use crate::reading::ProgressCallback;
use crate::{AnalysisOptions, Error};
use agoge_analysis::RepetitionReport;
use agoge_analysis::{Explanation, Finding};
use agoge_coach::explain::{
    Cycle, ExplanationInput, MovementNorm, PartAttention, RepetitionSet,
    explain_set as coach_explain,
};
use agoge_coach::{Precision, score};
use agoge_kinematics::{Repetition, measure_curves, remeasure_repetitions};
use agoge_model::{Model, Motion};
use agoge_motion::segments::far_end;
use agoge_motion::{Part, Recording};
use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

/// What an athlete's repetitions are compared with.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Reference {
    /// The usual execution of the movement if it is known, otherwise the athlete's own best
    /// repetitions.
    #[default]
    Usual,
    /// The athlete's own best repetitions.
    OwnBest,
    /// One exemplary recording, or the recordings of a squad, one per athlete.
    Recordings(Vec<Recording>),
    /// A previously computed norm.
    Norm(Box<MovementNorm>),
    /// Recordings of the athlete's own correct repetitions; those of another sensor (with another
    /// skeleton) are left out.
    OwnRecordings(Vec<Recording>),
}

impl Reference {
    /// Builds a reference from files: recordings, or one norm (JSON). The path `own` stands for the
    /// athlete's own best repetitions; no path stands for the usual execution.
    ///
    /// # Errors
    /// If a file cannot be read.
    ///
    /// `own` followed by recordings stands for the athlete's own correct repetitions in them.
    pub fn from_files(
        paths: &[std::path::PathBuf],
        movement: &str,
        options: &AnalysisOptions,
        progress: ProgressCallback,
    ) -> Result<Reference, Error> {
        match paths {
            [] => Ok(Reference::Usual),
            [path] if path.as_os_str() == "own" => Ok(Reference::OwnBest),
            [own, paths @ ..] if own.as_os_str() == "own" => {
                read_recordings(paths, options, progress).map(Reference::OwnRecordings)
            }
            [path]
                if path.extension().is_some_and(|extension| extension == "json")
                    && is_norm(path) =>
            {
                let norms = read_norms(path)?;
                let matching =
                    norms.into_iter().find(|norm| movement == "auto" || norm.movement == movement);
                matching.map(|norm| Reference::Norm(Box::new(norm))).ok_or_else(|| Error::NoNorm {
                    path: path.clone(),
                    movement: movement.to_owned(),
                })
            }
            paths => read_recordings(paths, options, progress).map(Reference::Recordings),
        }
    }
}

/// Reads recordings to compare with.
fn read_recordings(
    paths: &[std::path::PathBuf],
    options: &AnalysisOptions,
    progress: ProgressCallback,
) -> Result<Vec<Recording>, Error> {
    paths
        .iter()
        .map(|path| Ok(crate::read_to_analyze(path, options, progress)?.recording))
        .collect()
}

/// Whether a JSON file holds norms; other JSON files are recordings.
fn is_norm(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(200).read_to_end(&mut head));
    read.is_ok() && String::from_utf8_lossy(&head).contains("agoge.norm/")
}

/// Reads the norms in a file.
///
/// # Errors
/// If the file cannot be read or holds something else.
pub fn read_norms(path: &Path) -> Result<Vec<MovementNorm>, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::io_at(path))?;
    parse_norms(&text).map_err(|what| Error::Norm { path: path.to_owned(), what })
}

/// Parses a JSON list of norms and checks each one.
pub(crate) fn parse_norms(text: &str) -> Result<Vec<MovementNorm>, String> {
    let norms: Vec<MovementNorm> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    norms.iter().try_for_each(|norm| norm.check_contents()).map(|()| norms)
}

/// The complete repetitions of a recording in the form that a norm averages; empty if no repetition
/// of the movement is complete.
///
/// # Errors
/// As [`crate::analyze()`].
pub fn repetition_cycles(
    recording: &Recording,
    options: &AnalysisOptions,
) -> Result<Vec<Cycle>, Error> {
    Ok(analyzed_cycles(&crate::analyze(recording, None, &Models::default(), options)?))
}

/// The complete repetitions of an analysis in the form that a norm averages.
pub fn analyzed_cycles(analyzed: &Analyzed) -> Vec<Cycle> {
    let repetitions = complete_repetitions(&analyzed.analysis.repetitions);
    let repetitions: Vec<&Repetition> =
        repetitions.iter().map(|(_, repetition)| repetition).collect();
    let directions = analyzed.body.segment_directions();
    RepetitionSet { directions: &directions, curves: &analyzed.curves, repetitions: &repetitions }
        .to_cycles()
}

/// Computes the norm of recordings of the options' movement, one recording per athlete; none if
/// they contain no complete repetition.
pub fn norm_from_recordings(
    recordings: &[Recording],
    options: &AnalysisOptions,
) -> Result<Option<MovementNorm>, Error> {
    let mut all = Vec::new();
    for recording in recordings {
        all.extend(repetition_cycles(recording, options)?);
    }
    let source = match recordings.len() {
        1 => format!("the reference recording ({} repetitions)", all.len()),
        n => format!("{} repetitions in {n} reference recordings", all.len()),
    };
    Ok(MovementNorm::new(&source, &options.movement, recordings.len(), &all))
}

/// The norm of an athlete's own correct recordings, their repetitions, and what was found in them.
type OwnReference = (MovementNorm, Vec<Cycle>, Vec<Finding>);

/// What an athlete's own correct recordings give; none if they contain no complete repetition.
fn own_reference(
    recordings: &[&Recording],
    options: &AnalysisOptions,
) -> Result<Option<OwnReference>, Error> {
    let (mut cycles, mut findings) = (Vec::new(), Vec::new());
    for recording in recordings {
        let analyzed = crate::analyze(recording, None, &Models::default(), options)?;
        cycles.extend(analyzed_cycles(&analyzed));
        findings.extend(analyzed.analysis.findings);
    }
    let source = format!("the athlete's own correct repetitions ({})", cycles.len());
    let norm = MovementNorm::new(&source, &options.movement, 0, &cycles);
    Ok(norm.map(|norm| (norm, cycles, findings)))
}

/// Whether two findings rest on the same measure of the same side.
fn is_alike(a: &Finding, b: &Finding) -> bool {
    a.metric == b.metric && a.side == b.side && a.evidence == b.evidence
}

/// Explains the repetitions of an analysis; none if there is no complete repetition, no movement
/// with checks, or nothing to compare with.
///
/// # Errors
/// If the reference cannot be analysed.
pub fn explain(
    analyzed: &Analyzed,
    reference: &Reference,
    models: &Models,
    options: &AnalysisOptions,
) -> Result<Option<Explanation>, Error> {
    let analysis = &analyzed.analysis;
    let mut numbered = complete_repetitions(&analysis.repetitions);
    if numbered.is_empty() || analyzed.movement.checks.is_empty() {
        return Ok(None);
    }
    let directions = analyzed.body.segment_directions();
    let set = |repetitions: &[&Repetition]| {
        RepetitionSet { directions: &directions, curves: &analyzed.curves, repetitions }.to_cycles()
    };
    let options = AnalysisOptions { movement: analysis.movement.name.clone(), ..options.clone() };
    let is_usual = matches!(reference, Reference::Usual) && analyzed.body.space.is_3d();
    let usual = is_usual
        .then(|| {
            // Another sensor's norm would show how the sensors differ.
            let is_alike = |norm: &&MovementNorm| {
                norm.movement == options.movement && norm.is_by_sensor(&analysis.input.skeleton)
            };
            models.norms.iter().find(is_alike)
        })
        .flatten();
    let mut findings = analysis.findings.clone();
    let mut own_cycles = Vec::new();
    let norm = match reference {
        Reference::Norm(norm) => Some(Cow::Borrowed(&**norm)),
        Reference::Recordings(recordings) => {
            norm_from_recordings(recordings, &options)?.map(Cow::Owned)
        }
        Reference::OwnRecordings(recordings) => {
            // Another sensor's positions would show how the sensors differ.
            let alike: Vec<&Recording> = recordings
                .iter()
                .filter(|recording| recording.skeleton.name == analysis.input.skeleton)
                .collect();
            own_reference(&alike, &options)?.map(|(norm, cycles, also_found)| {
                own_cycles = cycles;
                // A limit that the athlete's correct repetitions exceed too is nothing to change.
                findings.retain(|finding| !also_found.iter().any(|known| is_alike(known, finding)));
                Cow::Owned(norm)
            })
        }
        Reference::Usual | Reference::OwnBest => match usual {
            Some(norm) => Some(Cow::Borrowed(norm)),
            None => {
                take_best_third(&mut numbered, analysis.repetitions.as_slice()).and_then(|best| {
                    let numbers: Vec<String> =
                        best.iter().map(|(number, _)| number.to_string()).collect();
                    let best: Vec<&Repetition> =
                        best.iter().map(|(_, repetition)| repetition).collect();
                    let source =
                        format!("the athlete's own best repetitions ({})", numbers.join(", "));
                    MovementNorm::new(&source, &analysis.movement.name, 0, &set(&best))
                        .map(Cow::Owned)
                })
            }
        },
    };
    let Some(norm) = norm.filter(|norm| !norm.phases.is_empty()) else { return Ok(None) };
    let numbered: Vec<(usize, &Repetition)> =
        numbered.iter().map(|(number, repetition)| (*number, repetition)).collect();
    let repetitions: Vec<&Repetition> =
        numbered.iter().map(|(_, repetition)| *repetition).collect();
    let model =
        models.model.as_ref().filter(|_| analysis.model.as_ref().is_some_and(|note| note.counts));
    let by_limits = |body: &Recording, repetitions: &[&Repetition]| {
        scores_by_limits(analyzed, body, repetitions)
    };
    let by_model = |body: &Recording, repetitions: &[&Repetition]| -> Vec<f64> {
        model.map_or_else(Vec::new, |model| {
            quality_scores(model, &analysis.movement.name, body, repetitions)
        })
    };
    let part_attention = models
        .model
        .as_ref()
        .and_then(|model| mean_part_attention(model, &analyzed.body, &repetitions));
    let attention = part_attention.as_ref().map(|table| {
        move |a: Part, b: Part| -> f64 {
            let token_index = |part: Part| {
                agoge_model::token::PARTS.iter().position(|token| *token == segment_end(part))
            };
            token_index(a)
                .zip(token_index(b))
                .map_or(0.0, |(a, b)| f64::from(table[a * agoge_model::token::PARTS.len() + b]))
        }
    });
    let planted = models.planted.iter().find(|(method, _)| (method == "model") == model.is_some());
    Ok(Some(coach_explain(&ExplanationInput {
        movement: &analyzed.movement,
        body: &analyzed.body,
        numbered: &numbered,
        athlete_set: RepetitionSet {
            directions: &directions,
            curves: &analyzed.curves,
            repetitions: &repetitions,
        },
        norm: &norm,
        own_cycles: &own_cycles,
        findings: &findings,
        method: model.map_or(score::LIMITS_METHOD, |model| model.card().name.as_str()),
        scorer: if model.is_some() { &by_model } else { &by_limits },
        attention: attention.as_ref().map(|f| f as &PartAttention),
        planted: planted.map_or(&[], |(_, controls)| controls),
    })))
}

/// Scores repetitions by the limits of the movement's definition, as measured on an edited body;
/// NaN where there is no score.
pub fn scores_by_limits(
    analyzed: &Analyzed,
    body: &Recording,
    repetitions: &[&Repetition],
) -> Vec<f64> {
    let precision = Precision::from_recording(body);
    let edited =
        remeasure_repetitions(&analyzed.movement, &measure_curves(body).curves, repetitions);
    let score = |repetition: &Repetition| {
        score::score_repetition(&analyzed.movement, repetition, &precision)
    };
    edited
        .iter()
        .map(|repetition| score(repetition).map_or(f64::NAN, |score| score.value))
        .collect()
}

/// The model's quality score of each repetition, 0 to 100: its quality logit passed through the
/// logistic function, which still moves where the calibrated share is flat. NaN where the model
/// cannot judge.
pub fn quality_scores(
    model: &Model,
    movement: &str,
    body: &Recording,
    repetitions: &[&Repetition],
) -> Vec<f64> {
    let spans: Vec<(usize, usize)> =
        repetitions.iter().map(|repetition| (repetition.start, repetition.end)).collect();
    let Some(class) = model.class_index(movement) else { return vec![f64::NAN; spans.len()] };
    let score = |logit: f32| 100.0 / (1.0 + (-2.0 * f64::from(logit)).exp());
    let readings = model.read_repetitions(body, &spans);
    readings
        .iter()
        .map(|reading| {
            reading.as_ref().map_or(f64::NAN, |reading| score(reading.quality_logit[class]))
        })
        .collect()
}

/// The model's attention between body parts, averaged over a few repetitions, `[part, part]`.
fn mean_part_attention(
    model: &Model,
    body: &Recording,
    repetitions: &[&Repetition],
) -> Option<Vec<f32>> {
    /// Maximum number of repetitions averaged: a few are as informative as all.
    const FEW: usize = 3;
    let motions = repetitions.iter().take(FEW).filter_map(|r| Motion::new(body, r.start, r.end));
    let tables: Vec<Vec<f32>> = motions
        .filter(Motion::has_body)
        .map(|motion| model.attention_between_parts(&motion))
        .collect();
    let length = tables.first()?.len();
    Some(
        (0..length)
            .map(|entry| tables.iter().map(|table| table[entry]).sum::<f32>() / tables.len() as f32)
            .collect(),
    )
}

/// The part whose token best shows how a joint moves: the far end of the joint's segment.
pub fn segment_end(joint: Part) -> Part {
    far_end(joint).unwrap_or(joint)
}

/// The complete repetitions with their report numbers.
pub fn complete_repetitions(reports: &[RepetitionReport]) -> Vec<(usize, Repetition)> {
    reports
        .iter()
        .filter(|report| report.complete)
        .map(|report| (report.number, repetition_from_report(report)))
        .collect()
}

/// Reconstructs a repetition from its report.
fn repetition_from_report(report: &RepetitionReport) -> Repetition {
    Repetition {
        start: report.frames[0],
        end: report.frames[1],
        side: report.side,
        complete: report.complete,
        phases: report.phases.clone(),
        events: report.events.clone(),
        metrics: report.metrics.clone(),
    }
}

/// Minimum number of repetitions for a best third to be meaningful.
const MIN_REPETITIONS: usize = 6;
/// Minimum margin, in score points, of the best third's mean over the others' mean.
const MIN_MARGIN: f64 = 5.0;

/// Removes the best third from the repetitions and returns it, if it is clearly better than the
/// others.
fn take_best_third(
    numbered: &mut Vec<(usize, Repetition)>,
    reports: &[RepetitionReport],
) -> Option<Vec<(usize, Repetition)>> {
    let score = |number: usize| {
        let report = reports.iter().find(|report| report.number == number);
        report
            .and_then(|report| report.score.as_ref())
            .map_or(f64::NEG_INFINITY, |score| score.value)
    };
    if numbered.len() < MIN_REPETITIONS {
        return None;
    }
    let mut ranked: Vec<usize> = numbered.iter().map(|(number, _)| *number).collect();
    ranked.sort_by(|a, b| score(*b).total_cmp(&score(*a)));
    let best = &ranked[..numbered.len() / 3];
    let mean =
        |some: &[usize]| some.iter().map(|number| score(*number)).sum::<f64>() / some.len() as f64;
    if mean(best) - mean(&ranked[best.len()..]) < MIN_MARGIN {
        return None;
    }
    let (best_repetitions, others) =
        std::mem::take(numbered).into_iter().partition(|(number, _)| best.contains(number));
    *numbered = others;
    Some(best_repetitions)
}
