//! The laboratory: data sets become clips, models are trained and measured on athletes left out,
//! methods are compared, faults are planted, squads and plans are simulated, engines are timed.
//!
//! Invariants: it may know every other crate, and of the product only the command line knows it.
//! Every split is by athlete; nothing here decides on figures of the athletes it is judged on.

pub mod bench;
pub mod club;
pub mod evaluate;
pub mod learn;
pub mod methods;
pub mod squad;

pub use club::learn_club;
pub use evaluate::Evaluation;

#[cfg(test)]
mod tests;
