//! Two want what one order had.

use crate::race::{Race, Raced};
use crate::stories::shop;
use crate::story::{Verdict, ensure};
use serde_json::json;

/// There is one left.
pub(crate) const LAST_UNIT: Race = Race {
    name: "orders.last-unit",
    prepare: |world| Box::pin(shop::open(world, 1)),
    run: |world, racer| {
        Box::pin(async move {
            let order = json!({
                "lines": [{"sku": "BK-1", "quantity": 1}], "payment_method": "tok_ok",
                "email": format!("{}@example.com", racer.id()),
            });
            let ask = world.racing(racer, "POST", "/orders").idempotency_key(racer.id()).json(order);
            world.send(ask).await
        })
    },
    holds: |raced| Box::pin(one_has_it(raced)),
    delivered: true,
    kicked: true,
};

async fn one_has_it(raced: &Raced<'_>) -> Verdict {
    ensure(raced.statuses() == (201, 201), || format!("{:?} and {:?}", raced.one, raced.other))?;
    let statuses = raced.world.texts("SELECT status FROM ordering.orders ORDER BY status").await?;
    ensure(statuses == ["placed", "rejected"], || format!("the orders are {statuses:?}"))?;
    let level = raced.world.texts("SELECT on_hand || ', ' || reserved FROM inventory.stock").await?;
    ensure(level == ["0, 0"], || format!("on hand and reserved: {level:?}"))
}
