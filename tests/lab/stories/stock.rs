//! `POST /stock/:sku/adjustments`: pieces come and go.

use crate::stories::products;
use crate::story::{Ended, Story, Verdict};
use crate::world::World;
use futures::future::BoxFuture;
use serde_json::json;
use tradepost_tests::Answer;

pub(crate) const RECEIVE: Story = Story {
    name: "stock.receive",
    prepare: |world| Box::pin(products::on_sale(world)),
    act: |world| adjust(world, 40, "the-key"),
    holds: |ended| Box::pin(holds(ended, 40, 1)),
    delivered: true,
};

/// So much goes that stock is low, which is told too.
pub(crate) const LOSE: Story = Story {
    name: "stock.lose",
    prepare: |world| {
        Box::pin(async move {
            products::on_sale(world).await;
            adjust(world, 40, "earlier").await.unwrap().data(201);
        })
    },
    act: |world| adjust(world, -38, "the-key"),
    holds: |ended| Box::pin(holds(ended, 2, 3)),
    delivered: true,
};

/// The pieces come before the relay has brought the product, which has to be waited for.
pub(crate) const RECEIVE_EARLY: Story = Story {
    name: "stock.receive-early",
    prepare: |world| Box::pin(products::on_sale(world)),
    act: |world| adjust(world, 40, "the-key"),
    holds: |ended| Box::pin(holds(ended, 40, 1)),
    delivered: false,
};

fn adjust<'a>(world: &'a World, delta: i64, key: &'a str) -> BoxFuture<'a, Option<Answer>> {
    Box::pin(async move {
        let ask = world.subject("POST", "/stock/BK-1/adjustments").as_admin().idempotency_key(key);
        world.send(ask.json(json!({"delta": delta, "reason": "counted"}))).await
    })
}

async fn holds(ended: &Ended<'_>, on_hand: i64, events: i64) -> Verdict {
    ended.one_answer(201)?;
    ended.counts(on_hand, "SELECT on_hand FROM inventory.stock").await?;
    ended.counts(events, "SELECT events FROM inventory.stock").await
}
