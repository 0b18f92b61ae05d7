//! `/products`: the list and the search.

use super::{add, product};
use serde_json::{Value, json};
use tradepost_tests::{Answer, Application};

/// The SKUs of a page, in order.
fn skus(answer: &Answer) -> String {
    let page = answer.data(200);
    let skus: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|item| item["sku"].as_str().unwrap()).collect();
    skus.join(" ")
}

async fn list(app: &Application, query: &str) -> Answer {
    app.get(&format!("/products{query}")).send().await
}

/// The path of a `Link` header's relation.
fn link(answer: &Answer, relation: &str) -> Option<String> {
    let links = answer.headers.get("link")?.to_str().unwrap();
    let link = links.split(", ").find(|link| link.ends_with(&format!("rel=\"{relation}\"")))?;
    Some(link.split_once('<')?.1.split_once('>')?.0.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn anyone_lists_products_newest_first() {
    let app = Application::start().await;
    let page = list(&app, "").await.data(200);
    assert_eq!(page, json!({"items": [], "has_more": false}));
    let first = add(&app, product("A", 1, "USD")).await.data(201);
    add(&app, product("B", 1, "USD")).await;
    let answer = list(&app, "").await;
    assert_eq!(skus(&answer), "B A");
    assert_eq!(answer.data(200)["items"][1], first, "a list shows products as they are read");
    assert!(answer.headers.get("link").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_both_ways_while_products_are_added() {
    let app = Application::start().await;
    for n in 0..5 {
        add(&app, product(&format!("S{n}"), 1, "USD")).await.data(201);
    }
    let first = list(&app, "?limit=2").await;
    assert_eq!((skus(&first).as_str(), &first.data(200)["has_more"]), ("S4 S3", &json!(true)));
    add(&app, product("S5", 1, "USD")).await.data(201);
    let second = app.get(&link(&first, "next").unwrap()).send().await;
    assert_eq!(skus(&second), "S2 S1");
    let third = app.get(&link(&second, "next").unwrap()).send().await;
    assert_eq!((skus(&third).as_str(), &third.data(200)["has_more"]), ("S0", &json!(false)));
    assert_eq!(link(&third, "next"), None);
    let id = |answer: &Answer| answer.data(200)["items"][0]["id"].as_str().unwrap().to_owned();
    let back = list(&app, &format!("?limit=2&ending_before={}", id(&third))).await;
    assert_eq!((skus(&back).as_str(), &back.data(200)["has_more"]), ("S2 S1", &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_narrowed_by_category_and_by_whether_it_can_be_ordered() {
    let app = Application::start().await;
    for (sku, category, active) in [("A", "tea", true), ("B", "tea & more", true), ("C", "tea", false)] {
        let mut body = product(sku, 1, "USD");
        body["categories"] = json!([category]);
        body["active"] = json!(active);
        add(&app, body).await.data(201);
    }
    for (query, expected) in [
        ("?category=tea", "C A"),
        ("?category=tea+%26%20more", "B"),
        ("?category=Tea", ""),
        ("?active=true", "B A"),
        ("?active=false", "C"),
        ("?category=tea&active=true", "A"),
    ] {
        assert_eq!(skus(&list(&app, query).await), expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_words_and_puts_the_best_first() {
    let app = Application::start().await;
    let rows = [
        ("A", json!({"description": "A cosy for every teapot"})),
        ("B", json!({"categories": ["teapots"]})),
        ("C", json!({"name": "Teapot, green"})),
        ("D", json!({"name": "Teapot, blue"})),
        ("TP-100", json!({"name": "Kettle"})),
    ];
    for (sku, more) in rows {
        let mut body = product(sku, 1, "USD");
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        add(&app, body).await.data(201);
    }
    for (query, expected) in [
        ("?q=teapots", "D C B A"),
        ("?q=green+teapot", "C"),
        ("?q=teapot+-green", "D B A"),
        ("?q=%22for+every%22", "A"),
        ("?q=kettle+or+cosy", "TP-100 A"),
        ("?q=TP-100", "TP-100"),
        ("?q=teapot&category=teapots", "B"),
        ("?q=coffee", ""),
        ("?q=%27%29%3B--", ""),
    ] {
        assert_eq!(skus(&list(&app, query).await), expected, "{query}");
    }
    let first = list(&app, "?q=teapot&limit=3").await;
    assert_eq!(skus(&first), "D C B");
    assert_eq!(skus(&app.get(&link(&first, "next").unwrap()).send().await), "A");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_said_clearly() {
    let app = Application::start().await;
    let long = "x".repeat(5_000);
    for (query, pointer) in [
        ("?limit=0".to_owned(), Some("limit")),
        ("?limit=101".to_owned(), Some("limit")),
        ("?limit=ten".to_owned(), Some("limit")),
        ("?starting_after=1".to_owned(), Some("starting_after")),
        ("?starting_after=order_01h455vb4pex5vsknk084sn02q".to_owned(), Some("starting_after")),
        ("?active=yes".to_owned(), Some("active")),
        (format!("?category={long}"), Some("category")),
        (format!("?q={long}"), Some("q")),
        ("?q=%00".to_owned(), Some("q")),
        ("?q=+".to_owned(), Some("q")),
        ("?colour=red".to_owned(), None),
        ("?q=a&q=b".to_owned(), None),
        ("?q=%ff".to_owned(), None),
    ] {
        let answer = list(&app, &query).await;
        let problem = answer.problem(400, "malformed_request");
        assert!(problem["detail"].as_str().unwrap().len() < 500, "{problem}");
        if let Some(pointer) = pointer {
            let pointers = answer.pointers();
            assert!(
                pointers.len() == 1 && pointers[0].trim_start_matches('/') == pointer,
                "{query:.40}: {answer:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_product_is_in_no_list() {
    let app = Application::start().await;
    let product = add(&app, product("A", 1, "USD")).await.data(201);
    let path = format!("/products/{}", product["id"].as_str().unwrap());
    let gone = app.ask("DELETE", &path).as_admin().header("if-match", "\"1\"").send().await;
    assert_eq!(gone.status, 204, "{gone:?}");
    let empty: Value = json!([]);
    for query in ["", "?q=the", "?active=true"] {
        assert_eq!(list(&app, query).await.data(200)["items"], empty, "{query}");
    }
}
