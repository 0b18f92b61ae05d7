//! `POST /orders/:order_id/returns`: a piece that was sent comes back, and its price is given back.

use crate::stories::bought::{self, ORDERED, PRICE, TOTAL};
use crate::story::{Ended, Story, Verdict};

pub(crate) const STORY: Story = Story {
    name: "orders.return",
    prepare: |world| Box::pin(bought::sent(world)),
    act: |world| {
        Box::pin(async move {
            let ask = bought::ask(world, "/returns").await;
            world.send(ask.json(bought::pieces(1))).await
        })
    },
    holds: |ended| Box::pin(back(ended)),
    delivered: true,
};

async fn back(ended: &Ended<'_>) -> Verdict {
    ended.one_answer(201)?;
    ended.counts(1, "SELECT json_array_length(view -> 'returns')::bigint FROM ordering.orders").await?;
    ended.counts(1, "SELECT (view #>> '{lines,0,returned}')::bigint FROM ordering.orders").await?;
    // Somebody has to look at the piece before it can be sold again, so the stock does not have it.
    bought::stands(ended.world, "completed", ORDERED, TOTAL - PRICE).await
}
