//! The tick: the relay delivers what waits, events of several keys to several consumers.

use crate::hand::SUBJECT;
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::{RELAY, World};
use bytes::Bytes;
use serde_json::{Value, json};
use tradepost_tests::Answer;

pub(crate) const TICK: Story = Story {
    name: "relay.tick",
    prepare: |world| Box::pin(written(world)),
    act: |world| {
        Box::pin(async move {
            let status = world.app().send_to(RELAY, SUBJECT).await?;
            Some(Answer { status, headers: http::HeaderMap::new(), body: Bytes::new() })
        })
    },
    holds: |ended| Box::pin(holds(ended)),
    delivered: false,
};

/// Three products, of which one was edited and one taken off sale.
async fn written(world: &World) {
    let mut paths = Vec::new();
    for sku in ["A", "B", "C"] {
        let product = json!({"sku": sku, "name": sku, "price": {"amount": 100, "currency": "USD"}});
        let added = world.app().post("/products").as_admin().json(product).send().await.data(201);
        paths.push(format!("/products/{}", added["id"].as_str().unwrap()));
    }
    edit(world, &paths[0], json!({"name": "A better A", "price": {"amount": 90, "currency": "USD"}})).await;
    edit(world, &paths[0], json!({"active": false})).await;
    let gone = world.app().ask("DELETE", &paths[1]).as_admin().header("if-match", "*").send().await;
    assert_eq!(gone.status, 204, "{gone:?}");
}

async fn edit(world: &World, path: &str, edit: Value) {
    let ask = world.app().ask("PATCH", path).as_admin().header("if-match", "*");
    let edit = edit.to_string().into_bytes();
    ask.bytes("application/merge-patch+json", edit).send().await.data(200);
}

async fn holds(ended: &Ended<'_>) -> Verdict {
    ensure(ended.again.status < 300, || format!("the second tick: {:?}", ended.again))?;
    ended.counts(7, "SELECT count(*) FROM messaging.events").await
}
