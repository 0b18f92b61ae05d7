//! `POST /payments/:payment_id/refunds`: staff gives money back. `GET`: what was given back.

use tradepost_endpoint::{Admitted, Scope, endpoint, staff};
use tradepost_ids::PaymentId;
use tradepost_problem::Problem;

mod answer;
mod giving_back;
mod listing;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:payment-refunds;

            world component {
                import tradepost:payment/payment-view-updates@0.1.0;
                import tradepost:payment/payment-views@0.1.0;
            }
        ",
        path: "../../../wit/payment",
        generate_all,
    });
}

endpoint! {
    "/payments/:payment_id/refunds";
    POST (staff(Scope::PaymentsWrite).after_key_value()) => giving_back::give_back,
    GET (staff(Scope::PaymentsRead).query(&["limit", "starting_after", "ending_before"]).after_key_value()) => listing::list,
}

fn id_in(request: &Admitted) -> Result<PaymentId, Problem> {
    request.path_parameter("payment_id").and_then(|id| id.parse().ok()).ok_or_else(payment_not_found)
}

/// A malformed id is the id of nothing.
fn payment_not_found() -> Problem {
    Problem::not_found("Payment not found")
}
