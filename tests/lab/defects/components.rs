//! Defects of components.

use super::Defect;
use super::Place::Component;

/// Each in the composition of the cases.
pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "an order is answered before it is written",
        place: Component { folder: "components/ordering/orders", file: "src/placing.rs" },
        replace: (
            "match journal::append(entry, Some(kept)).await {",
            "wasip3::spawn(async move { let _ = journal::append(entry, Some(kept)).await; });
             match Ok::<_, AppendError>(Appended::AtVersion(1)) {",
        ),
        stories: &["orders.place"],
    },
    Defect {
        name: "a consumer says that it has applied what it is about to apply",
        place: Component { folder: "components/inventory/stock-openings", file: "src/lib.rs" },
        replace: (
            "stock_openings::open(openings).await.map_err(",
            "wasip3::spawn(async move { let _ = stock_openings::open(openings).await; });
             Ok::<_, OpeningError>(()).map_err(",
        ),
        stories: &["products.create"],
    },
    Defect {
        name: "a consumer takes every failure for a success",
        place: Component { folder: "components/catalog/product-views", file: "src/lib.rs" },
        replace: (
            "apply_by_key(events, show).await",
            "{ let _ = apply_by_key(events, show).await; vec![Outcome::Applied; events.len()] }",
        ),
        stories: &["products.create", "relay.tick"],
    },
    Defect {
        name: "the relay settles before it delivers",
        place: Component { folder: "components/messaging/relay", file: "src/delivery.rs" },
        replace: (
            "let reply = reply_to(&turns).await;",
            "let judged = Judged::of(&turns, |turn| Settlement {
                 through: turn.events.last().map(tradepost_messaging::Placed::position), failure: None,
             });
             let counts = self.settle(judged).await?;
             let reply = reply_to(&turns).await;
             if !turns.is_empty() { return Ok(Judged { settlements: Vec::new(), counts }); }",
        ),
        stories: &["products.create", "relay.tick"],
    },
    Defect {
        name: "an adjustment without a key is repeated when its reply is lost",
        place: Component { folder: "components/adapters/stock-adjustments-postgres", file: "src/lib.rs" },
        replace: ("Repeat::Safe } else { Repeat::Never }", "Repeat::Safe } else { Repeat::Safe }"),
        stories: &["stock.receive-without-key"],
    },
    Defect {
        name: "a command's courtesy is written under the projection's key",
        place: Component { folder: "components/adapters/product-views-key-value", file: "src/lib.rs" },
        replace: ("let key = recent_key(&product_id);", "let key = projected_key(&product_id);"),
        stories: &["products.create"],
    },
    Defect {
        name: "the projection shows an older version over a newer one",
        place: Component { folder: "components/adapters/product-views-key-value", file: "src/lib.rs" },
        replace: ("there.version >= version", "there.version < version"),
        stories: &["products.change"],
    },
    Defect {
        name: "a refund that is asked for again is another one",
        place: Component { folder: "components/payment/refunds", file: "src/giving_back.rs" },
        replace: (
            "refund_id: refund_asked_for([principal, method, path, key], &idempotency.fingerprint),",
            "refund_id: {
                 let _ = refund_asked_for([principal, method, path, key], &idempotency.fingerprint);
                 RefundId::from_uuid(tradepost_endpoint::fresh_uuid())
             },",
        ),
        stories: &["payments.refund"],
    },
    Defect {
        name: "what came back is given back each time that somebody says so",
        place: Component { folder: "components/payment/charge", file: "src/wish.rs" },
        replace: (
            "RefundId::from_uuid(*returned.id.as_uuid())",
            "RefundId::from_uuid(tradepost_chance::fresh_uuid())",
        ),
        stories: &["orders.return"],
    },
    Defect {
        name: "every cancellation puts pieces back as if it were a new one",
        place: Component { folder: "components/inventory/settlement", file: "src/lib.rs" },
        replace: ("cause_id: event.id.clone(),", "cause_id: fresh_uuid().to_string(),"),
        stories: &["orders.cancel-rest"],
    },
    Defect {
        name: "whatever is cancelled of an order, all of it is put back",
        place: Component { folder: "components/inventory/settlement", file: "src/lib.rs" },
        replace: (
            "Ending::Release(Some(lines.collect()))",
            "Ending::Release({ let _: Vec<Line> = lines.collect(); None })",
        ),
        stories: &["orders.cancel-rest"],
    },
    Defect {
        name: "the provider is given another reference at each try",
        place: Component { folder: "components/payment/charge", file: "../../../crates/payment/src/step.rs" },
        replace: (
            r#"format!("{payment}-{attempt}-{}", self.as_str())"#,
            r#"{
                use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
                static TRIES: AtomicU64 = AtomicU64::new(0);
                format!("{payment}-{attempt}-{}-{}", self.as_str(), TRIES.fetch_add(1, Relaxed))
            }"#,
        ),
        stories: &["orders.place-timeout-captured"],
    },
];
