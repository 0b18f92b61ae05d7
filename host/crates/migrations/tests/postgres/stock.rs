//! The inventory's functions among transactions that are held open: which locks are taken in which order, and which
//! are not waited for. And the tables, when no function stands before them.

use std::time::Duration;

use tokio_postgres::Client;
use tradepost_cluster::testing::TestDatabase;

use crate::{MIGRATED, connect_as, number, refusal, wait_until_blocked};

const ROLE: &str = "tradepost_inventory";

/// A database with ten pieces each of `a`, `b` and `c`.
async fn stocked() -> (TestDatabase, Client) {
    let database = MIGRATED.fresh().await;
    let client = connect_as(database.url(), ROLE).await;
    client
        .batch_execute("INSERT INTO inventory.stock (sku, on_hand) VALUES ('a', 10), ('b', 10), ('c', 10)")
        .await
        .unwrap();
    (database, client)
}

/// The statement that reserves one piece of each SKU for the order of this number, until the epoch.
fn reserve(order: u32, skus: &[&str]) -> String {
    reserve_all(&[(order, skus)])
}

/// The same for several orders.
fn reserve_all(orders: &[(u32, &[&str])]) -> String {
    let each = |what: &dyn Fn(u32) -> String| {
        orders.iter().map(|(order, _)| what(*order)).collect::<Vec<_>>().join(",")
    };
    let lines: Vec<(usize, &str)> = (1..)
        .zip(orders)
        .flat_map(|(number, (_, skus))| skus.iter().map(move |sku| (number, *sku)))
        .collect();
    let ids = |count: usize| vec!["gen_random_uuid()"; count].join(",");
    format!(
        "SELECT outcome FROM inventory.reserve_stock('{{{}}}', '{{{}}}', ARRAY[{}], '{{{}}}', '{{{}}}', '{{{}}}', '{{{}}}',
             '{{{}}}', ARRAY[{}], 0)",
        each(&order_id),
        each(&|order| format!("order_{order}")),
        ids(orders.len()),
        each(&|_| "0".to_owned()),
        each(&|_| "NULL".to_owned()),
        lines.iter().map(|(number, _)| number.to_string()).collect::<Vec<_>>().join(","),
        lines.iter().map(|(_, sku)| *sku).collect::<Vec<_>>().join(","),
        vec!["1"; lines.len()].join(","),
        ids(lines.len()),
    )
}

fn order_id(order: u32) -> String {
    format!("0193f0c4-8f5e-7a51-b7d2-{order:012}")
}

async fn outcome(client: &Client, statement: &str) -> Option<String> {
    client.query_one(statement, &[]).await.unwrap().get(0)
}

fn settle(order: u32, state: &str) -> String {
    settle_all(&[(order, state)])
}

fn settle_all(orders: &[(u32, &str)]) -> String {
    let each = |what: &dyn Fn(u32, &str) -> String| {
        orders.iter().map(|(order, state)| what(*order, state)).collect::<Vec<_>>().join(",")
    };
    let ids = vec!["gen_random_uuid()"; orders.len()].join(",");
    format!(
        "SELECT outcome FROM inventory.settle_reservations('{{{}}}', '{{{}}}', '{{{}}}', '{{{nulls}}}', ARRAY[{ids}],
             ARRAY[{ids}], '{{{nulls}}}', 0) ORDER BY number",
        each(&|order, _| order_id(order)),
        each(&|order, _| format!("order_{order}")),
        each(&|_, state| state.to_owned()),
        nulls = each(&|_, _| "NULL".to_owned()),
    )
}

const EXPIRE: &str = "SELECT inventory.expire_reservations(0, ARRAY[gen_random_uuid(), gen_random_uuid(), gen_random_uuid()], NULL)";

/// Somebody has `a`. Whoever wants `b` and `a` has to wait, and must not have `b` meanwhile.
#[tokio::test]
async fn rows_are_locked_in_the_order_of_skus_however_the_order_names_them() {
    let (database, holder) = stocked().await;
    let others = connect_as(database.url(), ROLE).await;
    assert_eq!(outcome(&others, &reserve(1, &["c", "b", "a"])).await.as_deref(), Some("reserved"));
    for statement in [reserve(2, &["c", "b", "a"]), settle(1, "released")] {
        holder.batch_execute("BEGIN; SELECT FROM inventory.stock WHERE sku = 'a' FOR UPDATE").await.unwrap();
        let waiting = connect_as(database.url(), ROLE).await;
        let waiting = tokio::spawn(async move { outcome(&waiting, &statement).await.unwrap() });
        wait_until_blocked(&database.connect().await).await;
        others
            .batch_execute("SELECT FROM inventory.stock WHERE sku IN ('b', 'c') FOR UPDATE NOWAIT")
            .await
            .unwrap();
        holder.batch_execute("COMMIT").await.unwrap();
        assert!(["reserved", "done"].contains(&&*waiting.await.unwrap()));
    }
}

#[tokio::test]
async fn a_sweep_passes_over_what_others_are_ending() {
    let (database, holder) = stocked().await;
    for order in 1..=3 {
        outcome(&holder, &reserve(order, &["a"])).await;
    }
    // The stock is not the holder's: it would be waited for, and rightly so.
    let order_id = order_id(2);
    holder
        .batch_execute(&format!(
            "BEGIN; SELECT FROM inventory.reservations WHERE order_id = '{order_id}' FOR UPDATE"
        ))
        .await
        .unwrap();
    let sweeper = connect_as(database.url(), ROLE).await;
    let swept = tokio::time::timeout(Duration::from_secs(10), number(&sweeper, EXPIRE)).await;
    assert_eq!(swept.expect("the sweep waits for others"), 2);
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(number(&sweeper, EXPIRE).await, 1);
}

/// What is sold out is answered without waiting for the row.
#[tokio::test]
async fn an_order_that_cannot_be_served_waits_for_nobody() {
    let (database, holder) = stocked().await;
    holder.batch_execute("UPDATE inventory.stock SET on_hand = 0 WHERE sku = 'a'").await.unwrap();
    holder.batch_execute("BEGIN; SELECT FROM inventory.stock WHERE sku = 'a' FOR UPDATE").await.unwrap();
    let buyer = connect_as(database.url(), ROLE).await;
    let statement = reserve(1, &["a", "b"]);
    let answered = tokio::time::timeout(Duration::from_secs(10), outcome(&buyer, &statement)).await;
    assert_eq!(answered.expect("the buyer waits").as_deref(), Some("rejected"));
}

/// It looked as if there was enough, and then others were faster.
#[tokio::test]
async fn an_order_that_waited_in_vain_is_rejected_whole() {
    let (database, holder) = stocked().await;
    for (order, skus) in [(1, &["a"][..]), (2, &["a", "b"])] {
        holder.batch_execute("BEGIN; UPDATE inventory.stock SET on_hand = 0 WHERE sku = 'a'").await.unwrap();
        let waiting = connect_as(database.url(), ROLE).await;
        let statement = reserve(order, skus);
        let waiting = tokio::spawn(async move { outcome(&waiting, &statement).await });
        wait_until_blocked(&database.connect().await).await;
        holder.batch_execute("COMMIT").await.unwrap();
        assert_eq!(waiting.await.unwrap().as_deref(), Some("rejected"), "{skus:?}");
        assert_eq!(number(&holder, "SELECT sum(reserved)::bigint FROM inventory.stock").await, 0, "{skus:?}");
        assert_eq!(number(&holder, "SELECT count(*) FROM inventory.movements").await, 0, "{skus:?}");
        let short = format!(
            "SELECT count(*) FROM inventory.reservations
             WHERE order_id = '{}' AND state = 'rejected'
               AND short = '[{{\"sku\": \"a\", \"wanted\": 1, \"available\": 0}}]'",
            order_id(order)
        );
        assert_eq!(number(&holder, &short).await, 1, "{skus:?}");
        holder.batch_execute("UPDATE inventory.stock SET on_hand = 10 WHERE sku = 'a'").await.unwrap();
    }
}

/// Batches that overlap in every way, each naming the orders and the SKUs in an order of its own.
#[tokio::test(flavor = "multi_thread")]
async fn batches_over_the_same_orders_and_skus_never_wait_in_a_circle() {
    let (database, client) = stocked().await;
    client.batch_execute("UPDATE inventory.stock SET on_hand = 100").await.unwrap();
    let mut dice = 7_u32;
    let mut roll = move |sides: u32| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 16) % sides
    };
    let baskets: [&[&str]; 4] = [&["a", "b", "c"], &["c", "a"], &["b"], &["c", "b", "a"]];
    let mut workers = Vec::new();
    for worker in 0..6 {
        let statements: Vec<String> = (0..60)
            .map(|_| {
                // So many that not all of them are decided by whoever comes first.
                let orders: Vec<u32> = (0..8).map(|_| roll(400)).collect();
                match (worker + roll(2)) % 3 {
                    0 => reserve_all(
                        &orders
                            .iter()
                            .map(|order| (*order, baskets[*order as usize % 4]))
                            .collect::<Vec<_>>(),
                    ),
                    1 => EXPIRE.to_owned(),
                    _ => {
                        let states = ["committed", "released", "released"];
                        settle_all(
                            &orders
                                .iter()
                                .map(|order| (*order, states[roll(3) as usize]))
                                .collect::<Vec<_>>(),
                        )
                    }
                }
            })
            .collect();
        let client = connect_as(database.url(), ROLE).await;
        workers.push(tokio::spawn(async move {
            for statement in statements {
                client
                    .batch_execute(&statement)
                    .await
                    .unwrap_or_else(|error| panic!("{error:?}: {statement}"));
            }
        }));
    }
    for worker in workers {
        worker.await.unwrap();
    }
    let wrong = "SELECT count(*) FROM inventory.stock WHERE (on_hand, reserved, movements) <> (
                     SELECT 100 + sum(on_hand_delta), sum(reserved_delta), count(*)
                     FROM inventory.movements WHERE movements.sku = stock.sku)";
    assert_eq!(number(&client, wrong).await, 0);
    let ways = "SELECT count(DISTINCT kind) FROM inventory.movements";
    assert!(number(&client, ways).await >= 4, "too little of everything happened");
}

/// Two deliveries of the same events, the second of which names them in another order.
#[tokio::test]
async fn events_are_remembered_in_one_order_however_a_delivery_names_them() {
    let (database, holder) = stocked().await;
    let (first, second) = (order_id(1), order_id(2));
    holder
        .batch_execute(&format!("BEGIN; SELECT FROM inventory.open_stock(ARRAY['{first}']::uuid[], '{{x}}')"))
        .await
        .unwrap();
    let waiting = connect_as(database.url(), ROLE).await;
    let both = format!("SELECT FROM inventory.open_stock(ARRAY['{second}', '{first}']::uuid[], '{{y,x}}')");
    let waiting = tokio::spawn(async move { waiting.batch_execute(&both).await.unwrap() });
    wait_until_blocked(&database.connect().await).await;
    // It waits for the first and does not have the second yet.
    let other = connect_as(database.url(), ROLE).await;
    let second = format!("SELECT FROM inventory.open_stock(ARRAY['{second}']::uuid[], '{{y}}')");
    tokio::time::timeout(Duration::from_secs(10), other.batch_execute(&second))
        .await
        .expect("the second event is taken out of turn")
        .unwrap();
    holder.batch_execute("COMMIT").await.unwrap();
    waiting.await.unwrap();
    assert_eq!(number(&holder, "SELECT count(*) FROM inventory.stock").await, 5);
}

#[tokio::test]
async fn the_tables_refuse_what_no_function_should_have_let_through() {
    let (_database, client) = stocked().await;
    outcome(&client, &reserve(1, &["a"])).await;
    let movement = |kind: &str, on_hand: i64, reserved: i64, cause: &str| {
        format!(
            "INSERT INTO inventory.movements
                 (sku, number, kind, on_hand_delta, reserved_delta, occurred_at, {cause}
             VALUES ('a', 2, '{kind}', {on_hand}, {reserved}, now(), "
        ) + if cause == "order_id)" { "gen_random_uuid())" } else { "'Counted', 'admin')" }
    };
    for statement in [
        "UPDATE inventory.stock SET reserved = 11 WHERE sku = 'a'".to_owned(),
        "UPDATE inventory.stock SET on_hand = 0 WHERE sku = 'a'".to_owned(),
        "UPDATE inventory.stock SET reserved = -1 WHERE sku = 'b'".to_owned(),
        "UPDATE inventory.stock SET on_hand = 9007199254740992 WHERE sku = 'b'".to_owned(),
        "INSERT INTO inventory.stock (sku) VALUES ('')".to_owned(),
        "UPDATE inventory.reservations SET state = 'gone'".to_owned(),
        "UPDATE inventory.reservations SET state = 'committed'".to_owned(),
        "UPDATE inventory.reservations SET state = 'rejected'".to_owned(),
        movement("adjusted", 0, 0, "reason, actor)"),
        movement("adjusted", 1, 0, "order_id)"),
        movement("reserved", 0, 1, "reason, actor)"),
        movement("reserved", 0, -1, "order_id)"),
        movement("committed", -1, 0, "order_id)"),
        movement("released", 1, -1, "order_id)"),
        movement("restocked", 1, 1, "order_id)"),
        movement("restocked", -1, 0, "order_id)"),
        movement("lost", -1, 0, "reason, actor)"),
        "UPDATE inventory.reservation_lines SET restocked = 2".to_owned(),
        "UPDATE inventory.reservation_lines SET restocked = -1".to_owned(),
    ] {
        assert_eq!(refusal(&client, &statement).await, "23514", "{statement}");
    }
    let again = "INSERT INTO inventory.movements (sku, number, kind, on_hand_delta, reserved_delta, order_id, occurred_at)
                 VALUES ('a', 1, 'reserved', 0, 1, gen_random_uuid(), now())";
    assert_eq!(refusal(&client, again).await, "23505");
}
