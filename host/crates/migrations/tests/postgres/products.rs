//! The catalog's functions: how products are written, added by the hundred, listed and searched.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_postgres::Client;
use tradepost_migrations::{EMBEDDED, MigrationFile, migrate, migrate_files};

use crate::append::uuid;
use crate::{EMPTY, MIGRATED, connect_as, number, wait_until_blocked};

fn product(n: u32) -> Value {
    json!({
        "id": uuid(0x20, n), "sku": format!("sku-{n}"), "name": format!("Product {n}"), "description": null,
        "price_amount": 5, "price_currency": "USD", "categories": [], "attributes": {}, "active": true,
        "created_at": 0,
    })
}

fn events(numbers: &[u32]) -> Value {
    numbers.iter().map(|n| json!({"id": uuid(0x30, *n), "type": "t", "data": {}, "occurred_at": 0})).collect()
}

/// The outcome of writing `product` at `version`, archiving it or not, with these events.
async fn write(client: &Client, product: &Value, version: i64, archived: bool, numbers: &[u32]) -> String {
    let subject = format!("product_{}", product["id"].as_str().unwrap());
    client
        .query_one(
            "SELECT outcome FROM catalog.write_product($1::text::jsonb, $2, $3, $4, $5::text::jsonb, NULL, NULL)",
            &[&product.to_string(), &subject, &version, &archived, &events(numbers).to_string()],
        )
        .await
        .unwrap()
        .get(0)
}

/// What became of each addition.
async fn add(client: &Client, products: &[Value], first_event: u32) -> Vec<(String, String)> {
    let additions: Value = (first_event..)
        .zip(products)
        .map(|(n, product)| json!({"product": product, "subject": product["sku"], "event": events(&[n]).get(0)}))
        .collect();
    let rows = client
        .query(
            "SELECT outcome, id::text FROM catalog.add_products($1::text::jsonb, NULL)",
            &[&additions.to_string()],
        )
        .await
        .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn a_products_events_are_numbered_without_a_gap() {
    let database = MIGRATED.fresh().await;
    let client = connect_as(database.url(), "tradepost_catalog").await;
    assert_eq!(write(&client, &product(1), 0, false, &[1]).await, "written");
    assert_eq!(write(&client, &product(1), 1, false, &[2, 3]).await, "written");
    assert_eq!(write(&client, &product(1), 1, false, &[4]).await, "version_conflict");
    assert_eq!(write(&client, &product(1), 3, true, &[5]).await, "written");
    assert_eq!(write(&client, &product(1), 4, false, &[6]).await, "version_conflict", "it is archived");
    assert_eq!(write(&client, &product(2), 1, false, &[7]).await, "version_conflict", "it is not there");
    let observer = database.connect().await;
    let told: String = observer
        .query_one(
            "SELECT string_agg(sequence || ':' || right(id::text, 1), ' ' ORDER BY position) FROM catalog.outbox",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(told, "1:1 2:2 3:3 4:5");
}

#[tokio::test]
async fn a_sku_stays_taken_and_a_repeated_creation_is_the_same_one() {
    let database = MIGRATED.fresh().await;
    let client = connect_as(database.url(), "tradepost_catalog").await;
    assert_eq!(write(&client, &product(1), 0, false, &[1]).await, "written");
    assert_eq!(write(&client, &product(1), 0, false, &[1]).await, "written");
    let mut rival = product(2);
    rival["sku"] = json!("sku-1");
    assert_eq!(write(&client, &rival, 0, false, &[2]).await, "sku_taken");
    assert_eq!(write(&client, &product(1), 1, true, &[3]).await, "written");
    assert_eq!(write(&client, &rival, 0, false, &[4]).await, "sku_taken");
    let observer = database.connect().await;
    assert_eq!(number(&observer, "SELECT count(*) FROM catalog.outbox").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_edits_of_one_version_one_is_made() {
    let database = MIGRATED.fresh().await;
    let first = connect_as(database.url(), "tradepost_catalog").await;
    let second = connect_as(database.url(), "tradepost_catalog").await;
    write(&first, &product(1), 0, false, &[1]).await;
    first.batch_execute("BEGIN").await.unwrap();
    assert_eq!(write(&first, &product(1), 1, false, &[2]).await, "written");
    let loser = tokio::spawn(async move { write(&second, &product(1), 1, false, &[3]).await });
    let observer = database.connect().await;
    wait_until_blocked(&observer).await;
    first.batch_execute("COMMIT").await.unwrap();
    assert_eq!(loser.await.unwrap(), "version_conflict");
    assert_eq!(number(&observer, "SELECT count(*) FROM catalog.outbox").await, 2);
}

#[tokio::test]
async fn additions_are_created_unchanged_or_in_conflict() {
    let database = MIGRATED.fresh().await;
    let client = connect_as(database.url(), "tradepost_catalog").await;
    let mut twin = product(3);
    twin["sku"] = json!("sku-2");
    twin["name"] = json!("Product 2");
    let mut other = product(4);
    other["sku"] = json!("sku-2");
    let outcomes = add(&client, &[product(1), product(2), twin, other.clone()], 1).await;
    let expected = [("created", 1), ("created", 2), ("unchanged", 2), ("sku_taken", 2)];
    assert_eq!(outcomes, expected.map(|(outcome, n)| (outcome.to_owned(), uuid(0x20, n))));
    let observer = database.connect().await;
    assert_eq!(number(&observer, "SELECT count(*) FROM catalog.outbox").await, 2);

    assert_eq!(write(&client, &product(1), 1, true, &[9]).await, "written");
    let mut again = product(5);
    again["sku"] = json!("sku-1");
    again["name"] = json!("Product 1");
    assert_eq!(add(&client, &[again], 10).await[0].0, "sku_taken", "it is archived");
    assert_eq!(add(&client, &[], 11).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_add_the_same_products_wait_for_each_other_one_way_only() {
    let database = MIGRATED.fresh().await;
    let mut tasks = Vec::new();
    for round in 0..2_u32 {
        let client = connect_as(database.url(), "tradepost_catalog").await;
        tasks.push(tokio::spawn(async move {
            let mut created = 0;
            for batch in 0..20_u32 {
                let mut products: Vec<Value> = (batch * 50..batch * 50 + 50)
                    .map(|n| {
                        let mut product = product(n);
                        product["id"] = json!(uuid(0x20 + round, n));
                        product
                    })
                    .collect();
                if round == 1 {
                    products.reverse();
                }
                let outcomes = add(&client, &products, 10_000 * round + batch * 50).await;
                assert!(outcomes.iter().all(|(outcome, _)| outcome != "sku_taken"));
                created += outcomes.iter().filter(|(outcome, _)| outcome == "created").count();
            }
            created
        }));
    }
    let mut created = 0;
    for task in tasks {
        created += tokio::time::timeout(Duration::from_mins(1), task).await.unwrap().unwrap();
    }
    assert_eq!(created, 1_000);
}

/// What a list or a search with these arguments finds, by the last characters of the ids.
async fn find(client: &Client, function: &str, arguments: &str) -> String {
    let statement = format!(
        "SELECT coalesce(string_agg(right(id::text, 1), ''), '') FROM catalog.{function}({arguments})"
    );
    client.query_one(&statement, &[]).await.unwrap().get(0)
}

async fn shelf() -> (tradepost_cluster::testing::TestDatabase, Client) {
    let database = MIGRATED.fresh().await;
    let client = connect_as(database.url(), "tradepost_catalog").await;
    let mut products: Vec<Value> = (1..=5).map(product).collect();
    for (n, field, value) in [
        (1, "name", json!("Green teapot")),
        (2, "description", json!("Goes with every teapot.")),
        (3, "categories", json!(["Teapots", "new"])),
        (4, "active", json!(false)),
        (5, "name", json!("The Who")),
    ] {
        if let Some(product) = products.get_mut(n - 1) {
            product[field] = value;
        }
    }
    add(&client, &products, 1).await;
    let search = connect_as(database.url(), "tradepost_catalog_search").await;
    (database, search)
}

#[tokio::test]
async fn lists_are_newest_first_and_go_both_ways() {
    let (database, client) = shelf().await;
    let id = |n| format!("'{}'", uuid(0x20, n));
    let rows = [
        ("NULL, NULL, NULL, NULL, 10".to_owned(), "54321"),
        ("NULL, NULL, NULL, NULL, 2".to_owned(), "54"),
        (format!("NULL, NULL, {}, NULL, 2", id(4)), "32"),
        (format!("NULL, NULL, NULL, {}, 2", id(2)), "34"),
        ("NULL, true, NULL, NULL, 10".to_owned(), "5321"),
        ("NULL, false, NULL, NULL, 10".to_owned(), "4"),
        ("'new', NULL, NULL, NULL, 10".to_owned(), "3"),
        ("'New', NULL, NULL, NULL, 10".to_owned(), ""),
        ("'new', false, NULL, NULL, 10".to_owned(), ""),
        ("''' OR true --', NULL, NULL, NULL, 10".to_owned(), ""),
    ];
    for (arguments, expected) in rows {
        assert_eq!(find(&client, "list_products", &arguments).await, expected, "{arguments}");
    }
    database.connect().await.execute("UPDATE catalog.products SET archived_at = now()", &[]).await.unwrap();
    assert_eq!(find(&client, "list_products", "NULL, NULL, NULL, NULL, 10").await, "");
    assert_eq!(find(&client, "search_products", "'teapot', NULL, NULL, NULL, NULL, 10").await, "");
}

#[tokio::test]
async fn a_categorys_list_follows_every_edit() {
    let (database, search) = shelf().await;
    let client = connect_as(database.url(), "tradepost_catalog").await;
    let lists = async || {
        let mut lists = String::new();
        for arguments in ["'a', NULL", "'a', true", "'a', false", "'b', NULL"] {
            lists += &find(&search, "list_products", &format!("{arguments}, NULL, NULL, 10")).await;
            lists.push(' ');
        }
        lists
    };
    assert_eq!(lists().await, "    ");
    for (version, categories, active, archived, expected) in [
        (1, json!(["a", "a"]), true, false, "1 1   "),
        (2, json!(["b", "a"]), true, false, "1 1  1 "),
        (3, json!(["b", "a"]), false, false, "1  1 1 "),
        (4, json!(["b"]), true, false, "   1 "),
        (5, json!(["b", "a"]), true, true, "    "),
    ] {
        let mut product = product(1);
        product["categories"] = categories;
        product["active"] = json!(active);
        let event = 100 + u32::try_from(version).unwrap();
        assert_eq!(write(&client, &product, version, archived, &[event]).await, "written");
        assert_eq!(lists().await, expected, "version {version}");
    }
}

#[tokio::test]
async fn a_page_of_a_list_is_read_through_an_index_wherever_it_is() {
    let database = MIGRATED.fresh().await;
    let client = database.connect().await;
    client
        .batch_execute(
            "INSERT INTO catalog.products
                 (id, sku, name, price_amount, price_currency, categories, active, created_at)
             SELECT (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid, 'sku-' || n, 'Product', 1,
                    'USD', CASE WHEN n < 6000 THEN '{old}' ELSE '{new}' END::text[], n > 100, now()
             FROM generate_series(1, 60000) AS n;
             ANALYZE catalog.products;
             ANALYZE catalog.product_categories",
        )
        .await
        .unwrap();
    let middle = "'00001000-0000-7000-8000-000000000000'";
    for arguments in [
        "NULL, NULL, NULL, NULL".to_owned(),
        format!("NULL, NULL, {middle}, NULL"),
        format!("NULL, true, NULL, {middle}"),
        "NULL, false, NULL, NULL".to_owned(),
        "'old', NULL, NULL, NULL".to_owned(),
        "'old', true, NULL, NULL".to_owned(),
        format!("'new', NULL, {middle}, NULL"),
        "'none', NULL, NULL, NULL".to_owned(),
    ] {
        // What a page costs is what it reads: at most a few buffers for each of 20 products.
        let explained = client
            .query(
                &format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) SELECT * FROM catalog.list_products({arguments}, 20)"),
                &[],
            )
            .await
            .unwrap();
        let plan: Vec<String> = explained.iter().map(|row| row.get(0)).collect();
        let hits = plan.iter().find_map(|line| line.trim().strip_prefix("Buffers: shared hit=")).unwrap();
        let hits: u32 = hits.split(' ').next().unwrap().parse().unwrap();
        assert!(hits < 400, "{arguments}: {plan:#?}");
    }
}

#[tokio::test]
async fn searches_find_stems_and_rank_names_before_categories_before_descriptions() {
    let (_database, client) = shelf().await;
    let id = |n| format!("'{}'", uuid(0x20, n));
    let rows = [
        ("'teapots', NULL, NULL, NULL, NULL, 10".to_owned(), "132"),
        ("'teapots -green', NULL, NULL, NULL, NULL, 10".to_owned(), "32"),
        ("'teapots -goes', NULL, NULL, NULL, NULL, 10".to_owned(), "13"),
        ("'-teapot', NULL, NULL, NULL, NULL, 10".to_owned(), "54"),
        ("'\"green teapot\"', NULL, NULL, NULL, NULL, 10".to_owned(), "1"),
        ("'sku-4', NULL, NULL, NULL, NULL, 10".to_owned(), "4"),
        ("'sku-4', NULL, true, NULL, NULL, 10".to_owned(), ""),
        ("'teapot', 'new', NULL, NULL, NULL, 10".to_owned(), "3"),
        ("'the who', NULL, NULL, NULL, NULL, 10".to_owned(), "5"),
        ("'product', NULL, NULL, NULL, NULL, 10".to_owned(), "432"),
        ("'!!! & | <-> (', NULL, NULL, NULL, NULL, 10".to_owned(), ""),
        (format!("'teapots', NULL, NULL, {}, NULL, 10", id(1)), "32"),
        (format!("'teapots', NULL, NULL, {}, NULL, 1", id(3)), "2"),
        (format!("'teapots', NULL, NULL, NULL, {}, 10", id(2)), "31"),
        (format!("'product', NULL, NULL, {}, NULL, 1", id(4)), "3"),
        (format!("'teapots', NULL, NULL, {}, NULL, 10", id(99)), ""),
    ];
    for (arguments, expected) in rows {
        assert_eq!(find(&client, "search_products", &arguments).await, expected, "{arguments}");
    }
}

#[tokio::test]
async fn products_that_are_older_than_their_events_tell_of_themselves() {
    let is_older = |file: &&MigrationFile| file.context != "catalog" || file.file.starts_with("0001");
    let older: Vec<MigrationFile> = EMBEDDED.iter().filter(is_older).copied().collect();
    let database = EMPTY.fresh().await;
    let mut client = database.connect().await;
    migrate_files(&mut client, &older, |_| {}).await.unwrap();
    client
        .batch_execute(
            "INSERT INTO catalog.products
                 (id, sku, name, price_amount, price_currency, categories, attributes, created_at)
             VALUES ('01890a5d-ac96-774b-bcce-b302099a8057', 'tea-1', 'Tea', 5, 'USD', '{a,b}', '{\"x\": \"y\"}',
                     '2026-11-22T12:00:00.5Z')",
        )
        .await
        .unwrap();
    migrate(&mut client, |_| {}).await.unwrap();
    let row = client
        .query_one("SELECT subject, sequence, type, data::text FROM catalog.outbox", &[])
        .await
        .unwrap();
    let (subject, sequence, event_type): (&str, i64, &str) = (row.get(0), row.get(1), row.get(2));
    assert_eq!((subject, sequence), ("product_01h455vb4pex5vsknk084sn02q", 1));
    assert_eq!(event_type, "tradepost.catalog.product-created.v1");
    assert_eq!(
        serde_json::from_str::<Value>(row.get(3)).unwrap(),
        json!({
            "id": subject, "sku": "tea-1", "name": "Tea", "description": null,
            "price": {"amount": 5, "currency": "USD"}, "categories": ["a", "b"], "attributes": {"x": "y"},
            "active": true, "created_at": "2026-11-22T12:00:00.500000Z", "version": 1,
        })
    );
}
