//! `GET /ledger/entries`: what money moved, newest first, of all payments or of one.

use std::str::FromStr;

use serde::Serialize;
use tradepost_endpoint::{Admitted, Page, Reply, Scope, endpoint, staff};
use tradepost_ids::{EventId, OrderId, ParseIdError, PaymentId, TransferId};
use tradepost_input::{Faulted, Field, Invalid, code};
use tradepost_money::{Currency, Money};
use tradepost_problem::Problem;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:payment-ledger-entries;

            world component {
                import tradepost:payment/ledger@0.1.0;
            }
        ",
        path: "../../../wit/payment",
        generate_all,
    });
}

use ports::tradepost::payment::ledger::{LedgerError, Part, Transfer, transfers};

endpoint! {
    "/ledger/entries";
    GET (staff(Scope::LedgerRead).query(&["order_id", "payment_id", "limit", "starting_after", "ending_before"])) => list,
}

/// Money that moved, as clients see it: `debit` received what `credit` gave.
#[derive(Serialize)]
struct Entry {
    id: TransferId,
    order_id: OrderId,
    payment_id: PaymentId,
    event_id: EventId,
    debit: String,
    credit: String,
    amount: Money,
    occurred_at: Timestamp,
}

async fn list(request: &Admitted) -> Result<Reply, Problem> {
    let (page, order, payment) = request.query(|query| {
        let page = Page::<TransferId>::read(query);
        let order = query.optional("order_id", id::<OrderId>);
        let payment = query.optional("payment_id", id::<PaymentId>);
        Ok((page?, order?, payment?))
    })?;
    let payment = match (order.map(|id| *id.as_uuid()), payment.map(|id| *id.as_uuid())) {
        // A payment has its order's UUID, so two that differ have nothing in common.
        (Some(order), Some(payment)) if order != payment => {
            return Reply::list(request, &page, &Vec::<(TransferId, Entry)>::new(), false);
        }
        (order, payment) => payment.or(order),
    };

    let part = match (page.starting_after(), page.ending_before()) {
        (Some(id), _) => Part::After(id.as_uuid().to_string()),
        (None, Some(id)) => Part::Before(id.as_uuid().to_string()),
        (None, None) => Part::Beginning,
    };
    let rows = transfers(payment.map(|id| id.to_string()), part, page.limit() + 1).await.map_err(
        |error| match error {
            LedgerError::Unavailable(cause) => Problem::unavailable(cause),
            LedgerError::Other(cause) => Problem::internal(cause),
        },
    )?;
    let (rows, has_more) = page.cut(rows);
    let items = rows.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    Reply::list(request, &page, &items, has_more)
}

fn id<Id: FromStr<Err = ParseIdError>>(field: Field<'_>) -> Result<Id, Faulted> {
    field.parse_with(|text| {
        text.parse().map_err(|fault| Invalid::new(code::INVALID, format!("The id {fault}")))
    })
}

fn entry(transfer: Transfer) -> Result<(TransferId, Entry), Problem> {
    let uuid = |text: &str| Uuid::try_parse(text).map_err(Problem::internal);
    let currency: Currency = transfer.currency.parse().map_err(Problem::internal)?;
    let (id, payment) = (TransferId::from_uuid(uuid(&transfer.id)?), uuid(&transfer.payment_id)?);
    let entry = Entry {
        id,
        order_id: OrderId::from_uuid(payment),
        payment_id: PaymentId::from_uuid(payment),
        event_id: EventId::from_uuid(uuid(&transfer.event_id)?),
        debit: transfer.debit,
        credit: transfer.credit,
        amount: Money::new(transfer.amount, currency),
        occurred_at: Timestamp::from_micros(transfer.occurred_at),
    };
    Ok((id, entry))
}
