//! Two give back what can be given back once.

use crate::race::{Race, Raced};
use crate::stories::bought::{self, ORDERED, TOTAL};
use crate::story::{Verdict, ensure};
use serde_json::json;

/// More than half, in cents.
const PART: i64 = 30_000;

/// Both give back more than half.
pub(crate) const TWO_REFUNDS: Race = Race {
    name: "payments.two-refunds",
    prepare: |world| Box::pin(bought::paid(world, "tok_ok")),
    run: |world, racer| {
        Box::pin(async move {
            let path = bought::payment_path(world, "/refunds").await;
            let ask = world.racing(racer, "POST", &path).as_admin().idempotency_key(racer.id());
            world.send(ask.json(json!({"amount": {"amount": PART, "currency": "USD"}}))).await
        })
    },
    holds: |raced| Box::pin(one_gives_back(raced)),
    delivered: true,
    kicked: true,
};

/// Both take the same pieces back.
pub(crate) const TWO_RETURNS: Race = Race {
    name: "orders.two-returns",
    prepare: |world| Box::pin(bought::sent(world)),
    run: |world, racer| {
        Box::pin(async move {
            let path = bought::path(world, "/returns").await;
            let ask = world.racing(racer, "POST", &path).as_admin().idempotency_key(racer.id());
            world.send(ask.json(bought::pieces(ORDERED))).await
        })
    },
    holds: |raced| Box::pin(one_takes_back(raced)),
    delivered: true,
    kicked: true,
};

async fn one_gives_back(raced: &Raced<'_>) -> Verdict {
    ensure(raced.statuses() == (201, 422), || format!("{:?} and {:?}", raced.one, raced.other))?;
    bought::stands(raced.world, "placed", ORDERED, TOTAL - PART).await
}

async fn one_takes_back(raced: &Raced<'_>) -> Verdict {
    ensure(raced.statuses() == (201, 422), || format!("{:?} and {:?}", raced.one, raced.other))?;
    bought::stands(raced.world, "completed", ORDERED, 0).await
}
