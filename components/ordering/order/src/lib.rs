//! `GET /orders/:order_id`: one order, from its view. No database is in reach.

use tradepost_endpoint::{Admitted, Reply, Scope, endpoint, open};
use tradepost_order_access::{check, order_id, order_not_found};
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
    GET (open().after_key_value()) => show,
}

async fn show(request: &Admitted) -> Result<Reply, Problem> {
    let id = order_id(request)?;
    let view = order_views::get(id.as_uuid().to_string()).await.map_err(|error| match error {
        ViewError::Unavailable(cause) => Problem::unavailable(cause),
        ViewError::Other(cause) => Problem::internal(cause),
    })?;
    let view = view.ok_or_else(order_not_found)?;
    check(request, view.owner.parse().map_err(Problem::internal)?, Scope::OrdersRead)?;
    Ok(Reply::ok_json(&view.body).etag(view.version))
}
