//! `POST` and `DELETE /orders/:order_id/hold`: an order waits until somebody has looked at it.

use crate::stories::bought::{self, ORDERED, TOTAL};
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use serde_json::json;

pub(crate) const HOLD: Story = Story {
    name: "orders.hold",
    prepare: |world| Box::pin(bought::paid(world, "tok_ok")),
    act: |world| {
        Box::pin(async move {
            let ask = bought::ask(world, "/hold").await;
            world.send(ask.json(json!({"reason": "Many at once"}))).await
        })
    },
    holds: |ended| Box::pin(held(ended)),
    delivered: true,
};

pub(crate) const RELEASE: Story = Story {
    name: "orders.release",
    prepare: |world| Box::pin(bought::held(world)),
    act: |world| {
        Box::pin(async move {
            let path = bought::path(world, "/hold").await;
            world.send(world.subject("DELETE", &path).as_admin()).await
        })
    },
    holds: |ended| Box::pin(released(ended)),
    delivered: true,
};

async fn held(ended: &Ended<'_>) -> Verdict {
    ended.one_answer(200)?;
    happened_once(ended.world, "order-held").await?;
    bought::stands(ended.world, "on_hold", ORDERED, TOTAL).await
}

/// There is no key to it: whoever tries again finds that it goes on, or lets it.
async fn released(ended: &Ended<'_>) -> Verdict {
    ensure(matches!(ended.again.status, 200 | 409), || format!("the retry: {:?}", ended.again))?;
    let refused = ended.first.as_ref().is_some_and(|first| first.status == 409);
    ensure(!refused, || format!("what is on hold cannot be released: {:?}", ended.first))?;
    happened_once(ended.world, "order-released").await?;
    bought::stands(ended.world, "placed", ORDERED, TOTAL).await
}

async fn happened_once(world: &World, event: &str) -> Verdict {
    let told =
        format!("SELECT actor FROM ordering.order_events WHERE type = 'tradepost.ordering.{event}.v1'");
    let actors = world.texts(&told).await?;
    ensure(actors == ["admin"], || format!("{event} was done by {actors:?}"))
}
