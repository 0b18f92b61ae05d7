//! A shop with one product in it, which stories of orders begin with.

use crate::stories::products;
use crate::world::{RELAY, World};
use serde_json::json;
use tradepost_tests::Ask;

/// So many bookcases are on sale and in stock.
pub(crate) async fn open(world: &World, pieces: i64) {
    products::on_sale(world).await;
    world.app().send_to(RELAY, "opening").await.unwrap();
    let received = world.app().post("/stock/BK-1/adjustments").as_admin();
    received.json(json!({"delta": pieces, "reason": "Delivery"})).send().await.data(201);
}

/// Somebody orders some of them.
pub(crate) async fn order(world: &World, who: &str, pieces: u32) -> String {
    order_with(world, who, pieces, "tok_ok").await
}

/// The same, paid by another token.
pub(crate) async fn order_with(world: &World, who: &str, pieces: u32, token: &str) -> String {
    let order = json!({
        "lines": [{"sku": "BK-1", "quantity": pieces}], "email": format!("{who}@example.com"),
        "payment_method": token,
    });
    let placed = world.app().post("/orders").idempotency_key(who).json(order).send().await;
    placed.data(201)["id"].as_str().unwrap().to_owned()
}

/// Everything that waits to be delivered is, and what comes of it.
pub(crate) async fn settle(world: &World) {
    while world.app().send_to(RELAY, "settling").await.unwrap() == 202 {
        world.quiet().await;
    }
    world.quiet().await;
}

/// Where the only order that there is can be read.
pub(crate) async fn only_order(world: &World) -> String {
    let ids = world.texts("SELECT view ->> 'id' FROM ordering.orders").await.unwrap();
    let [id] = ids.as_slice() else { panic!("not one order: {ids:?}") };
    format!("/orders/{id}")
}

/// Begins to do something to the only order that there is.
pub(crate) async fn follow(world: &World, resource: &str, key: &str) -> Ask {
    let path = format!("{}/{resource}", only_order(world).await);
    world.app().post(&path).as_admin().idempotency_key(key)
}
