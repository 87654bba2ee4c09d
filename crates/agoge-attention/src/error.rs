//! What can go wrong with weights and training.

/// Why weights could not be used or a model not be trained.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The weights are not what this version can use.
    #[error("weights {name}: {what}; hint: {hint}")]
    Weights {
        /// The file's name.
        name: String,
        /// What is wrong, with the tensor's name where one is at fault.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// The clips do not suffice.
    #[error("cannot train or evaluate: {what}; hint: {hint}")]
    Clips {
        /// What is missing.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// A training went wrong, or its checkpoint could not be kept.
    #[error("training ended: {what}; hint: {hint}")]
    Training {
        /// What happened.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// A frame does not fit its stream.
    #[error("live stream: {what}; hint: {hint}")]
    Stream {
        /// What is wrong.
        what: String,
        /// What to do.
        hint: &'static str,
    },
}
