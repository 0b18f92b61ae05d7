//! `/dead-letters/:letter_id/replay`

use crate::dead_letters::{CREATED, OPENINGS, letters, publish_nonsense};
use crate::events::publish;
use crate::products::{add, product};
use serde_json::{Value, json};
use tradepost_tests::tick;
use tradepost_tests::{Answer, Application};

async fn replay(app: &Application, letter: &Value) -> Answer {
    app.post(&format!("/dead-letters/{}/replay", letter["id"].as_str().unwrap())).as_admin().send().await
}

/// The payload of a product's creation, from a product that was created.
async fn payload(app: &Application) -> Value {
    add(app, product("BK-1", 1, "USD")).await.data(201);
    tick(app).await;
    app.get(&format!("/events?type={CREATED}")).as_admin().send().await.data(200)["items"][0]["data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_mended_is_applied_and_what_waited_behind_it_too() {
    let app = Application::start().await;
    let mut payload = payload(&app).await;
    publish_nonsense(&app, "product_1").await;
    payload["sku"] = json!("BK-3");
    publish(&app, "catalog", CREATED, "product_1", 2, &payload).await;
    tick(&app).await;
    app.get("/stock/BK-3").as_admin().send().await.problem(404, "not_found");
    let of_openings = letters(&app, &format!("?consumer={OPENINGS}")).await;
    let [letter] = of_openings.as_slice() else { panic!("{of_openings:?}") };

    // As it is, it fails again, and is set aside again.
    assert_eq!(replay(&app, letter).await.data(202), json!({"id": letter["id"]}));
    tick(&app).await;
    let again = letters(&app, &format!("?consumer={OPENINGS}")).await;
    assert_eq!(again.len(), 1);
    assert_ne!(again[0]["id"], letter["id"]);

    payload["sku"] = json!("BK-2");
    let mend =
        "UPDATE messaging.events SET data = $1::text::jsonb WHERE subject = 'product_1' AND sequence = 1";
    app.database().connect().await.execute(mend, &[&payload.to_string()]).await.unwrap();
    replay(&app, &again[0]).await.data(202);
    tick(&app).await;
    assert!(letters(&app, &format!("?consumer={OPENINGS}")).await.is_empty());
    for sku in ["BK-2", "BK-3"] {
        app.get(&format!("/stock/{sku}")).as_admin().send().await.data(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_wakes_the_relay() {
    let app = Application::start().await;
    publish_nonsense(&app, "product_1").await;
    tick(&app).await;
    let first = letters(&app, &format!("?consumer={OPENINGS}")).await.remove(0);
    replay(&app, &first).await.data(202);
    for _ in 0..500 {
        let now = letters(&app, &format!("?consumer={OPENINGS}")).await;
        if now.first().is_some_and(|letter| letter["id"] != first["id"]) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nobody tried it again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_not_there_cannot_be_replayed() {
    let app = Application::start().await;
    for id in ["letter_01h455vb4pex5vsknk084sn02q", "event_01h455vb4pex5vsknk084sn02q", "1", "%00"] {
        let path = format!("/dead-letters/{id}/replay");
        app.post(&path).as_admin().send().await.problem(404, "not_found");
        app.post(&path).send().await.problem(401, "unauthenticated");
    }
    publish_nonsense(&app, "product_1").await;
    tick(&app).await;
    let letter = letters(&app, "").await.remove(0);
    replay(&app, &letter).await.data(202);
    replay(&app, &letter).await.problem(404, "not_found");
}
