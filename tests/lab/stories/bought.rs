//! An order that was bought before the story begins, where it stands, and what has become of its pieces and its money.

use crate::stories::shop;
use crate::story::{Verdict, ensure};
use crate::world::{RELAY, World};
use serde_json::{Value, json};

/// How many bookcases there are, and how many of them are ordered.
pub(crate) const PIECES: i64 = 5;
pub(crate) const ORDERED: i64 = 2;

/// What the order comes to, in cents.
pub(crate) const TOTAL: i64 = ORDERED * 26_196;

/// How often the relay is woken before what is waited for counts as never coming.
const TURNS: usize = 40;

/// A guest has ordered, and nothing has come of it unless kicks reach the relay.
pub(crate) async fn order(world: &World, payment_method: &str) {
    shop::open(world, PIECES).await;
    let order = json!({
        "lines": [{"sku": "BK-1", "quantity": ORDERED}], "email": "first@example.com",
        "payment_method": payment_method,
    });
    world.app().post("/orders").idempotency_key("bought").json(order).send().await.data(201);
}

/// A guest has ordered and paid.
pub(crate) async fn paid(world: &World, payment_method: &str) {
    order(world, payment_method).await;
    until(world, "SELECT status FROM ordering.orders", "placed").await;
}

/// A guest has ordered and paid, and everything was sent.
pub(crate) async fn sent(world: &World) {
    paid(world, "tok_ok").await;
    let sent = world.app().post(&path(world, "/fulfilments").await).as_admin();
    sent.json(pieces(ORDERED)).send().await.data(201);
}

/// A guest has ordered and paid, and somebody has to look at it first.
pub(crate) async fn held(world: &World) {
    paid(world, "tok_ok").await;
    let held = world.app().post(&path(world, "/hold").await).as_admin();
    held.json(json!({"reason": "A second look"})).send().await.data(200);
}

/// The provider was asked, and nobody knows what came of it.
pub(crate) async fn unknown(world: &World, payment_method: &str) {
    order(world, payment_method).await;
    until(world, "SELECT status FROM payment.payments", "unknown").await;
}

/// Has everything delivered, again and again, until the query says this.
pub(crate) async fn until(world: &World, query: &str, expected: &str) {
    for _ in 0..TURNS {
        if world.texts(query).await.unwrap() == [expected] {
            return;
        }
        world.app().send_to(RELAY, "preparing").await.unwrap();
        world.quiet().await;
    }
    panic!("it is not {expected:?} after {TURNS} turns: {query}");
}

/// Where the order is, with this behind it; its id is another in every story.
pub(crate) async fn path(world: &World, rest: &str) -> String {
    let id = world.texts("SELECT view ->> 'id' FROM ordering.orders").await.unwrap();
    format!("/orders/{}{rest}", id.join(","))
}

/// Where its payment is, with this behind it.
pub(crate) async fn payment_path(world: &World, rest: &str) -> String {
    path(world, rest).await.replace("/orders/order_", "/payments/payment_")
}

/// So many bookcases, as staff name them.
pub(crate) fn pieces(quantity: i64) -> Value {
    json!({"lines": [{"sku": "BK-1", "quantity": quantity}]})
}

/// What there is in the end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) status: String,
    /// In stock, promised to nobody.
    pub(crate) available: i64,
    /// What was taken and not given back, in cents.
    pub(crate) kept: i64,
}

/// How the only order, its stock and its money stand.
pub(crate) async fn standing(world: &World) -> Result<Standing, String> {
    let standing = "
        SELECT (SELECT status FROM ordering.orders), (SELECT on_hand - reserved FROM inventory.stock),
               (SELECT coalesce(sum((view #>> '{captured,amount}')::bigint - (view #>> '{refunded,amount}')::bigint), 0)
                       ::bigint FROM payment.payments)";
    let row = world.sql.query_one(standing, &[]).await.map_err(|error| format!("{error:?}"))?;
    Ok(Standing { status: row.get(0), available: row.get(1), kept: row.get(2) })
}

/// That they stand like this.
pub(crate) async fn stands(world: &World, status: &str, pieces_kept: i64, kept: i64) -> Verdict {
    let expected = Standing { status: status.to_owned(), available: PIECES - pieces_kept, kept };
    let standing = standing(world).await?;
    ensure(standing == expected, || format!("it is to come to {expected:?}, and comes to {standing:?}"))
}
