//! `GET /users/:user_id`: one user.

use tradepost_endpoint::{Admitted, Reply, admin, endpoint};
use tradepost_identity::User;
use tradepost_ids::UserId;
use tradepost_problem::Problem;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-user;

            world component {
                import tradepost:identity/user-directory@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::user_directory::{self, LookupError};

endpoint! {
    "/users/:user_id";
    // Until people can log in, there is nobody who could be shown their own.
    GET (admin()) => show,
}

async fn show(request: &Admitted) -> Result<Reply, Problem> {
    let id: UserId =
        request.path_parameter("user_id").and_then(|id| id.parse().ok()).ok_or_else(user_not_found)?;
    let found = user_directory::find(id.as_uuid().to_string()).await.map_err(|error| match error {
        LookupError::Unavailable(cause) => Problem::unavailable(cause),
        LookupError::Other(cause) => Problem::internal(cause),
    })?;
    let user = found.ok_or_else(user_not_found)?;

    Reply::ok(&User {
        id: UserId::from_uuid(Uuid::try_parse(&user.id).map_err(Problem::internal)?),
        name: user.name,
        email: user.email,
        created_at: Timestamp::from_micros(user.created_at),
    })
}

/// A malformed id is the id of nobody.
fn user_not_found() -> Problem {
    Problem::not_found("User not found")
}
