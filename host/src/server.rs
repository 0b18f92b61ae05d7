//! The listening side: connections in, requests to the application, a clean end when told to stop.

use crate::app::App;
use crate::limits::Limits;
use anyhow::{Context as _, Result};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How long requests in flight may take to finish once the server was told to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// Header lines that a request may have; hyper answers 431 beyond.
const HEADERS: usize = 128;

/// Size of a request's head, and of what is read ahead of its body, in bytes; hyper answers 431 beyond.
const HEAD_BYTES: usize = 64 << 10;

/// A listening socket that is not yet served, so that its address is known before the first request.
pub struct Server {
    listener: TcpListener,
    app: Arc<App>,
}

impl Server {
    /// Listens on `address`; port 0 takes a free one.
    pub async fn bind(address: SocketAddr, app: Arc<App>) -> Result<Self> {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!(
                "cannot listen on {address}; is another program using it? `--listen` chooses another address"
            )
        })?;
        Ok(Self { listener, app })
    }

    /// Where the server listens.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves until `stop` ends, then lets requests in flight finish.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let limits: &Limits = self.app.limits();
        let connections = Arc::new(Semaphore::new(limits.connections));
        let mut protocol = http1::Builder::new();
        protocol
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_read)
            .max_headers(HEADERS)
            // Not `pipeline_flush`: with it the answer to a malformed head never leaves.
            .max_buf_size(HEAD_BYTES);
        let graceful = GracefulShutdown::new();
        let mut stop = pin!(stop);
        loop {
            // A permit first: at the limit the backlog of the socket is where clients wait.
            let accepted = async {
                let permit = connections.clone().acquire_owned().await;
                (self.listener.accept().await, permit)
            };
            let (stream, peer, permit) = tokio::select! {
                () = &mut stop => break,
                (accepted, permit) = accepted => match accepted {
                    Ok((stream, peer)) => (stream, peer, permit),
                    Err(error) => {
                        // Out of file descriptors, as a rule: others will be closed before long.
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            let connection =
                protocol.serve_connection(TokioIo::new(prepared(stream)), service(self.app.clone(), peer));
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                // Errors here are the client's: a closed socket, a malformed head that hyper has answered.
                if let Err(error) = connection.await {
                    tracing::debug!(%peer, %error, "connection ended");
                }
                drop(permit);
            });
        }
        drop(self.listener);
        if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were still in flight after {} s and are cut off", DRAIN.as_secs());
        }
        self.app.stop();
    }
}

fn prepared(stream: TcpStream) -> TcpStream {
    // Without it the last piece of an answer waits for the client's delayed acknowledgement: 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    stream
}

type Answer = http::Response<wasmtime_wasi_http::WasiBody>;

fn service(
    app: Arc<App>,
    peer: SocketAddr,
) -> impl hyper::service::Service<
    http::Request<Incoming>,
    Response = Answer,
    Error = Infallible,
    Future: Future<Output = Result<Answer, Infallible>> + Send,
> {
    service_fn(move |request: http::Request<Incoming>| {
        let app = app.clone();
        async move {
            let request = request.map(|body| body.map_err(wasmtime_wasi_http::Error::from).boxed_unsync());
            Ok(app.handle(request, peer).await)
        }
    })
}
