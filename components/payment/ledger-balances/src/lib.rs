//! `GET /ledger/balances`: what is in every account.

use serde::Serialize;
use tradepost_endpoint::{Admitted, Reply, Scope, endpoint, staff};
use tradepost_money::{Currency, Money};
use tradepost_problem::Problem;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:payment-ledger-balances;

            world component {
                import tradepost:payment/ledger@0.1.0;
            }
        ",
        path: "../../../wit/payment",
        generate_all,
    });
}

use ports::tradepost::payment::ledger::{self, Balance, LedgerError};

endpoint! {
    "/ledger/balances";
    GET (staff(Scope::LedgerRead)) => list,
}

/// There are a few accounts for each currency: they come whole.
#[derive(Serialize)]
struct Balances {
    items: Vec<AccountBalance>,
    has_more: bool,
}

#[derive(Serialize)]
struct AccountBalance {
    account: String,
    balance: Money,
}

async fn list(_: &Admitted) -> Result<Reply, Problem> {
    let balances = ledger::balances().await.map_err(|error| match error {
        LedgerError::Unavailable(cause) => Problem::unavailable(cause),
        LedgerError::Other(cause) => Problem::internal(cause),
    })?;
    let items = balances.into_iter().map(account_balance).collect::<Result<_, _>>()?;
    Reply::ok(&Balances { items, has_more: false })
}

fn account_balance(balance: Balance) -> Result<AccountBalance, Problem> {
    let currency: Currency = balance.currency.parse().map_err(Problem::internal)?;
    Ok(AccountBalance { account: balance.account, balance: Money::new(balance.balance, currency) })
}
