//! Stock is reserved for an order, and the reservation ends in one of its ways. No route leads there yet, so a clerk
//! asks the port.

use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tradepost_tests::Answer;

/// The order that the stories are about, and one that was there before.
const ORDER: &str = "01937000-0000-7000-8000-000000000001";
const EARLIER: &str = "01937000-0000-7000-8000-000000000002";

/// 2100-01-01 and an hour later, in microseconds since the Unix epoch.
const NOW: i64 = 4_102_444_800_000_000;
const LATER: i64 = NOW + 3_600_000_000;

pub(crate) const RESERVE: Story = Story {
    name: "reservations.reserve",
    prepare: |world| Box::pin(in_stock(world)),
    act: |world| ask(world, "reserve", demand(ORDER)),
    holds: |ended| Box::pin(reserved(ended)),
    delivered: true,
};

pub(crate) const REJECT: Story = Story {
    name: "reservations.reject",
    prepare: |world| Box::pin(in_stock(world)),
    act: |world| {
        let mut demand = demand(ORDER);
        demand["lines"][1]["quantity"] = json!(4);
        ask(world, "reserve", demand)
    },
    holds: |ended| Box::pin(rejected(ended)),
    delivered: true,
};

pub(crate) const COMMIT: Story = Story {
    name: "reservations.commit",
    prepare: |world| Box::pin(held(world)),
    act: |world| ask(world, "commit", json!({"order_id": ORDER, "at": NOW})),
    holds: |ended| Box::pin(over(ended, "committed", (7, 2))),
    delivered: true,
};

pub(crate) const RELEASE: Story = Story {
    name: "reservations.release",
    prepare: |world| Box::pin(held(world)),
    act: |world| ask(world, "release", json!({"order_id": ORDER, "at": NOW})),
    holds: |ended| Box::pin(over(ended, "released", (10, 3))),
    delivered: true,
};

pub(crate) const EXPIRE: Story = Story {
    name: "reservations.expire",
    prepare: |world| {
        Box::pin(async move {
            held(world).await;
            say(world, "reserve", demand(EARLIER)).await;
        })
    },
    act: |world| ask(world, "expire-due", json!({"at": LATER, "most": 5})),
    holds: |ended| Box::pin(expired(ended)),
    delivered: true,
};

/// The tick wakes the relay and whoever expires reservations.
pub(crate) const TICK: Story = Story {
    name: "tick.expire",
    prepare: |world| {
        Box::pin(async move {
            in_stock(world).await;
            let mut demand = demand(ORDER);
            demand["expires_at"] = json!(NOW - 1);
            say(world, "reserve", demand).await;
        })
    },
    act: |world| Box::pin(async move { world.send(world.subject("POST", "/tick").as_admin()).await }),
    holds: |ended| Box::pin(over(ended, "expired", (10, 3))),
    delivered: false,
};

/// Ten pieces of one SKU and three of another.
async fn in_stock(world: &World) {
    let open =
        "SELECT inventory.open_stock(ARRAY[gen_random_uuid(), gen_random_uuid()], ARRAY['BK-1', 'BK-2'])";
    world.sql.execute(open, &[]).await.unwrap();
    for (sku, pieces) in [("BK-1", 10_i64), ("BK-2", 3)] {
        let receive =
            "SELECT outcome FROM inventory.adjust_stock($1, $2, 'received', 'the lab', gen_random_uuid(),
                                                                  gen_random_uuid(), 1, NULL, NULL)";
        world.sql.execute(receive, &[&sku, &pieces]).await.unwrap();
    }
}

async fn held(world: &World) {
    in_stock(world).await;
    say(world, "reserve", demand(ORDER)).await;
}

/// Three of the ten, in two lines, and one of the three.
fn demand(order: &str) -> Value {
    let line = |sku: &str, quantity: i64| json!({"sku": sku, "quantity": quantity});
    let lines = if order == ORDER {
        json!([line("BK-1", 2), line("BK-2", 1), line("BK-1", 1)])
    } else {
        json!([line("BK-1", 1)])
    };
    json!({"order_id": order, "lines": lines, "at": NOW, "expires_at": LATER})
}

fn ask<'a>(world: &'a World, function: &'static str, said: Value) -> BoxFuture<'a, Option<Answer>> {
    Box::pin(async move {
        let path = format!("/lab/reservations/{function}");
        world.send(world.subject("POST", &path).json(said)).await
    })
}

async fn say(world: &World, function: &'static str, said: Value) {
    let answer = ask(world, function, said).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn reserved(ended: &Ended<'_>) -> Verdict {
    ensure(ended.again.status == 200, || format!("the retry: {:?}", ended.again))?;
    state(ended, "held").await?;
    level(ended, "BK-1", (10, 3)).await?;
    level(ended, "BK-2", (3, 1)).await
}

async fn rejected(ended: &Ended<'_>) -> Verdict {
    ensure(ended.again.status == 409, || format!("the retry: {:?}", ended.again))?;
    state(ended, "rejected").await?;
    level(ended, "BK-1", (10, 0)).await?;
    level(ended, "BK-2", (3, 0)).await
}

/// The reservation is over, and so many of the first SKU and of the second are there.
async fn over(ended: &Ended<'_>, how: &str, (first, second): (i64, i64)) -> Verdict {
    ensure(ended.again.status == 200, || format!("the retry: {:?}", ended.again))?;
    state(ended, how).await?;
    level(ended, "BK-1", (first, 0)).await?;
    level(ended, "BK-2", (second, 0)).await
}

async fn expired(ended: &Ended<'_>) -> Verdict {
    ensure(ended.again.status == 200, || format!("the retry: {:?}", ended.again))?;
    ended.counts(2, "SELECT count(*) FROM inventory.reservations WHERE state = 'expired'").await?;
    level(ended, "BK-1", (10, 0)).await?;
    level(ended, "BK-2", (3, 0)).await
}

async fn state(ended: &Ended<'_>, expected: &str) -> Verdict {
    let query = format!("SELECT state FROM inventory.reservations WHERE order_id = '{ORDER}'");
    let states = ended.world.texts(&query).await?;
    ensure(states == [expected], || format!("the reservation is {states:?} and not {expected}"))
}

async fn level(ended: &Ended<'_>, sku: &str, expected: (i64, i64)) -> Verdict {
    let query = format!("SELECT on_hand || ', ' || reserved FROM inventory.stock WHERE sku = '{sku}'");
    let level = ended.world.texts(&query).await?;
    let expected = format!("{}, {}", expected.0, expected.1);
    ensure(level == [&*expected], || format!("{sku} on hand and reserved: {level:?} and not {expected}"))
}
