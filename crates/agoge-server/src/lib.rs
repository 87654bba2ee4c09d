//! Agoge over HTTP and WebSocket: pages, uploads, and live feedback on skeleton frames from any
//! device (docs/reference/live.md, docs/reference/server.md). By default only this machine is
//! served.
//!
//! Invariants: other machines are served over TLS and with a token, or not at all; nothing that a
//! client sends becomes a path or markup; whatever a client does costs bounded memory and harms no
//! other client; no request leaves the server; no athlete's name is logged. What a recording means
//! is decided in the crate `agoge`.

mod access;
mod analyses;
mod app;
mod assets;
pub mod bench;
mod compare;
mod guard;
mod labelling;
mod library;
mod live;
mod metrics;
mod net;
mod openapi;
mod over_time;
mod pages;
mod translation;

pub use access::{AccessInfo, RemoteOptions};
pub use app::{ServerLimits, route_table};
pub use net::{RunningServer, run_server, start_server};

use std::net::SocketAddr;
use std::path::PathBuf;

/// Options of the server.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Address to listen on; port 0 takes a free one.
    pub address: SocketAddr,
    /// Folder of the athletes' library; without one nothing is stored.
    pub library: Option<PathBuf>,
    /// Limits on what clients may use.
    pub limits: ServerLimits,
    /// Needed if `address` can be reached from other machines; without it such an address is
    /// refused.
    pub remote: Option<RemoteOptions>,
}

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
