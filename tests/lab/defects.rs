//! The lab itself is tried: defects are seeded one at a time, and each must be found.
//!
//! A defect of a database function is a piece of its text replaced in the databases of the cases. A defect of a
//! component is a piece of its source replaced in a copy of the repository, of which one component is built and put into
//! the composition of the cases; nothing of it is ever near what ships. Both fail when the piece is not there, so a
//! defect whose place is gone says so. The components' take minutes to build and are tried in the long run alone.

use crate::case::Case;
use crate::plan::{self, Extent};
use crate::run::Prepared;
use crate::{product, run_all};
use std::sync::Arc;
use std::time::Instant;
use tradepost_tests::{Compiled, SeededChance};

/// A mistake that somebody could make.
struct Defect {
    /// What is wrong with it, in a few words.
    name: &'static str,
    /// Where it is.
    place: Place,
    /// What stands there, and what then does. Of a function: without comments and with each run of white space as one
    /// blank.
    replace: (&'static str, &'static str),
    /// The stories of which each must go wrong.
    stories: &'static [&'static str],
}

/// Where a defect is.
enum Place {
    /// A database function, with its schema.
    Function(&'static str),
    /// A component, and its file from its folder.
    Component { folder: &'static str, file: &'static str },
}

impl Defect {
    /// The statements that seed it. A table `nowhere` of the function's schema takes what is to get lost.
    fn sql(&self) -> String {
        let Place::Function(function) = self.place else { return String::new() };
        let (from, to) = self.replace;
        let schema = function.split_once('.').map_or(function, |(schema, _)| schema);
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
        )
    }

    /// The product that has it.
    async fn product(&self) -> Arc<Compiled> {
        match self.place {
            Place::Function(_) => product::for_the_lab().await,
            Place::Component { folder, file } => {
                let replace = self.replace;
                let build = move || product::with_patched(folder, file, replace);
                Arc::new(tokio::task::spawn_blocking(build).await.unwrap())
            }
        }
    }
}

/// How a story finds a defect: by the first case that goes wrong, if one does.
async fn found(defect: &Defect, product: &Arc<Compiled>, story: &str) -> Option<String> {
    let prepared = Arc::new(crate::prepared(story, &defect.sql(), product.clone()).await);
    let calm = Case { story: story.to_owned(), strikes: Vec::new() };
    let outcome = prepared.run(&calm).await;
    if let Some(how) = outcome.violations.first() {
        return Some(format!("{calm}, when nothing goes wrong: {how}"));
    }
    let chance = SeededChance::of(1);
    let mut cases =
        plan::cases(story, &outcome.seen, |point| point.kind.is_delivery(), Extent::Singles, &chance);
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
        place: Place::Function("ordering.append_order_events"),
        replace: ("INSERT INTO ordering.outbox", "INSERT INTO ordering.nowhere"),
        stories: &["orders.place"],
    },
    Defect {
        name: "an order's answer is not kept under its key",
        place: Place::Function("ordering.append_order_events"),
        replace: (
            "FROM ordering.claim_idempotency_key(p_answer) AS claim;",
            "FROM (SELECT NULL::text AS outcome, NULL::integer AS status, NULL::text AS location,
                          NULL::bytea AS body) AS claim;",
        ),
        stories: &["orders.place"],
    },
    Defect {
        name: "a key that was used counts as free",
        place: Place::Function("ordering.claim_idempotency_key"),
        replace: ("WHERE kept.expires_at <= clock_timestamp();", ";"),
        stories: &["orders.place"],
    },
    Defect {
        name: "an order's events are told with another number",
        place: Place::Function("ordering.append_order_events"),
        replace: (
            "p_subject, incoming.version, p_traceparent",
            "p_subject, incoming.version + 1, p_traceparent",
        ),
        stories: &["orders.place"],
    },
    Defect {
        name: "a product's events do not reach the outbox",
        place: Place::Function("catalog.write_product"),
        replace: ("INSERT INTO catalog.outbox", "INSERT INTO catalog.nowhere"),
        stories: &["products.create", "products.change", "products.archive"],
    },
    Defect {
        name: "of an edit with two events the second is lost",
        place: Place::Function("catalog.write_product"),
        replace: ("ORDER BY event.ordinal; outcome := 'written';", "LIMIT 1; outcome := 'written';"),
        stories: &["products.change"],
    },
    Defect {
        name: "an edit ignores the version that it is based on",
        place: Place::Function("catalog.write_product"),
        replace: ("AND product.version = p_expected_version AND", "AND"),
        stories: &["products.change-at-once"],
    },
    Defect {
        name: "a product that is repeated with its id counts as another's",
        place: Place::Function("catalog.write_product"),
        replace: ("IF p_expected_version = 0 AND EXISTS (", "IF false AND EXISTS ("),
        stories: &["products.create-another"],
    },
    Defect {
        name: "the inbox forgets the events that opened stock",
        place: Place::Function("inventory.open_stock"),
        replace: (
            "ON CONFLICT (consumer, event_id) DO NOTHING RETURNING event_id ) INSERT INTO inventory.stock (sku)",
            "ON CONFLICT (consumer, event_id) DO NOTHING RETURNING event_id ), forgotten AS (
                   DELETE FROM inventory.inbox ) INSERT INTO inventory.stock (sku)",
        ),
        stories: &["products.create"],
    },
    Defect {
        name: "events count as applied without their stock being opened",
        place: Place::Function("inventory.open_stock"),
        replace: ("ORDER BY sku ON CONFLICT (sku) DO NOTHING;", "ORDER BY sku LIMIT 0;"),
        stories: &["products.create"],
    },
    Defect {
        name: "an adjustment leaves no movement",
        place: Place::Function("inventory.adjust_stock"),
        replace: (
            "FROM moved ) INSERT INTO inventory.outbox",
            "FROM moved WHERE false ) INSERT INTO inventory.outbox",
        ),
        stories: &["stock.receive"],
    },
    Defect {
        name: "low stock is counted and not told",
        place: Place::Function("inventory.adjust_stock"),
        replace: ("WHERE v_low;", "WHERE false;"),
        stories: &["stock.lose"],
    },
    Defect {
        name: "an adjustment ignores its idempotency key",
        place: Place::Function("inventory.adjust_stock"),
        replace: ("IF p_answer.key IS NOT NULL THEN", "IF false THEN"),
        stories: &["stock.receive"],
    },
    Defect {
        name: "stock is promised without looking how much is there",
        place: Place::Function("inventory.reserve_stock"),
        replace: ("WHERE wanted.quantity > coalesce(", "WHERE false AND wanted.quantity > coalesce("),
        stories: &["reservations.reject"],
    },
    Defect {
        name: "an order is decided on each time it asks",
        place: Place::Function("inventory.reserve_stock"),
        replace: (
            "IF NOT FOUND THEN SELECT CASE WHEN decided.short",
            "IF false THEN SELECT CASE WHEN decided.short",
        ),
        stories: &["reservations.reserve"],
    },
    Defect {
        name: "a reservation leaves no movement",
        place: Place::Function("inventory.reserve_stock"),
        replace: (
            "FROM moved ) INSERT INTO inventory.outbox",
            "FROM moved WHERE false ) INSERT INTO inventory.outbox",
        ),
        stories: &["reservations.reserve"],
    },
    Defect {
        name: "pieces that left are still on hand",
        place: Place::Function("inventory.end_reservations"),
        replace: ("WHEN 'committed' THEN total.quantity ELSE 0 END", "WHEN 'committed' THEN 0 ELSE 0 END"),
        stories: &["reservations.commit"],
    },
    Defect {
        name: "released pieces stay promised",
        place: Place::Function("inventory.end_reservations"),
        replace: ("reserved = stock.reserved - total.quantity,", "reserved = stock.reserved,"),
        stories: &["reservations.release", "reservations.expire"],
    },
    Defect {
        name: "two lines of one SKU are taken for one",
        place: Place::Function("inventory.end_reservations"),
        replace: ("movements = stock.movements + total.lines", "movements = stock.movements + 1"),
        stories: &["reservations.expire"],
    },
    Defect {
        name: "a reservation can end twice",
        place: Place::Function("inventory.settle_reservation"),
        replace: ("IF state = 'held' THEN", "IF state IS NOT NULL THEN"),
        stories: &["reservations.commit", "reservations.release"],
    },
    Defect {
        name: "the end of a reservation is not told",
        place: Place::Function("inventory.end_reservations"),
        replace: ("INSERT INTO inventory.outbox", "INSERT INTO inventory.nowhere"),
        stories: &["reservations.expire"],
    },
    Defect {
        name: "events are logged in another order than they were written in",
        place: Place::Function("messaging.dispatch"),
        replace: (
            "FROM taken ORDER BY position ON CONFLICT",
            "FROM taken ORDER BY position DESC ON CONFLICT",
        ),
        stories: &["products.change", "relay.tick"],
    },
    Defect {
        name: "an event reaches one of its consumers only",
        place: Place::Function("messaging.dispatch"),
        replace: ("ON subscription.type = logged.type )", "ON subscription.type = logged.type LIMIT 1 )"),
        stories: &["products.create"],
    },
    Defect {
        name: "a lease never runs out",
        place: Place::Function("messaging.lease"),
        replace: (
            "SET due_at = v_now + p_lease_milliseconds * interval '1 millisecond',",
            "SET due_at = 'infinity',",
        ),
        stories: &["products.create", "relay.tick"],
    },
    Defect {
        name: "what was not taken is removed too",
        place: Place::Function("messaging.settle"),
        replace: ("AND delivery.position <= result.through;", ";"),
        stories: &["products.create", "relay.tick"],
    },
    Defect {
        name: "a mailbox is removed whatever is in it",
        place: Place::Function("messaging.settle"),
        replace: ("AND NOT EXISTS (", "AND true OR false AND EXISTS ("),
        stories: &["products.create"],
    },
    Defect {
        name: "a try that failed counts as one that went well",
        place: Place::Function("messaging.settle"),
        replace: (
            "AND delivery.position <= result.through;",
            "AND delivery.position <= coalesce(result.through, delivery.position);",
        ),
        stories: &["products.change", "relay.tick"],
    },
    Defect {
        name: "an order is answered before it is written",
        place: Place::Component { folder: "components/ordering/orders", file: "src/lib.rs" },
        replace: (
            "match journal::append(entry).await {",
            "wasip3::spawn(async move { let _ = journal::append(entry).await; });
             match Ok::<_, AppendError>(Appended::AtVersion(1)) {",
        ),
        stories: &["orders.place"],
    },
    Defect {
        name: "a consumer says that it has applied what it is about to apply",
        place: Place::Component { folder: "components/inventory/stock-openings", file: "src/lib.rs" },
        replace: (
            "stock_openings::open(openings).await.map_err(",
            "wasip3::spawn(async move { let _ = stock_openings::open(openings).await; });
             Ok::<_, OpeningError>(()).map_err(",
        ),
        stories: &["products.create"],
    },
    Defect {
        name: "a consumer takes every failure for a success",
        place: Place::Component { folder: "components/catalog/product-views", file: "src/lib.rs" },
        replace: (
            "apply_by_key(events, show).await",
            "{ let _ = apply_by_key(events, show).await; vec![Outcome::Applied; events.len()] }",
        ),
        stories: &["products.create", "relay.tick"],
    },
    Defect {
        name: "the relay settles before it delivers",
        place: Place::Component { folder: "components/messaging/relay", file: "src/delivery.rs" },
        replace: (
            "let reply = reply_to(&turns).await;",
            "let counts = self.settle(&turns, |turn| Settlement {
                 through: turn.events.last().map(tradepost_messaging::Placed::position), failure: None,
             }).await?;
             let reply = reply_to(&turns).await;
             if !turns.is_empty() { return Ok(counts); }",
        ),
        stories: &["products.create", "relay.tick"],
    },
    Defect {
        name: "an adjustment without a key is repeated when its reply is lost",
        place: Place::Component {
            folder: "components/adapters/stock-adjustments-postgres",
            file: "src/lib.rs",
        },
        replace: ("Repeat::Safe } else { Repeat::Never }", "Repeat::Safe } else { Repeat::Safe }"),
        stories: &["stock.receive-without-key"],
    },
    Defect {
        name: "the projection shows an older version over a newer one",
        place: Place::Component { folder: "components/adapters/product-views-key-value", file: "src/lib.rs" },
        replace: ("there.version >= version", "there.version < version"),
        stories: &["products.change"],
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
        if matches!(defect.place, Place::Component { .. }) && Extent::of_environment() != Extent::Full {
            continue;
        }
        let product = defect.product().await;
        for story in defect.stories {
            let begun = Instant::now();
            tried += 1;
            if let Some(how) = found(defect, &product, story).await {
                eprintln!("found in {:.1} s: {}\n    {how:.300}", begun.elapsed().as_secs_f64(), defect.name);
            } else {
                missed.push(format!("{} in {story}", defect.name));
            }
        }
    }
    eprintln!("{tried} defects, {} not found, {:.1} s", missed.len(), start.elapsed().as_secs_f64());
    assert!(missed.is_empty(), "not found: {missed:#?}");
}
