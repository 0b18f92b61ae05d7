//! HTTP/2, by prior knowledge as well as over TLS, and what its own ways of doing harm come to.

use crate::probe::{probes, text};
use crate::wire::{PATIENCE, ask, get, http2_in_the_clear, rest};
use bytes::Bytes;
use futures::future::join_all;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tradepost::limits::Limits;
use tradepost_tests::{Application, Setup};

fn limited(change: impl FnOnce(&mut Limits)) -> Setup {
    let mut limits = Limits::default();
    change(&mut limits);
    Setup { limits: Some(limits), ..Setup::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_share_a_connection_and_each_gets_its_answer() {
    let app = probes(Setup::default()).await;
    let (send, _connection) = http2_in_the_clear(&app).await;
    let slow = ask(&send, get("/sleep?300"));
    let start = Instant::now();
    let (slow, others) = tokio::join!(slow, join_all((0..20).map(|_| ask(&send, get("/hello")))));
    assert_eq!(slow, (200, "slept".to_owned()));
    assert!(others.iter().all(|answer| *answer == (200, "hello".to_owned())), "{others:?}");
    assert!(start.elapsed() < PATIENCE);
    let (_, seen) = ask(&send, get("/headers")).await;
    assert!(seen.contains("spin-full-url: http://localhost/headers"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_http_1_refuses_is_refused_here_too() {
    let app = probes(Setup::default()).await;
    let (send, _connection) = http2_in_the_clear(&app).await;
    let problem = |(status, body): (u16, String), code: &str| {
        assert!(body.contains(&format!("\"code\":\"{code}\"")), "{status} {body}");
        status
    };
    let other_host = get("/hello").header("host", "example.com");
    assert_eq!(problem(ask(&send, other_host).await, "malformed_request"), 400);
    assert_eq!(ask(&send, get("/hello").header("host", "localhost")).await.0, 200);
    let with_user = http::Request::get("http://somebody@localhost/hello");
    assert_eq!(problem(ask(&send, with_user).await, "malformed_request"), 400);
    let many = (0..130).fold(get("/hello"), |request, number| request.header(format!("x-{number}"), "y"));
    assert_eq!(problem(ask(&send, many).await, "headers_too_large"), 431);
    let long = get(&format!("/{}", "x".repeat(8 << 10)));
    assert_eq!(problem(ask(&send, long).await, "target_too_long"), 414);
    // Beyond what is decoded at all, the library answers, without a body.
    let huge = get("/hello").header("x-huge", "y".repeat(40 << 10));
    assert_eq!(ask(&send, huge).await.0, 431);
    assert_eq!(ask(&send, get("/hello")).await, (200, "hello".to_owned()), "the connection is still good");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_so_many_streams_and_no_more() {
    let app = probes(limited(|limits| limits.streams = 7)).await;
    let (send, connection) = http2_in_the_clear(&app).await;
    ask(&send, get("/hello")).await;
    assert_eq!(send.current_max_send_streams(), 7);
    drop((send, connection));
}

/// Begins requests and takes each of them back, until the host has enough; tells how many that were.
async fn rapid_resets(app: &Application, most: usize) -> usize {
    let (mut send, connection) = http2_in_the_clear(app).await;
    for number in 0..most {
        let begun = timeout(PATIENCE, send.clone().ready()).await.expect("the host reads on");
        let Ok(ready) = begun else { return number };
        send = ready;
        let Ok((_, mut stream)) = send.send_request(get("/sleep?20000").body(()).unwrap(), false) else {
            return number;
        };
        // So that the host gets to see it, which is the way around the limit on those that it does not.
        tokio::time::sleep(Duration::from_millis(1)).await;
        stream.send_reset(h2::Reason::CANCEL);
        if connection.is_finished() {
            return number;
        }
    }
    most
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_back_request_after_request_is_hung_up_on() {
    let app = probes(limited(|limits| limits.streams = 10)).await;
    let begun = rapid_resets(&app, 2000).await;
    assert!((10..500).contains(&begun), "{begun} requests were begun");
    assert_eq!(text(&app.get("/hello").send().await), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn resets_in_one_breath_end_the_connection_too() {
    let app = probes(Setup::default()).await;
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let mut bytes = PREFACE.to_vec();
    frame(&mut bytes, 4, 0, 0, &[]);
    for number in 0..5000_u32 {
        // `:method: GET`, `:scheme: http`, `:path: /` by their static indices, and an authority.
        frame(&mut bytes, 1, 0x5, number * 2 + 1, b"\x82\x86\x84\x41\x01a");
        frame(&mut bytes, 3, 0, number * 2 + 1, &8_u32.to_be_bytes());
    }
    // The host may hang up while this is being written.
    let _ = stream.write_all(&bytes).await;
    rest(&mut stream).await;
    assert_eq!(text(&app.get("/hello").send().await), "hello");
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Appends a frame (RFC 9113 4.1).
fn frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes()[1..]);
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_without_an_end_are_not_collected() {
    let app = probes(Setup::default()).await;
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let mut bytes = PREFACE.to_vec();
    frame(&mut bytes, 4, 0, 0, &[]);
    frame(&mut bytes, 1, 0x1, 1, b"\x82\x86\x84\x41\x01a");
    stream.write_all(&bytes).await.unwrap();
    // A header that is not to be indexed: `x` and 8,000 times `y`, in `CONTINUATION` frames without the end.
    let mut header = b"\x00\x01x\x7f\xc1\x3d".to_vec();
    header.extend_from_slice(&[b'y'; 8000]);
    let mut more = Vec::new();
    frame(&mut more, 9, 0, 1, &header);
    let mut sent = 0;
    let mut broken = false;
    while sent < 64 << 20 {
        if timeout(PATIENCE, stream.write_all(&more)).await.expect("the host reads or hangs up").is_err() {
            broken = true;
            break;
        }
        sent += more.len();
    }
    assert!(broken, "{sent} bytes of one request's headers were read");
    assert_eq!(text(&app.get("/hello").send().await), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_stop_half_way_are_not_waited_for() {
    let app = probes(limited(|limits| limits.header_read = Duration::from_millis(200))).await;
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let mut bytes = PREFACE.to_vec();
    frame(&mut bytes, 4, 0, 0, &[]);
    frame(&mut bytes, 1, 0x1, 1, b"\x82\x86");
    stream.write_all(&bytes).await.unwrap();
    let start = Instant::now();
    rest(&mut stream).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_taken_is_not_kept() {
    let app = probes(limited(|limits| limits.answer_taken = Duration::from_millis(200))).await;
    let stream = TcpStream::connect(app.address()).await.unwrap();
    // A window of no bytes: the head of an answer may come, and nothing of its body.
    let (mut send, connection) =
        h2::client::Builder::new().initial_window_size(0).handshake::<_, Bytes>(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let (response, _) = send.send_request(get("/hello").body(()).unwrap(), true).unwrap();
    let response = response.await.unwrap();
    assert_eq!(response.status(), 200);
    timeout(PATIENCE, connection).await.expect("the host hangs up").unwrap().ok();
    assert!(!matches!(response.into_body().data().await, Some(Ok(_))), "nothing of the body has come");
}
