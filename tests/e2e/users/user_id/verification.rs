//! `/users/:user_id/verification`

use super::{BOB, id, with_ann};
use crate::password_resets::messages;

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_a_token_sent_and_staff_have_it_sent_for_him() {
    let (app, ann, path) = with_ann().await;
    let ask = |caller: &str| app.post(&format!("{path}/verification")).as_customer(caller).send();
    assert_eq!(ask(id(&ann)).await.data(202)["status"], "sent");
    // Not twice within a minute.
    assert_eq!(ask(&format!("{BOB} users:write")).await.data(202)["status"], "sent");
    let messages = messages(&app).await;
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].0.as_str(), messages[0].1.as_str()), ("email-verification", "ann@example.com"));
    for caller in [BOB.to_owned(), format!("{BOB} users:read")] {
        ask(&caller).await.problem(404, "not_found");
    }
    app.post(&format!("{path}/verification")).send().await.problem(401, "unauthenticated");
    let nobody = app.post(&format!("/users/{BOB}/verification")).as_admin().send().await;
    nobody.problem(404, "not_found");
    let verify = "UPDATE identity.users SET verified_at = now()";
    app.database().connect().await.execute(verify, &[]).await.unwrap();
    assert_eq!(ask(id(&ann)).await.data(200)["status"], "verified");
}
