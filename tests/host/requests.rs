//! What a guest gets to see of a request, and what of a malformed one.

use crate::probe::{probes, text};
use crate::wire::raw;
use tradepost_tests::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn the_hosts_own_headers_cannot_be_forged() {
    let app = probes(Setup::default()).await;
    let ask =
        app.get("/headers").header("spin-client-addr", "9.9.9.9:1").header("spin-path-match-x", "forged");
    let seen = text(&ask.send().await);
    let lines: Vec<&str> = seen.lines().filter(|line| line.starts_with("spin-")).collect();
    let client: Vec<&&str> = lines.iter().filter(|line| line.starts_with("spin-client-addr: ")).collect();
    assert_eq!(client.len(), 1, "{seen}");
    assert!(client.iter().all(|line| line.starts_with("spin-client-addr: 127.0.0.1:")), "{seen}");
    assert!(!seen.contains("forged") && !seen.contains("9.9.9.9"), "{seen}");
    assert!(lines.contains(&"spin-path-info: /headers"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guest_gets_the_request_id_that_the_client_gets() {
    let app = probes(Setup::default()).await;
    for sent in ["", "not sane", "Root=1-67891233:a/b+c@d~e"] {
        let answer = app.get("/headers").header("request-id", sent).send().await;
        let id = answer.header("request-id");
        assert!(text(&answer).contains(&format!("request-id: {id}")), "{answer:?}");
        assert_eq!(id == sent, sent.starts_with("Root"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_is_not_text_is_answered_with_400() {
    let app = probes(Setup::default()).await;
    let answer =
        raw(&app, b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-odd: \xff\xfe\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("malformed_request"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_head_is_answered_with_400_and_the_connection_closed() {
    let app = probes(Setup::default()).await;
    for request in
        [&b"GET /hello HTTP/1.1\r\nno colon\r\n\r\n"[..], b"GET /a b c HTTP/1.1\r\nhost: x\r\n\r\n"]
    {
        let answer = raw(&app, request).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{:?}: {answer}", String::from_utf8_lossy(request));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_http_at_all_is_hung_up_on() {
    let app = probes(Setup::default()).await;
    raw(&app, b"nonsense\r\n\r\n").await;
    assert_eq!(text(&app.get("/hello").send().await), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_print_into_the_log_without_harm() {
    let app = probes(Setup::default()).await;
    assert_eq!(text(&app.get("/print?a%20line%0Aand%20another").send().await), "printed");
}
