//! The port `user-directory` on Postgres, table `identity.users`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Directory;

    wit_bindgen::generate!({
        inline: "
            package tradepost:user-directory-postgres;

            world component {
                export tradepost:identity/user-directory@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(Directory);
}

use ports::exports::tradepost::identity::user_directory::{Guest, LookupError, RegistrationError, User};

const DATABASE: Database = Database::as_role("tradepost_identity");

struct Directory;

impl Guest for Directory {
    async fn register(user: User, email_key: String) -> Result<(), RegistrationError> {
        let statement = "
            INSERT INTO identity.users (id, name, email, email_key, created_at)
            VALUES ($1, $2, $3, $4, timestamptz 'epoch' + $5::bigint * interval '1 microsecond')";
        let parameters = vec![
            Parameter::Uuid(user.id),
            Parameter::Str(user.name),
            Parameter::Str(user.email),
            Parameter::Str(email_key),
            Parameter::Int64(user.created_at),
        ];
        match DATABASE.execute(statement, parameters, Repeat::Safe).await {
            Ok(_) => Ok(()),
            // The primary key is checked first. An id that is taken means that this registration has been written
            // before: by this very call, whose first connection broke, or by an earlier one of the caller's.
            Err(Failure::Constraint { constraint, repeated: true, .. }) if constraint == "users_pkey" => {
                Ok(())
            }
            Err(Failure::Constraint { constraint, .. })
                if matches!(constraint.as_str(), "users_pkey" | "users_email_key_key") =>
            {
                Err(RegistrationError::EmailTaken)
            }
            Err(Failure::Unavailable(reason)) => Err(RegistrationError::Unavailable(reason)),
            Err(failure) => Err(RegistrationError::Other(failure.to_string())),
        }
    }

    async fn find(id: String) -> Result<Option<User>, LookupError> {
        if Uuid::try_parse(&id).is_err() {
            return Ok(None);
        }
        row_of(id).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => LookupError::Unavailable(reason),
            failure => LookupError::Other(failure.to_string()),
        })
    }
}

async fn row_of(id: String) -> Result<Option<User>, Failure> {
    let statement = "
        SELECT id, name, email, (extract(epoch FROM created_at) * 1000000)::bigint
        FROM identity.users
        WHERE id = $1";
    let Some(mut row) = DATABASE.query_optional(statement, vec![Parameter::Uuid(id)], Repeat::Safe).await?
    else {
        return Ok(None);
    };
    Ok(Some(User { id: row.take()?, name: row.take()?, email: row.take()?, created_at: row.take()? }))
}
