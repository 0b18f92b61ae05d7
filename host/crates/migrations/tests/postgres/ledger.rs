//! The ledger: it stays what it is, it is in step with the streams, and its balances add up to nothing.

use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::payments::{append_all, event, payer, payment, try_append, with_events};
use crate::{MIGRATED, connect_as, number, refusal};

fn transfer(debit: &str, credit: &str, amount: i64) -> Value {
    json!({"id": Uuid::now_v7().to_string(), "debit": debit, "credit": credit, "amount": amount, "currency": "EUR"})
}

fn captured(amount: i64) -> Value {
    event("payment-captured", amount, &json!([transfer("provider", "sales", amount)]))
}

fn refunded(amount: i64) -> Value {
    event("payment-refunded", amount, &json!([transfer("refunds", "provider", amount)]))
}

async fn balances(client: &Client) -> Vec<(String, String)> {
    let rows =
        client.query("SELECT account, balance::text FROM payment.ledger_balances ORDER BY 1", &[]).await;
    rows.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_is_in_the_ledger_and_the_accounts_add_up_to_nothing() {
    let database = MIGRATED.fresh().await;
    let client = payer(&database).await;
    let reader = connect_as(database.url(), "tradepost_ledger_reader").await;
    let entries =
        json!([with_events(1, 0, &[captured(500), refunded(120)]), with_events(2, 0, &[captured(7)])]);
    append_all(&client, &entries).await;
    let expected = [("provider", "387"), ("refunds", "120"), ("sales", "-507")];
    let expected = expected.map(|(account, balance)| (account.to_owned(), balance.to_owned()));
    assert_eq!(balances(&reader).await, expected);
    assert_eq!(append_all(&client, &json!([with_events(2, 0, &[captured(7)])])).await, [None]);
    assert_eq!(balances(&reader).await, expected, "a conflict posts nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_moves_money_and_the_ledger_cannot_part() {
    let database = MIGRATED.fresh().await;
    let client = payer(&database).await;
    let refused = async |events: Vec<Value>| {
        let error = try_append(&client, &json!([with_events(1, 0, &events)])).await.unwrap_err();
        error.code().unwrap().code().to_owned()
    };
    let of =
        |event_type: &str, amount: i64, transfers: &[Value]| event(event_type, amount, &json!(transfers));
    for (event, code) in [
        (of("payment-captured", 5, &[]), "23000"),
        (of("payment-refunded", 5, &[]), "23000"),
        (of("payment-captured", 5, &[transfer("provider", "sales", 4)]), "23000"),
        (of("payment-captured", 5, &[transfer("elsewhere", "sales", 5)]), "23000"),
        (
            of("payment-captured", 5, &[transfer("provider", "sales", 5), transfer("provider", "sales", 5)]),
            "23505",
        ),
        (of("payment-requested", 5, &[transfer("provider", "provider", 5)]), "23514"),
        (of("payment-requested", 5, &[transfer("provider", "sales", 0)]), "23514"),
        (of("payment-requested", 5, &[transfer("provider", "sales", -5)]), "23514"),
        (of("payment-requested", 5, &[transfer("Provider", "sales", 5)]), "23514"),
    ] {
        assert_eq!(refused(vec![event.clone()]).await, code, "{event}");
    }
    append_all(&client, &json!([with_events(1, 0, &[of("payment-captured", 0, &[])])])).await;

    let operator = database.connect().await;
    let direct = |event_type: &str| {
        format!(
            "INSERT INTO payment.payment_events (payment_id, version, event_id, type, data, actor, occurred_at)
             VALUES (gen_random_uuid(), 1, gen_random_uuid(), 'tradepost.payment.{event_type}.v1',
                     '{{\"amount\": {{\"amount\": 5, \"currency\": \"EUR\"}}}}', 'x', now())"
        )
    };
    assert_eq!(refusal(&client, &direct("payment-captured")).await, "23000", "past the function, too");
    let replica = format!("SET session_replication_role = replica; {}", direct("payment-refunded"));
    assert_eq!(refusal(&operator, &replica).await, "23000", "also with more rights");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_posted_stays_whoever_comes() {
    let database = MIGRATED.fresh().await;
    let client = payer(&database).await;
    append_all(&client, &json!([with_events(1, 0, &[captured(500)])])).await;
    let operator = database.connect().await;
    for statement in [
        "UPDATE payment.ledger_transfers SET amount = 1",
        "DELETE FROM payment.ledger_transfers",
        "TRUNCATE payment.ledger_transfers",
        "SET session_replication_role = replica; DELETE FROM payment.ledger_transfers",
    ] {
        assert_eq!(refusal(&operator, statement).await, "55000", "{statement}");
        assert_eq!(refusal(&client, statement).await, "42501", "{statement}");
    }
    let foreign = format!(
        "INSERT INTO payment.ledger_transfers
             (id, payment_id, event_id, debit, credit, currency, amount, occurred_at)
         VALUES (gen_random_uuid(), '{}', gen_random_uuid(), 'provider', 'sales', 'EUR', 5, now())",
        payment(1)
    );
    assert_eq!(refusal(&client, &foreign).await, "23503", "no transfer without its event");
    assert_eq!(number(&operator, "SELECT sum(amount)::bigint FROM payment.ledger_transfers").await, 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_every_one_of_thousands_of_postings_the_accounts_add_up_to_nothing() {
    const STREAMS: u32 = 100;
    const ROUNDS: i64 = 30;
    let database = MIGRATED.fresh().await;
    let (client, reader) =
        (payer(&database).await, connect_as(database.url(), "tradepost_ledger_reader").await);
    let (mut sold, mut given) = (0, 0);
    for round in 0..ROUNDS {
        let entries: Vec<Value> = (1..=STREAMS)
            .map(|n| {
                // Amounts of every size, without chance: Knuth's multiplicative hash of the two numbers.
                let hash = (u64::from(n) * 31 + round.unsigned_abs()).wrapping_mul(2_654_435_761) % 1_000_003;
                let amount = i64::try_from(hash).unwrap() + 2;
                let back = amount / 2;
                (sold, given) = (sold + amount, given + back);
                with_events(n, 2 * round, &[captured(amount), refunded(back)])
            })
            .collect();
        let appended = append_all(&client, &json!(entries)).await;
        assert!(appended.iter().all(Option::is_some), "round {round}");
        let expected = [("provider", sold - given), ("refunds", given), ("sales", -sold)];
        let expected = expected.map(|(account, balance)| (account.to_owned(), balance.to_string()));
        assert_eq!(balances(&reader).await, expected, "round {round}");
        let sum = "SELECT sum(balance)::bigint FROM payment.ledger_balances";
        assert_eq!(number(&reader, sum).await, 0, "round {round}");
    }
}
