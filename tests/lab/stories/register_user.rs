//! `POST /users`: no idempotency key, but an address belongs to one user.

use crate::story::{Ended, Story, Verdict, ensure};
use serde_json::json;

pub(crate) const STORY: Story = Story {
    name: "users.register",
    prepare: |_| Box::pin(async {}),
    act: |world| {
        Box::pin(async move {
            let user = json!({"name": "Ada", "email": "ada@example.com"});
            world.send(world.subject("POST", "/users").json(user)).await
        })
    },
    holds: |ended| Box::pin(holds(ended)),
    delivered: true,
};

async fn holds(ended: &Ended<'_>) -> Verdict {
    // Whoever got no answer, or a wrong one, learns at the retry whether the first try went through.
    let told = ended.first.as_ref().is_some_and(|first| first.status == 201);
    ensure(matches!(ended.again.status, 201 | 409), || format!("the retry: {:?}", ended.again))?;
    ensure(!told || ended.again.status == 409, || format!("registered twice: {:?}", ended.again))?;
    ended.counts(1, "SELECT count(*) FROM identity.users").await
}
