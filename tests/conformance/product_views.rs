//! The ports `catalog/product-views`, `catalog/product-view-updates` and `catalog/product-projection`, which one adapter
//! puts on one store: what is written through two of them is read through the third.

use crate::ground::{Ground, Plug, call};
use port::Port;
use port::exports::tradepost::catalog::product_projection as projection;
use port::exports::tradepost::catalog::product_view_updates as updates;
use port::exports::tradepost::catalog::product_views as views;
use tradepost::adapter::Adapter;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/catalog",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:catalog/product-views@0.1.0;
                export tradepost:catalog/product-view-updates@0.1.0;
                export tradepost:catalog/product-projection@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const KEY_VALUE: Plug = Plug { package: "product-views-key-value", granted_as: "catalog-product" };

pub(crate) const ADAPTERS: &[Plug] = &[KEY_VALUE];

const TEA: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

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
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn get(&mut self, id: &str) -> Result<Option<views::ProductView>, views::ViewError> {
        call!(self.tradepost_catalog_product_views.call_get(id.to_owned()))
    }

    /// Version and body of what is shown.
    async fn shown(&mut self, id: &str) -> Option<(u64, Vec<u8>)> {
        self.get(id).await.unwrap().map(|view| (view.version, view.body))
    }

    async fn put(&mut self, writer: Writer, id: &str, version: u64, body: Option<&[u8]>) {
        let (id, body) = (id.to_owned(), body.map(<[u8]>::to_vec));
        match writer {
            Writer::Command => {
                let view = updates::ProductView { version, body };
                call!(self.tradepost_catalog_product_view_updates.call_put_recent(id, view)).unwrap();
            }
            Writer::Projection => {
                let view = projection::ProductView { version, body };
                call!(self.tradepost_catalog_product_projection.call_put(id, view)).unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_read_as_it_was_written_whoever_wrote_it() {
    let every_byte: Vec<u8> = (0..=255).collect();
    for plug in ADAPTERS {
        for writer in [Writer::Command, Writer::Projection] {
            let ground = Ground::fresh().await;
            let (mut views, mut others) = (Views::on(&ground, *plug).await, Views::on(&ground, *plug).await);
            assert_eq!(views.shown(TEA).await, None);
            views.put(writer, TEA, 7, Some(&every_byte)).await;
            assert_eq!(others.shown(TEA).await, Some((7, every_byte.clone())), "{writer:?}");
            assert_eq!(others.shown("01890a5d-ac96-774b-bcce-b302099a8058").await, None, "{writer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_view_is_shown_whoever_wrote_it_and_when() {
    use Writer::{Command, Projection};
    for plug in ADAPTERS {
        for (first, second) in
            [(Command, Projection), (Projection, Command), (Command, Command), (Projection, Projection)]
        {
            let context = format!("{plug:?} {first:?} {second:?}");
            let ground = Ground::fresh().await;
            let mut views = Views::on(&ground, *plug).await;
            views.put(first, TEA, 2, Some(b"two")).await;
            views.put(second, TEA, 1, Some(b"one")).await;
            assert_eq!(views.shown(TEA).await, Some((2, b"two".to_vec())), "{context}");
            views.put(second, TEA, 3, None).await;
            assert_eq!(views.shown(TEA).await, None, "{context}: archived");
            views.put(first, TEA, 2, Some(b"two")).await;
            assert_eq!(views.shown(TEA).await, None, "{context}: still archived");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_cannot_be_read_is_a_fault_until_the_projection_writes_over_it() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut views = Views::on(&ground, *plug).await;
        ground.store().set(&format!("product:{TEA}"), b"garbage".to_vec()).await.unwrap();
        assert!(matches!(views.get(TEA).await, Err(views::ViewError::Other(_))), "{plug:?}");
        views.put(Writer::Projection, TEA, 1, Some(b"one")).await;
        assert_eq!(views.shown(TEA).await, Some((1, b"one".to_vec())), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut views = Views::on(&ground, *plug).await;
        assert!(matches!(views.get(TEA).await, Err(views::ViewError::Unavailable(_))), "{plug:?}");
        let view = updates::ProductView { version: 1, body: None };
        let put = call!(views.tradepost_catalog_product_view_updates.call_put_recent(TEA.to_owned(), view));
        assert!(matches!(put, Err(updates::ViewError::Unavailable(_))), "{plug:?}");
        let view = projection::ProductView { version: 1, body: None };
        let put = call!(views.tradepost_catalog_product_projection.call_put(TEA.to_owned(), view));
        assert!(matches!(put, Err(projection::ViewError::Unavailable(_))), "{plug:?}");
    }
}
