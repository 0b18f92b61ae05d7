//! Time and chance are inputs: a test's clock and a test's seed are what guests see.

use crate::probe::{probes, text};
use std::sync::Arc;
use std::time::Duration;
use tradepost::inputs::Inputs;
use tradepost_tests::{HeldClock, SeededChance, Setup};

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_reads_the_clock_it_is_given_and_waits_by_it() {
    let clock = HeldClock::at(Duration::from_hours(1_000_000));
    let inputs = Inputs { clock: Some(clock.clone()), ..Inputs::default() };
    let app = Arc::new(probes(Setup { inputs, ..Setup::default() }).await);
    assert_eq!(text(&app.get("/clock").send().await), "3600000000");
    let sleeper = tokio::spawn({
        let app = app.clone();
        // An hour, which the test does not have.
        async move { text(&app.get("/sleep?3600000").send().await) }
    });
    clock.until_someone_waits().await;
    clock.advance(Duration::from_secs(3599));
    assert!(!sleeper.is_finished());
    clock.advance(Duration::from_secs(1));
    assert_eq!(sleeper.await.unwrap(), "slept");
    assert_eq!(text(&app.get("/clock").send().await), "3600003600");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_random_bytes() {
    let mut drawn = Vec::new();
    for seed in [7, 7, 8] {
        let inputs = Inputs { chance: Some(SeededChance::of(seed)), ..Inputs::default() };
        let app = probes(Setup { inputs, ..Setup::default() }).await;
        drawn.push((text(&app.get("/random").send().await), text(&app.get("/random").send().await)));
    }
    assert_eq!(drawn[0], drawn[1]);
    assert_ne!(drawn[0].0, drawn[0].1);
    assert_ne!(drawn[0], drawn[2]);
}
