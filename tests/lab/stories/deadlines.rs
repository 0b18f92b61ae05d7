//! `POST /tick`: what nobody has looked at, and what nobody has sent, is called off and given back.

use crate::stories::bought;
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use futures::future::BoxFuture;
use std::time::Duration;
use tradepost_tests::Answer;

/// Longer than an order may be on hold, and than it may wait to be sent.
const TOO_LONG: Duration = Duration::from_hours(31 * 24);

pub(crate) const REVIEW: Story = Story {
    name: "tick.review",
    prepare: |world| Box::pin(bought::held(world)),
    act: tick,
    holds: |ended| Box::pin(called_off(ended, "review_timeout")),
    delivered: true,
};

pub(crate) const FULFILMENT: Story = Story {
    name: "tick.fulfilment",
    prepare: |world| Box::pin(bought::paid(world, "tok_ok")),
    act: tick,
    holds: |ended| Box::pin(called_off(ended, "fulfilment_timeout")),
    delivered: true,
};

/// The first time it comes too late.
fn tick(world: &World) -> BoxFuture<'_, Option<Answer>> {
    Box::pin(async move {
        if world.hand.struck() == 0 && world.hand.seen().is_empty() {
            world.hand.clock.advance(TOO_LONG);
        }
        world.send(world.subject("POST", "/tick").as_admin()).await
    })
}

async fn called_off(ended: &Ended<'_>, reason: &str) -> Verdict {
    ensure(ended.again.status == 200, || format!("the retry: {:?}", ended.again))?;
    let reasons = ended.world.texts("SELECT view #>> '{reason,code}' FROM ordering.orders").await?;
    ensure(reasons == [reason], || format!("it ended because of {reasons:?}"))?;
    bought::stands(ended.world, "cancelled", 0, 0).await
}
