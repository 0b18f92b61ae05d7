//! `POST /tick`: what has waited too long ends.

use crate::stories::shop;
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use serde_json::{Value, json};
use std::time::Duration;
use tradepost_tests::Answer;

/// Longer than stock is promised, and than an order may be pending.
const TOO_LONG: Duration = Duration::from_mins(20);

/// Two orders were reserved for, in one batch, and nobody has charged them since.
pub(crate) const RESERVATIONS: Story = Story {
    name: "tick.reservations",
    prepare: |world| {
        Box::pin(async move {
            shop::open(world, 5).await;
            shop::order(world, "first", 2).await;
            shop::order(world, "second", 1).await;
            let events = placed(world).await;
            let (_, outcomes) = world.app().deliver("inventory-reservation", &events).await;
            assert_eq!(outcomes, ["applied", "applied"]);
        })
    },
    act: |world| Box::pin(tick(world)),
    holds: |ended| Box::pin(given_back(ended)),
    delivered: false,
};

/// Two orders were placed, and nothing has been delivered since.
pub(crate) const ORDERS: Story = Story {
    name: "tick.orders",
    prepare: |world| {
        Box::pin(async move {
            shop::open(world, 5).await;
            shop::order(world, "first", 2).await;
            shop::order(world, "second", 1).await;
        })
    },
    act: |world| Box::pin(tick(world)),
    holds: |ended| Box::pin(given_back(ended)),
    delivered: false,
};

/// The first time it comes too late.
async fn tick(world: &World) -> Option<Answer> {
    if world.hand.struck() == 0 && world.hand.seen().is_empty() {
        world.hand.clock.advance(TOO_LONG);
    }
    world.send(world.subject("POST", "/tick").as_admin()).await
}

/// The events of the orders that were placed, as the relay would deliver them.
async fn placed(world: &World) -> Vec<Value> {
    let rows = "SELECT id::text, subject, data::text FROM ordering.outbox ORDER BY position";
    let rows = world.sql.query(rows, &[]).await.unwrap();
    rows.iter()
        .map(|row| {
            let (id, subject, data): (&str, &str, &str) = (row.get(0), row.get(1), row.get(2));
            json!({
                "specversion": "1.0", "id": id, "source": "/ordering", "type": "tradepost.ordering.order-placed.v2",
                "subject": subject, "time": "2100-01-01T00:00:00.000000Z", "partitionkey": subject,
                "sequence": "00000000000000000001", "datacontenttype": "application/json",
                "data": serde_json::from_str::<Value>(data).unwrap(),
            })
        })
        .collect()
}

/// The orders ended, of whatever is the first to notice, and their pieces can be had again; or, where a tick did not hear
/// what was due, whoever got to an order first has gone on with it, and its pieces are its own.
async fn given_back(ended: &Ended<'_>) -> Verdict {
    ensure(ended.again.status == 200, || format!("the retry: {:?}", ended.again))?;
    let statuses = ended.world.texts("SELECT DISTINCT status FROM ordering.orders").await?;
    let struck = ended.world.hand.struck() > 0;
    let is_end = |status: &String| {
        matches!(status.as_str(), "expired" | "cancelled") || (struck && status == "placed")
    };
    ensure(statuses.iter().all(is_end), || format!("the orders are {statuses:?}"))?;
    let levels = "
        SELECT on_hand + (
                   SELECT coalesce(sum((line ->> 'open')::bigint), 0)
                   FROM ordering.orders, json_array_elements(view -> 'lines') AS line WHERE status = 'placed'
               ) || ', ' || reserved
        FROM inventory.stock";
    let level = ended.world.texts(levels).await?;
    ensure(level == ["5, 0"], || format!("on hand or sold, and reserved: {level:?}"))
}
