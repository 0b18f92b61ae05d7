//! The port `payment/payment-gateway`.

mod lost;
mod money;
mod odd_answers;
mod plugged;
mod provider;
mod repeated;
mod sandbox;

use crate::ground::{Ground, Plug, call};
use crate::mishap::Mishap;
use port::Port;
pub(crate) use port::exports::tradepost::payment::payment_gateway::{
    Authorisation, Decline, Finding, Money, Operation, Outcome,
};
use provider::{KEY, Provider, SECRET};
use std::sync::Arc;
use toml_edit::{DocumentMut, InlineTable, Value, value};
use tradepost::adapter::Adapter;
use tradepost_manifest::Manifest;
use tradepost_tests::{components, repository};
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/payment",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:payment/payment-gateway@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const SANDBOX: Plug = Plug { package: "payment-gateway-sandbox", granted_as: "ordering-order" };

const HTTP: Plug = Plug { package: "payment-gateway-http", granted_as: "ordering-order" };

pub(crate) const ADAPTERS: &[Plug] = &[SANDBOX, HTTP];

/// What an adapter stands on, and the provider that it reaches from there.
struct Market {
    ground: Ground,
    provider: Option<Provider>,
}

impl Market {
    async fn of(plug: Plug) -> Self {
        if plug.package == SANDBOX.package {
            return Self { ground: Ground::fresh().await, provider: None };
        }
        let provider = Provider::open().await;
        Self { ground: with_provider(&provider.url()).await, provider: Some(provider) }
    }
}

/// A ground from where the provider at `url` can be reached, by whoever has its key and its secret.
async fn with_provider(url: &str) -> Ground {
    let manifest = tokio::task::spawn_blocking(connected).await.unwrap();
    let values =
        [("payment_provider_url", url), ("payment_provider_key", KEY), ("payment_provider_secret", SECRET)];
    Ground::composed(manifest, &values)
}

/// The manifest with a component that is granted what the documentation says.
fn connected() -> Manifest {
    components();
    let mut manifest: DocumentMut =
        std::fs::read_to_string(repository().join("spin.toml")).unwrap().parse().unwrap();
    let component = &mut manifest["component"][HTTP.granted_as];
    component["allowed_outbound_hosts"] = value(Value::from_iter(["{{ payment_provider_url }}"]));
    for name in ["payment_provider_url", "payment_provider_key", "payment_provider_secret"] {
        manifest["component"][HTTP.granted_as]["variables"][name] = value(format!("{{{{ {name} }}}}"));
        let mut declaration = InlineTable::new();
        declaration.insert("default", "".into());
        manifest["variables"][name] = value(declaration);
    }
    Manifest::parse(&manifest.to_string(), repository().join("spin.toml")).unwrap()
}

/// An instance of an adapter, and the words to ask it.
struct Gateway {
    adapter: Adapter,
    port: Port,
}

impl Gateway {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        Self::of(ground.instance(plug).await)
    }

    async fn unlucky(ground: &Ground, plug: Plug, mishap: &Arc<Mishap>) -> Self {
        Self::of(ground.unlucky_instance(plug, mishap).await)
    }

    fn of(mut adapter: Adapter) -> Self {
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn authorise(&mut self, reference: &str, token: &str, amount: i64) -> Outcome {
        let asked = authorisation(reference, token, amount);
        call!(self.tradepost_payment_payment_gateway.call_authorise(asked))
    }

    async fn capture(&mut self, reference: &str, authorisation: &str, amount: i64) -> Outcome {
        let asked = operation(reference, authorisation, amount);
        call!(self.tradepost_payment_payment_gateway.call_capture(asked))
    }

    async fn void(&mut self, reference: &str, authorisation: &str, amount: i64) -> Outcome {
        let asked = operation(reference, authorisation, amount);
        call!(self.tradepost_payment_payment_gateway.call_void(asked))
    }

    async fn refund(&mut self, reference: &str, authorisation: &str, amount: i64) -> Outcome {
        let asked = operation(reference, authorisation, amount);
        call!(self.tradepost_payment_payment_gateway.call_refund(asked))
    }

    async fn look_up(&mut self, reference: &str) -> Finding {
        call!(self.tradepost_payment_payment_gateway.call_look_up(reference.to_owned()))
    }

    /// The provider's reference of an authorisation that was just approved.
    async fn authorised(&mut self, token: &str, amount: i64) -> String {
        approved(self.authorise(&reference("1-authorise"), token, amount).await)
    }

    /// The same of one that was captured too.
    async fn captured(&mut self, token: &str, amount: i64) -> String {
        let authorisation = self.authorised(token, amount).await;
        approved(self.capture(&reference("1-capture"), &authorisation, amount).await);
        authorisation
    }
}

fn authorisation(reference: &str, token: &str, amount: i64) -> Authorisation {
    Authorisation {
        reference: reference.to_owned(),
        amount: dollars(amount),
        payment_method: token.to_owned(),
        order_id: "order_01h455vb4pex5vsknk084sn02q".to_owned(),
    }
}

fn operation(reference: &str, authorisation: &str, amount: i64) -> Operation {
    Operation {
        reference: reference.to_owned(),
        authorisation: authorisation.to_owned(),
        amount: dollars(amount),
    }
}

fn dollars(amount: i64) -> Money {
    Money { amount, currency: "USD".to_owned() }
}

/// A reference that nobody has used.
fn reference(operation: &str) -> String {
    format!("payment_{}-{operation}", Uuid::now_v7().simple())
}

#[track_caller]
fn approved(outcome: Outcome) -> String {
    match outcome {
        Outcome::Approved(reference) => reference,
        other => panic!("{other:?}"),
    }
}

/// The code of a decline that is one in form.
#[track_caller]
fn declined(outcome: Outcome) -> String {
    let Outcome::Declined(Decline { code, message }) = outcome else { panic!("{outcome:?}") };
    assert!(!message.is_empty() && (1..=64).contains(&code.len()), "{code:?} {message:?}");
    assert!(code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')), "{code:?}");
    code
}
