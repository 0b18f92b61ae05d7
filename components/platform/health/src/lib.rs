//! `GET /health`: that the process serves.

use tradepost_endpoint::{Admitted, Reply, endpoint, open};
use tradepost_problem::Problem;

endpoint! {
    "/health";
    GET (open()) => alive,
}

/// Asks nobody: a service whose database is away is alive, and restarting it would not bring the database back.
async fn alive(_: &Admitted) -> Result<Reply, Problem> {
    Reply::ok("ok")
}
