//! Agoge over HTTP and WebSocket, for this machine: pages, uploads, and live feedback to skeleton
//! frames of any device (docs/LIVE.md, docs/SERVER.md).
//!
//! Invariants: other machines are served encrypted and with a token or not at all; nothing that a
//! client sends becomes a path or markup; whatever a client does costs bounded memory and hurts
//! nobody but itself; nothing is asked from outside; no athlete's name is logged. What a recording
//! means is said by the crate `agoge`.

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
mod words;

pub use access::{Remote, Welcome};
pub use app::{Limits, routes};
pub use net::{Running, run, start};

use std::net::SocketAddr;
use std::path::PathBuf;

/// How the server is started.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens; a port of 0 takes a free one.
    pub address: SocketAddr,
    /// The folder of the athletes' library; without one nothing is stored.
    pub library: Option<PathBuf>,
    /// What a client may ask for.
    pub limits: Limits,
    /// What an address needs that other machines reach; without it there is none.
    pub remote: Option<Remote>,
}

/// Why the server could not be started or went down.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address that other machines reach, without what that needs.
    #[error("{0} can be reached from other machines; hint: use 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    /// A file of keys cannot be read, written or made.
    #[error("{path}: {what}; hint: the keys of the server lie there, remove the file and it is made anew", path = path.display())]
    Keys {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The certificate cannot be made.
    #[error("no certificate could be made: {0}; hint: use 127.0.0.1, which needs none")]
    Certificate(String),
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; hint: is another server running there? choose another port with --address"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The operating system gives no threads or signals.
    #[error("the server cannot run: {0}; hint: check the limits of processes and memory")]
    Runtime(std::io::Error),
    /// The library cannot be opened.
    #[error(transparent)]
    Library(#[from] agoge::Error),
    /// A measurement of load failed.
    #[error(
        "the load could not be put on the server: {0}; hint: are as many open files allowed (ulimit -n)?"
    )]
    Bench(String),
}
