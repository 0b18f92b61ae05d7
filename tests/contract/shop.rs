//! A running product in which every example finds what it needs.

use serde_json::json;
use std::time::Duration;
use tradepost_tests::{Application, Setup};

/// With what the payment provider signs.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_of-the-contract";

/// The product, ticking, without limits of rates.
pub(crate) async fn open() -> Application {
    let variables =
        [("payment_webhook_secret", WEBHOOK_SECRET), ("relay_attempts", "1"), ("rate_limits", "off")];
    let known = tradepost_tests::components().variables().clone();
    let variables = variables.into_iter().filter(|(name, _)| known.contains_key(*name));
    Application::with(Setup {
        variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        tick: Some(Duration::from_millis(200)),
        ..Setup::default()
    })
    .await
}

/// An event that no consumer can read, and that is therefore set aside: the one thing that no request brings about.
pub(crate) async fn poison(app: &Application) {
    let insert = "INSERT INTO catalog.outbox (id, source, type, subject, time, partitionkey, sequence, data)
                  VALUES (gen_random_uuid(), '/catalog', 'tradepost.catalog.product-created.v1', 'product_1',
                          timestamptz '2026-11-22 12:00:00Z', 'product_1', 1, $1::text::jsonb)";
    let client = app.database().connect().await;
    client.execute(insert, &[&json!({"sku": 7}).to_string()]).await.unwrap();
    for _ in 0..200 {
        let letters =
            app.get("/dead-letters?consumer=inventory-stock-openings").as_admin().send().await.data(200);
        if letters["items"].as_array().is_some_and(|letters| !letters.is_empty()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing was set aside");
}
