//! Consumes what happens to orders and their stock: charges once stock is promised, and takes nothing, or gives it back,
//! once an order ends.
//!
//! What a batch demands is written for all of its payments together before the provider is asked for any. So the events are
//! applied whatever the provider does then: what it does not answer in time, the reconciliation finds out.

mod charging;
mod risk;
mod wish;

use std::cell::RefCell;

use tradepost_consumer::{CloudEvent, Outcome, apply_by_key};
use tradepost_payment_desk::{in_seconds, settle};

/// Who causes what happens here.
const ACTOR: &str = "payment-charge";

/// How long the provider may take for all of a batch, in seconds. A consumer is stopped after 10, and what the provider has
/// said must be written by then.
const SECONDS: u64 = 7;

tradepost_consumer::consumer!(apply);

async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
    let until = in_seconds(SECONDS);
    let begun = RefCell::new(Vec::new());
    let outcomes = apply_by_key(events, async |events| {
        let cases = charging::write(events).await?;
        begun.borrow_mut().extend(cases);
        Ok(())
    })
    .await;
    // A failure is nobody's but the payments', and they are due again.
    settle(begun.into_inner(), until).await;
    outcomes
}
