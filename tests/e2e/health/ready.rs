//! `/health/ready`

use serde_json::json;
use std::time::Duration;
use tradepost_cluster::{Cluster, Durability, Options};
use tradepost_tests::{Application, Setup, migrate};

#[tokio::test(flavor = "multi_thread")]
async fn every_dependency_is_named_with_its_state() {
    let app = Application::start().await;
    let data = app.get("/health/ready").send().await.data(200);
    assert_eq!(
        data,
        json!({"status": "ready", "dependencies": [
            {"name": "postgres", "state": "up"},
            {"name": "key-value", "state": "up"},
        ]})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_follows_postgres_down_and_up_again() {
    let directory = tempfile::tempdir().unwrap();
    let options = || Options::new(directory.path().join("postgres"), Durability::Durable);
    let cluster = Cluster::start(options()).await.unwrap();
    cluster.create_database("ready").await.unwrap();
    let url = cluster.url("ready");
    migrate(&url).await.unwrap();
    let app = Application::with(Setup { database_url: Some(url.clone()), ..Setup::default() }).await;
    app.get("/health/ready").send().await.data(200);

    cluster.stop().await.unwrap();
    let answer = app.get("/health/ready").send().await;
    let problem = answer.problem(503, "unavailable");
    assert_eq!(problem["dependencies"][0], json!({"name": "postgres", "state": "down"}));
    assert_eq!(problem["dependencies"][1], json!({"name": "key-value", "state": "up"}));
    assert_eq!(answer.header("retry-after"), "1");
    let body = json!({"name": "N", "email": "n@example.com"});
    let users = app.post("/users").json(body.clone()).send().await;
    users.problem(503, "unavailable");
    assert!(users.headers.contains_key("retry-after"));
    app.get("/health").send().await.data(200);

    let cluster = Cluster::start(options()).await.unwrap();
    assert_eq!(cluster.url("ready"), url, "a private cluster keeps its port and password");
    let mut ready = false;
    for _ in 0..50 {
        ready = app.get("/health/ready").send().await.status == 200;
        if ready {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(ready, "readiness did not come back within five seconds");
    app.post("/users").json(body).send().await.data(201);
    app.stop().await;
    cluster.stop().await.unwrap();
}
