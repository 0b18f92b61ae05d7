//! The lab itself is tried: defects are seeded one at a time, and each must be found.
//!
//! A defect of a database function is a piece of its text replaced in the databases of the cases. What it was before is
//! checked, so a defect whose place is gone says so.

use crate::case::Case;
use crate::run::Prepared;
use crate::{Extent, plan, run_all};
use std::sync::Arc;
use std::time::Instant;
use tradepost_tests::SeededChance;

/// A mistake that somebody could make.
pub(crate) struct Defect {
    /// What is wrong with it, in a few words.
    pub(crate) name: &'static str,
    /// The database function, with its schema.
    pub(crate) function: &'static str,
    /// What stands there, without comments and with each run of white space as one blank; and what then does.
    pub(crate) replace: (&'static str, &'static str),
    /// The stories of which each must go wrong.
    pub(crate) stories: &'static [&'static str],
}

impl Defect {
    /// The statements that seed it. A table `nowhere` of the function's schema takes what is to get lost.
    fn sql(&self) -> String {
        let (from, to) = self.replace;
        let schema = self.function.split_once('.').map_or(self.function, |(schema, _)| schema);
        format!(
            "CREATE TABLE {schema}.nowhere (position bigint, id uuid, source text, type text, subject text,
                 time timestamptz, partitionkey text, sequence bigint, traceparent text, data jsonb);
             GRANT INSERT ON {schema}.nowhere TO tradepost_{schema};
             DO $lab$
             DECLARE
                 v_text text := regexp_replace(regexp_replace(
                     pg_get_functiondef('{function}'::regproc), '--[^\\n]*', '', 'g'), '\\s+', ' ', 'g');
             BEGIN
                 IF position($from${from}$from$ IN v_text) = 0 THEN
                     RAISE 'there is no % in %', $from${from}$from$, v_text;
                 END IF;
                 EXECUTE replace(v_text, $from${from}$from$, $to${to}$to$);
             END
             $lab$",
            function = self.function,
        )
    }
}

/// How a story finds a defect: by the first case that goes wrong, if one does.
async fn found(defect: &Defect, story: &str, extent: Extent) -> Option<String> {
    let prepared = Arc::new(crate::prepared(story, &defect.sql()).await);
    let calm = Case { story: story.to_owned(), strikes: Vec::new() };
    let outcome = prepared.run(&calm).await;
    if let Some(how) = outcome.violations.first() {
        return Some(format!("{calm}, when nothing goes wrong: {how}"));
    }
    let chance = SeededChance::of(1);
    let mut cases = plan::cases(story, &outcome.seen, |point| point.kind.is_delivery(), extent, &chance);
    // What comes after the effect finds most.
    cases.sort_by_key(|case| !case.strikes.iter().all(|strike| strike.fault.is_after()));
    first_red(&prepared, cases).await
}

async fn first_red(prepared: &Arc<Prepared>, cases: Vec<Case>) -> Option<String> {
    for some in cases.chunks(crate::AT_ONCE * 2) {
        for (case, outcome) in run_all(prepared, some.to_vec()).await {
            if let Some(how) = outcome.violations.first() {
                return Some(format!("{case}: {how}"));
            }
        }
    }
    None
}

/// In the databases of the cases.
const DEFECTS: &[Defect] = &[
    Defect {
        name: "an order's events do not reach the outbox",
        function: "ordering.append_order_events",
        replace: ("INSERT INTO ordering.outbox", "INSERT INTO ordering.nowhere"),
        stories: &["orders.place"],
    },
    Defect {
        name: "an order's answer is not kept under its key",
        function: "ordering.append_order_events",
        replace: (
            "FROM ordering.claim_idempotency_key(p_answer) AS claim;",
            "FROM (SELECT NULL::text AS outcome, NULL::integer AS status, NULL::text AS location,
                          NULL::bytea AS body) AS claim;",
        ),
        stories: &["orders.place"],
    },
    Defect {
        name: "a key that was used counts as free",
        function: "ordering.claim_idempotency_key",
        replace: ("WHERE kept.expires_at <= clock_timestamp();", ";"),
        stories: &["orders.place"],
    },
    Defect {
        name: "an order's events are told with another number",
        function: "ordering.append_order_events",
        replace: (
            "p_subject, incoming.version, p_traceparent",
            "p_subject, incoming.version + 1, p_traceparent",
        ),
        stories: &["orders.place"],
    },
    Defect {
        name: "a product's events do not reach the outbox",
        function: "catalog.write_product",
        replace: ("INSERT INTO catalog.outbox", "INSERT INTO catalog.nowhere"),
        stories: &["products.create", "products.change", "products.archive"],
    },
    Defect {
        name: "of an edit with two events the second is lost",
        function: "catalog.write_product",
        replace: ("ORDER BY event.ordinal; outcome := 'written';", "LIMIT 1; outcome := 'written';"),
        stories: &["products.change"],
    },
    Defect {
        name: "an edit ignores the version that it is based on",
        function: "catalog.write_product",
        replace: ("AND product.version = p_expected_version AND", "AND"),
        stories: &["products.change-at-once"],
    },
    Defect {
        name: "a product that is repeated with its id counts as another's",
        function: "catalog.write_product",
        replace: ("IF p_expected_version = 0 AND EXISTS (", "IF false AND EXISTS ("),
        stories: &["products.create-without-key"],
    },
    Defect {
        name: "the inbox forgets the events that opened stock",
        function: "inventory.open_stock",
        replace: (
            "ON CONFLICT (consumer, event_id) DO NOTHING RETURNING event_id ) INSERT INTO inventory.stock (sku)",
            "ON CONFLICT (consumer, event_id) DO NOTHING RETURNING event_id ), forgotten AS (
                   DELETE FROM inventory.inbox ) INSERT INTO inventory.stock (sku)",
        ),
        stories: &["products.create"],
    },
    Defect {
        name: "events count as applied without their stock being opened",
        function: "inventory.open_stock",
        replace: ("ORDER BY sku ON CONFLICT (sku) DO NOTHING;", "ORDER BY sku LIMIT 0;"),
        stories: &["products.create"],
    },
    Defect {
        name: "an adjustment leaves no movement",
        function: "inventory.adjust_stock",
        replace: (
            "FROM moved ) INSERT INTO inventory.outbox",
            "FROM moved WHERE false ) INSERT INTO inventory.outbox",
        ),
        stories: &["stock.receive"],
    },
    Defect {
        name: "low stock is counted and not told",
        function: "inventory.adjust_stock",
        replace: ("WHERE v_low;", "WHERE false;"),
        stories: &["stock.lose"],
    },
    Defect {
        name: "an adjustment ignores its idempotency key",
        function: "inventory.adjust_stock",
        replace: ("IF p_answer.key IS NOT NULL THEN", "IF false THEN"),
        stories: &["stock.receive"],
    },
    Defect {
        name: "stock is promised without looking how much is there",
        function: "inventory.reserve_stock",
        replace: ("WHERE wanted.quantity > coalesce(", "WHERE false AND wanted.quantity > coalesce("),
        stories: &["reservations.reject"],
    },
    Defect {
        name: "an order is decided on each time it asks",
        function: "inventory.reserve_stock",
        replace: (
            "IF NOT FOUND THEN SELECT CASE WHEN decided.short",
            "IF false THEN SELECT CASE WHEN decided.short",
        ),
        stories: &["reservations.reserve"],
    },
    Defect {
        name: "a reservation leaves no movement",
        function: "inventory.reserve_stock",
        replace: (
            "FROM moved ) INSERT INTO inventory.outbox",
            "FROM moved WHERE false ) INSERT INTO inventory.outbox",
        ),
        stories: &["reservations.reserve"],
    },
    Defect {
        name: "pieces that left are still on hand",
        function: "inventory.end_reservations",
        replace: ("WHEN 'committed' THEN total.quantity ELSE 0 END", "WHEN 'committed' THEN 0 ELSE 0 END"),
        stories: &["reservations.commit"],
    },
    Defect {
        name: "released pieces stay promised",
        function: "inventory.end_reservations",
        replace: ("reserved = stock.reserved - total.quantity,", "reserved = stock.reserved,"),
        stories: &["reservations.release", "reservations.expire"],
    },
    Defect {
        name: "two lines of one SKU are taken for one",
        function: "inventory.end_reservations",
        replace: ("movements = stock.movements + total.lines", "movements = stock.movements + 1"),
        stories: &["reservations.expire"],
    },
    Defect {
        name: "a reservation can end twice",
        function: "inventory.settle_reservation",
        replace: ("IF state = 'held' THEN", "IF state IS NOT NULL THEN"),
        stories: &["reservations.commit", "reservations.release"],
    },
    Defect {
        name: "the end of a reservation is not told",
        function: "inventory.end_reservations",
        replace: ("INSERT INTO inventory.outbox", "INSERT INTO inventory.nowhere"),
        stories: &["reservations.expire"],
    },
    Defect {
        name: "events are logged in another order than they were written in",
        function: "messaging.dispatch",
        replace: (
            "FROM taken ORDER BY position ON CONFLICT",
            "FROM taken ORDER BY position DESC ON CONFLICT",
        ),
        stories: &["products.change", "relay.tick"],
    },
    Defect {
        name: "an event reaches one of its consumers only",
        function: "messaging.dispatch",
        replace: ("ON subscription.type = logged.type )", "ON subscription.type = logged.type LIMIT 1 )"),
        stories: &["products.create"],
    },
    Defect {
        name: "a lease never runs out",
        function: "messaging.lease",
        replace: (
            "SET due_at = v_now + p_lease_milliseconds * interval '1 millisecond',",
            "SET due_at = 'infinity',",
        ),
        stories: &["products.create", "relay.tick"],
    },
    Defect {
        name: "what was not taken is removed too",
        function: "messaging.settle",
        replace: ("AND delivery.position <= result.through;", ";"),
        stories: &["products.create", "relay.tick"],
    },
    Defect {
        name: "a mailbox is removed whatever is in it",
        function: "messaging.settle",
        replace: ("AND NOT EXISTS (", "AND true OR false AND EXISTS ("),
        stories: &["products.create"],
    },
    Defect {
        name: "a try that failed counts as one that went well",
        function: "messaging.settle",
        replace: (
            "AND delivery.position <= result.through;",
            "AND delivery.position <= coalesce(result.through, delivery.position);",
        ),
        stories: &["products.change", "relay.tick"],
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_lab_finds_every_defect_that_is_seeded() {
    if std::env::var_os("LAB_CASE").is_some() {
        return;
    }
    let wanted = std::env::var("LAB_DEFECT").unwrap_or_default();
    let (start, mut missed, mut tried) = (Instant::now(), Vec::new(), 0);
    for defect in DEFECTS.iter().filter(|defect| defect.name.contains(&wanted)) {
        for story in defect.stories {
            let begun = Instant::now();
            tried += 1;
            if let Some(how) = found(defect, story, Extent::of_environment()).await {
                eprintln!("found in {:.1} s: {}\n    {how:.300}", begun.elapsed().as_secs_f64(), defect.name);
            } else {
                missed.push(format!("{} in {story}", defect.name));
            }
        }
    }
    eprintln!("{tried} defects, {} not found, {:.1} s", missed.len(), start.elapsed().as_secs_f64());
    assert!(missed.is_empty(), "not found: {missed:#?}");
}
