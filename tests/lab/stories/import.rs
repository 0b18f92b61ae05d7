//! `POST /products/import`: a file of products, sent again as a whole by whoever was cut off.

use crate::story::{Ended, Story, Verdict, ensure};
use serde_json::{Value, json};

/// Two products, and between them a line that is none.
pub(crate) const STORY: Story = Story {
    name: "products.import",
    prepare: |_| Box::pin(async {}),
    act: |world| {
        Box::pin(async move {
            let product =
                |sku: &str| json!({"sku": sku, "name": sku, "price": {"amount": 100, "currency": "USD"}});
            let lines = format!("{}\n{{}}\n{}\n", product("A"), product("B"));
            let ask = world.subject("POST", "/products/import").as_admin();
            world.send(ask.bytes("application/x-ndjson", lines)).await
        })
    },
    holds: |ended| Box::pin(holds(ended)),
    delivered: true,
};

async fn holds(ended: &Ended<'_>) -> Verdict {
    let body = String::from_utf8_lossy(&ended.again.body).into_owned();
    let lines: Vec<Value> = body.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    ensure(ended.again.status == 200 && lines.len() == 3, || format!("the retry: {:?}", ended.again))?;
    ended.counts(2, "SELECT count(*) FROM catalog.products").await?;
    ended.counts(2, "SELECT count(*) FROM messaging.events").await
}
