//! `POST /orders/:order_id/fulfilments`: all that is open is sent, and that completes the order in the same append.

use crate::stories::bought::{self, ORDERED, TOTAL};
use crate::story::{Ended, Story, Verdict};

pub(crate) const WHOLE: Story = Story {
    name: "orders.fulfil-whole",
    prepare: |world| Box::pin(bought::paid(world, "tok_ok")),
    act: |world| {
        Box::pin(async move {
            let path = bought::path(world, "/fulfilments").await;
            let ask = world.subject("POST", &path).as_admin().idempotency_key("the-key");
            world.send(ask.json(bought::pieces(ORDERED))).await
        })
    },
    holds: |ended| Box::pin(sent(ended)),
    delivered: true,
};

async fn sent(ended: &Ended<'_>) -> Verdict {
    ended.one_answer(201)?;
    ended.counts(1, "SELECT json_array_length(view -> 'fulfilments')::bigint FROM ordering.orders").await?;
    ended.counts(ORDERED, "SELECT (view #>> '{lines,0,fulfilled}')::bigint FROM ordering.orders").await?;
    bought::stands(ended.world, "completed", ORDERED, TOTAL).await
}
