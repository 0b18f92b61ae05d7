//! What is done to an order once it was placed: it is called off, held, sent, taken back.

use crate::stories::shop;
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tradepost_tests::Answer;

/// A story of an order of two pieces, paid by this token, to which a client does something.
macro_rules! following {
    ($name:literal, $token:literal, before: $before:expr, $method:literal $resource:literal $body:tt, $holds:expr) => {
        Story {
            name: $name,
            prepare: |world| {
                Box::pin(async move {
                    shop::open(world, 5).await;
                    shop::order_with(world, "first", 2, $token).await;
                    shop::settle(world).await;
                    for (resource, body) in $before as [(&str, Value); _] {
                        let done = shop::follow(world, resource, "before").await.json(body).send().await;
                        assert!(done.status < 300, "{done:?}");
                    }
                })
            },
            act: |world| act(world, $method, $resource, json!($body)),
            holds: |ended| Box::pin($holds(ended)),
            delivered: true,
        }
    };
}

/// Nothing has been delivered yet: what is reserved for and charged is an order that has ended.
pub(crate) const CANCEL_EARLY: Story = Story {
    name: "orders.cancel-early",
    prepare: |world| {
        Box::pin(async move {
            shop::open(world, 5).await;
            shop::order(world, "first", 2).await;
        })
    },
    act: |world| act(world, "POST", "cancellation", json!({"reason": "too slow"})),
    holds: |ended| Box::pin(cancelled(ended)),
    delivered: false,
};

pub(crate) const CANCEL: Story = following! {
    "orders.cancel", "tok_ok", before: [], "POST" "cancellation" {}, cancelled
};

/// The money is given back, and the provider's answer is lost.
pub(crate) const CANCEL_TIMEOUT: Story = following! {
    "orders.cancel-timeout", "tok_refund_timeout", before: [], "POST" "cancellation" {}, cancelled
};

/// The provider does not give it back.
pub(crate) const CANCEL_DECLINED: Story = following! {
    "orders.cancel-declined", "tok_refund_declined", before: [], "POST" "cancellation" {}, cancelled
};

/// One is on its way.
pub(crate) const CANCEL_REST: Story = following! {
    "orders.cancel-rest", "tok_ok", before: [("fulfilments", one())], "POST" "cancellation" {}, one_is_sent
};

pub(crate) const FULFIL: Story = following! {
    "orders.fulfil", "tok_ok", before: [], "POST" "fulfilments"
    {"lines": [{"sku": "BK-1", "quantity": 1}], "tracking": "PARCEL"}, one_is_on_its_way
};

pub(crate) const RETURN: Story = following! {
    "orders.return", "tok_ok", before: [("fulfilments", both())], "POST" "returns"
    {"lines": [{"sku": "BK-1", "quantity": 1}]}, one_is_back
};

pub(crate) const HOLD: Story = following! {
    "orders.hold", "tok_ok", before: [], "POST" "hold" {"reason": "odd"}, held
};

pub(crate) const RELEASE: Story = following! {
    "orders.release", "tok_ok", before: [("hold", json!({}))], "DELETE" "hold" null, goes_on
};

fn both() -> Value {
    json!({"lines": [{"sku": "BK-1", "quantity": 2}]})
}

fn one() -> Value {
    json!({"lines": [{"sku": "BK-1", "quantity": 1}]})
}

fn act<'a>(
    world: &'a World,
    method: &'a str,
    resource: &'a str,
    body: Value,
) -> BoxFuture<'a, Option<Answer>> {
    Box::pin(async move {
        let path = format!("{}/{resource}", shop::only_order(world).await);
        let ask = world.subject(method, &path).as_admin();
        // A DELETE is the same however often it is asked.
        world.send(if body.is_null() { ask } else { ask.idempotency_key("the-key").json(body) }).await
    })
}

async fn order(ended: &Ended<'_>) -> Result<Value, String> {
    let path = shop::only_order(ended.world).await;
    let read = ended.world.app().get(&path).as_admin().send().await;
    ensure(read.status == 200, || format!("the order is read as {read:?}"))?;
    Ok(read.json()["data"].clone())
}

/// The order's status and what became of its two pieces: open, cancelled, fulfilled, returned. So many are in stock.
async fn is(ended: &Ended<'_>, status: &str, pieces: [u64; 4], on_hand: i64) -> Verdict {
    let order = order(ended).await?;
    let line = &order["lines"][0];
    let found = ["open", "cancelled", "fulfilled", "returned"].map(|what| line[what].as_u64().unwrap_or(99));
    ensure(order["status"] == status && found == pieces, || {
        format!("it is to be {status}, {pieces:?}: {order}")
    })?;
    ended.counts(on_hand, "SELECT on_hand FROM inventory.stock").await?;
    ended.counts(0, "SELECT reserved FROM inventory.stock").await
}

async fn cancelled(ended: &Ended<'_>) -> Verdict {
    ended.one_answer(200)?;
    is(ended, "cancelled", [0, 2, 0, 0], 5).await
}

async fn one_is_sent(ended: &Ended<'_>) -> Verdict {
    ended.one_answer(200)?;
    is(ended, "completed", [0, 1, 1, 0], 4).await
}

async fn one_is_on_its_way(ended: &Ended<'_>) -> Verdict {
    ended.one_answer(201)?;
    is(ended, "placed", [1, 0, 1, 0], 3).await
}

async fn one_is_back(ended: &Ended<'_>) -> Verdict {
    ended.one_answer(201)?;
    is(ended, "completed", [0, 0, 2, 1], 3).await
}

async fn held(ended: &Ended<'_>) -> Verdict {
    ended.one_answer(200)?;
    is(ended, "on_hold", [2, 0, 0, 0], 3).await
}

async fn goes_on(ended: &Ended<'_>) -> Verdict {
    ensure(matches!(ended.again.status, 200 | 409), || format!("the retry: {:?}", ended.again))?;
    is(ended, "placed", [2, 0, 0, 0], 3).await
}
