//! What an attacker would try on every route: bodies that are no JSON anybody wants, paths that pretend to be others, and
//! headers smuggled in by what comes back in an answer. Each is refused as a fault of the client.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tradepost_tests::{ADMIN_KEY, Answer, Application, components};

/// The public routes with their parameters filled in by `value`.
fn paths(value: &str) -> Vec<String> {
    let fill = |part: &str| if part.starts_with(':') { value.to_owned() } else { part.to_owned() };
    components()
        .router()
        .routes()
        .filter(|(pattern, _)| !pattern.is_catch_all())
        .map(|(pattern, _)| pattern.as_str().split('/').map(fill).collect::<Vec<_>>().join("/"))
        .collect()
}

/// Checks that it is a refusal, and one that says what is wrong.
#[track_caller]
fn is_refused(answer: &Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}: {answer:?}");
    assert!(!answer.json()["detail"].as_str().unwrap().is_empty(), "{what}");
}

/// Bodies that are refused wherever they are sent, and what they are.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |open: &str, depth: usize| open.repeat(depth).into_bytes();
    let whole = |open: &str, close: &str, depth: usize| {
        format!("{}0{}", open.repeat(depth), close.repeat(depth)).into_bytes()
    };
    vec![
        ("nothing", Vec::new()),
        ("arrays without an end", nested("[", 100_000)),
        ("objects without an end", nested("{\"a\":", 100_000)),
        ("arrays in arrays", whole("[", "]", 20_000)),
        ("objects in objects", whole("{\"a\":", "}", 10_000)),
        (
            "a field that is deep",
            format!("{{\"name\":{}}}", String::from_utf8(whole("[", "]", 5_000)).unwrap()).into(),
        ),
        ("a number without a size", br#"{"name":1e400,"amount":-1e400}"#.to_vec()),
        ("a number with many digits", format!("{{\"name\":{}}}", "9".repeat(50_000)).into_bytes()),
        ("not a number", b"{\"name\":NaN}".to_vec()),
        ("bytes that are not UTF-8", b"{\"name\":\"\xff\xfe\"}".to_vec()),
        ("an overlong slash", b"{\"name\":\"\xc0\xaf\"}".to_vec()),
        ("half a surrogate pair", br#"{"name":"\ud800"}"#.to_vec()),
        ("a member that is there twice", br#"{"name":"a","name":"b"}"#.to_vec()),
        ("the same by another spelling", br#"{"name":"a","\u006eame":"b"}"#.to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}x".to_vec()),
        ("UTF-16", b"\xff\xfe{\0}\0".to_vec()),
        ("something after the end", b"{} {}".to_vec()),
        ("a comment", b"{/* */}".to_vec()),
        ("a raw line break", b"{\"name\":\"a\nb\"}".to_vec()),
        ("a prototype", br#"{"__proto__":{"admin":true},"constructor":1}"#.to_vec()),
        ("many members", {
            let members: Vec<String> = (0..20_000).map(|number| format!("\"m{number}\":0")).collect();
            format!("{{{}}}", members.join(",")).into_bytes()
        }),
        ("a very long string", format!("{{\"name\":\"{}\"}}", "x".repeat(900_000)).into_bytes()),
        ("too much", vec![b' '; 17 << 20]),
        ("an archive", b"\x1f\x8b\x08\x00\x00\x00\x00\x00".to_vec()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_makes_a_fault_of_ours() {
    let app = Application::start().await;
    let mut asked = 0;
    for path in paths("x") {
        let allowed = app.ask("OPTIONS", &path).send().await.header("allow").to_owned();
        // What a run of the outbox makes of it has tests of its own.
        let methods =
            ["POST", "PATCH"].into_iter().filter(|method| allowed.contains(method) && path != "/tick");
        for method in methods {
            for (what, body) in bodies() {
                let ask = app.ask(method, &path).as_admin().idempotency_key("key");
                // A body that is too much may be refused before it was sent to its end.
                let Ok(answer) = ask.bytes("application/json", body).try_send().await else { continue };
                is_refused(&answer, &format!("{method} {path} with {what}"));
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "{asked} requests");
    assert_eq!(app.get("/health").send().await.status, 200);
}

/// Sends a target as it is, and returns the whole answer.
async fn get(app: &Application, target: &str) -> String {
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let request = format!(
        "GET {target} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {ADMIN_KEY}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_is_another_in_disguise() {
    let app = Application::start().await;
    assert!(get(&app, "/events").await.starts_with("HTTP/1.1 200 "), "what the others pretend to be");
    for target in [
        "//events",
        "/x//events",
        "/./events",
        "/users/../events",
        "/users/%2e%2e/events",
        "/users/..%2fevents",
        "/%2e/events",
        "/%65vents",
        "/events%00",
        "/events%2f",
        "/events;x=y",
        "/EVENTS",
        "/events%20",
        "/events\\",
        "/..%5cevents",
        "/%c0%afevents",
        "/events%",
        "/events%zz",
        "http://a//events",
    ] {
        let answer = get(&app, target).await;
        let status = answer.get(9..12).unwrap_or_default();
        assert!(["400", "404"].contains(&status), "{target}: {answer}");
        assert!(answer.contains("application/problem+json"), "{target}: {answer}");
    }
    for path in paths(&"x".repeat(8000)).into_iter().filter(|path| path.len() > 8000) {
        let answer = get(&app, &path).await;
        assert!(
            answer.starts_with("HTTP/1.1 4") && answer.contains("application/problem+json"),
            "{answer:.300}"
        );
    }
    let answer = get(&app, &format!("/{}", "x".repeat(9000))).await;
    assert!(answer.starts_with("HTTP/1.1 414 ") && answer.contains("target_too_long"), "{answer:.300}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_sent_becomes_a_header_or_markup_of_the_answer() {
    let app = Application::start().await;
    let injection = "x%0d%0ax-injected:%20yes%0d%0a%0d%0a%3Cscript%3E";
    for path in paths(injection) {
        for target in [path.clone(), format!("{path}?cursor={injection}&{injection}=1")] {
            let answer = get(&app, &target).await;
            let (head, _) = answer.split_once("\r\n\r\n").unwrap();
            assert!(!head.to_ascii_lowercase().contains("\nx-injected"), "{target}: {answer}");
            assert!(
                !head.contains("<script>") && head.contains("x-content-type-options: nosniff"),
                "{answer}"
            );
            assert!(!answer.starts_with("HTTP/1.1 5"), "{target}: {answer}");
        }
    }
    let name = "a\r\nx-injected: yes";
    for header in
        ["idempotency-key", "prefer", "if-match", "if-none-match", "accept", "traceparent", "authorization"]
    {
        let encoded: String = name.replace('\r', "%0d").replace('\n', "%0a");
        let answer = app.post("/users").header(header, encoded).json(serde_json::json!({})).send().await;
        assert!((400..500).contains(&answer.status), "{header}: {answer:?}");
        assert!(answer.headers.get("x-injected").is_none());
    }
}
