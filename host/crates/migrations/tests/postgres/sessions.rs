//! The identity context's functions about sessions: how often somebody may try to log in, what a session lives by, and
//! what ends it.

use futures::future::join_all;
use serde_json::json;
use tokio_postgres::Client;
use tradepost_cluster::testing::TestDatabase;

use crate::append::uuid;
use crate::{MIGRATED, connect_as, number};

/// A time, in microseconds.
const NOW: i64 = 1_800_000_000_000_000;
const SECOND: i64 = 1_000_000;
const PHC: &str = "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA";
const HOME: &str = "192.0.2.1";

struct Ground {
    database: TestDatabase,
    client: Client,
}

/// A database with one user, who has a password.
async fn ground() -> Ground {
    let database = MIGRATED.fresh().await;
    let client = connect_as(database.url(), "tradepost_identity").await;
    let user = format!(
        "INSERT INTO identity.users (id, name, email, email_key, created_at)
         VALUES ('{0}', 'Ada', 'ada@example.com', 'ada@example.com', now());
         SELECT identity.keep_password('{0}', '{PHC}', {NOW});",
        uuid(0x40, 1)
    );
    client.batch_execute(&user).await.unwrap();
    Ground { database, client }
}

/// Whether a try gets through, or after how many seconds there may be another one.
async fn try_login(client: &Client, email_key: &str, address: &str, now: i64) -> Result<bool, i32> {
    let statement = "SELECT retry_after, phc FROM identity.try_login($1, $2, $3)";
    let row = client.query_one(statement, &[&email_key, &address, &now]).await.unwrap();
    match row.get::<_, Option<i32>>(0) {
        None => Ok(row.get::<_, Option<String>>(1).is_some()),
        Some(seconds) => Err(seconds),
    }
}

async fn passed(client: &Client, email_key: &str, address: &str, now: i64, tries: usize) -> usize {
    let mut passed = 0;
    for _ in 0..tries {
        passed += usize::from(try_login(client, email_key, address, now).await.is_ok());
    }
    passed
}

/// Begins session `n`, whose first token has the digest `n`.
async fn start(client: &Client, n: u32, address: &str, now: i64) -> String {
    let session = json!({
        "id": uuid(0x60, n), "user_id": uuid(0x40, 1), "scopes": "", "phc": PHC,
        "digest": format!("{n:064x}"), "expires_at": now + 1_000 * SECOND,
    });
    let statement = "SELECT outcome FROM identity.start_session($1::text::jsonb, 'ada@example.com', $2, $3)";
    client.query_one(statement, &[&session.to_string(), &address, &now]).await.unwrap().get(0)
}

/// Shows the token with the digest `n` to get the one with the digest `new`.
async fn refresh(client: &Client, n: u32, new: u32, now: i64) -> String {
    let statement = "SELECT outcome FROM identity.refresh_session(decode($1, 'hex'), decode($2, 'hex'), $3, $4::text::uuid, NULL)";
    let (old, new_digest) = (format!("{n:064x}"), format!("{new:064x}"));
    let event = uuid(0x70, new);
    client.query_one(statement, &[&old, &new_digest, &now, &event]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_tries_at_once_not_one_too_many_gets_through() {
    let ground = ground().await;
    let clients = join_all((0..16).map(|_| connect_as(ground.database.url(), "tradepost_identity"))).await;
    let tries = clients.iter().map(|client| passed(client, "nobody@example.com", HOME, NOW, 4));
    assert_eq!(join_all(tries).await.iter().sum::<usize>(), 10);
    assert_eq!(try_login(&ground.client, "nobody@example.com", HOME, NOW).await, Err(60));
    assert_eq!(try_login(&ground.client, "nobody@example.com", HOME, NOW + 59 * SECOND).await, Err(1));
    assert_eq!(passed(&ground.client, "nobody@example.com", HOME, NOW + 60 * SECOND, 5).await, 1);
    assert_eq!(passed(&ground.client, "nobody@example.com", HOME, NOW + 1_000_000 * SECOND, 64).await, 10);
}

#[tokio::test]
async fn an_account_that_is_there_is_throttled_like_one_that_is_not() {
    let ground = ground().await;
    for email_key in ["ada@example.com", "nobody@example.com"] {
        for address in 0..4 {
            let passed = passed(&ground.client, email_key, &format!("198.51.100.{address}"), NOW, 12).await;
            assert_eq!(passed, [10, 10, 0, 0][address], "{email_key} {address}");
        }
    }
    assert_eq!(try_login(&ground.client, "ada@example.com", "203.0.113.1", NOW).await, Err(30));
}

#[tokio::test]
async fn one_address_does_not_go_through_account_after_account() {
    let ground = ground().await;
    let mut passed = 0;
    for n in 0..70 {
        passed +=
            usize::from(try_login(&ground.client, &format!("p{n}@example.com"), HOME, NOW).await.is_ok());
    }
    assert_eq!(passed, 50);
    assert_eq!(try_login(&ground.client, "x@example.com", HOME, NOW).await, Err(6));
    assert!(try_login(&ground.client, "x@example.com", "192.0.2.2", NOW).await.is_ok(), "others do");
}

#[tokio::test]
async fn no_stranger_locks_an_owner_out_who_comes_from_where_he_came_before() {
    let ground = ground().await;
    assert_eq!(try_login(&ground.client, "ada@example.com", HOME, NOW).await, Ok(true));
    assert_eq!(start(&ground.client, 1, HOME, NOW).await, "started");
    for n in 0..40 {
        let _ = try_login(&ground.client, "ada@example.com", &format!("198.51.100.{n}"), NOW).await;
    }
    assert!(try_login(&ground.client, "ada@example.com", "203.0.113.1", NOW).await.is_err());
    assert_eq!(try_login(&ground.client, "ada@example.com", HOME, NOW).await, Ok(true));
}

#[tokio::test]
async fn whoever_has_the_password_gets_back_what_his_tries_took() {
    let ground = ground().await;
    for n in 0..60 {
        assert_eq!(try_login(&ground.client, "ada@example.com", HOME, NOW).await, Ok(true), "{n}");
        assert_eq!(start(&ground.client, n, HOME, NOW).await, "started");
    }
    assert_eq!(number(&ground.client, "SELECT count(*) FROM identity.sessions").await, 60);
}

#[tokio::test]
async fn a_session_begins_once_and_only_for_an_account_that_is_what_it_was() {
    let ground = ground().await;
    assert_eq!(start(&ground.client, 1, HOME, NOW).await, "started");
    assert_eq!(start(&ground.client, 1, HOME, NOW).await, "started", "the call's own first run");
    assert_eq!(number(&ground.client, "SELECT count(*) FROM identity.refresh_tokens").await, 1);
    for change in [
        "UPDATE identity.users SET scopes = 'orders:read'",
        "UPDATE identity.users SET scopes = '', email_key = 'other@example.com'",
        "UPDATE identity.users SET email_key = 'ada@example.com'; UPDATE identity.credentials SET phc = '$argon2id$new'",
        "DELETE FROM identity.credentials",
    ] {
        ground.client.batch_execute(change).await.unwrap();
        assert_eq!(start(&ground.client, 2, HOME, NOW).await, "changed", "{change}");
    }
    assert_eq!(number(&ground.client, "SELECT count(*) FROM identity.sessions").await, 1);
}

/// What was told of ends: the sessions of each event.
async fn told(ground: &Ground) -> Vec<String> {
    let statement = "SELECT subject || ' ' || sequence || ' ' || coalesce(data ->> 'sids', '') FROM identity.outbox ORDER BY position";
    let rows = ground.database.connect().await.query(statement, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_shown_again_it_ends_its_session() {
    let ground = ground().await;
    start(&ground.client, 1, HOME, NOW).await;
    start(&ground.client, 9, HOME, NOW).await;
    assert_eq!(refresh(&ground.client, 5, 6, NOW).await, "unknown");
    assert_eq!(refresh(&ground.client, 1, 2, NOW).await, "refreshed");
    assert_eq!(refresh(&ground.client, 1, 2, NOW).await, "refreshed", "the call's own first run");
    assert_eq!(refresh(&ground.client, 2, 3, NOW).await, "refreshed");
    assert_eq!(told(&ground).await, Vec::<String>::new());
    assert_eq!(refresh(&ground.client, 1, 4, NOW).await, "reused");
    assert_eq!(refresh(&ground.client, 3, 5, NOW).await, "unknown", "the thief's, or the owner's");
    assert_eq!(refresh(&ground.client, 1, 6, NOW).await, "unknown", "it is told once");
    let id = uuid(0x60, 1);
    assert_eq!(told(&ground).await, [format!("{id} 1 [\"{id}\"]")]);
    assert_eq!(refresh(&ground.client, 9, 10, NOW).await, "refreshed", "another session is another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_token_that_comes_many_times_at_once_one_exchange_is_good_at_most() {
    let ground = ground().await;
    start(&ground.client, 1, HOME, NOW).await;
    let clients = join_all((0..8).map(|_| connect_as(ground.database.url(), "tradepost_identity"))).await;
    let outcomes = clients.iter().zip(100..).map(|(client, new)| refresh(client, 1, new, NOW));
    let mut outcomes = join_all(outcomes).await;
    outcomes.sort_unstable();
    assert_eq!(outcomes[..2], ["refreshed", "reused"]);
    assert!(outcomes[2..].iter().all(|outcome| outcome == "unknown"), "{outcomes:?}");
    assert_eq!(told(&ground).await.len(), 1);
}

#[tokio::test]
async fn a_session_ends_at_its_time_however_often_it_was_refreshed() {
    let ground = ground().await;
    start(&ground.client, 1, HOME, NOW).await;
    assert_eq!(refresh(&ground.client, 1, 2, NOW + 999 * SECOND).await, "refreshed");
    assert_eq!(refresh(&ground.client, 2, 3, NOW + 1_000 * SECOND).await, "unknown");
    let expire = |now: i64| format!("SELECT identity.expire_sessions({now}, 10)");
    // What the log-in took is full again too.
    let first = number(&ground.client, &expire(NOW + 999 * SECOND)).await;
    assert_eq!(number(&ground.client, "SELECT count(*) FROM identity.sessions").await, 1, "{first}");
    assert_eq!(number(&ground.client, &expire(NOW + 1_000 * SECOND)).await, 1);
    assert_eq!(number(&ground.client, "SELECT count(*) FROM identity.refresh_tokens").await, 0);
    assert_eq!(number(&ground.client, &expire(NOW + 91 * 86_400 * SECOND)).await, 1, "the address");
    assert_eq!(number(&ground.client, &expire(i64::MAX / 1_000)).await, 0);
}

#[tokio::test]
async fn a_session_is_ended_by_its_user_once_and_by_nobody_else() {
    let ground = ground().await;
    start(&ground.client, 1, HOME, NOW).await;
    let end = async |user: u32, event: u32| -> bool {
        let statement = format!(
            "SELECT identity.end_session('{}', '{}', {NOW}, '{}', NULL)",
            uuid(0x60, 1),
            uuid(0x40, user),
            uuid(0x70, event)
        );
        ground.client.query_one(&statement, &[]).await.unwrap().get(0)
    };
    assert!(!end(2, 1).await);
    assert!(end(1, 2).await);
    assert!(end(1, 3).await, "it has");
    assert_eq!(told(&ground).await.len(), 1);
    assert_eq!(refresh(&ground.client, 1, 2, NOW).await, "unknown");
}

#[tokio::test]
async fn another_password_ends_every_session_but_the_one_that_is_named() {
    let ground = ground().await;
    for n in 1..=3 {
        start(&ground.client, n, HOME, NOW).await;
    }
    let change = async |phc: &str, but: &str| -> Option<i32> {
        let statement = format!(
            "SELECT cardinality(identity.change_password('{}', {phc}, '$argon2id$new', {but}, {NOW}, '{}', NULL))",
            uuid(0x40, 1),
            uuid(0x70, 1)
        );
        ground.client.query_one(&statement, &[]).await.unwrap().get(0)
    };
    assert_eq!(change("'$argon2id$wrong'", "NULL").await, None);
    assert_eq!(change(&format!("'{PHC}'"), &format!("'{}'", uuid(0x60, 2))).await, Some(2));
    assert_eq!(refresh(&ground.client, 2, 12, NOW).await, "refreshed");
    assert_eq!(refresh(&ground.client, 1, 11, NOW).await, "unknown");
    assert_eq!(start(&ground.client, 4, HOME, NOW).await, "changed", "it was verified before");
    assert_eq!(change("NULL", "NULL").await, Some(1), "by whoever has shown otherwise who he is");
}

#[tokio::test]
async fn who_is_erased_has_no_password_and_no_session() {
    let ground = ground().await;
    start(&ground.client, 1, HOME, NOW).await;
    let erase = format!(
        "SELECT identity.erase_user('{}', 'user_x', 1,
            '{{\"id\": \"{}\", \"type\": \"t\", \"data\": {{}}, \"occurred_at\": 0}}', NULL)",
        uuid(0x40, 1),
        uuid(0x70, 1)
    );
    ground.client.batch_execute(&erase).await.unwrap();
    assert_eq!(refresh(&ground.client, 1, 2, NOW).await, "unknown");
    for table in ["credentials", "known_addresses"] {
        assert_eq!(
            number(&ground.client, &format!("SELECT count(*) FROM identity.{table}")).await,
            0,
            "{table}"
        );
    }
    assert!(told(&ground).await.iter().any(|told| told.contains(&uuid(0x60, 1))));
}
