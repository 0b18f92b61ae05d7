//! The consumer `payment-charge` and the reconciliation behind it, with orders and stock that are only told of: what the
//! provider does, what the streams and the ledger say then, and that it stays so however often it is told.

mod half_way;
mod racing;
mod taking;

use serde_json::{Value, json};
use std::time::Duration;
use tokio_postgres::Client;
use tradepost_ids::OrderId;
use tradepost_tests::Application;
use tradepost_tests::books::{ProviderBooks, payment_faults, provider_faults};
use uuid::Uuid;

const CHARGE: &str = "payment-charge";

/// An order, as its events tell of it.
#[derive(Clone, Debug)]
struct Order {
    id: Uuid,
    amount: i64,
    method: Option<&'static str>,
    email: &'static str,
}

impl Order {
    fn of(amount: i64, method: &'static str) -> Self {
        Self { id: Uuid::now_v7(), amount, method: Some(method), email: "first@example.com" }
    }

    fn type_id(&self) -> String {
        OrderId::from_uuid(self.id).to_string()
    }

    fn event(&self, event_type: &str, data: Value) -> Value {
        json!({
            "specversion": "1.0", "id": Uuid::now_v7().to_string(), "source": "/told",
            "type": format!("tradepost.{event_type}.v1"), "subject": self.type_id(),
            "time": "2026-11-22T12:00:00.000000Z", "partitionkey": self.type_id(),
            "sequence": "00000000000000000001", "datacontenttype": "application/json", "data": data,
        })
    }

    fn money(amount: i64) -> Value {
        json!({"amount": amount, "currency": "EUR"})
    }

    /// The order as every event of it carries it.
    fn view(&self, status: &str) -> Value {
        json!({
            "id": self.type_id(), "status": status, "reason": null,
            "lines": [{
                "sku": "S", "name": "N", "quantity": 1, "unit_price": Self::money(self.amount),
                "total": Self::money(self.amount), "open": 1, "cancelled": 0, "fulfilled": 0, "returned": 0,
            }],
            "total": Self::money(self.amount),
            "payment": {
                "id": self.type_id().replace("order_", "payment_"), "status": "initiated", "decline_code": null,
                "refunded": Self::money(0),
            },
            "email": self.email, "shipping_address": null, "fulfilments": [], "returns": [], "version": 1,
            "created_at": "2026-11-22T12:00:00.000000Z", "updated_at": "2026-11-22T12:00:00.000000Z",
        })
    }

    fn placed(&self) -> Value {
        let data = json!({"payment_method": self.method, "order": self.view("pending")});
        let mut event = self.event("ordering.order-placed", data);
        event["type"] = json!("tradepost.ordering.order-placed.v2");
        event
    }

    /// Stock is promised for so many seconds from now.
    fn reserved_for(&self, seconds: i64) -> Value {
        let until = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let until = i64::try_from(until.as_micros()).unwrap() + seconds * 1_000_000;
        let until = tradepost_timestamp::Timestamp::from_micros(until).to_string();
        let lines = json!([{"sku": "S", "quantity": 1}]);
        self.event(
            "inventory.stock-reserved",
            json!({"order_id": self.type_id(), "lines": lines, "expires_at": until}),
        )
    }

    fn reserved(&self) -> Value {
        self.reserved_for(900)
    }

    /// Called off, with what that costs.
    fn cancelled(&self, value: i64) -> Value {
        let lines = json!([{"sku": "S", "quantity": 1}]);
        let data = json!({"lines": lines, "value": Self::money(value), "order": self.view("cancelled")});
        self.event("ordering.order-cancelled", data)
    }

    fn returned(&self, value: i64) -> Value {
        let returned = json!({
            "id": format!("return_{}", &OrderId::from_uuid(Uuid::now_v7()).to_string()[6..]),
            "lines": [{"sku": "S", "quantity": 1}], "tracking": null, "value": Self::money(value),
            "created_at": "2026-11-22T12:00:00.000000Z",
        });
        self.event("ordering.order-returned", json!({"return": returned, "order": self.view("completed")}))
    }

    /// Its payment as the last event left it.
    async fn payment(&self, client: &Client) -> Value {
        let query = "SELECT view::text FROM payment.payments WHERE payment_id = $1";
        let row = client.query_one(query, &[&self.id]).await.unwrap();
        serde_json::from_str(row.get(0)).unwrap()
    }

    /// What happened to its payment, without what all types begin with.
    async fn story(&self, client: &Client) -> String {
        let query = "SELECT string_agg(split_part(type, '.', 3), ' ' ORDER BY version)
                     FROM payment.payment_events WHERE payment_id = $1";
        client.query_one(query, &[&self.id]).await.unwrap().get::<_, Option<String>>(0).unwrap_or_default()
    }

    /// What the provider's own books say.
    fn at_the_provider(&self, app: &Application) -> ProviderBooks {
        ProviderBooks::of(&app.views()).remove(&self.id.to_string()).unwrap_or_default()
    }
}

/// Delivers events, of which each must be applied.
async fn deliver(app: &Application, events: &[Value]) {
    let (status, outcomes) = app.deliver(CHARGE, events).await;
    assert_eq!((status, outcomes), (200, vec!["applied".to_owned(); events.len()]));
}

/// Has everything seen to that is due now.
async fn reconcile(app: &Application) {
    assert_eq!(app.send_to("payment-reconciliation", "a-test").await, Some(200));
}

/// Goes on reconciling until nothing is due any more.
async fn rest(app: &Application, client: &Client) {
    for _ in 0..200 {
        reconcile(app).await;
        if due(client).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("something is due for ever");
}

/// How many payments somebody has to see to, now or later.
async fn due(client: &Client) -> i64 {
    let query = "SELECT count(*) FROM payment.payments WHERE due_at IS NOT NULL";
    client.query_one(query, &[]).await.unwrap().get(0)
}

/// As if the time had come for everything that is to be seen to later.
async fn make_due(client: &Client) {
    client
        .batch_execute("UPDATE payment.payments SET due_at = now() WHERE due_at IS NOT NULL")
        .await
        .unwrap();
}

/// Whatever the ledger and the books say that they should not, when nothing is under way.
async fn check(app: &Application, client: &Client) {
    assert_eq!(payment_faults(client).await, Vec::<String>::new());
    assert_eq!(provider_faults(client, &app.views()).await, Vec::<String>::new());
}
