//! Having everything done that is due.

use crate::application::Application;
use std::time::Duration;

/// Has whatever is due done, however often somebody is at it already.
pub async fn tick(app: &Application) {
    let client = app.database().connect().await;
    for _ in 0..1_000 {
        let nudged = app.post("/tick").as_admin().send().await.data(200);
        assert!(nudged.as_array().unwrap().iter().all(|nudged| nudged["error"].is_null()), "{nudged}");
        let due = "SELECT EXISTS (SELECT FROM messaging.outbox)
                          OR EXISTS (SELECT FROM messaging.mailboxes WHERE lease IS NOT NULL OR due_at <= now())";
        if !client.query_one(due, &[]).await.unwrap().get::<_, bool>(0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("what is due stays due");
}
