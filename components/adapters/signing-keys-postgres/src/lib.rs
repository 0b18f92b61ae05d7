//! The port `signing-keys` on Postgres: the function `identity.rotate_signing_keys`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat};

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Keys;

    wit_bindgen::generate!({
        inline: "
            package tradepost:signing-keys-postgres;

            world component {
                export tradepost:identity/signing-keys@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(Keys);
}

use ports::exports::tradepost::identity::signing_keys::{FreshKey, Guest, KeyError};

const DATABASE: Database = Database::as_role("tradepost_identity");

struct Keys;

impl Guest for Keys {
    async fn rotate(at: i64, key_seconds: u32, fresh: FreshKey) -> Result<Vec<Vec<u8>>, KeyError> {
        let statement = "SELECT public_key FROM identity.rotate_signing_keys($1, $2, $3, $4, $5)";
        let parameters = vec![
            Parameter::Int64(at),
            Parameter::Int64(key_seconds.into()),
            Parameter::Str(fresh.id),
            Parameter::Binary(fresh.seed),
            Parameter::Binary(fresh.public_key),
        ];
        // A second run finds the key that the first one took.
        let rows = DATABASE.query(statement, parameters, Repeat::Safe).await;
        let keys = rows.and_then(|rows| rows.into_iter().map(|mut row| row.take::<Vec<u8>>()).collect());
        keys.map_err(|failure| match failure {
            Failure::Unavailable(reason) => KeyError::Unavailable(reason),
            failure => KeyError::Other(failure.to_string()),
        })
    }
}
