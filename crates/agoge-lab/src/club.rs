//! A club's log: every athlete's days as a warning model looks at them.

use crate::squad::{AthleteDays, ClubMember, learn_from_club};
use agoge::Error;
use agoge::athlete::LoadFolder;
use agoge::library::training_set::may_train_on;
use agoge_load::club::ClubResult;
use agoge_load::{AthleteLog, DailyLoads, WorkloadMethod, usual_method};
use agoge_motion::Day;
use agoge_plan::MovementFactor;
use agoge_store::Store;
use agoge_train::warning::OddsModelKind;

/// How long an injury is taken to last where nobody counted, days.
const USUAL_DAYS_LOST: u32 = 7;
/// Seed of what is drawn: the same log gives the same model.
const SEED: u64 = 1;

/// Learns a warning from the logs of a library's athletes, if there is enough, and says what it is
/// worth. `method` is the one by which most sessions of the club are weighed if it is not named;
/// athletes without a load by it are left out, and those who refused to be learned from.
///
/// # Errors
/// A folder that cannot be read, or a training that goes wrong.
pub fn learn_club(
    store: &Store,
    method: Option<WorkloadMethod>,
    kind: OddsModelKind,
) -> Result<ClubResult, Error> {
    let mut athletes = Vec::new();
    for athlete in store.list_athletes()? {
        if may_train_on(store, athlete.id)? {
            athletes.push(LoadFolder::from_store(store, &athlete)?);
        }
    }
    let logs: Vec<(AthleteLog, Vec<MovementFactor>, bool)> = athletes
        .iter()
        .map(|own| Ok((own.read_log()?, own.read_factors()?, own.read_profile()?.missing_is_rest)))
        .collect::<Result<_, Error>>()?;
    let sessions: Vec<_> = logs.iter().flat_map(|(log, ..)| log.sessions.iter().cloned()).collect();
    let method = method.or_else(|| usual_method(&sessions));
    let member =
        |(own, (log, factors, rest)): (&LoadFolder, &(AthleteLog, Vec<MovementFactor>, bool))| {
            let entries: Vec<(Day, f64)> = log
                .sessions
                .iter()
                .filter_map(|session| Some((session.day, *session.loads.get(&method?)?)))
                .collect();
            let daily = DailyLoads::from_entries(&entries, *rest);
            let last = daily.values.len().checked_sub(1)?;
            Some(ClubMember {
                name: own.name().to_owned(),
                today: daily.day_at(last),
                days: member_days(&daily, log, factors),
            })
        };
    let members: Vec<ClubMember> = athletes.iter().zip(&logs).filter_map(member).collect();
    Ok(learn_from_club(&members, kind, SEED)?)
}

/// What is known of each day of a load: how the athlete felt (pain and questionnaires, 10 is well),
/// how far movement has changed, injuries without contact.
fn member_days(daily: &DailyLoads, log: &AthleteLog, factors: &[MovementFactor]) -> AthleteDays {
    let count = daily.values.len();
    let place = |day: Day| {
        usize::try_from(i64::from(day.0) - i64::from(daily.first.0))
            .ok()
            .filter(|place| *place < count)
    };
    let mut own = AthleteDays {
        load: daily.values.clone(),
        wellness: vec![f64::NAN; count],
        movement: vec![f64::NAN; count],
        injured: vec![false; count],
        at_risk: vec![true; count],
    };
    // A questionnaire asks about the week that it ends, and is known from its day until the next
    // one is due.
    for week in &log.weeks {
        for day in (0..7).filter_map(|later| place(week.day.plus_days(later))) {
            own.wellness[day] = 10.0 - f64::from(week.severity_score()) / 10.0;
        }
    }
    for pain in &log.pains {
        if let Some(day) = place(pain.day) {
            own.wellness[day] = own.wellness[day].min(10.0 - pain.score);
        }
    }
    for (day, changed) in factors
        .iter()
        .flat_map(measured_changes)
        .filter_map(|(day, changed)| Some((place(day)?, changed)))
    {
        // The newest change stands until movement is measured again; of several on a day the
        // largest.
        own.movement[day] = own.movement[day].max(changed);
    }
    for day in 1..count {
        if own.movement[day].is_nan() {
            own.movement[day] = own.movement[day - 1];
        }
    }
    for injury in &log.injuries {
        let Some(day) = place(injury.day) else { continue };
        own.injured[day] |= !injury.contact;
        let out =
            day + 1..(day + 1 + injury.days_lost.unwrap_or(USUAL_DAYS_LOST) as usize).min(count);
        own.at_risk[out].fill(false);
    }
    // Who is hurt already cannot be hurt anew: the later entry tells of the same injury.
    for day in 0..count {
        own.injured[day] &= own.at_risk[day];
    }
    own
}

/// How far each measurement of a factor lies from the mean of those before it, in minimal
/// detectable changes, either way.
fn measured_changes(factor: &MovementFactor) -> Vec<(Day, f64)> {
    let mut sum = 0.0;
    let mut changes = Vec::new();
    for (before, (day, value)) in factor.values.iter().enumerate() {
        if before > 0 && factor.detectable > 0.0 {
            changes.push((*day, (value - sum / before as f64).abs() / factor.detectable));
        }
        sum += value;
    }
    changes
}
