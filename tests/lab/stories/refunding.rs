//! `POST /payments/:payment_id/refunds`: staff gives back a part of what was taken, and the provider does not answer, or
//! declines.

use crate::stories::bought::{self, ORDERED, TOTAL};
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use futures::future::BoxFuture;
use serde_json::json;
use tradepost_tests::Answer;

/// How much, in cents.
const PART: i64 = 10_000;

/// A story of a refund of what was paid by this token, and which answers the retry may get.
macro_rules! refunding {
    ($name:literal, $token:literal => $statuses:expr, $given_back:expr) => {
        Story {
            name: $name,
            prepare: |world| Box::pin(bought::paid(world, $token)),
            act: refund,
            holds: |ended| Box::pin(given_back(ended, $statuses, $given_back)),
            delivered: true,
        }
    };
}

/// The provider gives it back and its answer is lost. Whoever asks again late finds that it is known.
pub(crate) const TIMEOUT: Story =
    refunding!("payments.refund-timeout", "tok_refund_timeout" => &[201, 202], PART);
pub(crate) const DECLINED: Story = refunding!("payments.refund-declined", "tok_refund_declined" => &[402], 0);

fn refund(world: &World) -> BoxFuture<'_, Option<Answer>> {
    Box::pin(async move {
        let path = bought::payment_path(world, "/refunds").await;
        let ask = world.subject("POST", &path).as_admin().idempotency_key("the-key");
        world.send(ask.json(json!({"amount": {"amount": PART, "currency": "USD"}}))).await
    })
}

async fn given_back(ended: &Ended<'_>, statuses: &[u16], amount: i64) -> Verdict {
    let again = &ended.again;
    ensure(statuses.contains(&again.status), || format!("the retry is answered with {again:?}"))?;
    if let Some(first) = ended.first.as_ref().filter(|first| first.status < 500) {
        ensure(statuses.contains(&first.status), || format!("it is answered with {first:?}"))?;
        // What was said to be done stays done. What nobody knew yet may be known by now.
        let same = first.status != 201 || (again.status, &again.body) == (201, &first.body);
        ensure(same, || format!("two answers: {first:?} and {again:?}"))?;
    }
    ended.counts(1, "SELECT jsonb_array_length(view -> 'refunds')::bigint FROM payment.payments").await?;
    bought::stands(ended.world, "placed", ORDERED, TOTAL - amount).await
}
