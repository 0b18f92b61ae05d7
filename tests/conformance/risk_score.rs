//! The port `payment/risk-score`.

use crate::ground::{Ground, Plug, call};
use port::Port;
use port::exports::tradepost::payment::risk_score::{Assessment, Blocklist, Payment};
use tradepost_tests::components;
use wasmtime::component::Component;
use wasmtime::{Config, Engine};

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/payment",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:payment/risk-score@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const RULES: Plug = Plug { package: "risk-score-rules", granted_as: "platform-health" };

pub(crate) const ADAPTERS: &[Plug] = &[RULES];

fn payment() -> Payment {
    Payment {
        amount: 120_000,
        currency: "EUR".to_owned(),
        email: Some("someone@example.fr".to_owned()),
        guest: true,
        shipping_country: Some("DE".to_owned()),
        pieces: 60,
        email_payments_last_hour: 4,
        method_payments_last_hour: 11,
    }
}

fn nobody_blocked() -> Blocklist {
    Blocklist { emails: Vec::new(), countries: Vec::new() }
}

async fn assess(payment: Payment, blocklist: Blocklist, times: u32) -> Vec<Assessment> {
    let ground = Ground::with_admin_key("").await;
    let mut adapter = ground.instance(RULES).await;
    let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
    let mut instance = Rules { adapter, port };
    let mut assessments = Vec::new();
    for _ in 0..times {
        assessments.push(call!(
            instance.tradepost_payment_risk_score.call_assess(payment.clone(), blocklist.clone())
        ));
    }
    assessments
}

struct Rules {
    adapter: tradepost::adapter::Adapter,
    port: Port,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_score_is_the_sum_of_its_reasons_the_weightiest_first() {
    let [assessment] = assess(payment(), nobody_blocked(), 1).await.try_into().unwrap();
    let reasons: Vec<(&str, u32)> =
        assessment.reasons.iter().map(|reason| (reason.rule.as_str(), reason.points)).collect();
    let expected = [
        ("country_mismatch", 15),
        ("velocity_method", 15),
        ("amount", 10),
        ("guest_large_amount", 10),
        ("quantity", 10),
        ("velocity_email", 5),
    ];
    assert_eq!((assessment.score, reasons.as_slice()), (65, expected.as_slice()));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_blocked_has_the_highest_score() {
    let plain = Payment {
        amount: 1,
        guest: false,
        shipping_country: Some("FR".to_owned()),
        pieces: 1,
        email_payments_last_hour: 0,
        method_payments_last_hour: 0,
        ..payment()
    };
    let blocked = |emails: &[&str], countries: &[&str]| Blocklist {
        emails: emails.iter().map(|entry| (*entry).to_owned()).collect(),
        countries: countries.iter().map(|entry| (*entry).to_owned()).collect(),
    };
    for (blocklist, score) in [
        (nobody_blocked(), 0),
        (blocked(&["@example.de"], &["DE"]), 0),
        (blocked(&["Someone@Example.FR"], &[]), 100),
        (blocked(&["@example.fr"], &[]), 100),
        (blocked(&[], &["fr"]), 100),
    ] {
        assert_eq!(assess(plain.clone(), blocklist, 1).await[0].score, score);
    }
}

/// Many times over, so that memory that is not given back or given back twice would show.
#[tokio::test(flavor = "multi_thread")]
async fn one_instance_says_the_same_each_time() {
    let assessments = assess(payment(), nobody_blocked(), 2_000).await;
    assert!(assessments.windows(2).all(|pair| pair[0] == pair[1]));
}

/// No clock, no chance, no store: then a score follows from the arguments alone.
#[tokio::test(flavor = "multi_thread")]
async fn the_rules_import_nothing() {
    let manifest = tokio::task::spawn_blocking(components).await.unwrap();
    let bytes = std::fs::read(&manifest.component(RULES.package).unwrap().source).unwrap();
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    let engine = Engine::new(&config).unwrap();
    let component = Component::new(&engine, bytes).unwrap();
    let imports: Vec<String> =
        component.component_type().imports(&engine).map(|(name, _)| name.to_owned()).collect();
    assert_eq!(imports, Vec::<String>::new());
}
