//! The port by which users are written, in the words of the rules about users: what the endpoints that write them have
//! in common.

mod shape;

use serde::Deserialize;
use tradepost_endpoint::{Admitted, Idempotency, Reply, key_reused};
use tradepost_identity::{EmailAddress, User, UserEvent};
use tradepost_ids::UserId;
use tradepost_problem::{Code, Problem, data_of_success_body, success_body};

#[expect(clippy::same_length_and_capacity, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tradepost:writing-users;

            world component {
                import tradepost:identity/user-directory@0.1.0;
            }
        ",
        path: "../../wit/identity",
        generate_all,
    });
}

use bindings::tradepost::identity::user_directory::{
    self as port, Entry, Erasure, IdempotencyScope, KeptAnswer, LookupError, ReplayedAnswer, WriteError,
    Written,
};

/// What became of a write.
#[derive(Debug)]
pub enum Outcome {
    /// It is done, or was when the same request came before; this is the answer to it.
    Answered(Reply),
    /// Somebody else has changed the user meanwhile: find him again and decide again.
    Conflict,
}

/// The user with this id, unless he is erased.
pub async fn find(id: UserId) -> Result<Option<User>, Problem> {
    let found = port::find(id.as_uuid().to_string()).await.map_err(lookup_problem)?;
    found.map(shape::user_of).transpose()
}

/// The answer that was given when this request came before. For an edit that cannot be made now: its first run may
/// be the reason.
pub async fn answer_before(idempotency: Option<&Idempotency>) -> Result<Option<Reply>, Problem> {
    let Some(idempotency) = idempotency else { return Ok(None) };
    let found = port::find_answer(scope_of(idempotency), idempotency.fingerprint.clone()).await;
    Ok(found.map_err(lookup_problem)?.map(replayed))
}

/// Registers `user`, with the hash of a password if he has chosen one, and answers 201.
pub async fn register(
    request: &Admitted,
    user: User,
    password: Option<String>,
    idempotency: Option<Idempotency>,
) -> Result<Reply, Problem> {
    let registration = user.registration();
    let location = Some(format!("/users/{}", user.id));
    match write(request, 0, (user, password), Some(registration), idempotency, (201, location)).await? {
        Outcome::Answered(reply) => Ok(reply),
        // The version that a new user is expected to have is none.
        Outcome::Conflict => Err(Problem::internal("a new user has a version")),
    }
}

/// Writes what `event`, if any, has made of a user who had `version` events, and answers 200.
pub async fn change(
    request: &Admitted,
    version: u64,
    (user, event): (User, Option<UserEvent>),
    idempotency: Option<Idempotency>,
) -> Result<Outcome, Problem> {
    if event.is_none() && idempotency.is_none() {
        return Ok(Outcome::Answered(Reply::ok(&user)?.etag(version)));
    }
    write(request, version, (user, None), event, idempotency, (200, None)).await
}

/// Erases `user` and answers 204.
pub async fn erase(request: &Admitted, user: &User) -> Result<Outcome, Problem> {
    let erasure = Erasure {
        id: user.id.as_uuid().to_string(),
        expected_version: user.version,
        event: shape::event_for_port(&user.erasure())?,
        traceparent: Some(request.traceparent().into()),
    };
    if port::erase(erasure).await.map_err(lookup_problem)? {
        tradepost_relay_kick::after_response();
        Ok(Outcome::Answered(Reply::no_content()))
    } else {
        Ok(Outcome::Conflict)
    }
}

async fn write(
    request: &Admitted,
    expected_version: u64,
    (user, password): (User, Option<String>),
    event: Option<UserEvent>,
    idempotency: Option<Idempotency>,
    (status, location): (u16, Option<String>),
) -> Result<Outcome, Problem> {
    let body = success_body(&user)?;
    let version = user.version;
    let entry = Entry {
        expected_version,
        events: event.iter().map(shape::event_for_port).collect::<Result<_, _>>()?,
        traceparent: Some(request.traceparent().into()),
        answer: idempotency.map(|idempotency| KeptAnswer {
            scope: scope_of(&idempotency),
            fingerprint: idempotency.fingerprint,
            status,
            location: location.clone(),
            body: body.clone(),
            expires_at: idempotency.expires_at,
        }),
        email_key: user.email.parse::<EmailAddress>().map_err(|_| unreadable_address())?.key(),
        user: shape::user_for_port(user),
        password,
    };
    match port::write(entry).await {
        Ok(Written::Done) => {
            tradepost_relay_kick::after_response();
            let reply = Reply::enveloped(status, body).etag(version);
            Ok(Outcome::Answered(match location {
                Some(location) => reply.header("location", location),
                None => reply,
            }))
        }
        Ok(Written::Replayed(answer)) => Ok(Outcome::Answered(replayed(answer))),
        Err(WriteError::VersionConflict) => Ok(Outcome::Conflict),
        Err(WriteError::EmailTaken) => {
            Err(Problem::new(Code::EmailTaken, "A user with this email is registered already"))
        }
        Err(WriteError::KeyReused) => Err(key_reused()),
        Err(WriteError::Unavailable(cause)) => Err(Problem::unavailable(cause)),
        Err(WriteError::Other(cause)) => Err(Problem::internal(cause)),
    }
}

/// The rules for addresses have only ever become wider.
fn unreadable_address() -> Problem {
    Problem::internal("a user's address is none")
}

/// What of a user's JSON form says which version it is.
#[derive(Deserialize)]
struct Stamp {
    version: u64,
}

fn replayed(answer: ReplayedAnswer) -> Reply {
    let stamp =
        data_of_success_body(&answer.body).and_then(|user| serde_json::from_slice::<Stamp>(user).ok());
    let reply = Reply::replayed(answer.status, answer.location, answer.body);
    match stamp {
        Some(Stamp { version }) => reply.etag(version),
        None => reply,
    }
}

fn scope_of(idempotency: &Idempotency) -> IdempotencyScope {
    IdempotencyScope {
        principal: idempotency.principal.clone(),
        method: idempotency.method.clone(),
        path: idempotency.path.clone(),
        key: idempotency.key.clone(),
    }
}

fn lookup_problem(error: LookupError) -> Problem {
    match error {
        LookupError::Unavailable(cause) => Problem::unavailable(cause),
        LookupError::Other(cause) => Problem::internal(cause),
    }
}
