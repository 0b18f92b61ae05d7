//! The ledger: which accounts money moved between. Double entry, one record a movement, so that nothing can be out of
//! balance: what one account receives another gives.

use std::collections::BTreeMap;

use tradepost_money::{Currency, Money};

use crate::PaymentEvent;

/// What money is in. Every currency has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What the provider owes us.
    Provider,
    /// What customers have paid; its balance is negative, as income's is.
    Sales,
    /// What was given back to them.
    Refunds,
}

impl Account {
    /// Every account.
    pub const ALL: &[Self] = &[Self::Provider, Self::Sales, Self::Refunds];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Sales => "sales",
            Self::Refunds => "refunds",
        }
    }
}

/// Money that moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// The account that receives.
    pub debit: Account,
    /// The account that gives: another one.
    pub credit: Account,
    /// How much, above 0.
    pub amount: Money,
}

/// What an event moved. Only what the provider has done moves money; what is asked of it does not yet.
pub fn transfers(event: &PaymentEvent) -> Vec<Transfer> {
    let transfer = match event {
        PaymentEvent::Captured(captured) => {
            Transfer { debit: Account::Provider, credit: Account::Sales, amount: captured.amount }
        }
        PaymentEvent::Refunded(refunded) => {
            Transfer { debit: Account::Refunds, credit: Account::Provider, amount: refunded.amount }
        }
        _ => return Vec::new(),
    };
    if transfer.amount.amount() > 0 { vec![transfer] } else { Vec::new() }
}

/// What is in every account: what it received less what it gave, in minor units. The sum over a currency's accounts is 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balances(BTreeMap<(Account, Currency), i128>);

impl Balances {
    /// Takes a transfer into account.
    pub fn post(&mut self, transfer: &Transfer) {
        let (amount, currency) = (i128::from(transfer.amount.amount()), transfer.amount.currency());
        *self.0.entry((transfer.debit, currency)).or_default() += amount;
        *self.0.entry((transfer.credit, currency)).or_default() -= amount;
    }

    /// The balance of one account. It outgrows 64 bits before it outgrows this.
    pub fn of(&self, account: Account, currency: Currency) -> i128 {
        self.0.get(&(account, currency)).copied().unwrap_or(0)
    }

    /// The sum over all accounts of a currency.
    pub fn sum(&self, currency: Currency) -> i128 {
        Account::ALL.iter().map(|account| self.of(*account, currency)).sum()
    }
}
