//! Manifests that are read, and what is wrong with those that are not.

mod components;
mod dependencies;
mod hosts;
mod triggers;
mod variables;

use super::*;
use crate::{dependency::Capability, trigger::Route};

/// A manifest that is right, on seven lines; a row adds to it from line 8, inside `[component.home]`.
const HOME: &str = r#"spin_manifest_version = 2
application = { name = "shop" }
[[trigger.http]]
route = "/"
component = "home"
[component.home]
source = "home.wasm"
"#;

fn parse(more: &str) -> Result<Manifest, ManifestError> {
    Manifest::parse(&format!("{HOME}{more}"), "shop/spin.toml")
}

fn faults(result: Result<Manifest, ManifestError>) -> Vec<String> {
    let Err(error) = result else { return Vec::new() };
    assert!(!error.faults.is_empty());
    error.to_string().lines().map(|line| line.strip_prefix("shop/spin.toml:").unwrap().to_owned()).collect()
}

/// Lines added to [`HOME`], or a whole manifest, and the faults to be found in it.
type Row = (&'static str, Faulty);

/// A fault's `line:column` and a part of its message.
type Faulty = &'static [(&'static str, &'static str)];

/// Each expectation is a fault's beginning (`line:column: `) and then a part of its message.
fn check(text: &str, result: Result<Manifest, ManifestError>, expected: &[(&str, &str)]) {
    let faults = faults(result);
    let fits = faults.len() == expected.len()
        && faults.iter().zip(expected).all(|(fault, (place, message))| {
            fault.starts_with(&format!("{place}: ")) && fault.contains(message)
        });
    assert!(fits, "{text}\nfound {faults:#?}\nexpected {expected:#?}");
}

#[test]
fn what_a_manifest_says_is_what_is_read() {
    let text = r#"
spin_manifest_version = 2

[application]
name = "shop"
version = "1.2.3"
description = "sells things"
authors = ["A <a@example.com>", "B"]

[variables]
database_url = { required = true, secret = true, description = "where Postgres is" }
database_host = { default = "localhost:5432" }

[[trigger.http]]
id = "orders"
route = "/orders/:order_id/..."
component = "ordering-order"

[[trigger.http]]
route = { private = true }
component = "relay"

[component.ordering-order]
source = "../target/order.wasm"
description = "one order"
allowed_outbound_hosts = ["postgres://{{ database_host }}", "http://relay.spin.internal"]
key_value_stores = ["default", "read_views"]
[component.ordering-order.variables]
database_url = "{{ database_url }}"
greeting = "hello"
[component.ordering-order.build]
command = "cargo build"
[component.ordering-order.dependencies]
"tradepost:ordering/order-journal@0.1.0" = { component = "order-journal-postgres", inherit_configuration = ["allowed_outbound_hosts", "variables"] }
"tradepost:gateway/admission@0.1.0" = { path = "admission.wasm", export = "a:b/c", inherit_configuration = true }
"tradepost:clock" = { path = "/abs/clock.wasm", inherit_configuration = false }

[component.relay]
source = "relay.wasm"
build = { command = ["one", "two"], workdir = "components/relay", watch = ["src/**/*.rs"] }

[component.order-journal-postgres]
source = "journal.wasm"
"#;
    let manifest = Manifest::parse(text, "shop/spin.toml").unwrap();
    assert_eq!(manifest.file(), Path::new("shop/spin.toml"));
    let application = manifest.application();
    assert_eq!((application.name.as_str(), application.version.as_str()), ("shop", "1.2.3"));
    assert_eq!(application.description, "sells things");
    assert_eq!(application.authors, ["A <a@example.com>", "B"]);

    let url = &manifest.variables()["database_url"];
    assert_eq!((url.default.as_deref(), url.secret), (None, true));
    assert_eq!(url.description.as_deref(), Some("where Postgres is"));
    let host = &manifest.variables()["database_host"];
    assert_eq!(
        (host.default.as_deref(), host.secret, &host.description),
        (Some("localhost:5432"), false, &None)
    );

    let [orders, relay] = manifest.triggers() else { panic!("two triggers") };
    assert_eq!((orders.id.as_deref(), &orders.component == "ordering-order"), (Some("orders"), true));
    assert_eq!(orders.route.pattern().unwrap().as_str(), "/orders/:order_id/...");
    assert_eq!((&relay.id, &relay.route), (&None, &Route::Private));

    let ids = |components: &mut dyn Iterator<Item = &Component>| -> Vec<String> {
        components.map(|component| component.id.to_string()).collect()
    };
    assert_eq!(ids(&mut manifest.endpoints()), ["ordering-order", "relay"]);
    assert_eq!(ids(&mut manifest.adapters()), ["order-journal-postgres"]);
    assert_eq!(ids(&mut manifest.components()), ["order-journal-postgres", "ordering-order", "relay"]);

    let order = manifest.component("ordering-order").unwrap();
    assert_eq!(order.source, Path::new("shop/../target/order.wasm"));
    assert_eq!(order.description, "one order");
    assert_eq!(order.key_value_stores, ["default", "read_views"]);
    assert_eq!(order.variables["database_url"].as_str(), "{{ database_url }}");
    assert_eq!(order.variables["greeting"].as_str(), "hello");
    let build = order.build.as_ref().unwrap();
    assert_eq!(
        (build.commands.as_slice(), build.workdir.as_path()),
        (&["cargo build".to_owned()][..], Path::new("shop"))
    );

    let journal = order.dependency_for("tradepost:ordering/order-journal@0.1.0").unwrap();
    assert_eq!(journal.path, Path::new("shop/journal.wasm"));
    assert_eq!(journal.component.as_ref().unwrap(), &"order-journal-postgres");
    assert_eq!(journal.inherits, [Capability::AllowedOutboundHosts, Capability::Variables].into());
    let admission = order.dependency_for("tradepost:gateway/admission@0.1.0").unwrap();
    assert_eq!(admission.path, Path::new("shop/admission.wasm"));
    assert_eq!((&admission.component, admission.export.as_deref()), (&None, Some("a:b/c")));
    assert_eq!(admission.inherits, Capability::ALL.into());
    let clock = order.dependency_for("tradepost:clock/wall@9.0.0").unwrap();
    assert_eq!((clock.path.as_path(), clock.inherits.len()), (Path::new("/abs/clock.wasm"), 0));
    assert_eq!(order.dependency_for("wasi:http/types@0.3.0"), None);

    let build = manifest.component("relay").unwrap().build.as_ref().unwrap();
    assert_eq!(build.commands, ["one", "two"]);
    assert_eq!(
        (build.workdir.as_path(), build.watch[0].as_str()),
        (Path::new("shop/components/relay"), "src/**/*.rs")
    );

    let matched = manifest.router().route("/orders/7/x").unwrap();
    assert_eq!((matched.component, matched.capture("order_id")), (&order.id, Some("7")));

    let flags = [("database_url".to_owned(), "x".to_owned())];
    let variables = Variables::resolve(&manifest, flags, |_| None).unwrap();
    let allowed = manifest.allowed_hosts(order, &variables).unwrap();
    assert!(allowed.allows("postgres", "localhost", Some(5432)));
    assert!(allowed.allows("http", "relay.spin.internal", None));
    assert!(!allowed.allows("http", "ordering-order.spin.internal", None));
}

#[test]
fn a_manifest_in_the_current_folder_has_paths_in_the_current_folder() {
    let manifest = Manifest::parse(HOME, "spin.toml").unwrap();
    assert_eq!(manifest.component("home").unwrap().source, Path::new("home.wasm"));
}

#[test]
fn a_file_that_cannot_be_read_says_which_and_why() {
    let error = Manifest::read("no/such/spin.toml").unwrap_err();
    assert!(error.to_string().starts_with("no/such/spin.toml: cannot be read: "), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn a_syntax_error_is_placed_and_does_not_show_the_line() {
    let rows: &[Row] = &[
        ("a = \"hush\n", &[("8:10", "invalid basic string")]),
        ("source = 'hush'\n", &[("8:1", "duplicate key `source`")]),
        ("build = {\n  command = 'hush' }\n", &[("8:10", "invalid inline table: expected `}`")]),
        ("[component.home]\n", &[("8:1", "duplicate key")]),
        ("ä = 'hush'", &[("8:1", "")]),
    ];
    for (more, expected) in rows {
        let result = parse(more);
        assert!(!format!("{result:?}").contains("hush"), "{result:?}");
        check(more, result, expected);
    }
}

#[test]
fn a_whole_manifest_that_is_wrong() {
    let rows: &[Row] = &[
        (
            "",
            &[
                ("1:1", "the manifest needs `application`"),
                ("1:1", "the manifest needs `spin_manifest_version`"),
                ("1:1", "the manifest needs `trigger`"),
            ],
        ),
        (
            "spin_manifest_version = 1\napplication = 7\ntrigger = []\ncomponent = true\nvariables = 'x'\n",
            &[
                ("1:25", "must be 2"),
                ("2:15", "[application] must be a table, not an integer"),
                ("3:11", "[trigger] must be a table, not an array"),
                ("4:13", "[component] must be a table, not a boolean"),
                ("5:13", "[variables] must be a table, not a string"),
            ],
        ),
        (
            "spin_manifest_version = \"2\"\n[application]\nname = \"\"\nversion = 1.0\nauthors = \"me\"\n[trigger]\n",
            &[
                ("1:25", "must be 2"),
                ("3:8", "`name` must not be empty"),
                ("4:11", "`version` must be a string, not a fraction"),
                ("5:11", "`authors` must be an array of strings, not a string"),
                ("6:1", "there is no [[trigger.http]]"),
            ],
        ),
        (
            "spin_manifest_version = 2\nname = 'x'\n[application]\ntool = {}\ntargets = []\ntrigger = {}\nnaem = 'x'\n\
             [trigger.http]\n[[trigger.redis]]\nchannel = 'x'\n",
            &[
                ("2:1", "the manifest has no `name`; what it may have: spin_manifest_version, application"),
                ("3:1", "[application] needs `name`"),
                ("4:1", "`tool` in [application] means something to Spin but not to this host"),
                ("5:1", "`targets` in [application] means something to Spin"),
                ("6:1", "`trigger` in [application] means something to Spin"),
                ("7:1", "[application] has no `naem`; what it may have: name, version, description, authors"),
                ("8:1", "write `[[trigger.http]]` for each"),
                ("9:11", "only the http trigger, and `redis` is another"),
            ],
        ),
    ];
    for (text, expected) in rows {
        check(text, Manifest::parse(text, "shop/spin.toml"), expected);
    }
}

#[test]
fn columns_count_characters_and_lines_survive_carriage_returns() {
    let text = "description = 'éé'\r\nbuild = { command = 'éé', 'ü' = 1 }\r\n";
    check(text, parse(text), &[("9:27", "has no `ü`")]);
}

#[test]
fn faults_are_all_told_at_once_and_in_the_files_order() {
    let text = "spin_manifest_version = 3\n[component.b]\nsource = 1\n[[trigger.http]]\nroute = 'x'\ncomponent = 'c'\n[application]\n";
    let expected = [
        ("1:25", "must be 2"),
        ("3:10", "`source` must be a string"),
        ("5:9", "`x` is no route"),
        ("6:13", "there is no [component.c]"),
        ("7:1", "[application] needs `name`"),
    ];
    check(text, Manifest::parse(text, "shop/spin.toml"), &expected);
}
