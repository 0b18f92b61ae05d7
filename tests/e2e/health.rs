//! `/health`

mod ready;

use serde_json::json;
use tradepost_tests::Application;

#[tokio::test(flavor = "multi_thread")]
async fn a_living_process_says_ok() {
    let app = Application::start().await;
    let answer = app.get("/health").send().await;
    assert_eq!(answer.data(200), json!("ok"));
    assert_eq!(&answer.body[..], br#"{"ok":true,"data":"ok","error":null}"#);
}
