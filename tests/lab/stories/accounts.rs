//! `/users/:user_id` and what hangs on it: edited, erased, another password, an address that is verified; and a password
//! that was forgotten.

use crate::stories::sessions::{self, EMAIL, PASSWORD, ada, herself};
use crate::story::{Ended, Story, Verdict, ensure};
use crate::world::World;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tradepost_tests::Answer;

const OTHER_PASSWORD: &str = "an analytical engine";

/// What was sent to her, in place of what nobody but she can know.
const SENT: &str = "what-was-sent-to-her";

pub(crate) const CHANGE: Story = Story {
    name: "users.change",
    prepare: |world| Box::pin(ada(world)),
    act: |world| {
        Box::pin(async move {
            let ask = world.subject("PATCH", &path(world, "").await).as_admin().header("if-match", "*");
            let body = json!({"name": "Grace"}).to_string();
            world.send(ask.idempotency_key("the-key").bytes("application/merge-patch+json", body)).await
        })
    },
    holds: |ended| Box::pin(changed(ended)),
    delivered: true,
};

pub(crate) const ERASE: Story = Story {
    name: "users.erase",
    prepare: |world| Box::pin(sessions::logged_in(world)),
    act: |world| {
        Box::pin(async move {
            // Where she is not any more, she was.
            let path = path(world, "").await;
            world.send(world.subject("DELETE", &path).as_admin()).await
        })
    },
    holds: |ended| Box::pin(erased(ended)),
    delivered: true,
};

pub(crate) const CHANGE_PASSWORD: Story = Story {
    name: "users.change-password",
    prepare: |world| Box::pin(sessions::logged_in(world)),
    act: |world| {
        let body = json!({"current_password": PASSWORD, "new_password": OTHER_PASSWORD});
        as_herself(world, "/password", body)
    },
    holds: |ended| Box::pin(has_the_other_password(ended, 204)),
    delivered: true,
};

pub(crate) const ASK_FOR_VERIFICATION: Story = Story {
    name: "users.ask-for-verification",
    prepare: |world| Box::pin(sessions::logged_in(world)),
    act: |world| as_herself(world, "/verification", Value::Null),
    holds: |ended| Box::pin(sent(ended)),
    delivered: true,
};

pub(crate) const VERIFY: Story = Story {
    name: "verifications.confirm",
    prepare: |world| {
        Box::pin(async move {
            sessions::logged_in(world).await;
            as_herself(world, "/verification", Value::Null).await.unwrap().data(202);
            know_what_was_sent(world).await;
        })
    },
    act: |world| {
        let ask = world.subject("POST", "/verifications/confirmation").json(json!({"token": SENT}));
        Box::pin(world.send(ask))
    },
    holds: |ended| Box::pin(verified(ended)),
    delivered: true,
};

pub(crate) const FORGET_PASSWORD: Story = Story {
    name: "password-resets.ask",
    prepare: |world| Box::pin(ada(world)),
    act: |world| {
        let ask = world.subject("POST", "/password-resets").json(json!({"email": EMAIL}));
        Box::pin(world.send(ask))
    },
    holds: |ended| Box::pin(sent(ended)),
    delivered: true,
};

pub(crate) const RESET_PASSWORD: Story = Story {
    name: "password-resets.confirm",
    prepare: |world| {
        Box::pin(async move {
            sessions::logged_in(world).await;
            let asked = world.app().post("/password-resets").json(json!({"email": EMAIL})).send().await;
            assert_eq!(asked.status, 202);
            know_what_was_sent(world).await;
        })
    },
    act: |world| {
        let body = json!({"token": SENT, "password": OTHER_PASSWORD});
        let ask = world.subject("POST", "/password-resets/confirmation").json(body);
        Box::pin(world.send(ask))
    },
    holds: |ended| {
        Box::pin(async move {
            // A token is good once.
            has_the_other_password(ended, 400).await?;
            ended
                .counts(
                    0,
                    "SELECT count(*) FROM identity.sessions WHERE ended_at IS NULL AND id <> (
                                 SELECT id FROM identity.sessions ORDER BY created_at DESC, id DESC LIMIT 1)",
                )
                .await
        })
    },
    delivered: true,
};

/// Where she is, with this behind it; her id is another in every story.
async fn path(world: &World, rest: &str) -> String {
    let ids = world.texts("SELECT id::text FROM identity.users").await.unwrap();
    let id = tradepost_ids::UserId::from_uuid(ids.first().unwrap().parse().unwrap());
    format!("/users/{id}{rest}")
}

/// She asks for this herself.
fn as_herself<'a>(world: &'a World, what: &'static str, body: Value) -> BoxFuture<'a, Option<Answer>> {
    Box::pin(async move {
        let ask = world.subject("POST", &path(world, what).await).as_customer(&herself(world).await);
        let ask = ask.idempotency_key("the-key");
        world.send(if body.is_null() { ask } else { ask.json(body) }).await
    })
}

/// What a letter says nobody reads here, so it is made to say what is known.
async fn know_what_was_sent(world: &World) {
    // Whether anybody has that address must not be seen by how long the answer takes, so it is looked up after it.
    world.quiet().await;
    let known = "UPDATE identity.one_time_tokens SET digest = sha256($1)";
    assert_eq!(world.sql.execute(known, &[&SENT.as_bytes()]).await.unwrap(), 1);
}

async fn changed(ended: &Ended<'_>) -> Verdict {
    ended.one_answer(200)?;
    ended.counts(2, "SELECT version::bigint FROM identity.users WHERE name = 'Grace'").await?;
    told_once(ended, "tradepost.identity.user-changed.v1").await
}

async fn erased(ended: &Ended<'_>) -> Verdict {
    once(ended, 204, 404)?;
    let left = "SELECT (SELECT count(*) FROM identity.users WHERE email IS NOT NULL)
                     + (SELECT count(*) FROM identity.credentials)
                     + (SELECT count(*) FROM identity.sessions WHERE ended_at IS NULL)";
    ended.counts(0, left).await?;
    sessions::the_gateway_knows_the_ended(ended.world).await?;
    told_once(ended, "tradepost.identity.user-erased.v1").await
}

async fn sent(ended: &Ended<'_>) -> Verdict {
    ensure(ended.again.status == 202, || format!("the retry: {:?}", ended.again))?;
    // Each try is a letter, and the last one's token is the one that is good.
    ended.counts(1, "SELECT count(*) FROM identity.one_time_tokens").await?;
    let letters = "SELECT (count(*) BETWEEN 1 AND 2)::integer::bigint FROM notification.messages";
    ended.counts(1, letters).await
}

async fn verified(ended: &Ended<'_>) -> Verdict {
    once(ended, 204, 400)?;
    ended.counts(1, "SELECT count(*) FROM identity.users WHERE verified_at IS NOT NULL").await?;
    told_once(ended, "tradepost.identity.user-changed.v1").await
}

async fn has_the_other_password(ended: &Ended<'_>, when_done: u16) -> Verdict {
    once(ended, 204, when_done)?;
    for (password, status) in [(PASSWORD, 401), (OTHER_PASSWORD, 201)] {
        let body = json!({"email": EMAIL, "password": password});
        let answer = ended.world.app().post("/sessions").json(body).send().await;
        ensure(answer.status == status, || format!("a log-in with {password:?}: {answer:?}"))?;
    }
    Ok(())
}

/// What can be done once is answered with `done`; with `before` where it was done before.
fn once(ended: &Ended<'_>, done: u16, before: u16) -> Verdict {
    let told = ended.first.as_ref().is_some_and(|first| first.status == done);
    let again = ended.again.status;
    ensure(again == before || again == done && !told, || format!("the retry: {:?}", ended.again))
}

async fn told_once(ended: &Ended<'_>, event_type: &str) -> Verdict {
    ended.counts(1, &format!("SELECT count(*) FROM messaging.events WHERE type = '{event_type}'")).await
}
