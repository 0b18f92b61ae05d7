//! Every view, made again from the events, is byte for byte what it was: whatever became of the events that projections were
//! to be given, and in whatever order those came.

use crate::orders::order_id::fulfilments::fulfil;
use crate::orders::{ANN, BOB, order, paid_order, place, with_stock};
use crate::products::{add, product};
use crate::sessions::{PASSWORD, log_in, register, tokens};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tradepost_subscriptions::{SUBSCRIPTIONS, Subscription};
use tradepost_tests::tick;
use tradepost_tests::{Application, SeededChance};
use tradepost_timestamp::Timestamp;

fn projections() -> impl Iterator<Item = (&'static Subscription, &'static str)> {
    SUBSCRIPTIONS.iter().filter_map(|subscription| Some((subscription, subscription.view_prefix?)))
}

/// What the projections have written.
fn projected(app: &Application) -> BTreeMap<String, Vec<u8>> {
    let views = app.views();
    let keys = views.keys().unwrap().map(Result::unwrap);
    let is_projected =
        |key: &String| projections().any(|(_, prefix)| key.starts_with(prefix)) && !key.ends_with(":recent");
    keys.filter(is_projected).map(|key| (key.clone(), views.get(&key).unwrap().unwrap())).collect()
}

/// Compares, and tells the keys alone that differ.
#[track_caller]
fn same(app: &Application, live: &BTreeMap<String, Vec<u8>>, context: &str) {
    let now = projected(app);
    let keys = live.keys().chain(now.keys());
    let different: BTreeSet<&String> = keys.filter(|key| live.get(*key) != now.get(*key)).collect();
    assert!(different.is_empty(), "{context}: {different:?}");
}

async fn wipe(app: &Application) {
    let views = app.views();
    for key in views.keys().unwrap().map(Result::unwrap).collect::<Vec<_>>() {
        views.delete(&key).await.unwrap();
    }
}

/// Products that were edited and archived, orders of two customers and a guest that were rejected, paid, held, sent, sent
/// back and cancelled; a session that ended, and API keys of which one was revoked; all of it delivered.
async fn history() -> Application {
    let app = with_stock(50).await;
    for sku in ["A", "B"] {
        let path = add(&app, product(sku, 5, "USD")).await.header("location").to_owned();
        let ask = app.ask("PATCH", &path).as_admin().header("if-match", "*");
        ask.bytes("application/merge-patch+json", r#"{"name": "Another"}"#).send().await.data(200);
        if sku == "B" {
            app.ask("DELETE", &path).as_admin().header("if-match", "*").send().await;
        }
    }
    let sent = paid_order(&app, 3).await;
    fulfil(&app, &sent, 2).await.data(201);
    let body = json!({"lines": [{"sku": "BK-1", "quantity": 1}]});
    app.post(&format!("{sent}/returns")).as_admin().json(body).send().await.data(201);
    let held = paid_order(&app, 2).await;
    app.post(&format!("{held}/hold")).as_admin().json(json!({})).send().await.data(200);
    let cancelled = paid_order(&app, 1).await;
    app.post(&format!("{cancelled}/cancellation")).as_customer(ANN).json(json!({})).send().await.data(200);
    let bobs = app.post("/orders").as_customer(BOB).idempotency_key("bob").json(order("BK-1", 999));
    bobs.send().await.data(201);
    place(&app, "guest", order("BK-1", 999)).await.data(201);
    let user = register(&app, "ada@example.com").await;
    tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
    assert_eq!(app.ask("DELETE", &format!("/users/{user}")).as_admin().send().await.status, 204);
    for name in ["lasting", "revoked"] {
        let key = app.post("/api-keys").as_admin().json(json!({"name": name, "scopes": ["orders:read"]}));
        let path = key.send().await.header("location").to_owned();
        if name == "revoked" {
            assert_eq!(app.ask("DELETE", &path).as_admin().send().await.status, 204);
        }
    }
    tick(&app).await;
    app
}

/// The events of a projection, as the relay would deliver them.
async fn events_of(app: &Application, projection: &Subscription) -> Vec<Value> {
    let events = "SELECT id::text, source, type, subject, partitionkey, sequence, data::text,
                         (extract(epoch FROM time) * 1000000)::bigint
                  FROM messaging.events WHERE type = ANY($1) ORDER BY position";
    let rows = app.database().connect().await.query(events, &[&projection.event_types]).await.unwrap();
    rows.iter()
        .map(|row| {
            let data: Value = serde_json::from_str(row.get(6)).unwrap();
            json!({
                "specversion": "1.0", "id": row.get::<_, &str>(0), "source": row.get::<_, &str>(1),
                "type": row.get::<_, &str>(2), "subject": row.get::<_, &str>(3),
                "time": Timestamp::from_micros(row.get(7)), "partitionkey": row.get::<_, &str>(4),
                "sequence": format!("{:020}", row.get::<_, i64>(5)),
                "datacontenttype": "application/json", "data": data,
            })
        })
        .collect()
}

/// Puts all events of all projections into their mailboxes.
async fn replay_all(app: &Application) {
    let client = app.database().connect().await;
    for (projection, _) in projections() {
        let replay = "SELECT replayed FROM messaging.replay($1, $2, NULL, NULL, NULL, 100000, $3)";
        client
            .query(replay, &[&projection.consumer, &projection.event_types, &projection.key_member])
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn views_are_what_their_events_make_of_them_whatever_became_of_those() {
    let app = history().await;
    let live = projected(&app);
    for (_, prefix) in projections() {
        assert!(live.keys().any(|key| key.starts_with(prefix)), "{prefix}: {:?}", live.keys());
    }

    let rebuilt = app.rebuild_views(false).await;
    assert!(rebuilt.keys > live.len() && rebuilt.set_aside == 0, "the courtesies go too: {rebuilt:?}");
    same(&app, &live, "thrown away by the command and made again");
    let recent =
        app.views().keys().unwrap().map(Result::unwrap).filter(|key| key.ends_with(":recent")).count();
    assert_eq!(recent, 0);

    wipe(&app).await;
    assert_eq!(app.rebuild_views(true).await.keys, 0);
    same(&app, &live, "thrown away by somebody else");

    // Every other delivery is lost.
    wipe(&app).await;
    replay_all(&app).await;
    let client = app.database().connect().await;
    let lose = "DELETE FROM messaging.deliveries WHERE position % 2 = 0";
    assert!(client.execute(lose, &[]).await.unwrap() > 10);
    let emptied = "DELETE FROM messaging.mailboxes AS mailbox WHERE NOT EXISTS (
                       SELECT FROM messaging.deliveries AS delivery
                       WHERE (delivery.consumer, delivery.partitionkey) = (mailbox.consumer, mailbox.partitionkey))";
    client.execute(emptied, &[]).await.unwrap();
    tick(&app).await;
    assert_ne!(projected(&app), live, "what is lost is missed");
    app.rebuild_views(true).await;
    same(&app, &live, "lost and delivered again");

    for _ in 0..2 {
        replay_all(&app).await;
        tick(&app).await;
        same(&app, &live, "delivered twice");
    }

    let chance = SeededChance::of(7);
    for round in 0..3 {
        wipe(&app).await;
        for (projection, _) in projections() {
            let mut events = events_of(&app, projection).await;
            events.sort_by_cached_key(|_| chance.next());
            for some in events.chunks(7) {
                app.deliver(projection.consumer, some).await;
            }
        }
        same(&app, &live, &format!("in another order, round {round}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_is_what_the_journal_has() {
    let app = history().await;
    let client = app.database().connect().await;
    let heads = client.query("SELECT order_id::text, view::text FROM ordering.orders", &[]).await.unwrap();
    assert_eq!(heads.len(), 5);
    for head in heads {
        let (id, view): (String, String) = (head.get(0), head.get(1));
        let entry = app.views().get(&format!("order:{id}")).unwrap().unwrap();
        assert!(entry.ends_with(view.as_bytes()), "{view} and {}", String::from_utf8_lossy(&entry));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_set_aside_does_not_hold_a_rebuild_up() {
    let app = with_stock(5).await;
    for key in ["1", "2", "3"] {
        place(&app, key, order("BK-1", 999)).await.data(201);
    }
    tick(&app).await;
    let live = projected(&app);
    let client = app.database().connect().await;
    let set_aside = "WITH event AS (
             SELECT position, partitionkey FROM messaging.events
             WHERE type = 'tradepost.ordering.order-placed.v2' ORDER BY position LIMIT 1
         ), mailbox AS (
             INSERT INTO messaging.mailboxes (consumer, partitionkey, due_at, attempts)
             SELECT 'ordering-order-views', partitionkey, 'infinity', 16 FROM event
         ), delivery AS (
             INSERT INTO messaging.deliveries (consumer, partitionkey, position, bytes)
             SELECT 'ordering-order-views', partitionkey, position, 1 FROM event
         )
         INSERT INTO messaging.dead_letters (id, consumer, partitionkey, position, attempts, error)
         SELECT gen_random_uuid(), 'ordering-order-views', partitionkey, position, 16, 'it would not' FROM event";
    client.execute(set_aside, &[]).await.unwrap();
    let rebuilt = app.rebuild_views(false).await;
    assert_eq!(rebuilt.set_aside, 0);
    same(&app, &live, "what was set aside was tried again");
}
