//! `POST /tick`: whatever is due is done. Called every second or so by whoever keeps time: the embedded host, a cron, a
//! Kubernetes `CronJob`.
//!
//! Nothing depends on it for its correctness. It brings about what a kick has missed and what becomes due by mere
//! waiting.

use serde::Serialize;
use tradepost_endpoint::{Admitted, Reply, Scope, endpoint, staff};
use tradepost_problem::Problem;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:platform-tick;

            world component {
                import tradepost:platform/nudge@0.1.0;
            }
        ",
        path: "../../../wit/platform",
        generate_all,
    });
}

use ports::tradepost::platform::nudge::nudge;

/// The private components that have something to do when time has passed. The relay is last, because it delivers what
/// the others have written.
const COMPONENTS: &[&str] = &[
    "identity-key-rotation",
    "identity-session-expiry",
    "inventory-reservation-expiry",
    "ordering-deadlines",
    "payment-reconciliation",
    "platform-idempotency-expiry",
    "messaging-relay",
];

endpoint! {
    "/tick";
    POST (staff(Scope::Operations).without_body()) => tick,
}

/// What became of a nudge.
#[derive(Serialize)]
struct Nudged {
    component: &'static str,
    /// `null` when it has done what was due.
    error: Option<String>,
}

/// 200 also when a component failed: the others have been nudged, and the next tick nudges this one again.
async fn tick(_: &Admitted) -> Result<Reply, Problem> {
    let mut nudged = Vec::with_capacity(COMPONENTS.len());
    for component in COMPONENTS {
        let error = nudge((*component).to_owned()).await.err();
        nudged.push(Nudged { component, error });
    }
    Reply::ok(&nudged)
}
