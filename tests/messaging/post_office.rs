//! The product's relay, with an actor that tests direct behind each of its consumers.

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use toml_edit::{DocumentMut, Item, value};
use tradepost_manifest::Manifest;
use tradepost_tests::{Application, Setup, guest, opened, repository};
use uuid::Uuid;

/// The consumers that subscribe to `product-created`, and the one that subscribes to `product-archived` too.
pub(crate) const VIEWS: &str = "catalog-product-views";
pub(crate) const OPENINGS: &str = "inventory-stock-openings";

const RELAY: &str = "messaging-relay";

/// What the actors write.
const TABLES: &str = "
    CREATE SCHEMA actors;
    CREATE TABLE actors.mood (mood text);
    CREATE TABLE actors.given (ordinal bigserial, consumer text, event_id uuid, partitionkey text, sequence bigint);
    CREATE TABLE actors.applied (ordinal bigserial, consumer text, event_id uuid, partitionkey text, sequence bigint,
                                 PRIMARY KEY (consumer, event_id));
    GRANT USAGE ON SCHEMA actors TO tradepost_platform;
    GRANT ALL ON ALL TABLES IN SCHEMA actors TO tradepost_platform;
    GRANT ALL ON ALL SEQUENCES IN SCHEMA actors TO tradepost_platform;";

/// A running application and its database.
pub(crate) struct PostOffice {
    pub(crate) app: Application,
    pub(crate) database: tokio_postgres::Client,
}

/// How often an event is tried here.
pub(crate) const ATTEMPTS: u32 = 3;

impl PostOffice {
    pub(crate) async fn open() -> Self {
        let (manifest, actor) = tokio::task::spawn_blocking(|| {
            (std::fs::read_to_string(repository().join("spin.toml")).unwrap(), guest("actor"))
        })
        .await
        .unwrap();
        let mut manifest = opened(&manifest);
        for consumer in [VIEWS, OPENINGS] {
            put_actor(&mut manifest, consumer, actor.to_str().unwrap());
        }
        let manifest = Manifest::parse(&manifest.to_string(), repository().join("spin.toml")).unwrap();
        let variables = [("relay_attempts", &*ATTEMPTS.to_string()), ("relay_backoff_milliseconds", "1")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let app = Application::with(Setup { manifest: Some(manifest), variables, ..Setup::default() }).await;
        let database = app.database().connect().await;
        database.batch_execute(TABLES).await.unwrap();
        Self { app, database }
    }

    /// Publishes events of a key, numbered on from `first`, each with what it tells the actors to do.
    pub(crate) async fn publish(&self, key: &str, first: i64, tellings: &[&str]) {
        for (sequence, telling) in (first..).zip(tellings) {
            publish(&self.database, key, sequence, telling, "tradepost.catalog.product-created.v1").await;
        }
    }

    /// Has the relay do a run; what it did.
    pub(crate) async fn relay(&self) -> Value {
        let answer = self.app.post(&format!("/private/{RELAY}")).send().await;
        assert!(matches!(answer.status, 200 | 202), "{answer:?}");
        if answer.status == 200 { answer.json() } else { json!(null) }
    }

    /// Has the relay run until no mailbox is due any more, now or later.
    pub(crate) async fn relay_to_rest(&self) {
        let begin = Instant::now();
        loop {
            self.relay().await;
            if self.waiting().await == 0 {
                return;
            }
            assert!(begin.elapsed() < Duration::from_mins(1), "the relay does not come to rest");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Mailboxes that will be given again by themselves.
    async fn waiting(&self) -> i64 {
        let waiting = "SELECT (SELECT count(*) FROM messaging.mailboxes WHERE due_at < 'infinity')
                              + (SELECT count(*) FROM messaging.outbox)";
        self.database.query_one(waiting, &[]).await.unwrap().get(0)
    }

    pub(crate) async fn mood(&self, mood: &str) {
        let statement =
            "WITH gone AS (DELETE FROM actors.mood) INSERT INTO actors.mood SELECT $1 WHERE $1 <> ''";
        self.database.execute(statement, &[&mood]).await.unwrap();
    }

    /// What a consumer's actors applied, in the order in which they did: `a1 b1 a2`.
    pub(crate) async fn applied(&self, consumer: &str) -> String {
        self.noted("applied", consumer).await
    }

    /// What a consumer's actors were given.
    pub(crate) async fn given(&self, consumer: &str) -> String {
        self.noted("given", consumer).await
    }

    async fn noted(&self, table: &str, consumer: &str) -> String {
        let rows = format!(
            "SELECT coalesce(string_agg(partitionkey || sequence, ' ' ORDER BY ordinal), '')
             FROM actors.{table} WHERE consumer = $1"
        );
        self.database.query_one(&rows, &[&consumer]).await.unwrap().get(0)
    }

    /// The dead letters of a consumer: key, attempts and error.
    pub(crate) async fn dead_letters(&self, consumer: &str) -> Vec<(String, i32, String)> {
        let statement = "SELECT partitionkey, attempts, error FROM messaging.dead_letters WHERE consumer = $1
                         ORDER BY partitionkey";
        let rows = self.database.query(statement, &[&consumer]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    }

    /// Has all that was set aside tried again.
    pub(crate) async fn replay_dead_letters(&self) {
        let statement =
            "SELECT count(*) FILTER (WHERE messaging.replay_dead_letter(id)) FROM messaging.dead_letters";
        self.database.execute(statement, &[]).await.unwrap();
    }
}

/// Publishes one event as a command would, in a transaction of its own.
pub(crate) async fn publish(
    database: &impl tokio_postgres::GenericClient,
    key: &str,
    sequence: i64,
    telling: &str,
    event_type: &str,
) {
    let data = json!({"do": telling}).to_string();
    let statement =
        "INSERT INTO messaging.outbox (id, source, type, subject, time, partitionkey, sequence, data)
                     VALUES ($1, '/ordering', $2, $3, now(), $3, $4, $5::text::jsonb)";
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&Uuid::now_v7(), &event_type, &key, &sequence, &data];
    database.execute(statement, &parameters).await.unwrap();
}

/// Puts an actor in the place of a consumer, with a route if the consumer has none.
fn put_actor(manifest: &mut DocumentMut, consumer: &str, wasm: &str) {
    let actor = format!(
        "source = {wasm:?}
         allowed_outbound_hosts = [\"postgres://{{{{ database_host }}}}\"]
         variables = {{ database_url = \"{{{{ database_url }}}}\", actor = {consumer:?} }}"
    );
    let actor: DocumentMut = actor.parse().unwrap();
    manifest["component"][consumer] = Item::Table(actor.as_table().clone());
    let triggers = manifest["trigger"]["http"].as_array_of_tables_mut().unwrap();
    if !triggers.iter().any(|trigger| trigger["component"].as_str() == Some(consumer)) {
        let mut trigger = toml_edit::Table::new();
        trigger["route"] = value(format!("/private/{consumer}"));
        trigger["component"] = value(consumer);
        triggers.push(trigger);
    }
    let hosts = manifest["component"][RELAY]["allowed_outbound_hosts"].as_array_mut().unwrap();
    let host = format!("http://{consumer}.spin.internal");
    if !hosts.iter().any(|other| other.as_str() == Some(&host)) {
        hosts.push(host);
    }
}
