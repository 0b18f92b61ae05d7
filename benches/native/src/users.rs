//! `POST /users`.

use crate::answer::Answer;
use crate::shop::{Shop, now};
use tradepost_identity::NewUser;
use tradepost_ids::UserId;
use tradepost_input::parse;
use tradepost_problem::{Code, Problem, success_body};
use uuid::Uuid;

/// The statement of `user-directory-postgres`.
const INSERT: &str = "
    INSERT INTO identity.users (id, name, email, email_key, created_at)
    VALUES ($1, $2, $3, $4, timestamptz 'epoch' + $5::bigint * interval '1 microsecond')";

pub(crate) async fn register(shop: &Shop, body: &[u8]) -> Result<Answer, Problem> {
    let new_user = NewUser::read(&parse(body)?)?;
    let email_key = new_user.email.key();
    let user = new_user.registered(UserId::from_uuid(Uuid::now_v7()), now());
    let created_at = user.created_at.as_micros();
    let written = shop
        .identity
        .execute(INSERT, &[user.id.as_uuid(), &user.name, &user.email, &email_key, &created_at])
        .await;
    match written {
        Ok(_) => Ok(Answer::created(format!("/users/{}", user.id), success_body(&user)?)),
        Err(failure) if failure.constraint() == Some("users_email_key_key") => {
            Err(Problem::new(Code::EmailTaken, "A user with this email is registered already"))
        }
        Err(failure) => Err(failure.into()),
    }
}
