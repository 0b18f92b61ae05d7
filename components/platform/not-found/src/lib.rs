//! `/...`: what no other endpoint answers, in the same shape as every other problem.

use tradepost_endpoint::{Admitted, Reply, endpoint, open};
use tradepost_problem::Problem;

endpoint! {
    "/...";
    ANY (open().ignoring_query().ignoring_accept()) => not_found,
}

async fn not_found(_: &Admitted) -> Result<Reply, Problem> {
    Err(Problem::not_found("There is nothing at this path"))
}
