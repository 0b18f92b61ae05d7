//! The port `messaging/event-delivery`.
//!
//! An adapter by itself has nobody to deliver to, so it is called by a component of a whole application here.

use crate::ground::Plug;
use std::fmt::Write as _;
use tradepost_manifest::Manifest;
use tradepost_tests::{Answer, Application, Setup, components, guest};

const SERVICE_CHAINING: Plug =
    Plug { package: "event-delivery-service-chaining", granted_as: "messaging-relay" };

pub(crate) const ADAPTERS: &[Plug] = &[SERVICE_CHAINING];

/// The consumers: `echo` tells how long a body it gets, `broken` traps, and `forbidden` is none that the postman may
/// reach.
const CONSUMERS: [&str; 3] = ["echo", "broken", "forbidden"];

/// What the adapter is given of the postman's.
const GRANTS: &str = "\"allowed_outbound_hosts\"";

fn manifest(plug: Plug, inherited: &str) -> Manifest {
    let adapter = components().component(plug.package).unwrap().source.display();
    let (postman, addressee) = (guest("postman"), guest("addressee"));
    let (postman, addressee) = (postman.display(), addressee.display());
    let mut text = format!(
        "spin_manifest_version = 2
[application]
name = \"post\"
[[trigger.http]]
route = \"/\"
component = \"postman\"
[component.postman]
source = \"{postman}\"
allowed_outbound_hosts = [\"http://echo.spin.internal\", \"http://broken.spin.internal\"]
[component.postman.dependencies]
\"tradepost:messaging/event-delivery@0.1.0\" = {{ path = \"{adapter}\", inherit_configuration = [{inherited}] }}
"
    );
    for id in CONSUMERS {
        write!(
            text,
            "[[trigger.http]]\nroute = {{ private = true }}\ncomponent = {id:?}\n\
             [component.{id}]\nsource = \"{addressee}\"\n"
        )
        .unwrap();
    }
    Manifest::parse(&text, "post.toml").unwrap()
}

async fn post_office(plug: Plug, inherited: &'static str) -> Application {
    let manifest = tokio::task::spawn_blocking(move || manifest(plug, inherited)).await.unwrap();
    Application::with(Setup { manifest: Some(manifest), ..Setup::default() }).await
}

async fn deliver(app: &Application, consumer: &str, batch: &str) -> (String, Answer) {
    let answer = app.post(&format!("/?{consumer}")).bytes("application/octet-stream", batch).send().await;
    (answer.header("outcome").to_owned(), answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_arrives_as_what_it_is_and_the_answer_comes_back_as_it_is() {
    for plug in ADAPTERS {
        let app = post_office(*plug, GRANTS).await;
        for batch in ["[]", &format!("[{}]", "1,".repeat(4 << 20))] {
            let (outcome, answer) = deliver(&app, "echo", batch).await;
            assert_eq!((&*outcome, answer.status), ("delivered", 207), "{plug:?}");
            let expected = format!("POST / application/cloudevents-batch+json {}", batch.len());
            assert_eq!(answer.body, expected, "{plug:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_is_not_there_is_unreachable() {
    for plug in ADAPTERS {
        let app = post_office(*plug, GRANTS).await;
        for consumer in ["forbidden", "nobody", "", "a b", "..%2f", &"x".repeat(1_000)] {
            let (outcome, answer) = deliver(&app, consumer, "[]").await;
            assert_eq!(outcome, "unreachable", "{plug:?} {consumer:.20}: {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_breaks_was_reached() {
    for plug in ADAPTERS {
        let app = post_office(*plug, GRANTS).await;
        let (outcome, answer) = deliver(&app, "broken", "trap").await;
        assert!(
            outcome == "other" || (outcome == "delivered" && answer.status == 500),
            "{plug:?} {answer:?}"
        );
        // And the way to it is open again.
        assert_eq!(deliver(&app, "broken", "[]").await.0, "delivered", "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_that_inherits_no_way_out_reaches_nobody() {
    for plug in ADAPTERS {
        let app = post_office(*plug, "").await;
        let (outcome, answer) = deliver(&app, "echo", "[]").await;
        assert_eq!(outcome, "unreachable", "{plug:?} {answer:?}");
    }
}
