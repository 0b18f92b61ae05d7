//! `PATCH /users/:user_id`

use super::{BOB, id, patch, register, with_ann};
use futures::future::join_all;
use serde_json::json;
use tradepost_tests::tick;

#[tokio::test(flavor = "multi_thread")]
async fn a_user_changes_name_and_address() {
    let (app, ann, path) = with_ann().await;
    let edit = patch(&app, &path, &json!({"name": " Anna ", "email": "anna@example.com"}));
    let answer = edit.as_customer(id(&ann)).header("if-match", "\"1\"").send().await;
    let anna = answer.data(200);
    assert_eq!((&anna["name"], &anna["email"]), (&json!("Anna"), &json!("anna@example.com")));
    assert_eq!((&anna["version"], answer.header("etag")), (&json!(2), "\"2\""));
    assert_eq!(app.get(&path).as_admin().send().await.data(200), anna);
    register(&app, "Heir", "ann@example.com").await.data(201);
    let taken = patch(&app, &path, &json!({"email": "ANN@example.com"})).as_admin().header("if-match", "*");
    taken.send().await.problem(409, "email_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_has_to_be_verified_anew_and_another_spelling_has_not() {
    let (app, _, path) = with_ann().await;
    let verify = "UPDATE identity.users SET verified_at = now()";
    app.database().connect().await.execute(verify, &[]).await.unwrap();
    for (email, stays) in [("ANN@example.com", true), ("other@example.com", false)] {
        let edit = patch(&app, &path, &json!({"email": email})).as_admin().header("if-match", "*");
        assert_eq!(edit.send().await.data(200)["verified_at"].is_string(), stays, "{email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_is_told_to_the_one_before_if_mail_is_known_to_reach_it() {
    let (app, _, path) = with_ann().await;
    let verify = "UPDATE identity.users SET verified_at = now()";
    app.database().connect().await.execute(verify, &[]).await.unwrap();
    // Another spelling is the same address, and nobody knows who reads mail to the third one.
    for email in ["ANN@example.com", "other@example.com", "third@example.com"] {
        let edit = patch(&app, &path, &json!({"email": email})).as_admin().header("if-match", "*");
        edit.send().await.data(200);
    }
    let expected = ("email-changed".to_owned(), "ANN@example.com".to_owned(), json!({"name": "Ann"}));
    assert_eq!(crate::password_resets::messages(&app).await, [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_says_which_version_it_is_based_on() {
    let (app, _, path) = with_ann().await;
    let edit = |name: &str| patch(&app, &path, &json!({"name": name})).as_admin();
    edit("Anna").send().await.problem(428, "precondition_required");
    edit("Anna").header("if-match", "\"1\"").send().await.data(200);
    edit("Annie").header("if-match", "\"1\"").send().await.problem(412, "precondition_failed");
    edit("Annie").header("if-match", "\"7\", \"2\"").send().await.data(200);
    edit("Anne").header("if-match", "*").send().await.data(200);
    // What changes nothing is no new version.
    assert_eq!(edit("Anne").header("if-match", "\"4\"").send().await.header("etag"), "\"4\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_edits_of_one_version_at_once_one_is_made() {
    let (app, _, path) = with_ann().await;
    let edits = (0..8).map(|n| {
        let edit = patch(&app, &path, &json!({"name": format!("Ann {n}")}));
        edit.as_admin().header("if-match", "\"1\"").send()
    });
    let answers = join_all(edits).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.status == 412).count(), 7, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_edit_gets_the_first_answer_though_the_version_has_moved_on() {
    let (app, ann, path) = with_ann().await;
    let edit = |name: &str| {
        let edit = patch(&app, &path, &json!({"name": name})).as_customer(id(&ann));
        edit.header("if-match", "\"1\"").idempotency_key("k").send()
    };
    let first = edit("Anna").await;
    let again = edit("Anna").await;
    assert_eq!((again.data(200), again.header("etag")), (first.data(200), "\"2\""));
    assert_eq!(again.header("idempotent-replayed"), "true");
    // The version has moved on, so this is no edit that could be made.
    edit("Annie").await.problem(412, "precondition_failed");
    let told = "SELECT count(*) FROM messaging.events WHERE type = 'tradepost.identity.user-changed.v1'";
    tick(&app).await;
    let told: i64 = app.database().connect().await.query_one(told, &[]).await.unwrap().get(0);
    assert_eq!(told, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_edit_is_said_all_at_once() {
    let (app, _, path) = with_ann().await;
    let body = json!({"name": null, "email": "x", "scopes": ["all"], "version": 3});
    let edit = patch(&app, &path, &body).as_admin().header("if-match", "*");
    let answer = edit.send().await;
    answer.problem(400, "validation_failed");
    assert_eq!(answer.pointers(), ["/name", "/email", "/scopes/0", "/version"]);
    let json = app.ask("PATCH", &path).as_admin().header("if-match", "*").json(json!({"name": "x"}));
    json.send().await.problem(415, "unsupported_media_type");
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_are_given_by_who_has_them_and_to_nobody_who_has_more() {
    let (app, ann, path) = with_ann().await;
    let own = id(&ann);
    let give = |scopes: &[&str], caller: String| {
        let body = json!({"scopes": scopes});
        let edit = patch(&app, &path, &body).as_customer(&caller).header("if-match", "*");
        async move { edit.send().await }
    };
    let bob = |scopes: &str| format!("{BOB} {scopes}");
    give(&["operations"], own.to_owned()).await.problem(403, "forbidden");
    give(&["operations"], bob("")).await.problem(404, "not_found");
    give(&["operations"], bob("users:read")).await.problem(403, "forbidden");
    give(&["operations"], bob("users:write")).await.problem(403, "forbidden");
    let given = give(&["orders:read"], bob("users:write orders:read")).await.data(200);
    assert_eq!(given["scopes"], json!(["orders:read"]));
    // Whoever may more than the caller is not the caller's to edit, or erase.
    give(&[], bob("users:write")).await.problem(403, "forbidden");
    let erase = app.ask("DELETE", &path).as_customer(&bob("users:write")).send().await;
    erase.problem(403, "forbidden");
    let admin = patch(&app, &path, &json!({"scopes": null})).as_admin().header("if-match", "*").send().await;
    assert_eq!(admin.data(200)["scopes"], json!([]));
}
