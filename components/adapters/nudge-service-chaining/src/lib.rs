//! The port `nudge` over service chaining: a POST to the component's private route.

use spin_sdk::http::body::IncomingBodyExt as _;
use spin_sdk::http::post;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::ServiceChaining;

    wit_bindgen::generate!({
        inline: "
            package tradepost:nudge-service-chaining;

            world component {
                export tradepost:platform/nudge@0.1.0;
            }
        ",
        path: "../../../wit/platform",
        generate_all,
    });

    export!(ServiceChaining);
}

use ports::exports::tradepost::platform::nudge::Guest;

/// How much is told of what a component says of its failure, in characters.
const MOST_CHARS: usize = 300;

struct ServiceChaining;

impl Guest for ServiceChaining {
    async fn nudge(component: String) -> Result<(), String> {
        let response = post(format!("http://{component}.spin.internal/"), "")
            .await
            .map_err(|error| format!("{component} cannot be reached: {error:?}"))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        // Why, in a line; without it the status has to do.
        let reason = response.into_body().bytes().await.unwrap_or_default();
        let reason: String = String::from_utf8_lossy(&reason).chars().take(MOST_CHARS).collect();
        Err(format!("{component} answered {status}: {reason}"))
    }
}
