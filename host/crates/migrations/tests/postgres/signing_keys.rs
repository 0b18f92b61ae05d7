//! The function that replaces signing keys: there is always one that signs, and those that verify are published for as
//! long as they are needed.

use futures::future::join_all;
use tokio_postgres::Client;

use crate::{MIGRATED, connect_as, number};

const NOW: i64 = 1_800_000_000_000_000;
const SECOND: i64 = 1_000_000;
/// For how long a key signs, in seconds.
const LIFE: i64 = 86_400;

/// Offers key `n`; the keys that are published then.
async fn rotate(client: &Client, now: i64, n: u8) -> Vec<u8> {
    let statement = "SELECT public_key FROM identity.rotate_signing_keys($1, $2, $3, $4, $5)";
    let key = vec![n; 32];
    let rows = client.query(statement, &[&now, &LIFE, &format!("key {n}"), &key, &key]).await.unwrap();
    rows.iter().map(|row| *row.get::<_, Vec<u8>>(0).first().unwrap()).collect()
}

async fn signs(client: &Client, now: i64) -> Option<u8> {
    let row = client.query_one("SELECT identity.signing_seed($1)", &[&now]).await.unwrap();
    row.get::<_, Option<Vec<u8>>>(0).and_then(|seed| seed.first().copied())
}

#[tokio::test]
async fn the_first_key_signs_at_once_and_the_next_one_is_published_ten_minutes_before_it_does() {
    let database = MIGRATED.fresh().await;
    let client = connect_as(database.url(), "tradepost_identity").await;
    assert_eq!(signs(&client, NOW).await, None);
    assert_eq!(rotate(&client, NOW, 1).await, [1]);
    assert_eq!(signs(&client, NOW).await, Some(1));

    let due = NOW + (LIFE - 600) * SECOND;
    assert_eq!(rotate(&client, due - 1, 2).await, [1], "not yet");
    assert_eq!(rotate(&client, due, 3).await, [3, 1]);
    assert_eq!(rotate(&client, due + SECOND, 4).await, [3, 1], "there is one");
    assert_eq!(signs(&client, due + 600 * SECOND - 1).await, Some(1));
    let changed = due + 600 * SECOND;
    assert_eq!(signs(&client, changed).await, Some(3));

    assert_eq!(rotate(&client, changed, 5).await, [3, 1], "what the old one signed is still good");
    let seeds = "SELECT count(*) FROM identity.signing_keys WHERE seed IS NOT NULL";
    assert_eq!(number(&client, seeds).await, 1, "it will not sign again");
    assert_eq!(rotate(&client, changed + 960 * SECOND - 1, 6).await, [3, 1]);
    assert_eq!(rotate(&client, changed + 960 * SECOND, 7).await, [3]);
}

#[tokio::test]
async fn a_key_that_nobody_replaces_goes_on_signing() {
    let database = MIGRATED.fresh().await;
    let client = connect_as(database.url(), "tradepost_identity").await;
    rotate(&client, NOW, 1).await;
    let later = NOW + 100 * LIFE * SECOND;
    assert_eq!(signs(&client, later).await, Some(1));
    assert_eq!(rotate(&client, later, 2).await, [2, 1]);
    assert_eq!(signs(&client, later).await, Some(1), "nobody has seen the new one yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_find_a_key_missing_one_makes_it() {
    let database = MIGRATED.fresh().await;
    let clients = join_all((0..8).map(|_| connect_as(database.url(), "tradepost_identity"))).await;
    for now in [NOW, NOW + LIFE * SECOND] {
        let published = join_all(clients.iter().zip(1..).map(|(client, n)| {
            let n = if now == NOW { n } else { n + 100 };
            rotate(client, now, n)
        }))
        .await;
        assert!(published.windows(2).all(|pair| pair[0] == pair[1]), "{published:?}");
        assert_eq!(published[0].len(), if now == NOW { 1 } else { 2 });
    }
}
