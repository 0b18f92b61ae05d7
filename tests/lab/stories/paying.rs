//! `POST /payments/:payment_id/refunds` and `POST /payments/webhook`: money goes back, and the provider tells.

use crate::stories::shop;
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::{RELAY, WEBHOOK_SECRET, World};
use serde_json::json;
use tradepost_tests::{Answer, Ask};

pub(crate) const REFUND: Story = Story {
    name: "payments.refund",
    prepare: |world| {
        Box::pin(async move {
            shop::open(world, 5).await;
            shop::order(world, "first", 2).await;
        })
    },
    act: |world| Box::pin(refund(world)),
    holds: |ended| Box::pin(refunded(ended)),
    delivered: true,
};

/// The money was taken and nobody here knows it, until the provider says so.
pub(crate) const WEBHOOK: Story = Story {
    name: "payments.webhook",
    prepare: |world| {
        Box::pin(async move {
            shop::open(world, 5).await;
            shop::order_with(world, "first", 2, "tok_timeout_captured").await;
            world.app().send_to(RELAY, "charging").await.unwrap();
        })
    },
    act: |world| Box::pin(tell(world, world.subject("POST", "/payments/webhook"))),
    holds: |ended| Box::pin(known(ended)),
    delivered: false,
};

async fn refund(world: &World) -> Option<Answer> {
    let path = shop::only_order(world).await.replace("/orders/order_", "/payments/payment_");
    let ask = world.subject("POST", &format!("{path}/refunds")).as_admin().idempotency_key("the-key");
    world.send(ask.json(json!({"amount": {"amount": 1000, "currency": "USD"}}))).await
}

async fn refunded(ended: &Ended<'_>) -> Verdict {
    // 202 says that the provider has not answered yet.
    let status = if ended.again.status == 202 { 202 } else { 201 };
    ended.one_answer(status)?;
    ended.counts(1000, "SELECT (view -> 'refunded' ->> 'amount')::bigint FROM payment.payments").await
}

/// Says that the money was taken.
pub(crate) async fn tell(world: &World, ask: Ask) -> Option<Answer> {
    let order = shop::only_order(world).await.replace("/orders/", "");
    let reference = format!("{}-1-capture", order.replace("order_", "payment_"));
    let notice = json!({
        "id": "evt_1", "type": "operation.succeeded", "created": 1,
        "data": {"reference": reference, "order_id": order, "livemode": false, "id": "sandbox_capture"},
    });
    let body = notice.to_string();
    let signature = tradepost_signature::sign(WEBHOOK_SECRET, world.now_seconds(), body.as_bytes());
    world.send(ask.header("payment-signature", signature).bytes("application/json", body)).await
}

async fn known(ended: &Ended<'_>) -> Verdict {
    ensure(ended.again.status == 200, || format!("the retry: {:?}", ended.again))?;
    let statuses = ended.world.texts("SELECT status FROM ordering.orders").await?;
    ensure(statuses == ["placed"], || format!("the order is {statuses:?}"))
}
