//! What somebody can do who may send the database whatever he likes, as a component could that was taken over.

use tokio_postgres::Client;
use tradepost_cluster::testing::TestDatabase;
use tradepost_migrations::{LOGIN, grant_login};

use crate::{MIGRATED, connect, refusal};

const PASSWORD: &str = "of-the-components";

/// The database's address for the components' login.
fn url(database: &TestDatabase) -> String {
    let (_, place) = database.url().split_once('@').unwrap();
    format!("postgres://{LOGIN}:{PASSWORD}@{place}")
}

async fn database() -> TestDatabase {
    let database = MIGRATED.fresh().await;
    let owner = database.connect().await;
    // Twice, as at every start.
    grant_login(&owner, PASSWORD).await.unwrap();
    grant_login(&owner, PASSWORD).await.unwrap();
    database
}

/// A connection of the components' login in a context's role.
async fn component(database: &TestDatabase, role: &str) -> Client {
    connect(&format!("{}?options=-c%20role%3D{role}", url(database))).await
}

async fn strings(client: &Client, query: &str) -> Vec<String> {
    client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

const TABLES: &str = "SELECT format('%I.%I', nspname, relname)
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm') AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' ORDER BY 1";

#[tokio::test]
async fn without_a_role_the_login_can_do_nothing() {
    let database = database().await;
    let (owner, client) = (database.connect().await, connect(&url(&database)).await);
    let tables = strings(&owner, TABLES).await;
    assert!(tables.len() > 20, "{tables:?}");
    for table in &tables {
        for statement in
            [format!("SELECT FROM {table}"), format!("DELETE FROM {table}"), format!("TRUNCATE {table}")]
        {
            assert_eq!(refusal(&client, &statement).await, "42501", "{statement}");
        }
    }
    let called = "SELECT count(*) FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
        WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public')
          AND has_schema_privilege($1, nspname, 'USAGE')";
    let callable: i64 = owner.query_one(called, &[&LOGIN]).await.unwrap().get(0);
    assert_eq!(callable, 0, "functions in reach");
}

#[tokio::test]
async fn each_role_is_refused_every_table_that_it_has_no_right_to() {
    let database = database().await;
    let owner = database.connect().await;
    let roles = strings(
        &owner,
        "SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'tradepost\\_%' AND NOT rolcanlogin",
    )
    .await;
    let tables = strings(&owner, TABLES).await;
    let (mut refused, mut allowed) = (0, 0);
    for role in &roles {
        let client = component(&database, role).await;
        let context = role.trim_start_matches("tradepost_").split('_').next().unwrap();
        for table in &tables {
            let schema = table.split('.').next().unwrap();
            for (right, statement) in [
                ("SELECT", format!("SELECT FROM {table} LIMIT 0")),
                ("DELETE", format!("DELETE FROM {table}")),
                ("INSERT", format!("INSERT INTO {table} DEFAULT VALUES")),
                ("TRUNCATE", format!("TRUNCATE {table}")),
            ] {
                let outcome = client.batch_execute(&format!("{statement} /* {role} */")).await;
                let code = outcome.err().and_then(|error| error.code().map(|code| code.code().to_owned()));
                // 42501: no right to it. 42809 and 55000: a view that cannot be written, whoever asks.
                if matches!(code.as_deref(), Some("42501" | "42809" | "55000")) {
                    refused += 1;
                    continue;
                }
                allowed += 1;
                // The ledger is a role of its own over tables of the payment context.
                let is_own = schema == context || context == "ledger" && schema == "payment";
                assert!(is_own && right != "TRUNCATE", "{role} may {statement}: {code:?}");
            }
        }
    }
    assert!(refused > 500 && allowed > 20, "{refused} refused, {allowed} not");
}

#[tokio::test]
async fn a_component_can_change_its_role_among_those_of_contexts_and_become_nothing_else() {
    let database = database().await;
    let client = component(&database, "tradepost_identity").await;
    let who = "SELECT current_user::text";
    assert_eq!(strings(&client, who).await, ["tradepost_identity"]);
    client.batch_execute("RESET ROLE").await.unwrap();
    assert_eq!(
        strings(&client, who).await,
        ["tradepost_identity"],
        "what it connected as is what it goes back to"
    );
    client.batch_execute("SET ROLE NONE").await.unwrap();
    assert_eq!(
        refusal(&client, "SELECT FROM identity.users").await,
        "42501",
        "the login itself has no right"
    );
    // One login for all components cannot tell them apart: the sandbox does, which lets a component send only what is
    // compiled into its adapter.
    client.batch_execute("SET ROLE tradepost_payment; SELECT FROM payment.payments").await.unwrap();
    let owner = database.connect().await;
    let superuser = strings(&owner, "SELECT current_user::text").await.remove(0);
    for statement in [
        &*format!("SET ROLE {superuser}"),
        &format!("SET SESSION AUTHORIZATION {superuser}"),
        "CREATE ROLE mine LOGIN",
        "ALTER ROLE components SUPERUSER",
        "GRANT tradepost_identity TO tradepost_payment",
        "CREATE DATABASE mine",
        "CREATE SCHEMA mine",
        "CREATE TABLE public.mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE EXTENSION dblink",
        "COPY payment.payments TO PROGRAM 'cat'",
        "COPY payment.payments TO '/tmp/payments'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_ls_dir('/')",
        "SELECT lo_import('/etc/passwd')",
        "ALTER SYSTEM SET log_statement = 'all'",
        "SET session_replication_role = replica",
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_reload_conf()",
        "DROP TABLE payment.payments",
        "ALTER TABLE payment.payments DISABLE TRIGGER ALL",
        "CREATE OR REPLACE FUNCTION payment.take_due() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ] {
        assert_eq!(refusal(&client, statement).await, "42501", "{statement}");
    }
}

#[tokio::test]
async fn the_logins_connections_end_what_is_left_lying() {
    let database = database().await;
    let client = component(&database, "tradepost_identity").await;
    for (setting, expected) in [("statement_timeout", "10s"), ("idle_in_transaction_session_timeout", "10s")]
    {
        assert_eq!(strings(&client, &format!("SELECT current_setting('{setting}')")).await, [expected]);
    }
    client.batch_execute("SET idle_in_transaction_session_timeout = '200ms'; BEGIN").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert!(client.batch_execute("SELECT 1").await.is_err(), "the connection is gone, and its locks with it");
}

#[tokio::test]
async fn the_login_reaches_no_other_database() {
    let (own, other) = (database().await, database().await);
    let reachable = connect(&url(&own)).await;
    drop(reachable);
    let owner = other.connect().await;
    owner
        .batch_execute(
            "DO $$ BEGIN EXECUTE format('REVOKE ALL ON DATABASE %I FROM components, PUBLIC', current_database()); END $$",
        )
        .await
        .unwrap();
    assert!(tokio_postgres::connect(&url(&other), tokio_postgres::NoTls).await.is_err());
}
