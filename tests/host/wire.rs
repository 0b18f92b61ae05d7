//! Clients that do what no well-meaning one would: bytes as they are, and HTTP/2 by hand.

use bytes::Bytes;
use h2::client::SendRequest;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tradepost_tests::Application;

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Sends bytes as they are and returns what comes back until the host closes.
pub(crate) async fn raw(app: &Application, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let (mut read, mut write) = stream.split();
    // The host need not read all of it before it has enough.
    let (answer, _) = tokio::join!(rest(&mut read), write.write_all(request));
    answer
}

/// What comes until the host closes.
pub(crate) async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut answer = Vec::new();
    // A connection that is reset has ended too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the host closes");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Begins an HTTP/2 connection, and hands out what becomes of it.
pub(crate) async fn http2<S>(
    stream: S,
) -> (SendRequest<Bytes>, tokio::task::JoinHandle<Result<(), h2::Error>>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (send, connection) = h2::client::handshake(stream).await.unwrap();
    (send, tokio::spawn(connection))
}

/// The same in the clear, by prior knowledge.
pub(crate) async fn http2_in_the_clear(
    app: &Application,
) -> (SendRequest<Bytes>, tokio::task::JoinHandle<Result<(), h2::Error>>) {
    http2(TcpStream::connect(app.address()).await.unwrap()).await
}

/// Sends a request without a body over HTTP/2, and takes the whole answer.
pub(crate) async fn ask(send: &SendRequest<Bytes>, request: http::request::Builder) -> (u16, String) {
    let mut send = send.clone().ready().await.unwrap();
    let (response, _) = send.send_request(request.body(()).unwrap(), true).unwrap();
    let (head, mut body) = response.await.unwrap().into_parts();
    let mut bytes = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        bytes.extend_from_slice(&data);
    }
    (head.status.as_u16(), String::from_utf8(bytes).unwrap())
}

/// A GET of this path.
pub(crate) fn get(path: &str) -> http::request::Builder {
    http::Request::get(format!("http://localhost{path}"))
}
