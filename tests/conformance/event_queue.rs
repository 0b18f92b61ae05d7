//! The port `messaging/event-queue`.

use crate::ground::{Ground, Plug, call};
use crate::mishap::{Mishap, Moment};
use futures::future::join_all;
use port::Port;
use port::exports::tradepost::messaging::event_queue::{
    Consequence, Failure, Limits, QueueError, Settlement, Subscription, Turn,
};
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::GenericClient;
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/messaging",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:messaging/event-queue@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const POSTGRES: Plug = Plug { package: "event-queue-postgres", granted_as: "messaging-relay" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES];

const LIMITS: Limits = Limits { lease_milliseconds: 60_000, mailboxes: 100, events: 100, bytes: 1 << 20 };

struct Queue {
    adapter: Adapter,
    port: Port,
}

impl Queue {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        Self::of(ground.instance(plug).await)
    }

    async fn unlucky_on(ground: &Ground, plug: Plug, mishap: &Arc<Mishap>) -> Self {
        Self::of(ground.unlucky_instance(plug, mishap).await)
    }

    fn of(mut adapter: Adapter) -> Self {
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn take(&mut self, token: &str, limits: Limits) -> Result<Vec<Turn>, QueueError> {
        let subscription = |consumer: &str, event_types: &[&str]| Subscription {
            consumer: consumer.to_owned(),
            event_types: event_types.iter().map(|event_type| (*event_type).to_owned()).collect(),
            key_member: None,
        };
        let by_member =
            Subscription { key_member: Some("who".to_owned()), ..subscription("z", &["kept by who"]) };
        let subscriptions = vec![subscription("x", &["one", "two"]), by_member, subscription("y", &["two"])];
        call!(self.tradepost_messaging_event_queue.call_take(token.to_owned(), subscriptions.clone(), limits))
    }

    /// Takes under a lease of its own.
    async fn turns(&mut self) -> (String, Vec<Turn>) {
        self.turns_within(LIMITS).await
    }

    async fn turns_within(&mut self, limits: Limits) -> (String, Vec<Turn>) {
        let token = Uuid::now_v7().to_string();
        let turns = self.take(&token, limits).await.unwrap();
        (token, turns)
    }

    async fn settle(&mut self, token: &str, settlements: Vec<Settlement>) -> Result<u32, QueueError> {
        call!(self.tradepost_messaging_event_queue.call_settle(token.to_owned(), settlements.clone()))
    }
}

/// Publishes an event of the context ordering, as a command would: `key` numbered `sequence`.
async fn publish(database: &impl GenericClient, event_type: &str, key: &str, sequence: i64) -> Uuid {
    let id = Uuid::now_v7();
    let statement = "INSERT INTO messaging.outbox
                     (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
                     VALUES ($1, '/ordering', $2, $3, timestamptz 'epoch' + interval '1.000001 s', $4, $5, 'trace',
                             '{\"é\": \"\\u2028\", \"who\": \"somebody\"}')";
    let subject = format!("subject of {key}");
    database.execute(statement, &[&id, &event_type, &subject, &key, &sequence]).await.unwrap();
    id
}

async fn publish_all(ground: &Ground, events: &[(&str, &str, i64)]) {
    let database = ground.database.as_ref().unwrap().connect().await;
    for (event_type, key, sequence) in events {
        publish(&database, event_type, key, *sequence).await;
    }
}

/// What was taken, in short: `x a 1 2` for the consumer x, its key a and the numbers of its events.
fn short(turns: &[Turn]) -> Vec<String> {
    let mut short: Vec<String> = turns
        .iter()
        .map(|turn| {
            let numbers: Vec<String> = turn.events.iter().map(|event| event.sequence.to_string()).collect();
            format!("{} {} {}", turn.consumer, turn.partitionkey, numbers.join(" "))
        })
        .collect();
    short.sort();
    short
}

/// The turn, taken up to its `count`-th event, and what happened to the next.
fn settlement(turn: &Turn, count: usize, consequence: Option<Consequence>) -> Settlement {
    Settlement {
        consumer: turn.consumer.clone(),
        partitionkey: turn.partitionkey.clone(),
        through: turn.events[..count].last().map(|event| event.position),
        failure: consequence.map(|consequence| Failure { error: "an error".to_owned(), consequence }),
    }
}

fn taken(turn: &Turn) -> Settlement {
    settlement(turn, turn.events.len(), None)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_may_name_the_member_whose_text_is_the_mailboxs_key() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        publish_all(&ground, &[("kept by who", "a", 1), ("kept by who", "b", 2), ("kept by who", "a", 3)])
            .await;
        let database = ground.database.as_ref().unwrap().connect().await;
        let nobodys = publish(&database, "kept by who", "a", 4).await;
        let forget = "UPDATE messaging.outbox SET data = data - 'who' WHERE id = $1";
        database.execute(forget, &[&nobodys]).await.unwrap();
        let mut queue = Queue::on(&ground, *plug).await;
        let (token, turns) = queue.turns().await;
        assert_eq!(short(&turns), ["z somebody 1 2 3"], "{plug:?}");
        assert_eq!(queue.settle(&token, vec![taken(&turns[0])]).await, Ok(1), "{plug:?}");
        assert_eq!(queue.turns().await.1, [], "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_given_to_its_subscribers_as_it_was_published() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let database = ground.database.as_ref().unwrap().connect().await;
        let id = publish(&database, "one", "a", 7).await;
        let mut queue = Queue::on(&ground, *plug).await;
        let (_, turns) = queue.turns().await;
        let [turn] = &turns[..] else { panic!("{turns:?}") };
        assert_eq!((&*turn.consumer, &*turn.partitionkey, turn.attempts), ("x", "a", 1), "{plug:?}");
        let [event] = &turn.events[..] else { panic!("{turns:?}") };
        assert_eq!(event.id, id.to_string());
        assert_eq!(
            (&*event.source, &*event.event_type, &*event.subject),
            ("/ordering", "one", "subject of a")
        );
        assert_eq!((event.time, event.sequence, event.traceparent.as_deref()), (1_000_001, 7, Some("trace")));
        let data: serde_json::Value = serde_json::from_str(&event.data).unwrap();
        assert_eq!(data, serde_json::json!({"é": "\u{2028}", "who": "somebody"}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_actor_has_a_mailbox_and_gets_its_events_in_order() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        publish_all(&ground, &[("one", "a", 1), ("two", "b", 1), ("three", "a", 2), ("two", "a", 3)]).await;
        let mut queue = Queue::on(&ground, *plug).await;
        let (token, turns) = queue.turns().await;
        assert_eq!(short(&turns), ["x a 1 3", "x b 1", "y a 3", "y b 1"], "{plug:?}");
        assert!(turns[0].events.windows(2).all(|pair| pair[0].position < pair[1].position));
        assert_eq!(queue.settle(&token, turns.iter().map(taken).collect()).await, Ok(4));
        assert_eq!(queue.turns().await.1, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_caller_has_nobody_else_gets_before_the_lease_ends() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        publish_all(&ground, &[("one", "a", 1), ("one", "b", 1)]).await;
        let (mut first, mut second) = (Queue::on(&ground, *plug).await, Queue::on(&ground, *plug).await);
        let one = Limits { mailboxes: 1, lease_milliseconds: 400, ..LIMITS };
        let (lost, taken_first) = first.turns_within(one).await;
        let (token, taken_second) = second.turns().await;
        assert_eq!(
            short(&[taken_first.clone(), taken_second.clone()].concat()),
            ["x a 1", "x b 1"],
            "{plug:?}"
        );
        assert_eq!(first.turns().await.1, [], "{plug:?}");
        assert_eq!(second.settle(&token, taken_second.iter().map(taken).collect()).await, Ok(1));

        tokio::time::sleep(Duration::from_millis(500)).await;
        let (token, again) = second.turns().await;
        assert_eq!(short(&again), short(&taken_first), "{plug:?}");
        assert_eq!(again[0].attempts, 2, "dying with it is a try");
        // The one that lost it comes back too late.
        assert_eq!(first.settle(&lost, taken_first.iter().map(taken).collect()).await, Ok(0));
        assert_eq!(second.settle(&token, again.iter().map(taken).collect()).await, Ok(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_at_once_get_different_mailboxes() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let keys: Vec<String> = (0..60).map(|number| format!("k{number:02}")).collect();
        let events: Vec<_> = keys.iter().map(|key| ("one", key.as_str(), 1)).collect();
        publish_all(&ground, &events).await;
        let mut queues = join_all((0..6).map(|_| Queue::on(&ground, *plug))).await;
        let few = Limits { mailboxes: 10, ..LIMITS };
        let mut all: Vec<Turn> = Vec::new();
        // Where they crowd, some are sent away with nothing; but never all of them.
        loop {
            let taken = join_all(queues.iter_mut().map(|queue| queue.turns_within(few))).await;
            let before = all.len();
            all.extend(taken.into_iter().flat_map(|(_, turns)| turns));
            if all.len() == before {
                break;
            }
        }
        let mut keys_taken: Vec<&str> = all.iter().map(|turn| turn.partitionkey.as_str()).collect();
        keys_taken.sort_unstable();
        keys_taken.dedup();
        assert_eq!((all.len(), keys_taken.len()), (60, 60), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_commits_late_is_given_late_and_none_is_skipped() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let database = ground.database.as_ref().unwrap();
        let (mut early, mut late) = (database.connect().await, database.connect().await);
        // The first to write is the last to commit.
        let slow = late.transaction().await.unwrap();
        publish(&slow, "one", "a", 1).await;
        let quick = early.transaction().await.unwrap();
        publish(&quick, "one", "b", 1).await;
        publish(&quick, "one", "a", 2).await;
        quick.commit().await.unwrap();

        let mut queue = Queue::on(&ground, *plug).await;
        let (token, turns) = queue.turns().await;
        assert_eq!(short(&turns), ["x a 2", "x b 1"], "{plug:?}");
        assert_eq!(queue.settle(&token, turns.iter().map(taken).collect()).await, Ok(2));
        slow.commit().await.unwrap();
        assert_eq!(short(&queue.turns().await.1), ["x a 1"], "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_settled_in_part_goes_on_behind_what_was_taken() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        publish_all(&ground, &[("one", "a", 1), ("one", "a", 2), ("one", "a", 3)]).await;
        let mut queue = Queue::on(&ground, *plug).await;
        let (token, turns) = queue.turns().await;
        let failed = settlement(&turns[0], 1, Some(Consequence::Retry(0)));
        assert_eq!(queue.settle(&token, vec![failed]).await, Ok(1));
        // What has failed is given alone, and its next try is its second.
        let (token, turns) = queue.turns().await;
        assert_eq!((short(&turns), turns[0].attempts), (vec!["x a 2".to_owned()], 2), "{plug:?}");
        assert_eq!(queue.settle(&token, vec![taken(&turns[0])]).await, Ok(1));
        let (_, turns) = queue.turns().await;
        assert_eq!((short(&turns), turns[0].attempts), (vec!["x a 3".to_owned()], 1), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_waits_and_one_that_does_not_count_is_not_counted() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        publish_all(&ground, &[("one", "a", 1), ("one", "a", 2)]).await;
        let mut queue = Queue::on(&ground, *plug).await;
        let (token, turns) = queue.turns().await;
        let away = settlement(&turns[0], 0, Some(Consequence::RetryUncounted(300)));
        assert_eq!(queue.settle(&token, vec![away]).await, Ok(1));
        assert_eq!(queue.turns().await.1, [], "{plug:?}");
        tokio::time::sleep(Duration::from_millis(400)).await;
        let (_, turns) = queue.turns().await;
        assert_eq!((short(&turns), turns[0].attempts), (vec!["x a 1 2".to_owned()], 1), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_aside_suspends_its_mailbox_until_it_is_replayed() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        publish_all(&ground, &[("one", "a", 1), ("one", "a", 2)]).await;
        let mut queue = Queue::on(&ground, *plug).await;
        let (token, turns) = queue.turns().await;
        let letter = Uuid::now_v7();
        let aside = settlement(&turns[0], 0, Some(Consequence::SetAside(letter.to_string())));
        assert_eq!(queue.settle(&token, vec![aside]).await, Ok(1));
        publish_all(&ground, &[("one", "a", 3), ("one", "b", 1)]).await;
        assert_eq!(short(&queue.turns().await.1), ["x b 1"], "{plug:?}");

        let database = ground.database.as_ref().unwrap().connect().await;
        let found = "SELECT error FROM messaging.dead_letters WHERE id = $1";
        let error: String = database.query_one(found, &[&letter]).await.unwrap().get(0);
        assert_eq!(error, "an error");
        database.execute("SELECT messaging.replay_dead_letter($1)", &[&letter]).await.unwrap();
        let (_, turns) = queue.turns().await;
        assert_eq!((short(&turns), turns[0].attempts), (vec!["x a 1 2 3".to_owned()], 1), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_take_is_bounded_and_gives_one_event_however_large() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        publish_all(&ground, &[("one", "a", 1), ("one", "a", 2), ("one", "b", 1), ("one", "c", 1)]).await;
        for (limits, mailboxes, events) in
            [(Limits { bytes: 1, ..LIMITS }, 1, 1), (Limits { events: 1, ..LIMITS }, 2, 2), (LIMITS, 0, 0)]
        {
            let mut queue = Queue::on(&ground, *plug).await;
            let (_, turns) = queue.turns_within(limits).await;
            let count: usize = turns.iter().map(|turn| turn.events.len()).sum();
            assert_eq!((turns.len(), count), (mailboxes, events), "{plug:?} {limits:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_an_error_or_nothing_and_never_a_trap() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        publish_all(&ground, &[("one", "a", 1)]).await;
        let mut queue = Queue::on(&ground, *plug).await;
        assert!(matches!(queue.take("no uuid", LIMITS).await, Err(QueueError::Other(_))), "{plug:?}");
        let everything =
            Limits { lease_milliseconds: u32::MAX, mailboxes: u32::MAX, events: u32::MAX, bytes: u32::MAX };
        let (token, turns) = queue.turns_within(everything).await;
        assert_eq!(short(&turns), ["x a 1"], "{plug:?}");
        let aside = settlement(&turns[0], 0, Some(Consequence::SetAside("no uuid".to_owned())));
        assert!(matches!(queue.settle(&token, vec![aside]).await, Err(QueueError::Other(_))), "{plug:?}");
        let strange = Settlement { consumer: "z".to_owned(), ..taken(&turns[0]) };
        assert_eq!(queue.settle(&token, vec![strange]).await, Ok(0), "{plug:?}");
        assert_eq!(queue.settle(&token, vec![]).await, Ok(0), "{plug:?}");
        assert_eq!(queue.settle(&token, vec![taken(&turns[0])]).await, Ok(1), "{plug:?}");
        assert_eq!(queue.settle(&token, vec![taken(&turns[0])]).await, Ok(0), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut queue = Queue::on(&ground, *plug).await;
        let token = Uuid::now_v7().to_string();
        assert!(matches!(queue.take(&token, LIMITS).await, Err(QueueError::Unavailable(_))), "{plug:?}");
        let settled = queue.settle(&token, vec![]).await;
        assert!(matches!(settled, Err(QueueError::Unavailable(_))), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_wherever_a_call_breaks() {
    for plug in ADAPTERS {
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let ground = Ground::fresh().await;
                publish_all(&ground, &[("one", "a", 1)]).await;
                let mishap = Mishap::at(ordinal, moment);
                let mut queue = Queue::unlucky_on(&ground, *plug, &mishap).await;
                let short_lease = Limits { lease_milliseconds: 200, ..LIMITS };
                let token = Uuid::now_v7().to_string();
                let turns = queue.take(&token, short_lease).await.unwrap_or_default();
                let settled = match turns.first() {
                    Some(turn) => queue.settle(&token, vec![taken(turn)]).await.is_ok(),
                    None => false,
                };
                // Whatever broke, the event was taken by a settlement or comes back, and then it can be taken.
                tokio::time::sleep(Duration::from_millis(300)).await;
                let mut another = Queue::on(&ground, *plug).await;
                let (token, turns) = another.turns().await;
                let context = format!("{plug:?} {mishap:?}");
                if settled {
                    assert_eq!(turns, [], "{context}");
                }
                for turn in &turns {
                    assert_eq!(another.settle(&token, vec![taken(turn)]).await, Ok(1), "{context}");
                }
                let database = ground.database.as_ref().unwrap().connect().await;
                let left = "SELECT (SELECT count(*) FROM messaging.mailboxes) + (SELECT count(*) FROM messaging.outbox)";
                assert_eq!(database.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0, "{context}");
                if !mishap.happened() {
                    assert!(ordinal > 3, "{context}");
                    break;
                }
            }
        }
    }
}
