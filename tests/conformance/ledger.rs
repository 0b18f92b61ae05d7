//! The port `payment/ledger`.

use crate::ground::{Ground, Plug, call, gives_away_an_address};
use port::Port;
use port::exports::tradepost::payment::ledger::{Balance, LedgerError, Part, Transfer};
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/payment",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:payment/ledger@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const POSTGRES: Plug = Plug { package: "ledger-postgres", granted_as: "payment-ledger-balances" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES];

struct Ledger {
    adapter: Adapter,
    port: Port,
}

impl Ledger {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn balances(&mut self) -> Result<Vec<Balance>, LedgerError> {
        call!(self.tradepost_payment_ledger.call_balances())
    }

    async fn transfers(&mut self, payment: Option<&str>, part: &Part, most: u32) -> Vec<Transfer> {
        self.try_transfers(payment, part, most).await.unwrap()
    }

    async fn try_transfers(
        &mut self,
        payment: Option<&str>,
        part: &Part,
        most: u32,
    ) -> Result<Vec<Transfer>, LedgerError> {
        let payment = payment.map(ToOwned::to_owned);
        call!(self.tradepost_payment_ledger.call_transfers(payment.clone(), part.clone(), most))
    }
}

/// Posts a transfer and its event, as the journal does, and gives it back as the port has it. Each happens a microsecond
/// after the one before.
async fn post(
    ground: &Ground,
    number: u16,
    payment: &str,
    accounts: (&str, &str),
    money: (i64, &str),
) -> Transfer {
    let (debit, credit) = accounts;
    let (amount, currency) = money;
    let id = format!("01890a5d-ac96-774b-bcce-{number:012}");
    let event_id = Uuid::now_v7().to_string();
    let occurred_at = 1_700_000_000_000_000 + i64::from(number);
    let statement = "
        WITH event AS (
            INSERT INTO payment.payment_events (payment_id, version, event_id, type, data, actor, occurred_at)
            VALUES ($2::text::uuid, $8, $3::text::uuid, 'moved', '{}', 'admin', now())
        )
        INSERT INTO payment.ledger_transfers (id, payment_id, event_id, debit, credit, amount, currency, occurred_at)
        VALUES ($1::text::uuid, $2::text::uuid, $3::text::uuid, $4, $5, $6, $7,
                timestamptz 'epoch' + $9 * interval '1 microsecond')";
    let version = i64::from(number);
    let client = ground.database.as_ref().unwrap().connect().await;
    client
        .execute(
            statement,
            &[
                &id,
                &payment,
                &event_id,
                &debit,
                &credit,
                &amount,
                &currency,
                &version,
                &occurred_at_f(occurred_at),
            ],
        )
        .await
        .unwrap();
    Transfer {
        id,
        payment_id: payment.to_owned(),
        event_id,
        debit: debit.to_owned(),
        credit: credit.to_owned(),
        amount,
        currency: currency.to_owned(),
        occurred_at,
    }
}

/// Postgres multiplies intervals by doubles, which have room for these numbers.
fn occurred_at_f(micros: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    let micros = micros as f64;
    micros
}

const CAPTURED: (&str, &str) = ("provider", "sales");
const REFUNDED: (&str, &str) = ("refunds", "provider");

#[tokio::test(flavor = "multi_thread")]
async fn balances_are_what_accounts_received_less_what_they_gave() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut ledger = Ledger::on(&ground, *plug).await;
        assert_eq!(ledger.balances().await, Ok(vec![]), "{plug:?}");
        let payment = Uuid::now_v7().to_string();
        post(&ground, 1, &payment, CAPTURED, (1_999, "USD")).await;
        post(&ground, 2, &payment, REFUNDED, (999, "USD")).await;
        post(&ground, 3, &payment, CAPTURED, (5_000_000_000_000_000, "JPY")).await;
        let balances: Vec<(String, String, i64)> = ledger
            .balances()
            .await
            .unwrap()
            .into_iter()
            .map(|balance| (balance.account, balance.currency, balance.balance))
            .collect();
        let expected = [
            ("provider", "JPY", 5_000_000_000_000_000),
            ("provider", "USD", 1_000),
            ("refunds", "USD", 999),
            ("sales", "JPY", -5_000_000_000_000_000),
            ("sales", "USD", -1_999),
        ]
        .map(|(account, currency, balance)| (account.to_owned(), currency.to_owned(), balance));
        assert_eq!(balances, expected, "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_are_read_newest_first_from_wherever_and_of_whom_they_are_wanted() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut ledger = Ledger::on(&ground, *plug).await;
        assert_eq!(ledger.transfers(None, &Part::Beginning, 10).await, [], "{plug:?}");
        let (one, another) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
        let mut all = Vec::new();
        for (number, payment) in [(1, &one), (2, &another), (3, &one), (4, &another), (5, &one)] {
            all.insert(0, post(&ground, number, payment, CAPTURED, (100 * i64::from(number), "USD")).await);
        }
        let of = |numbers: &[usize]| numbers.iter().map(|number| all[5 - number].clone()).collect::<Vec<_>>();
        let id = |number: usize| all[5 - number].id.clone();
        let nowhere = "01890a5d-ac96-774b-bcce-00000000000a".to_owned();
        for (payment, part, most, expected) in [
            (None, Part::Beginning, 10, vec![5, 4, 3, 2, 1]),
            (None, Part::Beginning, 2, vec![5, 4]),
            (None, Part::After(id(4)), 2, vec![3, 2]),
            (None, Part::After(id(1)), 2, vec![]),
            (None, Part::Before(id(1)), 2, vec![3, 2]),
            (None, Part::Before(id(5)), 2, vec![]),
            (Some(&one), Part::Beginning, 10, vec![5, 3, 1]),
            (Some(&one), Part::After(id(4)), 10, vec![3, 1]),
            (Some(&another), Part::Before(id(1)), 1, vec![2]),
            // A place in the order, though there is nothing.
            (None, Part::After(nowhere.clone()), 2, vec![5, 4]),
            (None, Part::Before(nowhere), 2, vec![]),
            (None, Part::After("of nothing".to_owned()), 2, vec![]),
            (Some(&"of nobody".to_owned()), Part::Beginning, 2, vec![]),
            (Some(&Uuid::now_v7().to_string()), Part::Beginning, 2, vec![]),
        ] {
            let read = ledger.transfers(payment.map(String::as_str), &part, most).await;
            assert_eq!(read, of(&expected), "{plug:?} {payment:?} {part:?} {most}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut ledger = Ledger::on(&ground, *plug).await;
        let balances = ledger.balances().await.unwrap_err();
        let transfers = ledger.try_transfers(None, &Part::Beginning, 1).await.unwrap_err();
        for error in [balances, transfers] {
            match error {
                LedgerError::Unavailable(reason) => assert!(!gives_away_an_address(&reason), "{reason}"),
                LedgerError::Other(other) => panic!("{plug:?} {other}"),
            }
        }
    }
}
