//! `/orders/:order_id/hold`

use super::fulfilments::fulfil;
use crate::orders::{ANN, paid_order, seen, with_stock};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_set_aside_and_goes_on() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 1).await;
    let hold = format!("{path}/hold");
    let waiting = app.post(&hold).as_admin().json(json!({"reason": "Odd address"})).send().await.data(200);
    assert_eq!(waiting["status"], "on_hold");
    assert_eq!(waiting["reason"], json!({"code": "staff_request", "detail": "Odd address"}));
    let problem = fulfil(&app, &path, 1).await.problem(409, "illegal_transition");
    assert_eq!(problem["allowed"], json!(["placed", "cancelled", "completed"]));
    app.post(&hold).as_admin().json(json!({})).send().await.problem(409, "illegal_transition");

    let released = app.ask("DELETE", &hold).as_admin().send().await.data(200);
    assert_eq!((&released["status"], &released["reason"]), (&json!("placed"), &json!(null)));
    assert_eq!(seen(&app, &path).await, released);
    app.ask("DELETE", &hold).as_admin().send().await.problem(409, "illegal_transition");
}

#[tokio::test(flavor = "multi_thread")]
async fn setting_aside_is_for_staff() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 1).await;
    let hold = format!("{path}/hold");
    app.post(&hold).as_customer(ANN).json(json!({})).send().await.problem(403, "forbidden");
    app.ask("DELETE", &hold).as_customer(ANN).send().await.problem(403, "forbidden");
    app.post(&hold).json(json!({})).send().await.problem(401, "unauthenticated");
}
