//! The ports `ordering/order-views`, `ordering/order-view-updates` and `ordering/order-projection`, which one adapter puts
//! on one store: what is written through two of them is read through the third.

use crate::ground::{Ground, Plug, call};
use crate::mishap::{Mishap, Moment};
use port::Port;
use port::exports::tradepost::ordering::order_projection as projection;
use port::exports::tradepost::ordering::order_view_updates::{self as updates, OrderView};
use port::exports::tradepost::ordering::order_views as views;
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/ordering",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:ordering/order-views@0.1.0;
                export tradepost:ordering/order-view-updates@0.1.0;
                export tradepost:ordering/order-projection@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const KEY_VALUE: Plug = Plug { package: "order-views-key-value", granted_as: "ordering-orders" };

pub(crate) const ADAPTERS: &[Plug] = &[KEY_VALUE];

struct Views {
    adapter: Adapter,
    port: Port,
}

impl Views {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        Self::of(ground.instance(plug).await)
    }

    fn of(mut adapter: Adapter) -> Self {
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    /// The view, as the type that it was written with.
    async fn get(&mut self, order_id: &str) -> Result<Option<OrderView>, views::ViewError> {
        let view = call!(self.tradepost_ordering_order_views.call_get(order_id.to_owned()))?;
        Ok(view.map(|views::OrderView { version, owner, body }| OrderView { version, owner, body }))
    }

    async fn put_recent(&mut self, order_id: &str, view: &OrderView) -> Result<(), updates::ViewError> {
        call!(self.tradepost_ordering_order_view_updates.call_put_recent(order_id.to_owned(), view.clone()))
    }

    async fn get_all(&mut self, order_ids: &[&String]) -> Vec<Option<OrderView>> {
        let ids = order_ids.iter().map(|id| (*id).clone()).collect::<Vec<_>>();
        let views = call!(self.tradepost_ordering_order_views.call_get_all(ids.clone())).unwrap();
        let view = |views::OrderView { version, owner, body }| OrderView { version, owner, body };
        views.into_iter().map(|found| found.map(view)).collect()
    }

    /// The projection shows these views.
    async fn project(&mut self, shown: &[(&String, OrderView)]) -> Result<(), projection::ViewError> {
        let views: Vec<projection::OrderView> = shown
            .iter()
            .map(|(order_id, OrderView { version, owner, body })| projection::OrderView {
                order_id: (*order_id).clone(),
                version: *version,
                owner: owner.clone(),
                body: body.clone(),
            })
            .collect();
        call!(self.tradepost_ordering_order_projection.call_put_all(views.clone()))
    }

    async fn put(&mut self, writer: Writer, order_id: &String, view: &OrderView) {
        match writer {
            Writer::Command => self.put_recent(order_id, view).await.unwrap(),
            Writer::Projection => self.project(&[(order_id, view.clone())]).await.unwrap(),
        }
    }
}

/// A writer of views.
#[derive(Clone, Copy, Debug)]
enum Writer {
    Command,
    Projection,
}

fn view(version: u64, body: &[u8]) -> OrderView {
    OrderView { version, owner: "anonymous".to_owned(), body: body.to_owned() }
}

fn fresh_id() -> String {
    Uuid::now_v7().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_read_as_it_was_written_by_every_instance() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let rows = [
        view(1, br#"{"id":"order_01h455vb4pex5vsknk084sn02q"}"#),
        view(u64::MAX, b""),
        OrderView { owner: "user_01h455vb4pex5vsknk084sn02q".to_owned(), ..view(0, b"{}") },
        OrderView { owner: "Ångström 李".to_owned(), ..view(2, &every_byte) },
        OrderView { owner: String::new(), ..view(3, &b"x".repeat(1_000_000)) },
    ];
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let (mut one, mut another) = (Views::on(&ground, *plug).await, Views::on(&ground, *plug).await);
        for view in &rows {
            let order = fresh_id();
            assert_eq!(one.put_recent(&order, view).await, Ok(()), "{plug:?}");
            for instance in [&mut one, &mut another] {
                let read = instance.get(&order).await.unwrap();
                assert!(read.as_ref() == Some(view), "{plug:?} {} {}", view.version, view.owner);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_a_view_has_none() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut views = Views::on(&ground, *plug).await;
        views.put_recent(&fresh_id(), &view(1, b"{}")).await.unwrap();
        assert_eq!(views.get(&fresh_id()).await, Ok(None), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_view_is_shown_whoever_wrote_it_and_when() {
    use Writer::{Command, Projection};
    // As numbers and not as text.
    let (old, between, new) = (9, 10, 256);
    for plug in ADAPTERS {
        for (first, second) in
            [(Command, Projection), (Projection, Command), (Command, Command), (Projection, Projection)]
        {
            let context = format!("{plug:?} {first:?} {second:?}");
            let ground = Ground::fresh().await;
            let mut views = Views::on(&ground, *plug).await;
            let order = fresh_id();
            views.put(first, &order, &view(between, b"between")).await;
            views.put(second, &order, &view(old, b"old")).await;
            assert_eq!(views.get(&order).await, Ok(Some(view(between, b"between"))), "{context}");
            views.put(second, &order, &view(new, b"new")).await;
            assert_eq!(views.get(&order).await, Ok(Some(view(new, b"new"))), "{context}");
            views.put(first, &order, &view(between, b"between")).await;
            assert_eq!(views.get(&order).await, Ok(Some(view(new, b"new"))), "{context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn views_of_several_orders_are_written_and_read_at_once() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut views = Views::on(&ground, *plug).await;
        let (one, another, none) = (fresh_id(), fresh_id(), fresh_id());
        views.project(&[]).await.unwrap();
        views.project(&[(&one, view(1, b"one")), (&another, view(2, b"another"))]).await.unwrap();
        views.put_recent(&one, &view(2, b"one, newer")).await.unwrap();
        let (one_view, another_view) = (Some(view(2, b"one, newer")), Some(view(2, b"another")));
        let asked = [&another, &none, &one, &another];
        let expected = [another_view.clone(), None, one_view, another_view];
        assert_eq!(views.get_all(&asked).await, expected, "{plug:?}");
        assert_eq!(views.get_all(&[]).await, [], "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_cannot_be_read_is_a_fault_and_no_absence() {
    let ground = Ground::fresh().await;
    let mut views = Views::on(&ground, KEY_VALUE).await;
    for key in ["", ":recent"] {
        let order = fresh_id();
        ground.store().set(&format!("order:{order}{key}"), b"\x02 of another format".to_vec()).await.unwrap();
        let read = views.get(&order).await;
        assert!(matches!(read, Err(views::ViewError::Other(_))), "{key:?} {read:?}");
        let writer = if key.is_empty() { Writer::Projection } else { Writer::Command };
        views.put(writer, &order, &view(1, b"one")).await;
        assert_eq!(views.get(&order).await, Ok(Some(view(1, b"one"))), "its writer writes over it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut views = Views::on(&ground, *plug).await;
        let order = fresh_id();
        let read = views.get(&order).await;
        assert!(matches!(read, Err(views::ViewError::Unavailable(_))), "{plug:?} {read:?}");
        let written = views.put_recent(&order, &view(1, b"")).await;
        assert!(matches!(written, Err(updates::ViewError::Unavailable(_))), "{plug:?} {written:?}");
        let projected = views.project(&[(&order, view(1, b""))]).await;
        assert!(matches!(projected, Err(projection::ViewError::Unavailable(_))), "{plug:?} {projected:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_again_is_safe_wherever_the_first_attempt_broke() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut another = Views::on(&ground, *plug).await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let mut views = Views::of(ground.unlucky_instance(*plug, &mishap).await);
                let (order, view) = (fresh_id(), view(1, b"{}"));
                let context = format!("{plug:?} {mishap:?}");
                match views.put_recent(&order, &view).await {
                    Ok(()) => {}
                    Err(updates::ViewError::Unavailable(_)) => {
                        assert_eq!(views.put_recent(&order, &view).await, Ok(()), "{context}");
                    }
                    Err(error) => panic!("{context}: {error:?}"),
                }
                assert_eq!(another.get(&order).await, Ok(Some(view)), "{context}");
                if !mishap.happened() {
                    assert!(ordinal > 2, "{context}");
                    break;
                }
            }
        }
    }
}
