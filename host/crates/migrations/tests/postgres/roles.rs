//! What each role may do: exactly what is listed here.

use std::collections::BTreeSet;

use crate::{MIGRATED, connect_as, refusal};

/// The roles without what their names begin with, in alphabetical order.
const ROLES: [&str; 16] = [
    "catalog",
    "catalog_reader",
    "catalog_search",
    "idempotency_expiry",
    "identity",
    "identity_reader",
    "inventory",
    "inventory_reader",
    "ledger_reader",
    "messaging",
    "messaging_reader",
    "notification",
    "ordering",
    "ordering_reader",
    "payment",
    "platform",
];

/// Every right of every role. A migration that grants something adds its line.
const RIGHTS: &[(&str, &str, &str)] = &[
    ("tradepost_catalog", "catalog", "USAGE"),
    ("tradepost_catalog", "catalog.add_products", "EXECUTE"),
    ("tradepost_catalog", "catalog.claim_idempotency_key", "EXECUTE"),
    ("tradepost_catalog", "catalog.expire_idempotency_keys", "EXECUTE"),
    ("tradepost_catalog", "catalog.idempotency_keys", "DELETE"),
    ("tradepost_catalog", "catalog.idempotency_keys", "INSERT"),
    ("tradepost_catalog", "catalog.idempotency_keys", "SELECT"),
    ("tradepost_catalog", "catalog.idempotency_keys", "UPDATE"),
    ("tradepost_catalog", "catalog.outbox", "INSERT"),
    ("tradepost_catalog", "catalog.release_idempotency_key", "EXECUTE"),
    ("tradepost_catalog", "catalog.text_of_categories", "EXECUTE"),
    ("tradepost_catalog", "catalog.write_product", "EXECUTE"),
    ("tradepost_catalog", "idempotency", "USAGE"),
    ("tradepost_catalog", "catalog.product_categories", "DELETE"),
    ("tradepost_catalog", "catalog.product_categories", "INSERT"),
    ("tradepost_catalog", "catalog.product_categories", "SELECT"),
    ("tradepost_catalog", "catalog.products", "INSERT"),
    ("tradepost_catalog", "catalog.products", "SELECT"),
    ("tradepost_catalog", "catalog.products", "UPDATE"),
    ("tradepost_catalog_reader", "catalog", "USAGE"),
    ("tradepost_catalog_reader", "catalog.price_list", "SELECT"),
    ("tradepost_catalog_search", "catalog", "USAGE"),
    ("tradepost_catalog_search", "catalog.list_products", "EXECUTE"),
    ("tradepost_catalog_search", "catalog.narrowed_by", "EXECUTE"),
    ("tradepost_catalog_search", "catalog.product_categories", "SELECT"),
    ("tradepost_catalog_search", "catalog.products", "SELECT"),
    ("tradepost_catalog_search", "catalog.search_products", "EXECUTE"),
    ("tradepost_idempotency_expiry", "catalog", "USAGE"),
    ("tradepost_idempotency_expiry", "catalog.expire_idempotency_keys", "EXECUTE"),
    ("tradepost_idempotency_expiry", "identity", "USAGE"),
    ("tradepost_idempotency_expiry", "identity.expire_idempotency_keys", "EXECUTE"),
    ("tradepost_idempotency_expiry", "inventory", "USAGE"),
    ("tradepost_idempotency_expiry", "inventory.expire_idempotency_keys", "EXECUTE"),
    ("tradepost_idempotency_expiry", "messaging", "USAGE"),
    ("tradepost_idempotency_expiry", "messaging.expire_idempotency_keys", "EXECUTE"),
    ("tradepost_idempotency_expiry", "ordering", "USAGE"),
    ("tradepost_idempotency_expiry", "ordering.expire_idempotency_keys", "EXECUTE"),
    ("tradepost_idempotency_expiry", "payment", "USAGE"),
    ("tradepost_idempotency_expiry", "payment.expire_idempotency_keys", "EXECUTE"),
    ("tradepost_identity", "idempotency", "USAGE"),
    ("tradepost_identity", "identity", "USAGE"),
    ("tradepost_identity", "identity.change_password", "EXECUTE"),
    ("tradepost_identity", "identity.credentials", "DELETE"),
    ("tradepost_identity", "identity.credentials", "INSERT"),
    ("tradepost_identity", "identity.credentials", "SELECT"),
    ("tradepost_identity", "identity.credentials", "UPDATE"),
    ("tradepost_identity", "identity.end_session", "EXECUTE"),
    ("tradepost_identity", "identity.end_sessions_of", "EXECUTE"),
    ("tradepost_identity", "identity.expire_sessions", "EXECUTE"),
    ("tradepost_identity", "identity.forget_sessions", "EXECUTE"),
    ("tradepost_identity", "identity.keep_password", "EXECUTE"),
    ("tradepost_identity", "identity.known_addresses", "DELETE"),
    ("tradepost_identity", "identity.known_addresses", "INSERT"),
    ("tradepost_identity", "identity.known_addresses", "SELECT"),
    ("tradepost_identity", "identity.known_addresses", "UPDATE"),
    ("tradepost_identity", "identity.login_buckets", "EXECUTE"),
    ("tradepost_identity", "identity.login_throttle", "DELETE"),
    ("tradepost_identity", "identity.login_throttle", "INSERT"),
    ("tradepost_identity", "identity.login_throttle", "SELECT"),
    ("tradepost_identity", "identity.login_throttle", "UPDATE"),
    ("tradepost_identity", "identity.login_wait", "EXECUTE"),
    ("tradepost_identity", "identity.long_ended_sessions", "EXECUTE"),
    ("tradepost_identity", "identity.moment", "EXECUTE"),
    ("tradepost_identity", "identity.refresh_session", "EXECUTE"),
    ("tradepost_identity", "identity.refresh_tokens", "DELETE"),
    ("tradepost_identity", "identity.refresh_tokens", "INSERT"),
    ("tradepost_identity", "identity.refresh_tokens", "SELECT"),
    ("tradepost_identity", "identity.refresh_tokens", "UPDATE"),
    ("tradepost_identity", "identity.rotate_signing_keys", "EXECUTE"),
    ("tradepost_identity", "identity.sessions", "DELETE"),
    ("tradepost_identity", "identity.sessions", "INSERT"),
    ("tradepost_identity", "identity.sessions", "SELECT"),
    ("tradepost_identity", "identity.sessions", "UPDATE"),
    ("tradepost_identity", "identity.signing_keys", "DELETE"),
    ("tradepost_identity", "identity.signing_keys", "INSERT"),
    ("tradepost_identity", "identity.signing_keys", "SELECT"),
    ("tradepost_identity", "identity.signing_keys", "UPDATE"),
    ("tradepost_identity", "identity.signing_seed", "EXECUTE"),
    ("tradepost_identity", "identity.start_session", "EXECUTE"),
    ("tradepost_identity", "identity.tell_ended", "EXECUTE"),
    ("tradepost_identity", "identity.try_login", "EXECUTE"),
    ("tradepost_identity", "identity.users", "INSERT"),
    ("tradepost_identity", "identity.users", "SELECT"),
    ("tradepost_identity", "identity.users", "UPDATE"),
    ("tradepost_identity", "identity.api_keys", "INSERT"),
    ("tradepost_identity", "identity.api_keys", "SELECT"),
    ("tradepost_identity", "identity.api_keys", "UPDATE"),
    ("tradepost_identity", "identity.claim_idempotency_key", "EXECUTE"),
    ("tradepost_identity", "identity.create_api_key", "EXECUTE"),
    ("tradepost_identity", "identity.erase_user", "EXECUTE"),
    ("tradepost_identity", "identity.expire_idempotency_keys", "EXECUTE"),
    ("tradepost_identity", "identity.fresh_uuid", "EXECUTE"),
    ("tradepost_identity", "identity.idempotency_keys", "DELETE"),
    ("tradepost_identity", "identity.idempotency_keys", "INSERT"),
    ("tradepost_identity", "identity.idempotency_keys", "SELECT"),
    ("tradepost_identity", "identity.idempotency_keys", "UPDATE"),
    ("tradepost_identity", "identity.bearer_of_token", "EXECUTE"),
    ("tradepost_identity", "identity.one_time_tokens", "DELETE"),
    ("tradepost_identity", "identity.one_time_tokens", "INSERT"),
    ("tradepost_identity", "identity.one_time_tokens", "SELECT"),
    ("tradepost_identity", "identity.one_time_tokens", "UPDATE"),
    ("tradepost_identity", "identity.reset_password", "EXECUTE"),
    ("tradepost_identity", "identity.send_token", "EXECUTE"),
    ("tradepost_identity", "identity.user_id_of", "EXECUTE"),
    ("tradepost_identity", "identity.verify_address", "EXECUTE"),
    ("tradepost_identity", "identity.outbox", "INSERT"),
    ("tradepost_identity", "identity.release_idempotency_key", "EXECUTE"),
    ("tradepost_identity", "identity.revoke_api_key", "EXECUTE"),
    ("tradepost_identity", "identity.revoke_api_keys_of", "EXECUTE"),
    ("tradepost_identity", "identity.tell", "EXECUTE"),
    ("tradepost_identity", "identity.tell_of_api_key", "EXECUTE"),
    ("tradepost_identity", "identity.time_of", "EXECUTE"),
    ("tradepost_identity", "identity.users", "INSERT"),
    ("tradepost_identity", "identity.users", "SELECT"),
    ("tradepost_identity", "identity.users", "UPDATE"),
    ("tradepost_identity", "identity.write_user", "EXECUTE"),
    ("tradepost_identity", "notification", "USAGE"),
    ("tradepost_identity", "notification.forget_messages", "EXECUTE"),
    ("tradepost_identity", "notification.leave_message", "EXECUTE"),
    ("tradepost_identity_reader", "identity", "USAGE"),
    ("tradepost_identity_reader", "identity.api_keys", "SELECT"),
    ("tradepost_identity_reader", "identity.list_api_keys", "EXECUTE"),
    ("tradepost_identity_reader", "identity.list_users", "EXECUTE"),
    ("tradepost_identity_reader", "identity.users", "SELECT"),
    ("tradepost_inventory", "idempotency", "USAGE"),
    ("tradepost_inventory", "inventory", "USAGE"),
    ("tradepost_inventory", "inventory.adjust_stock", "EXECUTE"),
    ("tradepost_inventory", "inventory.becomes_low", "EXECUTE"),
    ("tradepost_inventory", "inventory.claim_idempotency_key", "EXECUTE"),
    ("tradepost_inventory", "inventory.end_reservations", "EXECUTE"),
    ("tradepost_inventory", "inventory.expire_reservations", "EXECUTE"),
    ("tradepost_inventory", "inventory.expire_idempotency_keys", "EXECUTE"),
    ("tradepost_inventory", "inventory.idempotency_keys", "DELETE"),
    ("tradepost_inventory", "inventory.idempotency_keys", "INSERT"),
    ("tradepost_inventory", "inventory.idempotency_keys", "SELECT"),
    ("tradepost_inventory", "inventory.idempotency_keys", "UPDATE"),
    ("tradepost_inventory", "inventory.inbox", "INSERT"),
    ("tradepost_inventory", "inventory.inbox", "SELECT"),
    ("tradepost_inventory", "inventory.lock_stock_of", "EXECUTE"),
    ("tradepost_inventory", "inventory.movements", "INSERT"),
    ("tradepost_inventory", "inventory.movements", "SELECT"),
    ("tradepost_inventory", "inventory.open_stock", "EXECUTE"),
    ("tradepost_inventory", "inventory.outbox", "INSERT"),
    ("tradepost_inventory", "inventory.release_idempotency_key", "EXECUTE"),
    ("tradepost_inventory", "inventory.reservation_lines", "INSERT"),
    ("tradepost_inventory", "inventory.reservation_lines", "SELECT"),
    ("tradepost_inventory", "inventory.reservations", "INSERT"),
    ("tradepost_inventory", "inventory.reservations", "SELECT"),
    ("tradepost_inventory", "inventory.reservations", "UPDATE"),
    ("tradepost_inventory", "inventory.reserve_stock", "EXECUTE"),
    ("tradepost_inventory", "inventory.restock", "EXECUTE"),
    ("tradepost_inventory", "inventory.settle_reservations", "EXECUTE"),
    ("tradepost_inventory", "inventory.stock", "INSERT"),
    ("tradepost_inventory", "inventory.stock", "SELECT"),
    ("tradepost_inventory", "inventory.stock", "UPDATE"),
    ("tradepost_inventory_reader", "inventory", "USAGE"),
    ("tradepost_inventory_reader", "inventory.stock", "SELECT"),
    ("tradepost_ledger_reader", "payment", "USAGE"),
    ("tradepost_ledger_reader", "payment.ledger_balances", "SELECT"),
    ("tradepost_ledger_reader", "payment.ledger_transfers", "SELECT"),
    ("tradepost_messaging", "idempotency", "USAGE"),
    ("tradepost_messaging", "messaging", "USAGE"),
    ("tradepost_messaging", "messaging.dead_letters", "DELETE"),
    ("tradepost_messaging", "messaging.dead_letters", "INSERT"),
    ("tradepost_messaging", "messaging.dead_letters", "SELECT"),
    ("tradepost_messaging", "messaging.deliveries", "DELETE"),
    ("tradepost_messaging", "messaging.deliveries", "INSERT"),
    ("tradepost_messaging", "messaging.deliveries", "SELECT"),
    ("tradepost_messaging", "messaging.events", "INSERT"),
    ("tradepost_messaging", "messaging.events", "SELECT"),
    ("tradepost_messaging", "messaging.mailboxes", "DELETE"),
    ("tradepost_messaging", "messaging.mailboxes", "INSERT"),
    ("tradepost_messaging", "messaging.mailboxes", "SELECT"),
    ("tradepost_messaging", "messaging.mailboxes", "UPDATE"),
    ("tradepost_messaging", "messaging.claim_idempotency_key", "EXECUTE"),
    ("tradepost_messaging", "messaging.dispatch", "EXECUTE"),
    ("tradepost_messaging", "messaging.expire_idempotency_keys", "EXECUTE"),
    ("tradepost_messaging", "messaging.idempotency_keys", "DELETE"),
    ("tradepost_messaging", "messaging.idempotency_keys", "INSERT"),
    ("tradepost_messaging", "messaging.idempotency_keys", "SELECT"),
    ("tradepost_messaging", "messaging.idempotency_keys", "UPDATE"),
    ("tradepost_messaging", "messaging.lease", "EXECUTE"),
    ("tradepost_messaging", "messaging.mailbox_key", "EXECUTE"),
    ("tradepost_messaging", "messaging.put_into_mailboxes", "EXECUTE"),
    ("tradepost_messaging", "messaging.replay", "EXECUTE"),
    ("tradepost_messaging", "messaging.release_idempotency_key", "EXECUTE"),
    ("tradepost_messaging", "messaging.replay_dead_letter", "EXECUTE"),
    ("tradepost_messaging", "messaging.replay_dead_letter_under_key", "EXECUTE"),
    ("tradepost_messaging", "messaging.replay_under_key", "EXECUTE"),
    ("tradepost_messaging", "messaging.settle", "EXECUTE"),
    ("tradepost_messaging", "messaging.take", "EXECUTE"),
    ("tradepost_messaging", "messaging.outbox", "DELETE"),
    ("tradepost_messaging", "messaging.outbox", "SELECT"),
    ("tradepost_messaging_reader", "messaging", "USAGE"),
    ("tradepost_messaging_reader", "messaging.dead_letters", "SELECT"),
    ("tradepost_messaging_reader", "messaging.deliveries", "SELECT"),
    ("tradepost_messaging_reader", "messaging.events", "SELECT"),
    ("tradepost_messaging_reader", "messaging.mailboxes", "SELECT"),
    ("tradepost_notification", "notification", "USAGE"),
    ("tradepost_notification", "notification.forget_messages", "EXECUTE"),
    ("tradepost_notification", "notification.leave_message", "EXECUTE"),
    ("tradepost_notification", "notification.messages", "DELETE"),
    ("tradepost_notification", "notification.messages", "INSERT"),
    ("tradepost_notification", "notification.messages", "SELECT"),
    ("tradepost_notification", "notification.messages", "UPDATE"),
    ("tradepost_ordering", "idempotency", "USAGE"),
    ("tradepost_ordering", "ordering", "USAGE"),
    ("tradepost_ordering", "ordering.append_order_events", "EXECUTE"),
    ("tradepost_ordering", "ordering.claim_idempotency_key", "EXECUTE"),
    ("tradepost_ordering", "ordering.release_idempotency_key", "EXECUTE"),
    ("tradepost_ordering", "ordering.expire_idempotency_keys", "EXECUTE"),
    ("tradepost_ordering", "ordering.idempotency_keys", "DELETE"),
    ("tradepost_ordering", "ordering.idempotency_keys", "INSERT"),
    ("tradepost_ordering", "ordering.idempotency_keys", "SELECT"),
    ("tradepost_ordering", "ordering.idempotency_keys", "UPDATE"),
    ("tradepost_ordering", "ordering.order_events", "INSERT"),
    ("tradepost_ordering", "ordering.order_events", "SELECT"),
    ("tradepost_ordering", "ordering.orders", "INSERT"),
    ("tradepost_ordering", "ordering.orders", "SELECT"),
    ("tradepost_ordering", "ordering.orders", "UPDATE"),
    ("tradepost_ordering", "ordering.outbox", "INSERT"),
    ("tradepost_payment", "idempotency", "USAGE"),
    ("tradepost_payment", "payment", "USAGE"),
    ("tradepost_payment", "payment.append_all", "EXECUTE"),
    ("tradepost_payment", "payment.append_one", "EXECUTE"),
    ("tradepost_payment", "payment.claim_idempotency_key", "EXECUTE"),
    ("tradepost_payment", "payment.expire_idempotency_keys", "EXECUTE"),
    ("tradepost_payment", "payment.idempotency_keys", "DELETE"),
    ("tradepost_payment", "payment.idempotency_keys", "INSERT"),
    ("tradepost_payment", "payment.idempotency_keys", "SELECT"),
    ("tradepost_payment", "payment.idempotency_keys", "UPDATE"),
    ("tradepost_payment", "payment.ledger_transfers", "INSERT"),
    ("tradepost_payment", "payment.ledger_transfers", "SELECT"),
    ("tradepost_payment", "payment.load_all", "EXECUTE"),
    ("tradepost_payment", "payment.outbox", "INSERT"),
    ("tradepost_payment", "payment.payment_events", "INSERT"),
    ("tradepost_payment", "payment.payment_events", "SELECT"),
    ("tradepost_payment", "payment.payments", "INSERT"),
    ("tradepost_payment", "payment.payments", "SELECT"),
    ("tradepost_payment", "payment.payments", "UPDATE"),
    ("tradepost_payment", "payment.release_idempotency_key", "EXECUTE"),
    ("tradepost_payment", "payment.take_due", "EXECUTE"),
    ("tradepost_ordering_reader", "ordering", "USAGE"),
    ("tradepost_ordering_reader", "ordering.orders", "SELECT"),
];

/// Asks Postgres itself, so that what comes through PUBLIC or a membership counts too.
const ACTUAL_RIGHTS: &str = "
WITH role AS (
    SELECT oid, rolname FROM pg_roles WHERE rolname LIKE 'tradepost\\_%'
), place AS (
    SELECT oid, nspname FROM pg_namespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'public') AND nspname NOT LIKE 'pg\\_%'
)
SELECT rolname::text, nspname::text, privilege
FROM role, place, unnest(ARRAY['USAGE', 'CREATE']) AS privilege
WHERE has_schema_privilege(role.oid, place.oid, privilege)
UNION ALL
SELECT rolname, nspname || '.' || relname, privilege
FROM role, place JOIN pg_class ON relnamespace = place.oid,
     unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND has_table_privilege(role.oid, pg_class.oid, privilege)
UNION ALL
SELECT rolname, nspname || '.' || proname, 'EXECUTE'
FROM role, place JOIN pg_proc ON pronamespace = place.oid
WHERE has_function_privilege(role.oid, pg_proc.oid, 'EXECUTE')";

#[tokio::test]
async fn every_role_has_the_rights_listed_here_and_no_other() {
    let database = MIGRATED.fresh().await;
    let rows = database.connect().await.query(ACTUAL_RIGHTS, &[]).await.unwrap();
    let actual: BTreeSet<(String, String, String)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let expected =
        RIGHTS.iter().map(|(role, on, right)| (role.to_string(), on.to_string(), right.to_string()));
    assert_eq!(actual, expected.collect());
}

#[tokio::test]
async fn no_role_can_log_in_or_become_more_than_it_is() {
    let database = MIGRATED.fresh().await;
    let client = database.connect().await;
    let roles = client
        .query(
            "SELECT rolname::text, rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls
                    OR EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
             FROM pg_roles WHERE rolname LIKE 'tradepost\\_%' ORDER BY 1",
            &[],
        )
        .await
        .unwrap();
    let names: Vec<String> = roles.iter().map(|row| row.get(0)).collect();
    assert_eq!(names, ROLES.map(|name| format!("tradepost_{name}")));
    assert!(roles.iter().all(|row| !row.get::<_, bool>(1)), "{roles:?}");
}

#[tokio::test]
async fn a_context_is_refused_what_is_not_its_own() {
    let database = MIGRATED.fresh().await;
    for (role, statement) in [
        ("tradepost_identity", "SELECT FROM ordering.order_events"),
        ("tradepost_identity", "SELECT FROM catalog.price_list"),
        ("tradepost_identity", "DELETE FROM identity.users"),
        ("tradepost_identity", "SELECT FROM notification.messages"),
        ("tradepost_identity", "SELECT FROM identity.outbox"),
        ("tradepost_identity_reader", "UPDATE identity.users SET name = 'x'"),
        ("tradepost_identity_reader", "SELECT FROM identity.idempotency_keys"),
        ("tradepost_idempotency_expiry", "SELECT FROM catalog.idempotency_keys"),
        ("tradepost_idempotency_expiry", "DELETE FROM identity.idempotency_keys"),
        ("tradepost_catalog", "SELECT FROM identity.users"),
        ("tradepost_catalog", "SELECT FROM identity.credentials"),
        ("tradepost_messaging", "SELECT FROM identity.signing_keys"),
        ("tradepost_catalog_reader", "SELECT FROM catalog.products"),
        ("tradepost_catalog_reader", "UPDATE catalog.price_list SET unit_amount = 0"),
        ("tradepost_catalog", "DELETE FROM catalog.products"),
        ("tradepost_catalog", "SELECT FROM catalog.outbox"),
        ("tradepost_catalog_search", "UPDATE catalog.products SET active = true"),
        ("tradepost_ordering", "UPDATE ordering.order_events SET actor = 'x'"),
        ("tradepost_ordering", "DELETE FROM ordering.order_events"),
        ("tradepost_ordering", "TRUNCATE ordering.order_events"),
        ("tradepost_ordering", "SELECT FROM ordering.outbox"),
        ("tradepost_ordering", "DELETE FROM ordering.orders"),
        ("tradepost_ordering_reader", "SELECT FROM ordering.order_events"),
        ("tradepost_ordering_reader", "UPDATE ordering.orders SET status = 'placed'"),
        ("tradepost_ordering", "SELECT FROM catalog.products"),
        ("tradepost_ordering", "SELECT FROM tradepost_migrations.ordering"),
        ("tradepost_ordering", "CREATE TABLE ordering.mine (id int)"),
        ("tradepost_ordering", "CREATE TABLE public.mine (id int)"),
        ("tradepost_ordering", "CREATE SCHEMA mine"),
        ("tradepost_inventory", "DELETE FROM inventory.stock"),
        ("tradepost_inventory", "UPDATE inventory.movements SET reason = 'x'"),
        ("tradepost_inventory", "DELETE FROM inventory.movements"),
        ("tradepost_inventory", "UPDATE inventory.reservation_lines SET quantity = 1"),
        ("tradepost_inventory", "DELETE FROM inventory.reservations"),
        ("tradepost_inventory", "SELECT FROM catalog.products"),
        ("tradepost_inventory_reader", "UPDATE inventory.stock SET on_hand = 1"),
        ("tradepost_inventory_reader", "SELECT FROM inventory.movements"),
        ("tradepost_payment", "UPDATE payment.payment_events SET actor = 'x'"),
        ("tradepost_payment", "DELETE FROM payment.payment_events"),
        ("tradepost_payment", "DELETE FROM payment.payments"),
        ("tradepost_payment", "UPDATE payment.ledger_transfers SET amount = 1"),
        ("tradepost_payment", "DELETE FROM payment.ledger_transfers"),
        ("tradepost_payment", "TRUNCATE payment.ledger_transfers"),
        ("tradepost_payment", "ALTER TABLE payment.ledger_transfers DISABLE TRIGGER ALL"),
        ("tradepost_payment", "SET session_replication_role = replica"),
        ("tradepost_payment", "SELECT FROM ordering.order_events"),
        ("tradepost_ledger_reader", "SELECT FROM payment.payment_events"),
        ("tradepost_ledger_reader", "SELECT FROM payment.payments"),
        ("tradepost_platform", "SELECT FROM identity.users"),
        ("tradepost_platform", "SELECT FROM ordering.order_events"),
    ] {
        let client = connect_as(database.url(), role).await;
        assert_eq!(refusal(&client, statement).await, "42501", "{role}: {statement}");
    }
}

#[tokio::test]
async fn every_role_can_be_taken_on_connecting() {
    let database = MIGRATED.fresh().await;
    for role in ROLES {
        let client = connect_as(database.url(), &format!("tradepost_{role}")).await;
        let current: String = client.query_one("SELECT current_user::text", &[]).await.unwrap().get(0);
        assert_eq!(current, format!("tradepost_{role}"));
    }
}

#[tokio::test]
async fn the_price_list_shows_what_can_be_ordered() {
    let database = MIGRATED.fresh().await;
    let catalog = connect_as(database.url(), "tradepost_catalog").await;
    catalog
        .batch_execute(
            "INSERT INTO catalog.products (id, sku, name, price_amount, price_currency, active, created_at) VALUES
             (gen_random_uuid(), 'cup', 'Cup', 450, 'EUR', true, now()),
             (gen_random_uuid(), 'old', 'Old cup', 100, 'EUR', false, now()),
             (gen_random_uuid(), 'gone', 'Gone cup', 100, 'EUR', true, now());
             UPDATE catalog.products SET archived_at = now() WHERE sku = 'gone'",
        )
        .await
        .unwrap();
    let reader = connect_as(database.url(), "tradepost_catalog_reader").await;
    let wanted = ["cup", "old", "gone", "none"].as_slice();
    let rows = reader
        .query(
            "SELECT sku, name, unit_amount, currency FROM catalog.price_list WHERE sku = ANY($1)",
            &[&wanted],
        )
        .await
        .unwrap();
    let prices: Vec<(&str, &str, i64, &str)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    assert_eq!(prices, [("cup", "Cup", 450, "EUR")]);
}

#[tokio::test]
async fn the_tables_refuse_what_no_rule_should_have_let_through() {
    let database = MIGRATED.fresh().await;
    let identity = connect_as(database.url(), "tradepost_identity").await;
    let catalog = connect_as(database.url(), "tradepost_catalog").await;
    let user = |name: &str, key: &str| {
        format!(
            "INSERT INTO identity.users (id, name, email, email_key, created_at)
             VALUES (gen_random_uuid(), '{name}', 'a@b.example', '{key}', now())"
        )
    };
    identity.batch_execute(&user("Ann", "a@b.example")).await.unwrap();
    assert_eq!(refusal(&identity, &user("Ann", "a@b.example")).await, "23505");
    assert_eq!(refusal(&identity, &user("", "c@d.example")).await, "23514");
    let product = |sku: &str, amount: &str, currency: &str| {
        format!(
            "INSERT INTO catalog.products (id, sku, name, price_amount, price_currency, created_at)
             VALUES (gen_random_uuid(), '{sku}', 'Cup', {amount}, '{currency}', now())"
        )
    };
    catalog.batch_execute(&product("cup", "0", "EUR")).await.unwrap();
    for (statement, code) in [
        (product("cup", "1", "EUR"), "23505"),
        (product("mug", "-1", "EUR"), "23514"),
        (product("mug", "1", "eur"), "23514"),
        (product("mug", "1", "EURO"), "23514"),
        (product("", "1", "EUR"), "23514"),
    ] {
        assert_eq!(refusal(&catalog, &statement).await, code, "{statement}");
    }
}
