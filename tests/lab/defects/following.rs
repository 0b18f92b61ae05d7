//! Defects of database functions that have to do with what happens to an order after it was placed.

use super::Defect;
use super::Place::Function;

/// Each in the databases of the cases.
pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "the head of an order stays behind its stream",
        place: Function("ordering.append_order_events"),
        replace: ("status = excluded.status, version", "status = stood.status, version"),
        stories: &["orders.hold"],
    },
    Defect {
        name: "of an append with two events the second is not recorded",
        place: Function("ordering.append_order_events"),
        replace: ("WHERE incoming.version > incoming.expected_version + 1", "WHERE false"),
        stories: &["orders.fulfil-whole"],
    },
    Defect {
        name: "others are told what the stream keeps",
        place: Function("ordering.append_order_events"),
        replace: ("coalesce(incoming.published, incoming.data)", "incoming.data"),
        stories: &["orders.hold"],
    },
    Defect {
        name: "a payment's events do not reach the outbox",
        place: Function("payment.append_all"),
        replace: ("INSERT INTO payment.outbox", "INSERT INTO payment.nowhere"),
        stories: &["payments.refund"],
    },
    Defect {
        name: "a payment shows what it was before",
        place: Function("payment.append_all"),
        replace: ("tries = 0, view = entry.view", "tries = 0, view = payment.view"),
        stories: &["payments.refund"],
    },
    Defect {
        name: "nobody looks after what nobody knows the end of",
        place: Function("payment.append_all"),
        replace: ("due_at = entry.due_at, tries = 0", "due_at = NULL, tries = 0"),
        stories: &["orders.place-timeout-captured"],
    },
    Defect {
        name: "the ledger takes what was given back for what was taken",
        place: Function("payment.append_all"),
        replace: (
            "transfer.debit, transfer.credit, transfer.currency,",
            "transfer.credit, transfer.debit, transfer.currency,",
        ),
        stories: &["payments.refund"],
    },
    Defect {
        name: "a payment's events are loaded in another order than they were written in",
        place: Function("payment.load_all"),
        replace: ("ORDER BY event.version", "ORDER BY event.version DESC"),
        stories: &["payments.refund"],
    },
    Defect {
        name: "whoever takes what is due never comes back to it",
        place: Function("payment.take_due"),
        replace: (
            "SET due_at = v_at + least(interval '15 seconds' * 2 ^ least(payment.tries, 6), interval '15 minutes'),",
            "SET due_at = NULL,",
        ),
        stories: &["tick.captured"],
    },
    Defect {
        name: "pieces of a cancelled order do not come back",
        place: Function("inventory.settle_reservations"),
        replace: (
            "FILTER (WHERE reservation.state = 'committed' AND asked.state = 'released') INTO",
            "FILTER (WHERE false) INTO",
        ),
        stories: &["orders.cancel", "tick.fulfilment"],
    },
    Defect {
        name: "pieces come back to nowhere",
        place: Function("inventory.restock"),
        replace: ("SET on_hand = stock.on_hand + total.quantity,", "SET on_hand = stock.on_hand,"),
        stories: &["orders.cancel"],
    },
    Defect {
        name: "nobody is told that pieces came back",
        place: Function("inventory.restock"),
        replace: ("INSERT INTO inventory.outbox", "INSERT INTO inventory.nowhere"),
        stories: &["orders.cancel"],
    },
    Defect {
        name: "a reservation expires that has ended",
        place: Function("inventory.expire_reservations"),
        replace: ("WHERE reservation.state = 'held' AND", "WHERE"),
        stories: &["tick.fulfilment"],
    },
    Defect {
        name: "events of one order overtake each other",
        place: Function("messaging.mailbox_key"),
        replace: (
            "WHEN p_member IS NULL THEN p_partitionkey",
            "WHEN p_member IS NULL THEN md5(p_data::text)",
        ),
        stories: &["orders.cancel-early"],
    },
];

/// Those that only the right moment shows, and finding it takes long.
pub(super) const RARELY_SEEN: &[Defect] = &[
    Defect {
        name: "whoever comes too late is said to have been in time",
        place: Function("ordering.append_order_events"),
        replace: ("PERFORM ordering.release_idempotency_key(p_answer);", "NULL;"),
        stories: &["orders.two-cancels"],
    },
    Defect {
        name: "a payment is written by whoever comes, whatever he has read",
        place: Function("payment.append_all"),
        replace: ("AND payment.version = entry.expected_version", ""),
        stories: &["payments.two-refunds"],
    },
    Defect {
        name: "pieces come back each time that somebody says so",
        place: Function("inventory.restock"),
        replace: ("WHERE ending.cause_id = ANY (v_fresh) AND back.quantity > 0", "WHERE back.quantity > 0"),
        stories: &["orders.cancel-rest"],
    },
];
