//! What every answer owes to how it was asked for: pages of other origins, media types, codings, safety.

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::io::Read as _;
use tradepost_tests::{Answer, Application, Setup, components};

const SHOP: &str = "https://shop.example";

async fn application(variables: &[(&str, &str)]) -> Application {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Application::with(Setup { variables, ..Setup::default() }).await
}

fn paths() -> Vec<String> {
    let routes = components().router().routes().filter(|(pattern, _)| !pattern.is_catch_all());
    let fill = |part: &str| if part.starts_with(':') { "x".to_owned() } else { part.to_owned() };
    routes.map(|(pattern, _)| pattern.as_str().split('/').map(fill).collect::<Vec<_>>().join("/")).collect()
}

fn has(answer: &Answer, name: &str) -> bool {
    answer.headers.contains_key(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_origin_that_is_allowed_may_do_what_the_route_can() {
    let app = application(&[("cors_origins", &format!("{SHOP}, http://localhost:5173"))]).await;
    for path in paths() {
        let ask = app.ask("OPTIONS", &path).header("origin", SHOP);
        let preflight = ask.header("access-control-request-method", "POST").send().await;
        assert_eq!(preflight.status, 204, "{path}: {preflight:?}");
        assert_eq!(preflight.header("access-control-allow-origin"), SHOP, "{path}");
        let methods = preflight.header("access-control-allow-methods");
        assert_eq!(methods, preflight.header("allow"), "{path}");
        for header in ["authorization", "content-type", "idempotency-key", "if-match"] {
            assert!(preflight.header("access-control-allow-headers").contains(header), "{path}: {header}");
        }
        assert!(!has(&preflight, "access-control-allow-credentials"), "{path}");
        // And reads what became of it, refusals too.
        for method in ["GET", "POST", "PUT"] {
            let answer = app.ask(method, &path).header("origin", SHOP).send().await;
            assert_eq!(answer.header("access-control-allow-origin"), SHOP, "{method} {path}: {answer:?}");
            assert!(answer.header("access-control-expose-headers").contains("request-id"), "{path}");
            assert!(answer.headers.get_all("vary").iter().any(|vary| vary == "origin"), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_any_other_origin_may_nothing() {
    let app = application(&[("cors_origins", SHOP)]).await;
    let closed = Application::start().await;
    for app in [&app, &closed] {
        for origin in ["https://evil.example", "null", "https://shop.example.evil.example", ""] {
            let ask = app.ask("OPTIONS", "/products").header("origin", origin);
            let preflight = ask.header("access-control-request-method", "POST").send().await;
            let answer = app.get("/products").header("origin", origin).send().await;
            for answer in [preflight, answer] {
                assert!(!has(&answer, "access-control-allow-origin"), "{origin}: {answer:?}");
                assert!(!has(&answer, "access-control-allow-methods"), "{origin}: {answer:?}");
            }
        }
        let answer = app.get("/products").header("origin", SHOP).header("origin", SHOP).send().await;
        assert!(!has(&answer, "access-control-allow-origin"), "two origins are none: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_origin_is_allowed_where_the_operator_says_so() {
    let app = application(&[("cors_origins", "*")]).await;
    let answer = app.get("/products").header("origin", "https://evil.example").send().await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test(flavor = "multi_thread")]
async fn origins_that_no_browser_sends_stop_the_service_rather_than_mean_nothing() {
    let app = application(&[("cors_origins", "shop.example")]).await;
    app.get("/products").send().await.problem(503, "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_safe_to_receive() {
    let app = application(&[("behind_tls", "true")]).await;
    let plain = Application::start().await;
    for path in paths().into_iter().chain(["/nothing".to_owned()]) {
        for method in ["GET", "OPTIONS", "PUT", "BREW"] {
            let answer = app.ask(method, &path).send().await;
            let expected = [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-resource-policy", "same-origin"),
                ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ];
            for (name, value) in expected {
                assert_eq!(answer.header(name), value, "{method} {path}");
            }
        }
        let safe = app.get(&path).send().await;
        // What a route does not know never gets as far as the gateway.
        assert!(
            safe.status == 405 || safe.header("strict-transport-security").starts_with("max-age=31536000"),
            "{path}"
        );
        assert!(!has(&plain.get(&path).send().await, "strict-transport-security"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_no_json_gets_none() {
    let app = Application::start().await;
    for accept in ["application/json", "*/*", "text/html, */*;q=0.1", "application/*"] {
        app.get("/products").header("accept", accept).send().await.data(200);
    }
    for accept in ["text/html", "application/json;q=0", "application/xml, text/*"] {
        let answer = app.get("/products").header("accept", accept).send().await;
        answer.problem(406, "not_acceptable");
    }
    app.get("/products")
        .header("accept-encoding", "identity;q=0, br")
        .send()
        .await
        .problem(406, "not_acceptable");
    // Who may not come in is told that and nothing else; what is not there is not there in any form.
    app.get("/ledger/balances").header("accept", "text/html").send().await.problem(401, "unauthenticated");
    app.get("/nothing").header("accept", "text/html").send().await.problem(404, "not_found");
    // An effect that could not be told of is not had.
    let body = json!({"name": "N", "email": "n@example.com"});
    let refused = app.post("/users").header("accept", "text/html").json(body.clone()).send().await;
    refused.problem(406, "not_acceptable");
    app.post("/users").json(body).send().await.data(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_json_is_compressed_for_who_likes_that_and_only_then() {
    let app = Application::start().await;
    for number in 0..20 {
        let price = json!({"amount": 1, "currency": "USD"});
        let product = json!({"sku": format!("P-{number}"), "name": "A product", "price": price});
        app.post("/products").as_admin().json(product).send().await.data(201);
    }
    let plain = app.get("/products").send().await;
    plain.data(200);
    assert!(!has(&plain, "content-encoding"));
    assert_eq!(plain.header("vary"), "accept-encoding");
    for coding in ["gzip", "gzip, deflate, br", "*", "identity;q=0.5, gzip;q=1"] {
        let answer = app.get("/products").header("accept-encoding", coding).send().await;
        assert_eq!(answer.header("content-encoding"), "gzip", "{coding}");
        assert_eq!(answer.header("content-length"), answer.body.len().to_string());
        assert!(answer.body.len() * 3 < plain.body.len(), "{} of {}", answer.body.len(), plain.body.len());
        let mut body = Vec::new();
        GzDecoder::new(&*answer.body).read_to_end(&mut body).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), plain.json());
    }
    for coding in ["br", "gzip;q=0", "identity, gzip;q=0.5"] {
        let answer = app.get("/products").header("accept-encoding", coding).send().await;
        assert!(!has(&answer, "content-encoding"), "{coding}");
    }
    // Small answers are left as they are, and what is read in gzip can be edited by the tag that it had.
    let small = app.get("/health").header("accept-encoding", "gzip").send().await;
    assert!(!has(&small, "content-encoding"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_in_gzip_is_edited_by_the_tag_it_had() {
    let app = Application::start().await;
    let product = json!({"sku": "LONG", "name": "Long", "description": "word ".repeat(600),
        "price": {"amount": 1, "currency": "USD"}});
    let path = app.post("/products").as_admin().json(product).send().await.header("location").to_owned();
    let read = app.get(&path).header("accept-encoding", "gzip").send().await;
    assert_eq!(read.header("content-encoding"), "gzip");
    let etag = read.header("etag").to_owned();
    assert_ne!(etag, app.get(&path).send().await.header("etag"), "other bytes, another strong tag");
    let edit = || {
        let ask = app.ask("PATCH", &path).as_admin().header("if-match", etag.clone());
        ask.bytes("application/merge-patch+json", r#"{"name": "Longer"}"#)
    };
    edit().send().await.data(200);
    edit().send().await.problem(412, "precondition_failed");
}
