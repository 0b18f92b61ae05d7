//! The consumer `inventory-stock-openings` with good events and bad.

use serde_json::{Value, json};
use tradepost_manifest::Manifest;
use tradepost_tests::{Answer, Application, Setup, inventory_faults, opened, repository};
use uuid::Uuid;

async fn application() -> Application {
    let text = std::fs::read_to_string(repository().join("spin.toml")).unwrap();
    let manifest = Manifest::parse(&opened(&text).to_string(), repository().join("spin.toml")).unwrap();
    Application::with(Setup { manifest: Some(manifest), ..Setup::default() }).await
}

/// The event of a new product.
fn created(key: &str, sku: &str) -> Value {
    json!({
        "specversion": "1.0", "id": Uuid::now_v7().to_string(), "source": "/catalog",
        "type": "tradepost.catalog.product-created.v1", "subject": key, "time": "2026-11-22T12:00:00.000000Z",
        "partitionkey": key, "sequence": "00000000000000000001", "datacontenttype": "application/json",
        "data": {
            "id": "product_01h455vb4pex5vsknk084sn02q", "sku": sku, "name": "N", "description": null,
            "price": {"amount": 1, "currency": "USD"}, "categories": [], "attributes": {}, "active": true,
            "created_at": "2026-11-22T12:00:00.000000Z", "version": 1,
        },
    })
}

async fn deliver(app: &Application, batch: &Value) -> Answer {
    let ask = app.post("/private/inventory-stock-openings");
    ask.bytes("application/cloudevents-batch+json", batch.to_string()).send().await
}

fn outcomes(answer: &Answer) -> Vec<String> {
    let results = answer.json()["results"].clone();
    results.as_array().unwrap().iter().map(|result| result["outcome"].as_str().unwrap().to_owned()).collect()
}

async fn skus(app: &Application) -> Vec<String> {
    let client = app.database().connect().await;
    assert_eq!(inventory_faults(&client).await, Vec::<String>::new());
    let rows = client.query("SELECT sku FROM inventory.stock ORDER BY sku", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_event_keeps_no_other_product_out_of_stock() {
    let app = application().await;
    let mut of_another_type = created("b", "B");
    of_another_type["type"] = json!("tradepost.catalog.product-archived.v1");
    let mut without_a_sku = created("c", "C");
    without_a_sku["data"].as_object_mut().unwrap().remove("sku");
    let batch = json!([
        created("a", "A"),
        of_another_type,
        without_a_sku,
        created("c", "behind-the-bad-one"),
        created("d", &"x".repeat(300)),
        created("e", "E"),
        created("e", "E"),
    ]);
    let answer = deliver(&app, &batch).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    let expected = ["applied", "rejected", "rejected", "held", "failed", "applied", "applied"];
    assert_eq!(outcomes(&answer), expected, "{answer:?}");
    assert_eq!(skus(&app).await, ["A", "E"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_delivered_again_changes_nothing() {
    let app = application().await;
    let batch = json!([created("a", "A"), created("b", "B")]);
    for _ in 0..3 {
        let answer = deliver(&app, &batch).await;
        assert_eq!((answer.status, outcomes(&answer)), (200, vec!["applied".to_owned(); 2]), "{answer:?}");
        assert_eq!(skus(&app).await, ["A", "B"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_batch_is_refused_whole() {
    let app = application().await;
    let no_id = json!([created("a", "A"), {"specversion": "1.0"}]).to_string();
    for body in ["", "{", "null", "{}", &no_id] {
        let ask = app.post("/private/inventory-stock-openings");
        let answer = ask.bytes("application/cloudevents-batch+json", body).send().await;
        assert!(!(500..503).contains(&answer.status) && answer.status != 200, "{body}: {answer:?}");
    }
    assert_eq!(deliver(&app, &json!([])).await.status, 200);
}
