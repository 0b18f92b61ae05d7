//! The port `messaging/event-log`.

use crate::ground::{Ground, Plug, call, gives_away_an_address};
use crate::logged::{EVENT, Logged};
use port::Port;
use port::exports::tradepost::messaging::event_log::{Event, Filter, Part, ReadingError};
use serde_json::Value;
use std::time::Duration;
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/messaging",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:messaging/event-log@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const POSTGRES: Plug = Plug { package: "event-log-postgres", granted_as: "messaging-events" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES];

struct Log {
    adapter: Adapter,
    port: Port,
}

impl Log {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn read(&mut self, filter: &Filter, part: &Part, most: u32) -> Result<Vec<Event>, ReadingError> {
        call!(self.tradepost_messaging_event_log.call_read(filter.clone(), part.clone(), most))
    }

    /// The ids of what is read.
    async fn ids(&mut self, filter: &Filter, part: &Part, most: u32) -> Vec<String> {
        self.read(filter, part, most).await.unwrap().into_iter().map(|event| event.id).collect()
    }
}

fn everything() -> Filter {
    Filter { event_type: None, subject: None, source: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_read_as_it_was_published() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let client = ground.database.as_ref().unwrap().connect().await;
        let mut log = Log::on(&ground, *plug).await;
        let rows = [
            EVENT,
            Logged {
                source: "/ordering",
                partitionkey: "another key",
                time: -1,
                traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                data: r#"{"text": "\"\\ü\n", "number": 9007199254740993.00000000000000000001}"#,
                ..EVENT
            },
        ];
        for row in rows {
            let (id, _) = row.log(&client).await;
            let read = log.read(&everything(), &Part::Beginning, 100).await.unwrap();
            let event = read.last().unwrap();
            let expected = Event {
                id,
                source: row.source.to_owned(),
                event_type: row.event_type.to_owned(),
                subject: row.subject.to_owned(),
                time: row.time,
                partitionkey: row.partitionkey.to_owned(),
                sequence: 7,
                traceparent: row.traceparent.map(ToOwned::to_owned),
                data: event.data.clone(),
            };
            assert_eq!(*event, expected, "{plug:?}");
            let data: Value = serde_json::from_str(&event.data).unwrap();
            assert_eq!(data, serde_json::from_str::<Value>(row.data).unwrap(), "{plug:?}");
            // No digit is lost on the way.
            assert_eq!(row.data.contains("00000001}"), event.data.contains("00000001}"), "{plug:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_part_of_any_selection_is_read_in_the_order_of_the_log() {
    const TYPES: [&str; 2] =
        ["tradepost.catalog.product-created.v1", "tradepost.catalog.product-archived.v1"];
    const SUBJECTS: [&str; 3] = ["product_1", "product_2", "SKU 'ä'"];
    const SOURCES: [&str; 2] = ["/catalog", "/inventory"];
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let client = ground.database.as_ref().unwrap().connect().await;
        let mut log = Log::on(&ground, *plug).await;
        let mut all = Vec::new();
        for n in 0..24 {
            let event = Logged {
                event_type: TYPES[n % 2],
                subject: SUBJECTS[n % 3],
                source: SOURCES[n / 2 % 2],
                ..EVENT
            };
            all.push((event, event.log(&client).await.0));
        }
        let choices = |values: &[&str]| {
            let each = values.iter().map(|value| Some((*value).to_owned()));
            [None, Some("nothing like it".to_owned())].into_iter().chain(each).collect::<Vec<_>>()
        };
        let all_choices = choices(&TYPES).into_iter().flat_map(|event_type| {
            choices(&SUBJECTS).into_iter().flat_map(move |subject| {
                let event_type = event_type.clone();
                choices(&SOURCES).into_iter().map(move |source| Filter {
                    event_type: event_type.clone(),
                    subject: subject.clone(),
                    source,
                })
            })
        });
        for filter in all_choices {
            let is_wanted = |event: &Logged<'_>| {
                filter.event_type.as_deref().is_none_or(|wanted| wanted == event.event_type)
                    && filter.subject.as_deref().is_none_or(|wanted| wanted == event.subject)
                    && filter.source.as_deref().is_none_or(|wanted| wanted == event.source)
            };
            let matching = |events: &[(Logged<'_>, String)]| -> Vec<String> {
                events.iter().filter(|(event, _)| is_wanted(event)).map(|(_, id)| id.clone()).collect()
            };
            for most in [1, 3, 100] {
                let cut = |ids: Vec<String>| ids.into_iter().take(most as usize).collect::<Vec<_>>();
                let read = log.ids(&filter, &Part::Beginning, most).await;
                assert_eq!(read, cut(matching(&all)), "{plug:?} {filter:?}");
                // Whether the event itself matches plays no part.
                for n in [0, 7, 8, 23] {
                    let id = all[n].1.clone();
                    let read = log.ids(&filter, &Part::After(id.clone()), most).await;
                    assert_eq!(read, cut(matching(&all[n + 1..])), "{plug:?} {filter:?} {n}");
                    let read = log.ids(&filter, &Part::Before(id), most).await;
                    let before = matching(&all[..n]);
                    let expected = &before[before.len().saturating_sub(most as usize)..];
                    assert_eq!(read, expected, "{plug:?} {filter:?} {n}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_no_event_is_told_from_the_end_of_the_log() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let client = ground.database.as_ref().unwrap().connect().await;
        let mut log = Log::on(&ground, *plug).await;
        assert_eq!(log.read(&everything(), &Part::Beginning, 100).await, Ok(vec![]), "{plug:?}");
        let (id, _) = EVENT.log(&client).await;
        for part in [Part::After(id.clone()), Part::Before(id)] {
            assert_eq!(log.read(&everything(), &part, 100).await, Ok(vec![]), "{plug:?}");
        }
        let endless = "0".repeat(2_000);
        for id in [&Uuid::now_v7().to_string(), "", "\0", "event_01h455vb4pex5vsknk084sn02q", &endless] {
            for part in [Part::After(id.to_owned()), Part::Before(id.to_owned())] {
                let read = log.read(&everything(), &part, 100).await;
                assert_eq!(read, Err(ReadingError::NoSuchEvent), "{plug:?} {id:.60?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commits_late_stands_behind_what_has_been_read() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut client = ground.database.as_ref().unwrap().connect().await;
        let another = ground.database.as_ref().unwrap().connect().await;
        let mut log = Log::on(&ground, *plug).await;
        let insert = "INSERT INTO ordering.outbox
                          (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
                      VALUES ($1::text::uuid, '/ordering', 'type', 'subject', now(), 'key', $2::int, NULL, '{}')";
        let dispatch = "SELECT messaging.dispatch('{}', '{}', 1000)";
        let (early, late) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
        let slow = client.transaction().await.unwrap();
        slow.execute(insert, &[&early, &1]).await.unwrap();
        another.execute(insert, &[&late, &2]).await.unwrap();
        another.execute(dispatch, &[]).await.unwrap();
        assert_eq!(
            log.ids(&everything(), &Part::Beginning, 100).await,
            std::slice::from_ref(&late),
            "{plug:?}"
        );
        slow.commit().await.unwrap();
        another.execute(dispatch, &[]).await.unwrap();
        assert_eq!(log.ids(&everything(), &Part::After(late), 100).await, [early], "{plug:?}");
    }
}

/// A hundred thousand events: a type in a thousand is rare, a subject has four.
const MANY: &str = "
    INSERT INTO messaging.events (id, source, type, subject, time, partitionkey, sequence, data, recorded_at)
    SELECT lpad(to_hex(number), 32, '0')::uuid, CASE number % 2 WHEN 0 THEN '/catalog' ELSE '/ordering' END,
           CASE number % 1000 WHEN 0 THEN 'rare' ELSE 'usual' END, 'subject ' || number / 4, 'epoch', 'key',
           number % 4 + 1, '{}', 'epoch'
    FROM generate_series(1, 100000) AS number;
    ANALYZE messaging.events;";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_costs_what_is_on_it_however_long_the_log_is() {
    const MOST: u32 = 21;
    let text = |text: &str| Some(text.to_owned());
    let filters = [
        everything(),
        Filter { event_type: text("usual"), ..everything() },
        Filter { event_type: text("rare"), ..everything() },
        Filter { event_type: text("nothing like it"), ..everything() },
        Filter { source: text("/catalog"), ..everything() },
        Filter { subject: text("subject 7"), ..everything() },
        Filter { subject: text("subject 7"), event_type: text("usual"), source: text("/catalog") },
    ];
    let ground = Ground::fresh().await;
    let client = ground.database.as_ref().unwrap().connect().await;
    client.batch_execute(MANY).await.unwrap();
    drop(client);
    let middle = format!("{:032x}", 50_000);
    for filter in &filters {
        for part in [Part::Beginning, Part::After(middle.clone()), Part::Before(middle.clone())] {
            let (mut log, mut calls) = (Log::on(&ground, POSTGRES).await, 0);
            let before = rows_read(&ground).await;
            // More than five times, because Postgres may then change to a plan that knows no parameters.
            for _ in 0..7 {
                log.read(filter, &part, MOST).await.unwrap();
                calls += 1;
            }
            let read = rows_read(&ground).await - before;
            assert!(read <= calls * i64::from(5 * MOST), "{read} rows in {calls} calls: {filter:?} {part:?}");
        }
    }
}

/// How many rows of the log have been read by all sessions there were. A session tells when it ends, so all are ended.
async fn rows_read(ground: &Ground) -> i64 {
    ground.cut_connections().await;
    let client = ground.database.as_ref().unwrap().connect().await;
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()";
    while client.query_one(sessions, &[]).await.unwrap().get::<_, i64>(0) > 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'events'";
    client.query_one(read, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut log = Log::on(&ground, *plug).await;
        match log.read(&everything(), &Part::Beginning, 1).await {
            Err(ReadingError::Unavailable(reason)) => assert!(!gives_away_an_address(&reason), "{reason}"),
            other => panic!("{plug:?} {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_outlives_its_connections() {
    let ground = Ground::fresh().await;
    let mut log = Log::on(&ground, POSTGRES).await;
    assert_eq!(log.read(&everything(), &Part::Beginning, 1).await, Ok(vec![]));
    ground.cut_connections().await;
    assert_eq!(log.read(&everything(), &Part::Beginning, 1).await, Ok(vec![]));
}
