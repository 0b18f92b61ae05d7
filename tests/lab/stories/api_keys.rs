//! `/api-keys`: made, and revoked.

use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use serde_json::{Value, json};

pub(crate) const CREATE: Story = Story {
    name: "api-keys.create",
    prepare: |_| Box::pin(async {}),
    act: |world| {
        let ask = world.subject("POST", "/api-keys").as_admin().idempotency_key("the-key").json(warehouse());
        Box::pin(world.send(ask))
    },
    holds: |ended| Box::pin(created(ended)),
    delivered: true,
};

pub(crate) const REVOKE: Story = Story {
    name: "api-keys.revoke",
    prepare: |world| {
        Box::pin(async move {
            world.app().post("/api-keys").as_admin().json(warehouse()).send().await.data(201);
        })
    },
    act: |world| {
        Box::pin(async move {
            let paths = world.texts("SELECT '/api-keys/' || subject FROM identity.api_keys").await.unwrap();
            world.send(world.subject("DELETE", &paths.concat()).as_admin()).await
        })
    },
    holds: |ended| Box::pin(revoked(ended)),
    delivered: true,
};

fn warehouse() -> Value {
    json!({"name": "Warehouse", "scopes": ["stock:read"]})
}

async fn created(ended: &Ended<'_>) -> Verdict {
    ended.one_answer(201)?;
    ended.counts(1, "SELECT count(*) FROM identity.api_keys").await?;
    told(ended, 1).await?;
    shows(ended.world, false).await
}

async fn revoked(ended: &Ended<'_>) -> Verdict {
    let told_before = ended.first.as_ref().is_some_and(|first| first.status == 204);
    let again = ended.again.status;
    ensure(again == 404 || again == 204 && !told_before, || format!("the retry: {:?}", ended.again))?;
    ended.counts(1, "SELECT count(*) FROM identity.api_keys WHERE revoked_at IS NOT NULL").await?;
    told(ended, 2).await?;
    shows(ended.world, true).await
}

async fn told(ended: &Ended<'_>, times: i64) -> Verdict {
    let told = "SELECT count(*) FROM messaging.events WHERE type = 'tradepost.identity.api-key-changed.v1'";
    ended.counts(times, told).await
}

/// The gateway finds the key as it is.
async fn shows(world: &World, revoked: bool) -> Verdict {
    let keys = world.texts("SELECT 'api-key:' || encode(digest, 'hex') FROM identity.api_keys").await?;
    let (store, key) = (world.app().store("default"), keys.concat());
    let is_there = |key: &str| store.exists(key).map_err(|error| error.to_string());
    let shown = (is_there(&key)?, is_there(&format!("{key}:revoked"))?);
    ensure(shown == (true, revoked), || format!("that it is there and revoked is shown as {shown:?}"))
}
