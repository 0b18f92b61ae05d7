//! `POST /users`: a person registers.

use tradepost_endpoint::{Admitted, Reply, endpoint, fresh_uuid, now, open};
use tradepost_identity::NewUser;
use tradepost_ids::UserId;
use tradepost_problem::{Code, Problem};

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-users;

            world component {
                import tradepost:identity/user-directory@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::user_directory::{self, RegistrationError};

endpoint! {
    "/users";
    POST (open()) => register,
}

async fn register(request: &Admitted) -> Result<Reply, Problem> {
    let new_user = NewUser::read(&request.json()?)?;
    let email_key = new_user.email.key();
    let user = new_user.registered(UserId::from_uuid(fresh_uuid()), now());

    let entry = user_directory::User {
        id: user.id.as_uuid().to_string(),
        name: user.name.clone(),
        email: user.email.clone(),
        created_at: user.created_at.as_micros(),
    };
    user_directory::register(entry, email_key).await.map_err(|error| match error {
        RegistrationError::EmailTaken => {
            Problem::new(Code::EmailTaken, "A user with this email is registered already")
        }
        RegistrationError::Unavailable(cause) => Problem::unavailable(cause),
        RegistrationError::Other(cause) => Problem::internal(cause),
    })?;

    Reply::created(format!("/users/{}", user.id), &user)
}
