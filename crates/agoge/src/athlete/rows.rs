//! `workouts.csv`: a row a workout.

use crate::Error;
use agoge_formats::workout::{Workout, WorkoutStart};
use agoge_load::{LoggedSession, WorkloadMethod};
use agoge_motion::Day;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A workout in the library. Empty cells are not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkoutRow {
    /// Fingerprint of what it was read from.
    pub id: String,
    /// Fingerprints of other files of the same workout, separated by blanks.
    pub also: String,
    /// The athlete's own day.
    pub day: Day,
    /// Start, s since 1970 in UTC.
    pub start_unix_s: Option<f64>,
    /// The sport.
    pub sport: String,
    /// How long, min.
    pub minutes: Option<f64>,
    /// How far, m.
    pub distance_m: Option<f64>,
    /// Rating of perceived exertion.
    pub rpe: Option<f64>,
    /// Load by RPE × minutes, AU.
    pub session_rpe: Option<f64>,
    /// Banister's TRIMP, AU.
    pub trimp_banister: Option<f64>,
    /// Edwards' TRIMP, AU.
    pub trimp_edwards: Option<f64>,
    /// Lucía's TRIMP, AU.
    pub trimp_lucia: Option<f64>,
    /// TSS, points.
    pub tss: Option<f64>,
    /// Pace load, points.
    pub pace: Option<f64>,
    /// Strength volume, kg; not in tables of before it was read.
    #[serde(default)]
    pub strength_volume: Option<f64>,
    /// Name of the file that it was read from.
    pub file: String,
    /// What was assumed and repaired.
    pub notes: String,
    /// What the athlete wrote.
    pub comment: String,
}

fn finite_value(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

impl WorkoutRow {
    pub(super) fn from_workout(
        id: String,
        workout: &Workout,
        loads: &std::collections::BTreeMap<WorkloadMethod, f64>,
        offset_s: f64,
        file: &str,
    ) -> WorkoutRow {
        let load = |method: WorkloadMethod| loads.get(&method).copied();
        WorkoutRow {
            id,
            also: String::new(),
            day: workout.start.local_day(offset_s),
            start_unix_s: workout.start_s(),
            sport: workout.sport.clone(),
            minutes: finite_value(workout.duration_s / 60.0),
            distance_m: finite_value(workout.distance_m),
            rpe: finite_value(workout.rpe),
            session_rpe: load(WorkloadMethod::SessionRpe),
            trimp_banister: load(WorkloadMethod::TrimpBanister),
            trimp_edwards: load(WorkloadMethod::TrimpEdwards),
            trimp_lucia: load(WorkloadMethod::TrimpLucia),
            tss: load(WorkloadMethod::Tss),
            pace: load(WorkloadMethod::Pace),
            strength_volume: load(WorkloadMethod::StrengthVolume),
            file: file.to_owned(),
            notes: workout.notes.join("; "),
            comment: workout.comment.clone(),
        }
    }

    /// Whether a file of this fingerprint is in the row already.
    pub(super) fn has_source(&self, id: &str) -> bool {
        self.id == id || self.also.split(' ').any(|other| other == id)
    }

    /// The row as a workout without samples, to tell whether another one is the same.
    pub(super) fn to_workout(&self) -> Workout {
        let start = self.start_unix_s.map_or(WorkoutStart::On(self.day), |unix_s| {
            WorkoutStart::At { unix_s, offset_s: None }
        });
        let mut workout = Workout::new(start, self.sport.clone());
        workout.duration_s = self.minutes.map_or(f64::NAN, |minutes| 60.0 * minutes);
        workout.distance_m = self.distance_m.unwrap_or(f64::NAN);
        workout
    }

    /// Takes over what another file of the same workout knows and this one does not.
    pub(super) fn merge_from(&mut self, other: &WorkoutRow) {
        self.also = format!("{} {}", self.also, other.id).trim().to_owned();
        if self.sport.is_empty() {
            self.sport.clone_from(&other.sport);
        }
        if self.start_unix_s.is_none() {
            self.day = other.day;
        }
        for (own, others) in [
            (&mut self.start_unix_s, other.start_unix_s),
            (&mut self.minutes, other.minutes),
            (&mut self.distance_m, other.distance_m),
            (&mut self.rpe, other.rpe),
            (&mut self.trimp_banister, other.trimp_banister),
            (&mut self.trimp_edwards, other.trimp_edwards),
            (&mut self.trimp_lucia, other.trimp_lucia),
            (&mut self.tss, other.tss),
            (&mut self.pace, other.pace),
            (&mut self.strength_volume, other.strength_volume),
        ] {
            *own = own.or(others);
        }
        // A rating from the diary and the device's minutes make a load together.
        let product = self.rpe.zip(self.minutes).map(|(rpe, minutes)| rpe * minutes);
        self.session_rpe = self.session_rpe.or(other.session_rpe).or(product);
        for (own, others) in [(&mut self.notes, &other.notes), (&mut self.comment, &other.comment)]
        {
            if !others.is_empty() && !own.contains(others.as_str()) {
                *own = if own.is_empty() { others.clone() } else { format!("{own}; {others}") };
            }
        }
    }

    /// The session, as far as load is concerned.
    pub fn to_session(&self) -> LoggedSession {
        let loads = [
            (WorkloadMethod::SessionRpe, self.session_rpe),
            (WorkloadMethod::TrimpBanister, self.trimp_banister),
            (WorkloadMethod::TrimpEdwards, self.trimp_edwards),
            (WorkloadMethod::TrimpLucia, self.trimp_lucia),
            (WorkloadMethod::Tss, self.tss),
            (WorkloadMethod::Pace, self.pace),
            (WorkloadMethod::Distance, self.distance_m),
            (WorkloadMethod::StrengthVolume, self.strength_volume),
        ];
        LoggedSession {
            day: self.day,
            sport: self.sport.clone(),
            minutes: self.minutes.unwrap_or(f64::NAN),
            distance_m: self.distance_m.unwrap_or(f64::NAN),
            loads: loads.into_iter().filter_map(|(method, load)| Some((method, load?))).collect(),
        }
    }
}

/// Reads the rows; none if the file is not there.
pub(super) fn read_workout_rows(path: &Path) -> Result<Vec<WorkoutRow>, Error> {
    super::tables::read_table(path)
}

/// Writes the rows, by day and start.
pub(super) fn write_workout_rows(path: &Path, rows: &mut [WorkoutRow]) -> Result<(), Error> {
    let key = |row: &WorkoutRow| (row.day, row.start_unix_s.unwrap_or(f64::NEG_INFINITY));
    rows.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    super::tables::write_table(path, rows)
}
