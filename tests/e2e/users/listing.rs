//! `GET /users`

use super::register;
use serde_json::Value;
use tradepost_tests::{Answer, Application, Compiled, Setup};

/// The names on a page.
fn names(answer: &Answer) -> Vec<String> {
    let page = answer.data(200);
    let items = page["items"].as_array().unwrap();
    items.iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect()
}

async fn with_people() -> Application {
    let app = Application::start().await;
    for n in 1..=5 {
        register(&app, &format!("P{n}"), &format!("p{n}@shop{}.example", n % 2)).await.data(201);
    }
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_walked_from_the_newest_to_the_oldest_and_back() {
    let app = with_people().await;
    let mut path = "/users?limit=2".to_owned();
    let mut walked = Vec::new();
    let mut last = String::new();
    loop {
        let answer = app.get(&path).as_admin().send().await;
        walked.extend(names(&answer));
        let page = answer.data(200);
        last = page["items"]
            .as_array()
            .unwrap()
            .last()
            .map_or(last, |user| user["id"].as_str().unwrap().to_owned());
        if page["has_more"] == Value::Bool(false) {
            assert!(!answer.headers.contains_key("link"));
            break;
        }
        // Somebody who registers meanwhile is on no page behind.
        register(&app, "Late", &format!("late{}@example.com", walked.len())).await.data(201);
        let link = answer.header("link").to_owned();
        path = link.split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned();
    }
    assert_eq!(walked, ["P5", "P4", "P3", "P2", "P1"]);
    let back = app.get(&format!("/users?limit=2&ending_before={last}")).as_admin().send().await;
    assert_eq!(names(&back), ["P3", "P2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_words_and_by_their_address() {
    let app = with_people().await;
    for (query, expected) in [
        ("q=p3", "P3"),
        ("q=shop1", "P5 P3 P1"),
        ("q=shop1+p1", "P1"),
        ("q=P4@shop0.example", "P4"),
        ("q=%27+%7C+%21", ""),
        ("email=P2@SHOP0.example", "P2"),
        ("email=p2@shop1.example", ""),
        ("q=shop1&limit=1", "P5"),
    ] {
        let found = app.get(&format!("/users?{query}")).as_admin().send().await;
        assert_eq!(names(&found).join(" "), expected, "{query}");
    }
    for query in ["q=", "email=nobody", "name=P1", "limit=0", "starting_after=P1"] {
        app.get(&format!("/users?{query}")).as_admin().send().await.problem(400, "malformed_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_staff_who_may_see_users_see_the_list() {
    let app =
        Application::with(Setup { compiled: Some(Compiled::with_customers()), ..Setup::default() }).await;
    app.get("/users").send().await.problem(401, "unauthenticated");
    let user = register(&app, "Ann", "ann@example.com").await.data(201);
    let id = user["id"].as_str().unwrap();
    let ask = |scopes: &str| app.get("/users").as_customer(&format!("{id} {scopes}")).send();
    ask("").await.problem(403, "forbidden");
    ask("orders:read users:write").await.problem(403, "forbidden");
    assert_eq!(ask("users:read").await.data(200)["items"][0], user);
}
