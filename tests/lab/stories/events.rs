//! `POST /events/replays` and `POST /dead-letters/:letter_id/replay`: the operator has events delivered again.

use crate::hand::SUBJECT;
use crate::stories::products;
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::{RELAY, World};
use serde_json::{Value, json};
use std::future::ready;
use tradepost_tests::Answer;

const CREATED: &str = "tradepost.catalog.product-created.v1";

/// The inventory has lost all that it knew, as a restored backup might.
pub(crate) const REPLAY: Story = Story {
    name: "events.replay",
    prepare: |world| Box::pin(products::on_sale(world)),
    act: |world| {
        Box::pin(async move {
            let forgotten = "SELECT count(*) FROM inventory.stock";
            if world.hand.struck() == 0 && world.hand.seen().is_empty() {
                world.sql.batch_execute("TRUNCATE inventory.inbox, inventory.stock CASCADE").await.unwrap();
                assert_eq!(world.sql.query_one(forgotten, &[]).await.unwrap().get::<_, i64>(0), 0);
            }
            let replay = json!({"consumer": "inventory-stock-openings", "types": [CREATED]});
            world.send(world.subject("POST", "/events/replays").as_admin().json(replay)).await
        })
    },
    holds: |ended| Box::pin(replayed(ended)),
    delivered: true,
};

/// What was set aside has been mended, and is tried again.
pub(crate) const REPLAY_LETTER: Story = Story {
    name: "dead-letters.replay",
    prepare: |world| Box::pin(set_aside(world)),
    act: |world| Box::pin(replay_letters(world)),
    holds: |ended| Box::pin(ready(letters_gone(ended))),
    delivered: false,
};

async fn replayed(ended: &Ended<'_>) -> Verdict {
    ensure(ended.again.status == 202, || format!("the retry: {:?}", ended.again))?;
    ended.counts(1, "SELECT count(*) FROM inventory.stock").await
}

/// A product's event is nonsense when it is delivered, so both consumers reject it; then it is mended.
async fn set_aside(world: &World) {
    products::on_sale(world).await;
    let spoil = "CREATE TABLE catalog.mended AS SELECT id, data FROM catalog.outbox;
                 UPDATE catalog.outbox SET data = '{}'";
    world.sql.batch_execute(spoil).await.unwrap();
    world.app().send_to(RELAY, "spoilt").await.unwrap();
    let mend = "UPDATE messaging.events AS event SET data = mended.data FROM catalog.mended AS mended
                WHERE mended.id = event.id;
                DROP TABLE catalog.mended";
    world.sql.batch_execute(mend).await.unwrap();
    let letters = world.texts("SELECT consumer FROM messaging.dead_letters").await.unwrap();
    assert_eq!(letters.len(), 2, "{letters:?}");
}

/// Has all letters replayed, the last one as the subject; one that is not there when there is none.
async fn replay_letters(world: &World) -> Option<Answer> {
    let letters = world.app().get("/dead-letters").as_admin().send().await.data(200);
    let letters = letters["items"].as_array().unwrap().iter();
    let ids: Vec<&str> = letters.map(|letter: &Value| letter["id"].as_str().unwrap()).collect();
    let (last, others) = ids.split_last().unwrap_or((&"letter_01h455vb4pex5vsknk084sn02q", &[]));
    for id in others {
        replay(world, id, "another").await;
        // Or the kick that follows would be taken for one with this one's.
        world.quiet().await;
    }
    replay(world, last, SUBJECT).await
}

async fn replay(world: &World, id: &str, request: &str) -> Option<Answer> {
    let ask = world.app().post(&format!("/dead-letters/{id}/replay")).as_admin();
    world.send(ask.header("request-id", request)).await
}

fn letters_gone(ended: &Ended<'_>) -> Verdict {
    ensure(matches!(ended.again.status, 202 | 404), || format!("the retry: {:?}", ended.again))
}
