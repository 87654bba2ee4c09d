//! Training plans.

use crate::rows::{AthleteId, PlanId, PlanRow, day_from_column, json_from_column};
use crate::store::{must_exist, now_unix_s};
use crate::{Store, StoreError};
use agoge_motion::Day;
use rusqlite::{Row, params};

impl Store {
    /// Stores a plan that begins on a day. Older plans stay.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without such an athlete, or if the library cannot be changed.
    pub fn save_plan(
        &self,
        athlete: AthleteId,
        day: Day,
        plan: &serde_json::Value,
    ) -> Result<PlanId, StoreError> {
        let json = serde_json::to_string(plan)?;
        self.write_transaction(|change| {
            must_exist(change, "athletes", "athlete", athlete.0)?;
            change.execute(
                "INSERT INTO plans (athlete, day, made_unix_s, json) VALUES (?1, ?2, ?3, ?4)",
                params![athlete, day.to_string(), now_unix_s(), json],
            )?;
            Ok(PlanId(change.last_insert_rowid()))
        })
    }

    /// The plans of an athlete: by first day and then by when they were made, the newest first.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn list_plans(&self, athlete: AthleteId) -> Result<Vec<PlanRow>, StoreError> {
        self.read_transaction(|now| {
            let sql =
                "SELECT id, athlete, day, made_unix_s, json FROM plans WHERE athlete = ?1 ORDER BY day DESC, id DESC";
            let plan = |row: &Row<'_>| {
                Ok(PlanRow {
                    id: row.get(0)?,
                    athlete: row.get(1)?,
                    day: day_from_column(row, 2)?,
                    made_unix_s: row.get(3)?,
                    plan: json_from_column(row, 4)?,
                })
            };
            Ok(now.prepare(sql)?.query_map([athlete], plan)?.collect::<Result<_, _>>()?)
        })
    }
}
