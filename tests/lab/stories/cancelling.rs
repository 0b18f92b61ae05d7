//! `POST /orders/:order_id/cancellation`: before anybody has heard of the order, after it was paid, and after a part of it
//! was sent.

use crate::hand::SUBJECT;
use crate::stories::bought::{self, ORDERED, PRICE, TOTAL};
use crate::story::{Ended, Story, Verdict};
use crate::world::World;
use futures::future::BoxFuture;
use serde_json::json;
use tradepost_tests::Answer;

/// Stock and payment hear of the order and of its end in one breath.
pub(crate) const EARLY: Story = Story {
    name: "orders.cancel-early",
    prepare: |world| Box::pin(bought::order(world, "tok_ok")),
    act: cancel,
    holds: |ended| Box::pin(called_off(ended, "cancelled", 0)),
    delivered: false,
};

pub(crate) const PAID: Story = Story {
    name: "orders.cancel-paid",
    prepare: |world| Box::pin(bought::paid(world, "tok_ok")),
    act: cancel,
    holds: |ended| Box::pin(called_off(ended, "cancelled", 0)),
    delivered: true,
};

/// What was sent stays sent and paid.
pub(crate) const REST: Story = Story {
    name: "orders.cancel-rest",
    prepare: |world| {
        Box::pin(async move {
            bought::paid(world, "tok_ok").await;
            let sent = world.app().post(&bought::path(world, "/fulfilments").await).as_admin();
            sent.json(bought::pieces(1)).send().await.data(201);
        })
    },
    act: cancel,
    holds: |ended| Box::pin(called_off(ended, "completed", 1)),
    delivered: true,
};

/// The money is given back, and the provider's answer is lost.
pub(crate) const TIMEOUT: Story = Story {
    name: "orders.cancel-timeout",
    prepare: |world| Box::pin(bought::paid(world, "tok_refund_timeout")),
    act: cancel,
    holds: |ended| Box::pin(called_off(ended, "cancelled", 0)),
    delivered: true,
};

/// The provider does not give it back.
pub(crate) const DECLINED: Story = Story {
    name: "orders.cancel-declined",
    prepare: |world| Box::pin(bought::paid(world, "tok_refund_declined")),
    act: cancel,
    holds: |ended| Box::pin(called_off_and_kept(ended)),
    delivered: true,
};

/// As the guest whose order it is.
fn cancel(world: &World) -> BoxFuture<'_, Option<Answer>> {
    Box::pin(async move {
        let path = bought::path(world, "/cancellation").await;
        let ask = world.app().post(&path).header("request-id", SUBJECT).idempotency_key("the-key");
        world.send(ask.json(json!({"reason": "Too large"}))).await
    })
}

async fn called_off(ended: &Ended<'_>, status: &str, kept: i64) -> Verdict {
    cancelled_once(ended, ORDERED - kept).await?;
    bought::stands(ended.world, status, kept, kept * PRICE).await
}

async fn called_off_and_kept(ended: &Ended<'_>) -> Verdict {
    cancelled_once(ended, ORDERED).await?;
    bought::stands(ended.world, "cancelled", 0, TOTAL).await
}

async fn cancelled_once(ended: &Ended<'_>, pieces: i64) -> Verdict {
    ended.one_answer(200)?;
    let told =
        "SELECT count(*) FROM ordering.order_events WHERE type = 'tradepost.ordering.order-cancelled.v1'";
    ended.counts(1, told).await?;
    ended.counts(pieces, "SELECT (view #>> '{lines,0,cancelled}')::bigint FROM ordering.orders").await
}
