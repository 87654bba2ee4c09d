//! How often a recording gets a verdict under a wrong name, is refused under its right one, or is
//! named wrongly by `auto`.

use agoge::analyze::prepare_recording;
use agoge::{AnalysisOptions, Error, Models, analyze};
use agoge_formats::dataset::{Dataset, DatasetItem, read_dataset};
use agoge_kinematics::gate::most_pass;
use agoge_kinematics::movement::{bundled_movements, find_movement};
use agoge_kinematics::{GateJudge, segment_repetitions};
use agoge_motion::Recording;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Movements that contain each other or differ by less than bad execution does: a verdict under the
/// name of a twin is no error.
const TWINS: [&[&str]; 4] = [
    &["squat", "deep_squat", "sit_to_stand"],
    &["lunge", "inline_lunge"],
    &["shoulder_abduction", "shoulder_scaption", "front_raise"],
    &["running_gait", "running", "walking"],
];
/// Time for which the last pose is held, before and after it moves to the next repetition's first
/// pose, where repetitions are joined to a set, s.
const HOLD_S: f64 = 0.4;
/// Time in which it moves there, s.
const MOVE_S: f64 = 0.5;

/// The results for the athletes that the gates were chosen on, and for the others.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NamesEvaluation {
    /// UI-PRMD 1 to 5, UTD-MHAD 1, 3, 5, 7.
    pub chosen_on: NamesResult,
    /// UI-PRMD 6 to 9, UTD-MHAD 2, 4, 6, and pose-trainer, whose athletes are unknown.
    pub held_out: NamesResult,
}

/// The results for some athletes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NamesResult {
    /// Recordings under names of other movements that are no twins.
    pub wrong_names: usize,
    /// Those in which the name's driving signal finds a repetition: without the gate, all of them
    /// get a verdict.
    pub wrong_found: usize,
    /// Those that get a verdict.
    pub wrong_judged: usize,
    /// Which: what was done, the name, how many got a verdict, and of how many recordings.
    pub confused: Vec<(String, String, usize, usize)>,
    /// Verdicts under the name of a twin, of how many.
    pub twins: [usize; 2],
    /// Right names: data set and label, how many were refused, and of how many recordings with a
    /// repetition.
    pub refused: Vec<(String, usize, usize)>,
    /// Right names that were refused: what was done, and how many.
    pub refused_movements: Vec<(String, usize)>,
    /// `auto` on UI-PRMD: sensor and label, sets named rightly (twins too), not named, wrongly.
    pub auto_sets: Vec<(String, [usize; 3])>,
    /// `auto` on everyday actions, the first trial of each person: named, of how many.
    pub everyday: [usize; 2],
    /// Which: the action and the name it got.
    pub everyday_named: Vec<(String, String)>,
}

/// A set or clip to be named.
struct NamedRecording {
    dataset: Dataset,
    movement: String,
    athlete: String,
    label: Option<f32>,
    is_first_trial: bool,
    recording: Recording,
}

impl NamedRecording {
    /// The definition of what was done, if there is one.
    fn definition(&self) -> Option<&'static str> {
        find_movement(&self.movement).map(|movement| movement.name.as_str())
    }

    fn group(&self) -> String {
        let label = match self.label {
            Some(label) if label > 0.5 => " correct",
            Some(_) => " incorrect",
            None => "",
        };
        format!("{}{label}", self.dataset.name())
    }

    /// Whether the gates were chosen with this athlete in sight.
    fn is_chosen_on(&self) -> bool {
        let number: String = self.athlete.chars().filter(char::is_ascii_digit).collect();
        match (self.dataset, number.parse::<u32>()) {
            (Dataset::UiPrmdKinect | Dataset::UiPrmdVicon, Ok(number)) => number <= 5,
            (Dataset::UtdMhad, Ok(number)) => number % 2 == 1,
            _ => false,
        }
    }
}

/// Whether two movements are the same or twins.
fn are_twins(a: &str, b: &str) -> bool {
    a == b || TWINS.iter().any(|twins| twins.contains(&a) && twins.contains(&b))
}

/// Runs every set and clip of the public data sets in `data` under every name and under `auto`.
///
/// # Errors
/// If a data set is missing or invalid.
pub fn evaluate_names(
    data: &Path,
    tell: &(dyn Fn(usize, usize) + Sync),
) -> Result<NamesEvaluation, Error> {
    let recordings = load_recordings(data)?;
    let done = AtomicUsize::new(0);
    let options = AnalysisOptions::default();
    let results: Vec<(bool, NamesResult)> = recordings
        .par_iter()
        .map(|named| {
            let result = name_recording(named, &options)?;
            tell(done.fetch_add(1, Ordering::Relaxed) + 1, recordings.len());
            Ok((named.is_chosen_on(), result))
        })
        .collect::<Result<_, Error>>()?;
    let mut evaluation = NamesEvaluation::default();
    for (is_chosen_on, result) in results {
        match is_chosen_on {
            true => evaluation.chosen_on.add_result(result),
            false => evaluation.held_out.add_result(result),
        }
    }
    Ok(evaluation)
}

/// All clips; the repetitions of UI-PRMD are joined to a set for each athlete, movement and label.
fn load_recordings(data: &Path) -> Result<Vec<NamedRecording>, Error> {
    let mut recordings = Vec::new();
    for (dataset, folder) in [
        (Dataset::UiPrmdKinect, "ui-prmd"),
        (Dataset::UiPrmdVicon, "ui-prmd"),
        (Dataset::UtdMhad, "utd-mhad"),
        (Dataset::PoseTrainer, "pose-trainer"),
    ] {
        let is_joined = matches!(dataset, Dataset::UiPrmdKinect | Dataset::UiPrmdVicon);
        let mut sets: BTreeMap<(String, String, Option<bool>, usize), Vec<DatasetItem>> =
            BTreeMap::new();
        let mut trial = 0;
        read_dataset(dataset, &data.join(folder), &mut |item, _| {
            trial += usize::from(!is_joined);
            let row = &item.row;
            let key = (row.movement.clone(), row.athlete.clone(), row.is_correct(), trial);
            sets.entry(key).or_default().push(item);
            Ok(())
        })?;
        let mut last = None;
        for ((movement, athlete, ..), items) in sets {
            let label = items[0].row.label;
            let clips: Vec<Recording> = items.into_iter().map(|item| item.recording).collect();
            let is_first_trial = last.replace((movement.clone(), athlete.clone()))
                != Some((movement.clone(), athlete.clone()));
            let recording = join_clips(&clips)?;
            recordings.push(NamedRecording {
                dataset,
                movement,
                athlete,
                label,
                is_first_trial,
                recording,
            });
        }
    }
    Ok(recordings)
}

/// Joins clips of one skeleton and rate into a recording, with a pause and a smooth way from each
/// last pose to the next first one.
fn join_clips(clips: &[Recording]) -> Result<Recording, Error> {
    let first = &clips[0];
    if clips.len() == 1 {
        return Ok(first.clone());
    }
    let (rate_hz, joints) = (first.rate_hz(), first.joint_count());
    let frames = |seconds: f64| (seconds * rate_hz).round() as usize;
    let (mut position, mut confidence): (Vec<[f64; 3]>, Vec<f32>) = (Vec::new(), Vec::new());
    for clip in clips {
        if let Some(at) = position.len().checked_sub(joints) {
            let last = position[at..].to_vec();
            let (hold, moving) = (frames(HOLD_S), frames(MOVE_S).max(1));
            for frame in 0..2 * hold + moving {
                let share = (frame.saturating_sub(hold) as f64 / moving as f64).min(1.0);
                let share = share * share * (3.0 - 2.0 * share);
                for (from, to) in last.iter().zip(&clip.position) {
                    position.push(std::array::from_fn(|k| from[k] + share * (to[k] - from[k])));
                    confidence.push(1.0);
                }
            }
        }
        position.extend(&clip.position);
        confidence.extend(&clip.confidence);
    }
    let time = (0..position.len() / joints).map(|frame| frame as f64 / rate_hz).collect();
    let (source, skeleton) = (first.source.clone(), first.skeleton.clone());
    Ok(Recording::new(source, skeleton, first.space, time, position, confidence)?)
}

/// Tries every name and `auto` on a recording.
fn name_recording(named: &NamedRecording, options: &AnalysisOptions) -> Result<NamesResult, Error> {
    let mut result = NamesResult::default();
    let prepared = prepare_recording(&named.recording, options)?;
    let (body, measured) = (&prepared.body.recording, &prepared.measured);
    let judge = GateJudge::new(body, &measured.curves, measured.view);
    let done = named.definition();
    for movement in bundled_movements().iter().filter(|movement| !movement.gates.is_empty()) {
        let repetitions = segment_repetitions(movement, &measured.curves);
        let complete = || repetitions.iter().filter(|repetition| repetition.complete);
        let found = complete().count();
        let passed = complete()
            .filter(|r| judge.failed_rules(movement, [r.start, r.end]).is_empty())
            .count();
        let is_judged = most_pass(passed, found);
        if done == Some(movement.name.as_str()) {
            if found > 0 {
                result.refused.push((named.group(), usize::from(!is_judged), 1));
            }
            if found > 0 && !is_judged {
                result
                    .refused_movements
                    .push((format!("{}: {}", named.group(), named.movement), 1));
            }
        } else if done.is_some_and(|done| are_twins(done, &movement.name)) {
            result.twins[0] += usize::from(is_judged);
            result.twins[1] += usize::from(found > 0);
        } else {
            result.wrong_names += 1;
            result.wrong_found += usize::from(found > 0);
            result.wrong_judged += usize::from(is_judged);
            if found > 0 {
                let (what, name) = (named.movement.clone(), movement.name.clone());
                result.confused.push((what, name, usize::from(is_judged), 1));
            }
        }
    }
    let is_everyday = done.is_none() && named.is_first_trial;
    let is_set = matches!(named.dataset, Dataset::UiPrmdKinect | Dataset::UiPrmdVicon);
    if is_everyday || is_set {
        let choice = analyze(&named.recording, None, Models::bundled(), options)?.analysis.movement;
        let name = find_movement(&choice.name).map(|movement| movement.name.as_str());
        match (done, name) {
            (Some(done), name) => {
                let outcome = match name {
                    Some(name) if are_twins(done, name) => 0,
                    None => 1,
                    Some(_) => 2,
                };
                let mut counts = [0; 3];
                counts[outcome] = 1;
                result.auto_sets.push((named.group(), counts));
                if let Some(name) = name.filter(|_| outcome == 2) {
                    result.everyday_named.push((named.movement.clone(), name.to_owned()));
                }
            }
            (None, name) => {
                result.everyday = [usize::from(name.is_some()), 1];
                if let Some(name) = name {
                    result.everyday_named.push((named.movement.clone(), name.to_owned()));
                }
            }
        }
    }
    Ok(result)
}

impl NamesResult {
    /// Adds the result of another recording.
    fn add_result(&mut self, other: NamesResult) {
        self.wrong_names += other.wrong_names;
        self.wrong_found += other.wrong_found;
        self.wrong_judged += other.wrong_judged;
        for (what, name, judged, of) in other.confused {
            match self.confused.iter_mut().find(|row| row.0 == what && row.1 == name) {
                Some(row) => {
                    row.2 += judged;
                    row.3 += of;
                }
                None => self.confused.push((what, name, judged, of)),
            }
        }
        for (group, refused, of) in other.refused {
            match self.refused.iter_mut().find(|row| row.0 == group) {
                Some(row) => {
                    row.1 += refused;
                    row.2 += of;
                }
                None => self.refused.push((group, refused, of)),
            }
        }
        for (what, count) in other.refused_movements {
            match self.refused_movements.iter_mut().find(|row| row.0 == what) {
                Some(row) => row.1 += count,
                None => self.refused_movements.push((what, count)),
            }
        }
        for (group, counts) in other.auto_sets {
            match self.auto_sets.iter_mut().find(|row| row.0 == group) {
                Some(row) => row.1.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count),
                None => self.auto_sets.push((group, counts)),
            }
        }
        (0..2).for_each(|index| {
            self.twins[index] += other.twins[index];
            self.everyday[index] += other.everyday[index];
        });
        self.everyday_named.extend(other.everyday_named);
    }
}
