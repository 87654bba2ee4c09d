//! Connections: accepted, limited, and shut down gracefully.

use crate::access::{AccessControl, AccessInfo};
use crate::error::ServerError;
use crate::guard::PeerAddress;
use crate::live::recover_sessions;
use crate::options::ServerOptions;
use crate::router::build_router;
use crate::state::AppState;
use axum::{Extension, Router};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// How long open requests may take once the server is told to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// A running server.
pub struct RunningServer {
    /// Address it listens on.
    pub address: SocketAddr,
    /// How other machines get in, if they can.
    pub access_info: Option<AccessInfo>,
    stop_sender: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl RunningServer {
    /// Accepts no more connections, lets open requests finish, and returns when all is over.
    pub async fn shut_down(self) {
        let _ = self.stop_sender.send(true);
        // The task ends by itself; it does not matter if it was aborted.
        let _ = self.task.await;
    }
}

/// Starts the server on the current Tokio runtime.
///
/// # Errors
/// [`ServerError::NotLoopback`], [`ServerError::Listen`], or if the keys, the certificate or the
/// library cannot be opened or created.
pub async fn start_server(config: ServerOptions) -> Result<RunningServer, ServerError> {
    let address = config.address;
    let is_local = address.ip().is_loopback();
    if !is_local && config.remote.is_none() {
        return Err(ServerError::NotLoopback(address));
    }
    let listen = |source| ServerError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let (access, acceptor, welcome) = match config.remote.as_ref().filter(|_| !is_local) {
        Some(remote) => {
            let (access, acceptor, welcome) = AccessControl::new(remote, address)?;
            (Some(access), Some(acceptor), Some(welcome))
        }
        None => (None, None, None),
    };
    let app = Arc::new(AppState::new(&config, access)?);
    if let Some(store) = &app.store {
        recover_sessions(store);
    }
    let (stop, stopped) = watch::channel(false);
    let (connections, silence) = (config.limits.connections, config.limits.silence);
    let task = tokio::spawn(accept_connections(
        listener,
        acceptor,
        build_router(app),
        connections,
        silence,
        stopped,
    ));
    Ok(RunningServer { address, access_info: welcome, stop_sender: stop, task })
}

async fn accept_connections(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    most: usize,
    silence: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let open = Arc::new(Semaphore::new(most));
    loop {
        // When all places are taken, clients wait in the listener's queue.
        let Ok(place) = open.clone().acquire_owned().await else { return };
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            _ = stopped.changed() => break,
        };
        // The client is already gone, or there is no file descriptor left for now.
        let Ok((stream, peer)) = taken else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let router = router.clone().layer(Extension(PeerAddress(peer.ip())));
        let (acceptor, stopped) = (acceptor.clone(), stopped.clone());
        tokio::spawn(async move {
            // Events are small and must not wait to be batched.
            let _ = stream.set_nodelay(true);
            match acceptor {
                None => handle_connection(stream, router, silence, stopped).await,
                Some(acceptor) => {
                    if let Ok(Ok(stream)) =
                        tokio::time::timeout(silence, acceptor.accept(stream)).await
                    {
                        handle_connection(stream, router, silence, stopped).await;
                    }
                }
            }
            drop(place);
        });
    }
    drop(listener);
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, open.acquire_many(all)).await;
}

async fn handle_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    silence: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(silence).max_buf_size(64 << 10);
    let connection = http
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        // A client's errors concern nobody else: nothing to do or report.
        _ = connection.as_mut() => {}
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, connection).await;
        }
    }
}

/// Runs the server until Ctrl-C; calls `ready` once it listens.
///
/// # Errors
/// Same as [`start_server`], and if the operating system provides no threads.
pub fn run_server(
    config: ServerOptions,
    ready: impl FnOnce(&RunningServer),
) -> Result<(), ServerError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(ServerError::Runtime)?;
    runtime.block_on(async {
        let running = start_server(config).await?;
        ready(&running);
        tokio::signal::ctrl_c().await.map_err(ServerError::Runtime)?;
        running.shut_down().await;
        Ok(())
    })
}
