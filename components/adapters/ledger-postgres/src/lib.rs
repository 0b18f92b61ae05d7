//! The port `ledger` on Postgres: the table `payment.ledger_transfers` and the view `payment.ledger_balances`, through a
//! role that can read those two and nothing else.

use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Ledger;

    wit_bindgen::generate!({
        inline: "
            package tradepost:ledger-postgres;

            world component {
                export tradepost:payment/ledger@0.1.0;
            }
        ",
        path: "../../../wit/payment",
        generate_all,
    });

    export!(Ledger);
}

use ports::exports::tradepost::payment::ledger::{Balance, Guest, LedgerError, Part, Transfer};

const DATABASE: Database = Database::as_role("tradepost_ledger_reader");

struct Ledger;

impl Guest for Ledger {
    async fn balances() -> Result<Vec<Balance>, LedgerError> {
        let statement = "
            SELECT account, currency, balance::bigint
            FROM payment.ledger_balances
            ORDER BY account, currency";
        let rows = DATABASE.query(statement, Vec::new(), Repeat::Safe).await.map_err(ledger_error)?;
        rows.into_iter().map(balance_of).collect::<Result<_, _>>().map_err(ledger_error)
    }

    async fn transfers(
        payment_id: Option<String>,
        part: Part,
        most: u32,
    ) -> Result<Vec<Transfer>, LedgerError> {
        let is_id = |id: &String| Uuid::try_parse(id).is_ok();
        let place_is_id = match &part {
            Part::Beginning => true,
            Part::After(id) | Part::Before(id) => is_id(id),
        };
        if !place_is_id || !payment_id.as_ref().is_none_or(is_id) {
            return Ok(Vec::new());
        }
        transfers_of(payment_id, part, most).await.map_err(ledger_error)
    }
}

/// The statement's text says what is asked for, because a plan that has to serve every question uses the index of none.
async fn transfers_of(payment_id: Option<String>, part: Part, most: u32) -> Result<Vec<Transfer>, Failure> {
    let mut parameters = vec![Parameter::Int64(most.into())];
    let mut conditions = Vec::new();
    if let Some(id) = payment_id {
        parameters.push(Parameter::Uuid(id));
        conditions.push(format!("payment_id = ${}", parameters.len()));
    }
    let is_backwards = matches!(part, Part::Before(_));
    if let Part::After(id) | Part::Before(id) = part {
        parameters.push(Parameter::Uuid(id));
        conditions.push(format!("id {} ${}", if is_backwards { ">" } else { "<" }, parameters.len()));
    }
    let condition =
        if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
    let direction = if is_backwards { "ASC" } else { "DESC" };
    let statement = format!(
        "
        SELECT id, payment_id, event_id, debit, credit, amount, currency,
               (extract(epoch FROM occurred_at) * 1000000)::bigint
        FROM payment.ledger_transfers
        {condition}
        ORDER BY id {direction}
        LIMIT $1"
    );
    let rows = DATABASE.query(&statement, parameters, Repeat::Safe).await?;
    let mut transfers = rows.into_iter().map(transfer_of).collect::<Result<Vec<_>, _>>()?;
    if is_backwards {
        transfers.reverse();
    }
    Ok(transfers)
}

fn balance_of(mut row: Row) -> Result<Balance, Failure> {
    Ok(Balance { account: row.take()?, currency: row.take()?, balance: row.take()? })
}

fn transfer_of(mut row: Row) -> Result<Transfer, Failure> {
    Ok(Transfer {
        id: row.take()?,
        payment_id: row.take()?,
        event_id: row.take()?,
        debit: row.take()?,
        credit: row.take()?,
        amount: row.take()?,
        currency: row.take()?,
        occurred_at: row.take()?,
    })
}

fn ledger_error(failure: Failure) -> LedgerError {
    match failure {
        Failure::Unavailable(reason) => LedgerError::Unavailable(reason),
        failure => LedgerError::Other(failure.to_string()),
    }
}
