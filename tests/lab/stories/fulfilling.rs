//! `POST /orders/:order_id/fulfilments`: pieces are sent, a part of the order or all of it.

use crate::stories::bought::{self, ORDERED, TOTAL};
use crate::story::{Ended, Story, Verdict};
use crate::world::World;
use futures::future::BoxFuture;
use tradepost_tests::Answer;

pub(crate) const PART: Story = Story {
    name: "orders.fulfil-part",
    prepare: |world| Box::pin(bought::paid(world, "tok_ok")),
    act: |world| fulfil(world, 1),
    holds: |ended| Box::pin(sent(ended, 1, "placed")),
    delivered: true,
};

pub(crate) const WHOLE: Story = Story {
    name: "orders.fulfil",
    prepare: |world| Box::pin(bought::paid(world, "tok_ok")),
    act: |world| fulfil(world, ORDERED),
    holds: |ended| Box::pin(sent(ended, ORDERED, "completed")),
    delivered: true,
};

fn fulfil(world: &World, quantity: i64) -> BoxFuture<'_, Option<Answer>> {
    Box::pin(async move {
        let ask = bought::ask(world, "/fulfilments").await;
        world.send(ask.json(bought::pieces(quantity))).await
    })
}

async fn sent(ended: &Ended<'_>, quantity: i64, status: &str) -> Verdict {
    ended.one_answer(201)?;
    ended.counts(1, "SELECT json_array_length(view -> 'fulfilments')::bigint FROM ordering.orders").await?;
    ended.counts(quantity, "SELECT (view #>> '{lines,0,fulfilled}')::bigint FROM ordering.orders").await?;
    bought::stands(ended.world, status, ORDERED, TOTAL).await
}
