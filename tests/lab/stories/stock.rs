//! `POST /stock/:sku/adjustments`: pieces come and go.

use crate::hand::SUBJECT;
use crate::stories::products;
use crate::story::{Ended, Story, Verdict, ensure};
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

/// Without a key every request that is answered well counts, and one that is not may count once: where the instance
/// has worked before, its connections are kept, and nothing may be run twice behind the client's back.
pub(crate) const RECEIVE_WITHOUT_KEY: Story = Story {
    name: "stock.receive-without-key",
    prepare: |world| Box::pin(products::on_sale(world)),
    act: |world| {
        Box::pin(async move {
            adjust_as(world, "earlier", 1, Some("earlier")).await.unwrap().data(201);
            adjust_as(world, SUBJECT, 40, None).await
        })
    },
    holds: |ended| Box::pin(counted(ended)),
    delivered: true,
};

pub(crate) fn adjust<'a>(world: &'a World, delta: i64, key: &'a str) -> BoxFuture<'a, Option<Answer>> {
    Box::pin(adjust_as(world, SUBJECT, delta, Some(key)))
}

async fn adjust_as(world: &World, id: &str, delta: i64, key: Option<&str>) -> Option<Answer> {
    let mut ask = world.app().post("/stock/BK-1/adjustments").as_admin().header("request-id", id);
    if let Some(key) = key {
        ask = ask.idempotency_key(key);
    }
    world.send(ask.json(json!({"delta": delta, "reason": "counted"}))).await
}

async fn counted(ended: &Ended<'_>) -> Verdict {
    ensure(ended.again.status == 201, || format!("the retry: {:?}", ended.again))?;
    let on_hand = ended.world.texts("SELECT on_hand::text FROM inventory.stock").await?.join(",");
    let told = ended.first.as_ref().is_some_and(|first| first.status == 201);
    let right = if told { on_hand == "81" } else { on_hand == "41" || on_hand == "81" };
    ensure(right, || format!("{on_hand} on hand after an answer of {:?}", ended.first))
}

async fn holds(ended: &Ended<'_>, on_hand: i64, events: i64) -> Verdict {
    ended.one_answer(201)?;
    ended.counts(on_hand, "SELECT on_hand FROM inventory.stock").await?;
    ended.counts(events, "SELECT events FROM inventory.stock").await
}
