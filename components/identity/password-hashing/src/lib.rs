//! A POST hashes a password or checks one: tens of milliseconds in which this instance does nothing else, which is why it
//! is nobody else's instance.
//!
//! The body is JSON. `{"hash": "…"}`, a password, is answered by `{"phc": "…"}`, and so is
//! `{"hash_with_salt": {"password": "…", "salt": "…"}}`, the salt being 16 bytes in hexadecimal;
//! `{"verify": {"password": "…", "phc": "…"}}` by `{"matches": true}` or `false`, which takes as long where `phc` is null,
//! because there is no such account. Nothing of it is repeated in an error.

use serde::{Deserialize, Serialize};
use tradepost_chance::random_bytes;
use tradepost_password_hash::{Failure, SALT_BYTES, hash, verify};
use tradepost_private_route as route;
use tradepost_private_route::wasip3::http::types::{Request, Response};

/// A password has at most 256 characters, each at most 12 bytes of JSON.
const MOST_BODY_BYTES: usize = 8 * 1_024;

/// What is asked.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Work {
    Hash(String),
    HashWithSalt(Salted),
    Verify(Check),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Salted {
    password: String,
    salt: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    password: String,
    phc: Option<String>,
}

/// What is answered.
#[derive(Serialize)]
#[serde(untagged)]
enum Done {
    Hashed { phc: String },
    Verified { matches: bool },
}

route::private_route!(handle);

async fn handle(request: Request) -> Response {
    if let Err(refusal) = route::only_post(&request) {
        return refusal;
    }
    let body = match route::read(request, MOST_BODY_BYTES).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    // What serde says of a body may quote it.
    let Ok(work) = serde_json::from_slice(&body) else {
        return route::text(
            400,
            "The body must be {\"hash\": …}, {\"hash_with_salt\": …} or {\"verify\": …}",
        );
    };
    match done(work) {
        Ok(done) => match serde_json::to_vec(&done) {
            Ok(body) => route::json(200, body),
            Err(_) => route::text(500, "The answer has no JSON form"),
        },
        Err(Failure::Malformed) => {
            route::text(422, "What is said to be a hash, or a salt, is none that could be from here")
        }
        Err(Failure::Exhausted) => route::text(503, "There is not enough memory"),
    }
}

fn done(work: Work) -> Result<Done, Failure> {
    Ok(match work {
        Work::Hash(password) => Done::Hashed { phc: hash(&password, random_bytes())? },
        Work::HashWithSalt(Salted { password, salt }) => {
            let mut bytes = [0; SALT_BYTES];
            hex::decode_to_slice(salt, &mut bytes).map_err(|_| Failure::Malformed)?;
            Done::Hashed { phc: hash(&password, bytes)? }
        }
        Work::Verify(Check { password, phc }) => {
            Done::Verified { matches: verify(&password, phc.as_deref())? }
        }
    })
}
