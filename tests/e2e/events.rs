//! `/events`

mod replays;

use crate::products::{add, product};
use serde_json::{Value, json};
use tradepost_tests::tick;
use tradepost_tests::{Answer, Application};
use uuid::Uuid;

/// Publishes an event as a context's command does, and has it dispatched by nobody.
pub(crate) async fn publish(
    app: &Application,
    context: &str,
    event_type: &str,
    subject: &str,
    sequence: i64,
    data: &Value,
) -> String {
    let id = Uuid::now_v7().to_string();
    let insert = format!(
        "INSERT INTO {context}.outbox (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
         VALUES ($1::text::uuid, '/{context}', $2, $3, timestamptz '2026-11-22 12:00:00Z', $3, $4, NULL, $5::text::jsonb)"
    );
    let client = app.database().connect().await;
    client.execute(&insert, &[&id, &event_type, &subject, &sequence, &data.to_string()]).await.unwrap();
    id
}

/// A page of the log, and the path of the next one.
async fn page(app: &Application, path: &str) -> (Vec<Value>, bool, Option<String>) {
    let answer = app.get(path).as_admin().send().await;
    let data = answer.data(200);
    (data["items"].as_array().unwrap().clone(), data["has_more"].as_bool().unwrap(), next(&answer))
}

/// Where the `Link` header leads.
pub(crate) fn next(answer: &Answer) -> Option<String> {
    let link = answer.headers.get("link")?.to_str().unwrap();
    let next = link.split(", ").find_map(|link| link.strip_suffix(">; rel=\"next\""))?;
    Some(next.strip_prefix('<').unwrap().to_owned())
}

fn subjects(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["subject"].as_str().unwrap()).collect()
}

/// Five events of which nobody is told, dispatched.
async fn five(app: &Application) {
    for (subject, event_type) in [("s1", "a"), ("s2", "b"), ("s3", "a"), ("s4", "b"), ("s5", "a")] {
        publish(app, "ordering", event_type, subject, 1, &json!({})).await;
    }
    tick(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_told_is_in_the_log_as_it_was_told() {
    const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let app = Application::start().await;
    let ask = app.post("/products").as_admin().header("traceparent", TRACEPARENT);
    let product = ask.json(product("BK-1", 26_196, "USD")).send().await.data(201);
    tick(&app).await;
    let (events, has_more, _) = page(&app, "/events?context=catalog").await;
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert!(!has_more);
    assert!(event["id"].as_str().unwrap().starts_with("event_"), "{event}");
    assert_eq!(event["source"], "/catalog");
    assert_eq!(event["type"], "tradepost.catalog.product-created.v1");
    assert_eq!((&event["subject"], &event["partitionkey"]), (&product["id"], &product["id"]));
    assert_eq!(event["sequence"], 1);
    assert!(event["time"].as_str().unwrap() >= product["created_at"].as_str().unwrap(), "{event}");
    assert_eq!(event["traceparent"], TRACEPARENT);
    assert_eq!((&event["data"]["sku"], &event["data"]["price"]), (&product["sku"], &product["price"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_oldest_first_page_by_page() {
    let app = Application::start().await;
    five(&app).await;
    let (mut path, mut seen) = (Some("/events?limit=2".to_owned()), Vec::new());
    while let Some(next) = path {
        let (events, has_more, next) = page(&app, &next).await;
        assert_eq!(has_more, next.is_some());
        seen.extend(events);
        path = next;
    }
    assert_eq!(subjects(&seen), ["s1", "s2", "s3", "s4", "s5"]);
    let back = format!("/events?limit=2&ending_before={}", seen[3]["id"].as_str().unwrap());
    let (events, has_more, next) = page(&app, &back).await;
    assert_eq!((subjects(&events), has_more), (vec!["s2", "s3"], true));
    assert_eq!(subjects(&page(&app, &next.unwrap()).await.0), ["s4", "s5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_on_after_the_last_event_gets_what_came_since() {
    let app = Application::start().await;
    five(&app).await;
    let (events, ..) = page(&app, "/events").await;
    let resumed = format!("/events?starting_after={}", events[4]["id"].as_str().unwrap());
    assert_eq!(page(&app, &resumed).await, (vec![], false, None));
    publish(&app, "catalog", "c", "s6", 1, &json!({})).await;
    tick(&app).await;
    assert_eq!(subjects(&page(&app, &resumed).await.0), ["s6"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_say_which_events_and_stay_on_the_next_page() {
    let app = Application::start().await;
    five(&app).await;
    publish(&app, "catalog", "a", "s 6&", 1, &json!({})).await;
    tick(&app).await;
    for (query, expected) in [
        ("type=a", vec!["s1", "s3", "s5", "s 6&"]),
        ("type=a&context=ordering", vec!["s1", "s3", "s5"]),
        ("context=catalog", vec!["s 6&"]),
        ("subject=s+6%26", vec!["s 6&"]),
        ("subject=s2&type=a", vec![]),
        ("context=inventory", vec![]),
    ] {
        let (mut path, mut seen) = (Some(format!("/events?{query}&limit=1")), Vec::new());
        while let Some(next) = path {
            let (events, _, next) = page(&app, &next).await;
            seen.extend(events);
            path = next;
        }
        assert_eq!(subjects(&seen), expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_context_with_an_outbox_can_be_asked_for() {
    let app = Application::start().await;
    let outboxes =
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'messaging.outbox'::regclass";
    let outboxes = app.database().connect().await.query(outboxes, &[]).await.unwrap();
    assert!(outboxes.len() >= 3);
    for outbox in outboxes {
        let outbox: String = outbox.get(0);
        let context = outbox.strip_suffix(".outbox").unwrap();
        page(&app, &format!("/events?context={context}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_question_is_said_all_at_once() {
    const NOBODY: &str = "event_01h455vb4pex5vsknk084sn02q";
    let app = Application::start().await;
    let long = "x".repeat(256);
    for (query, pointers) in [
        ("context=shop&limit=0&starting_after=1", vec!["/limit", "/starting_after", "/context"]),
        ("context=/catalog", vec!["/context"]),
        (&*format!("type={long}&subject=%00"), vec!["/type", "/subject"]),
        ("type=&subject=", vec!["/type", "/subject"]),
        (&*format!("starting_after={NOBODY}&ending_before={NOBODY}"), vec!["/ending_before"]),
        ("starting_after=order_01h455vb4pex5vsknk084sn02q", vec!["/starting_after"]),
        (&*format!("starting_after={NOBODY}"), vec!["/starting_after"]),
        (&*format!("ending_before={NOBODY}"), vec!["/ending_before"]),
    ] {
        let answer = app.get(&format!("/events?{query}")).as_admin().send().await;
        answer.problem(400, "malformed_request");
        assert_eq!(answer.pointers(), pointers, "{query}");
    }
    app.get("/events?colour=red").as_admin().send().await.problem(400, "malformed_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_for_the_staff() {
    let app = Application::start().await;
    add(&app, product("BK-1", 1, "USD")).await.data(201);
    app.get("/events").send().await.problem(401, "unauthenticated");
}
