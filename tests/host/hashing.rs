//! Passwords that are hashed in a guest, which is tens of milliseconds of nothing but computing, beside those who have
//! other things to do.

use crate::probe::text;
use futures::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};
use tradepost_manifest::Manifest;
use tradepost_tests::{Application, Setup, guest};

/// Whoever hashes, at `/hash`, and a probe everywhere else.
async fn hashing_beside_a_probe() -> Application {
    let manifest = tokio::task::spawn_blocking(|| {
        let text = format!(
            "spin_manifest_version = 2
[application]
name = \"hashing\"
[[trigger.http]]
route = \"/hash\"
component = \"hashing\"
[component.hashing]
source = \"{}\"
[[trigger.http]]
route = \"/...\"
component = \"probe\"
[component.probe]
source = \"{}\"
",
            guest("identity-password-hashing").display(),
            guest("probe").display(),
        );
        Manifest::parse(&text, "hashing.toml").unwrap()
    });
    Application::with(Setup { manifest: Some(manifest.await.unwrap()), ..Setup::default() }).await
}

/// How long it takes to hash a password.
async fn hashed(app: &Application) -> Duration {
    let since = Instant::now();
    let answer = app.post("/hash").json(json!({"hash": "correct horse"})).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    since.elapsed()
}

/// Guests that compute take turns, and leave a thread to everybody else. Did they not, a neighbour would wait for a turn of
/// each of them, or for whole hashes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_passwords_hashed_holds_up_nobody_else() {
    let app = hashing_beside_a_probe().await;
    let mut alone = Vec::new();
    for _ in 0..5 {
        alone.push(hashed(&app).await);
    }
    let one_hash = *alone.iter().min().unwrap();

    // More than one instance takes at once.
    let flood = join_all((0..48).map(|_| hashed(&app)));
    let neighbour = async {
        tokio::time::sleep(one_hash).await;
        let mut latencies = Vec::new();
        for _ in 0..20 {
            let since = Instant::now();
            assert_eq!(text(&app.get("/hello").send().await), "hello");
            latencies.push(since.elapsed());
        }
        latencies.sort();
        (latencies, Instant::now())
    };
    let since = Instant::now();
    let (hashes, (latencies, neighbour_was_done)) = tokio::join!(flood, neighbour);
    assert!(neighbour_was_done < since + *hashes.iter().max().unwrap(), "somebody was hashing all the while");
    let median = latencies[latencies.len() / 2];
    assert!(median * 4 < one_hash, "a hash takes {one_hash:?}, the neighbour {latencies:?}");
}
