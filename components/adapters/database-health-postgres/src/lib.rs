//! The port `database-health` on Postgres.

use tradepost_postgres::{Database, Failure, Repeat};

mod ports {
    #![expect(unsafe_code, reason = "generated")]

    use super::Health;

    wit_bindgen::generate!({
        inline: "
            package tradepost:database-health-postgres;

            world component {
                export tradepost:platform/database-health@0.1.0;
            }
        ",
        path: "../../../wit/platform",
        generate_all,
    });

    export!(Health);
}

use ports::exports::tradepost::platform::database_health::Guest;

/// May log in and do nothing at all.
const DATABASE: Database = Database::as_role("tradepost_platform");

struct Health;

impl Guest for Health {
    async fn check() -> Result<(), String> {
        // Repeated, because what counts is whether the database answers now and not whether it was restarted since
        // the last check.
        match DATABASE.execute("SELECT 1", Vec::new(), Repeat::Safe).await {
            Ok(_) => Ok(()),
            Err(Failure::Unavailable(reason)) => Err(reason),
            Err(failure) => Err(failure.to_string()),
        }
    }
}
