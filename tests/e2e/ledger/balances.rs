//! `/ledger/balances`

use super::post;
use serde_json::json;
use tradepost_tests::Application;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn balances_are_shown_by_account_and_currency_and_sum_to_nothing() {
    let app = Application::start().await;
    let balances = || async { app.get("/ledger/balances").as_admin().send().await.data(200) };
    assert_eq!(balances().await, json!({"items": [], "has_more": false}));

    let payment = Uuid::now_v7();
    let transfers = [
        (payment, "provider", "sales", 1_999, "USD"),
        (payment, "refunds", "provider", 500, "USD"),
        (payment, "provider", "sales", 40, "JPY"),
    ];
    post(&app, &transfers).await;
    let item = |account: &str, amount: i64, currency: &str| json!({"account": account, "balance": {"amount": amount, "currency": currency}});
    let expected = [
        item("provider", 40, "JPY"),
        item("provider", 1_499, "USD"),
        item("refunds", 500, "USD"),
        item("sales", -40, "JPY"),
        item("sales", -1_999, "USD"),
    ];
    assert_eq!(balances().await["items"], json!(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_asks_for_the_operators_key() {
    let app = Application::start().await;
    app.get("/ledger/balances").send().await.problem(401, "unauthenticated");
    app.get("/ledger/balances?account=sales").as_admin().send().await.problem(400, "malformed_request");
}
