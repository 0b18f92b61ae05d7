//! The ports `payment/payment-views`, `payment/payment-view-updates` and `payment/payment-projection`, which one adapter
//! puts on one store: what is written through two of them is read through the third.

use crate::ground::{Ground, Plug, call};
use crate::mishap::{Mishap, Moment};
use port::Port;
use port::exports::tradepost::payment::payment_projection as projection;
use port::exports::tradepost::payment::payment_view_updates::{self as updates, PaymentView};
use port::exports::tradepost::payment::payment_views as views;
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/payment",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:payment/payment-views@0.1.0;
                export tradepost:payment/payment-view-updates@0.1.0;
                export tradepost:payment/payment-projection@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const KEY_VALUE: Plug = Plug { package: "payment-views-key-value", granted_as: "payment-payment" };

pub(crate) const ADAPTERS: &[Plug] = &[KEY_VALUE];

struct Views {
    adapter: Adapter,
    port: Port,
}

/// A writer of views.
#[derive(Clone, Copy, Debug)]
enum Writer {
    Command,
    Projection,
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
    async fn get(&mut self, id: &str) -> Result<Option<PaymentView>, views::ViewError> {
        let view = call!(self.tradepost_payment_payment_views.call_get(id.to_owned()))?;
        Ok(view.map(|views::PaymentView { version, body }| PaymentView { version, body }))
    }

    async fn put_recent(&mut self, id: &str, view: &PaymentView) -> Result<(), updates::ViewError> {
        call!(self.tradepost_payment_payment_view_updates.call_put_recent(id.to_owned(), view.clone()))
    }

    /// The projection shows these views.
    async fn project(&mut self, shown: &[(&str, PaymentView)]) -> Result<(), projection::ViewError> {
        let views: Vec<projection::PaymentView> = shown
            .iter()
            .map(|(id, PaymentView { version, body })| projection::PaymentView {
                payment_id: (*id).to_owned(),
                version: *version,
                body: body.clone(),
            })
            .collect();
        call!(self.tradepost_payment_payment_projection.call_put_all(views.clone()))
    }

    async fn put(&mut self, writer: Writer, id: &str, view: &PaymentView) {
        match writer {
            Writer::Command => self.put_recent(id, view).await.unwrap(),
            Writer::Projection => self.project(&[(id, view.clone())]).await.unwrap(),
        }
    }
}

fn view(version: u64, body: &[u8]) -> PaymentView {
    PaymentView { version, body: body.to_owned() }
}

fn fresh_id() -> String {
    Uuid::now_v7().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_read_as_it_was_written_by_every_instance() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let rows = [view(1, b"{}"), view(u64::MAX, b""), view(2, &every_byte), view(3, &b"x".repeat(1_000_000))];
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let (mut one, mut another) = (Views::on(&ground, *plug).await, Views::on(&ground, *plug).await);
        assert_eq!(one.get(&fresh_id()).await, Ok(None), "{plug:?}");
        for writer in [Writer::Command, Writer::Projection] {
            for view in &rows {
                let payment = fresh_id();
                one.put(writer, &payment, view).await;
                for instance in [&mut one, &mut another] {
                    let read = instance.get(&payment).await.unwrap();
                    assert!(read.as_ref() == Some(view), "{plug:?} {writer:?} {}", view.version);
                }
            }
        }
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
            let payment = fresh_id();
            views.put(first, &payment, &view(between, b"between")).await;
            views.put(second, &payment, &view(old, b"old")).await;
            assert_eq!(views.get(&payment).await, Ok(Some(view(between, b"between"))), "{context}");
            views.put(second, &payment, &view(new, b"new")).await;
            views.put(first, &payment, &view(between, b"between")).await;
            assert_eq!(views.get(&payment).await, Ok(Some(view(new, b"new"))), "{context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn views_of_several_payments_are_written_at_once() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut views = Views::on(&ground, *plug).await;
        let (one, another) = (fresh_id(), fresh_id());
        views.project(&[]).await.unwrap();
        views.project(&[(&one, view(1, b"one")), (&another, view(2, b"another"))]).await.unwrap();
        assert_eq!(views.get(&one).await, Ok(Some(view(1, b"one"))), "{plug:?}");
        assert_eq!(views.get(&another).await, Ok(Some(view(2, b"another"))), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_cannot_be_read_is_a_fault_and_no_absence() {
    let ground = Ground::fresh().await;
    let mut views = Views::on(&ground, KEY_VALUE).await;
    for (key, writer) in [("", Writer::Projection), (":recent", Writer::Command)] {
        let payment = fresh_id();
        let broken = b"\x02 of another format".to_vec();
        ground.store().set(&format!("payment:{payment}{key}"), broken).await.unwrap();
        let read = views.get(&payment).await;
        assert!(matches!(read, Err(views::ViewError::Other(_))), "{key:?} {read:?}");
        views.put(writer, &payment, &view(1, b"one")).await;
        assert_eq!(views.get(&payment).await, Ok(Some(view(1, b"one"))), "its writer writes over it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut views = Views::on(&ground, *plug).await;
        let payment = fresh_id();
        let read = views.get(&payment).await;
        assert!(matches!(read, Err(views::ViewError::Unavailable(_))), "{plug:?} {read:?}");
        let written = views.put_recent(&payment, &view(1, b"")).await;
        assert!(matches!(written, Err(updates::ViewError::Unavailable(_))), "{plug:?} {written:?}");
        let projected = views.project(&[(&payment, view(1, b""))]).await;
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
                let (payment, view) = (fresh_id(), view(1, b"{}"));
                let context = format!("{plug:?} {mishap:?}");
                if let Err(error) = views.project(&[(&payment, view.clone())]).await {
                    assert!(matches!(error, projection::ViewError::Unavailable(_)), "{context} {error:?}");
                    assert_eq!(views.project(&[(&payment, view.clone())]).await, Ok(()), "{context}");
                }
                assert_eq!(another.get(&payment).await, Ok(Some(view)), "{context}");
                if !mishap.happened() {
                    assert!(ordinal > 2, "{context}");
                    break;
                }
            }
        }
    }
}
