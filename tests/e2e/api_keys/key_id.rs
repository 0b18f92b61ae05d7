//! `/api-keys/:key_id`

use super::{application, make, view};
use tradepost_tests::tick;

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_good_no_more_at_once_and_for_ever() {
    let app = application().await;
    // That one was made is told to the gateway while it is revoked, or after that, and changes nothing.
    for _ in 0..20 {
        let made = make(&app, "Till", &["orders:read"]).as_admin().send().await.data(201);
        let path = format!("/api-keys/{}", made["id"].as_str().unwrap());
        let revoked = app.ask("DELETE", &path).as_admin().send().await;
        assert_eq!((revoked.status, revoked.body.len()), (204, 0), "{revoked:?}");
        assert_eq!(view(&app, &made["key"]).unwrap()["revoked"], true);
        tick(&app).await;
        assert_eq!(view(&app, &made["key"]).unwrap()["revoked"], true);
        app.ask("DELETE", &path).as_admin().send().await.problem(404, "not_found");
    }
    assert_eq!(app.get("/api-keys").as_admin().send().await.data(200)["items"].as_array().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_revoked_by_staff_who_may_and_by_nobody_else() {
    let app = application().await;
    let made = make(&app, "Till", &[]).as_admin().send().await.data(201);
    let path = format!("/api-keys/{}", made["id"].as_str().unwrap());
    let bob = "user_01h455vb4pex5vsknk084sn02q";
    app.ask("DELETE", &path).send().await.problem(401, "unauthenticated");
    app.ask("DELETE", &path).as_customer(bob).send().await.problem(403, "forbidden");
    for id in ["key_01h455vb4pex5vsknk084sn02q", "x", "%00"] {
        let ask = app.ask("DELETE", &format!("/api-keys/{id}")).as_admin();
        ask.send().await.problem(404, "not_found");
    }
    let staff = format!("{bob} keys:write");
    assert_eq!(app.ask("DELETE", &path).as_customer(&staff).send().await.status, 204);
}
