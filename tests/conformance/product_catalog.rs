//! The port `catalog/product-catalog`.

use crate::ground::{Ground, Plug, call, call_all};
use crate::mishap::{Mishap, Moment};
use futures::future::join_all;
use port::Port;
pub(crate) use port::exports::tradepost::catalog::product_catalog::Product;
use port::exports::tradepost::catalog::product_catalog::{CreationError, LookupError, Money};
use serde_json::Value;
use std::sync::Arc;
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/catalog",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:catalog/product-catalog@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

pub(crate) const POSTGRES: Plug =
    Plug { package: "product-catalog-postgres", granted_as: "catalog-products" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES];

pub(crate) struct Catalog {
    adapter: Adapter,
    port: Port,
}

impl Catalog {
    pub(crate) async fn on(ground: &Ground, plug: Plug) -> Self {
        Self::of(ground.instance(plug).await)
    }

    async fn unlucky_on(ground: &Ground, plug: Plug, mishap: &Arc<Mishap>) -> Self {
        Self::of(ground.unlucky_instance(plug, mishap).await)
    }

    fn of(mut adapter: Adapter) -> Self {
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    pub(crate) async fn create(&mut self, product: &Product) -> Result<(), CreationError> {
        call!(self.tradepost_catalog_product_catalog.call_create(product.clone()))
    }

    pub(crate) async fn create_at_once(&mut self, all: Vec<Product>) -> Vec<Result<(), CreationError>> {
        call_all!(self.tradepost_catalog_product_catalog.call_create(product in all => product))
            .into_iter()
            .collect()
    }

    async fn find(&mut self, id: &str) -> Result<Option<Product>, LookupError> {
        call!(self.tradepost_catalog_product_catalog.call_find(id.to_owned()))
    }
}

/// A product with nothing that can be left out.
pub(crate) fn product(sku: &str, amount: i64, currency: &str) -> Product {
    Product {
        id: Uuid::now_v7().to_string(),
        sku: sku.to_owned(),
        name: format!("The {sku}"),
        description: None,
        price: Money { amount, currency: currency.to_owned() },
        categories: Vec::new(),
        attributes: "{}".to_owned(),
        active: true,
        created_at: 1_795_348_800_123_457,
    }
}

/// The product with its attributes spelt in the one way that tells two objects apart.
fn spelt(product: &Product) -> Product {
    let attributes: Value = serde_json::from_str(&product.attributes).unwrap();
    Product { attributes: attributes.to_string(), ..product.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_created_product_is_found_as_created_by_every_instance() {
    let rows = [
        product("BK-1", 26_196, "USD"),
        Product {
            name: "Regal „Ångström“ 李".to_owned(),
            description: Some("Two lines,\none 'quote', one \\".to_owned()),
            categories: vec!["furniture".to_owned(), "a, \"b\" {c}".to_owned(), "NULL".to_owned()],
            attributes: r#"{"colour":"white","\"":"\\","é":"\u2028"}"#.to_owned(),
            ..product("BK-2", 0, "JPY")
        },
        Product { description: Some(String::new()), ..product("BK-3", i64::MAX, "EUR") },
        Product { active: false, created_at: -1, ..product("BK-4", 1, "EUR") },
    ];
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let (mut catalog, mut another) =
            (Catalog::on(&ground, *plug).await, Catalog::on(&ground, *plug).await);
        for product in &rows {
            assert_eq!(catalog.create(product).await, Ok(()), "{plug:?}");
            for instance in [&mut catalog, &mut another] {
                let found = instance.find(&product.id).await.unwrap().unwrap();
                assert_eq!(spelt(&found), spelt(product), "{plug:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found_and_neither_is_what_is_no_uuid() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut catalog = Catalog::on(&ground, *plug).await;
        catalog.create(&product("BK-1", 1, "USD")).await.unwrap();
        let long = "0".repeat(2_000);
        for id in [
            "0193f0c4-8f5e-7a51-b7d2-3f6a2f1b9c11",
            "",
            "BK-1",
            "product_01h455vb4pex5vsknk084sn02q",
            "\0",
            &long,
        ] {
            assert_eq!(catalog.find(id).await, Ok(None), "{plug:?} {id:.60?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sku_that_is_taken_creates_nothing() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut catalog = Catalog::on(&ground, *plug).await;
        let (first, second) = (product("BK-1", 1, "USD"), product("BK-1", 2, "EUR"));
        catalog.create(&first).await.unwrap();
        for again in [&second, &first] {
            assert_eq!(catalog.create(again).await, Err(CreationError::SkuTaken), "{plug:?}");
        }
        assert_eq!(catalog.find(&second.id).await, Ok(None), "{plug:?}");
        assert_eq!(catalog.find(&first.id).await, Ok(Some(first)), "{plug:?}");
        // Another spelling is another SKU: folding is the rules' business.
        for sku in ["bk-1", "BK-1 ", "BK_1"] {
            assert_eq!(catalog.create(&product(sku, 1, "USD")).await, Ok(()), "{plug:?} {sku}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_creations_under_one_sku_at_once_one_succeeds() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut instances = join_all((0..4).map(|_| Catalog::on(&ground, *plug))).await;
        let twins = || (0..8).map(|_| product("BK-1", 1, "USD")).collect();
        let answers = join_all(instances.iter_mut().map(|instance| instance.create_at_once(twins()))).await;
        let answers = answers.concat();
        let succeeded = answers.iter().filter(|answer| answer.is_ok()).count();
        let taken = answers.iter().filter(|answer| **answer == Err(CreationError::SkuTaken)).count();
        assert_eq!((succeeded, taken), (1, 31), "{answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut catalog = Catalog::on(&ground, *plug).await;
        let product = product("BK-1", 1, "USD");
        let created = catalog.create(&product).await;
        assert!(matches!(created, Err(CreationError::Unavailable(_))), "{plug:?} {created:?}");
        let found = catalog.find(&product.id).await;
        assert!(matches!(found, Err(LookupError::Unavailable(_))), "{plug:?} {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_again_is_safe_wherever_the_first_attempt_broke() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut another = Catalog::on(&ground, *plug).await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let mut catalog = Catalog::unlucky_on(&ground, *plug, &mishap).await;
                let product = product(&format!("{moment:?}-{ordinal}"), 1, "USD");
                let context = format!("{plug:?} {mishap:?}");
                match catalog.create(&product).await {
                    Ok(()) => {}
                    Err(CreationError::Unavailable(_)) => {
                        let again = catalog.create(&product).await;
                        assert!(
                            matches!(again, Ok(()) | Err(CreationError::SkuTaken)),
                            "{context}: {again:?}"
                        );
                    }
                    Err(error) => panic!("{context}: {error:?}"),
                }
                assert_eq!(another.find(&product.id).await, Ok(Some(product)), "{context}");
                if !mishap.happened() {
                    assert!(ordinal > 2, "{context}");
                    break;
                }
            }
        }
    }
}
