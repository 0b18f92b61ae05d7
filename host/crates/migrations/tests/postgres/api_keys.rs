//! The functions by which API keys are made, revoked and listed.

use serde_json::{Value, json};
use tokio_postgres::Client;
use tradepost_cluster::testing::TestDatabase;

use crate::append::uuid;
use crate::{MIGRATED, connect_as, number, wait_until_blocked};

async fn ground() -> (TestDatabase, Client) {
    let database = MIGRATED.fresh().await;
    let client = connect_as(database.url(), "tradepost_identity").await;
    (database, client)
}

fn key(n: u32, scopes: &str, owner: Option<u32>) -> Value {
    json!({
        "id": uuid(0x60, n), "subject": format!("key_{n}"), "name": format!("Key {n}"), "digest": format!("{n:064x}"),
        "scopes": scopes, "owner": owner.map(|n| uuid(0x40, n)), "created_by": "admin", "created_at": 0,
    })
}

async fn create(client: &Client, key: &Value) -> String {
    let statement =
        "SELECT outcome FROM identity.create_api_key($1::text::jsonb, gen_random_uuid(), NULL, NULL)";
    client.query_one(statement, &[&key.to_string()]).await.unwrap().get(0)
}

async fn revoke(client: &Client, n: u32) -> usize {
    let statement = "SELECT FROM identity.revoke_api_key($1::text::uuid, gen_random_uuid(), 0, NULL)";
    client.query(statement, &[&uuid(0x60, n)]).await.unwrap().len()
}

/// Registers a user, or gives him these scopes at his version.
async fn user(client: &Client, n: u32, version: i64, scopes: &str) -> String {
    let user = json!({
        "id": uuid(0x40, n), "name": "Ann", "email": "a@b.example", "email_key": format!("{n}@b.example"),
        "created_at": 0, "verified_at": null, "scopes": scopes,
    });
    client
        .query_one(
            "SELECT outcome FROM identity.write_user($1::text::jsonb, 'user_' || $3, $2,
                 jsonb_build_array(jsonb_build_object('id', gen_random_uuid(), 'type', 't', 'data', '{}'::jsonb,
                                                      'occurred_at', 0)), NULL, NULL)",
            &[&user.to_string(), &version, &n.to_string()],
        )
        .await
        .unwrap()
        .get(0)
}

/// What was told of keys: number, sequence and whether it is revoked.
async fn told(database: &TestDatabase) -> String {
    let told = "SELECT coalesce(string_agg(right(subject, 1) || sequence || left(data->>'revoked', 1), ' '
                                           ORDER BY position), '')
                FROM identity.outbox WHERE type LIKE '%api-key%'";
    database.connect().await.query_one(told, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_key_is_made_once_and_revoked_once_and_both_are_told() {
    let (database, client) = ground().await;
    for _ in 0..2 {
        assert_eq!(create(&client, &key(1, "orders:read stock:read", None)).await, "created");
    }
    assert_eq!((revoke(&client, 1).await, revoke(&client, 1).await, revoke(&client, 2).await), (1, 0, 0));
    assert_eq!(told(&database).await, "11f 12t");
    let data = "SELECT data::text FROM identity.outbox ORDER BY position LIMIT 1";
    let data: String = database.connect().await.query_one(data, &[]).await.unwrap().get(0);
    let expected = json!({
        "id": "key_1", "digest": format!("{:064x}", 1), "scopes": ["orders:read", "stock:read"], "revoked": false,
    });
    assert_eq!(serde_json::from_str::<Value>(&data).unwrap(), expected);
}

#[tokio::test]
async fn a_key_may_no_more_than_its_owner_and_ends_when_he_does() {
    let (database, client) = ground().await;
    assert_eq!(user(&client, 1, 0, "orders:read stock:read").await, "written");
    for (n, scopes, outcome) in [
        (1, "orders:read", "created"),
        (2, "stock:read", "created"),
        (3, "", "created"),
        (4, "operations", "not_owned"),
        (5, "orders:read operations", "not_owned"),
    ] {
        assert_eq!(create(&client, &key(n, scopes, Some(1))).await, outcome, "{scopes}");
    }
    assert_eq!(create(&client, &key(6, "", Some(9))).await, "not_owned", "there is no such user");
    create(&client, &key(7, "stock:read", None)).await;
    assert_eq!(user(&client, 1, 1, "orders:read").await, "written");
    assert_eq!(told(&database).await, "11f 21f 31f 71f 22t");
    let erase = "SELECT identity.erase_user($1::text::uuid, 'user_1', 2, $2::text::jsonb, NULL)";
    let event = json!({"id": uuid(0x50, 1), "type": "t", "data": {}, "occurred_at": 0}).to_string();
    client.query_one(erase, &[&uuid(0x40, 1), &event]).await.unwrap();
    let told = told(&database).await;
    assert!(["12t 32t", "32t 12t"].iter().any(|last| told.ends_with(last)), "{told}");
    assert_eq!(create(&client, &key(8, "", Some(1))).await, "not_owned", "he is erased");
    let observer = database.connect().await;
    let version_7 = "SELECT count(*) FROM identity.outbox
                     WHERE type LIKE '%api-key%' AND sequence = 2 AND id::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7'";
    assert_eq!(number(&observer, version_7).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_made_while_its_scope_is_taken_away_is_not_made() {
    let (database, first) = ground().await;
    let second = connect_as(database.url(), "tradepost_identity").await;
    user(&first, 1, 0, "orders:read").await;
    first.batch_execute("BEGIN").await.unwrap();
    user(&first, 1, 1, "").await;
    let made = tokio::spawn(async move { create(&second, &key(1, "orders:read", Some(1))).await });
    let observer = database.connect().await;
    wait_until_blocked(&observer).await;
    first.batch_execute("COMMIT").await.unwrap();
    assert_eq!(made.await.unwrap(), "not_owned");
}

#[tokio::test]
async fn keys_are_listed_from_the_newest_to_the_oldest_without_those_that_are_revoked() {
    let (database, client) = ground().await;
    for n in 1..=5 {
        create(&client, &key(n, "", None)).await;
    }
    revoke(&client, 3).await;
    let reader = connect_as(database.url(), "tradepost_identity_reader").await;
    let id = |n| format!("'{}'", uuid(0x60, n));
    for (arguments, expected) in [
        ("NULL, NULL, 10".to_owned(), "5421"),
        (format!("{}, NULL, 2", id(5)), "42"),
        (format!("NULL, {}, 2", id(2)), "45"),
        (format!("NULL, {}, 2", id(3)), "45"),
    ] {
        let rows = reader.query(&format!("SELECT name FROM identity.list_api_keys({arguments})"), &[]).await;
        let found: String =
            rows.unwrap().iter().map(|row| row.get::<_, String>(0).replace("Key ", "")).collect();
        assert_eq!(found, expected, "{arguments}");
    }
}
