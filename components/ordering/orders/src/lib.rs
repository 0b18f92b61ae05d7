//! `POST /orders`: a customer orders. `GET /orders`: his own orders, or for staff everybody's.

use tradepost_endpoint::{endpoint, identified, open};

mod answer;
mod listing;
mod own;
mod placing;
mod waiting;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:ordering-orders;

            world component {
                import tradepost:catalog/price-list@0.1.0;
                import tradepost:ordering/customer-orders@0.1.0;
                import tradepost:ordering/customer-orders-updates@0.1.0;
                import tradepost:ordering/order-journal@0.1.0;
                import tradepost:ordering/order-search@0.1.0;
                import tradepost:ordering/order-view-updates@0.1.0;
                import tradepost:ordering/order-views@0.1.0;
            }
        ",
        path: ["../../../wit/catalog", "../../../wit/ordering"],
        generate_all,
    });
}

endpoint! {
    "/orders";
    POST (open().after_key_value()) => placing::place,
    GET (
        identified()
            .query(&["limit", "starting_after", "ending_before", "status", "customer"])
            .after_key_value()
    ) => listing::list,
}
