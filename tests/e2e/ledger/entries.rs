//! `/ledger/entries`

use super::post;
use crate::events::next;
use serde_json::json;
use tradepost_ids::{OrderId, PaymentId};
use tradepost_tests::Application;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_is_shown_newest_first_page_by_page() {
    let app = Application::start().await;
    let (one, another) = (Uuid::now_v7(), Uuid::now_v7());
    let captured = |payment| (payment, "provider", "sales", 1_999, "USD");
    let mut ids =
        post(&app, &[captured(one), (one, "refunds", "provider", 500, "USD"), captured(another)]).await;
    ids.reverse();

    let (mut path, mut seen) = (Some("/ledger/entries?limit=2".to_owned()), Vec::new());
    while let Some(asked) = path {
        let page = app.get(&asked).as_admin().send().await;
        seen.extend(page.data(200)["items"].as_array().unwrap().clone());
        path = next(&page);
    }
    assert_eq!(seen.iter().map(|entry| entry["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    let refund = &seen[1];
    assert!(refund["event_id"].as_str().unwrap().starts_with("event_"), "{refund}");
    let expected = json!({
        "id": ids[1], "order_id": OrderId::from_uuid(one), "payment_id": PaymentId::from_uuid(one),
        "event_id": refund["event_id"], "debit": "refunds", "credit": "provider",
        "amount": {"amount": 500, "currency": "USD"}, "occurred_at": "2026-11-22T12:00:00.000000Z",
    });
    assert_eq!(*refund, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orders_entries_are_its_payments() {
    let app = Application::start().await;
    let (one, another) = (Uuid::now_v7(), Uuid::now_v7());
    post(&app, &[(one, "provider", "sales", 1, "USD"), (another, "provider", "sales", 2, "USD")]).await;
    let (order, payment) = (OrderId::from_uuid(one), PaymentId::from_uuid(one));
    let others = PaymentId::from_uuid(another);
    for (query, amounts) in [
        (format!("order_id={order}"), vec![1]),
        (format!("payment_id={payment}"), vec![1]),
        (format!("order_id={order}&payment_id={payment}"), vec![1]),
        (format!("order_id={order}&payment_id={others}"), vec![]),
        (format!("order_id={}", OrderId::from_uuid(Uuid::now_v7())), vec![]),
    ] {
        let page = app.get(&format!("/ledger/entries?{query}")).as_admin().send().await.data(200);
        let items = page["items"].as_array().unwrap();
        let shown: Vec<i64> = items.iter().map(|entry| entry["amount"]["amount"].as_i64().unwrap()).collect();
        assert_eq!(shown, amounts, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_refused_with_every_fault() {
    let app = Application::start().await;
    let asked = "/ledger/entries?order_id=payment_1&payment_id=x&limit=0&starting_after=y";
    let refused = app.get(asked).as_admin().send().await;
    refused.problem(400, "malformed_request");
    assert_eq!(refused.pointers(), ["/limit", "/starting_after", "/order_id", "/payment_id"]);
    app.get("/ledger/entries").send().await.problem(401, "unauthenticated");
}
