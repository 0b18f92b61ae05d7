//! The product with the provider plugged in by the lines that its documentation gives: money goes through HTTP, and
//! clients do not notice.

use super::HTTP;
use super::provider::{KEY, Provider, SECRET};
use serde_json::{Value as Json, json};
use std::time::Duration;
use toml_edit::{DocumentMut, TableLike, value};
use tradepost::networks::Networks;
use tradepost_manifest::Manifest;
use tradepost_tests::{Application, Setup, guest, repository};

/// Who asks the provider. The documentation writes the lines of the first one out.
const ASKING: [&str; 3] = ["payment-charge", "payment-reconciliation", "payment-refunds"];

/// The manifest with the lines of `docs/payment-provider.md` in it.
fn manifest() -> Manifest {
    let read = |file| std::fs::read_to_string(repository().join(file)).unwrap();
    let documentation = read("docs/payment-provider.md");
    let (_, rest) = documentation.split_once("```toml\n").unwrap();
    let lines: DocumentMut = rest.split_once("```").unwrap().0.parse().unwrap();
    let mut manifest: DocumentMut = read("spin.toml").parse().unwrap();
    for (name, declaration) in lines["variables"].as_table().unwrap() {
        manifest["variables"][name] = declaration.clone();
    }
    let adapter = lines["component"][HTTP.package].clone();
    manifest["component"][HTTP.package] = adapter;
    for component in ASKING {
        let (added, there) = (&lines["component"][ASKING[0]], &mut manifest["component"][component]);
        let hosts = there["allowed_outbound_hosts"].as_array_mut().unwrap();
        hosts.extend(added["allowed_outbound_hosts"].as_array().unwrap().iter().cloned());
        for (name, template) in table(&added["variables"]).iter() {
            there["variables"][name] = value(template.as_value().unwrap().clone());
        }
        for (port, adapter) in table(&added["dependencies"]).iter() {
            there["dependencies"][port] = adapter.clone();
        }
    }
    Manifest::parse(&manifest.to_string(), repository().join("spin.toml")).unwrap()
}

fn table(item: &toml_edit::Item) -> &dyn TableLike {
    item.as_table_like().unwrap()
}

/// What is shown at `path`, as soon as it has this status.
async fn until(app: &Application, path: &str, status: &str) -> Json {
    for _ in 0..1_000 {
        let answer = app.get(path).as_admin().send().await;
        if answer.status == 200 && answer.data(200)["status"] == status {
            return answer.data(200);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{path} does not become {status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_paid_and_refunded_through_the_provider_that_the_documentation_plugs_in() {
    let provider = Provider::open().await;
    let manifest = tokio::task::spawn_blocking(|| {
        guest(HTTP.package);
        manifest()
    });
    let values = [
        ("payment_provider_url", provider.url()),
        ("payment_provider_key", KEY.to_owned()),
        ("payment_provider_secret", SECRET.to_owned()),
    ];
    let variables = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let manifest = Some(manifest.await.unwrap());
    let networks = Networks::and(&["127.0.0.1".parse().unwrap()]);
    let app = Application::with(Setup { manifest, variables, networks, ..Setup::default() }).await;
    let product = json!({"sku": "S", "name": "N", "price": {"amount": 700, "currency": "USD"}});
    app.post("/products").as_admin().json(product).send().await.data(201);
    let received = json!({"delta": 5, "reason": "Received"});
    app.post("/stock/S/adjustments").as_admin().json(received).send().await.data(201);

    for (token, status) in [("tok_ok", "placed"), ("tok_declined", "cancelled")] {
        let body = json!({"lines": [{"sku": "S", "quantity": 1}], "payment_method": token, "email": "a@example.com"});
        let placed = app.post("/orders").idempotency_key(token).json(body).send().await;
        until(&app, placed.header("location"), status).await;
        if status == "placed" {
            let payment = placed.header("location").replace("/orders/order_", "/payments/payment_");
            let paid = until(&app, &payment, "succeeded").await;
            assert!(paid["attempts"][0]["provider_reference"].as_str().unwrap().starts_with("pi_"), "{paid}");
            let refund = app.post(&format!("{payment}/refunds")).as_admin().idempotency_key("k");
            refund.json(json!({})).send().await.data(201);
        }
    }
    let requests = provider.requests();
    let asked = |path: &str| requests.iter().filter(|request| request.ends_with(path)).count();
    assert_eq!(
        (asked("/v1/payment_intents"), asked("/capture"), asked("/v1/refunds")),
        (2, 1, 1),
        "{requests:?}"
    );
    let of_sandbox = app.views().keys().unwrap().filter(|key| key.as_ref().unwrap().starts_with("sandbox:"));
    assert_eq!(of_sandbox.count(), 0);
}
