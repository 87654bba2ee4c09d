//! Errors of weights, training and live streams.

/// Why weights could not be used, a model not trained or a frame not processed.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// This version cannot use the weights.
    #[error("weights {name}: {what}; hint: {hint}")]
    Weights {
        /// The file's name.
        name: String,
        /// What is wrong, naming the tensor at fault if there is one.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// The clips are insufficient.
    #[error("cannot train or evaluate: {what}; hint: {hint}")]
    Clips {
        /// What is missing.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// Training failed or its checkpoint could not be saved.
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
