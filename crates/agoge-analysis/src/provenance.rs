//! [`Provenance`]: what an analysis was made with.

use serde::{Deserialize, Serialize};

/// What an analysis was made with, so that it can be checked and repeated. It holds neither paths
/// nor names of athletes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of Agoge.
    pub program: String,
    /// The options, as in the configuration file.
    pub options: serde_json::Value,
    /// The trained model; `None` if the limits of the definition judged alone.
    pub model: Option<SourceFile>,
    /// The movement definition; `None` if the recording's own generic description took its place.
    pub definition: Option<SourceFile>,
    /// SHA-256 of the input file in hexadecimal; `None` for a folder, several files, or a recording
    /// that was never a file.
    pub input_sha256: Option<String>,
    /// The command or request that asked for the analysis, without places and athletes; `None` if
    /// whoever asked did not record it.
    pub command: Option<String>,
}

/// A file that an analysis depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// What it calls itself: the model's or the movement's name.
    pub name: String,
    /// SHA-256 of its bytes in hexadecimal; `None` if it was never a file.
    pub sha256: Option<String>,
}
