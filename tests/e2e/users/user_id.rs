//! `/users/:user_id`

use super::register;
use tradepost_tests::Application;

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_reads_a_user() {
    let app = Application::start().await;
    let user = register(&app, "First", "first@example.com").await.data(201);
    let path = format!("/users/{}", user["id"].as_str().unwrap());
    assert_eq!(app.get(&path).as_admin().send().await.data(200), user);
    app.get(&path).send().await.problem(401, "unauthenticated");
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
        let problem = app.get(&format!("/users/{id}")).as_admin().send().await.problem(404, "not_found");
        assert_eq!(problem["error"], "User not found", "{id}");
    }
}
