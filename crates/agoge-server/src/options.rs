//! What a server is started with.

use crate::access::RemoteOptions;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

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

/// Limits on what clients may use.
#[derive(Clone, Debug)]
pub struct ServerLimits {
    /// Maximum number of open connections.
    pub connections: usize,
    /// Maximum number of live sessions.
    pub live: usize,
    /// Maximum number of camera sessions: each takes most of a core.
    pub cameras: usize,
    /// Maximum size of an uploaded recording or video, bytes.
    pub upload: u64,
    /// Requests per second in the long run; also the size of a burst.
    pub requests: f64,
    /// How long a client may be silent within a request, before its hello, or between two live
    /// frames.
    pub silence: Duration,
}

impl Default for ServerLimits {
    fn default() -> ServerLimits {
        ServerLimits {
            connections: 512,
            live: 256,
            cameras: 2,
            upload: 1 << 30,
            requests: 300.0,
            silence: Duration::from_secs(20),
        }
    }
}
