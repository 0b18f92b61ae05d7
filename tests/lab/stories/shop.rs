//! A shop with one product in it, which stories of orders begin with.

use crate::stories::products;
use crate::world::World;
use serde_json::json;

/// So many bookcases are on sale and in stock.
pub(crate) async fn open(world: &World, pieces: i64) {
    products::on_sale(world).await;
    world.app().send_to(crate::world::RELAY, "opening").await.unwrap();
    let received = world.app().post("/stock/BK-1/adjustments").as_admin();
    received.json(json!({"delta": pieces, "reason": "Delivery"})).send().await.data(201);
}
