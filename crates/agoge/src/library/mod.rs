//! Where Agoge keeps its data, and how an analysis comes into the athletes' library.

pub mod bench;
pub mod borders;
pub mod labelled;
pub mod labelling;

use crate::{Error, Models, Options};
use agoge_coach::Analysis;
use agoge_coach::load::{Method, Session};
use agoge_kinematics::movement::{Counted, find};
use agoge_motion::{Day, Recording};
use agoge_store::{AnalysisId, AthleteId, Made, Store};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

/// The folder of everything that Agoge keeps: `$AGOGE_DATA`, or Agoge's folder among the user's
/// data (`$XDG_DATA_HOME`, `~/.local/share`; `~/Library/Application Support` on macOS, `%APPDATA%`
/// on Windows). It is the athletes' library, and holds the weights of the pose network.
///
/// # Errors
/// [`Error::NoDataFolder`] where the user has no such folder.
pub fn data_folder() -> Result<PathBuf, Error> {
    let set =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = match () {
        () if cfg!(windows) => set("APPDATA"),
        () if cfg!(target_os = "macos") => {
            set("HOME").map(|home| home.join("Library/Application Support"))
        }
        () => set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share"))),
    };
    set("AGOGE_DATA").or_else(|| data.map(|data| data.join("agoge"))).ok_or(Error::NoDataFolder)
}

/// The folder of the pose network's weights.
///
/// # Errors
/// As [`data_folder`].
pub fn pose_folder() -> Result<PathBuf, Error> {
    Ok(data_folder()?.join("pose"))
}

/// Today by UTC.
pub fn today() -> Day {
    let since =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Day::at(since.as_secs_f64(), 0.0)
}

/// Jumps and throws in an athlete's recordings (`counts_as` of the movements' definitions), a
/// session for each recording: the repetitions of its newest analysis.
///
/// # Errors
/// If the library cannot be read.
pub fn counted(store: &Store, athlete: AthleteId) -> Result<Vec<Session>, Error> {
    let (mut seen, mut sessions) = (HashSet::new(), Vec::new());
    for row in store.analyses(athlete, usize::MAX)? {
        let counts = find(&row.movement).and_then(|movement| movement.counts_as);
        let Some(counts) = counts.filter(|_| seen.insert(row.recording)) else { continue };
        let method = match counts {
            Counted::Jump => Method::Jumps,
            Counted::Throw => Method::Throws,
        };
        let complete = store
            .analysis(row.id)?
            .repetitions
            .iter()
            .filter(|repetition| repetition.complete)
            .count();
        let loads = BTreeMap::from([(method, complete as f64)]);
        sessions.push(Session {
            day: row.day,
            sport: row.movement,
            minutes: f64::NAN,
            distance_m: f64::NAN,
            loads,
        });
    }
    Ok(sessions)
}

/// Stores a recording and its analysis in an athlete's session of a day, with the model and the
/// options that made it.
///
/// # Errors
/// If there is no such athlete, or the library cannot be changed.
pub fn save(
    store: &Store,
    (athlete, day): (AthleteId, Day),
    recording: &Recording,
    analysis: &Analysis,
    models: &Models,
    options: &Options,
) -> Result<AnalysisId, Error> {
    let options = serde_json::to_value(options).map_err(agoge_store::Error::from)?;
    let made =
        Made { model: models.model.as_ref().map(|model| model.card().name.clone()), options };
    let recording = store.save_recording(athlete, day, recording)?;
    Ok(store.save_analysis(recording, analysis, &made)?)
}
