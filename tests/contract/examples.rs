//! Every example of the description is tried, in an order in which each finds what it needs, and its answer is what is
//! documented.
//!
//! What was asked and answered is written to `docs/examples` by `UPDATE_OPENAPI=1`, from where the description takes it. A
//! run compares forms and not values, because some of them, such as how risky an order looks, depend on the hour.

use crate::answers::Contract;
use crate::known::{Kept, Names, form};
use crate::shop::{self, WEBHOOK_SECRET};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};
use tradepost_api_description::{Access, Caller, Content, Example, Operation, Route, routes};
use tradepost_tests::{ADMIN_KEY, Answer, Application, example_file, recorded_example, tick};

/// A request that is ready to be sent.
struct Request {
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Value>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_answered_as_documented() {
    let app = shop::open().await;
    shop::poison(&app).await;
    let contract = Contract::new();
    let (mut kept, mut names) = (Kept::default(), Names::new());
    let routes = routes();
    let mut waiting: Vec<(&Route, &Operation, &Example)> = routes
        .iter()
        .flat_map(|route| route.operations().iter().map(move |operation| (route, operation)))
        .flat_map(|(route, operation)| {
            operation.examples().iter().map(move |example| (route, operation, example))
        })
        .collect();
    let mut done = BTreeSet::new();
    let mut faults = Vec::new();
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|(route, operation, example)| {
            example.predecessors().iter().all(|name| done.contains(*name))
                && request(&kept, route, operation, example).is_some()
        });
        let Some(ready) = ready else {
            let names: Vec<_> =
                waiting.iter().map(|(_, operation, example)| (operation.id(), example.name())).collect();
            panic!("these wait for what nothing brings: {names:?}; {faults:#?}");
        };
        let (route, operation, example) = waiting.remove(ready);
        let name = format!("{}.{}", operation.id(), example.name());
        // What the examples before have brought about has come to rest, so that the answer does not depend on the hour.
        tick(&app).await;
        let request = request(&kept, route, operation, example).unwrap();
        let answer = send(&app, operation, &request).await;
        for (name, place) in example.kept() {
            if let Some(found) = found(&answer, place) {
                kept.keep(name, found);
            }
        }
        faults.extend(contract.faults(route, operation, example, request.body.as_ref(), &answer));
        faults.extend(record(&mut names, operation, example, &request, &answer));
        done.insert(name);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The request of an example; `None` while something that it needs is missing.
fn request(kept: &Kept, route: &Route, operation: &Operation, example: &Example) -> Option<Request> {
    let given =
        |name: &str| example.parameters().iter().find(|(given, _)| *given == name).map(|(_, value)| *value);
    let mut path = String::new();
    for segment in route.pattern().split('/').skip(1) {
        path.push('/');
        match segment.strip_prefix(':') {
            Some(name) => {
                let own = format!("${name}");
                path.push_str(&kept.filled(given(name).unwrap_or(&own))?);
            }
            None => path.push_str(segment),
        }
    }
    let body = match example.content() {
        Some(Content::Json(value)) => Some(kept.filled_in(value)?),
        Some(Content::Text(text)) => Some(Value::from(*text)),
        None => None,
    };
    let caller = example.caller().unwrap_or(match operation.access() {
        Access::Open => Caller::Anonymous,
        Access::Identified | Access::Scope(_) => Caller::Operator,
    });
    let credential = match caller {
        Caller::Anonymous => None,
        Caller::Operator => Some(ADMIN_KEY.to_owned()),
        Caller::Bearer(name) => Some(kept.filled(&format!("${name}"))?),
    };
    let mut headers: Vec<(String, String)> = credential
        .map(|credential| ("Authorization".to_owned(), format!("Bearer {credential}")))
        .into_iter()
        .collect();
    let mut query = Vec::new();
    for (name, value) in example.parameters() {
        if *value == "$payment_signature" {
            let body = body.as_ref().map(Value::to_string).unwrap_or_default();
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
            headers
                .push(((*name).to_owned(), tradepost_signature::sign(WEBHOOK_SECRET, now, body.as_bytes())));
        } else if name.starts_with(char::is_uppercase) {
            headers.push(((*name).to_owned(), kept.filled(value)?));
        } else if !route.pattern().split('/').any(|segment| segment.strip_prefix(':') == Some(name)) {
            query.push(format!("{name}={}", kept.filled(value)?.replace(' ', "+")));
        }
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    Some(Request { path, headers, body })
}

async fn send(app: &Application, operation: &Operation, request: &Request) -> Answer {
    let mut ask = app.ask(operation.method(), &request.path);
    for (name, value) in &request.headers {
        ask = ask.header(name, value.clone());
    }
    match (operation.media_type(), &request.body) {
        (Some(media_type), Some(Value::String(text))) => ask.bytes(media_type, text.clone()),
        (Some(media_type), Some(body)) => ask.bytes(media_type, body.to_string()),
        _ => ask,
    }
    .send()
    .await
}

/// What stands in a place of the answer: a pointer into the body, or a header.
fn found(answer: &Answer, place: &str) -> Option<String> {
    if !place.starts_with('/') {
        return Some(answer.headers.get(place)?.to_str().ok()?.to_owned());
    }
    match serde_json::from_slice::<Value>(&answer.body).ok()?.pointer(place)? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Writes down what was asked and answered, or tells how it differs from what was written down.
fn record(
    names: &mut Names,
    operation: &Operation,
    example: &Example,
    request: &Request,
    answer: &Answer,
) -> Option<String> {
    let mut asked = Map::from_iter([("path".to_owned(), names.in_text(&request.path).into())]);
    let headers: Map<String, Value> = request
        .headers
        .iter()
        .filter(|(name, _)| name != "Authorization")
        .map(|(name, value)| (name.clone(), names.in_text(value).into()))
        .collect();
    if !headers.is_empty() {
        asked.insert("headers".to_owned(), headers.into());
    }
    if let Some(body) = &request.body {
        asked.insert("body".to_owned(), names.in_value(body));
    }
    let mut answered = Map::from_iter([("status".to_owned(), answer.status.into())]);
    let headers: Map<String, Value> =
        ["location", "etag", "link", "idempotent-replayed", "preference-applied"]
            .into_iter()
            .filter(|name| operation.id() != "get_description" || *name != "etag")
            .filter_map(|name| {
                Some((name.to_owned(), names.in_text(answer.headers.get(name)?.to_str().ok()?).into()))
            })
            .collect();
    if !headers.is_empty() {
        answered.insert("headers".to_owned(), headers.into());
    }
    // Pages and the description itself would only be there twice.
    let content_type = answer.headers.get("content-type").map(|value| value.to_str().unwrap());
    match content_type {
        Some("application/x-ndjson") => {
            let text = String::from_utf8_lossy(&answer.body);
            answered.insert("body".to_owned(), names.in_text(&text).into());
        }
        Some("application/json" | "application/problem+json") if operation.id() != "get_description" => {
            answered.insert("body".to_owned(), names.in_value(&answer.json()));
        }
        _ => {}
    }
    let record = json!({ "request": asked, "answer": answered });
    let there = recorded_example(operation.id(), example.name());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        let mut text = serde_json::to_string_pretty(&record).unwrap();
        text.push('\n');
        let file = example_file(operation.id(), example.name());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        return None;
    }
    let differs = there.as_ref().map(form) != Some(form(&record));
    differs.then(|| {
        let there = there.unwrap_or_default();
        format!("{}.{} is not as recorded: {there} but {record}", operation.id(), example.name())
    })
}
