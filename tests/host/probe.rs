//! An application made of probes: the same component under several ids, each with its own grants.

use std::fmt::Write as _;
use tradepost_manifest::Manifest;
use tradepost_tests::{Answer, Application, Setup, guest};

/// What a probe is granted, in the manifest's own words.
pub(crate) const EVERYTHING: &str = r#"
allowed_outbound_hosts = ["postgres://*:*", "http://neighbour.spin.internal"]
key_value_stores = ["default"]
variables = { database_url = "{{ database_url }}", greeting = "hello {{ who }}" }
"#;

/// A manifest with the probes `(id, route, grants)`.
pub(crate) fn manifest(probes: &[(&str, &str, &str)]) -> Manifest {
    let mut text = String::from(
        "spin_manifest_version = 2\n[application]\nname = \"probes\"\n[variables]\n\
         database_url = { required = true, secret = true }\nwho = { default = \"you\" }\n",
    );
    for (id, route, grants) in probes {
        let route = if *route == "private" { "{ private = true }".to_owned() } else { format!("{route:?}") };
        write!(
            text,
            "[[trigger.http]]\nroute = {route}\ncomponent = \"{id}\"\n\
             [component.{id}]\nsource = \"{}\"\n{grants}\n",
            guest("probe").display()
        )
        .unwrap();
    }
    Manifest::parse(&text, "probes.toml").unwrap()
}

/// Two probes that may do everything: `/probe/…`, and `neighbour` at `/neighbour/…`.
pub(crate) async fn probes(setup: Setup) -> Application {
    probes_with(&[("probe", "/...", EVERYTHING), ("neighbour", "/neighbour/...", EVERYTHING)], setup).await
}

/// The given probes.
pub(crate) async fn probes_with(probes: &[(&str, &str, &str)], setup: Setup) -> Application {
    let owned: Vec<(String, String, String)> = probes
        .iter()
        .map(|(id, route, grants)| ((*id).to_owned(), (*route).to_owned(), (*grants).to_owned()))
        .collect();
    let manifest = tokio::task::spawn_blocking(move || {
        let borrowed: Vec<(&str, &str, &str)> =
            owned.iter().map(|(id, route, grants)| (id.as_str(), route.as_str(), grants.as_str())).collect();
        manifest(&borrowed)
    })
    .await
    .unwrap();
    Application::with(Setup { manifest: Some(manifest), ..setup }).await
}

/// The body as text.
pub(crate) fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.to_vec()).unwrap()
}
