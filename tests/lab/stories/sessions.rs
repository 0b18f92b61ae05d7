//! `/sessions` and `/sessions/refresh`: somebody logs in, stays, and logs out.

use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use serde_json::json;
use tradepost_ids::UserId;

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "a difference of engines";

/// The refresh token, in place of one that nobody else can know.
const REFRESH_TOKEN: &str = "tr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

pub(crate) const LOG_IN: Story = Story {
    name: "sessions.log-in",
    prepare: |world| Box::pin(ada(world)),
    act: |world| {
        let ask = world.subject("POST", "/sessions").idempotency_key("the-key");
        Box::pin(world.send(ask.json(json!({"email": EMAIL, "password": PASSWORD}))))
    },
    holds: |ended| Box::pin(has_logged_in(ended)),
    delivered: true,
};

pub(crate) const REFRESH: Story = Story {
    name: "sessions.refresh",
    prepare: |world| Box::pin(logged_in(world)),
    act: |world| {
        let ask = world.subject("POST", "/sessions/refresh").idempotency_key("the-key");
        Box::pin(world.send(ask.json(json!({"refresh_token": REFRESH_TOKEN}))))
    },
    holds: |ended| Box::pin(refreshed(ended)),
    delivered: true,
};

/// The same token twice, without a key that says that it is the same request: it was stolen.
pub(crate) const REUSE: Story = Story {
    name: "sessions.reuse",
    prepare: |world| {
        Box::pin(async move {
            logged_in(world).await;
            let ask = world.app().post("/sessions/refresh").json(json!({"refresh_token": REFRESH_TOKEN}));
            ask.send().await.data(200);
        })
    },
    act: |world| {
        let ask = world.subject("POST", "/sessions/refresh").json(json!({"refresh_token": REFRESH_TOKEN}));
        Box::pin(world.send(ask))
    },
    holds: |ended| {
        Box::pin(async move {
            ensure(ended.again.status == 401, || format!("the retry: {:?}", ended.again))?;
            has_ended(ended).await
        })
    },
    delivered: true,
};

pub(crate) const LOG_OUT: Story = Story {
    name: "sessions.log-out",
    prepare: |world| Box::pin(logged_in(world)),
    act: |world| {
        Box::pin(async move {
            world.send(world.subject("DELETE", "/sessions").as_customer(&herself(world).await)).await
        })
    },
    holds: |ended| {
        Box::pin(async move {
            // Whoever has logged out has; that his token is good no more is the gateway's to say, and this one believes
            // everybody.
            ensure(ended.again.status == 204, || format!("the retry: {:?}", ended.again))?;
            has_ended(ended).await
        })
    },
    delivered: true,
};

/// Ada has registered.
pub(crate) async fn ada(world: &World) {
    let user = json!({"name": "Ada", "email": EMAIL, "password": PASSWORD});
    world.app().post("/users").json(user).send().await.data(201);
}

/// Ada has registered and logged in, with a refresh token that is known here.
pub(crate) async fn logged_in(world: &World) {
    ada(world).await;
    let log_in = world.app().post("/sessions").json(json!({"email": EMAIL, "password": PASSWORD}));
    log_in.send().await.data(201);
    let known = "UPDATE identity.refresh_tokens SET digest = sha256($1)";
    assert_eq!(world.sql.execute(known, &[&REFRESH_TOKEN.as_bytes()]).await.unwrap(), 1);
}

/// Her credential in her only session, as the lab's gateway takes it.
pub(crate) async fn herself(world: &World) -> String {
    let session = "SELECT user_id::text, id::text FROM identity.sessions";
    let row = world.sql.query_one(session, &[]).await.unwrap();
    format!("{}/{}", UserId::from_uuid(row.get::<_, &str>(0).parse().unwrap()), row.get::<_, &str>(1))
}

/// The gateway has been told of every session that has ended.
pub(crate) async fn the_gateway_knows_the_ended(world: &World) -> Verdict {
    let ended = "SELECT 'session:' || id || ':ended' FROM identity.sessions WHERE ended_at IS NOT NULL";
    for key in world.texts(ended).await? {
        let shown = world.app().store("default").get(&key).map_err(|error| error.to_string())?;
        ensure(shown.is_some(), || format!("the gateway does not know {key}"))?;
    }
    Ok(())
}

async fn has_logged_in(ended: &Ended<'_>) -> Verdict {
    one_refresh_token(ended, 201)?;
    ended.counts(1, "SELECT count(*) FROM identity.sessions").await?;
    ended.counts(1, "SELECT count(*) FROM identity.known_addresses").await
}

async fn refreshed(ended: &Ended<'_>) -> Verdict {
    one_refresh_token(ended, 200)?;
    ended.counts(2, "SELECT count(*) FROM identity.refresh_tokens").await?;
    ended.counts(1, "SELECT count(*) FROM identity.sessions WHERE ended_at IS NULL").await
}

/// Both tries got the same one. The access token is another when the first has expired meanwhile.
fn one_refresh_token(ended: &Ended<'_>, status: u16) -> Verdict {
    let again = &ended.again;
    ensure(again.status == status, || format!("the retry: {again:?}"))?;
    let Some(first) = ended.first.as_ref().filter(|first| first.status == status) else { return Ok(()) };
    let [first, again] = [first, again].map(|answer| answer.json()["data"]["refresh_token"].clone());
    ensure(first == again, || "two tokens for one".to_owned())
}

async fn has_ended(ended: &Ended<'_>) -> Verdict {
    ended.counts(1, "SELECT count(*) FROM identity.sessions WHERE ended_at IS NOT NULL").await?;
    let told = "SELECT count(*) FROM messaging.events WHERE type = 'tradepost.identity.sessions-ended.v1'";
    ended.counts(1, told).await?;
    the_gateway_knows_the_ended(ended.world).await
}
