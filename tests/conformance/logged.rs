//! Events as the relay leaves them in the log, for the ports that show or replay them.

use tokio_postgres::Client;
use uuid::Uuid;

/// An event that is to be in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Logged<'a> {
    pub(crate) source: &'a str,
    pub(crate) event_type: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) partitionkey: &'a str,
    pub(crate) time: i64,
    pub(crate) traceparent: Option<&'a str>,
    pub(crate) data: &'a str,
}

pub(crate) const EVENT: Logged<'static> = Logged {
    source: "/catalog",
    event_type: "tradepost.catalog.product-created.v1",
    subject: "product_01h455vb4pex5vsknk084sn02q",
    partitionkey: "product_01h455vb4pex5vsknk084sn02q",
    time: 1_795_348_800_123_457,
    traceparent: None,
    data: "{}",
};

impl Logged<'_> {
    /// Logs it; its id and position.
    pub(crate) async fn log(&self, client: &Client) -> (String, i64) {
        let id = Uuid::now_v7().to_string();
        let row = client
            .query_one(
                "INSERT INTO messaging.events
                     (id, source, type, subject, time, partitionkey, sequence, traceparent, data, recorded_at)
                 VALUES ($1::text::uuid, $2, $3, $4, timestamptz 'epoch' + $5::bigint * interval '1 microsecond',
                         $6, 7, $7, $8::text::jsonb, clock_timestamp())
                 RETURNING position",
                &[
                    &id,
                    &self.source,
                    &self.event_type,
                    &self.subject,
                    &self.time,
                    &self.partitionkey,
                    &self.traceparent,
                    &self.data,
                ],
            )
            .await
            .unwrap();
        (id, row.get(0))
    }
}

/// Puts a logged event into a mailbox.
pub(crate) async fn put(client: &Client, consumer: &str, partitionkey: &str, position: i64) {
    client
        .execute(
            "SELECT messaging.put_into_mailboxes(ARRAY[$1], ARRAY[$2], ARRAY[$3::bigint], ARRAY[2])",
            &[&consumer, &partitionkey, &position],
        )
        .await
        .unwrap();
}

/// Sets the event at this position aside, as the relay does when it has been tried often enough; the letter's id.
pub(crate) async fn set_aside(client: &Client, consumer: &str, partitionkey: &str, position: i64) -> String {
    let id = Uuid::now_v7().to_string();
    client
        .execute(
            "WITH letter AS (
                 INSERT INTO messaging.dead_letters (id, consumer, partitionkey, position, attempts, error, set_aside_at)
                 VALUES ($1::text::uuid, $2, $3, $4, 10, 'it does not fit', timestamptz '2026-11-22 12:00:00.000001Z')
             )
             UPDATE messaging.mailboxes SET due_at = 'infinity', attempts = 10
             WHERE consumer = $2 AND partitionkey = $3",
            &[&id, &consumer, &partitionkey, &position],
        )
        .await
        .unwrap();
    id
}
