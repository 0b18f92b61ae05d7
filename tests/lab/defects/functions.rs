//! Defects of database functions.

use super::Defect;
use super::Place::Function;

/// Each in the databases of the cases.
pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "an order's events do not reach the outbox",
        place: Function("ordering.append_order_events"),
        replace: ("INSERT INTO ordering.outbox", "INSERT INTO ordering.nowhere"),
        stories: &["orders.place"],
    },
    Defect {
        name: "an order's answer is not kept under its key",
        place: Function("ordering.append_order_events"),
        replace: (
            "FROM ordering.claim_idempotency_key(p_answer) AS claim;",
            "FROM (SELECT NULL::text AS outcome, NULL::integer AS status, NULL::text AS location,
                          NULL::bytea AS body) AS claim;",
        ),
        stories: &["orders.place"],
    },
    Defect {
        name: "a key that was used counts as free",
        place: Function("ordering.claim_idempotency_key"),
        replace: ("WHERE kept.expires_at <= clock_timestamp();", ";"),
        stories: &["orders.place"],
    },
    Defect {
        name: "an order's events are told with another number",
        place: Function("ordering.append_order_events"),
        replace: (
            "incoming.subject, incoming.version, incoming.traceparent",
            "incoming.subject, incoming.version + 1, incoming.traceparent",
        ),
        stories: &["orders.place"],
    },
    Defect {
        name: "an order's head stays behind its stream",
        place: Function("ordering.append_order_events"),
        replace: ("version = excluded.version,", "version = stood.version,"),
        stories: &["orders.place"],
    },
    Defect {
        name: "a product's events do not reach the outbox",
        place: Function("catalog.write_product"),
        replace: ("INSERT INTO catalog.outbox", "INSERT INTO catalog.nowhere"),
        stories: &["products.create", "products.change", "products.archive"],
    },
    Defect {
        name: "of an edit with two events the second is lost",
        place: Function("catalog.write_product"),
        replace: ("ORDER BY event.ordinal; outcome := 'written';", "LIMIT 1; outcome := 'written';"),
        stories: &["products.change"],
    },
    Defect {
        name: "an edit ignores the version that it is based on",
        place: Function("catalog.write_product"),
        replace: ("AND product.version = p_expected_version AND", "AND"),
        stories: &["products.change-at-once", "products.two-edits"],
    },
    Defect {
        name: "a product that is repeated with its id counts as another's",
        place: Function("catalog.write_product"),
        replace: ("IF p_expected_version = 0 AND EXISTS (", "IF false AND EXISTS ("),
        stories: &["products.create-another"],
    },
    Defect {
        name: "the inbox forgets the events that opened stock",
        place: Function("inventory.open_stock"),
        replace: (
            "ON CONFLICT (consumer, event_id) DO NOTHING RETURNING event_id ) INSERT INTO inventory.stock (sku)",
            "ON CONFLICT (consumer, event_id) DO NOTHING RETURNING event_id ), forgotten AS (
                   DELETE FROM inventory.inbox ) INSERT INTO inventory.stock (sku)",
        ),
        stories: &["products.create"],
    },
    Defect {
        name: "events count as applied without their stock being opened",
        place: Function("inventory.open_stock"),
        replace: ("ORDER BY sku ON CONFLICT (sku) DO NOTHING;", "ORDER BY sku LIMIT 0;"),
        stories: &["products.create"],
    },
    Defect {
        name: "an adjustment leaves no movement",
        place: Function("inventory.adjust_stock"),
        replace: (
            "FROM moved ) INSERT INTO inventory.outbox",
            "FROM moved WHERE false ) INSERT INTO inventory.outbox",
        ),
        stories: &["stock.receive"],
    },
    Defect {
        name: "low stock is counted and not told",
        place: Function("inventory.adjust_stock"),
        replace: ("WHERE v_low;", "WHERE false;"),
        stories: &["stock.lose"],
    },
    Defect {
        name: "an adjustment ignores its idempotency key",
        place: Function("inventory.adjust_stock"),
        replace: ("IF p_answer.key IS NOT NULL THEN", "IF false THEN"),
        stories: &["stock.receive"],
    },
    Defect {
        name: "what is promised is not counted",
        place: Function("inventory.reserve_stock"),
        replace: ("SET reserved = stock.reserved + total.quantity,", "SET reserved = stock.reserved,"),
        stories: &["orders.place"],
    },
    Defect {
        name: "an order is decided on each time it asks",
        place: Function("inventory.reserve_stock"),
        replace: (
            "ON CONFLICT (order_id) DO NOTHING RETURNING order_id, short",
            "ON CONFLICT (order_id) DO UPDATE SET state = excluded.state RETURNING order_id, short",
        ),
        stories: &["orders.place"],
    },
    Defect {
        name: "a reservation leaves no movement",
        place: Function("inventory.reserve_stock"),
        replace: (
            "JOIN moved ON moved.sku = line.sku ) INSERT INTO inventory.outbox",
            "JOIN moved ON false ) INSERT INTO inventory.outbox",
        ),
        stories: &["orders.place"],
    },
    Defect {
        name: "pieces that left are still on hand",
        place: Function("inventory.end_reservations"),
        replace: ("SET on_hand = stock.on_hand - total.gone,", "SET on_hand = stock.on_hand,"),
        stories: &["orders.place"],
    },
    Defect {
        name: "released pieces stay promised",
        place: Function("inventory.end_reservations"),
        replace: ("reserved = stock.reserved - total.quantity,", "reserved = stock.reserved,"),
        stories: &["orders.place-declined", "tick.reservations"],
    },
    Defect {
        name: "a reservation can end twice",
        place: Function("inventory.settle_reservations"),
        replace: ("FILTER (WHERE reservation.state = 'held'),", ","),
        stories: &["orders.place", "orders.place-declined"],
    },
    Defect {
        name: "the end of a reservation is not told",
        place: Function("inventory.end_reservations"),
        replace: ("INSERT INTO inventory.outbox", "INSERT INTO inventory.nowhere"),
        stories: &["tick.reservations"],
    },
    Defect {
        name: "an order that has ended is reserved for",
        place: Function("inventory.reserve_stock"),
        replace: (
            "ON CONFLICT (order_id) DO NOTHING RETURNING order_id, short",
            "ON CONFLICT (order_id) DO UPDATE SET state = 'held', ended_at = NULL WHERE reservations.events = 0
             RETURNING order_id, short",
        ),
        stories: &["orders.cancel-early"],
    },
    Defect {
        name: "what had left for a cancelled order stays away",
        place: Function("inventory.restock"),
        replace: ("AND back.quantity > 0", "AND false"),
        stories: &["orders.cancel"],
    },
    Defect {
        name: "one event puts back as often as it is delivered",
        place: Function("inventory.restock"),
        replace: ("WHERE ending.cause_id = ANY (v_fresh) AND", "WHERE"),
        stories: &["orders.cancel-rest"],
    },
    Defect {
        name: "a payment's events do not reach the outbox",
        place: Function("payment.append_all"),
        replace: ("INSERT INTO payment.outbox", "INSERT INTO payment.nowhere"),
        stories: &["orders.place"],
    },
    Defect {
        name: "money moves and the ledger does not hear of it",
        place: Function("payment.append_all"),
        replace: ("jsonb_to_recordset(event.transfers)", "jsonb_to_recordset(jsonb '[]')"),
        stories: &["orders.place"],
    },
    Defect {
        name: "a change of a payment ignores the version that it is based on",
        place: Function("payment.append_all"),
        replace: ("AND payment.version = entry.expected_version", ""),
        stories: &["payments.two-refunds"],
    },
    Defect {
        name: "nobody asks the provider again",
        place: Function("payment.take_due"),
        replace: ("WHERE payment.due_at <= v_at", "WHERE false"),
        stories: &["orders.place-timeout-captured"],
    },
    Defect {
        name: "events are logged in another order than they were written in",
        place: Function("messaging.dispatch"),
        replace: (
            "FROM taken ORDER BY position ON CONFLICT",
            "FROM taken ORDER BY position DESC ON CONFLICT",
        ),
        stories: &["products.change", "relay.tick"],
    },
    Defect {
        name: "an event reaches one of its consumers only",
        place: Function("messaging.dispatch"),
        replace: ("ON subscription.type = logged.type )", "ON subscription.type = logged.type LIMIT 1 )"),
        stories: &["products.create"],
    },
    Defect {
        name: "a lease never runs out",
        place: Function("messaging.lease"),
        replace: (
            "SET due_at = v_now + p_lease_milliseconds * interval '1 millisecond',",
            "SET due_at = 'infinity',",
        ),
        stories: &["products.create", "relay.tick"],
    },
    Defect {
        name: "what was not taken is removed too",
        place: Function("messaging.settle"),
        replace: ("AND delivery.position <= result.through;", ";"),
        stories: &["products.create", "relay.tick"],
    },
    Defect {
        name: "a mailbox is removed whatever is in it",
        place: Function("messaging.settle"),
        replace: ("WHERE NOT EXISTS (", "WHERE true OR EXISTS ("),
        stories: &["products.create"],
    },
    Defect {
        name: "a try that failed counts as one that went well",
        place: Function("messaging.settle"),
        replace: (
            "AND delivery.position <= result.through;",
            "AND delivery.position <= coalesce(result.through, delivery.position);",
        ),
        stories: &["products.change", "relay.tick"],
    },
];
