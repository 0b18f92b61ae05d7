//! The port `view-store-health` on a key-value store.

mod ports {
    #![expect(unsafe_code, reason = "generated")]

    use super::Health;

    wit_bindgen::generate!({
        inline: "
            package tradepost:view-store-health-key-value;

            world component {
                export tradepost:platform/view-store-health@0.1.0;
            }
        ",
        path: "../../../wit/platform",
        generate_all,
    });

    export!(Health);
}

use ports::exports::tradepost::platform::view_store_health::Guest;

struct Health;

impl Guest for Health {
    async fn check() -> Result<(), String> {
        // Nobody writes this key. That the store says so is an answer.
        tradepost_kept_store::get("health").await.map(drop).map_err(|failure| failure.to_string())
    }
}
