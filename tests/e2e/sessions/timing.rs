//! How long a refusal takes tells nothing.

use crate::sessions::{log_in, register};
use std::time::{Duration, Instant};
use tradepost_tests::Application;

/// Samples of each kind. By turns, so that whatever else the machine does weighs on both.
const SAMPLES: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_account_that_is_not_there_take_as_long() {
    let app = Application::start().await;
    for n in 0..SAMPLES {
        register(&app, &format!("a{n}@example.com")).await;
    }
    let mut times = [Vec::new(), Vec::new()];
    let database = app.database().connect().await;
    for n in 0..SAMPLES {
        // Nobody is to be turned away before his password was looked at.
        database.execute("DELETE FROM identity.login_throttle", &[]).await.unwrap();
        for (emails, times) in ["a", "nobody"].iter().zip(&mut times) {
            let since = Instant::now();
            log_in(&app, &format!("{emails}{n}@example.com"), "incorrect horse")
                .await
                .problem(401, "unauthenticated");
            times.push(since.elapsed());
        }
    }
    let [there, absent] = times.map(|mut times| {
        times.sort_unstable();
        times
    });
    let median = |times: &[Duration]| times[times.len() / 2];
    eprintln!("median of a wrong password {:?}, of an absent account {:?}", median(&there), median(&absent));
    // The hash is by far the most of it, and whoever left it out would be several times as fast. A finer bound would be
    // about the machine that runs this.
    assert!(median(&there) < 2 * median(&absent) && median(&absent) < 2 * median(&there));
    // Nor does one sample say anything: where one kind is faster, the other one is about as often.
    let crossing = there.iter().filter(|time| **time > median(&absent)).count();
    assert!((SAMPLES / 10..=SAMPLES - SAMPLES / 10).contains(&crossing), "{crossing} of {SAMPLES}");
}
