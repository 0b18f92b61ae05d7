//! What has come about in an application, and whether that is a component's own doing.

use super::left::add_product;
use std::time::Duration;
use tradepost_tests::{Application, Ask};

/// Whether an event of this type comes to the log soon, which it does by a kick alone: nothing ticks here.
pub(super) async fn is_relayed(app: &Application, event_type: &str) -> bool {
    is_there(app, &format!("SELECT FROM messaging.events WHERE type = '{event_type}'")).await
}

/// Whether an event was written by what kicks nobody, because the relay has called it or comes after it.
pub(super) async fn is_told(app: &Application, event_type: &str) -> bool {
    relay_to_rest(app).await;
    is_relayed(app, event_type).await
}

/// Whether the query finds a row soon.
pub(super) async fn is_there(app: &Application, query: &str) -> bool {
    let database = app.database().connect().await;
    for _ in 0..100 {
        if !database.query(query, &[]).await.unwrap().is_empty() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

/// Has the relay bring what was written until now to its consumers: what comes to the log after this was kicked for.
pub(super) async fn relay_to_rest(app: &Application) {
    // 202 says that a run was under way already.
    while app.post("/private/messaging-relay").send().await.status == 202 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A try counts when the consumer has seen the event, whatever it made of it, and does not when there was no way to it.
pub(super) const EVERYBODY_WAS_REACHED: &str = "
    SELECT WHERE NOT EXISTS (SELECT FROM messaging.outbox)
             AND NOT EXISTS (SELECT FROM messaging.mailboxes WHERE lease IS NOT NULL OR attempts = 0)";

/// Whether the view store has the product at this version or later, under the projection's key or, with `:recent`, a
/// command's.
pub(super) async fn is_shown_from(app: &Application, sku: &str, writer: &str, version: u64) -> bool {
    let database = app.database().connect().await;
    let product = database.query_one("SELECT id::text FROM catalog.products WHERE sku = $1", &[&sku]).await;
    let id: String = product.unwrap().get(0);
    let entry = app.views().get(&format!("product:{id}{writer}")).unwrap();
    entry.is_some_and(|entry| entry[1..9] >= version.to_be_bytes()[..])
}

/// Whether a key of the view store begins and ends so.
pub(super) fn has_key(app: &Application, begin: &str, end: &str) -> bool {
    let mut keys = app.views().keys().unwrap().map(Result::unwrap);
    keys.any(|key| key.starts_with(begin) && key.ends_with(end))
}

/// The id of the product that [`add_product`] adds.
pub(super) async fn product_id(app: &Application) -> String {
    add_product(app).await;
    let products = app.get("/products").send().await.json();
    let items = products["data"]["items"].as_array().unwrap();
    let product = items.iter().find(|product| product["sku"] == "S").unwrap();
    product["id"].as_str().unwrap().to_owned()
}

/// Whether the order's change was shown by the command itself, and was told by its kick.
pub(super) async fn is_changed(app: &Application, order: &str) -> bool {
    has_key(app, "order:", ":recent")
        && is_there(app, &format!("SELECT FROM messaging.events WHERE subject = '{order}'")).await
}

/// Whether a command that is answered with `status` shows an API key by itself.
pub(super) async fn is_shown_without_the_relay(app: &Application, ask: Ask, status: u16) -> bool {
    is_put_without_the_relay(app, ask, status, "api-key:").await
}

/// Whether a command that is answered with `status` puts a key that begins so into the view store by itself. What the
/// projection shows proves nothing of it, so nothing is delivered meanwhile.
pub(super) async fn is_put_without_the_relay(app: &Application, ask: Ask, status: u16, begin: &str) -> bool {
    let mut client = app.database().connect().await;
    let held = client.transaction().await.unwrap();
    held.batch_execute("LOCK TABLE messaging.mailboxes").await.unwrap();
    let is_shown = ask.send().await.status == status && has_key(app, begin, "");
    held.rollback().await.unwrap();
    is_shown
}
