//! The port `messaging/dead-letters`.

use crate::ground::{Ground, Plug, call, gives_away_an_address};
use crate::logged::{EVENT, Logged, put, set_aside};
use port::Port;
use port::exports::tradepost::messaging::dead_letters::{DeadLetter, Event, Part, ReadingError};
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/messaging",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:messaging/dead-letters@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const POSTGRES: Plug = Plug { package: "dead-letters-postgres", granted_as: "messaging-dead-letters" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES];

struct Letters {
    adapter: Adapter,
    port: Port,
}

impl Letters {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn read(
        &mut self,
        consumer: Option<&str>,
        part: &Part,
        most: u32,
    ) -> Result<Vec<DeadLetter>, ReadingError> {
        let consumer = consumer.map(ToOwned::to_owned);
        call!(self.tradepost_messaging_dead_letters.call_read(consumer, part.clone(), most))
    }

    /// The ids of what is read.
    async fn ids(&mut self, consumer: Option<&str>, part: &Part, most: u32) -> Vec<String> {
        self.read(consumer, part, most).await.unwrap().into_iter().map(|letter| letter.id).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_tells_all_about_its_event_and_what_waits_behind_it() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let client = ground.database.as_ref().unwrap().connect().await;
        let mut letters = Letters::on(&ground, *plug).await;
        let (consumer, key) = ("views", EVENT.partitionkey);
        let mut positions = Vec::new();
        for _ in 0..4 {
            positions.push(EVENT.log(&client).await);
        }
        // The first was replayed while the second was set aside, and waits in front of it; the others are behind.
        for (_, position) in &positions {
            put(&client, consumer, key, *position).await;
            put(&client, consumer, "another key", *position).await;
            put(&client, "another", key, *position).await;
        }
        let (event_id, position) = positions[1].clone();
        let id = set_aside(&client, consumer, key, position).await;
        let expected = DeadLetter {
            id,
            consumer: consumer.to_owned(),
            event: Event {
                id: event_id,
                source: EVENT.source.to_owned(),
                event_type: EVENT.event_type.to_owned(),
                subject: EVENT.subject.to_owned(),
                time: EVENT.time,
                partitionkey: key.to_owned(),
                sequence: 7,
                traceparent: None,
                data: "{}".to_owned(),
            },
            attempts: 10,
            error: "it does not fit".to_owned(),
            set_aside_at: 1_795_348_800_000_001,
            waiting: 2,
        };
        assert_eq!(letters.read(None, &Part::Beginning, 10).await, Ok(vec![expected]), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_part_is_read_newest_first() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let client = ground.database.as_ref().unwrap().connect().await;
        let mut letters = Letters::on(&ground, *plug).await;
        assert_eq!(letters.read(None, &Part::Beginning, 10).await, Ok(vec![]), "{plug:?}");
        let mut all = Vec::new();
        for n in 0..7 {
            let (consumer, key) = (["views", "stock"][n % 2], format!("key {n}"));
            let (_, position) = Logged { partitionkey: &key, ..EVENT }.log(&client).await;
            put(&client, consumer, &key, position).await;
            all.insert(0, (consumer, set_aside(&client, consumer, &key, position).await));
        }
        let of = |consumer: Option<&str>, letters: &[(&str, String)]| -> Vec<String> {
            let wanted = letters.iter().filter(|(of, _)| consumer.is_none_or(|consumer| consumer == *of));
            wanted.map(|(_, id)| id.clone()).collect()
        };
        for consumer in [None, Some("views"), Some("stock"), Some("nobody")] {
            for most in [1_usize, 2, 100] {
                let limit = u32::try_from(most).unwrap();
                let first = |ids: Vec<String>| ids.into_iter().take(most).collect::<Vec<_>>();
                let read = letters.ids(consumer, &Part::Beginning, limit).await;
                assert_eq!(read, first(of(consumer, &all)), "{plug:?} {consumer:?}");
                for n in 0..7 {
                    let id = all[n].1.clone();
                    let read = letters.ids(consumer, &Part::After(id.clone()), limit).await;
                    assert_eq!(read, first(of(consumer, &all[n + 1..])), "{plug:?} {consumer:?} {n}");
                    let read = letters.ids(consumer, &Part::Before(id), limit).await;
                    let before = of(consumer, &all[..n]);
                    assert_eq!(
                        read,
                        before[before.len().saturating_sub(most)..],
                        "{plug:?} {consumer:?} {n}"
                    );
                }
            }
        }
        // A letter that was replayed meanwhile is still a place in the list.
        client
            .execute("DELETE FROM messaging.dead_letters WHERE id = $1::text::uuid", &[&all[3].1])
            .await
            .unwrap();
        let read = letters.ids(None, &Part::After(all[3].1.clone()), 100).await;
        assert_eq!(read, of(None, &all[4..]), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_that_cannot_be_read_are_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut letters = Letters::on(&ground, *plug).await;
        match letters.read(None, &Part::After(Uuid::now_v7().to_string()), 1).await {
            Err(ReadingError::Unavailable(reason)) => assert!(!gives_away_an_address(&reason), "{reason}"),
            other => panic!("{plug:?} {other:?}"),
        }
    }
}
