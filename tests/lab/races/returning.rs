//! Two take back what was sent once.

use crate::race::{Race, Raced};
use crate::stories::bought::{self, ORDERED};
use crate::story::{Verdict, ensure};

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

async fn one_takes_back(raced: &Raced<'_>) -> Verdict {
    ensure(raced.statuses() == (201, 422), || format!("{:?} and {:?}", raced.one, raced.other))?;
    bought::stands(raced.world, "completed", ORDERED, 0).await
}
