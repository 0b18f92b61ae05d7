//! Two want what one order had, or two things of one order.

use crate::gates::Racer;
use crate::race::{Race, Raced};
use crate::stories::shop;
use crate::story::{Verdict, ensure};
use crate::world::{RELAY, World};
use serde_json::{Value, json};
use std::time::Duration;
use tradepost_tests::Answer;

/// There is one left.
pub(crate) const LAST_UNIT: Race = Race {
    name: "orders.last-unit",
    prepare: |world| Box::pin(shop::open(world, 1)),
    run: |world, racer| Box::pin(buy(world, racer, racer.id())),
    holds: |raced| Box::pin(one_has_it(raced)),
    delivered: true,
    kicked: true,
};

/// One client who sends his order twice.
pub(crate) const TWINS: Race = Race {
    name: "orders.twins",
    prepare: |world| Box::pin(shop::open(world, 5)),
    run: |world, racer| Box::pin(buy(world, racer, "the-key")),
    holds: |raced| Box::pin(one_order(raced)),
    delivered: true,
    kicked: true,
};

/// The one is called off while it is reserved for and charged.
pub(crate) const CANCEL_OR_CAPTURE: Race = Race {
    name: "orders.cancel-or-capture",
    prepare: |world| Box::pin(placed(world)),
    run: |world, racer| {
        Box::pin(async move {
            match racer {
                Racer::One => ask(world, racer, "cancellation", json!({})).await,
                Racer::Other => relay(world, racer).await,
            }
        })
    },
    holds: |raced| Box::pin(called_off(raced)),
    delivered: false,
    kicked: false,
};

/// Its time runs out while it is charged.
pub(crate) const CAPTURE_OR_EXPIRY: Race = Race {
    name: "orders.capture-or-expiry",
    prepare: |world| Box::pin(placed(world)),
    run: |world, racer| {
        Box::pin(async move {
            if racer == Racer::One {
                return relay(world, racer).await;
            }
            world.hand.clock.advance(Duration::from_mins(16));
            world.send(world.racing(racer, "POST", "/tick").as_admin()).await
        })
    },
    holds: |raced| Box::pin(decided(raced, &["placed", "expired", "cancelled"])),
    delivered: false,
    kicked: false,
};

/// Both call it off when it has been paid.
pub(crate) const TWO_CANCELS: Race = Race {
    name: "orders.two-cancels",
    prepare: |world| Box::pin(paid(world)),
    run: |world, racer| Box::pin(ask(world, racer, "cancellation", json!({}))),
    holds: |raced| {
        Box::pin(async move {
            let statuses = raced.statuses();
            ensure(statuses == (200, 409), || format!("{:?} and {:?}", raced.one, raced.other))?;
            decided(raced, &["cancelled"]).await
        })
    },
    delivered: true,
    kicked: true,
};

/// The one calls it off, the other sends it.
pub(crate) const CANCEL_OR_FULFIL: Race = Race {
    name: "orders.cancel-or-fulfil",
    prepare: |world| Box::pin(paid(world)),
    run: |world, racer| {
        Box::pin(async move {
            match racer {
                Racer::One => ask(world, racer, "cancellation", json!({})).await,
                Racer::Other => {
                    let all = json!({"lines": [{"sku": "BK-1", "quantity": 2}]});
                    ask(world, racer, "fulfilments", all).await
                }
            }
        })
    },
    holds: |raced| Box::pin(one_of_the_two(raced)),
    delivered: true,
    kicked: true,
};

async fn placed(world: &World) {
    shop::open(world, 5).await;
    shop::order(world, "first", 2).await;
}

async fn paid(world: &World) {
    placed(world).await;
    shop::settle(world).await;
}

async fn buy(world: &World, racer: Racer, key: &str) -> Option<Answer> {
    let order = json!({
        "lines": [{"sku": "BK-1", "quantity": 1}], "payment_method": "tok_ok", "email": "a@example.com",
    });
    world.send(world.racing(racer, "POST", "/orders").idempotency_key(key).json(order)).await
}

async fn ask(world: &World, racer: Racer, resource: &str, body: Value) -> Option<Answer> {
    let path = format!("{}/{resource}", shop::only_order(world).await);
    world.send(world.racing(racer, "POST", &path).as_admin().idempotency_key(racer.id()).json(body)).await
}

/// A run of the relay, with all that the consumers do because of it.
async fn relay(world: &World, racer: Racer) -> Option<Answer> {
    let status = world.app().send_to(RELAY, racer.id()).await?;
    Some(Answer { status, headers: http::HeaderMap::new(), body: bytes::Bytes::new() })
}

async fn one_has_it(raced: &Raced<'_>) -> Verdict {
    ensure(raced.statuses() == (201, 201), || format!("{:?} and {:?}", raced.one, raced.other))?;
    let statuses = raced.world.texts("SELECT status FROM ordering.orders ORDER BY status").await?;
    ensure(statuses == ["placed", "rejected"], || format!("the orders are {statuses:?}"))?;
    let level = raced.world.texts("SELECT on_hand || ', ' || reserved FROM inventory.stock").await?;
    ensure(level == ["0, 0"], || format!("on hand and reserved: {level:?}"))
}

async fn one_order(raced: &Raced<'_>) -> Verdict {
    let same = raced.statuses() == (201, 201) && raced.one.body == raced.other.body;
    ensure(same, || format!("{:?} and {:?}", raced.one, raced.other))?;
    decided(raced, &["placed"]).await
}

async fn called_off(raced: &Raced<'_>) -> Verdict {
    ensure(raced.one.status == 200, || format!("{:?}", raced.one))?;
    decided(raced, &["cancelled"]).await
}

async fn one_of_the_two(raced: &Raced<'_>) -> Verdict {
    match (raced.one.status, raced.other.status) {
        (200, 409) => decided(raced, &["cancelled"]).await,
        (409, 201) => decided(raced, &["completed"]).await,
        _ => Err(format!("{:?} and {:?}", raced.one, raced.other)),
    }
}

/// There is one order, and it is one of these.
async fn decided(raced: &Raced<'_>, statuses: &[&str]) -> Verdict {
    let found = raced.world.texts("SELECT status FROM ordering.orders").await?;
    let [status] = found.as_slice() else { return Err(format!("not one order: {found:?}")) };
    ensure(statuses.contains(&status.as_str()), || format!("it is {status}, not one of {statuses:?}"))
}
