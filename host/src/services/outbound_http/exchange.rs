//! One request to the world and its answer, over a connection of its own. Redirects are the guest's to follow or not: it
//! gets them as they are, and each request of it is looked at anew.

use super::Answer;
use crate::networks::{Networks, Unreachable};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody};

/// What each wait is bounded by when the guest does not say; its request has a deadline besides.
const WAIT: Duration = Duration::from_mins(10);

/// Trusts Mozilla's authorities, as Spin does too when nothing else is configured.
static TLS: LazyLock<Option<Arc<ClientConfig>>> = LazyLock::new(|| {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?;
    Some(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
});

trait Link: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Link for T {}

/// Sends `request`, whose URI names scheme and host.
pub(super) async fn exchange(
    networks: &Networks,
    mut request: http::Request<WasiBody>,
    options: Option<RequestOptions>,
) -> Result<Answer> {
    let options = options.unwrap_or_default();
    let uri = request.uri();
    let host = uri.host().ok_or(Error::HttpRequestUriInvalid)?.to_owned();
    let is_https = uri.scheme() == Some(&http::uri::Scheme::HTTPS);
    let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
    let link = timeout(options.connect_timeout.unwrap_or(WAIT), connect(networks, &host, port, is_https))
        .await
        .map_err(|_| Error::ConnectionTimeout)??;
    let (mut sender, connection) = http1::handshake(TokioIo::new(link)).await?;
    // Ended by being dropped, with the answer or without one.
    let mut connections = JoinSet::new();
    connections.spawn(connection);
    let path = uri_path(request.uri())?;
    *request.uri_mut() = path;
    let response = timeout(options.first_byte_timeout.unwrap_or(WAIT), sender.send_request(request))
        .await
        .map_err(|_| Error::ConnectionReadTimeout)??;
    let pause = options.between_bytes_timeout.unwrap_or(WAIT);
    let response = response.map(|incoming| {
        let body = incoming.map_err(Error::from).boxed_unsync();
        Steady { body, pause, deadline: sleep_until(Instant::now() + pause), is_waiting: false }
            .boxed_unsync()
    });
    let rest = async move {
        match connections.join_next().await {
            Some(Ok(ended)) => ended.map_err(Error::from),
            Some(Err(_)) | None => Err(Error::ConnectionTerminated),
        }
    };
    Ok((response, Box::new(rest)))
}

/// The target in origin form: a proxy alone would want more.
fn uri_path(uri: &http::Uri) -> Result<http::Uri> {
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    http::Uri::builder().path_and_query(path).build().map_err(|_| Error::HttpRequestUriInvalid)
}

async fn connect(networks: &Networks, host: &str, port: u16, is_https: bool) -> Result<Box<dyn Link>> {
    let addresses = networks.reachable(host, port).await.map_err(|unreachable| match unreachable {
        Unreachable::Unknown(error) => Error::DnsError { rcode: Some(error.to_string()), info_code: None },
        Unreachable::Prohibited => {
            tracing::warn!(
                "refused an outbound request to {host}: its address is not of the open Internet, and \
                `--allow-network` does not allow it"
            );
            Error::DestinationIpProhibited
        }
    })?;
    let stream = TcpStream::connect(addresses.as_slice()).await.map_err(Error::Connect)?;
    stream.set_nodelay(true).map_err(Error::Connect)?;
    if !is_https {
        return Ok(Box::new(stream));
    }
    let config = TLS.clone().ok_or(Error::TlsProtocolError)?;
    let name = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let name = ServerName::try_from(name.to_owned()).map_err(Error::InvalidDnsNameError)?;
    Ok(Box::new(TlsConnector::from(config).connect(name, stream).await.map_err(Error::Tls)?))
}

pin_project! {
    /// An answer's body whose pieces must come within a time of each other.
    struct Steady {
        #[pin]
        body: WasiBody,
        pause: Duration,
        #[pin]
        deadline: Sleep,
        is_waiting: bool,
    }
}

impl Body for Steady {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut this = self.project();
        if let Poll::Ready(frame) = this.body.poll_frame(context) {
            *this.is_waiting = false;
            return Poll::Ready(frame);
        }
        if !*this.is_waiting {
            *this.is_waiting = true;
            this.deadline.as_mut().reset(Instant::now() + *this.pause);
        }
        ready!(this.deadline.poll(context));
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
