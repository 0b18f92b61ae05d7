//! The identity context's functions: how users are written, erased and looked up.

use serde_json::{Value, json};
use tokio_postgres::Client;
use tradepost_cluster::testing::TestDatabase;
use tradepost_migrations::{EMBEDDED, MigrationFile, migrate, migrate_files};

use crate::append::uuid;
use crate::{EMPTY, MIGRATED, connect_as, number, refusal, wait_until_blocked};

fn user(n: u32) -> Value {
    json!({
        "id": uuid(0x40, n), "name": format!("Person {n}"), "email": format!("p{n}@Example.com"),
        "email_key": format!("p{n}@example.com"), "created_at": 0, "verified_at": null, "scopes": "",
    })
}

fn subject(user: &Value) -> String {
    format!("user_{}", user["id"].as_str().unwrap())
}

fn event(n: u32) -> Value {
    json!({"id": uuid(0x50, n), "type": "t", "data": {}, "occurred_at": 0})
}

/// The outcome of writing `user` at `version`, under an idempotency key or none.
async fn write(client: &Client, user: &Value, version: i64, events: &[u32], key: Option<&str>) -> String {
    let path = if version == 0 { "/users".to_owned() } else { format!("/users/{}", subject(user)) };
    let location = (version == 0).then(|| format!("/users/{}", subject(user)));
    let events: Value = events.iter().map(|n| event(*n)).collect();
    client
        .query_one(
            "SELECT outcome FROM identity.write_user($1::text::jsonb, $2, $3, $4::text::jsonb, NULL,
                 ROW('p', 'POST', $5::text, $6::text, sha256('x'), 200, $7::text, 'body', 4102444800000000)
                     ::idempotency.kept_answer)",
            &[&user.to_string(), &subject(user), &version, &events.to_string(), &path, &key, &location],
        )
        .await
        .unwrap()
        .get(0)
}

async fn erase(client: &Client, user: &Value, version: i64, n: u32) -> String {
    client
        .query_one(
            "SELECT identity.erase_user($1::text::uuid, $2, $3, $4::text::jsonb, NULL)",
            &[&user["id"].as_str().unwrap(), &subject(user), &version, &event(n).to_string()],
        )
        .await
        .unwrap()
        .get(0)
}

async fn ground() -> (TestDatabase, Client) {
    let database = MIGRATED.fresh().await;
    let client = connect_as(database.url(), "tradepost_identity").await;
    (database, client)
}

#[tokio::test]
async fn a_users_events_are_numbered_without_a_gap_and_a_stale_edit_writes_nothing() {
    let (database, client) = ground().await;
    assert_eq!(write(&client, &user(1), 0, &[1], None).await, "written");
    assert_eq!(write(&client, &user(1), 0, &[1], None).await, "written", "the call's own first run");
    assert_eq!(write(&client, &user(1), 1, &[2, 3], None).await, "written");
    assert_eq!(write(&client, &user(1), 1, &[4], None).await, "version_conflict");
    assert_eq!(write(&client, &user(2), 1, &[5], None).await, "version_conflict", "it is not there");
    assert_eq!(erase(&client, &user(1), 2, 6).await, "version_conflict");
    assert_eq!(erase(&client, &user(1), 3, 6).await, "erased");
    assert_eq!(erase(&client, &user(1), 3, 6).await, "erased", "the call's own first run");
    assert_eq!(write(&client, &user(1), 4, &[7], None).await, "version_conflict", "it is erased");
    let told = "SELECT string_agg(sequence || ':' || right(id::text, 1), ' ' ORDER BY position) FROM identity.outbox";
    let told: String = database.connect().await.query_one(told, &[]).await.unwrap().get(0);
    assert_eq!(told, "1:1 2:2 3:3 4:6");
}

#[tokio::test]
async fn an_address_is_one_users_and_free_when_he_is_erased() {
    let (database, client) = ground().await;
    let rival = json!({"email_key": "p1@example.com"});
    let taking = |n: u32| {
        let mut user = user(n);
        user["email_key"] = rival["email_key"].clone();
        user
    };
    assert_eq!(write(&client, &user(1), 0, &[1], None).await, "written");
    assert_eq!(write(&client, &taking(2), 0, &[2], Some("k")).await, "email_taken");
    assert_eq!(write(&client, &user(2), 0, &[2], Some("k")).await, "written", "the key was given back");
    assert_eq!(write(&client, &taking(2), 1, &[3], Some("k")).await, "email_taken");
    assert_eq!(write(&client, &user(2), 1, &[3], Some("k")).await, "written", "the key was given back");
    assert_eq!(erase(&client, &user(1), 1, 4).await, "erased");
    assert_eq!(write(&client, &taking(2), 2, &[5], None).await, "written");
    let observer = database.connect().await;
    assert_eq!(number(&observer, "SELECT count(*) FROM identity.outbox").await, 5);
}

#[tokio::test]
async fn erasing_leaves_an_id_and_nothing_that_tells_who_it_was() {
    let (database, client) = ground().await;
    let mut ann = user(1);
    ann["name"] = json!("Ann Unmistakable");
    ann["email"] = json!("unmistakable@example.com");
    ann["scopes"] = json!("orders:read");
    write(&client, &ann, 0, &[1], Some("register")).await;
    write(&client, &ann, 1, &[2], Some("edit")).await;
    write(&client, &user(2), 0, &[3], Some("another")).await;
    client
        .execute(
            "SELECT notification.leave_message(gen_random_uuid(), $1, 'unmistakable@example.com', 't', '{}')",
            &[&subject(&ann)],
        )
        .await
        .unwrap();
    assert_eq!(erase(&client, &ann, 2, 4).await, "erased");

    let observer = database.connect().await;
    let row = observer
        .query_one("SELECT row_to_json(person)::text FROM identity.users AS person WHERE version = 3", &[])
        .await
        .unwrap();
    let row: Value = serde_json::from_str(row.get(0)).unwrap();
    assert_eq!((&row["id"], &row["scopes"], &row["words"]), (&ann["id"], &json!(""), &json!("")));
    let kept = "SELECT count(*) FROM identity.idempotency_keys";
    assert_eq!(number(&observer, kept).await, 1, "the other user's");
    // Whatever table it might be in, of whatever context.
    let tables = observer
        .query(
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables
             WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
            &[],
        )
        .await
        .unwrap();
    assert!(tables.len() > 20);
    for table in tables {
        let table: &str = table.get(0);
        let telling = format!("SELECT count(*) FROM {table} AS t WHERE t::text ILIKE '%unmistakable%'");
        assert_eq!(number(&observer, &telling).await, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_edit_and_an_erasure_of_one_version_one_happens() {
    let (database, first) = ground().await;
    let second = connect_as(database.url(), "tradepost_identity").await;
    write(&first, &user(1), 0, &[1], None).await;
    first.batch_execute("BEGIN").await.unwrap();
    assert_eq!(erase(&first, &user(1), 1, 2).await, "erased");
    let loser = tokio::spawn(async move { write(&second, &user(1), 1, &[3], Some("k")).await });
    let observer = database.connect().await;
    wait_until_blocked(&observer).await;
    first.batch_execute("COMMIT").await.unwrap();
    assert_eq!(loser.await.unwrap(), "version_conflict");
    assert_eq!(number(&observer, "SELECT count(*) FROM identity.idempotency_keys").await, 0);
}

#[tokio::test]
async fn a_user_is_erased_whole_or_not_at_all() {
    let (database, client) = ground().await;
    write(&client, &user(1), 0, &[1], None).await;
    let owner = database.connect().await;
    for half in [
        "erased_at = now()",
        "erased_at = now(), name = NULL, email = NULL, email_key = NULL, scopes = 'operations'",
        "name = NULL",
        "email_key = NULL",
    ] {
        assert_eq!(refusal(&owner, &format!("UPDATE identity.users SET {half}")).await, "23514", "{half}");
    }
}

#[tokio::test]
async fn what_is_taken_from_a_user_ends_his_sessions_and_what_is_given_does_not() {
    let (database, client) = ground().await;
    let with = |scopes: &str| {
        let mut user = user(1);
        user["scopes"] = json!(scopes);
        user
    };
    write(&client, &with("orders:read"), 0, &[1], None).await;
    let observer = database.connect().await;
    let session = "INSERT INTO identity.sessions (id, user_id, created_at, expires_at)
                   SELECT gen_random_uuid(), id, now(), now() + interval '1 day' FROM identity.users";
    observer.execute(session, &[]).await.unwrap();
    let live = "SELECT count(*) FROM identity.sessions WHERE ended_at IS NULL";
    for (version, scopes, expected) in [(1, "orders:read stock:read", 1), (2, "orders:read", 0)] {
        assert_eq!(write(&client, &with(scopes), version, &[9], None).await, "written");
        assert_eq!(number(&observer, live).await, expected, "{scopes}");
    }
    let told = "SELECT count(*) FROM identity.outbox WHERE type = 'tradepost.identity.sessions-ended.v1'";
    assert_eq!(number(&observer, told).await, 1);
}

/// The last digits of the ids of the users found, in their order.
async fn find(client: &Client, arguments: &str) -> String {
    let rows = client
        .query(&format!("SELECT right(id::text, 1) FROM identity.list_users({arguments})"), &[])
        .await
        .unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect()
}

#[tokio::test]
async fn users_are_found_by_how_their_words_begin_newest_first() {
    let (database, client) = ground().await;
    let people = [
        ("Ada Lovelace", "ada.lovelace@mail.example.com"),
        ("Zoë Ångström", "zoe+shop@example.org"),
        ("O'Brien \\ 'x' & !y", "ob@example.com"),
        ("Ada Gone", "gone@example.com"),
        ("李", "li@例子.公司"),
    ];
    for (n, (name, email)) in (1..).zip(people) {
        let mut user = user(n);
        user["name"] = json!(name);
        user["email"] = json!(email);
        assert_eq!(write(&client, &user, 0, &[n], None).await, "written");
    }
    assert_eq!(erase(&client, &user(4), 1, 9).await, "erased");
    let reader = connect_as(database.url(), "tradepost_identity_reader").await;
    let id = |n| format!("'{}'", uuid(0x40, n));
    for (arguments, expected) in [
        ("NULL, NULL, NULL, NULL, 10".to_owned(), "5321"),
        ("NULL, NULL, NULL, NULL, 2".to_owned(), "53"),
        (format!("NULL, NULL, {}, NULL, 2", id(3)), "21"),
        (format!("NULL, NULL, NULL, {}, 2", id(1)), "23"),
        ("'ADA', NULL, NULL, NULL, 10".to_owned(), "1"),
        ("'lov ad', NULL, NULL, NULL, 10".to_owned(), "1"),
        ("'ada@mail', NULL, NULL, NULL, 10".to_owned(), "1"),
        ("'example', NULL, NULL, NULL, 10".to_owned(), "321"),
        ("'elace', NULL, NULL, NULL, 10".to_owned(), ""),
        ("'ång', NULL, NULL, NULL, 10".to_owned(), "2"),
        ("'zoe+shop@example.org', NULL, NULL, NULL, 10".to_owned(), "2"),
        ("'o''brien', NULL, NULL, NULL, 10".to_owned(), "3"),
        ("'\\ ''x'' & !y | z:* <->', NULL, NULL, NULL, 10".to_owned(), ""),
        ("'!! & | ''', NULL, NULL, NULL, 10".to_owned(), ""),
        ("'李', NULL, NULL, NULL, 10".to_owned(), "5"),
        ("NULL, 'p3@example.com', NULL, NULL, 10".to_owned(), "3"),
        ("NULL, 'p4@example.com', NULL, NULL, 10".to_owned(), ""),
        ("'ada', 'p3@example.com', NULL, NULL, 10".to_owned(), ""),
    ] {
        assert_eq!(find(&reader, &arguments).await, expected, "{arguments}");
    }
}

#[tokio::test]
async fn a_page_of_users_costs_what_it_shows() {
    let (database, _) = ground().await;
    let client = database.connect().await;
    client
        .batch_execute(
            "INSERT INTO identity.users (id, name, email, email_key, created_at)
             SELECT (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid,
                    CASE WHEN n % 20000 = 0 THEN 'Rare' ELSE 'Frequent' END, 'p' || n || '@example.com',
                    'p' || n || '@example.com', now()
             FROM generate_series(1, 40000) AS n",
        )
        .await
        .unwrap();
    client.batch_execute("VACUUM ANALYZE identity.users").await.unwrap();
    let middle = "'00001000-0000-7000-8000-000000000000'";
    for arguments in [
        "NULL, NULL, NULL, NULL".to_owned(),
        format!("NULL, NULL, {middle}, NULL"),
        format!("NULL, NULL, NULL, {middle}"),
        "NULL, 'p77@example.com', NULL, NULL".to_owned(),
        "'rare', NULL, NULL, NULL".to_owned(),
        "'freq', NULL, NULL, NULL".to_owned(),
    ] {
        let explain = format!(
            "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) SELECT * FROM identity.list_users({arguments}, 20)"
        );
        let plan: Vec<String> =
            client.query(&explain, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
        let hits = plan.iter().find_map(|line| line.trim().strip_prefix("Buffers: shared hit=")).unwrap();
        let hits: u32 = hits.split(' ').next().unwrap().parse().unwrap();
        assert!(hits < 400, "{arguments}: {plan:#?}");
    }
}

#[tokio::test]
async fn users_that_are_older_than_their_events_tell_of_themselves() {
    let is_older = |file: &&MigrationFile| {
        !["identity", "notification"].contains(&file.context)
            || (file.context, &file.file[..4]) == ("identity", "0001")
    };
    let older: Vec<MigrationFile> = EMBEDDED.iter().filter(is_older).copied().collect();
    let database = EMPTY.fresh().await;
    let mut client = database.connect().await;
    migrate_files(&mut client, &older, |_| {}).await.unwrap();
    client
        .batch_execute(
            "INSERT INTO identity.users (id, name, email, email_key, created_at)
             VALUES ('01890a5d-ac96-774b-bcce-b302099a8057', 'Ann', 'a@b.example', 'a@b.example',
                     '2026-11-22T12:00:00.5Z')",
        )
        .await
        .unwrap();
    migrate(&mut client, |_| {}).await.unwrap();
    let row = client
        .query_one("SELECT subject, sequence, type, data::text FROM identity.outbox", &[])
        .await
        .unwrap();
    let (subject, sequence, event_type): (&str, i64, &str) = (row.get(0), row.get(1), row.get(2));
    assert_eq!((subject, sequence), ("user_01h455vb4pex5vsknk084sn02q", 1));
    assert_eq!(event_type, "tradepost.identity.user-registered.v1");
    let expected = json!({
        "id": subject, "scopes": [], "verified": false, "created_at": "2026-11-22T12:00:00.500000Z", "version": 1,
    });
    assert_eq!(serde_json::from_str::<Value>(row.get(3)).unwrap(), expected);
}
