//! One connection: found out what it speaks, served, and closed when nobody uses it, when it is misused or when the server
//! stops.

use super::activity::{Activity, Taken};
use super::rewound::Rewound;
use super::strict::{Refused, Strict};
use super::tls::{HTTP_2, Tls};
use super::{Phase, head};
use crate::app::{App, Client, Scheme};
use crate::limits::Limits;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{interval, timeout};

/// What an HTTP/2 client says first (RFC 9113 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How often a connection is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How long a connection that was asked to close may take for it when nothing is under way.
const PARTING: Duration = Duration::from_secs(5);

/// Size of the header list of an HTTP/2 request, in bytes: half of what HTTP/1.1 gets, because each entry counts 32 more
/// than its text (RFC 9113 6.5.2) and compressed ones cost the client next to nothing. Its `CONTINUATION` frames are bounded
/// by it too.
const HEADER_LIST_BYTES: u32 = 32 << 10;

/// How long an HTTP/2 connection may be silent before it is asked whether it is still there, and how long that may take.
const PING: Duration = Duration::from_secs(20);
const PONG: Duration = Duration::from_secs(10);

/// What all connections of a server have in common.
pub(super) struct Front {
    app: Arc<App>,
    tls: Option<Arc<Tls>>,
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

impl Front {
    pub(super) fn new(app: Arc<App>, tls: Option<Arc<Tls>>) -> Self {
        let limits = app.limits();
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            // Between requests, that is: `Strict` has its own for a head that has begun, so this one has to be longer.
            .header_read_timeout(limits.keep_alive.max(limits.header_read) + LOOK)
            .max_headers(head::HEADERS)
            // Not `pipeline_flush`: with it the answer to a malformed head never leaves.
            .max_buf_size(2 * head::HEAD_BYTES);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits.streams)
            .max_header_list_size(HEADER_LIST_BYTES)
            .keep_alive_interval(PING)
            .keep_alive_timeout(PONG)
            // Requests that are reset before they were even looked at (CVE-2023-44487), and frames that are errors.
            .max_pending_accept_reset_streams(20)
            .max_local_error_reset_streams(64);
        Self { app, tls, http1, http2 }
    }

    fn limits(&self) -> &Limits {
        self.app.limits()
    }

    /// Serves a connection to its end.
    pub(super) async fn serve(&self, stream: TcpStream, peer: SocketAddr, mut phase: watch::Receiver<Phase>) {
        // Whoever has not even said what he speaks when the server stops has not asked for anything.
        let opened = tokio::select! {
            opened = self.open(stream) => opened,
            _ = phase.wait_for(|phase| *phase != Phase::Serving) => return,
        };
        match opened {
            Ok(Opened::Plain { is_http2: true, stream }) => {
                self.http2(stream, Client { peer, scheme: Scheme::Http }, phase).await;
            }
            Ok(Opened::Plain { is_http2: false, stream }) => {
                self.http1(stream, Client { peer, scheme: Scheme::Http }, phase).await;
            }
            Ok(Opened::Tls { is_http2: true, stream }) => {
                self.http2(stream, Client { peer, scheme: Scheme::Https }, phase).await;
            }
            Ok(Opened::Tls { is_http2: false, stream }) => {
                self.http1(stream, Client { peer, scheme: Scheme::Https }, phase).await;
            }
            // Errors here are the client's.
            Err(error) => tracing::debug!(%peer, %error, "nothing came of a connection"),
        }
    }

    async fn open(&self, stream: TcpStream) -> io::Result<Opened> {
        let limits = self.limits();
        if let Some(tls) = &self.tls {
            let stream = timeout(limits.tls_handshake, tls.acceptor().accept(stream)).await??;
            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
            return Ok(Opened::Tls { is_http2, stream: Box::new(stream) });
        }
        let mut stream = stream;
        let (is_http2, first) = timeout(limits.header_read, first_bytes(&mut stream)).await??;
        Ok(Opened::Plain { is_http2, stream: Rewound::new(first, stream) })
    }

    async fn http1<S>(&self, stream: S, client: Client, phase: watch::Receiver<Phase>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let refused = Refused::default();
        let activity = Activity::new(self.limits().streams);
        let stream = TokioIo::new(Strict::new(stream, self.limits().header_read, refused.clone()));
        let service = service(self.app.clone(), client, activity.clone(), refused);
        let connection = self.http1.serve_connection(stream, service);
        self.attend(connection, &activity, phase).await;
    }

    async fn http2<S>(&self, stream: S, client: Client, phase: watch::Receiver<Phase>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Activity::new(self.limits().streams);
        let service = service(self.app.clone(), client, activity.clone(), Arc::new(OnceLock::new()));
        let connection = self.http2.serve_connection(TokioIo::new(stream), service);
        self.attend(connection, &activity, phase).await;
    }

    /// Drives a connection, and looks at it now and then.
    async fn attend<C>(&self, connection: C, activity: &Activity, mut phase: watch::Receiver<Phase>)
    where
        C: GracefulConnection<Error: fmt::Display>,
    {
        let limits = self.limits();
        let opened = Instant::now();
        let mut connection = pin!(connection);
        let mut look = interval(LOOK);
        let mut parting: Option<Instant> = None;
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    // Errors here are the client's: a closed socket, a frame that breaks the protocol.
                    if let Err(error) = ended {
                        tracing::debug!(%error, "connection ended");
                    }
                    return;
                }
                () = activity.abused.notified() => {
                    tracing::warn!("a client breaks off request after request; its connection is closed");
                    return;
                }
                _ = phase.wait_for(|phase| phase.calls(parting.is_some())) => {
                    if parting.is_some() {
                        return;
                    }
                    connection.as_mut().graceful_shutdown();
                    parting = Some(Instant::now());
                }
                _ = look.tick() => {}
            }
            let now = activity.look();
            let quiet = now.quiet_since.map(|since| since.elapsed());
            let is_silent = !now.used && opened.elapsed() > 2 * limits.header_read;
            let is_unread = now.oldest_answer.is_some_and(|began| began.elapsed() > limits.answer_taken);
            let is_left = parting.is_some_and(|since| !now.used && since.elapsed() > LOOK)
                || quiet.is_some_and(|quiet| quiet > limits.keep_alive + PARTING);
            if is_silent || is_unread || is_left {
                return;
            }
            if parting.is_none() && quiet.is_some_and(|quiet| quiet > limits.keep_alive) {
                connection.as_mut().graceful_shutdown();
                parting = Some(Instant::now());
            }
        }
    }
}

enum Opened {
    Plain { is_http2: bool, stream: Rewound<TcpStream> },
    Tls { is_http2: bool, stream: Box<tokio_rustls::server::TlsStream<TcpStream>> },
}

/// Reads until it is clear whether a client speaks HTTP/2 from the start, as one does that knows that it may; RFC 9113 has
/// abolished the way there by `Upgrade`.
async fn first_bytes(stream: &mut TcpStream) -> io::Result<(bool, Bytes)> {
    let mut read = BytesMut::with_capacity(4 << 10);
    loop {
        if stream.read_buf(&mut read).await? == 0 {
            return Ok((false, read.freeze()));
        }
        if read.starts_with(PREFACE) {
            return Ok((true, read.freeze()));
        }
        if !PREFACE.starts_with(&read) {
            return Ok((false, read.freeze()));
        }
    }
}

type Answer = http::Response<Taken>;

fn service(
    app: Arc<App>,
    client: Client,
    activity: Arc<Activity>,
    refused: Refused,
) -> impl hyper::service::HttpService<
    Incoming,
    ResBody = Taken,
    Error = Infallible,
    Future: Future<Output = Result<Answer, Infallible>> + Send + 'static,
> {
    service_fn(move |request: http::Request<Incoming>| {
        let (app, refused, under_way) = (app.clone(), refused.clone(), activity.begin());
        async move {
            let response = match refused.get() {
                Some((number, refusal)) if *number == under_way.number() => App::refuse(*refusal),
                _ => {
                    let request =
                        request.map(|body| body.map_err(wasmtime_wasi_http::Error::from).boxed_unsync());
                    app.handle(request, client).await
                }
            };
            Ok(response.map(|body| Taken::new(body, under_way)))
        }
    })
}
