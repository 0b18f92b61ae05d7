//! Batches taken apart, applied and answered.

mod answering;
mod keys;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_json::{Value, json};

use crate::CloudEvent;

/// An event in JSON. Its id is the key and the number: `a1`.
fn element(key: &str, number: u64) -> Value {
    json!({
        "specversion": "1.0",
        "id": format!("{key}{number}"),
        "source": "/catalog",
        "type": "tradepost.catalog.product-created.v1",
        "subject": key,
        "time": "2026-11-22T00:00:00.000000Z",
        "partitionkey": key,
        "sequence": format!("{number:020}"),
        "datacontenttype": "application/json",
        "data": {},
    })
}

/// Events by their ids: `a1 b1 a2`.
fn events(ids: &str) -> Vec<CloudEvent> {
    ids.split_whitespace()
        .map(|id| {
            let (key, number) = id.split_at(1);
            serde_json::from_value(element(key, number.parse().unwrap())).unwrap()
        })
        .collect()
}

/// What a future that never waits comes to.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future waits"),
    }
}
