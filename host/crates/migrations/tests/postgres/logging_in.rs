//! Log-ins and refreshes in the order in which nobody wants them to come.

use futures::future::join_all;
use serde_json::json;
use tokio_postgres::Client;
use tradepost_cluster::testing::TestDatabase;

use crate::append::uuid;
use crate::{MIGRATED, connect_as, number};

const ROLE: &str = "tradepost_identity";
const PHC: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA";
const DAY: i64 = 86_400_000_000;

/// A database with the users 1 and 2, who have passwords.
async fn ground() -> (TestDatabase, Client) {
    let database = MIGRATED.fresh().await;
    let client = connect_as(database.url(), ROLE).await;
    for n in [1, 2] {
        let id = uuid(0x40, n);
        let person = format!(
            "INSERT INTO identity.users (id, name, email, email_key, created_at)
                              VALUES ('{id}', 'P', 'p{n}@example.com', 'p{n}@example.com', now())"
        );
        client.batch_execute(&person).await.unwrap();
        client.batch_execute(&format!("SELECT identity.keep_password('{id}', '{PHC}', 0)")).await.unwrap();
    }
    (database, client)
}

/// After how many seconds there may be another try; `None`: this one was counted.
async fn tried(client: &Client, account: &str, address: &str, now: i64) -> Option<i32> {
    let statement = "SELECT retry_after FROM identity.try_login($1, $2, $3)";
    client.query_one(statement, &[&account, &address, &now]).await.unwrap().get(0)
}

/// Begins a session of the user, whose first refresh token is `token-<session>`.
async fn start(client: &Client, session: u32, user: u32, address: &str, phc: &str, now: i64) -> String {
    let digest: String = client
        .query_one("SELECT encode(sha256($1::text::bytea), 'hex')", &[&format!("token-{session}")])
        .await
        .unwrap()
        .get(0);
    let session = json!({
        "id": uuid(0x60, session), "user_id": uuid(0x40, user), "scopes": "", "phc": phc, "digest": digest,
        "expires_at": now + 30 * DAY,
    });
    let statement = "SELECT outcome FROM identity.start_session($1::text::jsonb, $2, $3, $4)";
    let parameters = (session.to_string(), format!("p{user}@example.com"));
    client.query_one(statement, &[&parameters.0, &parameters.1, &address, &now]).await.unwrap().get(0)
}

async fn refresh(client: &Client, token: &str, next: &str, now: i64) -> String {
    let statement = "SELECT outcome FROM identity.refresh_session(
                         sha256($1::text::bytea), sha256($2::text::bytea), $3, gen_random_uuid(), NULL)";
    client.query_one(statement, &[&token, &next, &now]).await.unwrap().get(0)
}

/// How many sessions each event told of that tells of ends, in order.
async fn told(database: &TestDatabase) -> Vec<i32> {
    let statement = "SELECT jsonb_array_length(data -> 'sids') FROM identity.outbox
                     WHERE type = 'tradepost.identity.sessions-ended.v1' ORDER BY position";
    let rows = database.connect().await.query(statement, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn tries_of_many_accounts_from_many_addresses_at_once_never_wait_in_a_circle() {
    let (database, _) = ground().await;
    let clients = join_all((0..24).map(|_| connect_as(database.url(), ROLE))).await;
    let tries = clients.iter().enumerate().map(async |(n, client)| {
        for round in 0..8 {
            let (account, address) = (format!("a{}@example.com", (n + round) % 3), format!("b{}", n % 4));
            // A statement that the server gave up for a deadlock would be an error.
            tried(client, &account, &address, 0).await;
        }
    });
    join_all(tries).await;
}

#[tokio::test]
async fn a_change_of_the_password_ends_a_session_that_begins_meanwhile() {
    let (database, client) = ground().await;
    let changer = connect_as(database.url(), ROLE).await;
    changer.batch_execute("BEGIN").await.unwrap();
    let change = format!(
        "SELECT identity.change_password('{}', '{PHC}', '{PHC}C', NULL, 0, gen_random_uuid(), NULL)",
        uuid(0x40, 1)
    );
    changer.batch_execute(&change).await.unwrap();
    let begins = start(&client, 1, 1, "a", PHC, 0);
    let observer = database.connect().await;
    let commits = async {
        crate::wait_until_blocked(&observer).await;
        changer.batch_execute("COMMIT").await.unwrap();
    };
    let (begun, ()) = tokio::join!(begins, commits);
    assert_eq!(begun, "changed");
    assert_eq!(number(&client, "SELECT count(*) FROM identity.sessions").await, 0);
}

#[tokio::test]
async fn an_exchange_may_come_again_until_what_it_gave_is_used() {
    let (database, client) = ground().await;
    start(&client, 1, 1, "a", PHC, 0).await;
    for now in [1, 2, DAY] {
        assert_eq!(refresh(&client, "token-1", "t2", now).await, "refreshed", "{now}");
    }
    assert_eq!(refresh(&client, "t2", "t3", DAY).await, "refreshed");
    assert_eq!(refresh(&client, "token-1", "t2", DAY).await, "reused");
    assert_eq!(told(&database).await, [1]);
}

#[tokio::test]
async fn a_token_that_nobody_has_used_for_two_weeks_is_good_for_nothing() {
    let (database, client) = ground().await;
    start(&client, 1, 1, "a", PHC, 0).await;
    start(&client, 2, 1, "a", PHC, 0).await;
    assert_eq!(refresh(&client, "token-1", "t1", 14 * DAY - 1).await, "refreshed");
    assert_eq!(refresh(&client, "token-2", "t2", 14 * DAY).await, "unknown");
    assert_eq!(refresh(&client, "t1", "t3", 28 * DAY - 2).await, "refreshed", "it was used meanwhile");
    assert!(told(&database).await.is_empty(), "nobody has done anything wrong");
}
