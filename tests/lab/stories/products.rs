//! `/products` and `/products/:product_id`: put on sale, edited, taken off sale.

use crate::hand::{RIVAL, SUBJECT};
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use futures::future::join;
use serde_json::{Value, json};
use tradepost_tests::Answer;

pub(crate) const CREATE: Story = Story {
    name: "products.create",
    prepare: |_| Box::pin(async {}),
    act: |world| {
        Box::pin(async move {
            let ask = world.subject("POST", "/products").as_admin().idempotency_key("the-key");
            world.send(ask.json(bookcase())).await
        })
    },
    holds: |ended| Box::pin(created(ended)),
    delivered: true,
};

pub(crate) const CREATE_WITHOUT_KEY: Story = Story {
    name: "products.create-without-key",
    prepare: |_| Box::pin(async {}),
    act: |world| {
        Box::pin(
            async move { world.send(world.subject("POST", "/products").as_admin().json(bookcase())).await },
        )
    },
    holds: |ended| Box::pin(created_without_key(ended)),
    delivered: true,
};

/// The same where the instance has worked before: its connections are kept, and a statement whose reply is lost may be
/// run once more.
pub(crate) const CREATE_ANOTHER: Story = Story {
    name: "products.create-another",
    prepare: |_| Box::pin(async {}),
    act: |world| {
        Box::pin(async move {
            let shelf =
                json!({"sku": "SH-1", "name": "A shelf", "price": {"amount": 4900, "currency": "USD"}});
            let first = world.app().post("/products").as_admin().idempotency_key("the-shelf").json(shelf);
            assert_eq!(first.send().await.status, 201);
            world.send(world.subject("POST", "/products").as_admin().json(bookcase())).await
        })
    },
    holds: |ended| Box::pin(created_without_key(ended)),
    delivered: true,
};

pub(crate) const CHANGE: Story = Story {
    name: "products.change",
    prepare: |world| Box::pin(on_sale(world)),
    act: |world| {
        Box::pin(async move {
            let path = path(world).await;
            let ask = world.subject("PATCH", &path).as_admin().idempotency_key("the-key");
            // A name and a price: two events.
            let edit = json!({"name": "A better bookcase", "price": {"amount": 29900, "currency": "USD"}});
            let edit = edit.to_string().into_bytes();
            world.send(ask.header("if-match", "\"1\"").bytes("application/merge-patch+json", edit)).await
        })
    },
    holds: |ended| Box::pin(changed(ended)),
    delivered: true,
};

/// Two edits are based on the same version; one of them comes too late.
pub(crate) const CHANGE_AT_ONCE: Story = Story {
    name: "products.change-at-once",
    prepare: |world| Box::pin(on_sale(world)),
    act: |world| {
        Box::pin(async move {
            let path = path(world).await;
            let edit = |id: &str, name: &str| {
                let edit = json!({"name": name}).to_string().into_bytes();
                let ask = world.app().ask("PATCH", &path).as_admin().header("request-id", id);
                world.send(ask.header("if-match", "\"1\"").bytes("application/merge-patch+json", edit))
            };
            // Both have read the product when the first one writes it.
            world.hand.meet_at("catalog-product/query#2");
            let (subject, rival) = join(edit(SUBJECT, "This one"), edit(RIVAL, "That one")).await;
            subject.or(rival)
        })
    },
    holds: |ended| Box::pin(changed_once(ended)),
    delivered: true,
};

pub(crate) const ARCHIVE: Story = Story {
    name: "products.archive",
    prepare: |world| Box::pin(on_sale(world)),
    act: |world| {
        Box::pin(async move {
            let path = path(world).await;
            world.send(world.subject("DELETE", &path).as_admin().header("if-match", "\"1\"")).await
        })
    },
    holds: |ended| Box::pin(archived(ended)),
    delivered: true,
};

/// What is put on sale.
pub(crate) fn bookcase() -> Value {
    json!({"sku": "BK-1", "name": "A bookcase", "price": {"amount": 26196, "currency": "USD"}})
}

/// The bookcase is on sale.
pub(crate) async fn on_sale(world: &World) {
    let added = world.app().post("/products").as_admin().json(bookcase()).send().await;
    added.data(201);
}

/// Where the bookcase is; its id is another in every story.
pub(crate) async fn path(world: &World) -> String {
    let subject = "SELECT subject FROM messaging.events WHERE type = 'tradepost.catalog.product-created.v1'";
    format!("/products/{}", world.texts(subject).await.unwrap().join(","))
}

async fn created(ended: &Ended<'_>) -> Verdict {
    ended.one_answer(201)?;
    ended.counts(1, "SELECT count(*) FROM catalog.products").await?;
    read(ended, &ended.again).await
}

async fn created_without_key(ended: &Ended<'_>) -> Verdict {
    let told = ended.first.as_ref().filter(|first| first.status == 201);
    ensure(matches!(ended.again.status, 201 | 409), || format!("the retry: {:?}", ended.again))?;
    let refused = ended.first.as_ref().is_some_and(|first| first.status == 409);
    ensure(!refused, || "the SKU is said to be another's, and there is no other".to_owned())?;
    ensure(told.is_none() || ended.again.status == 409, || format!("put on sale twice: {:?}", ended.again))?;
    ended.counts(1, "SELECT count(*) FROM catalog.products WHERE sku = 'BK-1'").await?;
    match told {
        Some(answer) => read(ended, answer).await,
        None => Ok(()),
    }
}

async fn changed(ended: &Ended<'_>) -> Verdict {
    ended.one_answer(200)?;
    ended.counts(3, "SELECT version FROM catalog.products").await?;
    ended.counts(29900, "SELECT price_amount FROM catalog.products").await
}

async fn changed_once(ended: &Ended<'_>) -> Verdict {
    ensure(matches!(ended.again.status, 200 | 412), || format!("the retry: {:?}", ended.again))?;
    ended.counts(2, "SELECT version FROM catalog.products").await
}

async fn archived(ended: &Ended<'_>) -> Verdict {
    // Whoever tries again finds that it is gone, or takes it off sale now.
    ensure(matches!(ended.again.status, 204 | 404 | 412), || format!("the retry: {:?}", ended.again))?;
    ended.counts(1, "SELECT count(*) FROM catalog.products WHERE archived_at IS NOT NULL").await?;
    let read = ended.world.app().get(&path(ended.world).await).send().await;
    ensure(read.status == 404, || format!("an archived product is read as {read:?}"))
}

/// What a client was told is what everybody reads.
async fn read(ended: &Ended<'_>, told: &Answer) -> Verdict {
    let location = told.header("location");
    let read = ended.world.app().get(location).send().await;
    ensure(read.status == 200 && read.json()["data"] == told.json()["data"], || {
        format!("{location} is read as {read:?}")
    })
}
