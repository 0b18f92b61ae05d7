//! The port `platform/nudge`.
//!
//! An adapter by itself has nobody to wake, so it is called by a component of a whole application here.

use crate::ground::Plug;
use std::fmt::Write as _;
use tradepost_manifest::Manifest;
use tradepost_tests::{Application, Setup, components, guest};

const SERVICE_CHAINING: Plug = Plug { package: "nudge-service-chaining", granted_as: "platform-tick" };

pub(crate) const ADAPTERS: &[Plug] = &[SERVICE_CHAINING];

/// Whom the waker may reach: one that does its work, and one that fails at it, because nothing at it listens to `/`.
const REACHED: [&str; 2] = ["worker", "failing"];

fn manifest(plug: Plug, inherited: &str) -> Manifest {
    let adapter = components().component(plug.package).unwrap().source.display();
    let (waker, addressee) = (guest("waker"), guest("addressee"));
    let failing = components().component("platform-not-found").unwrap().source.display();
    let gateway = components().component("gateway-admission").unwrap().source.display();
    let hosts = REACHED.map(|id| format!("\"http://{id}.spin.internal\"")).join(", ");
    let mut text = format!(
        "spin_manifest_version = 2
[application]
name = \"bedroom\"
[[trigger.http]]
route = \"/\"
component = \"waker\"
[component.waker]
source = \"{}\"
allowed_outbound_hosts = [{hosts}]
[component.waker.dependencies]
\"tradepost:platform/nudge@0.1.0\" = {{ path = \"{adapter}\", inherit_configuration = [{inherited}] }}
[component.failing.dependencies]
\"tradepost:gateway/admission@0.1.0\" = {{ path = \"{gateway}\" }}
",
        waker.display()
    );
    for (id, source) in [
        ("worker", addressee.display().to_string()),
        ("forbidden", addressee.display().to_string()),
        ("failing", failing.to_string()),
    ] {
        write!(
            text,
            "[[trigger.http]]\nroute = {{ private = true }}\ncomponent = {id:?}\n\
             [component.{id}]\nsource = {source:?}\n"
        )
        .unwrap();
    }
    Manifest::parse(&text, "bedroom.toml").unwrap()
}

async fn bedroom(plug: Plug, inherited: &'static str) -> Application {
    let manifest = tokio::task::spawn_blocking(move || manifest(plug, inherited)).await.unwrap();
    Application::with(Setup { manifest: Some(manifest), ..Setup::default() }).await
}

/// How waking a component goes, and what is said of it.
async fn wake(app: &Application, component: &str) -> (String, String) {
    let answer = app.get(&format!("/?{component}")).send().await;
    (answer.header("outcome").to_owned(), String::from_utf8_lossy(&answer.body).into_owned())
}

const GRANTS: &str = "\"allowed_outbound_hosts\"";

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_does_its_work_has_been_woken() {
    for plug in ADAPTERS {
        let app = bedroom(*plug, GRANTS).await;
        for _ in 0..3 {
            assert_eq!(wake(&app, "worker").await, ("done".to_owned(), String::new()), "{plug:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_fails_or_is_not_there_is_named() {
    for plug in ADAPTERS {
        let app = bedroom(*plug, GRANTS).await;
        for component in ["failing", "forbidden", "nobody"] {
            let (outcome, reason) = wake(&app, component).await;
            assert_eq!(outcome, "failed", "{plug:?} {component}");
            assert!(reason.contains(component), "{plug:?} {reason}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_that_inherits_no_way_out_wakes_nobody() {
    for plug in ADAPTERS {
        let app = bedroom(*plug, "").await;
        assert_eq!(wake(&app, "worker").await.0, "failed", "{plug:?}");
    }
}
