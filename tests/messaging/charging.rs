//! The consumer `payment-charge` and the reconciliation behind it, with orders and stock that are only told of: what the
//! provider does, what the streams and the ledger say then, and that it stays so however often it is told.

mod half_way;
mod racing;
mod taking;

use serde_json::Value;
use std::time::Duration;
use tokio_postgres::Client;
use tradepost_tests::books::{ProviderBooks, payment_faults, provider_faults};
use tradepost_tests::{Application, ToldOrder};

const CHARGE: &str = "payment-charge";

/// An order that is told of, and its payment.
#[derive(Clone, Debug)]
struct Order {
    told: ToldOrder,
    amount: u32,
    method: Option<&'static str>,
}

impl Order {
    fn of(amount: u32, method: &'static str) -> Self {
        Self { told: ToldOrder::of(&[("S", amount)]), amount, method: Some(method) }
    }

    fn placed(&self) -> Value {
        self.told.placed_with(self.method)
    }

    fn reserved(&self) -> Value {
        self.told.reserved()
    }

    /// Called off, with what that costs.
    fn cancelled(&self, value: u32) -> Value {
        self.told.cancelled(&[("S", value)])
    }

    fn returned(&self, value: u32) -> Value {
        self.told.returned(&[("S", value)])
    }

    /// Its payment as the last event left it.
    async fn payment(&self, client: &Client) -> Value {
        let query = "SELECT view::text FROM payment.payments WHERE payment_id = $1";
        let row = client.query_one(query, &[&self.told.uuid()]).await.unwrap();
        serde_json::from_str(row.get(0)).unwrap()
    }

    /// What happened to its payment, without what all types begin with.
    async fn story(&self, client: &Client) -> String {
        let query = "SELECT string_agg(split_part(type, '.', 3), ' ' ORDER BY version)
                     FROM payment.payment_events WHERE payment_id = $1";
        client
            .query_one(query, &[&self.told.uuid()])
            .await
            .unwrap()
            .get::<_, Option<String>>(0)
            .unwrap_or_default()
    }

    /// What the provider's own books say.
    fn at_the_provider(&self, app: &Application) -> ProviderBooks {
        ProviderBooks::of(&app.views()).remove(&self.told.uuid().to_string()).unwrap_or_default()
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
