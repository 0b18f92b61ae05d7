//! Clients that take their time: with the head, with the body, with the answer, or with the next request.

use crate::probe::{probes, text};
use crate::wire::rest;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tradepost::limits::Limits;
use tradepost_tests::{Application, Setup};

async fn patient(change: impl FnOnce(&mut Limits)) -> Application {
    let mut limits = Limits::default();
    change(&mut limits);
    probes(Setup { limits: Some(limits), ..Setup::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_to_its_end_is_answered_with_408() {
    let app = patient(|limits| limits.header_read = Duration::from_millis(500)).await;
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    stream.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\n").await.unwrap();
    let start = Instant::now();
    let (mut read, mut write) = stream.split();
    // A header line now and then, so that the connection is never idle.
    let drip = async {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if write.write_all(b"x: y\r\n").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let answer = tokio::select! {
        answer = rest(&mut read) => answer,
        () = drip => String::new(),
    };
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("request_too_slow") && answer.contains("request-id: req_"), "{answer}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_nothing_at_all_is_hung_up_on() {
    let app = patient(|limits| limits.header_read = Duration::from_millis(300)).await;
    let start = Instant::now();
    let mut streams = Vec::new();
    for first in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n", b"\r\n"] {
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        stream.write_all(first).await.unwrap();
        streams.push(stream);
    }
    for stream in &mut streams {
        rest(stream).await;
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_drips_is_answered_with_408() {
    let app = patient(|limits| limits.body_patience = Duration::from_millis(500)).await;
    for framing in ["content-length: 100", "transfer-encoding: chunked"] {
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        let head = format!("POST /length HTTP/1.1\r\nhost: a\r\n{framing}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let (mut read, mut write) = stream.split();
        let piece: &[u8] = if framing.contains("chunked") { b"1\r\nx\r\n" } else { b"x" };
        let drip = async {
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if write.write_all(piece).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let answer = tokio::select! {
            answer = rest(&mut read) => answer,
            () = drip => String::new(),
        };
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("request_too_slow"), "{answer}");
    }
    assert_eq!(text(&app.post("/length").bytes("text/plain", vec![0; 100_000]).send().await), "100000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_not_used_any_more_is_closed() {
    let app = patient(|limits| {
        limits.header_read = Duration::from_millis(300);
        limits.keep_alive = Duration::from_millis(600);
    })
    .await;
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let request = b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n";
    for _ in 0..3 {
        stream.write_all(request).await.unwrap();
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).await.unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 200 "));
        // Longer than a head may take, and shorter than a connection is kept.
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    let start = Instant::now();
    rest(&mut stream).await;
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
}
