//! The port `ordering/order-deadlines`.

use crate::ground::{Ground, Plug, call};
use port::Port;
use port::exports::tradepost::ordering::order_deadlines::{DeadlineError, Limit};
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/ordering",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:ordering/order-deadlines@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

pub(crate) const ADAPTERS: &[Plug] =
    &[Plug { package: "order-deadlines-postgres", granted_as: "ordering-deadlines" }];

/// Microseconds since 1970.
const THEN: i64 = 1_795_348_800_123_457;

struct Deadlines {
    adapter: Adapter,
    port: Port,
}

impl Deadlines {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn due(&mut self, limits: &[(&str, i64)], most: u32) -> Result<Vec<String>, DeadlineError> {
        let limits: Vec<Limit> = limits
            .iter()
            .map(|(status, since)| Limit { status: (*status).to_owned(), since: *since })
            .collect();
        call!(self.tradepost_ordering_order_deadlines.call_due(limits.clone(), most))
    }
}

/// Leaves an order that has had this status since `THEN` and so many microseconds.
async fn plant(ground: &Ground, status: &str, after: i64) -> String {
    let id = Uuid::now_v7();
    let client = ground.database.as_ref().unwrap().connect().await;
    client
        .execute(
            "INSERT INTO ordering.orders (order_id, status, version, created_at, status_since, view)
             VALUES ($1, $2, 1, now(), timestamptz 'epoch' + $3::bigint * interval '1 microsecond', '{}')",
            &[&id, &status, &(THEN + after)],
        )
        .await
        .unwrap();
    id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_due_from_its_limit_on_to_the_microsecond() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut deadlines = Deadlines::on(&ground, *plug).await;
        let order = plant(&ground, "pending", 0).await;
        assert_eq!(deadlines.due(&[("pending", THEN - 1)], 9).await, Ok(vec![]), "{plug:?}");
        assert_eq!(deadlines.due(&[("pending", THEN)], 9).await, Ok(vec![order]), "{plug:?}");
        assert_eq!(deadlines.due(&[("placed", THEN)], 9).await, Ok(vec![]), "{plug:?}");
        assert_eq!(deadlines.due(&[], 9).await, Ok(vec![]), "{plug:?}");
        assert_eq!(deadlines.due(&[("pending", THEN)], 0).await, Ok(vec![]), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_each_status_those_come_that_have_been_due_for_longest() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut deadlines = Deadlines::on(&ground, *plug).await;
        let mut orders = Vec::new();
        for (status, after) in
            [("pending", 3), ("placed", 2), ("pending", 1), ("on_hold", 9), ("pending", 2), ("placed", 8)]
        {
            orders.push(plant(&ground, status, after).await);
        }
        let limits = [("pending", THEN + 5), ("on_hold", THEN + 5), ("placed", THEN + 9)];
        let mut due = deadlines.due(&limits, 2).await.unwrap();
        let mut expected = [2, 4, 1, 5].map(|index: usize| orders[index].clone());
        due.sort();
        expected.sort();
        assert_eq!(due, expected, "{plug:?}");
        assert_eq!(deadlines.due(&limits[..1], 1).await, Ok(vec![orders[2].clone()]), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_has_ended_is_never_due() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut deadlines = Deadlines::on(&ground, *plug).await;
        for status in ["completed", "cancelled", "rejected", "expired"] {
            plant(&ground, status, 0).await;
            assert_eq!(deadlines.due(&[(status, THEN)], 9).await, Ok(vec![]), "{plug:?} {status}");
        }
        assert_eq!(deadlines.due(&[("lost", THEN)], 9).await, Ok(vec![]), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut deadlines = Deadlines::on(&ground, *plug).await;
        let due = deadlines.due(&[("pending", THEN)], 9).await;
        assert!(matches!(due, Err(DeadlineError::Unavailable(_))), "{plug:?} {due:?}");
    }
}
