//! The port `catalog/price-list`.

use crate::ground::{Ground, Plug, call};
use crate::product_catalog::{self, Catalog, Product, product};
use port::Port;
use port::exports::tradepost::catalog::price_list::{Price, PriceError};
use tradepost::adapter::Adapter;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/catalog",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:catalog/price-list@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const POSTGRES: Plug = Plug { package: "price-list-postgres", granted_as: "ordering-orders" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES];

/// The adapters of the two ports that work on one store: what is created through the one is priced by the other.
const WITH_CATALOG: &[(Plug, Plug)] = &[(POSTGRES, product_catalog::POSTGRES)];

struct PriceList {
    adapter: Adapter,
    port: Port,
}

impl PriceList {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    /// The prices, sorted: the port promises no order.
    async fn prices<S: AsRef<str>>(&mut self, skus: &[S]) -> Result<Vec<Price>, PriceError> {
        let skus: Vec<String> = skus.iter().map(|sku| sku.as_ref().to_owned()).collect();
        let mut prices = call!(self.tradepost_catalog_price_list.call_prices(skus))?;
        prices.sort_by(|one, other| one.sku.cmp(&other.sku));
        Ok(prices)
    }
}

/// What the price list says of a product.
fn price_of(product: &Product) -> Price {
    Price {
        sku: product.sku.clone(),
        name: product.name.clone(),
        unit_amount: product.price.amount,
        currency: product.price.currency.clone(),
    }
}

#[test]
fn every_adapter_has_a_catalog_to_price() {
    assert_eq!(WITH_CATALOG.len(), ADAPTERS.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_ordered_is_priced_once_and_nothing_else_is() {
    for (plug, catalog) in WITH_CATALOG {
        let ground = Ground::fresh().await;
        let mut catalog = Catalog::on(&ground, *catalog).await;
        let mut list = PriceList::on(&ground, *plug).await;
        let (bookcase, chair) = (product("BK-1", 26_196, "USD"), product("CH 'ä' {1}", i64::MAX, "JPY"));
        let inactive = Product { active: false, ..product("OLD-1", 1, "USD") };
        for product in [&bookcase, &chair, &inactive] {
            catalog.create(product).await.unwrap();
        }
        let (bookcase, chair) = (price_of(&bookcase), price_of(&chair));
        let rows: [(&[&str], Vec<&Price>); 7] = [
            (&["BK-1"], vec![&bookcase]),
            (&["CH 'ä' {1}", "BK-1"], vec![&bookcase, &chair]),
            (&["BK-1", "BK-1", "BK-1"], vec![&bookcase]),
            (&["BK-1", "UNKNOWN", "OLD-1"], vec![&bookcase]),
            (&["UNKNOWN", "OLD-1", ""], vec![]),
            (&["bk-1", "BK-1 ", "BK_1", "%"], vec![]),
            (&[], vec![]),
        ];
        for (skus, expected) in rows {
            let prices = list.prices(skus).await.unwrap();
            assert_eq!(prices.iter().collect::<Vec<_>>(), expected, "{plug:?} {skus:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_priced_as_soon_as_its_creation_is_answered() {
    for (plug, catalog) in WITH_CATALOG {
        let ground = Ground::fresh().await;
        let mut catalog = Catalog::on(&ground, *catalog).await;
        let mut list = PriceList::on(&ground, *plug).await;
        assert_eq!(list.prices(&["BK-1"]).await, Ok(vec![]), "{plug:?}");
        let product = product("BK-1", 1, "USD");
        catalog.create(&product).await.unwrap();
        assert_eq!(list.prices(&["BK-1"]).await, Ok(vec![price_of(&product)]), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_skus_are_priced_in_one_call() {
    for (plug, catalog) in WITH_CATALOG {
        let ground = Ground::fresh().await;
        let mut catalog = Catalog::on(&ground, *catalog).await;
        let mut list = PriceList::on(&ground, *plug).await;
        let products: Vec<Product> = (0..1_000).map(|n| product(&format!("SKU-{n:04}"), n, "USD")).collect();
        for created in catalog.create_at_once(products.clone()).await {
            created.unwrap();
        }
        let skus: Vec<&str> = products.iter().map(|product| product.sku.as_str()).collect();
        let prices = list.prices(&skus).await.unwrap();
        assert_eq!(prices, products.iter().map(price_of).collect::<Vec<_>>(), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut list = PriceList::on(&ground, *plug).await;
        let prices = list.prices(&["BK-1"]).await;
        assert!(matches!(prices, Err(PriceError::Unavailable(_))), "{plug:?} {prices:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_outlives_its_connections() {
    let ground = Ground::fresh().await;
    let mut list = PriceList::on(&ground, POSTGRES).await;
    assert_eq!(list.prices(&["BK-1"]).await, Ok(vec![]));
    ground.cut_connections().await;
    assert_eq!(list.prices(&["BK-1"]).await, Ok(vec![]));
}
