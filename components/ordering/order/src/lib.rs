//! `GET /orders/:order_id`: one order, from its view. No database is in reach.

use tradepost_endpoint::{Admitted, Reply, admin, endpoint};
use tradepost_ids::OrderId;
use tradepost_problem::Problem;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:ordering-order;

            world component {
                import tradepost:ordering/order-views@0.1.0;
            }
        ",
        path: "../../../wit/ordering",
        generate_all,
    });
}

use ports::tradepost::ordering::order_views::{self, ViewError};

endpoint! {
    "/orders/:order_id";
    // Until people can log in, there is nobody who could be shown their own.
    GET (admin().after_key_value()) => show,
}

async fn show(request: &Admitted) -> Result<Reply, Problem> {
    let id: OrderId =
        request.path_parameter("order_id").and_then(|id| id.parse().ok()).ok_or_else(order_not_found)?;
    let view = order_views::get(id.as_uuid().to_string()).await.map_err(|error| match error {
        ViewError::Unavailable(cause) => Problem::unavailable(cause),
        ViewError::Other(cause) => Problem::internal(cause),
    })?;

    Ok(Reply::ok_json(&view.ok_or_else(order_not_found)?.body))
}

/// A malformed id is the id of nothing.
fn order_not_found() -> Problem {
    Problem::not_found("Order not found")
}
