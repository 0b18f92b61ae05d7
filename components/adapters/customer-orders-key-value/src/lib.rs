//! The ports `customer-orders`, `customer-orders-updates` and `customer-orders-projection` on a key-value store.
//!
//! A customer has a key `orders:<uuid>` for the days on which he ordered, one `orders:<uuid>:<day>` for each of them, and
//! `orders:<uuid>:recent` for what his commands have told of. All but the last are the projection's, which writes one
//! customer's in turns. A page is written before the day, so that a day whose page was written and which itself was not
//! is written when the events come again.

mod noting;
mod reading;
mod stored;

use tradepost_kept_store::Failure;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::CustomerOrders;

    wit_bindgen::generate!({
        inline: "
            package tradepost:customer-orders-key-value;

            world component {
                export tradepost:ordering/customer-orders@0.1.0;
                export tradepost:ordering/customer-orders-projection@0.1.0;
                export tradepost:ordering/customer-orders-updates@0.1.0;
            }
        ",
        path: "../../../wit/ordering",
        generate_all,
    });

    export!(CustomerOrders);
}

use ports::exports::tradepost::ordering::{
    customer_orders as lists, customer_orders_projection as projection, customer_orders_updates as updates,
};

struct CustomerOrders;

impl lists::Guest for CustomerOrders {
    async fn read(
        customer: String,
        part: lists::Part,
        status: Option<String>,
        most: u32,
    ) -> Result<Vec<lists::ListedOrder>, lists::ListError> {
        reading::read(&customer, &part, status.as_deref(), most).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => lists::ListError::Unavailable(reason),
            Failure::Other(reason) => lists::ListError::Other(reason),
        })
    }
}

impl projection::Guest for CustomerOrders {
    async fn note_all(orders: Vec<projection::NotedOrder>) -> Result<(), projection::ListError> {
        noting::note_all(orders).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => projection::ListError::Unavailable(reason),
            Failure::Other(reason) => projection::ListError::Other(reason),
        })
    }
}

impl updates::Guest for CustomerOrders {
    async fn note_recent(customer: String, order_id: String) -> Result<(), updates::ListError> {
        noting::note_recent(&customer, &order_id).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => updates::ListError::Unavailable(reason),
            Failure::Other(reason) => updates::ListError::Other(reason),
        })
    }
}
