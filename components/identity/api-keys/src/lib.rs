//! `POST /api-keys`: staff make a key for a program. `GET /api-keys`: those that are good, newest first.

mod listing;
mod making;

use tradepost_endpoint::{Scope, endpoint, staff};

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-api-keys;

            world component {
                import tradepost:identity/api-keys@0.1.0;
                import tradepost:identity/api-key-search@0.1.0;
                import tradepost:identity/api-key-views@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

endpoint! {
    "/api-keys";
    POST (staff(Scope::KeysWrite).after_key_value()) => making::make,
    GET (staff(Scope::KeysWrite).query(&["limit", "starting_after", "ending_before"]).after_key_value()) => listing::list,
}
