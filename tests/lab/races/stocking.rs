//! Two take pieces off stock of which there is enough for one.

use crate::race::{Race, Raced};
use crate::stories::{products, stock};
use crate::story::{Verdict, ensure};
use serde_json::json;

/// There are forty, and each takes thirty.
pub(crate) const TWO_LOSSES: Race = Race {
    name: "stock.two-losses",
    prepare: |world| {
        Box::pin(async move {
            products::on_sale(world).await;
            stock::adjust(world, 40, "earlier").await.unwrap().data(201);
        })
    },
    run: |world, racer| {
        Box::pin(async move {
            let ask = world.racing(racer, "POST", "/stock/BK-1/adjustments").as_admin();
            let ask = ask.idempotency_key(racer.id()).json(json!({"delta": -30, "reason": "lost"}));
            world.send(ask).await
        })
    },
    holds: |raced| Box::pin(one_is_taken(raced)),
    delivered: true,
    kicked: true,
};

async fn one_is_taken(raced: &Raced<'_>) -> Verdict {
    ensure(raced.statuses() == (201, 409), || format!("{:?} and {:?}", raced.one, raced.other))?;
    let on_hand = raced.world.texts("SELECT on_hand::text FROM inventory.stock").await?;
    ensure(on_hand == ["10"], || format!("{on_hand:?} are there and not 10"))
}
