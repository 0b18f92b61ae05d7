//! The port `catalog/product-catalog`.

use crate::ground::{Ground, Plug, call, call_all};
use crate::mishap::{Mishap, Moment};
use futures::future::join_all;
use port::Port;
pub(crate) use port::exports::tradepost::catalog::product_catalog::Product;
use port::exports::tradepost::catalog::product_catalog::{
    Added, Addition, Entry, IdempotencyScope, KeptAnswer, LookupError, Money, NewEvent, ReplayedAnswer,
    WriteError, Written,
};
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

    pub(crate) async fn write(&mut self, entry: &Entry) -> Result<Written, WriteError> {
        call!(self.tradepost_catalog_product_catalog.call_write(entry.clone()))
    }

    async fn write_at_once(&mut self, all: Vec<Entry>) -> Vec<Result<Written, WriteError>> {
        call_all!(self.tradepost_catalog_product_catalog.call_write(entry in all => entry))
            .into_iter()
            .collect()
    }

    pub(crate) async fn create(&mut self, product: &Product) -> Result<Written, WriteError> {
        self.write(&creation(product)).await
    }

    pub(crate) async fn create_at_once(&mut self, all: Vec<Product>) -> Vec<Result<Written, WriteError>> {
        self.write_at_once(all.iter().map(creation).collect()).await
    }

    async fn add_all(&mut self, products: &[Product]) -> Result<Vec<Added>, LookupError> {
        let additions: Vec<Addition> =
            products.iter().map(|product| Addition { product: product.clone(), event: event("t") }).collect();
        call!(self.tradepost_catalog_product_catalog.call_add_all(additions, None))
    }

    async fn find_answer(&mut self, answer: &KeptAnswer) -> Result<Option<ReplayedAnswer>, LookupError> {
        let (scope, fingerprint) = (answer.scope.clone(), answer.fingerprint.clone());
        call!(self.tradepost_catalog_product_catalog.call_find_answer(scope, fingerprint))
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
        version: 1,
    }
}

fn event(event_type: &str) -> NewEvent {
    NewEvent {
        id: Uuid::now_v7().to_string(),
        event_type: event_type.to_owned(),
        data: r#"{"a":1}"#.to_owned(),
        occurred_at: 1_795_348_800_123_457,
    }
}

fn creation(product: &Product) -> Entry {
    Entry {
        product: product.clone(),
        archived: false,
        expected_version: 0,
        events: vec![event("created")],
        traceparent: None,
        answer: None,
    }
}

/// The product with another name and so many events more, and the entry that makes it that.
fn edit(product: &Product, name: &str, events: u64) -> (Product, Entry) {
    let next = Product { name: name.to_owned(), version: product.version + events, ..product.clone() };
    let entry = Entry {
        product: next.clone(),
        expected_version: product.version,
        events: (0..events).map(|_| event("changed")).collect(),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        ..creation(product)
    };
    (next, entry)
}

fn answer(key: &str, fingerprint: u8) -> KeptAnswer {
    KeptAnswer {
        scope: IdempotencyScope {
            principal: "admin".to_owned(),
            method: "PATCH".to_owned(),
            path: "/products/1".to_owned(),
            key: key.to_owned(),
        },
        fingerprint: vec![fingerprint; 32],
        status: 200,
        location: None,
        body: b"{}".to_vec(),
        expires_at: 4_102_444_800_000_000,
    }
}

/// What the outbox has: sequence and type of each event, in order.
async fn told(ground: &Ground) -> Vec<(i64, String)> {
    let client = ground.database.as_ref().unwrap().connect().await;
    let rows =
        client.query("SELECT sequence, type FROM catalog.outbox ORDER BY position", &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
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
            assert_eq!(catalog.create(product).await, Ok(Written::Done), "{plug:?}");
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
        assert_eq!(catalog.create(&second).await, Err(WriteError::SkuTaken), "{plug:?}");
        assert_eq!(catalog.find(&second.id).await, Ok(None), "{plug:?}");
        assert_eq!(catalog.find(&first.id).await, Ok(Some(first.clone())), "{plug:?}");
        // Another spelling is another SKU: folding is the rules' business.
        for sku in ["bk-1", "BK-1 ", "BK_1"] {
            assert_eq!(catalog.create(&product(sku, 1, "USD")).await, Ok(Written::Done), "{plug:?} {sku}");
        }
        let archival = Entry { archived: true, ..edit(&first, "Gone", 1).1 };
        assert_eq!(catalog.write(&archival).await, Ok(Written::Done), "{plug:?}");
        assert_eq!(catalog.create(&second).await, Err(WriteError::SkuTaken), "{plug:?}");
        assert_eq!(catalog.find(&first.id).await, Ok(None), "{plug:?}");
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
        let taken = answers.iter().filter(|answer| **answer == Err(WriteError::SkuTaken)).count();
        assert_eq!((succeeded, taken), (1, 31), "{answers:?}");
        assert_eq!(told(&ground).await.len(), 1, "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_of_the_version_it_expects_and_of_no_other() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut catalog = Catalog::on(&ground, *plug).await;
        let first = product("BK-1", 1, "USD");
        let (second, edit_once) = edit(&first, "Second", 2);
        assert_eq!(
            catalog.write(&edit_once).await,
            Err(WriteError::VersionConflict),
            "{plug:?}: there is none"
        );
        catalog.create(&first).await.unwrap();
        assert_eq!(catalog.write(&edit_once).await, Ok(Written::Done), "{plug:?}");
        assert_eq!(catalog.find(&first.id).await, Ok(Some(second.clone())), "{plug:?}");
        assert_eq!(
            catalog.write(&edit_once).await,
            Err(WriteError::VersionConflict),
            "{plug:?}: it is stale"
        );
        let (_, far) = edit(&Product { version: u64::MAX - 9, ..second.clone() }, "Far", 1);
        assert_eq!(catalog.write(&far).await, Err(WriteError::VersionConflict), "{plug:?}");
        let archival = Entry { archived: true, ..edit(&second, "Third", 1).1 };
        assert_eq!(catalog.write(&archival).await, Ok(Written::Done), "{plug:?}");
        let (_, late) = edit(&Product { version: 4, ..second }, "Fourth", 1);
        assert_eq!(catalog.write(&late).await, Err(WriteError::VersionConflict), "{plug:?}: it is archived");
        let told = told(&ground).await;
        let expected = [(1, "created"), (2, "changed"), (3, "changed"), (4, "changed")];
        assert_eq!(
            told,
            expected.map(|(sequence, event_type)| (sequence, event_type.to_owned())),
            "{plug:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_edits_of_one_version_at_once_one_is_made() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut instances = join_all((0..4).map(|_| Catalog::on(&ground, *plug))).await;
        let first = product("BK-1", 1, "USD");
        instances[0].create(&first).await.unwrap();
        let edits = |n: usize| (0..8).map(|i| edit(&first, &format!("{n} {i}"), 1).1).collect();
        let answers =
            join_all(instances.iter_mut().enumerate().map(|(n, instance)| instance.write_at_once(edits(n))))
                .await;
        let answers = answers.concat();
        let succeeded = answers.iter().filter(|answer| answer.is_ok()).count();
        let late = answers.iter().filter(|answer| **answer == Err(WriteError::VersionConflict)).count();
        assert_eq!((succeeded, late), (1, 31), "{answers:?}");
        assert_eq!(told(&ground).await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_under_a_key_is_made_once_and_answered_alike() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut catalog = Catalog::on(&ground, *plug).await;
        let first = product("BK-1", 1, "USD");
        catalog.create(&first).await.unwrap();
        let kept = ReplayedAnswer { status: 200, location: None, body: b"{}".to_vec() };
        let under = |answer: KeptAnswer| Entry { answer: Some(answer), ..edit(&first, "Second", 1).1 };

        assert_eq!(catalog.find_answer(&answer("k", 1)).await, Ok(None), "{plug:?}");
        assert_eq!(catalog.write(&under(answer("k", 1))).await, Ok(Written::Done), "{plug:?}");
        assert_eq!(
            catalog.write(&under(answer("k", 1))).await,
            Ok(Written::Replayed(kept.clone())),
            "{plug:?}"
        );
        assert_eq!(catalog.find_answer(&answer("k", 1)).await, Ok(Some(kept)), "{plug:?}");
        assert_eq!(catalog.write(&under(answer("k", 2))).await, Err(WriteError::KeyReused), "{plug:?}");
        assert_eq!(catalog.find_answer(&answer("k", 2)).await, Ok(None), "{plug:?}");

        // What is refused keeps no answer.
        assert_eq!(
            catalog.write(&under(answer("other", 1))).await,
            Err(WriteError::VersionConflict),
            "{plug:?}"
        );
        assert_eq!(catalog.find_answer(&answer("other", 1)).await, Ok(None), "{plug:?}");

        // An edit that changes nothing is written for its answer.
        let second = edit(&first, "Second", 1).0;
        let nothing = Entry { answer: Some(answer("third", 1)), ..edit(&second, "Second", 0).1 };
        assert_eq!(catalog.write(&nothing).await, Ok(Written::Done), "{plug:?}");
        assert!(matches!(catalog.write(&nothing).await, Ok(Written::Replayed(_))), "{plug:?}");
        assert_eq!(catalog.find(&first.id).await, Ok(Some(second)), "{plug:?}");
        assert_eq!(told(&ground).await.len(), 2, "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn additions_are_created_unchanged_or_taken() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut catalog = Catalog::on(&ground, *plug).await;
        let there = Product { attributes: r#"{"b":"2","a":"1"}"#.to_owned(), ..product("BK-1", 1, "USD") };
        catalog.create(&there).await.unwrap();
        let same = Product { attributes: r#"{"a":"1", "b":"2"}"#.to_owned(), ..product("BK-1", 1, "USD") };
        let fresh = product("BK-2", 1, "USD");
        let all = [same, product("BK-1", 2, "USD"), fresh.clone(), product("BK-2", 1, "USD")];
        let unchanged = |product: &Product| Added::Unchanged(product.id.clone());
        let expected = vec![unchanged(&there), Added::SkuTaken, Added::Created, unchanged(&fresh)];
        assert_eq!(catalog.add_all(&all).await, Ok(expected), "{plug:?}");
        assert_eq!(catalog.find(&fresh.id).await, Ok(Some(fresh.clone())), "{plug:?}");
        assert_eq!(
            catalog.add_all(&[fresh]).await,
            Ok(vec![Added::Created]),
            "{plug:?}: the same call again"
        );
        assert_eq!(catalog.add_all(&[]).await, Ok(vec![]), "{plug:?}");
        assert_eq!(told(&ground).await.len(), 2, "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut catalog = Catalog::on(&ground, *plug).await;
        let product = product("BK-1", 1, "USD");
        let created = catalog.create(&product).await;
        assert!(matches!(created, Err(WriteError::Unavailable(_))), "{plug:?} {created:?}");
        let found = catalog.find(&product.id).await;
        assert!(matches!(found, Err(LookupError::Unavailable(_))), "{plug:?} {found:?}");
        let added = catalog.add_all(&[product]).await;
        assert!(matches!(added, Err(LookupError::Unavailable(_))), "{plug:?} {added:?}");
        let answer = catalog.find_answer(&answer("k", 1)).await;
        assert!(matches!(answer, Err(LookupError::Unavailable(_))), "{plug:?} {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_again_is_safe_wherever_the_first_attempt_broke() {
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
                    Ok(Written::Done) => {}
                    Err(WriteError::Unavailable(_)) => {
                        assert_eq!(catalog.create(&product).await, Ok(Written::Done), "{context}");
                    }
                    other => panic!("{context}: {other:?}"),
                }
                assert_eq!(another.find(&product.id).await, Ok(Some(product)), "{context}");
                if !mishap.happened() {
                    assert!(ordinal > 2, "{context}");
                    break;
                }
            }
        }
        let client = ground.database.as_ref().unwrap().connect().await;
        let once = "SELECT (SELECT count(*) FROM catalog.outbox) = (SELECT count(*) FROM catalog.products)";
        assert!(client.query_one(once, &[]).await.unwrap().get::<_, bool>(0), "every creation is told once");
    }
}

/// An edit without a key that lost its reply must not be made again, nor be called a conflict.
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_whose_reply_is_lost_is_made_once_and_not_denied() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut another = Catalog::on(&ground, *plug).await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let mut catalog = Catalog::unlucky_on(&ground, *plug, &mishap).await;
                let first = product(&format!("{moment:?}-{ordinal}"), 1, "USD");
                another.create(&first).await.unwrap();
                let context = format!("{plug:?} {mishap:?}");
                let (second, edit) = edit(&first, "Second", 1);
                let outcome = catalog.write(&edit).await;
                let found = another.find(&first.id).await.unwrap().unwrap();
                match outcome {
                    Ok(Written::Done) => assert_eq!(found, second, "{context}"),
                    Err(WriteError::Unavailable(_)) => {
                        assert!(found == first || found == second, "{context}");
                    }
                    other => panic!("{context}: {other:?}"),
                }
                if !mishap.happened() {
                    break;
                }
            }
        }
    }
}
