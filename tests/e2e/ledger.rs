//! The ledger: `/ledger/…`

mod balances;
mod entries;

use tradepost_tests::Application;
use uuid::Uuid;

/// Posts transfers between accounts as `(payment, debit, credit, amount, currency)`, the first first, and tells their ids.
async fn post(app: &Application, transfers: &[(Uuid, &str, &str, i64, &str)]) -> Vec<String> {
    let statement = "
        WITH event AS (
            INSERT INTO payment.payment_events (payment_id, version, event_id, type, data, actor, occurred_at)
            VALUES ($1::text::uuid, $2, $3::text::uuid, 'moved', '{}', 'admin', '2026-11-22 12:00:00Z')
        )
        INSERT INTO payment.ledger_transfers (id, payment_id, event_id, debit, credit, amount, currency, occurred_at)
        VALUES ($4::text::uuid, $1::text::uuid, $3::text::uuid, $5, $6, $7, $8, '2026-11-22 12:00:00Z')";
    let client = app.database().connect().await;
    let mut ids = Vec::new();
    for (version, (payment, debit, credit, amount, currency)) in (1_i64..).zip(transfers) {
        let (payment, event, id) = (payment.to_string(), Uuid::now_v7().to_string(), Uuid::now_v7());
        client
            .execute(
                statement,
                &[&payment, &version, &event, &id.to_string(), debit, credit, amount, currency],
            )
            .await
            .unwrap();
        ids.push(tradepost_ids::TransferId::from_uuid(id).to_string());
    }
    ids
}
