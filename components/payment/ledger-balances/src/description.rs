//! What `/ledger/balances` is to those who call it.

use schemars::JsonSchema;
use serde::Serialize;
use tradepost_money::Money;

use crate::{Answer, Example, Operation, Page, Route};

/// What is in an account, in one currency.
#[derive(Serialize, JsonSchema)]
struct AccountBalance {
    /// The account.
    account: String,
    /// What it received less what it gave.
    balance: Money,
}

pub(crate) fn routes() -> [Route; 1] {
    let list = Operation::get("list_balances", "Says what is in every account")
        .text("All of them; per currency they sum to zero.")
        .scope("ledger:read")
        .answer(Answer::json::<Page<AccountBalance>>(200, "Every account and currency."))
        .example(
            Example::new("sales", 200, "After some sales")
                .after("list_refunds.part")
                .after("place_order.declined")
                .after("release_order.released"),
        );
    [Route::at("/ledger/balances", "Payment").operation(list)]
}
