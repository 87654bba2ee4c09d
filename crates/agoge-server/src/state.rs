//! What all requests share.

use crate::access::AccessControl;
use crate::error::ServerError;
use crate::metrics::ServerMetrics;
use crate::options::{ServerLimits, ServerOptions};
use crate::rate::RateLimiter;
use crate::recent::RecentReports;
use crate::workers::WorkerPool;
use agoge::Store;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// State shared by all requests.
pub(crate) struct AppState {
    pub(crate) limits: ServerLimits,
    pub(crate) metrics: ServerMetrics,
    pub(crate) store: Option<Store>,
    pub(crate) live: Arc<Semaphore>,
    pub(crate) cameras: Arc<Semaphore>,
    pub(crate) workers: WorkerPool,
    /// Analyses run one at a time: each uses all cores, and live sessions need their share.
    pub(crate) analysis_permit: Semaphore,
    pub(crate) recent: RecentReports,
    pub(crate) rate: RateLimiter,
    /// Access control, if other machines can reach the server.
    pub(crate) access: Option<AccessControl>,
}

impl AppState {
    pub(crate) fn new(
        config: &ServerOptions,
        access: Option<AccessControl>,
    ) -> Result<AppState, ServerError> {
        let limits = config.limits.clone();
        let store =
            config.library.as_deref().map(Store::open).transpose().map_err(agoge::Error::from)?;
        Ok(AppState {
            metrics: ServerMetrics::default(),
            store,
            live: Arc::new(Semaphore::new(limits.live)),
            cameras: Arc::new(Semaphore::new(limits.cameras)),
            workers: WorkerPool::new().map_err(ServerError::Runtime)?,
            analysis_permit: Semaphore::new(1),
            recent: RecentReports::default(),
            rate: RateLimiter::new(limits.requests, limits.requests),
            access,
            limits,
        })
    }
}
