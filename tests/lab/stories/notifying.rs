//! `POST /payments/webhook`: the provider tells that it has declined what nobody has heard the end of.

use crate::stories::bought;
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::{WEBHOOK_SECRET, World};
use serde_json::json;
use tradepost_tests::Answer;

pub(crate) const DECLINED: Story = Story {
    name: "payments.webhook-declined",
    prepare: |world| Box::pin(bought::unknown(world, "tok_timeout")),
    act: |world| Box::pin(tell(world)),
    holds: |ended| Box::pin(called_off(ended)),
    delivered: false,
};

async fn tell(world: &World) -> Option<Answer> {
    let order = bought::path(world, "").await.replace("/orders/", "");
    let reference = format!("{}-1-authorise", order.replace("order_", "payment_"));
    let notice = json!({
        "id": "evt_1", "type": "operation.declined", "created": 1,
        "data": {
            "reference": reference, "order_id": order, "livemode": false,
            "error": {"code": "insufficient_funds", "message": "No"},
        },
    });
    let body = notice.to_string();
    let signature = tradepost_signature::sign(WEBHOOK_SECRET, world.now_seconds(), body.as_bytes());
    let ask = world.subject("POST", "/payments/webhook").header("payment-signature", signature);
    world.send(ask.bytes("application/json", body)).await
}

async fn called_off(ended: &Ended<'_>) -> Verdict {
    let again = &ended.again;
    ensure(again.status == 200, || format!("the retry is answered with {again:?}"))?;
    if ended.first.as_ref().is_some_and(|first| first.status == 200) {
        let outcome = &again.json()["data"]["outcome"];
        ensure(*outcome == "known", || format!("what was told before is {outcome} when it is told again"))?;
    }
    bought::stands(ended.world, "cancelled", 0, 0).await
}
