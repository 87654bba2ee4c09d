//! Agoge's data folder, and storing analyses in the athlete library.

pub mod borders;
pub mod labelling;
pub mod stored;
pub mod training_set;

use crate::{AnalysisOptions, Error, Models};
use agoge_analysis::Analysis;
use agoge_kinematics::movement::{CountedAs, find_movement};
use agoge_load::{LoggedSession, WorkloadMethod};
use agoge_motion::{Day, Recording};
use agoge_store::{AnalysisId, AnalysisProvenance, AthleteId, Store};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

/// Agoge's data folder: `$AGOGE_DATA`, or a folder `agoge` in the user's data directory
/// (`$XDG_DATA_HOME`, `~/.local/share`; `~/Library/Application Support` on macOS, `%APPDATA%` on
/// Windows). It contains the athlete library and the weights of the pose network.
///
/// # Errors
/// [`Error::NoDataFolder`] if the user has no such directory.
pub fn data_folder() -> Result<PathBuf, Error> {
    let env_path =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = match () {
        () if cfg!(windows) => env_path("APPDATA"),
        () if cfg!(target_os = "macos") => {
            env_path("HOME").map(|home| home.join("Library/Application Support"))
        }
        () => env_path("XDG_DATA_HOME")
            .or_else(|| env_path("HOME").map(|home| home.join(".local/share"))),
    };
    env_path("AGOGE_DATA")
        .or_else(|| data.map(|data| data.join("agoge")))
        .ok_or(Error::NoDataFolder)
}

/// The folder of the pose network's weights.
///
/// # Errors
/// As [`data_folder`].
pub fn pose_folder() -> Result<PathBuf, Error> {
    Ok(data_folder()?.join("pose"))
}

/// Today: the day of this machine's time zone, which is taken to be the athlete's.
pub fn local_today() -> Day {
    local_day(Timestamp::now(), &TimeZone::system())
}

/// The day of an instant in a time zone.
fn local_day(instant: Timestamp, zone: &TimeZone) -> Day {
    let ahead_s = f64::from(zone.to_offset(instant).seconds());
    Day::from_unix(instant.as_second() as f64, ahead_s)
}

/// Counts jumps and throws in an athlete's recordings (`counts_as` of the movement definitions):
/// one session per recording, from the repetitions of its newest analysis.
///
/// # Errors
/// If the library cannot be read.
pub fn counted_sessions(store: &Store, athlete: AthleteId) -> Result<Vec<LoggedSession>, Error> {
    let (mut seen, mut sessions) = (HashSet::new(), Vec::new());
    for row in store.list_analyses(athlete, usize::MAX)? {
        let counted_as = find_movement(&row.movement).and_then(|movement| movement.counts_as);
        let Some(counted_as) = counted_as.filter(|_| seen.insert(row.recording)) else { continue };
        let method = match counted_as {
            CountedAs::Jump => WorkloadMethod::Jumps,
            CountedAs::Throw => WorkloadMethod::Throws,
        };
        let complete = store
            .load_analysis(row.id)?
            .repetitions
            .iter()
            .filter(|repetition| repetition.complete)
            .count();
        let loads = BTreeMap::from([(method, complete as f64)]);
        sessions.push(LoggedSession {
            day: row.day,
            sport: row.movement,
            minutes: f64::NAN,
            distance_m: f64::NAN,
            loads,
        });
    }
    Ok(sessions)
}

/// Stores a recording and its analysis in an athlete's session of a day, along with the model and
/// the options that produced it.
///
/// # Errors
/// If there is no such athlete, or the library cannot be changed.
pub fn save_analysis(
    store: &Store,
    (athlete, day): (AthleteId, Day),
    recording: &Recording,
    analysis: &Analysis,
    models: &Models,
    options: &AnalysisOptions,
) -> Result<AnalysisId, Error> {
    let options = serde_json::to_value(options).map_err(agoge_store::StoreError::from)?;
    let provenance = AnalysisProvenance {
        model: models.model.as_ref().map(|model| model.card().name.clone()),
        options,
    };
    let recording = store.save_recording(athlete, day, recording)?;
    Ok(store.save_analysis(recording, analysis, &provenance)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_is_the_athletes_own_day() {
        // The rule of Pacific/Auckland in the time zone database, for machines without one.
        let auckland = TimeZone::get("Pacific/Auckland")
            .or_else(|_| TimeZone::posix("NZST-12NZDT,M9.5.0,M4.1.0/3"))
            .unwrap();
        let day =
            |instant: &str, zone: &TimeZone| local_day(instant.parse().unwrap(), zone).to_string();
        // 07:11 on 1 December in Auckland, in summer time; then in winter, and across midnight.
        assert_eq!(day("2026-11-30T18:11:00Z", &auckland), "2026-12-01");
        assert_eq!(day("2026-11-30T18:11:00Z", &TimeZone::UTC), "2026-11-30");
        assert_eq!(day("2026-11-30T10:59:59Z", &auckland), "2026-11-30");
        assert_eq!(day("2026-11-30T11:00:00Z", &auckland), "2026-12-01");
        assert_eq!(day("2026-06-30T11:30:00Z", &auckland), "2026-06-30");
        let west = TimeZone::posix("PST8PDT,M3.2.0,M11.1.0").unwrap();
        assert_eq!(day("2026-12-01T07:59:59Z", &west), "2026-11-30");
    }
}
