//! The soak: random shoppers and staff for a given time, while components are killed, calls fail or lose their replies,
//! the host crashes and Postgres crashes. Then nothing goes wrong any more, everything comes to rest, and the books are
//! checked.
//!
//! | in the environment | |
//! |---|---|
//! | `SOAK_SECONDS=<number>` | how long; 8 unless said otherwise |
//! | `SOAK_SEED=<number>` | the chance that shoppers and faults are made of; what threads and sockets add is their own |

mod ground;
mod hand;
mod shopper;
mod tally;
mod till;

use crate::ground::Ground;
use crate::shopper::Shopper;
use crate::tally::Tally;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Who shops at once.
const SHOPPERS: u64 = 12;

/// How long it may take from the last fault until everything is at rest: deadlines of orders that were struck in the
/// middle have to pass.
const REST: Duration = Duration::from_mins(3);

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_crashes_every_order_ends_and_the_books_balance() {
    let (seconds, seed) = (number("SOAK_SECONDS", 8), number("SOAK_SEED", 1));
    let tally = Arc::new(Tally::default());
    let mut ground = Ground::prepare(seed, tally.clone()).await;
    let begin = Instant::now();
    let end = begin + Duration::from_secs(seconds);
    let shoppers: Vec<_> = (0..SHOPPERS)
        .map(|number| {
            let shopper = Shopper::new(seed * SHOPPERS + number, ground.till(), tally.clone());
            tokio::spawn(shopper.shop_until(end))
        })
        .collect();
    ground.make_trouble_until(end).await;
    for shopper in shoppers {
        shopper.await.unwrap();
    }
    let shopped = begin.elapsed();
    let mut violations = tally.violations();
    violations.extend(ground.come_to_rest(REST).await.err());
    violations.extend(ground.violations().await);
    println!(
        "{} s, then {} s to rest; {tally}",
        shopped.as_secs(),
        begin.elapsed().as_secs() - shopped.as_secs()
    );
    println!("orders: {}", ground.statuses().await);
    ground.stop().await;
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), violations.join("\n"));
}
