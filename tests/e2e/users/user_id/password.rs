//! `/users/:user_id/password`

use super::{BOB, id, with_ann};
use serde_json::json;
use tradepost_tests::{Answer, Application};

const OLD: &str = "the password so far";
const NEW: &str = "the password from now on";

async fn change(app: &Application, path: &str, caller: &str, current: &str, new: &str) -> Answer {
    let body = json!({"current_password": current, "new_password": new});
    app.post(&format!("{path}/password")).as_customer(caller).json(body).send().await
}

/// Gives Ann a password, by a token.
async fn give_password(app: &Application) {
    app.post("/password-resets").json(json!({"email": "ann@example.com"})).send().await.data(202);
    let messages = crate::password_resets::messages_soon(app, 1).await;
    let body = json!({"token": messages[0].2["token"], "password": OLD});
    assert_eq!(app.post("/password-resets/confirmation").json(body).send().await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_knows_his_password_sets_another_one_and_his_other_sessions_end() {
    let (app, ann, path) = with_ann().await;
    give_password(&app).await;
    let client = app.database().connect().await;
    let session = "INSERT INTO identity.sessions (id, user_id, created_at, expires_at)
                   SELECT gen_random_uuid(), id, now(), now() + interval '1 day' FROM identity.users
                   RETURNING id::text";
    let session: String = client.query_one(session, &[]).await.unwrap().get(0);
    let wrong = change(&app, &path, id(&ann), NEW, NEW).await;
    wrong.problem(403, "forbidden");
    assert!(!String::from_utf8_lossy(&wrong.body).contains(NEW));
    let changed = change(&app, &path, id(&ann), OLD, NEW).await;
    assert_eq!((changed.status, changed.body.len()), (204, 0), "{changed:?}");
    assert!(app.views().exists(&format!("session:{session}:ended")).unwrap());
    change(&app, &path, id(&ann), OLD, "something else again").await.problem(403, "forbidden");
    assert_eq!(change(&app, &path, id(&ann), NEW, OLD).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_lost_the_answer_hears_under_his_key_that_it_is_done() {
    let (app, ann, path) = with_ann().await;
    give_password(&app).await;
    let change = |current: &str, new: &str| {
        let ask = app.post(&format!("{path}/password")).as_customer(id(&ann)).idempotency_key("k");
        ask.json(json!({"current_password": current, "new_password": new})).send()
    };
    for replayed in [false, true] {
        let answer = change(OLD, NEW).await;
        assert_eq!((answer.status, answer.headers.contains_key("idempotent-replayed")), (204, replayed));
    }
    for (current, new) in [(OLD, "something else again"), ("a wrong guess", OLD)] {
        change(current, new).await.problem(403, "forbidden");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_anothers_password_and_who_has_none_has_one_sent() {
    let (app, ann, path) = with_ann().await;
    change(&app, &path, id(&ann), OLD, NEW).await.problem(403, "forbidden");
    for caller in [BOB.to_owned(), format!("{BOB} users:read users:write")] {
        change(&app, &path, &caller, OLD, NEW).await.problem(404, "not_found");
    }
    let body = json!({"current_password": OLD, "new_password": NEW});
    let ask = || app.post(&format!("{path}/password")).json(body.clone());
    ask().as_admin().send().await.problem(404, "not_found");
    ask().send().await.problem(401, "unauthenticated");
    let refused = change(&app, &path, id(&ann), "x", "short").await;
    refused.problem(400, "validation_failed");
    assert_eq!(refused.pointers(), ["/new_password"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_password_is_told_to_whom_mail_is_known_to_reach() {
    let (app, ann, path) = with_ann().await;
    give_password(&app).await;
    for is_verified in [false, true] {
        if is_verified {
            let verify = "UPDATE identity.users SET verified_at = now()";
            app.database().connect().await.execute(verify, &[]).await.unwrap();
        }
        for (current, new) in [(OLD, NEW), (NEW, OLD)] {
            assert_eq!(change(&app, &path, id(&ann), current, new).await.status, 204);
        }
    }
    let told = crate::password_resets::messages(&app).await.split_off(1);
    let expected = ("password-changed".to_owned(), "ann@example.com".to_owned(), json!({"name": "Ann"}));
    assert_eq!(told, [expected.clone(), expected]);
}
