//! The port `identity/password-hashing`.
//!
//! An adapter by itself has nobody who would hash, so it is called by a component of a whole application here.

use crate::ground::Plug;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tradepost_manifest::Manifest;
use tradepost_tests::{Answer, Application, Setup, components, guest};

const SERVICE_CHAINING: Plug =
    Plug { package: "password-hashing-service-chaining", granted_as: "identity-sessions" };

pub(crate) const ADAPTERS: &[Plug] = &[SERVICE_CHAINING];

const GRANTS: &str = "\"allowed_outbound_hosts\"";

/// Somebody who hashes through the adapter, and in the place of `identity-password-hashing` this component.
fn manifest(plug: Plug, inherited: &str, hashing: &str) -> Manifest {
    let adapter = components().component(plug.package).unwrap().source.display();
    let doorkeeper = guest("doorkeeper");
    let hashing = components().component(hashing).map_or_else(|| guest(hashing), |it| it.source.clone());
    let text = format!(
        "spin_manifest_version = 2
[application]
name = \"door\"
[[trigger.http]]
route = \"/\"
component = \"doorkeeper\"
[component.doorkeeper]
source = \"{}\"
allowed_outbound_hosts = [\"http://identity-password-hashing.spin.internal\"]
[component.doorkeeper.dependencies]
\"tradepost:identity/password-hashing@0.1.0\" = {{ path = \"{adapter}\", inherit_configuration = [{inherited}] }}
[[trigger.http]]
route = {{ private = true }}
component = \"identity-password-hashing\"
[component.identity-password-hashing]
source = \"{}\"
",
        doorkeeper.display(),
        hashing.display()
    );
    Manifest::parse(&text, "door.toml").unwrap()
}

async fn door(plug: Plug, inherited: &'static str, hashing: &'static str) -> Application {
    let manifest = tokio::task::spawn_blocking(move || manifest(plug, inherited, hashing)).await.unwrap();
    Application::with(Setup { manifest: Some(manifest), ..Setup::default() }).await
}

async fn ask(app: &Application, asked: Value) -> Answer {
    app.post("/").json(asked).send().await
}

/// What the answer says, after checking that it is one.
fn done(answer: &Answer) -> String {
    assert_eq!(answer.header("outcome"), "done", "{answer:?}");
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_known_by_each_of_its_hashes_and_another_is_not() {
    for plug in ADAPTERS {
        let app = door(*plug, GRANTS, "identity-password-hashing").await;
        let password = "p\u{e4}ssw\u{f6}rd \"\\ \u{1f511}";
        let first = done(&ask(&app, json!([password])).await);
        let second = done(&ask(&app, json!([password])).await);
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
        assert_ne!(first, second, "each has a salt of its own");
        for phc in [&first, &second] {
            assert_eq!(done(&ask(&app, json!([password, phc])).await), "true");
            assert_eq!(done(&ask(&app, json!(["passw\u{f6}rd", phc])).await), "false");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_salt_of_ones_own_the_same_password_has_the_same_hash() {
    for plug in ADAPTERS {
        let app = door(*plug, GRANTS, "identity-password-hashing").await;
        let hash = async |password: &str, salt: u8| {
            let salt = [salt; 16];
            done(&ask(&app, json!([password, salt])).await)
        };
        let first = hash("correct horse", 1).await;
        assert_eq!(hash("correct horse", 1).await, first);
        for (password, salt) in [("correct horse", 2), ("correct hors", 1)] {
            assert_ne!(hash(password, salt).await, first);
        }
        assert_eq!(done(&ask(&app, json!(["correct horse", first])).await), "true");
        for salt in [&[][..], &[1; 15], &[1; 17]] {
            let answer = ask(&app, json!(["correct horse", salt])).await;
            assert_eq!(answer.header("outcome"), "other", "{answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_password_counts_to_its_last_character() {
    for plug in ADAPTERS {
        let app = door(*plug, GRANTS, "identity-password-hashing").await;
        let longest = "\u{1f511}".repeat(256);
        let phc = done(&ask(&app, json!([longest])).await);
        assert_eq!(done(&ask(&app, json!([longest, phc])).await), "true");
        let other = format!("{}x", "\u{1f511}".repeat(255));
        assert_eq!(done(&ask(&app, json!([other, phc])).await), "false");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_hash_the_answer_is_no_and_takes_as_long() {
    for plug in ADAPTERS {
        let app = door(*plug, GRANTS, "identity-password-hashing").await;
        let phc = done(&ask(&app, json!(["correct horse"])).await);
        let (mut with, mut without) = (Vec::new(), Vec::new());
        // By turns, so that whatever else the machine does weighs on both.
        for _ in 0..15 {
            for (phc, times) in [(json!(phc), &mut with), (Value::Null, &mut without)] {
                let since = Instant::now();
                assert_eq!(done(&ask(&app, json!(["wrong horse", phc])).await), "false");
                times.push(since.elapsed());
            }
        }
        let median = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times[times.len() / 2]
        };
        let (with, without) = (median(&mut with), median(&mut without));
        // Not hashing would be ten times as fast. The bounds are wide because the machine is shared.
        assert!(without * 2 > with && with * 2 > without, "{with:?} with a hash, {without:?} without");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_hash_is_a_fault_and_whoever_fails_repeats_no_secret() {
    for plug in ADAPTERS {
        let app = door(*plug, GRANTS, "identity-password-hashing").await;
        for phc in
            ["$argon2id$nonsense", "$argon2id$v=19$m=4000000,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"]
        {
            let answer = ask(&app, json!(["correct horse", phc])).await;
            assert_eq!(answer.header("outcome"), "other", "{answer:?}");
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(!text.contains("horse") && !text.contains("argon2id"), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_hashes_it_is_unavailable_and_where_somebody_talks_nonsense_a_fault() {
    for plug in ADAPTERS {
        for (inherited, hashing, outcome) in
            [("", "identity-password-hashing", "unavailable"), (GRANTS, "addressee", "other")]
        {
            let app = door(*plug, inherited, hashing).await;
            for asked in [json!(["correct horse"]), json!(["correct horse", null])] {
                let answer = ask(&app, asked).await;
                assert_eq!(answer.header("outcome"), outcome, "{answer:?}");
                assert!(!String::from_utf8_lossy(&answer.body).contains("horse"));
            }
        }
    }
}
