//! The port `catalog/product-search`, on the store that `catalog/product-catalog` writes.

use crate::ground::{Ground, Plug, call};
use crate::product_catalog::{self, Catalog, Product, product};
use port::Port;
use port::exports::tradepost::catalog::product_search::{Filter, Page, SearchError, Start};
use tradepost::adapter::Adapter;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/catalog",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:catalog/product-search@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const POSTGRES: Plug = Plug { package: "product-search-postgres", granted_as: "catalog-products" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES];

/// The adapters of the two ports that work on one store: what is created through the one is found by the other.
const WITH_CATALOG: &[(Plug, Plug)] = &[(POSTGRES, product_catalog::POSTGRES)];

struct Search {
    adapter: Adapter,
    port: Port,
}

impl Search {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn search(&mut self, filter: &Filter, start: Start, limit: u32) -> Result<Page, SearchError> {
        call!(self.tradepost_catalog_product_search.call_search(filter.clone(), start, limit))
    }

    /// The SKUs of a page, and whether there is more.
    async fn skus(&mut self, filter: &Filter, start: Start, limit: u32) -> (String, bool) {
        let page = self.search(filter, start, limit).await.unwrap();
        let skus: Vec<_> = page.products.iter().map(|product| product.sku.as_str()).collect();
        (skus.join(" "), page.has_more)
    }
}

fn all() -> Filter {
    Filter { words: None, category: None, active: None }
}

fn words(words: &str) -> Filter {
    Filter { words: Some(words.to_owned()), ..all() }
}

/// Five products: A and E are teapots by name, C by category, B by description, D is inactive.
async fn shelf(ground: &Ground, catalog: Plug) -> Vec<Product> {
    let mut catalog = Catalog::on(ground, catalog).await;
    let teapots = ["teapots".to_owned()];
    let products = vec![
        Product { name: "Teapot".to_owned(), ..product("A", 1, "USD") },
        Product { description: Some("Goes with a teapot".to_owned()), ..product("B", 1, "USD") },
        Product { categories: teapots.to_vec(), ..product("C", 1, "USD") },
        Product { active: false, ..product("D", 1, "USD") },
        Product { name: "Teapot".to_owned(), ..product("E", 1, "USD") },
    ];
    for product in &products {
        catalog.create(product).await.unwrap();
    }
    products
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_newest_first_narrowed_by_fields_and_walked_both_ways() {
    for (plug, catalog) in WITH_CATALOG {
        let ground = Ground::fresh().await;
        let products = shelf(&ground, *catalog).await;
        let id = |n: usize| products[n].id.clone();
        let mut search = Search::on(&ground, *plug).await;
        let in_category = Filter { category: Some("teapots".to_owned()), ..all() };
        let active = |active| Filter { active: Some(active), ..all() };
        let rows = [
            (all(), Start::Top, 100, ("E D C B A", false)),
            (all(), Start::Top, 5, ("E D C B A", false)),
            (all(), Start::Top, 2, ("E D", true)),
            (all(), Start::After(id(3)), 2, ("C B", true)),
            (all(), Start::After(id(1)), 2, ("A", false)),
            (all(), Start::After(id(0)), 2, ("", false)),
            (all(), Start::Before(id(0)), 2, ("C B", true)),
            (all(), Start::Before(id(2)), 2, ("E D", false)),
            (in_category, Start::Top, 2, ("C", false)),
            (active(true), Start::Top, 3, ("E C B", true)),
            (active(false), Start::Top, 3, ("D", false)),
        ];
        for (filter, start, limit, (skus, has_more)) in rows {
            let context = format!("{plug:?} {filter:?} {start:?} {limit}");
            assert_eq!(search.skus(&filter, start, limit).await, (skus.to_owned(), has_more), "{context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_are_best_first_and_walked_both_ways() {
    for (plug, catalog) in WITH_CATALOG {
        let ground = Ground::fresh().await;
        let products = shelf(&ground, *catalog).await;
        let id = |n: usize| products[n].id.clone();
        let mut search = Search::on(&ground, *plug).await;
        let teapots = words("teapot");
        let rows = [
            (teapots.clone(), Start::Top, 9, ("E A C B", false)),
            (teapots.clone(), Start::Top, 1, ("E", true)),
            (teapots.clone(), Start::After(id(4)), 2, ("A C", true)),
            (teapots.clone(), Start::After(id(2)), 2, ("B", false)),
            (teapots.clone(), Start::Before(id(1)), 2, ("A C", true)),
            (teapots.clone(), Start::Before(id(4)), 2, ("", false)),
            (words("teapot -goes"), Start::Top, 9, ("E A C", false)),
            (words("\"a teapot\""), Start::Top, 9, ("B", false)),
            (words("nothing"), Start::Top, 9, ("", false)),
            (Filter { category: Some("teapots".to_owned()), ..teapots.clone() }, Start::Top, 9, ("C", false)),
            (Filter { active: Some(false), ..words("the") }, Start::Top, 9, ("D", false)),
        ];
        for (filter, start, limit, (skus, has_more)) in rows {
            let context = format!("{plug:?} {filter:?} {start:?} {limit}");
            assert_eq!(search.skus(&filter, start, limit).await, (skus.to_owned(), has_more), "{context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_words_and_no_category_make_a_search_fail() {
    for (plug, catalog) in WITH_CATALOG {
        let ground = Ground::fresh().await;
        shelf(&ground, *catalog).await;
        let mut search = Search::on(&ground, *plug).await;
        let long = "x ".repeat(100);
        for text in ["'", "\\", "& | ! ( ) <->", "\"", "a:*", "-", "' OR true --", "%_", &long, "\u{1f375}"] {
            search.skus(&words(text), Start::Top, 9).await;
            let in_category = Filter { category: Some(text.to_owned()), ..all() };
            assert_eq!(search.skus(&in_category, Start::Top, 9).await.0, "", "{plug:?} {text:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let found = Search::on(&ground, *plug).await.search(&all(), Start::Top, 9).await;
        assert!(matches!(found, Err(SearchError::Unavailable(_))), "{plug:?} {found:?}");
    }
}
