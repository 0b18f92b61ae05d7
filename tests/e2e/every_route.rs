//! What holds for every route alike.

use crate::orders::order;
use serde_json::json;
use tradepost_tests::{Application, components};

/// The public routes with their parameters filled in.
fn paths() -> Vec<String> {
    let fill = |part: &str| if part.starts_with(':') { "x".to_owned() } else { part.to_owned() };
    components()
        .router()
        .routes()
        .filter(|(pattern, _)| !pattern.is_catch_all())
        .map(|(pattern, _)| pattern.as_str().split('/').map(fill).collect::<Vec<_>>().join("/"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_a_route_does_not_know_is_answered_with_those_it_knows() {
    let app = Application::start().await;
    for path in paths() {
        let answer = app.ask("PUT", &path).send().await;
        answer.problem(405, "method_not_allowed");
        let allowed: Vec<&str> = answer.header("allow").split(", ").collect();
        assert!(allowed.contains(&"OPTIONS") && !allowed.contains(&"PUT"), "{path}: {allowed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_tells_the_methods_without_a_credential() {
    let app = Application::start().await;
    for path in paths() {
        let answer = app.ask("OPTIONS", &path).send().await;
        assert_eq!(answer.status, 204, "{path}: {answer:?}");
        assert!(answer.header("allow").contains("OPTIONS"), "{path}");
        assert!(answer.body.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_names_its_request() {
    let app = Application::start().await;
    for path in paths().into_iter().chain(["/nothing".to_owned()]) {
        for own in ["my-own_id.1", "Root=1-67891233:a/b+c@d~e"] {
            let answer = app.get(&path).header("request-id", own).send().await;
            assert_eq!(answer.header("request-id"), own, "{path}");
        }
        for forged in ["", "spaces are not fine", "<script>", &"x".repeat(200)] {
            let answer = app.get(&path).header("request-id", forged).send().await;
            let id = answer.header("request-id");
            assert!(!id.is_empty() && id != forged, "{path}: {id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_the_headers_of_a_safe_api() {
    let app = Application::start().await;
    for path in paths().into_iter().chain(["/nothing".to_owned()]) {
        let answer = app.get(&path).send().await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        // What is the same for everybody may be kept, and is asked for again each time.
        let may_be_kept =
            path.starts_with("/openapi") || path.starts_with("/docs") || path.starts_with("/.well");
        assert!(may_be_kept || answer.header("cache-control") == "no-store", "{path}: {answer:?}");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
        assert!(!answer.headers.contains_key("transfer-encoding"), "{path}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_get_without_the_body() {
    let app = Application::start().await;
    for path in ["/health", "/health/ready"] {
        let (get, head) = (app.get(path).send().await, app.ask("HEAD", path).send().await);
        assert_eq!(head.status, get.status);
        assert_eq!(head.header("content-length"), get.header("content-length"));
        assert!(head.body.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_no_good_is_refused_even_where_none_is_needed() {
    let app = Application::start().await;
    for path in paths() {
        // Any path knows what it does not know.
        let allowed = app.ask("BREW", &path).send().await;
        let method = allowed
            .headers
            .get("allow")
            .map_or("GET", |methods| methods.to_str().unwrap().split(", ").next().unwrap());
        for credential in ["Bearer wrong", "Bearer ", "Basic dXNlcjpwYXNz", "nonsense"] {
            let answer = app.ask(method, &path).header("authorization", credential).send().await;
            answer.problem(401, "unauthenticated");
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{path}");
            assert!(!String::from_utf8_lossy(&answer.body).contains("wrong"), "{answer:?}");
        }
    }
}

/// A route with a body, and a body that it takes.
fn with_bodies() -> [(&'static str, serde_json::Value); 5] {
    [
        ("/users", json!({"name": "N", "email": "n@example.com"})),
        ("/products", json!({"sku": "S", "name": "N", "price": {"amount": 1, "currency": "USD"}})),
        ("/orders", order("S", 1)),
        ("/payments/payment_01h455vb4pex5vsknk084sn02q/refunds", json!({})),
        ("/stock/S/adjustments", json!({"delta": 1, "reason": "Counted"})),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_json_is_refused_with_its_place() {
    let app = Application::start().await;
    for (path, _) in with_bodies() {
        let ask =
            |body: &[u8]| app.post(path).as_admin().idempotency_key("k").bytes("application/json", body);
        let problem = ask(b"{\n  \"name\": oops}").send().await.problem(400, "malformed_json");
        assert_eq!((&problem["line"], &problem["column"]), (&json!(2), &json!(11)), "{path}: {problem}");
        for body in [&b""[..], b"{", b"[1,]", b"\xff\xfe", b"nul", "[".repeat(100_000).as_bytes()] {
            ask(body).send().await.problem(400, "malformed_json");
        }
        for body in [&b"[]"[..], b"null", b"1", b"\"text\""] {
            ask(body).send().await.problem(400, "validation_failed");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_type_is_refused() {
    let app = Application::start().await;
    for (path, body) in with_bodies() {
        for content_type in ["text/plain", "application/xml", "application/x-www-form-urlencoded", "json", ""]
        {
            let ask = app.post(path).as_admin().idempotency_key("k");
            ask.bytes(content_type, body.to_string()).send().await.problem(415, "unsupported_media_type");
        }
        let ask = app.post(path).as_admin().idempotency_key("with a charset");
        let answer = ask.bytes("application/json; charset=utf-8", body.to_string()).send().await;
        assert_ne!(answer.status, 415);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_256_kib_is_refused() {
    let app = Application::start().await;
    for (path, _) in with_bodies() {
        let ask = || app.post(path).as_admin().idempotency_key("k");
        let body = format!("{{\"name\":\"{}\"}}", "x".repeat(256 * 1024));
        ask().bytes("application/json", body).send().await.problem(413, "payload_too_large");
    }
}
