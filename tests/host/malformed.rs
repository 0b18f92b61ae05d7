//! Requests that two programs could understand in two ways, and requests that are too much: each is refused, the next one
//! on another connection is served, and memory stays what it was.

use crate::probe::{probes, text};
use crate::wire::{raw, rest};
use std::fmt::Write as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tradepost_tests::{Application, Setup};

/// The statuses of all answers in what a connection gave.
fn statuses(answers: &str) -> Vec<&str> {
    let lines = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]);
    lines.filter(|status| status.bytes().all(|byte| byte.is_ascii_digit())).collect()
}

/// Sends `request` with another one behind it, and expects a refusal with this status and code, and nothing after it.
async fn is_refused(app: &Application, request: &str, status: &str, code: &str) {
    let smuggled = "GET /hello?smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
    let answers = raw(app, format!("{request}{smuggled}").as_bytes()).await;
    let shown: String = request.chars().take(200).collect();
    assert_eq!(statuses(&answers), [status], "{shown:?}: {answers}");
    for part in
        ["content-type: application/problem+json", &format!("\"code\":\"{code}\""), "request-id: req_"]
    {
        assert!(answers.contains(part), "{part} for {shown:?}: {answers}");
    }
    assert!(!answers.contains("hello"), "{shown:?}: {answers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_hide_another_request_is_refused_and_nothing_after_it_answered() {
    let app = probes(Setup::default()).await;
    let post = |headers: &str| format!("POST /length HTTP/1.1\r\nhost: a\r\n{headers}\r\n\r\n");
    for request in [
        post("content-length: 5\r\ntransfer-encoding: chunked") + "0\r\n\r\n",
        post("transfer-encoding: chunked\r\ncontent-length: 5") + "0\r\n\r\n",
        post("content-length: 0\r\ncontent-length: 5"),
        post("content-length: 0\r\ncontent-length: 0"),
        post("content-length: 0, 0"),
        post("content-length: -1"),
        post("content-length: 1e1"),
        post("transfer-encoding: gzip, chunked") + "0\r\n\r\n",
        post("transfer-encoding: identity"),
        post("transfer-encoding: chunked, identity") + "0\r\n\r\n",
        post("transfer-encoding: xchunked") + "0\r\n\r\n",
        post("transfer-encoding: chunked\r\ntransfer-encoding: chunked") + "0\r\n\r\n",
        post("transfer-encoding:\u{b}chunked") + "0\r\n\r\n",
        post("transfer-encoding : chunked") + "0\r\n\r\n",
        post("content-length : 0"),
        post("x: y\r\n content-length: 0"),
        post("x: y\r\n\tz: 1"),
        post("x: a\rcontent-length: 0"),
        post("x: a\ncontent-length: 0"),
        post("x: a\0b"),
        post("x"),
        post("x y: z"),
        "GET /hello HTTP/1.1\nhost: a\n\n".to_owned(),
        "GET /hello HTTP/1.1\r\nhost: a\n\r\n".to_owned(),
        "POST /length HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
        "GET /hello HTTP/1.1 \r\nhost: a\r\n\r\n".to_owned(),
        "GET /hello HTTP/3.0\r\nhost: a\r\n\r\n".to_owned(),
        "GET /hello\r\nhost: a\r\n\r\n".to_owned(),
        "nonsense\r\n\r\n".to_owned(),
    ] {
        is_refused(&app, &request, "400", "malformed_request").await;
    }
    assert_eq!(text(&app.get("/hello").send().await), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_must_say_once_and_clearly_whose_it_is() {
    let app = probes(Setup::default()).await;
    let get = |target: &str, headers: &str| format!("GET {target} HTTP/1.1\r\n{headers}\r\n");
    for request in [
        get("/hello", ""),
        get("/hello", "host: a\r\nhost: b\r\n"),
        get("/hello", "host: a\r\nhost: a\r\n"),
        get("/hello", "host:\r\n"),
        get("/hello", "host: a b\r\n"),
        get("/hello", "host: a,b\r\n"),
        get("/hello", "host: user@a\r\n"),
        get("/hello", "host: a:99999\r\n"),
        get("/hello", "host: a/b\r\n"),
        get("/hello", "host: http://a\r\n"),
        get("http://b/hello", "host: a\r\n"),
        get("http://user:password@a/hello", "host: a\r\n"),
        get("http:///hello", "host: a\r\n"),
        get("file:///hello", "host: a\r\n"),
        get("hello", "host: a\r\n"),
        get("//a b", "host: a\r\n"),
        get("/hello#there", "host: a\r\n"),
        get("/h\u{e9}llo", "host: a\r\n"),
        "CONNECT a:80 HTTP/1.1\r\nhost: a:80\r\n\r\n".to_owned(),
    ] {
        is_refused(&app, &request, "400", "malformed_request").await;
    }
    for request in [
        get("/hello", "host: A:80\r\nconnection: close\r\n"),
        get("http://a/hello", "host: A\r\nconnection: close\r\n"),
    ] {
        let answer = raw(&app, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("hello"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_a_row_are_answered_in_order_up_to_the_one_that_is_refused() {
    let app = probes(Setup::default()).await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n");
    let chunked = "POST /length HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n\
                   5;name=value\r\nhello\r\n1\r\n!\r\n0\r\ntrailer: x\r\n\r\n";
    let sized = "POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc";
    let all = [&get("/sleep?100"), chunked, "\r\n", sized, &get("/hello"), &get("/bad bad"), &get("/hello")]
        .concat();
    for pieces in [all.len(), 1, 7] {
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (mut read, mut write) = stream.split();
        let send = async {
            for piece in all.as_bytes().chunks(pieces) {
                write.write_all(piece).await.unwrap();
            }
        };
        let (answers, ()) = tokio::join!(rest(&mut read), send);
        assert_eq!(statuses(&answers), ["200", "200", "200", "200", "400"], "{answers}");
        let bodies = ["slept", "\r\n\r\n6", "\r\n\r\n3", "hello", "malformed_request"];
        let found: Vec<_> = bodies
            .iter()
            .map(|body| answers.find(body).unwrap_or_else(|| panic!("{body}: {answers}")))
            .collect();
        assert!(found.is_sorted(), "{answers}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_whose_chunks_are_malformed_is_refused() {
    let app = probes(Setup::default()).await;
    let head = "POST /length HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    for body in
        ["x\r\n", "5\nhello\r\n0\r\n\r\n", "5;a\nb\r\nhello", "5\r\nhelloX\r\n", "ffffffffff\r\n", "-1\r\n"]
    {
        let answer = raw(&app, format!("{head}{body}").as_bytes()).await;
        // The probe gets to see an error of reading, and says so with 418.
        assert!(matches!(statuses(&answer)[..], [] | ["418"]), "{body:?}: {answer}");
        assert!(!answer.contains("hello"), "{answer}");
    }
    assert_eq!(text(&app.get("/hello").send().await), "hello");
}

/// Bytes of memory that this process has, the host's among them.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_of_anything_is_refused_without_being_kept() {
    let app = probes(Setup::default()).await;
    app.get("/hello").send().await;
    let before = resident();
    let mut many = String::from("GET /hello HTTP/1.1\r\nhost: a\r\n");
    for number in 0..10_000 {
        write!(many, "x-{number}: y\r\n").unwrap();
    }
    let huge = format!("GET /hello HTTP/1.1\r\nhost: a\r\nx: {}\r\n", "y".repeat(8 << 20));
    let long = format!("GET /{} HTTP/1.1\r\nhost: a\r\n", "x".repeat(8 << 20));
    let longish = format!("GET /{} HTTP/1.1\r\nhost: a\r\n", "x".repeat(9 << 10));
    let some = format!("GET /hello HTTP/1.1\r\nhost: a\r\n{}", "x: y\r\n".repeat(200));
    for _ in 0..8 {
        for (request, status, code) in [
            (&many, "431", "headers_too_large"),
            (&huge, "431", "headers_too_large"),
            (&some, "431", "headers_too_large"),
            (&long, "414", "target_too_long"),
            (&longish, "414", "target_too_long"),
        ] {
            is_refused(&app, &format!("{request}\r\n"), status, code).await;
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 96 << 20, "{} MiB more than before", grown >> 20);
    assert_eq!(text(&app.get("/hello").send().await), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_body_is_not_undone() {
    let app = probes(Setup::default()).await;
    for coding in ["gzip", "br", "identity, gzip", "GZIP", "x"] {
        let ask =
            app.post("/length").header("content-encoding", coding).bytes("application/json", vec![0; 10]);
        ask.send().await.problem(415, "unsupported_media_type");
    }
    let ask =
        app.post("/length").header("content-encoding", "identity").bytes("application/json", vec![0; 10]);
    assert_eq!(text(&ask.send().await), "10");
}
