//! `/orders`: a customer lists his own, staff everybody's.

use super::{ANN, BOB, bookcase, order};
use crate::products::add;
use serde_json::Value;
use tradepost_tests::tick;
use tradepost_tests::{Answer, Application};

/// Places an order as a customer; its id.
async fn place_as(app: &Application, customer: &str, key: &str) -> String {
    let ask = app.post("/orders").as_customer(customer).idempotency_key(key).json(order("BK-1", 1));
    ask.send().await.data(201)["id"].as_str().unwrap().to_owned()
}

async fn place_as_guest(app: &Application, key: &str) -> String {
    let placed = super::place(app, key, order("BK-1", 1)).await.data(201);
    placed["id"].as_str().unwrap().to_owned()
}

/// An application in which customers are known, with the bookcase on sale and none of it in stock.
async fn with_customers() -> Application {
    let app = Application::with_customers().await;
    add(&app, bookcase()).await.data(201);
    app
}

/// Two orders of a guest, three of Ann's and one of Bob's, all rejected; the ids of all, newest first, and of Ann's.
async fn rejected(app: &Application) -> (Vec<String>, Vec<String>) {
    let mut ids = vec![
        place_as_guest(app, "1").await,
        place_as(app, ANN, "2").await,
        place_as(app, BOB, "3").await,
        place_as(app, ANN, "4").await,
        place_as_guest(app, "5").await,
        place_as(app, ANN, "6").await,
    ];
    tick(app).await;
    ids.reverse();
    let anns = [0, 2, 4].map(|place| ids[place].clone()).to_vec();
    (ids, anns)
}

fn ids(answer: &Answer) -> Vec<String> {
    let page = answer.data(200);
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

async fn listed(app: &Application, query: &str, customer: Option<&str>) -> Answer {
    let ask = app.get(&format!("/orders{query}"));
    match customer {
        Some(customer) => ask.as_customer(customer).send().await,
        None => ask.as_admin().send().await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_sees_his_own_orders_and_staff_see_all() {
    let app = with_customers().await;
    let (all, anns) = rejected(&app).await;
    assert_eq!(ids(&listed(&app, "", Some(ANN)).await), anns);
    assert_eq!(ids(&listed(&app, "", None).await), all);
    assert_eq!(ids(&listed(&app, "", Some("user_01h455vb4pex5vsknk084sn02s")).await), Vec::<String>::new());
    app.get("/orders").send().await.problem(401, "unauthenticated");

    let of_ann = ids(&listed(&app, &format!("?customer={ANN}"), None).await);
    assert_eq!(of_ann, anns);
    for (query, expected) in [("status=rejected", &anns), ("status=placed", &Vec::new())] {
        assert_eq!(&ids(&listed(&app, &format!("?{query}"), Some(ANN)).await), expected, "{query}");
        assert_eq!(&ids(&listed(&app, &format!("?{query}&customer={ANN}"), None).await), expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_listed_as_it_is_shown() {
    let app = with_customers().await;
    let (_, anns) = rejected(&app).await;
    let shown = app.get(&format!("/orders/{}", anns[0])).as_customer(ANN).send().await;
    let shown = shown.data(200);
    assert_eq!(shown["status"], "rejected");
    for customer in [Some(ANN), None] {
        assert_eq!(listed(&app, "", customer).await.data(200)["items"][0], shown, "{customer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_walked_from_end_to_end_and_back() {
    let app = with_customers().await;
    let (all, anns) = rejected(&app).await;
    for (customer, expected) in [(None, all), (Some(ANN), anns)] {
        let (mut next, mut walked) = (Some("/orders?limit=2".to_owned()), Vec::new());
        while let Some(path) = next {
            let page = listed(&app, path.trim_start_matches("/orders"), customer).await;
            walked.extend(ids(&page));
            next = page.headers.contains_key("link").then(|| link(&page));
            assert_eq!(page.data(200)["has_more"], next.is_some());
        }
        assert_eq!(walked, expected, "{customer:?}");
        let oldest = expected.last().unwrap();
        let back = listed(&app, &format!("?limit=1&ending_before={oldest}"), customer).await;
        assert_eq!(ids(&back), expected[expected.len() - 2..expected.len() - 1], "{customer:?}");
        assert_eq!(back.data(200)["has_more"], true, "{customer:?}");
    }
}

/// Where the header `Link` leads on to.
fn link(answer: &Answer) -> String {
    let link = answer.header("link");
    link.split('>').next().unwrap().trim_start_matches('<').to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_stands_in_its_customers_list_as_soon_as_it_was_placed() {
    let app = with_customers().await;
    for n in 0..10 {
        let id = place_as(&app, ANN, &format!("key {n}").replace(' ', "-")).await;
        let page = listed(&app, "", Some(ANN)).await;
        assert_eq!(ids(&page)[0], id);
        assert_eq!(ids(&page).len(), n + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_wrongly_is_told_all_at_once() {
    let app = with_customers().await;
    let query = "?limit=0&status=lost&starting_after=user_1&customer=nobody";
    let staff = listed(&app, query, None).await;
    staff.problem(400, "malformed_request");
    assert_eq!(staff.pointers(), ["/limit", "/starting_after", "/status", "/customer"]);
    let own = listed(&app, &format!("?customer={ANN}"), Some(ANN)).await;
    own.problem(400, "malformed_request");
    assert_eq!(own.pointers(), ["/customer"], "there is one customer whose orders he sees");
    for customer in [Some(ANN), None] {
        listed(&app, "?colour=blue", customer).await.problem(400, "malformed_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_thrown_away_comes_back_byte_for_byte() {
    let app = with_customers().await;
    let (_, anns) = rejected(&app).await;
    let before = stored(&app);
    assert!(before.len() >= 4, "a head and a day for each of two customers: {before:?}");
    let views = app.views();
    for (key, _) in &before {
        views.delete(key).await.unwrap();
    }
    let types: Vec<&str> = tradepost_subscriptions::SUBSCRIPTIONS
        .iter()
        .find(|subscription| subscription.consumer == "ordering-customer-orders")
        .unwrap()
        .event_types
        .to_vec();
    let replay = serde_json::json!({"consumer": "ordering-customer-orders", "types": types});
    let replayed = app.post("/events/replays").as_admin().json(replay).send().await.data(202);
    assert_eq!(replayed["replayed"], 8, "two events of each of four orders; guests have no list");
    tick(&app).await;
    assert_eq!(stored(&app), before);
    assert_eq!(ids(&listed(&app, "", Some(ANN)).await), anns);
}

/// What the projection has written, byte for byte.
fn stored(app: &Application) -> Vec<(String, Vec<u8>)> {
    let views = app.views();
    let keys = views.keys().unwrap().map(Result::unwrap);
    let mut keys: Vec<String> =
        keys.filter(|key| key.starts_with("orders:") && !key.ends_with(":recent")).collect();
    keys.sort();
    keys.into_iter().map(|key| (key.clone(), views.get(&key).unwrap().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_key_is_nobody_elses() {
    let app = with_customers().await;
    let one = place_as(&app, ANN, "same").await;
    let other = place_as(&app, BOB, "same").await;
    assert_ne!(one, other);
    let again: Value = app
        .post("/orders")
        .as_customer(ANN)
        .idempotency_key("same")
        .json(order("BK-1", 1))
        .send()
        .await
        .data(201);
    assert_eq!(again["id"], one);
}
