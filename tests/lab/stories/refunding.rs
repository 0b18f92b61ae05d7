//! `POST /payments/:payment_id/refunds`: staff gives some of an order's money back.

use crate::stories::shop;
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tradepost_tests::Answer;

pub(crate) const PART: Story = Story {
    name: "payments.refund",
    prepare: |world| {
        Box::pin(async move {
            shop::open(world, 5).await;
            shop::order(world, "first", 2).await;
        })
    },
    act: give_back,
    holds: |ended| Box::pin(given_back_once(ended)),
    delivered: true,
};

const AMOUNT: i64 = 1_000;

fn give_back(world: &World) -> BoxFuture<'_, Option<Answer>> {
    Box::pin(async move {
        let payment = payment(world).await.ok()?;
        let path = format!("/payments/{}/refunds", payment["id"].as_str()?);
        let ask = world.subject("POST", &path).as_admin().idempotency_key("the-key");
        world.send(ask.json(json!({"amount": {"amount": AMOUNT, "currency": "USD"}}))).await
    })
}

/// The one payment that there is.
async fn payment(world: &World) -> Result<Value, String> {
    let payments = world.texts("SELECT view::text FROM payment.payments").await?;
    serde_json::from_str(&payments.concat()).map_err(|error| format!("{error}: {payments:?}"))
}

/// The provider is only slow to answer, never against it: in the end the money is given back, once.
async fn given_back_once(ended: &Ended<'_>) -> Verdict {
    ensure([201, 202].contains(&ended.again.status), || format!("the retry: {:?}", ended.again))?;
    ended.one_answer(ended.again.status)?;
    let succeeded = ended.again.json()["data"]["status"] == "succeeded";
    ensure(succeeded == (ended.again.status == 201), || format!("said wrongly: {:?}", ended.again))?;
    let payment = payment(ended.world).await?;
    let refund = &payment["refunds"];
    ensure(
        payment["refunded"]["amount"] == AMOUNT
            && refund.as_array().is_some_and(|refunds| refunds.len() == 1),
        || format!("given back was {payment}"),
    )?;
    let told = &ended.again.json()["data"]["id"];
    ensure(*told == refund[0]["id"], || format!("the client was told of {told}: {payment}"))
}
