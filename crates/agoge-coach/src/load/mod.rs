//! Training load: what one session weighs, how the days add up, and what may be read from it.
//!
//! Loads of different methods are never added. Every figure names its [`Method`], which says its
//! unit, its source and its known weakness. A day without an entry is missing (NaN) and a written
//! day of rest is 0: they are not the same, and no formula takes one for the other.

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
