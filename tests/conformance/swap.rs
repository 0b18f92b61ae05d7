//! Another adapter is plugged in by one line of the manifest: users move from Postgres to the key-value store.

use serde_json::json;
use std::collections::BTreeSet;
use toml_edit::{DocumentMut, Item, Value};
use tradepost_manifest::Manifest;
use tradepost_tests::{Answer, Application, Setup, guest, repository};

const PORT: &str = "tradepost:identity/user-directory@0.1.0";
/// The components that use the port.
const USERS: [&str; 3] = ["identity-user", "identity-users", "identity-verifications-confirmation"];
const OTHER_ADAPTER: &str = "user-directory-key-value";

fn text() -> String {
    std::fs::read_to_string(repository().join("spin.toml")).unwrap()
}

/// The manifest with the other adapter behind the port, wherever the port is used.
fn swapped() -> DocumentMut {
    let mut manifest: DocumentMut = text().parse().unwrap();
    for component in USERS {
        let component = &mut manifest["component"][component];
        // The one line.
        let mut plug = toml_edit::InlineTable::new();
        plug.insert(
            "path",
            format!("target/wasm32-wasip2/component/{}.wasm", OTHER_ADAPTER.replace('-', "_")).into(),
        );
        plug.insert("inherit_configuration", Value::from_iter(["key_value_stores"]));
        component["dependencies"][PORT] = Item::Value(plug.into());
        // What it inherits, the gateway of the same component has been granted already. What the other had stays for
        // the sake of its neighbours: the search, and what wakes the relay.
        assert!(component["key_value_stores"].as_array().is_some());
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
fn what_changes_is_one_dependency_line() {
    let (before, after) = (lines(&text()), lines(&swapped().to_string()));
    let changed: BTreeSet<(&str, &str)> = before
        .symmetric_difference(&after)
        .map(|(component, line)| (component.as_str(), line.split_once('=').unwrap().0))
        .collect();
    let dependency = format!("{PORT:?}");
    assert_eq!(changed, USERS.map(|component| (component, &*dependency)).into());
    let dependencies = |lines: &BTreeSet<(String, String)>| {
        lines.iter().filter(|(_, line)| line.starts_with(&dependency)).count()
    };
    assert_eq!((dependencies(&before), dependencies(&after)), (3, 3));
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
        let edit = app
            .ask("PATCH", registered.header("location"))
            .as_admin()
            .header("if-match", found.header("etag"));
        let edited = edit.bytes("application/merge-patch+json", r#"{"name": "Second Name"}"#).send().await;
        assert_eq!(edited.data(200)["name"], "Second Name");
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
