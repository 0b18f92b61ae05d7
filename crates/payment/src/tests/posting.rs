//! The ledger: millions of movements, and the accounts add up to nothing after each.

use proptest::prelude::*;

use super::{captured, euros, refund_id, refund_requested, situations};
use crate::{Account, Balances, Captured, PaymentEvent, Refunded, transfers};
use tradepost_money::Money;

const CURRENCIES: [&str; 3] = ["EUR", "JPY", "USD"];

#[test]
fn only_what_the_provider_has_done_moves_money() {
    let refunded: PaymentEvent = Refunded { refund_id: refund_id(1), amount: euros(400) }.into();
    for (event, debit, credit, amount) in [
        (captured(), Account::Provider, Account::Sales, 1000),
        (refunded, Account::Refunds, Account::Provider, 400),
    ] {
        let [transfer] = transfers(&event).try_into().unwrap();
        assert_eq!((transfer.debit, transfer.credit, transfer.amount), (debit, credit, euros(amount)));
    }
    assert_eq!(transfers(&refund_requested(1, 400)), []);
    assert_eq!(transfers(&Captured { attempt: 1, amount: euros(0) }.into()), [], "nothing is no amount");
    assert!(situations().len() > 10);
}

/// What anybody does to the ledger: takes an amount, or gives some of it back.
fn operation() -> impl Strategy<Value = (usize, i64, i64)> {
    // The greatest amount as often as small ones: 2^63 - 1 overflows whoever counts in 64 bits.
    let amount = prop_oneof![0..10_000_i64, Just(i64::MAX), Just(1)];
    (0..CURRENCIES.len(), amount.clone(), amount)
}

proptest! {
    // A thousand books of a thousand operations with two movements each: two million, in a few seconds.
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn after_every_one_of_millions_of_operations_the_accounts_add_up_to_nothing(
        operations in prop::collection::vec(operation(), 1000),
    ) {
        let currencies = CURRENCIES.map(|code| code.parse().unwrap());
        let (mut balances, mut taken, mut given) = (Balances::default(), [0_i128; 3], [0_i128; 3]);
        for (place, amount, back) in operations {
            let currency = currencies[place];
            let back = back.min(amount);
            let events: [PaymentEvent; 2] = [
                Captured { attempt: 1, amount: Money::new(amount, currency) }.into(),
                Refunded { refund_id: refund_id(1), amount: Money::new(back, currency) }.into(),
            ];
            for event in &events {
                for transfer in transfers(event) {
                    balances.post(&transfer);
                }
                prop_assert_eq!(balances.sum(currency), 0);
            }
            taken[place] += i128::from(amount);
            given[place] += i128::from(back);
            prop_assert_eq!(balances.of(Account::Sales, currency), -taken[place]);
            prop_assert_eq!(balances.of(Account::Refunds, currency), given[place]);
            prop_assert_eq!(balances.of(Account::Provider, currency), taken[place] - given[place]);
        }
    }
}
