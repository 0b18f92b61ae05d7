//! `POST /payments/webhook`: the provider tells what became of what nobody has heard the end of.

use crate::product::WEBHOOK_SECRET;
use crate::stories::bought::{self, ORDERED, TOTAL};
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tradepost::inputs::Clock as _;
use tradepost_tests::Answer;

/// It has taken the money.
pub(crate) const CAPTURED: Story = Story {
    name: "payments.told-captured",
    prepare: |world| Box::pin(bought::unknown(world, "tok_timeout_captured")),
    act: |world| tell(world, "operation.succeeded", "capture", json!({"id": "sandbox_capture"})),
    holds: |ended| Box::pin(came_to(ended, "placed", ORDERED, TOTAL)),
    delivered: false,
};

/// It has declined.
pub(crate) const DECLINED: Story = Story {
    name: "payments.told-declined",
    prepare: |world| Box::pin(bought::unknown(world, "tok_timeout")),
    act: |world| {
        let error = json!({"code": "insufficient_funds", "message": "No"});
        tell(world, "operation.declined", "authorise", json!({"error": error}))
    },
    holds: |ended| Box::pin(came_to(ended, "cancelled", 0, 0)),
    delivered: false,
};

fn tell<'a>(
    world: &'a World,
    notice: &'a str,
    operation: &'a str,
    more: Value,
) -> BoxFuture<'a, Option<Answer>> {
    Box::pin(async move {
        let order = bought::path(world, "").await.trim_start_matches("/orders/").to_owned();
        let payment = order.replace("order_", "payment_");
        let mut data =
            json!({"reference": format!("{payment}-1-{operation}"), "order_id": order, "livemode": false});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let body = json!({"id": "evt_1", "type": notice, "created": 1, "data": data}).to_string();
        let seconds = i64::try_from(world.hand.clock.wall().as_secs()).unwrap();
        let signature = tradepost_signature::sign(WEBHOOK_SECRET, seconds, body.as_bytes());
        let ask = world.subject("POST", "/payments/webhook").header("payment-signature", signature);
        world.send(ask.bytes("application/json", body)).await
    })
}

async fn came_to(ended: &Ended<'_>, status: &str, pieces: i64, kept: i64) -> Verdict {
    let again = &ended.again;
    ensure(again.status == 200, || format!("the retry is answered with {again:?}"))?;
    if ended.first.as_ref().is_some_and(|first| first.status == 200) {
        let outcome = &again.json()["data"]["outcome"];
        ensure(*outcome == "known", || format!("what was told before is {outcome} when it is told again"))?;
    }
    bought::stands(ended.world, status, pieces, kept).await
}
