//! `POST /tick`: payments and refunds of which nobody has heard the end are looked after.

use crate::stories::bought::{self, ORDERED, Standing, TOTAL};
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use futures::future::BoxFuture;
use serde_json::json;
use std::time::Duration;
use tradepost_tests::Answer;

/// Longer than the provider is given to come to an end.
const A_WHILE: Duration = Duration::from_secs(30);

/// It has taken the money.
pub(crate) const CAPTURED: Story = Story {
    name: "tick.captured",
    prepare: |world| Box::pin(bought::unknown(world, "tok_timeout_captured")),
    act: tick,
    holds: |ended| Box::pin(came_to(ended, &["placed"], ORDERED, TOTAL)),
    delivered: false,
};

/// It never heard of it, and is asked again.
pub(crate) const SILENT: Story = Story {
    name: "tick.silent",
    prepare: |world| Box::pin(bought::unknown(world, "tok_timeout")),
    act: tick,
    holds: |ended| Box::pin(came_to(ended, &["cancelled", "expired"], 0, 0)),
    delivered: false,
};

/// It has given the money back.
pub(crate) const REFUNDED: Story = Story {
    name: "tick.refunded",
    prepare: |world| {
        Box::pin(async move {
            bought::paid(world, "tok_refund_timeout").await;
            let path = bought::payment_path(world, "/refunds").await;
            let refund = world.app().post(&path).as_admin().idempotency_key("refund");
            refund.json(json!({})).send().await.data(202);
        })
    },
    act: tick,
    holds: |ended| Box::pin(came_to(ended, &["placed"], ORDERED, 0)),
    delivered: false,
};

/// The first time it comes late enough.
fn tick(world: &World) -> BoxFuture<'_, Option<Answer>> {
    Box::pin(async move {
        if world.hand.struck() == 0 && world.hand.seen().is_empty() {
            world.hand.clock.advance(A_WHILE);
        }
        world.send(world.subject("POST", "/tick").as_admin()).await
    })
}

async fn came_to(ended: &Ended<'_>, statuses: &[&str], pieces: i64, kept: i64) -> Verdict {
    ensure(ended.again.status == 200, || format!("the retry: {:?}", ended.again))?;
    let Standing { status, .. } = bought::standing(ended.world).await?;
    ensure(statuses.contains(&status.as_str()), || format!("it is to be {statuses:?}, and is {status}"))?;
    bought::stands(ended.world, &status, pieces, kept).await
}
