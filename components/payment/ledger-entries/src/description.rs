//! What `/ledger/entries` is to those who call it.

use schemars::JsonSchema;
use serde::Serialize;
use tradepost_ids::{EventId, OrderId, PaymentId, TransferId};
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;

use crate::{Example, Operation, Route};

/// Money that moved.
#[derive(Serialize, JsonSchema)]
struct LedgerEntry {
    /// The entry's id.
    id: TransferId,
    /// What was ordered.
    order_id: OrderId,
    /// How it is paid.
    payment_id: PaymentId,
    /// The event that it stands for.
    event_id: EventId,
    /// The account that received it.
    debit: String,
    /// The account that gave it.
    credit: String,
    /// How much.
    amount: Money,
    /// When.
    occurred_at: Timestamp,
}

pub(crate) fn routes() -> [Route; 1] {
    let list = Operation::get("list_ledger_entries", "Lists what money moved")
        .text("Newest first, of all payments or of one.")
        .scope("ledger:read")
        .query::<OrderId>("order_id", "Only this order's.")
        .query::<PaymentId>("payment_id", "Only this payment's.")
        .list::<TransferId, LedgerEntry>("A page of entries.")
        .example(
            Example::new("of_one", 200, "What was taken for one order and given back of it")
                .with("payment_id", "$payment_id")
                .with("limit", "2")
                .after("refund_payment.part"),
        );
    [Route::at("/ledger/entries", "Payment").operation(list)]
}
