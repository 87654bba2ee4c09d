//! Agoge over HTTP and WebSocket, for this machine: pages, uploads, and live feedback to skeleton frames of any device (docs/LIVE.md, docs/SERVER.md).
//!
//! Invariants: it listens on the machine's own addresses only; nothing that a client sends becomes a path or markup; whatever a client does costs bounded memory and hurts
//! nobody but itself; nothing is asked from outside; no athlete's name is logged. What a recording means is said by the crate `agoge`.

mod analyses;
mod app;
mod assets;
pub mod bench;
mod compare;
mod guard;
mod library;
mod live;
mod metrics;
mod net;
mod openapi;
mod over_time;
mod pages;

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
}

/// Why the server could not be started or went down.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address that other machines reach.
    #[error(
        "{0} can be reached from other machines, and the server does not encrypt; hint: use 127.0.0.1 or [::1], and a tunnel (ssh -L) from elsewhere"
    )]
    NotLoopback(SocketAddr),
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
    #[error("the load could not be put on the server: {0}; hint: are as many open files allowed (ulimit -n)?")]
    Bench(String),
}
