//! What ends an order, and what carries it on, at the same time.

use crate::gates::Racer;
use crate::race::{Race, Raced};
use crate::stories::bought::{self, ORDERED, Standing, TOTAL};
use crate::story::{Verdict, ensure};
use crate::world::{RELAY, World};
use bytes::Bytes;
use serde_json::json;
use std::time::Duration;
use tradepost_tests::Answer;

/// Longer than an order may be pending.
const TOO_LONG: Duration = Duration::from_mins(20);

/// One calls off what the other has stock promised and money taken for.
pub(crate) const CANCEL_OR_CAPTURE: Race = Race {
    name: "orders.cancel-or-capture",
    prepare: |world| Box::pin(bought::order(world, "tok_ok")),
    run: |world, racer| {
        Box::pin(async move {
            match racer {
                Racer::One => cancel(world, racer).await,
                Racer::Other => deliver(world, racer).await,
            }
        })
    },
    holds: |raced| Box::pin(nothing_is_kept(raced)),
    delivered: false,
    kicked: true,
};

/// One has stock promised and money taken, and the other comes when all that is too late.
pub(crate) const CAPTURE_OR_EXPIRE: Race = Race {
    name: "orders.capture-or-expire",
    prepare: |world| Box::pin(bought::order(world, "tok_ok")),
    run: |world, racer| {
        Box::pin(async move {
            match racer {
                Racer::One => deliver(world, racer).await,
                Racer::Other => {
                    world.hand.clock.advance(TOO_LONG);
                    world.send(world.racing(racer, "POST", "/tick").as_admin()).await
                }
            }
        })
    },
    holds: |raced| Box::pin(all_or_nothing(raced)),
    delivered: false,
    kicked: true,
};

/// Both call it off.
pub(crate) const TWO_CANCELS: Race = Race {
    name: "orders.two-cancels",
    prepare: |world| Box::pin(bought::paid(world, "tok_ok")),
    run: |world, racer| Box::pin(cancel(world, racer)),
    holds: |raced| Box::pin(called_off_once(raced)),
    delivered: true,
    kicked: true,
};

/// One sends what the other calls off.
pub(crate) const SEND_OR_CANCEL: Race = Race {
    name: "orders.send-or-cancel",
    prepare: |world| Box::pin(bought::paid(world, "tok_ok")),
    run: |world, racer| {
        Box::pin(async move {
            match racer {
                Racer::One => {
                    let path = bought::path(world, "/fulfilments").await;
                    let ask = world.racing(racer, "POST", &path).as_admin().idempotency_key("sent");
                    world.send(ask.json(bought::pieces(ORDERED))).await
                }
                Racer::Other => cancel(world, racer).await,
            }
        })
    },
    holds: |raced| Box::pin(sent_or_called_off(raced)),
    delivered: true,
    kicked: true,
};

async fn cancel(world: &World, racer: Racer) -> Option<Answer> {
    let path = bought::path(world, "/cancellation").await;
    let ask = world.racing(racer, "POST", &path).idempotency_key(racer.id());
    world.send(ask.json(json!({}))).await
}

async fn deliver(world: &World, racer: Racer) -> Option<Answer> {
    let status = world.app().send_to(RELAY, racer.id()).await?;
    Some(Answer { status, headers: http::HeaderMap::new(), body: Bytes::new() })
}

async fn nothing_is_kept(raced: &Raced<'_>) -> Verdict {
    ensure(raced.one.status == 200, || format!("it cannot be called off: {:?}", raced.one))?;
    bought::stands(raced.world, "cancelled", 0, 0).await
}

async fn all_or_nothing(raced: &Raced<'_>) -> Verdict {
    let Standing { status, .. } = bought::standing(raced.world).await?;
    match status.as_str() {
        "placed" => bought::stands(raced.world, &status, ORDERED, TOTAL).await,
        "expired" | "cancelled" => bought::stands(raced.world, &status, 0, 0).await,
        other => Err(format!("it is {other}")),
    }
}

async fn called_off_once(raced: &Raced<'_>) -> Verdict {
    ensure(raced.statuses() == (200, 409), || format!("{:?} and {:?}", raced.one, raced.other))?;
    bought::stands(raced.world, "cancelled", 0, 0).await
}

async fn sent_or_called_off(raced: &Raced<'_>) -> Verdict {
    match (raced.one.status, raced.other.status) {
        (201, 409) => bought::stands(raced.world, "completed", ORDERED, TOTAL).await,
        (409, 200) => bought::stands(raced.world, "cancelled", 0, 0).await,
        _ => Err(format!("{:?} and {:?}", raced.one, raced.other)),
    }
}
