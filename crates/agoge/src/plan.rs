//! Loading the inputs of a training plan from files: the request, the session library, an athlete's
//! load folder and analyses.

use crate::athlete::LoadFolder;
use crate::error::toml_fault;
use crate::{Analysis, Error};
use agoge_formats::workout;
use agoge_load::{AthleteLog, DailyLoads, WorkloadMethod, load_overview, usual_method};
use agoge_motion::Day;
use agoge_plan::{
    self as coach, CompletedSession, FactorEffects, LoadResponse, MIN_TESTS, PerformanceTest, Plan,
    PlanBasis, PlanRequest, PlanRisk, PlannedSession, ResponsePrior, SessionLibrary,
    TrainingHistory, TrainingNeed,
};
use std::collections::BTreeMap;
use std::path::Path;

/// Maximum number of findings that a plan addresses: a coach changes only a few things at a time.
const MAX_NEEDS: usize = 3;

/// All inputs of a plan, owned.
#[derive(Clone, Debug)]
pub struct PlanInput {
    /// The plan request.
    pub request: PlanRequest,
    /// The library of sessions to choose from.
    pub library: SessionLibrary,
    /// The athlete's training history.
    pub past: TrainingHistory,
    /// Model of how the athlete responds to load.
    pub response: LoadResponse,
    /// Needs derived from movement analyses.
    pub needs: Vec<TrainingNeed>,
}

impl PlanInput {
    /// Reads the inputs of a plan. Without an athlete there is no history, without analyses there
    /// are no movement needs, and without a library the bundled one is used.
    ///
    /// # Errors
    /// If a file cannot be read or is invalid.
    pub fn from_files(
        request: &Path,
        athlete: Option<&LoadFolder>,
        analyses: &[impl AsRef<Path>],
        library: Option<&Path>,
    ) -> Result<PlanInput, Error> {
        let mut request = read_request(request)?;
        let past = athlete
            .map(|athlete| training_history(athlete, request.start))
            .transpose()?
            .unwrap_or_default();
        if let Some(athlete) = athlete.filter(|_| request.heed_warnings) {
            let risks = warning_risks(athlete, &request)?;
            request.risks.extend(risks);
        }
        let mut needs: Vec<TrainingNeed> = Vec::new();
        for path in analyses {
            for need in needs_from_analysis(&read_analysis(path.as_ref())?) {
                match needs.iter_mut().find(|known| known.curve == need.curve) {
                    Some(known) if known.gain < need.gain => *known = need,
                    Some(_) => {}
                    None => needs.push(need),
                }
            }
        }
        TrainingNeed::rank_by_gain(&mut needs);
        needs.truncate(MAX_NEEDS);
        let response = match past.loads.is_empty() {
            true => {
                let minutes =
                    request.usual_weekly_minutes.unwrap_or(request.level.weekly_minutes());
                LoadResponse::from_population(minutes * 4.0 / 7.0)
            }
            false => LoadResponse::fit(&past.loads, &past.tests, &ResponsePrior::default()),
        };
        Ok(PlanInput { request, library: read_library(library)?, past, response, needs })
    }

    /// Borrows the inputs for planning.
    pub fn planning_basis(&self) -> PlanBasis<'_> {
        PlanBasis {
            request: &self.request,
            library: &self.library,
            past: &self.past,
            response: &self.response,
            needs: &self.needs,
        }
    }

    /// Whether performance is given in percent of today's, because there are too few tests;
    /// otherwise it is in the unit of the tests.
    pub fn is_percent(&self) -> bool {
        self.past.tests.len() < MIN_TESTS
    }
}

/// The plan's sessions that have steps, as `(file name, contents)`: a FIT workout for watches and
/// bike computers, and the text that the workout builder of intervals.icu reads.
pub fn workout_files(plan: &Plan) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for session in plan.sessions.iter().filter(|session| !session.steps.is_empty()) {
        // The name may come from a user's own library.
        let safe_char = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '_' };
        let name: String = session.name.chars().map(safe_char).collect();
        let stem = format!("{}-{name}-{:.0}", session.day, session.minutes);
        files.push((format!("{stem}.fit"), workout::encode_planned_fit(&device_workout(session))));
        files.extend(
            agoge_report::intervals_workout(session)
                .map(|text| (format!("{stem}.txt"), text.into_bytes())),
        );
    }
    files
}

/// A session as a device workout. Devices have no percent of threshold speed, so only rides have
/// targets; everything else goes into the step titles.
fn device_workout(session: &PlannedSession) -> workout::PlannedWorkout {
    let mut steps = Vec::new();
    for step in &session.steps {
        let effort = step.rpe.map_or(String::new(), |rpe| format!(", RPE {rpe}"));
        let minutes = |minutes: f64| workout::StepLength::Seconds((60.0 * minutes).round());
        let work = workout::PlannedStep::Do {
            title: format!("{}{effort}", step.what),
            part: match step.part {
                coach::StepPart::WarmUp => workout::StepKind::WarmUp,
                coach::StepPart::Work => workout::StepKind::Work,
                coach::StepPart::Rest => workout::StepKind::Rest,
                coach::StepPart::CoolDown => workout::StepKind::CoolDown,
            },
            length: match (step.minutes, step.metres, step.repetitions) {
                (Some(length), _, _) => minutes(length),
                (None, Some(metres), _) => workout::StepLength::Metres(metres),
                (None, None, Some(repetitions)) => workout::StepLength::Repetitions(repetitions),
                (None, None, None) => workout::StepLength::Open,
            },
            power: step.threshold.filter(|_| session.sport == "cycling"),
        };
        let first = steps.len();
        let with_rest = if step.rest > 0.0 { step.times.saturating_sub(1) } else { step.times };
        if with_rest > 0 {
            steps.push(work.clone());
            if step.rest > 0.0 {
                let rest = (String::from("rest"), workout::StepKind::Rest, minutes(step.rest));
                steps.push(workout::PlannedStep::Do {
                    title: rest.0,
                    part: rest.1,
                    length: rest.2,
                    power: None,
                });
            }
            if with_rest > 1 {
                steps.push(workout::PlannedStep::Repeat { first, times: with_rest });
            }
        }
        // No rest after the last repeat.
        if with_rest < step.times {
            steps.push(work);
        }
    }
    let sport = if session.sport.is_empty() && session.kind == coach::SessionKind::Strength {
        "strength"
    } else {
        &session.sport
    };
    workout::PlannedWorkout {
        title: session.title.clone(),
        sport: sport.to_owned(),
        day: session.day,
        steps,
    }
}

/// Reads a saved plan.
///
/// # Errors
/// If the file cannot be read or is not a plan.
pub fn read_plan(path: &Path) -> Result<Plan, Error> {
    let bytes = std::fs::read(path).map_err(Error::io_at(path))?;
    serde_json::from_slice(&bytes).map_err(|fault| Error::Plan {
        path: path.to_owned(),
        what: format!("this is no plan ({fault})"),
    })
}

/// Reads an analysis in JSON.
fn read_analysis(path: &Path) -> Result<Analysis, Error> {
    let bytes = std::fs::read(path).map_err(Error::io_at(path))?;
    serde_json::from_slice(&bytes).map_err(|fault| Error::Plan {
        path: path.to_owned(),
        what: format!("this is no analysis ({fault})"),
    })
}

/// Reads and validates a plan request (docs/reference/plan.md).
///
/// # Errors
/// If the file cannot be read, or has unknown keys or invalid values.
pub fn read_request(path: &Path) -> Result<PlanRequest, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::io_at(path))?;
    let request: PlanRequest = toml::from_str(&text)
        .map_err(|error| Error::Plan { path: path.to_owned(), what: toml_fault(&text, &error) })?;
    match request.find_fault() {
        Some(what) => Err(Error::Plan { path: path.to_owned(), what }),
        None => Ok(request),
    }
}

/// How the athlete's movement factors changed with the drills that were done.
///
/// # Errors
/// If a file cannot be read or is invalid.
pub fn factor_changes(
    athlete: &LoadFolder,
    library: Option<&Path>,
) -> Result<Vec<FactorEffects>, Error> {
    let library = read_library(library)?;
    let drills = athlete.read_drills(&library)?;
    Ok(athlete
        .read_factors()?
        .iter()
        .filter_map(|factor| coach::estimate_effects(factor, &library, &drills))
        .collect())
}

/// Reads a session library; the bundled one without a path.
fn read_library(path: Option<&Path>) -> Result<SessionLibrary, Error> {
    let Some(path) = path else { return Ok(SessionLibrary::bundled().clone()) };
    let text = std::fs::read_to_string(path).map_err(Error::io_at(path))?;
    SessionLibrary::parse(&text)
        .map_err(|fault| Error::Plan { path: path.to_owned(), what: fault.to_string() })
}

/// The training needs of an analysis's findings: how important each is, and how much the score
/// would gain according to the explanation.
pub fn needs_from_analysis(analysis: &Analysis) -> Vec<TrainingNeed> {
    let changes = analysis.explanation.iter().flat_map(|explanation| &explanation.changes);
    let gains: Vec<_> =
        changes.filter_map(|change| Some((&change.title, change.gain.as_ref()?))).collect();
    analysis
        .findings
        .iter()
        .filter_map(|finding| {
            let curve = finding.curve.clone()?;
            // One-sided curves have the side in their key; sessions train both sides.
            let curve = ["left_", "right_"]
                .iter()
                .find_map(|side| curve.strip_prefix(side))
                .unwrap_or(&curve)
                .to_owned();
            let points = gains
                .iter()
                .find(|(title, _)| **title == finding.title)
                .map(|(_, gain)| (*gain).clone());
            Some(TrainingNeed {
                title: finding.title.clone(),
                curve,
                gain: finding.importance.clamp(0.0, 1.0),
                points,
            })
        })
        .collect()
}

/// Converts loads to session-RPE AU: an hour at threshold is 450 AU (RPE 7.5), and by the formulas
/// of docs/reference/load.md 100 TSS, or a TRIMP of 183 (Banister, at 88 % of the heart rate
/// reserve), 240 (Edwards) or 150 (Lucía). This is an assumption, used only for sessions without a
/// rating.
fn loads_as_session_rpe(loads: &BTreeMap<WorkloadMethod, f64>) -> f64 {
    let per_unit = [
        (WorkloadMethod::SessionRpe, 1.0),
        (WorkloadMethod::Tss, 4.5),
        (WorkloadMethod::Pace, 4.5),
        (WorkloadMethod::TrimpLucia, 3.0),
        (WorkloadMethod::TrimpBanister, 450.0 / 183.0),
        (WorkloadMethod::TrimpEdwards, 450.0 / 240.0),
    ];
    per_unit
        .iter()
        .find_map(|(method, factor)| Some(factor * loads.get(method)?))
        .unwrap_or(f64::NAN)
}

/// The risks that follow from the warnings in an athlete's log before the request's start, as far
/// as they extend into the plan.
fn warning_risks(athlete: &LoadFolder, request: &PlanRequest) -> Result<Vec<PlanRisk>, Error> {
    let (start, log, profile) = (request.start, athlete.read_log()?, athlete.read_profile()?);
    let mut before = AthleteLog { changes: log.changes.clone(), ..AthleteLog::default() };
    before.sessions.extend(log.sessions.into_iter().filter(|entry| entry.day < start));
    before.pains.extend(log.pains.into_iter().filter(|entry| entry.day < start));
    before.weeks.extend(log.weeks.into_iter().filter(|entry| entry.day < start));
    let current = usual_method(&before.sessions)
        .and_then(|method| load_overview(athlete.name(), &before, method, profile.missing_is_rest));
    let warnings = current.map(|current| current.warnings).unwrap_or_default();
    let risks =
        warnings.iter().filter_map(|warning| PlanRisk::from_warning(warning, &request.limits));
    Ok(risks.filter(|risk| risk.until >= start).collect())
}

/// An athlete's training history before a day; no loads if none were imported.
fn training_history(athlete: &LoadFolder, start: Day) -> Result<TrainingHistory, Error> {
    let (log, profile) = (athlete.read_log()?, athlete.read_profile()?);
    let before: Vec<_> = log.sessions.iter().filter(|session| session.day < start).collect();
    let entries: Vec<(Day, f64)> =
        before.iter().map(|session| (session.day, loads_as_session_rpe(&session.loads))).collect();
    let daily = DailyLoads::from_entries(&entries, profile.missing_is_rest);
    let mut loads = daily.values;
    let missing_load = if profile.missing_is_rest { 0.0 } else { f64::NAN };
    let first_day = daily.first;
    if !loads.is_empty() {
        loads.resize(usize::try_from(start.0 - first_day.0).unwrap_or(loads.len()), missing_load);
    }
    let sessions = before
        .iter()
        .filter(|session| session.day.plus_days(60) >= start)
        .map(|session| CompletedSession {
            day: session.day,
            sport: session.sport.clone(),
            minutes: session.minutes,
            load: loads_as_session_rpe(&session.loads),
        })
        .collect();
    let tests = athlete
        .read_tests()?
        .into_iter()
        .filter(|(day, _)| *day < start && *day >= first_day)
        .map(|(day, value)| PerformanceTest { day: (day.0 - first_day.0) as usize, value })
        .filter(|test| test.day <= loads.len())
        .collect();
    let pains = log.pains.into_iter().filter(|pain| pain.day < start).collect();
    Ok(TrainingHistory { loads, sessions, tests, pains })
}
