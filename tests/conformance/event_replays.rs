//! The port `messaging/event-replays`.

use crate::ground::{Ground, Plug, call, gives_away_an_address};
use crate::logged::{EVENT, Logged, put, set_aside};
use futures::future::join_all;
use port::Port;
use port::exports::tradepost::messaging::event_replays::{
    Idempotency, IdempotencyScope, ReplayError, Resumed, Selection, Step, Stepped,
};
use tokio_postgres::Client;
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/messaging",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:messaging/event-replays@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const POSTGRES: Plug = Plug { package: "event-replays-postgres", granted_as: "messaging-replays" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES];

struct Replays {
    adapter: Adapter,
    port: Port,
}

impl Replays {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn replay(
        &mut self,
        selection: &Selection,
        position: Option<i64>,
        most: u32,
    ) -> Result<Step, ReplayError> {
        match self.replay_under(selection, position, most, None).await? {
            Stepped::Now(step) => Ok(step),
            Stepped::Before(step) => panic!("without a key there is no before: {step:?}"),
        }
    }

    async fn replay_under(
        &mut self,
        selection: &Selection,
        position: Option<i64>,
        most: u32,
        key: Option<Idempotency>,
    ) -> Result<Stepped, ReplayError> {
        let selection = selection.clone();
        call!(self.tradepost_messaging_event_replays.call_replay(selection, position, most, key))
    }

    async fn replay_dead_letter(
        &mut self,
        id: &str,
        key: Option<Idempotency>,
    ) -> Result<Resumed, ReplayError> {
        call!(self.tradepost_messaging_event_replays.call_replay_dead_letter(id.to_owned(), key))
    }
}

/// A key of a request whose body is `body`.
fn key(key: &str, body: u8) -> Idempotency {
    let scope = IdempotencyScope {
        principal: "admin".to_owned(),
        method: "POST".to_owned(),
        path: "/events/replays".to_owned(),
        key: key.to_owned(),
    };
    Idempotency { scope, fingerprint: vec![body; 32], expires_at: 4_102_444_800_000_000 }
}

/// What waits for a consumer, in the order in which it will be given it.
async fn waiting(client: &Client, consumer: &str) -> Vec<i64> {
    let select = "SELECT position FROM messaging.deliveries WHERE consumer = $1 ORDER BY position";
    client.query(select, &[&consumer]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

fn selection(types: &[&str], since: Option<i64>, until: Option<i64>) -> Selection {
    Selection {
        consumer: "views".to_owned(),
        event_types: types.iter().map(|event_type| (*event_type).to_owned()).collect(),
        key_member: None,
        since,
        until,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_selected_is_replayed_step_by_step_and_nothing_else() {
    for plug in ADAPTERS {
        let rows = [
            (selection(&["a"], None, None), vec![0, 2, 4, 6]),
            (selection(&["a", "b"], None, None), (0..8).collect()),
            (selection(&["a", "b"], Some(2), Some(5)), vec![2, 3, 4]),
            (selection(&["b"], Some(2), None), vec![3, 5, 7]),
            (selection(&["b"], None, Some(5)), vec![1, 3]),
            (selection(&["c"], None, None), vec![]),
        ];
        for (selection, expected) in rows {
            let ground = Ground::fresh().await;
            let client = ground.database.as_ref().unwrap().connect().await;
            let mut replays = Replays::on(&ground, *plug).await;
            let mut positions = Vec::new();
            for (n, time) in (0..8).enumerate() {
                let key = format!("key {}", n % 3);
                let event = Logged { event_type: ["a", "b"][n % 2], time, partitionkey: &key, ..EVENT };
                positions.push(event.log(&client).await.1);
            }
            let (mut position, mut replayed) = (None, 0);
            loop {
                let step = replays.replay(&selection, position, 2).await.unwrap();
                assert!(step.events <= 2, "{plug:?} {step:?}");
                replayed += step.events;
                position = step.next;
                if position.is_none() {
                    break;
                }
            }
            let expected: Vec<i64> = expected.into_iter().map(|n| positions[n]).collect();
            assert_eq!(replayed, expected.len() as u64, "{plug:?} {selection:?}");
            assert_eq!(waiting(&client, "views").await, expected, "{plug:?} {selection:?}");
            // Once more changes nothing: it lies there already.
            replays.replay(&selection, None, 100).await.unwrap();
            assert_eq!(waiting(&client, "views").await, expected, "{plug:?} {selection:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_replayed_goes_into_the_mailbox_of_the_subscriptions_key() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let client = ground.database.as_ref().unwrap().connect().await;
        let mut replays = Replays::on(&ground, *plug).await;
        let (_, somebodys) = Logged { data: r#"{"who": "somebody"}"#, ..EVENT }.log(&client).await;
        EVENT.log(&client).await;
        let selection =
            Selection { key_member: Some("who".to_owned()), ..selection(&[EVENT.event_type], None, None) };
        let step = replays.replay(&selection, None, 10).await.unwrap();
        assert_eq!(step, Step { events: 1, next: None }, "{plug:?}");
        let select = "SELECT partitionkey, position FROM messaging.deliveries WHERE consumer = 'views'";
        let row = client.query_one(select, &[]).await.unwrap();
        assert_eq!((row.get(0), row.get(1)), ("somebody", somebodys), "{plug:?}");
    }
}

/// The turn of a relay: takes what is due, and settles it as taken up to the last event it was given.
const TAKE: &str = "SELECT position FROM messaging.take('{}', '{}', $1::text::uuid, 60000, 10, 10, 100000)";
const SETTLE: &str = "SELECT messaging.settle($1::text::uuid, jsonb_build_array(jsonb_build_object(
                          'consumer', 'views', 'partitionkey', 'key', 'through', $2::bigint)))";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_replayed_while_its_mailbox_is_being_delivered_is_not_taken_for_delivered() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let client = ground.database.as_ref().unwrap().connect().await;
        let mut replays = Replays::on(&ground, *plug).await;
        let event = Logged { partitionkey: "key", ..EVENT };
        let (_, old) = event.log(&client).await;
        let (_, new) = Logged { event_type: "new", ..event }.log(&client).await;
        put(&client, "views", "key", new).await;
        let token = Uuid::now_v7().to_string();
        assert_eq!(take(&client, &token).await, [new]);
        replays.replay(&selection(&[EVENT.event_type], None, None), None, 10).await.unwrap();
        client.query(SETTLE, &[&token, &new]).await.unwrap();
        assert_eq!(waiting(&client, "views").await, [old, new], "{plug:?}");

        // Whoever had it may still be at it, so it is not given out before his lease has run out.
        let another = Uuid::now_v7().to_string();
        assert!(take(&client, &another).await.is_empty(), "{plug:?}");
        client.execute("UPDATE messaging.mailboxes SET due_at = now()", &[]).await.unwrap();
        assert_eq!(take(&client, &another).await, [old, new], "{plug:?}");
    }
}

async fn take(client: &Client, token: &str) -> Vec<i64> {
    client.query(TAKE, &[&token]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_replayed_once() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let client = ground.database.as_ref().unwrap().connect().await;
        let mut replays = Replays::on(&ground, *plug).await;
        let (_, position) = EVENT.log(&client).await;
        put(&client, "views", EVENT.partitionkey, position).await;
        let id = set_aside(&client, "views", EVENT.partitionkey, position).await;
        let token = Uuid::now_v7().to_string();
        assert!(take(&client, &token).await.is_empty(), "what is set aside is not due");
        for another in [&Uuid::now_v7().to_string(), "", "\0", "letter_01h455vb4pex5vsknk084sn02q"] {
            let resumed = replays.replay_dead_letter(another, None).await;
            assert_eq!(resumed, Ok(Resumed::NotFound), "{plug:?} {another:?}");
        }
        assert_eq!(replays.replay_dead_letter(&id, None).await, Ok(Resumed::Now), "{plug:?}");
        assert_eq!(take(&client, &token).await, [position], "{plug:?}");
        assert_eq!(replays.replay_dead_letter(&id, None).await, Ok(Resumed::NotFound), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_under_a_key_is_made_once_however_often_it_is_asked_for() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let client = ground.database.as_ref().unwrap().connect().await;
        let mut positions = Vec::new();
        for _ in 0..3 {
            positions.push(EVENT.log(&client).await.1);
        }
        let selection = selection(&[EVENT.event_type], None, None);
        let mut instances = join_all((0..4).map(|_| Replays::on(&ground, *plug))).await;
        let twins =
            instances.iter_mut().map(|replays| replays.replay_under(&selection, None, 2, Some(key("k", 1))));
        let twins: Vec<Stepped> = join_all(twins).await.into_iter().map(Result::unwrap).collect();
        let step = Step { events: 2, next: Some(positions[1]) };
        assert_eq!(twins.iter().filter(|twin| **twin == Stepped::Now(step)).count(), 1, "{plug:?} {twins:?}");
        assert_eq!(
            twins.iter().filter(|twin| **twin == Stepped::Before(step)).count(),
            3,
            "{plug:?} {twins:?}"
        );
        assert_eq!(waiting(&client, "views").await, positions[..2], "{plug:?}");

        // What has been delivered meanwhile is not delivered once more.
        let replays = &mut instances[0];
        client
            .batch_execute("TRUNCATE messaging.mailboxes CASCADE; TRUNCATE messaging.deliveries")
            .await
            .unwrap();
        let again = replays.replay_under(&selection, None, 2, Some(key("k", 1))).await;
        assert_eq!(again, Ok(Stepped::Before(step)), "{plug:?}");
        assert!(waiting(&client, "views").await.is_empty(), "{plug:?}");
        let other = replays.replay_under(&selection, None, 2, Some(key("k", 2))).await;
        assert_eq!(other, Err(ReplayError::KeyReused), "{plug:?}");
        let next = replays.replay_under(&selection, step.next, 2, Some(key("another", 2))).await;
        assert_eq!(next, Ok(Stepped::Now(Step { events: 1, next: None })), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_found_under_the_key_by_which_it_was_replayed() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let client = ground.database.as_ref().unwrap().connect().await;
        let mut replays = Replays::on(&ground, *plug).await;
        let (_, position) = EVENT.log(&client).await;
        put(&client, "views", EVENT.partitionkey, position).await;
        // What was refused leaves the key as it was.
        let absent = Uuid::now_v7().to_string();
        assert_eq!(
            replays.replay_dead_letter(&absent, Some(key("k", 1))).await,
            Ok(Resumed::NotFound),
            "{plug:?}"
        );
        let id = set_aside(&client, "views", EVENT.partitionkey, position).await;
        assert_eq!(replays.replay_dead_letter(&id, Some(key("k", 1))).await, Ok(Resumed::Now), "{plug:?}");
        assert_eq!(replays.replay_dead_letter(&id, Some(key("k", 1))).await, Ok(Resumed::Before), "{plug:?}");
        assert_eq!(
            replays.replay_dead_letter(&id, Some(key("k", 2))).await,
            Err(ReplayError::KeyReused),
            "{plug:?}"
        );
        assert_eq!(
            replays.replay_dead_letter(&id, Some(key("j", 1))).await,
            Ok(Resumed::NotFound),
            "{plug:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut replays = Replays::on(&ground, *plug).await;
        let stepped = replays.replay(&selection(&["a"], None, None), None, 1).await;
        let replayed = replays.replay_dead_letter(&Uuid::now_v7().to_string(), None).await;
        for error in [stepped.unwrap_err(), replayed.unwrap_err()] {
            match error {
                ReplayError::Unavailable(reason) => assert!(!gives_away_an_address(&reason), "{reason}"),
                error => panic!("{plug:?} {error:?}"),
            }
        }
    }
}
