//! What the lab examines: the product as its manifest composes it, and a clerk before the ports that no route leads to.

use std::sync::Arc;
use tokio::sync::OnceCell;
use tradepost_manifest::Manifest;
use tradepost_tests::{Compiled, components, guest, repository};

/// The product with the clerk, compiled once.
pub(crate) async fn for_the_lab() -> Arc<Compiled> {
    static PRODUCT: OnceCell<Arc<Compiled>> = OnceCell::const_new();
    let product = PRODUCT.get_or_init(|| async {
        let compile = || Arc::new(Compiled::of(manifest()));
        tokio::task::spawn_blocking(compile).await.unwrap()
    });
    product.await.clone()
}

/// Builds all that is in it.
fn manifest() -> Manifest {
    components();
    let file = repository().join("spin.toml");
    let product = std::fs::read_to_string(&file).unwrap();
    let clerk = format!(
        r#"
[[trigger.http]]
route = "/lab/reservations/..."
component = "clerk"

[component.clerk]
source = "{}"
allowed_outbound_hosts = ["postgres://{{{{ database_host }}}}"]
variables = {{ database_url = "{{{{ database_url }}}}" }}
[component.clerk.dependencies]
"tradepost:inventory/reservations@0.1.0" = {{ component = "reservations-postgres", inherit_configuration = ["allowed_outbound_hosts", "variables"] }}
"#,
        guest("clerk").display(),
    );
    Manifest::parse(&format!("{product}{clerk}"), file).unwrap()
}
