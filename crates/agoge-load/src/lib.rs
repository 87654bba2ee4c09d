//! Training load: the load of one session, how days add up, and which conclusions they allow.
//!
//! Loads of different methods are never added. Every figure names its [`WorkloadMethod`], which
//! gives its unit, source and known weakness. A day without an entry is missing (NaN) and a
//! recorded rest day is 0: the two are different, and no formula confuses them.

pub mod club;
pub mod injury;
mod method;
mod overview;
mod series;
mod session;
mod trend;

pub use method::WorkloadMethod;
pub use overview::{
    AthleteLog, LoadOverview, LoadTrend, LoggedSession, load_overview, usual_method,
};
pub use series::{DailyLoads, Spike, find_spikes};
pub use session::{
    banister_trimp, edwards_trimp, lucia_trimp, normalized_power, pace_load, power_load,
    session_rpe_load, strength_volume, zone_minutes,
};
pub use trend::week_monotony;
pub use trend::{
    ATL_DAYS, AcwrKind, CTL_DAYS, acute_chronic_ratio, daily_form, ewma_weight, exponential_mean,
    exponential_weight, load_for_form, redi_series, rolling_monotony, rolling_strain,
};

#[cfg(test)]
mod tests;
