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

/// Somebody orders some of them.
pub(crate) async fn order(world: &World, who: &str, pieces: u32) -> String {
    let order = json!({
        "lines": [{"sku": "BK-1", "quantity": pieces}], "email": format!("{who}@example.com"),
        "payment_method": "tok_ok",
    });
    let placed = world.app().post("/orders").idempotency_key(who).json(order).send().await;
    placed.data(201)["id"].as_str().unwrap().to_owned()
}
