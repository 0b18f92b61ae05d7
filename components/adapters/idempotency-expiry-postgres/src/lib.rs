//! The port `idempotency-expiry` on Postgres: the functions `<context>.expire_idempotency_keys`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat};

mod ports {
    #![expect(unsafe_code, reason = "generated")]

    use super::Expiry;

    wit_bindgen::generate!({
        inline: "
            package tradepost:idempotency-expiry-postgres;

            world component {
                export tradepost:platform/idempotency-expiry@0.1.0;
            }
        ",
        path: "../../../wit/platform",
        generate_all,
    });

    export!(Expiry);
}

use ports::exports::tradepost::platform::idempotency_expiry::{Context, ExpiryError, Guest};

/// May call these functions, each of which has its own context's rights, and nothing else.
const DATABASE: Database = Database::as_role("tradepost_idempotency_expiry");

/// The most that the functions delete at once.
const MOST: u32 = 10_000;

struct Expiry;

impl Guest for Expiry {
    async fn expire(context: Context, most: u32) -> Result<u32, ExpiryError> {
        expired(context, most.clamp(1, MOST)).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => ExpiryError::Unavailable(reason),
            failure => ExpiryError::Other(failure.to_string()),
        })
    }
}

async fn expired(context: Context, most: u32) -> Result<u32, Failure> {
    let statement = match context {
        Context::Catalog => "SELECT catalog.expire_idempotency_keys($1)",
        Context::Identity => "SELECT identity.expire_idempotency_keys($1)",
        Context::Inventory => "SELECT inventory.expire_idempotency_keys($1)",
        Context::Messaging => "SELECT messaging.expire_idempotency_keys($1)",
        Context::Ordering => "SELECT ordering.expire_idempotency_keys($1)",
        Context::Payment => "SELECT payment.expire_idempotency_keys($1)",
    };
    let parameters = vec![Parameter::Int32(i32::try_from(most).unwrap_or(i32::MAX))];
    // A second run deletes others, which have expired too.
    let row = DATABASE.query_optional(statement, parameters, Repeat::Safe).await?;
    let deleted: i32 = row.ok_or_else(|| Failure::Other("no answer".to_owned()))?.take()?;
    u32::try_from(deleted).map_err(|_| Failure::Other("a negative number of answers".to_owned()))
}
