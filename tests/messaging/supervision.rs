//! What becomes of events that their consumers take, refuse, break over or do not answer for.

use crate::post_office::{ATTEMPTS, OPENINGS, PostOffice, VIEWS, publish};
use futures::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};

fn sorted(ids: &str) -> Vec<&str> {
    let mut ids: Vec<&str> = ids.split(' ').collect();
    ids.sort_unstable();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn every_consumer_gets_its_events_once_and_each_keys_in_order() {
    let office = PostOffice::open().await;
    office.publish("a", 1, &["", ""]).await;
    office.publish("b", 1, &[""]).await;
    assert_eq!(office.relay().await, json!({"delivered": 6, "retried": 0, "set_aside": 0}));
    for consumer in [VIEWS, OPENINGS] {
        assert_eq!(office.given(consumer).await, "a1 a2 b1");
        assert_eq!(office.applied(consumer).await, "a1 a2 b1");
    }
    assert_eq!(office.relay().await, json!({"delivered": 0, "retried": 0, "set_aside": 0}));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_goes_to_its_subscribers_and_one_that_has_none_to_the_log_alone() {
    let office = PostOffice::open().await;
    publish(&office.database, "a", 1, "", "tradepost.catalog.product-archived.v1").await;
    publish(&office.database, "b", 1, "", "tradepost.ordering.order-placed.v1").await;
    publish(&office.database, "c", 1, "", "somebody.elses.v1").await;
    office.relay_to_rest().await;
    assert_eq!((&*office.given(VIEWS).await, &*office.given(OPENINGS).await), ("a1", ""));
    let logged = "SELECT count(*) FROM messaging.events";
    assert_eq!(office.database.query_one(logged, &[]).await.unwrap().get::<_, i64>(0), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_key_blocks_only_itself_and_goes_on_in_order_once_it_is_replayed() {
    for (poison, error) in [("fail", "told to fail by 2"), ("reject", "told to reject by 2")] {
        let office = PostOffice::open().await;
        office.publish("a", 1, &["", poison, ""]).await;
        office.publish("b", 1, &["", ""]).await;
        office.relay_to_rest().await;
        assert_eq!(sorted(&office.applied(VIEWS).await), ["a1", "b1", "b2"], "{poison}");
        let attempts = if poison == "fail" { ATTEMPTS } else { 1 };
        let expected = [("a".to_owned(), i32::try_from(attempts).unwrap(), error.to_owned())];
        assert_eq!(office.dead_letters(VIEWS).await, expected);

        // More of the key comes, and waits.
        office.publish("a", 4, &[""]).await;
        office.relay_to_rest().await;
        assert!(!office.applied(VIEWS).await.contains("a3"));
        // It is replayed before the cause is gone, and is set aside again.
        office.replay_dead_letters().await;
        office.relay_to_rest().await;
        assert_eq!(office.dead_letters(VIEWS).await, expected);

        office.mood("healed").await;
        office.replay_dead_letters().await;
        office.relay_to_rest().await;
        assert!(office.applied(VIEWS).await.ends_with("a2 a3 a4"), "{poison}");
        assert_eq!(office.dead_letters(VIEWS).await, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_traps_its_consumer_takes_nobody_with_it() {
    let office = PostOffice::open().await;
    for key in ["a", "b", "c", "d"] {
        office.publish(key, 1, &[if key == "c" { "trap" } else { "" }, ""]).await;
    }
    // One run: the batch breaks, and each mailbox is delivered by itself at once.
    office.relay().await;
    assert_eq!(office.applied(VIEWS).await, "a1 a2 b1 b2 d1 d2");
    office.relay_to_rest().await;
    let [(key, attempts, error)] = &office.dead_letters(VIEWS).await[..] else { panic!() };
    assert_eq!((key.as_str(), *attempts), ("c", 3));
    assert!(error.starts_with("The consumer answered 500 without results"), "{error}");
    office.mood("healed").await;
    office.replay_dead_letters().await;
    office.relay_to_rest().await;
    assert!(office.applied(VIEWS).await.ends_with("c1 c2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_hangs_is_stopped_and_its_neighbours_go_on() {
    let office = PostOffice::open().await;
    office.publish("a", 1, &["hang"]).await;
    office.publish("b", 1, &[""]).await;
    let begin = Instant::now();
    let neighbour = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        // Kicked while the run waits for the consumer: it looks once more at once.
        office.publish("c", 1, &[""]).await;
        office.relay().await;
        while office.applied(VIEWS).await != "c1" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(begin.elapsed() < Duration::from_secs(8), "it waited for the one that hangs");
    };
    tokio::join!(office.relay(), neighbour);
    assert!(!office.applied(VIEWS).await.contains('a'));
    office.mood("healed").await;
    office.relay_to_rest().await;
    for consumer in [VIEWS, OPENINGS] {
        assert_eq!(sorted(&office.applied(consumer).await), ["a1", "b1", "c1"]);
        assert_eq!(office.dead_letters(consumer).await, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_was_down_catches_up_in_order_and_loses_no_try() {
    let office = PostOffice::open().await;
    office.mood("down").await;
    office.publish("a", 1, &["", ""]).await;
    for round in 0..(ATTEMPTS + 3) {
        office.publish("b", i64::from(round) + 1, &[""]).await;
        office.relay().await;
    }
    assert_eq!(office.given(VIEWS).await, "");
    let tried = "SELECT count(*) FROM messaging.mailboxes WHERE attempts > 0";
    assert_eq!(office.database.query_one(tried, &[]).await.unwrap().get::<_, i64>(0), 0);
    office.mood("").await;
    office.relay_to_rest().await;
    for consumer in [VIEWS, OPENINGS] {
        let applied = office.applied(consumer).await;
        for (key, count) in [("a", 2), ("b", 6)] {
            let of_key: Vec<&str> = applied.split(' ').filter(|id| id.starts_with(key)).collect();
            let expected: Vec<String> = (1..=count).map(|number| format!("{key}{number}")).collect();
            assert_eq!(of_key, expected, "{consumer}");
        }
        assert_eq!(office.dead_letters(consumer).await, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn relays_at_once_deliver_everything_once_and_in_order() {
    const KEYS: i64 = 40;
    const EVENTS: i64 = 25;
    let office = PostOffice::open().await;
    let publishing = async {
        for sequence in 1..=EVENTS {
            for key in 0..KEYS {
                office.publish(&format!("k{key}-"), sequence, &[""]).await;
            }
        }
    };
    // The instances of the host take several requests each, so that some of these runs meet in one and some do not.
    let relaying = join_all((0..8).map(|_| async {
        for _ in 0..40 {
            office.relay().await;
        }
    }));
    futures::join!(publishing, relaying);
    office.relay_to_rest().await;
    for consumer in [VIEWS, OPENINGS] {
        let given = office.given(consumer).await;
        assert_eq!(given.split(' ').count(), usize::try_from(KEYS * EVENTS).unwrap(), "{consumer}");
        let out_of_order = "SELECT count(*) FROM (
            SELECT sequence - lag(sequence, 1, 0::bigint) OVER (PARTITION BY partitionkey ORDER BY ordinal) AS step
            FROM actors.applied WHERE consumer = $1) AS steps WHERE step <> 1";
        let row = office.database.query_one(out_of_order, &[&consumer]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 0, "{consumer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_deliverer_died_of_each_time_is_set_aside_undelivered() {
    let office = PostOffice::open().await;
    office.publish("a", 1, &["", ""]).await;
    // As if so many relays had taken it and never come back.
    for _ in 0..ATTEMPTS {
        let take = "SELECT FROM messaging.take(ARRAY[$1], ARRAY['tradepost.catalog.product-created.v1'],
                                               gen_random_uuid(), 0, 10, 10, 1000)";
        office.database.execute(take, &[&VIEWS]).await.unwrap();
    }
    office.relay_to_rest().await;
    assert_eq!(office.given(VIEWS).await, "");
    let [(_, _, error)] = &office.dead_letters(VIEWS).await[..] else { panic!() };
    assert!(error.contains("died with it"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_post_is_answered_on_a_private_route() {
    let office = PostOffice::open().await;
    for component in ["messaging-relay", VIEWS] {
        let answer = office.app.get(&format!("/private/{component}")).send().await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{component}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_refuses_what_is_no_batch_and_takes_what_any_broker_sends() {
    let office = PostOffice::open().await;
    let send = async |content_type: &str, body: &str| {
        office.app.post(&format!("/private/{VIEWS}")).bytes(content_type, body).send().await
    };
    let batch = "application/cloudevents-batch+json";
    for (content_type, body, status) in [
        ("application/json", "[]", 415),
        ("", "[]", 415),
        (batch, "", 400),
        (batch, "{}", 400),
        (batch, "[", 400),
        ("application/cloudevents+json", "[", 400),
        (batch, &" ".repeat(9 << 20), 413),
        (batch, "[]", 200),
        (batch, "[{}, 1, null]", 503),
        ("application/cloudevents+json; charset=utf-8", "{}", 503),
    ] {
        let answer = send(content_type, body).await;
        assert_eq!(answer.status, status, "{content_type} {body:.20}: {answer:?}");
    }
    let event = json!({"specversion": "1.0", "id": "0193f0c4-8f5e-7a51-b7d2-3f6a2f1b9c11", "source": "/x", "type": "t",
        "subject": "a", "time": "2026-11-22T00:00:00Z", "partitionkey": "a", "sequence": "1",
        "datacontenttype": "application/json", "data": {}});
    let answer = send("application/cloudevents+json", &event.to_string()).await;
    assert_eq!((answer.status, &answer.json()["results"][0]["outcome"]), (200, &json!("applied")));
    assert_eq!(office.applied(VIEWS).await, "a1");
}
