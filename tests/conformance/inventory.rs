//! The ports of the inventory. They work on one store, so they are tried together: what is opened and adjusted through
//! some is reserved and looked at through others, and after each test the books must balance.

mod adjustments;
mod batches;
mod levels;
mod openings;
mod racing;
mod reservations;
mod settling;

use crate::ground::{Ground, Plug, call};
use crate::mishap::Mishap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tradepost::adapter::Adapter;
use tradepost_tests::inventory_faults;
use uuid::Uuid;

/// Bindings of one port, and a handle on an instance of an adapter of it.
macro_rules! port {
    ($module:ident, $handle:ident, $world:literal) => {
        pub(crate) mod $module {
            #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

            wasmtime::component::bindgen!({
                path: "../wit/inventory",
                inline: $world,
                additional_derives: [PartialEq],
            });
        }

        pub(crate) struct $handle {
            adapter: Adapter,
            port: $module::Port,
        }

        impl $handle {
            pub(crate) async fn on(ground: &Ground, plug: Plug) -> Self {
                Self::of(ground.instance(plug).await)
            }

            pub(crate) async fn unlucky_on(ground: &Ground, plug: Plug, mishap: &Arc<Mishap>) -> Self {
                Self::of(ground.unlucky_instance(plug, mishap).await)
            }

            fn of(mut adapter: Adapter) -> Self {
                let port = $module::Port::new(&mut adapter.store, &adapter.instance).unwrap();
                Self { adapter, port }
            }
        }
    };
}

port!(
    levels_port,
    Levels,
    "package tradepost:conformance; world port { export tradepost:inventory/stock-levels@0.1.0; }"
);
port!(
    openings_port,
    Openings,
    "package tradepost:conformance; world port { export tradepost:inventory/stock-openings@0.1.0; }"
);
port!(
    adjustments_port,
    Adjustments,
    "package tradepost:conformance; world port { export tradepost:inventory/stock-adjustments@0.1.0; }"
);
port!(
    reservations_port,
    Reservations,
    "package tradepost:conformance; world port { export tradepost:inventory/reservations@0.1.0; }"
);

use adjustments_port::exports::tradepost::inventory::stock_adjustments::{
    Adjusted, Adjustment, AdjustmentError,
};
use levels_port::exports::tradepost::inventory::stock_levels::LookupError;
use openings_port::exports::tradepost::inventory::stock_openings::{Opening, OpeningError};

/// Adapters of all four ports that work on one store.
#[derive(Clone, Copy, Debug)]
struct Set {
    levels: Plug,
    openings: Plug,
    adjustments: Plug,
    reservations: Plug,
}

const POSTGRES: Set = Set {
    levels: Plug { package: "stock-levels-postgres", granted_as: "inventory-stock" },
    openings: Plug { package: "stock-openings-postgres", granted_as: "inventory-stock-openings" },
    adjustments: Plug { package: "stock-adjustments-postgres", granted_as: "inventory-stock-adjustments" },
    reservations: Plug { package: "reservations-postgres", granted_as: "inventory-reservation-expiry" },
};

const SETS: &[Set] = &[POSTGRES];

pub(crate) const ADAPTERS: &[Plug] =
    &[POSTGRES.levels, POSTGRES.openings, POSTGRES.adjustments, POSTGRES.reservations];

impl Levels {
    /// On hand and reserved.
    async fn find(&mut self, sku: &str) -> Result<Option<(i64, i64)>, LookupError> {
        let found = call!(self.tradepost_inventory_stock_levels.call_find(sku.to_owned()));
        found.map(|level| level.map(|level| (level.on_hand, level.reserved)))
    }
}

impl Openings {
    async fn open(&mut self, openings: &[Opening]) -> Result<(), OpeningError> {
        call!(self.tradepost_inventory_stock_openings.call_open(openings.to_vec()))
    }
}

impl Adjustments {
    async fn adjust(&mut self, adjustment: &Adjustment) -> Result<Adjusted, AdjustmentError> {
        call!(self.tradepost_inventory_stock_adjustments.call_adjust(adjustment.clone()))
    }
}

fn fresh_id() -> String {
    Uuid::now_v7().to_string()
}

/// Microseconds since 1970, `seconds` from now.
fn in_seconds(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_micros()).unwrap() + seconds * 1_000_000
}

fn opening(sku: &str) -> Opening {
    Opening { event_id: fresh_id(), sku: sku.to_owned() }
}

fn adjustment(sku: &str, delta: i64) -> Adjustment {
    Adjustment {
        sku: sku.to_owned(),
        delta,
        reason: "Counted".to_owned(),
        actor: "admin".to_owned(),
        occurred_at: in_seconds(0),
        event_id: fresh_id(),
        low_event_id: fresh_id(),
        traceparent: None,
        idempotency: None,
    }
}

/// Puts SKUs into stock, with so many pieces.
async fn stock(ground: &Ground, set: &Set, skus: &[(&str, i64)]) {
    let openings: Vec<Opening> = skus.iter().map(|(sku, _)| opening(sku)).collect();
    Openings::on(ground, set.openings).await.open(&openings).await.unwrap();
    let mut adjustments = Adjustments::on(ground, set.adjustments).await;
    for (sku, pieces) in skus.iter().filter(|(_, pieces)| *pieces > 0) {
        adjustments.adjust(&adjustment(sku, *pieces)).await.unwrap();
    }
}

/// The books balance, and these are the levels: on hand and reserved.
#[track_caller]
fn the_levels<'a>(
    ground: &'a Ground,
    set: &'a Set,
    expected: &'a [(&'a str, i64, i64)],
    context: &'a str,
) -> impl Future<Output = ()> + 'a {
    let line = std::panic::Location::caller().line();
    async move {
        let mut levels = Levels::on(ground, set.levels).await;
        for (sku, on_hand, reserved) in expected {
            assert_eq!(
                levels.find(sku).await,
                Ok(Some((*on_hand, *reserved))),
                "{sku} in line {line}: {context}"
            );
        }
        let faults = inventory_faults(&ground.database.as_ref().unwrap().connect().await).await;
        assert!(faults.is_empty(), "in line {line}: {context}: {faults:#?}");
    }
}

/// The payloads of all events that were told of a subject, with their types, in order.
async fn told(ground: &Ground, subject: &str) -> Vec<(String, serde_json::Value)> {
    let statement = "SELECT type, data::text, source, partitionkey FROM messaging.outbox
                     WHERE subject = $1 ORDER BY sequence";
    let client = ground.database.as_ref().unwrap().connect().await;
    let rows = client.query(statement, &[&subject]).await.unwrap();
    rows.iter()
        .map(|row| {
            assert_eq!((row.get::<_, &str>(2), row.get::<_, &str>(3)), ("/inventory", subject));
            let event_type: String = row.get(0);
            let kind = event_type.strip_prefix("tradepost.inventory.").unwrap();
            (kind.to_owned(), serde_json::from_str(row.get(1)).unwrap())
        })
        .collect()
}
