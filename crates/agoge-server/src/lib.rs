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
mod api_error;
mod assets;
pub mod bench;
mod compare;
mod cookie;
mod error;
mod frame;
mod guard;
mod labelling;
mod library;
mod live;
mod metrics;
mod net;
mod openapi;
mod options;
mod over_time;
mod pages;
mod rate;
mod recent;
mod route;
mod router;
mod state;
mod translation;
mod workers;

pub use access::{AccessInfo, RemoteOptions};
pub use error::ServerError;
pub use net::{RunningServer, run_server, start_server};
pub use options::{ServerLimits, ServerOptions};
pub use router::route_table;
