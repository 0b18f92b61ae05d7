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

async fn hash(app: &Application) {
    let answer = app.post("/hash").json(json!({"hash": "correct horse"})).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// How many times a second the probe serves somebody who asks again and again, until `end`.
async fn served_until(end: impl Future, app: &Application) -> f64 {
    let (since, mut served) = (Instant::now(), 0_u32);
    let asking = async {
        loop {
            assert_eq!(text(&app.get("/hello").send().await), "hello");
            served += 1;
        }
    };
    tokio::select! {
        _ = end => {}
        () = asking => {}
    }
    f64::from(served) / since.elapsed().as_secs_f64()
}

/// Guests that compute take turns, and leave a thread to everybody else. Did they not, a neighbour would wait for a turn of
/// each of them at every request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_passwords_hashed_holds_up_nobody_else() {
    let app = hashing_beside_a_probe().await;
    hash(&app).await;
    let alone = served_until(tokio::time::sleep(Duration::from_millis(500)), &app).await;
    // The best of three: whatever else the machine does may get between.
    let mut beside: f64 = 0.0;
    for _ in 0..3 {
        // More than one instance takes at once.
        beside = beside.max(served_until(join_all((0..48).map(|_| hash(&app))), &app).await);
    }
    assert!(beside > alone / 100.0, "{alone:.0} times a second alone, {beside:.0} beside those who hash");
}
