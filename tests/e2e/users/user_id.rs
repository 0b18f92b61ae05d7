//! `/users/:user_id`

mod editing;
mod erasing;
mod password;
mod verification;

use super::register;
use serde_json::{Value, json};
use tradepost_tests::{Application, Ask, Compiled, Setup};

/// An application whose gateway believes whoever says who he is, and Ann with her path.
async fn with_ann() -> (Application, Value, String) {
    let app =
        Application::with(Setup { compiled: Some(Compiled::with_customers()), ..Setup::default() }).await;
    let ann = register(&app, "Ann", "ann@example.com").await.data(201);
    let path = format!("/users/{}", id(&ann));
    (app, ann, path)
}

fn id(user: &Value) -> &str {
    user["id"].as_str().unwrap()
}

/// Somebody else.
const BOB: &str = "user_01h455vb4pex5vsknk084sn02q";

fn patch(app: &Application, path: &str, changes: &Value) -> Ask {
    app.ask("PATCH", path).bytes("application/merge-patch+json", changes.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_shown_to_himself_to_staff_and_to_the_operator() {
    let (app, ann, path) = with_ann().await;
    for ask in [
        app.get(&path).as_admin(),
        app.get(&path).as_customer(id(&ann)),
        app.get(&path).as_customer(&format!("{BOB} users:read")),
        app.get(&path).as_customer("key_01h455vb4pex5vsknk084sn02q users:read"),
    ] {
        let answer = ask.send().await;
        assert_eq!((answer.data(200), answer.header("etag")), (ann.clone(), "\"1\""));
    }
    app.get(&path).send().await.problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn to_others_a_user_is_as_one_who_is_not_there() {
    let (app, _, path) = with_ann().await;
    let nobody = "/users/user_01h455vb4pex5vsknk084sn02r";
    for caller in [BOB.to_owned(), format!("{BOB} orders:read users:write"), format!("{BOB} operations")] {
        let problems = [&path, nobody].map(|path| {
            let ask = app.get(path).as_customer(&caller);
            async { ask.send().await.problem(404, "not_found")["error"].clone() }
        });
        let [there, absent] = problems;
        assert_eq!(
            (there.await, absent.await),
            (json!("User not found"), json!("User not found")),
            "{caller}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_nobody_and_a_malformed_one_look_the_same() {
    let app = Application::start().await;
    let nobody = "user_01h455vb4pex5vsknk084sn02q";
    let malformed = [
        "nobody",
        "order_01h455vb4pex5vsknk084sn02q",
        "user_",
        "user_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "%00",
        "a%2Fb",
    ];
    for id in [nobody].into_iter().chain(malformed) {
        let path = format!("/users/{id}");
        let edit = patch(&app, &path, &json!({"name": "X"})).header("if-match", "*");
        for ask in [app.get(&path), edit, app.ask("DELETE", &path)] {
            let problem = ask.as_admin().send().await.problem(404, "not_found");
            assert_eq!(problem["error"], "User not found", "{id}");
        }
    }
}
