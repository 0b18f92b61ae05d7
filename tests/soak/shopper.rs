//! Somebody who orders, cancels and sends back, and the staff that serve him.

use crate::ground::{SKUS, sku};
use crate::tally::Tally;
use crate::till::{Request, Till};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

/// What is paid with, and how often of 20 times.
const TOKENS: [(&str, usize); 7] = [
    ("tok_ok", 11),
    ("tok_declined", 2),
    ("tok_insufficient_funds", 1),
    ("tok_fraud", 1),
    ("tok_timeout", 1),
    ("tok_timeout_captured", 2),
    ("tok_flaky", 2),
];

/// A shopper.
pub(crate) struct Shopper {
    chance: fastrand::Rng,
    /// What his idempotency keys begin with.
    name: u64,
    requests: u64,
    till: Till,
    tally: Arc<Tally>,
    /// His orders: the id, and what was ordered.
    orders: Vec<(String, Value)>,
}

impl Shopper {
    pub(crate) fn new(seed: u64, till: Till, tally: Arc<Tally>) -> Self {
        Self {
            chance: fastrand::Rng::with_seed(seed),
            name: seed,
            requests: 0,
            till,
            tally,
            orders: Vec::new(),
        }
    }

    /// Does one thing after the other.
    pub(crate) async fn shop_until(mut self, end: Instant) {
        while Instant::now() < end {
            match self.chance.u32(..20) {
                0..10 => self.order().await,
                10..13 => self.act("cancellation", json!({ "reason": "Changed my mind" }), false).await,
                13..15 => self.fulfil().await,
                15 => self.send_back().await,
                16 => self.refund().await,
                17 => self.act("hold", json!({}), true).await,
                18 => self.release().await,
                _ => self.restock().await,
            }
        }
    }

    fn key(&mut self) -> String {
        self.requests += 1;
        format!("soak-{}-{}", self.name, self.requests)
    }

    fn token(&mut self) -> &'static str {
        let mut place = self.chance.usize(..TOKENS.iter().map(|(_, count)| count).sum::<usize>());
        for (token, count) in TOKENS {
            match place.checked_sub(count) {
                None => return token,
                Some(rest) => place = rest,
            }
        }
        unreachable!("the place is below the sum of all counts")
    }

    async fn order(&mut self) {
        let lines: Vec<_> = (0..self.chance.usize(1..=3))
            .map(|_| json!({ "sku": sku(self.chance.usize(..SKUS)), "quantity": self.chance.u32(1..=3) }))
            .collect();
        let body = json!({
            "lines": lines,
            "payment_method": self.token(),
            "email": format!("shopper-{}@example.com", self.name),
        });
        let request = Request {
            method: "POST",
            path: "/orders".to_owned(),
            key: Some(self.key()),
            body: Some(body.clone()),
            as_admin: false,
            wait_seconds: self.chance.bool().then_some(2),
        };
        let Some(answer) = self.till.ask(&request).await else { return };
        if answer.status != 201 {
            self.tally.violation(format!("an order was answered with {answer:?}"));
            return;
        }
        self.tally.count("orders");
        let Some(id) = answer.data()["id"].as_str().map(str::to_owned) else {
            self.tally.violation(format!("an order has no id: {answer:?}"));
            return;
        };
        if self.chance.u32(..4) == 0 {
            self.repeat(&request, &id).await;
        }
        self.orders.push((id, body));
    }

    /// The same request again, twice: the same order, and the same bytes.
    async fn repeat(&self, request: &Request, id: &str) {
        let (Some(second), Some(third)) = (self.till.ask(request).await, self.till.ask(request).await) else {
            return;
        };
        self.tally.count("repeats");
        if second != third || second.status != 201 || second.data()["id"] != id {
            self.tally.violation(format!("{id} was repeated as {second:?} and {third:?}"));
        }
    }

    /// One of his orders.
    fn one(&mut self) -> Option<(String, Value)> {
        self.chance.choice(&self.orders).cloned()
    }

    /// Something done to one of his orders, which may have come too far for it.
    async fn act(&mut self, what: &'static str, body: Value, as_admin: bool) {
        let Some((id, _)) = self.one() else { return };
        self.do_to(what, &format!("/orders/{id}/{what}"), body, as_admin).await;
    }

    async fn do_to(&mut self, what: &'static str, path: &str, body: Value, as_admin: bool) {
        let request = Request {
            method: "POST",
            path: path.to_owned(),
            key: Some(self.key()),
            body: Some(body),
            as_admin,
            wait_seconds: None,
        };
        let Some(answer) = self.till.ask(&request).await else { return };
        match answer.status {
            200..300 => self.tally.count(what),
            402 | 404 | 409 | 422 => self.tally.count("refusals"),
            _ => self.tally.violation(format!("{what} was answered with {answer:?}")),
        }
    }

    async fn fulfil(&mut self) {
        let Some((id, order)) = self.one() else { return };
        let lines = if self.chance.bool() {
            order["lines"].clone()
        } else {
            json!([{ "sku": order["lines"][0]["sku"], "quantity": 1 }])
        };
        self.do_to("fulfilments", &format!("/orders/{id}/fulfilments"), json!({ "lines": lines }), true)
            .await;
    }

    async fn send_back(&mut self) {
        let Some((id, order)) = self.one() else { return };
        let lines = json!([{ "sku": order["lines"][0]["sku"], "quantity": 1 }]);
        self.do_to("returns", &format!("/orders/{id}/returns"), json!({ "lines": lines }), true).await;
    }

    async fn refund(&mut self) {
        let Some((id, _)) = self.one() else { return };
        let payment = id.replace("order_", "payment_");
        let body = json!({ "amount": { "amount": self.chance.i64(1..500), "currency": "USD" } });
        self.do_to("refunds", &format!("/payments/{payment}/refunds"), body, true).await;
    }

    async fn release(&mut self) {
        let Some((id, _)) = self.one() else { return };
        let request = Request {
            method: "DELETE",
            path: format!("/orders/{id}/hold"),
            key: None,
            body: None,
            as_admin: true,
            wait_seconds: None,
        };
        let Some(answer) = self.till.ask(&request).await else { return };
        match answer.status {
            200..300 => self.tally.count("releases"),
            404 | 409 => self.tally.count("refusals"),
            _ => self.tally.violation(format!("a release was answered with {answer:?}")),
        }
    }

    async fn restock(&mut self) {
        let path = format!("/stock/{}/adjustments", sku(self.chance.usize(..SKUS)));
        let body = json!({ "delta": self.chance.i64(1..10), "reason": "delivery" });
        self.do_to("restockings", &path, body, true).await;
    }
}
