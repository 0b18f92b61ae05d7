//! The ports `ordering/customer-orders`, `ordering/customer-orders-updates` and `ordering/customer-orders-projection`, which
//! one adapter puts on one store: what is written through two of them is read through the third.

use crate::ground::{Ground, Plug, call};
use crate::mishap::{Mishap, Moment};
use port::Port;
use port::exports::tradepost::ordering::customer_orders::{ListError, Part};
use port::exports::tradepost::ordering::customer_orders_projection::{self as projection, NotedOrder};
use port::exports::tradepost::ordering::customer_orders_updates as updates;
use std::collections::BTreeMap;
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/ordering",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:ordering/customer-orders@0.1.0;
                export tradepost:ordering/customer-orders-updates@0.1.0;
                export tradepost:ordering/customer-orders-projection@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const KEY_VALUE: Plug = Plug { package: "customer-orders-key-value", granted_as: "ordering-customer-orders" };

pub(crate) const ADAPTERS: &[Plug] = &[KEY_VALUE];

const ANN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const BOB: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

struct Lists {
    adapter: Adapter,
    port: Port,
}

impl Lists {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        Self::of(ground.instance(plug).await)
    }

    fn of(mut adapter: Adapter) -> Self {
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn note(&mut self, orders: &[NotedOrder]) -> Result<(), projection::ListError> {
        call!(self.tradepost_ordering_customer_orders_projection.call_note_all(orders.to_vec()))
    }

    async fn note_recent(&mut self, customer: &str, order: Uuid) -> Result<(), updates::ListError> {
        let (customer, order) = (customer.to_owned(), order.to_string());
        call!(
            self.tradepost_ordering_customer_orders_updates.call_note_recent(customer.clone(), order.clone())
        )
    }

    async fn try_read(
        &mut self,
        customer: &str,
        part: Part,
        status: Option<&str>,
        most: u32,
    ) -> Result<Vec<(Uuid, Option<String>)>, ListError> {
        let (customer, status) = (customer.to_owned(), status.map(str::to_owned));
        let orders = call!(self.tradepost_ordering_customer_orders.call_read(
            customer.clone(),
            part.clone(),
            status.clone(),
            most
        ))?;
        Ok(orders.into_iter().map(|order| (order.order_id.parse().unwrap(), order.status)).collect())
    }

    /// The orders of a part, without their status.
    async fn read(&mut self, customer: &str, part: Part, most: u32) -> Vec<Uuid> {
        let orders = self.try_read(customer, part, None, most).await.unwrap();
        orders.into_iter().map(|(order, _)| order).collect()
    }

    async fn all(&mut self, customer: &str) -> Vec<(Uuid, Option<String>)> {
        self.try_read(customer, Part::Beginning, None, 1_000).await.unwrap()
    }
}

/// The `number`-th order, so many hours after the first.
fn order(number: u64, hours: u64) -> Uuid {
    let milliseconds = 1_795_348_800_000 + hours * 3_600_000;
    Uuid::from_u128(u128::from(milliseconds) << 80 | 0x7000_8000_0000_0000_0000 | u128::from(number))
}

fn noted(customer: &str, order: Uuid, version: u64, status: &str) -> NotedOrder {
    NotedOrder {
        customer: customer.to_owned(),
        order_id: order.to_string(),
        version,
        status: status.to_owned(),
    }
}

/// Everything in the store.
fn stored(ground: &Ground) -> BTreeMap<String, Vec<u8>> {
    let store = ground.store();
    store
        .keys()
        .unwrap()
        .map(|key| {
            let key = key.unwrap();
            let value = store.get(&key).unwrap().unwrap();
            (key, value)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_has_his_orders_newest_first_and_nobody_elses() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let (mut one, mut another) = (Lists::on(&ground, *plug).await, Lists::on(&ground, *plug).await);
        assert_eq!(one.all(ANN).await, []);
        let (first, second, third) = (order(1, 0), order(2, 1), order(3, 50));
        one.note(&[]).await.unwrap();
        one.note(&[noted(ANN, third, 1, "pending"), noted(BOB, second, 3, "placed")]).await.unwrap();
        one.note(&[noted(ANN, first, 2, "placed")]).await.unwrap();
        let anns = [(third, Some("pending".to_owned())), (first, Some("placed".to_owned()))];
        assert_eq!(another.all(ANN).await, anns, "{plug:?}");
        assert_eq!(another.all(BOB).await, [(second, Some("placed".to_owned()))], "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_part_of_a_list_is_read_from_either_end() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut lists = Lists::on(&ground, *plug).await;
        // Several on some days, none on others.
        let newest_first: Vec<Uuid> =
            (0..60).rev().map(|number| order(number, number * number / 7)).collect();
        let all: Vec<NotedOrder> =
            newest_first.iter().map(|order| noted(ANN, *order, 1, "pending")).collect();
        lists.note(&all).await.unwrap();
        assert_eq!(lists.read(ANN, Part::Beginning, 100).await, newest_first, "{plug:?}");
        for (from, most) in [(0, 1), (0, 7), (13, 20), (40, 59), (59, 5), (58, 5), (1, 0)] {
            let cursor = newest_first[from].to_string();
            let count = usize::try_from(most).unwrap();
            let after: Vec<Uuid> = newest_first[from + 1..].iter().take(count).copied().collect();
            assert_eq!(
                lists.read(ANN, Part::After(cursor.clone()), most).await,
                after,
                "{plug:?} {from} {most}"
            );
            let before = &newest_first[from.saturating_sub(count)..from];
            assert_eq!(lists.read(ANN, Part::Before(cursor), most).await, before, "{plug:?} {from} {most}");
        }
        let nobodys = order(1_000, 60).to_string();
        let older: Vec<Uuid> = newest_first.iter().filter(|id| id.to_string() < nobodys).copied().collect();
        assert_eq!(
            lists.read(ANN, Part::After(nobodys), 100).await,
            older,
            "{plug:?}: an id that is not listed"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_selects_what_has_it_and_what_nobody_knows_of() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut lists = Lists::on(&ground, *plug).await;
        let (placed, pending, recent) = (order(1, 0), order(2, 0), order(3, 0));
        lists.note(&[noted(ANN, placed, 2, "placed"), noted(ANN, pending, 1, "pending")]).await.unwrap();
        lists.note_recent(ANN, recent).await.unwrap();
        let with = lists.try_read(ANN, Part::Beginning, Some("placed"), 10).await.unwrap();
        assert_eq!(with, [(recent, None), (placed, Some("placed".to_owned()))], "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_a_command_has_told_of_is_listed_before_the_projection_knows() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut lists = Lists::on(&ground, *plug).await;
        let (old, new) = (order(1, 0), order(2, 100));
        lists.note(&[noted(ANN, old, 1, "pending")]).await.unwrap();
        lists.note_recent(ANN, new).await.unwrap();
        lists.note_recent(ANN, new).await.unwrap();
        assert_eq!(lists.read(ANN, Part::Beginning, 10).await, [new, old], "{plug:?}");
        assert_eq!(lists.read(ANN, Part::After(new.to_string()), 10).await, [old], "{plug:?}");
        assert_eq!(lists.all(BOB).await, [], "{plug:?}");
        lists.note(&[noted(ANN, new, 1, "pending")]).await.unwrap();
        let known = Some("pending".to_owned());
        assert_eq!(lists.all(ANN).await, [(new, known.clone()), (old, known)], "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_is_the_same_in_the_end_whatever_is_noted_first_and_however_often() {
    for plug in ADAPTERS {
        let mut notes = Vec::new();
        for number in 0..6 {
            for version in 1..=3 {
                let customer = if number % 2 == 0 { ANN } else { BOB };
                notes.push(noted(
                    customer,
                    order(number, number * 13),
                    version,
                    &format!("status {version}"),
                ));
            }
        }
        let forwards = Ground::fresh().await;
        Lists::on(&forwards, *plug).await.note(&notes).await.unwrap();

        let backwards = Ground::fresh().await;
        let mut lists = Lists::on(&backwards, *plug).await;
        for note in notes.iter().rev().chain(&notes[3..9]) {
            lists.note(std::slice::from_ref(note)).await.unwrap();
        }
        assert_eq!(stored(&forwards), stored(&backwards), "{plug:?}");
        assert!(lists.all(ANN).await.iter().all(|(_, status)| status.as_deref() == Some("status 3")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn noting_again_is_safe_wherever_the_first_attempt_broke() {
    for plug in ADAPTERS {
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let ground = Ground::fresh().await;
                let mut another = Lists::on(&ground, *plug).await;
                let mishap = Mishap::at(ordinal, moment);
                let mut lists = Lists::of(ground.unlucky_instance(*plug, &mishap).await);
                let notes = [noted(ANN, order(1, 0), 1, "pending"), noted(ANN, order(2, 30), 1, "pending")];
                let context = format!("{plug:?} {mishap:?}");
                match lists.note(&notes).await {
                    Ok(()) => {}
                    Err(projection::ListError::Unavailable(_)) => {
                        assert_eq!(lists.note(&notes).await, Ok(()), "{context}");
                    }
                    Err(error) => panic!("{context}: {error:?}"),
                }
                let orders = another.read(ANN, Part::Beginning, 10).await;
                assert_eq!(orders, [order(2, 30), order(1, 0)], "{context}");
                if !mishap.happened() {
                    assert!(ordinal > 6, "{context}");
                    break;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_is_a_fault_and_no_absence() {
    let ground = Ground::fresh().await;
    let mut lists = Lists::on(&ground, KEY_VALUE).await;
    lists.note(&[noted(ANN, order(1, 0), 1, "pending")]).await.unwrap();
    for key in stored(&ground).into_keys().chain([format!("orders:{ANN}:recent")]) {
        let before = ground.store().get(&key).unwrap();
        ground.store().set(&key, b"garbage".to_vec()).await.unwrap();
        let read = lists.try_read(ANN, Part::Beginning, None, 10).await;
        assert!(matches!(read, Err(ListError::Other(_))), "{key} {read:?}");
        match before {
            Some(before) => ground.store().set(&key, before).await.unwrap(),
            None => ground.store().delete(&key).await.unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut lists = Lists::on(&ground, *plug).await;
        let read = lists.try_read(ANN, Part::Beginning, None, 10).await;
        assert!(matches!(read, Err(ListError::Unavailable(_))), "{plug:?} {read:?}");
        let written = lists.note(&[noted(ANN, order(1, 0), 1, "pending")]).await;
        assert!(matches!(written, Err(projection::ListError::Unavailable(_))), "{plug:?} {written:?}");
        let recent = lists.note_recent(ANN, order(1, 0)).await;
        assert!(matches!(recent, Err(updates::ListError::Unavailable(_))), "{plug:?} {recent:?}");
    }
}
