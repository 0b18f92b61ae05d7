//! The port `credentials` on Postgres: the table `identity.credentials` and the function `identity.change_password`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Credentials;

    wit_bindgen::generate!({
        inline: "
            package tradepost:credentials-postgres;

            world component {
                export tradepost:identity/credentials@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(Credentials);
}

use ports::exports::tradepost::identity::credentials::{Change, CredentialError, Guest};

const DATABASE: Database = Database::as_role("tradepost_identity");

struct Credentials;

impl Guest for Credentials {
    async fn find(user_id: String) -> Result<Option<String>, CredentialError> {
        if Uuid::try_parse(&user_id).is_err() {
            return Ok(None);
        }
        found(user_id).await.map_err(credential_error)
    }

    async fn replace(change: Change) -> Result<Option<Vec<String>>, CredentialError> {
        changed(change).await.map_err(credential_error)
    }
}

async fn found(user_id: String) -> Result<Option<String>, Failure> {
    let statement = "SELECT phc FROM identity.credentials WHERE user_id = $1";
    let row = DATABASE.query_optional(statement, vec![Parameter::Uuid(user_id)], Repeat::Safe).await?;
    row.map(|mut row| row.take()).transpose()
}

async fn changed(change: Change) -> Result<Option<Vec<String>>, Failure> {
    let statement = "SELECT identity.change_password($1, $2, $3, $4, $5, $6, $7)::text[]";
    let parameters = vec![
        Parameter::Uuid(change.user_id),
        Parameter::Str(change.phc),
        Parameter::Str(change.new_phc),
        change.session.map_or(Parameter::DbNull, Parameter::Uuid),
        Parameter::Int64(change.at),
        Parameter::Uuid(change.event_id),
        change.traceparent.map_or(Parameter::DbNull, Parameter::Str),
    ];
    // A second run finds the hash that the first one wrote, and no session left to end.
    let row = DATABASE.query_optional(statement, parameters, Repeat::Safe).await?;
    row.ok_or_else(|| Failure::Other("no answer".to_owned()))?.take()
}

fn credential_error(failure: Failure) -> CredentialError {
    match failure {
        Failure::Unavailable(reason) => CredentialError::Unavailable(reason),
        failure => CredentialError::Other(failure.to_string()),
    }
}
