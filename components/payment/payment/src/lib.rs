//! `GET /payments/:payment_id`: one payment, from its view. No database is in reach.
//!
//! For staff: a payment shows how risky its customer looked and what the provider calls it. What customers need to know
//! of it, their order shows them.

use tradepost_endpoint::{Admitted, Reply, Scope, endpoint, staff};
use tradepost_ids::PaymentId;
use tradepost_problem::Problem;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:payment-payment;

            world component {
                import tradepost:payment/payment-views@0.1.0;
            }
        ",
        path: "../../../wit/payment",
        generate_all,
    });
}

use ports::tradepost::payment::payment_views::{self, ViewError};

endpoint! {
    "/payments/:payment_id";
    GET (staff(Scope::PaymentsRead).after_key_value()) => show,
}

async fn show(request: &Admitted) -> Result<Reply, Problem> {
    let id: PaymentId =
        request.path_parameter("payment_id").and_then(|id| id.parse().ok()).ok_or_else(payment_not_found)?;
    let view = payment_views::get(id.as_uuid().to_string()).await.map_err(|error| match error {
        ViewError::Unavailable(cause) => Problem::unavailable(cause),
        ViewError::Other(cause) => Problem::internal(cause),
    })?;
    let view = view.ok_or_else(payment_not_found)?;
    Ok(Reply::ok_json(&view.body).etag(view.version))
}

/// A malformed id is the id of nothing.
fn payment_not_found() -> Problem {
    Problem::not_found("Payment not found")
}
