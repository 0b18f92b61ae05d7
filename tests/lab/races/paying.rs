//! Two want the same money.

use crate::gates::Racer;
use crate::race::{Race, Raced};
use crate::stories::{paying, shop};
use crate::story::{Verdict, ensure};
use crate::world::World;
use serde_json::json;
use std::time::Duration;
use tradepost_tests::Answer;

/// Each wants more than half of it back.
pub(crate) const TWO_REFUNDS: Race = Race {
    name: "payments.two-refunds",
    prepare: |world| {
        Box::pin(async move {
            shop::open(world, 5).await;
            shop::order(world, "first", 2).await;
        })
    },
    run: |world, racer| Box::pin(give(world, racer, racer.id())),
    holds: |raced| Box::pin(one_is_given(raced)),
    delivered: true,
    kicked: true,
};

/// One clerk who asks twice.
pub(crate) const TWIN_REFUNDS: Race = Race {
    name: "payments.twin-refunds",
    prepare: TWO_REFUNDS.prepare,
    run: |world, racer| Box::pin(give(world, racer, "the-key")),
    holds: |raced| Box::pin(given_once(raced)),
    delivered: true,
    kicked: true,
};

/// The provider tells what is being asked of it.
pub(crate) const WEBHOOK_OR_RECONCILIATION: Race = Race {
    name: "payments.webhook-or-reconciliation",
    prepare: paying::WEBHOOK.prepare,
    run: |world, racer| {
        Box::pin(async move {
            if racer == Racer::One {
                return paying::tell(world, world.racing(racer, "POST", "/payments/webhook")).await;
            }
            world.hand.clock.advance(Duration::from_mins(2));
            world.send(world.racing(racer, "POST", "/tick").as_admin()).await
        })
    },
    holds: |raced| Box::pin(it_is_known(raced)),
    delivered: false,
    kicked: false,
};

async fn give(world: &World, racer: Racer, key: &str) -> Option<Answer> {
    let path = shop::only_order(world).await.replace("/orders/order_", "/payments/payment_");
    let ask = world.racing(racer, "POST", &format!("{path}/refunds")).as_admin();
    let amount = json!({"amount": {"amount": 40_000, "currency": "USD"}});
    world.send(ask.idempotency_key(key).json(amount)).await
}

/// Who comes while the other is at it may be told that the provider has not answered yet.
async fn given_once(raced: &Raced<'_>) -> Verdict {
    let told = |answer: &Answer| matches!(answer.status, 201 | 202);
    ensure(told(&raced.one) && told(&raced.other), || format!("{:?} and {:?}", raced.one, raced.other))?;
    let refunded = raced.world.texts("SELECT view -> 'refunded' ->> 'amount' FROM payment.payments").await?;
    ensure(refunded == ["40000"], || format!("{refunded:?} was given back"))
}

async fn one_is_given(raced: &Raced<'_>) -> Verdict {
    let (given, refused) = raced.statuses();
    ensure(given == 201 && (400..500).contains(&refused), || {
        format!("{:?} and {:?}", raced.one, raced.other)
    })?;
    let refunded = raced.world.texts("SELECT view -> 'refunded' ->> 'amount' FROM payment.payments").await?;
    ensure(refunded == ["40000"], || format!("{refunded:?} was given back"))
}

async fn it_is_known(raced: &Raced<'_>) -> Verdict {
    ensure(raced.statuses() == (200, 200), || format!("{:?} and {:?}", raced.one, raced.other))?;
    let statuses = raced.world.texts("SELECT status FROM ordering.orders").await?;
    ensure(statuses == ["placed"], || format!("the order is {statuses:?}"))
}
