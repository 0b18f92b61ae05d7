//! The end of a server.

use crate::probe::{probes, text};
use crate::wire::{PATIENCE, ask, get, http2_in_the_clear, rest};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tradepost::limits::Limits;
use tradepost_tests::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_is_answered_before_the_server_ends() {
    let app = probes(Setup::default()).await;
    // An instance is made first, so that the request is surely with its guest when the stop comes.
    app.get("/hello").send().await;
    let address = app.address();
    let request = tokio::spawn(app.get("/sleep?1500").send());
    let (send, connection) = http2_in_the_clear(&app).await;
    let mut more = send.clone();
    let other = tokio::spawn(async move { ask(&send, get("/sleep?1500")).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let stopping = tokio::spawn(app.stop());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody new is let in");
    // GOAWAY has come: the connection takes no further request.
    let refused = async {
        more = more.ready().await?;
        more.send_request(get("/hello").body(()).unwrap(), true)?.0.await
    };
    assert!(timeout(PATIENCE, refused).await.unwrap().is_err());
    assert_eq!(text(&request.await.unwrap()), "slept");
    assert_eq!(other.await.unwrap(), (200, "slept".to_owned()));
    stopping.await.unwrap();
    timeout(PATIENCE, connection).await.unwrap().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_without_a_request_do_not_hold_the_end_up() {
    let app = probes(Setup::default()).await;
    let mut silent = TcpStream::connect(app.address()).await.unwrap();
    let mut begun = TcpStream::connect(app.address()).await.unwrap();
    begun.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let mut kept = TcpStream::connect(app.address()).await.unwrap();
    kept.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert!(kept.read(&mut [0; 4096]).await.unwrap() > 0);
    let (send, _connection) = http2_in_the_clear(&app).await;
    ask(&send, get("/hello")).await;
    let start = Instant::now();
    app.stop().await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    for stream in [&mut silent, &mut begun, &mut kept] {
        rest(stream).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_cut_off() {
    let limits = Limits { drain: Duration::from_millis(500), ..Limits::default() };
    let app = probes(Setup { limits: Some(limits), ..Setup::default() }).await;
    app.get("/hello").send().await;
    let request = tokio::spawn(app.get("/sleep?20000").try_send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let start = Instant::now();
    app.stop().await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(request.await.unwrap().is_err());
}
