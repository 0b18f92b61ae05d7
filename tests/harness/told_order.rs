//! An order of which ordering and payment tell: their events as consumers get them, without anybody having placed it.

use serde_json::{Value, json};
use tradepost_ids::{OrderId, PaymentId};
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

    /// The same, to be paid with this.
    pub fn placed_with(&self, payment_method: &str) -> Value {
        let data = json!({"payment_method": payment_method, "order": self.view("pending")});
        self.event("ordering.order-placed.v2", data)
    }

    /// `stock-reserved`, for ever.
    pub fn reserved(&self) -> Value {
        let lines = self.lines.iter().map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity}));
        let data = json!({
            "order_id": self.id(), "lines": lines.collect::<Vec<_>>(), "expires_at": "2999-12-31T12:00:00.000000Z",
        });
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
            "email": null, "shipping_address": null, "fulfilments": [], "returns": [], "version": 1,
            "created_at": NOON, "updated_at": NOON,
        })
    }

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
