//! `POST /orders`, and all that comes of it: stock, money, and the customer's next look at the order.

use crate::stories::shop;
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use futures::future::BoxFuture;
use serde_json::json;
use tradepost_tests::Answer;

/// A story of an order that is paid by this token and comes to this end.
macro_rules! placing {
    ($name:literal, $token:literal => $statuses:expr) => {
        Story {
            name: $name,
            prepare: |world| Box::pin(shop::open(world, 5)),
            act: |world| place(world, $token),
            holds: |ended| Box::pin(came_to(ended, $statuses)),
            delivered: true,
        }
    };
}

pub(crate) const OK: Story = placing!("orders.place", "tok_ok" => &["placed"]);
pub(crate) const DECLINED: Story = placing!("orders.place-declined", "tok_declined" => &["cancelled"]);
/// The provider never heard of it and never answered. How long that takes decides what the order dies of.
pub(crate) const TIMEOUT: Story =
    placing!("orders.place-timeout", "tok_timeout" => &["cancelled", "expired"]);
/// The provider took the money, and its answer was lost.
pub(crate) const TIMEOUT_CAPTURED: Story =
    placing!("orders.place-timeout-captured", "tok_timeout_captured" => &["placed"]);
/// The first attempt comes to nothing.
pub(crate) const FLAKY: Story = placing!("orders.place-flaky", "tok_flaky" => &["placed"]);

/// There is too little of it.
pub(crate) const SHORT: Story = Story {
    name: "orders.place-short",
    prepare: |world| Box::pin(shop::open(world, 1)),
    act: |world| place(world, "tok_ok"),
    holds: |ended| Box::pin(came_to(ended, &["rejected"])),
    delivered: true,
};

const CUSTOMER: &str = "user_01h455vb4pex5vsknk084sn02q";

fn place<'a>(world: &'a World, token: &'a str) -> BoxFuture<'a, Option<Answer>> {
    Box::pin(async move {
        let order = json!({
            "lines": [{"sku": "BK-1", "quantity": 2}], "email": "first@example.com", "payment_method": token,
        });
        let ask = world.subject("POST", "/orders").as_customer(CUSTOMER).idempotency_key("the-key");
        world.send(ask.json(order)).await
    })
}

async fn came_to(ended: &Ended<'_>, statuses: &[&str]) -> Verdict {
    ended.one_answer(201)?;
    ended.counts(1, "SELECT count(*) FROM ordering.orders").await?;
    ended.counts(1, "SELECT count(*) FROM ordering.idempotency_keys").await?;
    // The order that the client was told of is the one that there is.
    let location = ended.again.header("location");
    let read = ended.world.app().get(location).as_customer(CUSTOMER).send().await;
    ensure(read.status == 200, || format!("{location} is read as {read:?}"))?;
    let order = read.json()["data"].clone();
    ensure(statuses.contains(&order["status"].as_str().unwrap_or_default()), || {
        format!("it is to be {statuses:?}, and is {order}")
    })
}
