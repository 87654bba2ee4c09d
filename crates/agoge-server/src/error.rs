//! Errors of the server as a whole; what a request is answered is in `api_error`.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the server could not start, or why it stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address can be reached from other machines, but `remote` is missing.
    #[error("{0} can be reached from other machines; hint: use 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    /// A file with keys cannot be read, written or created.
    #[error("{path}: {what}; hint: the keys of the server lie there, remove the file and it is made anew", path = path.display())]
    Keys {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The certificate cannot be created.
    #[error("no certificate could be made: {0}; hint: use 127.0.0.1, which needs none")]
    Certificate(String),
    /// The server cannot listen on the address.
    #[error(
        "cannot listen on {address}: {source}; hint: is another server running there? choose another port with --address"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The operating system provides no threads or signals.
    #[error("the server cannot run: {0}; hint: check the limits of processes and memory")]
    Runtime(std::io::Error),
    /// The library cannot be opened.
    #[error(transparent)]
    Library(#[from] agoge::Error),
    /// The load test failed.
    #[error(
        "the load could not be put on the server: {0}; hint: are as many open files allowed (ulimit -n)?"
    )]
    Bench(String),
}
