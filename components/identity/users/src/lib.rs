//! `POST /users`: a person registers. `GET /users`: staff look for people, newest first.

use tradepost_endpoint::{Admitted, Page, Reply, Scope, endpoint, fresh_uuid, now, open, staff};
use tradepost_identity::{EmailAddress, NewUser, User, UserWords, registration_salt};
use tradepost_ids::UserId;
use tradepost_input::Field;
use tradepost_problem::Problem;
use tradepost_timestamp::Timestamp;
use tradepost_user_directory as directory;
use uuid::Uuid;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-users;

            world component {
                import tradepost:identity/password-hashing@0.1.0;
                import tradepost:identity/user-search@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::password_hashing::{self as hashing, HashingError};
use ports::tradepost::identity::user_search::{self as search, Filter, SearchError, Start};

endpoint! {
    "/users";
    POST (open()) => register,
    GET (staff(Scope::UsersRead).query(&["limit", "starting_after", "ending_before", "q", "email"])) => list,
}

async fn register(request: &Admitted) -> Result<Reply, Problem> {
    let mut body = request.json()?;
    let mut new_user = NewUser::read(&body)?;
    let mut idempotency = request.idempotency_but_for("password", body.clone())?;
    let phc = match (new_user.password.take(), &idempotency) {
        (None, _) => None,
        (Some(password), None) => Some(hashing::hash(password.into_secret()).await.map_err(hashing_problem)?),
        (Some(password), Some(repeatable)) => {
            let salt = registration_salt(&repeatable.key, &repeatable.fingerprint).to_vec();
            let phc = hashing::hash_with_salt(password.into_secret(), salt).await.map_err(hashing_problem)?;
            // The same hash for the same request, so that another password is another body. The password itself would let
            // whoever reads the fingerprint try passwords fast.
            if let Some(fields) = body.as_object_mut() {
                fields.insert("password".to_owned(), phc.as_str().into());
            }
            idempotency = request.idempotency(&body)?;
            Some(phc)
        }
    };
    let user = new_user.registered(UserId::from_uuid(fresh_uuid()), now());
    directory::register(request, user, phc, idempotency).await
}

fn hashing_problem(error: HashingError) -> Problem {
    match error {
        HashingError::Unavailable(cause) => Problem::unavailable(cause),
        HashingError::Other(cause) => Problem::internal(cause),
    }
}

async fn list(request: &Admitted) -> Result<Reply, Problem> {
    let (page, filter) = request.query(|query| {
        let page = Page::<UserId>::read(query);
        let words = query.optional("q", Field::parse::<UserWords>);
        let email = query.optional("email", Field::parse::<EmailAddress>);
        let filter =
            Filter { words: words?.map(UserWords::into_string), email_key: email?.map(|email| email.key()) };
        Ok((page?, filter))
    })?;
    let start = match (page.starting_after(), page.ending_before()) {
        (Some(id), _) => Start::After(id.as_uuid().to_string()),
        (None, Some(id)) => Start::Before(id.as_uuid().to_string()),
        (None, None) => Start::Top,
    };
    let found = search::search(filter, start, page.limit()).await.map_err(|error| match error {
        SearchError::Unavailable(cause) => Problem::unavailable(cause),
        SearchError::Other(cause) => Problem::internal(cause),
    })?;
    let users = found.users.into_iter().map(user_of).collect::<Result<Vec<_>, _>>()?;
    Reply::list(request, &page, &users, found.has_more)
}

fn user_of(user: search::User) -> Result<(UserId, User), Problem> {
    let id = UserId::from_uuid(Uuid::try_parse(&user.id).map_err(Problem::internal)?);
    let user = User {
        id,
        name: user.name,
        email: user.email,
        verified_at: user.verified_at.map(Timestamp::from_micros),
        scopes: user.scopes.parse().map_err(Problem::internal)?,
        created_at: Timestamp::from_micros(user.created_at),
        version: user.version,
    };
    Ok((id, user))
}
