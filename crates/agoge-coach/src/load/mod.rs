//! Training load: the load of one session, how days add up, and which conclusions they allow.
//!
//! Loads of different methods are never added. Every figure names its [`Method`], which gives its
//! unit, source and known weakness. A day without an entry is missing (NaN) and a recorded rest day
//! is 0: the two are different, and no formula confuses them.

mod method;
mod overview;
mod series;
mod session;
mod trend;

pub use method::Method;
pub use overview::{Log, Overview, Session, Trend, overview, usual_method};
pub use series::{Daily, Spike, spikes};
pub use session::{
    banister, edwards, foster, lucia, normalized_power, pace_load, power_load, strength_volume,
    zone_minutes,
};
pub(crate) use trend::week_monotony;
pub use trend::{
    ATL_DAYS, CTL_DAYS, Ratio, acwr, ewma_weight, exponential_weight, form, impulse, load_for_form,
    monotony, redi, strain,
};

#[cfg(test)]
mod tests;
