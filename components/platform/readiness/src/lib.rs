//! `GET /health/ready`: whether everything that requests need answers.

use std::pin::pin;

use futures::future::{Either, join, select};
use serde_json::{Value, json};
use tradepost_endpoint::{Admitted, Reply, endpoint, open};
use tradepost_problem::{Code, Problem};
use wasip3::clocks::monotonic_clock;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:platform-readiness;

            world component {
                import tradepost:platform/database-health@0.1.0;
                import tradepost:platform/view-store-health@0.1.0;
            }
        ",
        path: "../../../wit/platform",
        generate_all,
    });
}

use ports::tradepost::platform::{database_health, view_store_health};

endpoint! {
    "/health/ready";
    GET (open().after_key_value()) => ready,
}

/// How long a dependency may take. A load balancer asks every few seconds and takes no answer for a bad one.
const PATIENCE_NANOS: u64 = 2_000_000_000;

async fn ready(request: &Admitted) -> Result<Reply, Problem> {
    let (database, view_store) =
        join(within_patience(database_health::check()), within_patience(view_store_health::check())).await;
    let checks = [("postgres", database), ("key-value", view_store)];

    let dependencies: Vec<Value> = checks
        .iter()
        .map(|(name, check)| json!({ "name": name, "state": if check.is_ok() { "up" } else { "down" } }))
        .collect();
    let down: Vec<&str> = checks
        .iter()
        .filter_map(|(name, check)| {
            // Why it is down is for those who run the service.
            request.log(format_args!("{name} is down: {}", check.as_ref().err()?));
            Some(*name)
        })
        .collect();
    if down.is_empty() {
        return Reply::ok(&json!({ "status": "ready", "dependencies": dependencies }));
    }
    Err(Problem::new(Code::Unavailable, format!("Down: {}", down.join(", ")))
        .header("retry-after", "1")
        .member("dependencies", dependencies))
}

async fn within_patience(check: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    match select(pin!(check), pin!(monotonic_clock::wait_for(PATIENCE_NANOS))).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => Err("no answer within 2 s".to_owned()),
    }
}
