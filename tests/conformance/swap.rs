//! Another adapter is plugged in by one line of the manifest: users move from Postgres to the key-value store.

use serde_json::json;
use std::collections::BTreeSet;
use toml_edit::{DocumentMut, Item, Value};
use tradepost_manifest::Manifest;
use tradepost_tests::{Answer, Application, Setup, guest, repository};

const PORT: &str = "tradepost:identity/user-directory@0.1.0";
const OTHER_ADAPTER: &str = "user-directory-key-value";

fn text() -> String {
    std::fs::read_to_string(repository().join("spin.toml")).unwrap()
}

/// The manifest with the other adapter behind the port, wherever the port is used.
fn swapped() -> DocumentMut {
    let mut manifest: DocumentMut = text().parse().unwrap();
    for component in ["identity-users", "identity-user"] {
        let component = &mut manifest["component"][component];
        // The one line.
        let mut plug = toml_edit::InlineTable::new();
        plug.insert(
            "path",
            format!("target/wasm32-wasip2/component/{}.wasm", OTHER_ADAPTER.replace('-', "_")).into(),
        );
        plug.insert("inherit_configuration", Value::from_iter(["key_value_stores"]));
        component["dependencies"][PORT] = Item::Value(plug.into());
        // Its grants in place of the other's.
        component["key_value_stores"] = Item::Value(Value::from_iter(["default"]));
        component.as_table_mut().unwrap().remove("allowed_outbound_hosts").unwrap();
        component["variables"].as_inline_table_mut().unwrap().remove("database_url").unwrap();
    }
    manifest
}

/// The lines of a manifest, each under the name of its component.
fn lines(manifest: &str) -> BTreeSet<(String, String)> {
    let mut component = "";
    let mut lines = BTreeSet::new();
    for line in manifest.lines() {
        if let Some(header) = line.strip_prefix("[component.") {
            component = header.split(['.', ']']).next().unwrap();
        }
        // toml_edit spells arrays and tables in its own way, with other spaces.
        lines.insert((component.to_owned(), line.split_whitespace().collect()));
    }
    lines
}

#[test]
fn what_changes_is_one_dependency_line_and_the_grants_that_it_inherits() {
    let (before, after) = (lines(&text()), lines(&swapped().to_string()));
    let changed: BTreeSet<(&str, &str)> = before
        .symmetric_difference(&after)
        .map(|(component, line)| (component.as_str(), line.split_once('=').unwrap().0))
        .collect();
    let dependency = format!("{PORT:?}");
    let expected = ["identity-user", "identity-users"].into_iter().flat_map(|component| {
        [&*dependency, "allowed_outbound_hosts", "key_value_stores", "variables"].map(|key| (component, key))
    });
    assert_eq!(changed, expected.collect());
    let dependencies = |lines: &BTreeSet<(String, String)>| {
        lines.iter().filter(|(_, line)| line.starts_with(&dependency)).count()
    };
    assert_eq!((dependencies(&before), dependencies(&after)), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_product_runs_on_either_adapter_and_clients_do_not_notice() {
    let manifest = Manifest::parse(&swapped().to_string(), repository().join("spin.toml")).unwrap();
    tokio::task::spawn_blocking(|| guest(OTHER_ADAPTER)).await.unwrap();
    let on_postgres = Application::start().await;
    let on_key_value = Application::with(Setup { manifest: Some(manifest), ..Setup::default() }).await;

    for (app, rows_in_postgres) in [(&on_postgres, 1_i64), (&on_key_value, 0)] {
        let registered = register(app, "first@example.com").await;
        let user = registered.data(201);
        let found = app.get(registered.header("location")).as_admin().send().await;
        assert_eq!(found.data(200), user);
        register(app, "First@Example.com").await.problem(409, "email_taken");
        let unknown = app.get("/users/user_01h455vb4pex5vsknk084sn02q").as_admin().send().await;
        assert_eq!(unknown.problem(404, "not_found")["error"], "User not found");

        let database = app.database().connect().await;
        let rows: i64 = database.query_one("SELECT count(*) FROM identity.users", &[]).await.unwrap().get(0);
        assert_eq!(rows, rows_in_postgres);
    }
}

async fn register(app: &Application, email: &str) -> Answer {
    app.post("/users").json(json!({"name": "First Customer", "email": email})).send().await
}
