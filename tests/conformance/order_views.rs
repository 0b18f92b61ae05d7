//! The ports `ordering/order-views` and `ordering/order-view-updates`, which one adapter puts on one store: what is
//! written through the one is read through the other.

use crate::ground::{Ground, Plug, call};
use crate::mishap::{Mishap, Moment};
use port::Port;
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

    async fn put_recent_if_none(
        &mut self,
        order_id: &str,
        view: &OrderView,
    ) -> Result<(), updates::ViewError> {
        call!(
            self.tradepost_ordering_order_view_updates
                .call_put_recent_if_none(order_id.to_owned(), view.clone())
        )
    }
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
async fn a_commands_view_replaces_its_last_one_unless_it_asks_not_to() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut views = Views::on(&ground, *plug).await;
        let order = fresh_id();
        assert_eq!(views.put_recent_if_none(&order, &view(1, b"first")).await, Ok(()), "{plug:?}");
        assert_eq!(views.get(&order).await, Ok(Some(view(1, b"first"))), "{plug:?}");
        assert_eq!(views.put_recent(&order, &view(2, b"second")).await, Ok(()), "{plug:?}");
        assert_eq!(views.put_recent_if_none(&order, &view(1, b"first")).await, Ok(()), "{plug:?}");
        assert_eq!(views.get(&order).await, Ok(Some(view(2, b"second"))), "{plug:?}");
    }
}

/// The projection's key is written here behind the adapter's back, with the bytes that the adapter made of a command's
/// view: the store's entry is the same for both.
#[tokio::test(flavor = "multi_thread")]
async fn of_the_projections_view_and_the_commands_the_newer_is_read() {
    let ground = Ground::fresh().await;
    let mut views = Views::on(&ground, KEY_VALUE).await;
    for (projected, recent, expected) in [
        (Some(1), None, 1),
        (None, Some(1), 1),
        (Some(1), Some(2), 2),
        (Some(3), Some(2), 3),
        // As numbers and not as text.
        (Some(10), Some(9), 10),
        (Some(255), Some(256), 256),
    ] {
        let order = fresh_id();
        if let Some(version) = projected {
            let elsewhere = fresh_id();
            views.put_recent(&elsewhere, &view(version, b"projected")).await.unwrap();
            let entry = ground.store().get(&format!("order:{elsewhere}:recent")).unwrap().unwrap();
            ground.store().set(&format!("order:{order}"), entry).await.unwrap();
        }
        if let Some(version) = recent {
            views.put_recent(&order, &view(version, b"recent")).await.unwrap();
        }
        let body: &[u8] = if recent == Some(expected) { b"recent" } else { b"projected" };
        assert_eq!(views.get(&order).await, Ok(Some(view(expected, body))), "{projected:?} {recent:?}");
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
        for written in [
            views.put_recent(&order, &view(1, b"")).await,
            views.put_recent_if_none(&order, &view(1, b"")).await,
        ] {
            assert!(matches!(written, Err(updates::ViewError::Unavailable(_))), "{plug:?} {written:?}");
        }
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
                match views.put_recent_if_none(&order, &view).await {
                    Ok(()) => {}
                    Err(updates::ViewError::Unavailable(_)) => {
                        assert_eq!(views.put_recent_if_none(&order, &view).await, Ok(()), "{context}");
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
