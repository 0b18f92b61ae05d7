//! Whether the books balance: what has to be true of the tables and of the stores, whatever happened before.
//!
//! Each fault is one text that says what is wrong of what. Most hold at any moment; those that only hold when nothing is
//! under way any more say so.

mod inventory;
mod orders;
mod payments;
mod provider;

pub use inventory::inventory_faults;
pub use orders::order_faults;
pub use payments::payment_faults;
pub use provider::{ProviderBooks, provider_faults};

use tokio_postgres::Client;
use tradepost_key_value::Store;

/// What is not finished: empty when everything is at rest but for orders that wait for people.
pub async fn under_way(database: &Client) -> Vec<String> {
    texts(
        database,
        "SELECT count(*) || ' events in outboxes' FROM messaging.outbox HAVING count(*) > 0
         UNION ALL
         SELECT count(*) || ' mailboxes that are due' FROM messaging.mailboxes
         WHERE due_at <> 'infinity' HAVING count(*) > 0
         UNION ALL
         SELECT count(*) || ' orders pending' FROM ordering.orders WHERE status = 'pending' HAVING count(*) > 0
         UNION ALL
         SELECT count(*) || ' payments that somebody has to see to' FROM payment.payments
         WHERE due_at IS NOT NULL HAVING count(*) > 0",
    )
    .await
}

/// Everything that is wrong when nothing is under way. `views` is the store that the sandbox of a payment provider keeps
/// its books in too.
pub async fn faults(database: &Client, views: &Store) -> Vec<String> {
    let mut faults = texts(
        database,
        "SELECT 'set aside for ' || consumer || ' of ' || partitionkey || ': ' || error FROM messaging.dead_letters",
    )
    .await;
    faults.extend(inventory_faults(database).await);
    faults.extend(order_faults(database).await);
    faults.extend(payment_faults(database).await);
    faults.extend(provider_faults(database, views).await);
    faults
}

/// What a query says, one text a row.
async fn texts(database: &Client, query: &str) -> Vec<String> {
    let rows = database.query(query, &[]).await.unwrap_or_else(|error| panic!("{error:?} in {query}"));
    rows.iter().map(|row| row.get(0)).collect()
}
