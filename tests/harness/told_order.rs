//! An order of which ordering and payment tell: their events as consumers get them, without anybody having placed it.

use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use tradepost_ids::{OrderId, PaymentId, ReturnId};
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

/// An order for pieces of a few SKUs, at one cent each.
#[derive(Clone, Debug)]
pub struct ToldOrder {
    id: Uuid,
    lines: Vec<(String, u32)>,
}

impl ToldOrder {
    /// A new one.
    pub fn of(lines: &[(&str, u32)]) -> Self {
        let lines = lines.iter().map(|(sku, quantity)| ((*sku).to_owned(), *quantity)).collect();
        Self { id: Uuid::now_v7(), lines }
    }

    /// What Postgres knows it by.
    pub const fn uuid(&self) -> Uuid {
        self.id
    }

    /// What everybody else knows it by.
    pub fn id(&self) -> String {
        OrderId::from_uuid(self.id).to_string()
    }

    /// `order-placed`.
    pub fn placed(&self) -> Value {
        self.placed_with("tok_ok")
    }

    /// The same, to be paid with this or nothing.
    pub fn placed_with<'a>(&self, payment_method: impl Into<Option<&'a str>>) -> Value {
        let payment_method = payment_method.into();
        let data = json!({"payment_method": payment_method, "order": self.view("pending")});
        self.event("ordering.order-placed.v2", data)
    }

    /// `stock-reserved`: promised for as long as anybody waits.
    pub fn reserved(&self) -> Value {
        self.reserved_until("2100-01-01T00:00:00.000000Z")
    }

    /// The same, for so many seconds from now.
    pub fn reserved_for(&self, seconds: i64) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
        let until = i64::try_from(now).unwrap() + seconds * 1_000_000;
        self.reserved_until(&Timestamp::from_micros(until).to_string())
    }

    fn reserved_until(&self, until: &str) -> Value {
        let lines = self.lines.iter().map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity}));
        let data = json!({"order_id": self.id(), "lines": lines.collect::<Vec<_>>(), "expires_at": until});
        self.event("inventory.stock-reserved.v1", data)
    }

    /// `order-rejected`.
    pub fn rejected(&self) -> Value {
        self.event("ordering.order-rejected.v1", json!({"short": [], "order": self.view("rejected")}))
    }

    /// `order-expired`.
    pub fn expired(&self) -> Value {
        self.event("ordering.order-expired.v1", json!({"order": self.view("expired")}))
    }

    /// `order-cancelled`, with these lines.
    pub fn cancelled(&self, lines: &[(&str, u32)]) -> Value {
        let pieces = lines.iter().map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity}));
        let value = cents(lines.iter().map(|(_, quantity)| quantity).sum());
        let data = json!({
            "lines": pieces.collect::<Vec<_>>(), "value": value, "order": self.view("cancelled"),
        });
        self.event("ordering.order-cancelled.v1", data)
    }

    /// `order-returned`, with these lines, of an id of its own.
    pub fn returned(&self, lines: &[(&str, u32)]) -> Value {
        let pieces = lines.iter().map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity}));
        let value = cents(lines.iter().map(|(_, quantity)| quantity).sum());
        let returned = json!({
            "id": ReturnId::from_uuid(Uuid::now_v7()).to_string(), "lines": pieces.collect::<Vec<_>>(),
            "tracking": null, "value": value, "created_at": NOON,
        });
        let data = json!({"return": returned, "order": self.view("completed")});
        self.event("ordering.order-returned.v1", data)
    }

    /// `payment-captured`.
    pub fn captured(&self) -> Value {
        let amount = self.total();
        let data = json!({
            "order_id": self.id(), "attempt": 1, "amount": amount,
            "risk": {"score": 0, "reasons": [], "review": false},
            "payment": {
                "id": PaymentId::from_uuid(self.id).to_string(), "order_id": self.id(), "status": "succeeded",
                "amount": amount, "authorised": cents(0), "captured": amount, "refunded": cents(0),
                "decline_code": null, "risk": null, "attempts": [], "refunds": [], "version": 5,
                "created_at": NOON, "updated_at": NOON,
            },
        });
        self.event("payment.payment-captured.v1", data)
    }

    fn total(&self) -> Value {
        cents(self.lines.iter().map(|(_, quantity)| quantity).sum())
    }

    fn view(&self, status: &str) -> Value {
        let lines = self.lines.iter().map(|(sku, quantity)| {
            json!({
                "sku": sku, "name": sku, "quantity": quantity, "unit_price": cents(1), "total": cents(*quantity),
                "open": quantity, "cancelled": 0, "fulfilled": 0, "returned": 0,
            })
        });
        json!({
            "id": self.id(), "status": status, "reason": null, "lines": lines.collect::<Vec<_>>(),
            "total": self.total(),
            "payment": {
                "id": PaymentId::from_uuid(self.id).to_string(), "status": "initiated", "decline_code": null,
                "refunded": cents(0),
            },
            "email": "first@example.com", "shipping_address": null, "fulfilments": [], "returns": [], "version": 1,
            "created_at": NOON, "updated_at": NOON,
        })
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "`json!` makes values, and a reference at each call is noise"
    )]
    fn event(&self, kind: &str, data: Value) -> Value {
        let context = kind.split_once('.').map_or(kind, |(context, _)| context);
        json!({
            "specversion": "1.0", "id": Uuid::now_v7().to_string(), "source": format!("/{context}"),
            "type": format!("tradepost.{kind}"), "subject": self.id(), "time": NOON, "partitionkey": self.id(),
            "sequence": "00000000000000000001", "datacontenttype": "application/json", "data": data,
        })
    }
}

const NOON: &str = "2026-11-22T12:00:00.000000Z";

fn cents(amount: u32) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}
