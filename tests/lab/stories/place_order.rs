//! `POST /orders`, and the customer's next look at the order.

use crate::story::{Ended, Story, Verdict, ensure};
use serde_json::json;

pub(crate) const STORY: Story = Story {
    name: "orders.place",
    prepare: |world| {
        Box::pin(async move {
            let product =
                json!({"sku": "BK-1", "name": "A bookcase", "price": {"amount": 26196, "currency": "USD"}});
            let added = world.app().post("/products").as_admin().json(product).send().await;
            added.data(201);
        })
    },
    act: |world| {
        Box::pin(async move {
            let order = json!({"lines": [{"sku": "BK-1", "quantity": 2}], "email": "first@example.com"});
            world.send(world.subject("POST", "/orders").idempotency_key("the-key").json(order)).await
        })
    },
    holds: |ended| Box::pin(holds(ended)),
    delivered: true,
};

async fn holds(ended: &Ended<'_>) -> Verdict {
    ended.one_answer(201)?;
    // There is nothing in stock, so that is how it ends.
    let ended_once = "SELECT count(*) FROM ordering.order_events WHERE type ~ '(placed|rejected)\\.v[0-9]$'";
    ended.counts(2, ended_once).await?;
    ended.counts(2, "SELECT count(*) FROM ordering.order_events").await?;
    ended.counts(1, "SELECT count(*) FROM ordering.idempotency_keys").await?;
    // A client reads its own write, whatever became of the view the first time.
    let location = ended.again.header("location");
    let read = ended.world.app().get(location).as_admin().send().await;
    let (placed, read_as) = (&ended.again.json()["data"], &read.json()["data"]);
    let same = placed["id"] == read_as["id"] && placed["lines"][0]["sku"] == read_as["lines"][0]["sku"];
    ensure(read.status == 200 && same && read_as["status"] == "rejected", || {
        format!("{location} is read as {read:?}")
    })
}
