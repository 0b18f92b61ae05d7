//! Mailboxes by a member of the events' data instead of the partition key.

use tokio_postgres::Client;
use tradepost_cluster::testing::TestDatabase;
use uuid::Uuid;

use crate::{MIGRATED, connect_as, number};

const TYPE: &str = "tradepost.ordering.thing-happened.v1";

/// What a consumer is given: the key of the mailbox, and the partition key of each event, which is its subject too.
const TAKE: &str = "
    SELECT partitionkey, subject
    FROM messaging.take(ARRAY['lists', 'views'], ARRAY[$1, $1], $2::text::uuid, 60000, 100, 100, 1000000,
                        ARRAY['customer', NULL])
    WHERE consumer = $3";

async fn start() -> (TestDatabase, Client, Client) {
    let database = MIGRATED.fresh().await;
    let writer = connect_as(database.url(), "tradepost_ordering").await;
    let relay = connect_as(database.url(), "tradepost_messaging").await;
    (database, writer, relay)
}

async fn write(writer: &Client, key: &str, data: &str) {
    let statement =
        "INSERT INTO ordering.outbox (id, source, type, subject, time, partitionkey, sequence, data)
                     VALUES (gen_random_uuid(), '/ordering', $1, $2, now(), $2, 1, $3::text::jsonb)";
    writer.execute(statement, &[&TYPE, &key, &data]).await.unwrap();
}

async fn given(relay: &Client, consumer: &str) -> Vec<(String, String)> {
    let rows = relay.query(TAKE, &[&TYPE, &Uuid::now_v7().to_string(), &consumer]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(key, partitionkey)| ((*key).to_owned(), (*partitionkey).to_owned())).collect()
}

#[tokio::test]
async fn a_member_of_the_data_is_the_key_and_the_order_is_the_logs() {
    let (_database, writer, relay) = start().await;
    for (order, customer) in [("one", "b"), ("two", "a"), ("three", "b"), ("one", "b")] {
        write(&writer, order, &format!(r#"{{"customer": "{customer}"}}"#)).await;
    }
    let expected = pairs(&[("a", "two"), ("b", "one"), ("b", "three"), ("b", "one")]);
    assert_eq!(given(&relay, "lists").await, expected);
    let mailboxes = "SELECT count(*) FROM messaging.mailboxes WHERE consumer = ";
    let of = async |consumer| number(&relay, &format!("{mailboxes}'{consumer}'")).await;
    assert_eq!((of("lists").await, of("views").await), (2, 3), "the other consumer's are by partition key");
}

#[tokio::test]
async fn an_event_without_a_text_that_can_be_a_key_is_not_for_that_consumer() {
    let (_database, writer, relay) = start().await;
    let (longest, too_long) = ("é".repeat(127) + "x", "é".repeat(128));
    let customers = ["null", "7", "true", "[\"a\"]", "{\"a\": 1}", "\"\"", &format!("\"{too_long}\"")];
    for customer in customers {
        write(&writer, "none", &format!(r#"{{"customer": {customer}}}"#)).await;
    }
    write(&writer, "none", "{}").await;
    write(&writer, "some", &format!(r#"{{"customer": "{longest}"}}"#)).await;
    assert_eq!(given(&relay, "lists").await, pairs(&[(&longest, "some")]));
    assert_eq!(number(&relay, "SELECT count(*) FROM messaging.deliveries WHERE consumer = 'views'").await, 9);
}

#[tokio::test]
async fn a_replay_goes_by_the_same_key_and_passes_over_what_has_none() {
    let (_database, writer, relay) = start().await;
    for (order, data) in [("one", r#"{"customer": "a"}"#), ("two", "{}"), ("three", "{}"), ("four", "{}")] {
        write(&writer, order, data).await;
    }
    write(&writer, "five", r#"{"customer": "a"}"#).await;
    relay.execute("SELECT messaging.dispatch('{}', '{}', 100)", &[]).await.unwrap();

    let statement = "SELECT replayed, last_position FROM messaging.replay('lists', ARRAY[$1], NULL, NULL, $2, 2, 'customer')";
    let (mut after, mut steps) = (None::<i64>, Vec::new());
    loop {
        let step = relay.query_one(statement, &[&TYPE, &after]).await.unwrap();
        steps.push(step.get::<_, i64>(0));
        after = step.get(1);
        if after.is_none() {
            break;
        }
    }
    assert_eq!(steps, [1, 0, 1], "a step looks at so many events, whatever it finds");
    assert_eq!(given(&relay, "lists").await, pairs(&[("a", "one"), ("a", "five")]));
}
